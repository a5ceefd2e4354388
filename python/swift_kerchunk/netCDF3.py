# SPDX-License-Identifier: Apache-2.0
"""kerchunk's `kerchunk.netCDF3`: references of netCDF-3 files."""
from __future__ import annotations

from swift_kerchunk._kerchunk.netcdf3 import NetCDF3ToZarr, netcdf_recording_file

__all__ = ["NetCDF3ToZarr", "netcdf_recording_file"]
