# SPDX-License-Identifier: Apache-2.0
"""Locates every chunk in scientific files, and writes references that zarr and xarray read as one dataset."""
from __future__ import annotations

import importlib
from typing import Any

from swift_kerchunk import errors
from swift_kerchunk import combine as _module
from swift_kerchunk.building.combining import build, combine, plan
from swift_kerchunk.building.merging import concat_arrays, merge
from swift_kerchunk.building.plan import Plan
from swift_kerchunk.building.scanning import ScanReport, scan_all
from swift_kerchunk.dataset.arrays import Chunks, VirtualArray
from swift_kerchunk.dataset.opening import open, scan
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import KerchunkError
from swift_kerchunk.issues import Failure, Issue, IssueWarning, Note
from swift_kerchunk.version import __version__

# `combine` is the function, and has what the module of this name has, so that kerchunk's spellings work, too.
vars(combine).update({name: value for name, value in vars(_module).items() if not name.startswith("__")})

__all__ = [
    "Chunks", "Failure", "Issue", "IssueWarning", "KerchunkError", "Note", "Plan", "ScanReport", "VirtualArray", "VirtualDataset",
    "__version__", "build", "combine", "concat_arrays", "errors", "merge", "open", "plan", "scan", "scan_all",
]

#: Modules with the names of kerchunk's, loaded when they are first looked at.
_MODULES = ("df", "hdf", "netCDF3", "utils")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"swift_kerchunk.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
