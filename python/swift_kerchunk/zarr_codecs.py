# SPDX-License-Identifier: Apache-2.0
"""Codecs in references that zarr lacks, as zarr classes, for Zarr version 3.

Installing the package registers them; if the package is not installed, ``import swift_kerchunk.zarr_codecs`` does.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swift_kerchunk.codecs.zarr import CODECS, LibraryBytesCodec, register

__all__ = ["CODECS", "LibraryBytesCodec", "register"]

globals().update({codec.__name__: codec for codec in CODECS})

if TYPE_CHECKING:
    def __getattr__(name: str) -> Any: ...
