# SPDX-License-Identifier: Apache-2.0
"""kerchunk's `kerchunk.combine`: many reference sets into one.

`MultiZarrToZarr` follows kerchunk's rules; the function `swift_kerchunk.combine` follows xarray's.
"""
from __future__ import annotations

import logging

from swift_kerchunk._kerchunk.arrays import concatenate_arrays, merge_vars
from swift_kerchunk._kerchunk.dicts import consolidate, drop  # noqa: F401
from swift_kerchunk._kerchunk.drivers import JustLoad
from swift_kerchunk._kerchunk.multizarr import MultiZarrToZarr
from swift_kerchunk._kerchunk.trees import auto_dask

__all__ = ["JustLoad", "MultiZarrToZarr", "auto_dask", "concatenate_arrays", "drop", "merge_vars"]

#: kerchunk's logger, for scripts that set its level; nothing is logged here.
logger = logging.getLogger("kerchunk.combine")
