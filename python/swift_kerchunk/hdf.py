# SPDX-License-Identifier: Apache-2.0
"""kerchunk's `kerchunk.hdf`: references of HDF5 and netCDF-4 files."""
from __future__ import annotations

import logging

from swift_kerchunk._kerchunk.hdf5 import Hdf5FeatureNotSupported, SingleHdf5ToZarr, has_visititems_links

__all__ = ["Hdf5FeatureNotSupported", "SingleHdf5ToZarr", "has_visititems_links"]

#: kerchunk's logger, for scripts that set its level; nothing is logged here.
lggr = logging.getLogger("h5-to-zarr")
