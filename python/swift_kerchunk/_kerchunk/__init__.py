# SPDX-License-Identifier: Apache-2.0
"""kerchunk's functions and classes: what is behind `swift_kerchunk.combine`, `hdf`, `netCDF3`, `df` and `utils`."""
