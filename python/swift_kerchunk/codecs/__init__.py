# SPDX-License-Identifier: Apache-2.0
"""Codecs that references name and numcodecs lacks, as classes of numcodecs.

Installing the package registers them; ``import swift_kerchunk.codecs`` does it where the package is not installed. What their
settings mean is told in ``docs/codecs.md``. Those of Zarr version 3 are in `swift_kerchunk.zarr_codecs`.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swift_kerchunk.codecs.numcodecs import CODECS, FillStringsCodec, LibraryCodec, RecordArrayMember, register

__all__ = ["CODECS", "FillStringsCodec", "LibraryCodec", "RecordArrayMember", "register"]

globals().update({codec.__name__: codec for codec in CODECS})

if TYPE_CHECKING:
    def __getattr__(name: str) -> Any: ...
