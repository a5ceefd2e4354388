# SPDX-License-Identifier: Apache-2.0
"""Arrays of virtual datasets, and where their chunks are."""
from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from swift_kerchunk._core import calls
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.dataset.metadata import ArrayMetadata, sizes_text
from swift_kerchunk.shown import escaped
from swift_kerchunk.wording import counted

_MISSING, _INLINE = 0, 0xFFFF_FFFF
_WHOLE = 0xFFFF_FFFF_FFFF_FFFF

#: One column.
Array = np.ndarray[Any, np.dtype[Any]]


class Owner(Protocol):
    """What arrays, and their chunks, ask of the dataset that they are of."""

    @property
    def _handle(self) -> Handle: ...

    @property
    def _counts(self) -> Mapping[str, Mapping[str, int]]: ...

    def _labels(self, path: str) -> dict[str, Any] | None: ...

    def _urls(self, *, every: bool) -> list[str]: ...

    def chunks(self, path: str) -> Chunks: ...


class VirtualArray(ArrayMetadata):
    """One array of a dataset: its metadata, and where its chunks are.

    Attributes
    ----------
    name, path : str
        ``"tas"``, ``"a/b/tas"``.
    shape, chunks : tuple of int
        Elements of the array, and of a chunk, along each axis.
    grid : tuple of int
        Chunks along each axis.
    dims : tuple of str or None
        Names of the axes.
    attrs : dict
    dtype_name : str or list
        The dtype as Zarr version 2 writes it.
    fill_value, filters, compressor
        As in Zarr's metadata of version 2.
    """

    def __init__(self, dataset: Owner, group: str, document: dict[str, Any]) -> None:
        super().__init__(group, document)
        self._dataset = dataset

    def locate(self) -> Chunks:
        """Where the chunks are: the same as `VirtualDataset.chunks`."""
        return self._dataset.chunks(self.path)

    def __repr__(self) -> str:
        return f"<swift_kerchunk.VirtualArray {self.path!r} {escaped(self.summary())}>"

    def _repr_html_(self) -> str:
        from swift_kerchunk.dataset import notebook

        return notebook.array(self, self._dataset._labels, self._dataset._counts.get(self.path))


class Chunks:
    """Where the chunks of an array are: read-only columns that are views of the library's memory.

    There is a row for each grid position, in C order, or only for existing chunks if `is_dense` is false.

    Attributes
    ----------
    grid : tuple of int
        Chunks along each axis.
    source : numpy.ndarray of uint32
        Index into `urls` plus one; 0 if the chunk is missing, 0xFFFFFFFF if its bytes are inline.
    offset, length : numpy.ndarray of uint64
        In bytes. For an inline chunk `offset` is its row among the inline ones; the length of a whole file is the
        largest number.
    """

    def __init__(self, dataset: Owner, path: str) -> None:
        reply = calls.run(
            "columns", {"dataset": 0, "array": path}, objects=[dataset._handle], makes=1)
        document = reply.document
        self._dataset = dataset
        self._handle = reply.objects[0]
        self.path = path
        self.grid: tuple[int, ...] = tuple(document["grid"])
        self.is_dense: bool = document["dense"]
        self.source = self._handle.view(0, np.uint32)
        self.offset = self._handle.view(1, np.uint64)
        self.length = self._handle.view(2, np.uint64)

    def __len__(self) -> int:
        return len(self.source)

    @functools.cached_property
    def position(self) -> Array:
        """The position of each row on the grid, in C order."""
        if self.is_dense:
            return np.frombuffer(np.arange(len(self), dtype=np.uint64).tobytes(), np.uint64)
        return self._handle.view(3, np.uint64)

    @property
    def index(self) -> Array:
        """The grid position of each row: an array of shape (rows, axes)."""
        if not self.grid:
            return np.empty((len(self), 0), np.int64)
        return np.stack(np.unravel_index(self.position.astype(np.int64), self.grid), axis=-1)

    @property
    def is_missing(self) -> Array:
        """Which rows are chunks that were never written."""
        rows: Array = np.equal(self.source, _MISSING)
        return rows

    @property
    def is_inline(self) -> Array:
        """Which rows are chunks whose bytes are in the references."""
        rows: Array = np.equal(self.source, _INLINE)
        return rows

    @property
    def is_whole_file(self) -> Array:
        """Which rows are chunks that are whole files."""
        rows: Array = np.equal(self.length, _WHOLE) & ~self.is_missing & ~self.is_inline
        return rows

    @property
    def urls(self) -> list[str]:
        """Files that contain chunks of the dataset, in the order of `source`."""
        return self._dataset._urls(every=False)

    def inline(self, row: int) -> bytes:
        """The bytes of a row that is inline."""
        if self.source[row] != _INLINE:
            raise ValueError(f"row {row} is not inline")
        number = int(self.offset[row])
        data, ends = self._inline
        start = int(ends[number - 1]) if number else 0
        return data[start : int(ends[number])].tobytes()

    @functools.cached_property
    def _inline(self) -> tuple[Array, Array]:
        return self._handle.view(4, np.uint8), self._handle.view(5, np.uint64)

    def __repr__(self) -> str:
        return (
            f"<swift_kerchunk.Chunks {self.path!r}: grid {sizes_text(self.grid)}, {counted(len(self), 'row')},"
            f" {int(self.is_missing.sum())} missing, {int(self.is_inline.sum())} inline>"
        )
