# SPDX-License-Identifier: Apache-2.0
"""Codecs that references name and zarr lacks, as classes of zarr, for Zarr version 3.

Installing the package registers them; ``import swift_kerchunk.zarr_codecs`` does it where the package is not installed.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swift_kerchunk.codecs.zarr import CODECS, LibraryCodec, register

__all__ = ["CODECS", "LibraryCodec", "register"]

globals().update({codec.__name__: codec for codec in CODECS})

if TYPE_CHECKING:
    def __getattr__(name: str) -> Any: ...
