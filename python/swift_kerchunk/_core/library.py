# SPDX-License-Identifier: Apache-2.0
"""Finds and loads the library, and declares its functions."""
from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import Any

from swift_kerchunk.errors import LibraryError

#: What the library's `kerchunk_abi_version` must say.
ABI_VERSION = 1

u64 = ctypes.c_uint64
pointer = ctypes.c_void_p

ReadFunction = ctypes.CFUNCTYPE(
    u64, u64, u64, ctypes.POINTER(u64), ctypes.POINTER(u64), pointer
)
WriteFunction = ctypes.CFUNCTYPE(u64, u64, pointer, u64)
AskFunction = ctypes.CFUNCTYPE(u64, u64, pointer, u64, pointer, u64, ctypes.POINTER(u64))

_lock = threading.Lock()
_loaded: ctypes.CDLL | None = None


def _path() -> str:
    given = os.environ.get("SWIFT_KERCHUNK_LIBRARY")
    if given:
        return given
    name = "libKerchunkCABI" + (".dylib" if sys.platform == "darwin" else ".so")
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), name)
    if not os.path.exists(path):
        raise LibraryError(
            f"the library {name} is not in the package; install the package with pip, which builds it, or name it in"
            " SWIFT_KERCHUNK_LIBRARY"
        )
    return path


def _load() -> ctypes.CDLL:
    path = _path()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise LibraryError(f"the library cannot be loaded: {error}") from error
    try:
        library.kerchunk_abi_version.restype = ctypes.c_int32
        version = library.kerchunk_abi_version()
    except AttributeError:
        raise LibraryError(f"{path} is not the library of swift_kerchunk") from None
    if version != ABI_VERSION:
        raise LibraryError(
            f"{path} has another version: its interface is {version}, but this package needs {ABI_VERSION}"
        )
    number, place = ctypes.POINTER(u64), ctypes.POINTER(pointer)
    functions: list[tuple[Any, ...]] = [
        ("start", u64, pointer, u64, pointer, u64, ReadFunction, WriteFunction, AskFunction),
        ("wait", ctypes.c_int32, u64, ctypes.c_uint32),
        ("cancel", ctypes.c_int32, u64),
        ("progress", ctypes.c_int32, u64, number, number),
        ("document", ctypes.c_int32, u64, place, number),
        ("object", u64, u64, u64),
        ("bytes", u64, pointer, u64),
        ("buffer", ctypes.c_int32, u64, ctypes.c_uint32, place, number),
        ("retain", ctypes.c_int32, u64),
        ("release", ctypes.c_int32, u64),
        ("object_count", u64),
    ]
    for name, result, *arguments in functions:
        function = getattr(library, "kerchunk_" + name)
        function.restype = result
        function.argtypes = arguments
    return library


def library() -> ctypes.CDLL:
    """The loaded library; its functions give up the lock of the interpreter while they run."""
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded
