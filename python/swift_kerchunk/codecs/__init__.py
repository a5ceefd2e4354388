# SPDX-License-Identifier: Apache-2.0
"""Codecs in references that numcodecs lacks, as numcodecs classes.

Installing the package registers them; if the package is not installed, ``import swift_kerchunk.codecs`` does.
``docs/codecs.md`` explains their settings. Those of Zarr version 3 are in `swift_kerchunk.zarr_codecs`.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swift_kerchunk.codecs.numcodecs import CODECS, FillStringsCodec, LibraryCodec, RecordArrayMember, register

__all__ = ["CODECS", "FillStringsCodec", "LibraryCodec", "RecordArrayMember", "register"]

globals().update({codec.__name__: codec for codec in CODECS})

if TYPE_CHECKING:
    def __getattr__(name: str) -> Any: ...
