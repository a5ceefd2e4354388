# SPDX-License-Identifier: Apache-2.0
"""The Python half of Scripts/quickstart: makes netCDF-4 files, and compares them with their references."""
import glob
import os
import sys

import numpy as np


def make(folder):
    import netCDF4

    noise = np.random.default_rng(1)
    for year in (2001, 2002, 2003):
        with netCDF4.Dataset(os.path.join(folder, f"temperature_{year}.nc"), "w") as ds:
            ds.Conventions, ds.title = "CF-1.8", f"a made-up year, {year}"
            for name, size in (("time", None), ("lat", 45), ("lon", 90)):
                ds.createDimension(name, size)
            time = ds.createVariable("time", "f8", ("time",))
            time.units, time.calendar = "days since 2000-01-01", "standard"
            time[:] = np.arange(12) * 30.0 + (year - 2000) * 365
            for name, unit, values in (("lat", "degrees_north", np.linspace(-88, 88, 45)),
                                       ("lon", "degrees_east", np.arange(90) * 4.0)):
                axis = ds.createVariable(name, "f4", (name,))
                axis.units = unit
                axis[:] = values
            field = ds.createVariable("t2m", "i2", ("time", "lat", "lon"), zlib=True, shuffle=True, chunksizes=(1, 45, 90),
                                      fill_value=-32768)
            field.setncatts({"units": "K", "long_name": "temperature 2 m above ground", "scale_factor": 0.01, "add_offset": 270.0})
            warm = 30 * np.cos(np.radians(np.linspace(-88, 88, 45)))[:, None] + noise.normal(0, 2, (12, 45, 90))
            field[:] = 270 + warm


def compare(folder):
    import fsspec
    import xarray as xr

    for path in sorted(glob.glob(os.path.join(folder, "*.nc"))):
        refs = os.path.join(folder, "refs", os.path.basename(path) + ".json")
        store = fsspec.filesystem("reference", fo=refs).get_mapper("")
        with xr.open_dataset(store, engine="zarr") as ours, xr.open_dataset(path, engine="netcdf4") as original:
            xr.testing.assert_identical(ours.load(), original.load())
            print(f"{os.path.basename(path)}: mean of t2m {float(ours.t2m.mean()):.4f} K through the references, "
                  f"{float(original.t2m.mean()):.4f} K from the file; identical")


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](sys.argv[2])
