# SPDX-License-Identifier: Apache-2.0
"""Finds where every chunk lies in scientific files, and writes references that zarr and xarray read as one dataset."""
from __future__ import annotations

from swift_kerchunk import errors
from swift_kerchunk.combining import combine
from swift_kerchunk.dataset import Chunks, Issue, VirtualArray, VirtualDataset
from swift_kerchunk.errors import KerchunkError
from swift_kerchunk.opening import open, scan

__version__ = "0.1.0"

__all__ = [
    "Chunks", "Issue", "KerchunkError", "VirtualArray", "VirtualDataset", "combine", "errors", "open", "scan",
]
