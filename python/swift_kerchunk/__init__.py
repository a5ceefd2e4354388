# SPDX-License-Identifier: Apache-2.0
"""Finds where every chunk lies in scientific files, and writes references that zarr and xarray read as one dataset."""
from __future__ import annotations

from swift_kerchunk import errors
from swift_kerchunk.arrays import Chunks, VirtualArray
from swift_kerchunk.combining import Plan, build, combine, concat_arrays, merge, plan
from swift_kerchunk.dataset import VirtualDataset
from swift_kerchunk.errors import KerchunkError
from swift_kerchunk.issues import Issue, IssueWarning
from swift_kerchunk.opening import open, scan
from swift_kerchunk.version import __version__

__all__ = [
    "Chunks", "Issue", "IssueWarning", "KerchunkError", "Plan", "VirtualArray", "VirtualDataset", "__version__", "build", "combine",
    "concat_arrays", "errors", "merge", "open", "plan", "scan",
]
