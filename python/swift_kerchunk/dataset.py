# SPDX-License-Identifier: Apache-2.0
"""Virtual datasets: metadata, and where the chunks are."""
from __future__ import annotations

import functools
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from swift_kerchunk._core import calls
from swift_kerchunk._core.calls import Progress
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.errors import IssuesError

if TYPE_CHECKING:
    import xarray

OnIssue = Literal["warn", "raise", "ignore"]

_MISSING, _INLINE = 0, 0xFFFF_FFFF
_WHOLE = 0xFFFF_FFFF_FFFF_FFFF


class Issue(NamedTuple):
    """Something that was left out, and why."""

    object: str
    reason: str
    remedy: str | None

    def __str__(self) -> str:
        text = f"{self.object}: {self.reason}"
        return f"{text} ({self.remedy})" if self.remedy else text


class IssueWarning(UserWarning):
    """Something was left out of a dataset; `VirtualDataset.issues` lists what."""


def report(issues: Sequence[Issue], name: str, on_issue: OnIssue, stacklevel: int = 3) -> None:
    """Warns of issues, or raises them."""
    if on_issue not in ("warn", "raise", "ignore"):
        raise ValueError(f'on_issue is "warn", "raise" or "ignore", not {on_issue!r}')
    if not issues or on_issue == "ignore":
        return
    shown = "\n".join(f"  {issue}" for issue in issues[:10])
    more = f"\n  and {len(issues) - 10} more" if len(issues) > 10 else ""
    text = f"{len(issues)} things of {name} were left out or changed:\n{shown}{more}"
    if on_issue == "raise":
        error = IssuesError(text, url=name)
        error.issues = list(issues)
        raise error
    warnings.warn(text, IssueWarning, stacklevel=stacklevel)


