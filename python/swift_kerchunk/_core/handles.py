# SPDX-License-Identifier: Apache-2.0
"""What the library made and keeps for us."""
from __future__ import annotations

import ctypes
import weakref
from typing import Any

import numpy as np

from swift_kerchunk._core.library import library


class Handle:
    """Keeps one object of the library as long as it, or a view of the object's memory, is in use."""

    __slots__ = ("number", "_finalizer", "__weakref__")

    def __init__(self, number: int) -> None:
        self.number = number
        self._finalizer = weakref.finalize(self, library().kerchunk_release, number)

    @classmethod
    def of_bytes(cls, data: Any) -> Handle:
        """An object with a copy of `data`: anything with the buffer protocol."""
        view = np.frombuffer(data, dtype=np.uint8)
        number = library().kerchunk_bytes(view.ctypes.data if view.size else None, view.size)
        if not number:
            raise MemoryError(f"not enough memory for a copy of {view.size} bytes")
        return cls(number)

    def close(self) -> None:
        """Give the object up, if nothing else does."""
        self._finalizer()

    def view(self, index: int, dtype: Any) -> np.ndarray[Any, Any]:
        """The memory `index` as an array that cannot be written; it keeps the object alive."""
        start, length = ctypes.c_void_p(), ctypes.c_uint64()
        if library().kerchunk_buffer(self.number, index, ctypes.byref(start), ctypes.byref(length)) != 0:
            raise RuntimeError(f"the library has no memory {index} of the object {self.number}")
        dtype = np.dtype(dtype)
        if not length.value or not start.value:
            return np.frombuffer(b"", dtype)
        memory: Any = (ctypes.c_char * length.value).from_address(start.value)
        memory._owner = self  # the array keeps `memory`, and that keeps the object
        # of a view that cannot be written numpy makes no array that can, even if asked to
        array: np.ndarray[Any, Any] = np.frombuffer(memoryview(memory).toreadonly(), dtype=dtype)
        return array

    def content(self) -> memoryview:
        """The bytes of an object that is nothing else, not copied."""
        array: Any = self.view(0, np.uint8)
        return memoryview(array)
