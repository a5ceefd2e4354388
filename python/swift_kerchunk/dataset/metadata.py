# SPDX-License-Identifier: Apache-2.0
"""What Zarr's metadata say of an array."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np


class ArrayMetadata:
    """One array: its name, shape, type and codecs; the attributes are those that `VirtualArray` documents."""

    def __init__(self, group: str, document: dict[str, Any]) -> None:
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

    def summary(self) -> str:
        """Dimensions, type and chunks, in one line."""
        names = self.dims or tuple(f"axis {axis}" for axis in range(self.ndim))
        return f"({', '.join(names)}) {self.dtype} {sizes_text(self.shape)} in chunks of {sizes_text(self.chunks)}"


def _field(field: list[Any]) -> Any:
    name, kind, *shape = field
    kind = [_field(one) for one in kind] if isinstance(kind, list) else kind
    return (name, kind, tuple(shape[0])) if shape else (name, kind)


def sizes_text(sizes: Sequence[int]) -> str:
    """``3×4``, or ``scalar``."""
    return "×".join(str(size) for size in sizes) if sizes else "scalar"


Some = TypeVar("Some", bound=ArrayMetadata)


def arrays_of(arrays: Iterable[Some], group: str) -> list[Some]:
    """Those of one group."""
    start = group.strip("/")
    return [array for array in arrays if array.path.rpartition("/")[0] == start]


def sizes_of(arrays: Iterable[ArrayMetadata]) -> dict[str, int]:
    """Lengths of the dimensions of the arrays of one group."""
    sizes: dict[str, int] = {}
    for array in arrays:
        for name, size in zip(array.dims or (), array.shape):
            sizes.setdefault(name, size)
    return sizes