class VirtualArray:
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
        The type as Zarr version 2 writes it.
    fill_value, filters, compressor
        As in Zarr's metadata of version 2.
    """

    def __init__(self, dataset: VirtualDataset, group: str, document: dict[str, Any]) -> None:
        self._dataset = dataset
        self.name: str = document["name"]
        self.path = f"{group}/{self.name}".lstrip("/")
        self.shape = tuple(document["shape"])
        self.chunks = tuple(document["chunks"])
        self.grid = tuple(document["grid"])
        self.dims = None if document["dimensions"] is None else tuple(document["dimensions"])
        self.attrs: dict[str, Any] = document["attributes"]
        self.dtype_name = document["dtype"]
        self.fill_value = document["fill_value"]
        self.filters: list[dict[str, Any]] = document["filters"]
        self.compressor: dict[str, Any] | None = document["compressor"]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        name = self.dtype_name
        return np.dtype([_field(field) for field in name] if isinstance(name, list) else name)

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.shape)

    def locate(self) -> Chunks:
        """Where the chunks are: the same as `VirtualDataset.chunks`."""
        return self._dataset.chunks(self.path)

    def __repr__(self) -> str:
        return f"<swift_kerchunk.VirtualArray {self.path!r} {self.summary()}>"

    def summary(self) -> str:
        """Dimensions, type and chunks, in one line."""
        names = self.dims or tuple(f"axis {axis}" for axis in range(self.ndim))
        return f"({', '.join(names)}) {self.dtype} {_sizes(self.shape)} in chunks of {_sizes(self.chunks)}"


def _field(field: list[Any]) -> Any:
    name, kind, *shape = field
    kind = [_field(one) for one in kind] if isinstance(kind, list) else kind
    return (name, kind, tuple(shape[0])) if shape else (name, kind)


def _sizes(sizes: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in sizes) if sizes else "scalar"


class Chunks:
    """Where the chunks of an array are: columns that are views of the library's memory, and cannot be written.

    There is a row for each position of the grid, in C order, or only for chunks that exist (`is_dense` is false).

    Attributes
    ----------
    grid : tuple of int
        Chunks along each axis.
    source : numpy.ndarray of uint32
        Row of `urls` plus one; 0 where a chunk is missing, 0xFFFFFFFF where its bytes are inline.
    offset, length : numpy.ndarray of uint64
        Bytes. Of an inline chunk `offset` is its row among the inline ones; the length of a whole file is the largest number.
    """

    def __init__(self, dataset: VirtualDataset, path: str) -> None:
        reply = calls.run(
            "columns", {"dataset": 0, "array": path}, objects=[dataset._handle], makes=1)
        document = reply.document
        self._dataset = dataset
        self._handle = reply.objects[0]
        self.path = path
        self.grid: tuple[int, ...] = tuple(document["grid"])
        self.is_dense: bool = document["dense"]
        self._inline_count: int = document["inline"]
        self.source = self._handle.view(0, np.uint32)
        self.offset = self._handle.view(1, np.uint64)
        self.length = self._handle.view(2, np.uint64)

    def __len__(self) -> int:
        return len(self.source)

    @functools.cached_property
    def position(self) -> np.ndarray[Any, Any]:
        """The position of each row on the grid, in C order."""
        if self.is_dense:
            return np.arange(len(self), dtype=np.uint64)
        return self._handle.view(3, np.uint64)

    @property
    def index(self) -> np.ndarray[Any, Any]:
        """The place of each row on the grid: an array of shape (rows, axes)."""
        if not self.grid:
            return np.empty((len(self), 0), np.int64)
        return np.stack(np.unravel_index(self.position.astype(np.int64), self.grid), axis=-1)

    @property
    def is_missing(self) -> np.ndarray[Any, Any]:
        """Which rows are chunks that were never written."""
        return self.source == _MISSING

    @property
    def is_inline(self) -> np.ndarray[Any, Any]:
        """Which rows are chunks whose bytes are in the references."""
        return self.source == _INLINE

    @property
    def is_whole_file(self) -> np.ndarray[Any, Any]:
        """Which rows are chunks that are whole files."""
        return (self.length == _WHOLE) & ~self.is_missing & ~self.is_inline

    @property
    def urls(self) -> list[str]:
        """All files that chunks of the dataset lie in, in the order of `source`."""
        return self._dataset.urls

    def inline(self, row: int) -> bytes:
        """The bytes of a row that is inline."""
        if self.source[row] != _INLINE:
            raise ValueError(f"row {row} is not inline")
        number = int(self.offset[row])
        ends = self._handle.view(5, np.uint64)
        start = int(ends[number - 1]) if number else 0
        return self._handle.view(4, np.uint8)[start : int(ends[number])].tobytes()

    def __repr__(self) -> str:
        return (
            f"<swift_kerchunk.Chunks {self.path!r}: grid {_sizes(self.grid)}, {len(self)} rows,"
            f" {int(self.is_missing.sum())} missing, {int(self.is_inline.sum())} inline>"
        )


class VirtualDataset(Mapping[str, VirtualArray]):
    """A Zarr hierarchy whose chunks lie in other files.

    It is a mapping of its arrays by path (``"tas"``, ``"a/b/tas"``). It pickles as bytes in the packed form.

    Attributes
    ----------
    name : str
        What it was made of.
    issues : list of Issue
        What was left out, and why.
    """

    def __init__(
        self, handle: Handle, issues: list[dict[str, Any]], name: str,
        storage_options: Mapping[str, Any] | None = None, protocol: str | None = None,
    ) -> None:
        self._handle = handle
        self._storage_options = dict(storage_options or {})
        self._protocol = protocol
        self.name = name
        self.issues = [Issue(one["object"], one["reason"], one["remedy"]) for one in issues]

    @functools.cached_property
    def _description(self) -> dict[str, Any]:
        return calls.run("describe", {"dataset": 0}, objects=[self._handle]).document

    @functools.cached_property
    def variables(self) -> dict[str, VirtualArray]:
        """All arrays by path."""
        arrays = (
            VirtualArray(self, group["path"], document)
            for group in self._description["groups"]
            for document in group["arrays"]
        )
        return {array.path: array for array in arrays}

    def __getitem__(self, path: str) -> VirtualArray:
        return self.variables[path.lstrip("/")]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes of the root group."""
        attributes: dict[str, Any] = self._description["groups"][0]["attributes"]
        return attributes

    @property
    def groups(self) -> list[str]:
        """Paths of all groups: ``"/"``, ``"/a"``, …"""
        return [group["path"] for group in self._description["groups"]]

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the dimensions of the root group."""
        return self._sizes_of("/")

    def _arrays_of(self, group: str) -> list[VirtualArray]:
        start = group.strip("/")
        return [array for path, array in self.variables.items() if path.rpartition("/")[0] == start]

    def _sizes_of(self, group: str) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for array in self._arrays_of(group):
            for name, size in zip(array.dims or (), array.shape):
                sizes.setdefault(name, size)
        return sizes

    @property
    def zarr_format(self) -> int:
        """The Zarr version that its fill values were made for."""
        return int(self._description["zarr_format"])

    @property
    def urls(self) -> list[str]:
        """The files that chunks lie in."""
        reply = calls.run("sources", {"dataset": 0}, objects=[self._handle], makes=2)
        text = reply.objects[0].view(0, np.uint8).tobytes()
        urls, start = [], 0
        for end in reply.objects[1].view(0, np.uint64).tolist():
            urls.append(text[start:end].decode())
            start = end
        return urls

    def chunks(self, path: str) -> Chunks:
        """Where the chunks of an array are.

        Parameters
        ----------
        path : str
            Of the array.
        """
        return Chunks(self, path)

    # Out

    def to_json(self, path: str | os.PathLike[str] | None = None, **options: Any) -> str | None:
        """Write references as kerchunk JSON.

        Parameters
        ----------
        path : str or os.PathLike, optional
            A file, compressed where it ends in ``.zst`` or ``.gz``; without one the text is returned.
        zarr_format : {2, 3}
        pretty : bool
            One line for each reference.
        templates : bool
            Write folders that URLs share once, as templates.
        compress : {"zstd", "gzip"}
        record_sources : bool
            Whether the state of each source is recorded.
        overwrite, durable : bool
        progress : callable
        """
        if path is None:
            return str(self._json(options), "utf-8")
        self._save(path, "json", options)
        return None

    def to_parquet(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write references as a Parquet set.

        Parameters
        ----------
        path : str or os.PathLike
            The directory.
        record_size : int
            Chunks of one file.
        fill_missing : bool
            Embed missing chunks as fill values.
        jobs : int
            Threads.
        record_sources, overwrite, durable : bool
        progress : callable
        """
        self._save(path, "parquet", options)

    def to_dict(self, **options: Any) -> dict[str, Any]:
        """References as kerchunk's dict: ``{"version": 1, "refs": {…}}``.

        Parameters
        ----------
        zarr_format : {2, 3}
        """
        options = {"record_sources": False, **options}
        document: dict[str, Any] = json.loads(bytes(self._json(options)))
        return document

    def _json(self, options: dict[str, Any]) -> memoryview:
        reply = calls.run(
            "json", {"dataset": 0, "options": {"zarr_format": self.zarr_format, **options}},
            objects=[self._handle], makes=1)
        return reply.objects[0].content()

    def _save(self, path: str | os.PathLike[str], form: str, options: dict[str, Any]) -> int:
        overwrite = options.pop("overwrite", False)
        progress: Progress | None = options.pop("progress", None)
        if form == "json":
            options.setdefault("zarr_format", self.zarr_format)
        reply = calls.run(
            "save",
            {
                "dataset": 0, "output": os.fspath(path), "form": form, "options": options, "overwrite": overwrite,
            },
            objects=[self._handle], progress=progress)
        return int(reply.document["references"])

    def to_bytes(self) -> bytes:
        """The dataset in the packed form, which `open` reads."""
        return bytes(calls.run("pack", {"dataset": 0}, objects=[self._handle], makes=1).objects[0].content())

    def __reduce__(self) -> Any:
        return _unpickled, (self.to_bytes(), self.name, self._storage_options, self._protocol)

    # Shown

    def inspect(self, variable: str | None = None) -> dict[str, Any]:
        """The dataset counted, as ``kerchunk inspect --json`` shows it: chunks, bytes, gaps, sources."""
        return calls.run(
            "inspect", {"dataset": 0, "location": self.name, "variable": variable}, objects=[self._handle]
        ).document

    def __repr__(self) -> str:
        lines = [f"<swift_kerchunk.VirtualDataset> {self.name}"]
        for group in self._description["groups"]:
            lines += self._lines(group)
        if self.issues:
            lines.append(f"Issues: {len(self.issues)} (.issues lists them)")
        return "\n".join(lines)

    def _lines(self, group: dict[str, Any]) -> list[str]:
        lines = [] if group["path"] == "/" else [f"Group: {group['path']}"]
        sizes = self._sizes_of(group["path"])
        lines.append("Dimensions:  (" + ", ".join(f"{name}: {size}" for name, size in sizes.items()) + ")")
        arrays = self._arrays_of(group["path"])
        listed = {name for array in arrays for name in str(array.attrs.get("coordinates", "")).split()}
        coordinates = [array for array in arrays if array.name in listed or array.dims == (array.name,)]
        variables = [array for array in arrays if array not in coordinates]
        for title, members in (("Coordinates:", coordinates), ("Data variables:", variables)):
            if members:
                width = max(len(array.name) for array in members)
                lines.append(title)
                lines += [f"    {array.name:<{width}}  {array.summary()}" for array in members]
        if group["attributes"]:
            lines.append("Attributes:")
            width = max(len(name) for name in group["attributes"])
            for name, value in group["attributes"].items():
                text = value if isinstance(value, str) else json.dumps(value)
                lines.append(f"    {name + ':':<{width + 1}}  {text[:80].splitlines()[0] if text else ''}")
        return lines


def _unpickled(
    data: bytes, name: str, storage_options: dict[str, Any], protocol: str | None
) -> VirtualDataset:
    handle = Handle.of_bytes(data)
    reply = calls.run("open", {"file": {"bytes": 0}}, objects=[handle], makes=1)
    return VirtualDataset(reply.objects[0], reply.document["issues"], name, storage_options, protocol)
