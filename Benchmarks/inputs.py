# SPDX-License-Identifier: Apache-2.0
"""The inputs of the benchmarks, made once: files of a million chunks in each kind of index, and an archive.

They are looked for in BENCH_DATA first, and made in Benchmarks/data (or BENCH_DATA, if it can be written to) where absent.
"""
import os
import zlib

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("BENCH_DATA") or os.path.join(HERE, "data")
SIDE = 1000  # chunks along each axis
LENGTH = 16  # elements of a chunk
ARCHIVE = 1000  # files

# index → bounds of the library's version, which dimensions are unlimited
INDEXES = {
    "btree1": (("earliest", "v108"), (True, True)),
    "earray": (("latest", "latest"), (True, False)),
    "farray": (("latest", "latest"), (False, False)),
    "btree2": (("latest", "latest"), (True, True)),
}


def shuffled_deflate(values):
    """The bytes that HDF5's shuffle and deflate make of an array."""
    planes = np.ascontiguousarray(values).view("u1").reshape(-1, values.itemsize).T
    return zlib.compress(np.ascontiguousarray(planes).tobytes(), 1)


def million_chunks(index):
    """A file of 1,000 × 1,000 chunks of sixteen float32 behind shuffle and deflate."""
    import h5py

    path = os.path.join(DATA, f"many_1m_{index}.h5")
    if os.path.exists(path):
        return path
    bounds, unlimited = INDEXES[index]
    shape = (SIDE, SIDE * LENGTH)
    stored = [shuffled_deflate((np.arange(LENGTH) % (k + 2)).astype("<f4")) for k in range(7)]
    partial = path + ".partial"
    os.makedirs(DATA, exist_ok=True)
    with h5py.File(partial, "w", libver=bounds) as f:
        d = f.create_dataset("data", shape, "<f4", chunks=(1, LENGTH), shuffle=True, compression=1,
                             maxshape=tuple(None if u else n for n, u in zip(shape, unlimited)))
        d.attrs["units"], d.attrs["long_name"] = "K", "many tiny chunks"
        f.attrs["title"] = "benchmark"
        for row in range(SIDE):
            for column in range(SIDE):
                d.id.write_direct_chunk((row, column * LENGTH), stored[(row * 31 + column) % 7])
    os.rename(partial, path)
    return path


def archive():
    """A thousand netCDF-4 files of 24 hours: three coordinates, three compressed fields, 144 chunks and more."""
    import h5py
    import netCDF4

    folder = os.path.join(DATA, "archive")
    paths = [os.path.join(folder, f"clim_{i:04d}.nc") for i in range(ARCHIVE)]
    if all(map(os.path.exists, paths)):
        return paths
    os.makedirs(folder, exist_ok=True)
    ny, nx = 180, 360
    ground = 270 + 20 * np.cos(np.linspace(-1.5, 1.5, ny))[:, None].astype("<f4").round(1) * np.ones((1, nx), "<f4")
    whole = [shuffled_deflate(ground + np.float32(k)) for k in range(16)]
    quarter = [shuffled_deflate(np.ascontiguousarray(ground[:90, :180]) + np.float32(k)) for k in range(16)]
    fields = [("tas", "K", "air_temperature", (1, ny, nx)), ("pr", "kg m-2 s-1", "precipitation_flux", (1, 90, 180)),
              ("psl", "Pa", "air_pressure_at_mean_sea_level", (1, ny, nx))]
    for number, path in enumerate(paths):
        with netCDF4.Dataset(path, "w") as ds:
            ds.setncatts({"Conventions": "CF-1.8", "title": "made-up climate", "frequency": "1hr", "tracking_id": f"{number:08x}"})
            for name, size in (("time", None), ("lat", ny), ("lon", nx)):
                ds.createDimension(name, size)
            axes = {"time": ("hours since 1970-01-01", np.arange(24) + 24.0 * number), "lat": ("degrees_north", np.linspace(-89.5, 89.5, ny)),
                    "lon": ("degrees_east", np.linspace(0.5, 359.5, nx))}
            for name, (unit, values) in axes.items():
                axis = ds.createVariable(name, "f8", (name,))
                axis.units = unit
                axis[:] = values
            for name, unit, standard_name, chunks in fields:
                v = ds.createVariable(name, "f4", ("time", "lat", "lon"), zlib=True, complevel=1, shuffle=True,
                                      chunksizes=chunks, fill_value=np.float32(1e20))
                v.setncatts({"units": unit, "standard_name": standard_name, "missing_value": np.float32(1e20)})
        with h5py.File(path, "r+") as f:
            for k, (name, _, _, chunks) in enumerate(fields):
                f[name].resize(24, axis=0)
                for hour in range(24):
                    for y in range(0, ny, chunks[1]):
                        for x in range(0, nx, chunks[2]):
                            pool = whole if chunks[1] == ny else quarter
                            f[name].id.write_direct_chunk((hour, y, x), pool[(number + hour + k + y + x) % 16])
    return paths


def scattered_index():
    """A file of 20,000 chunks of 64 KiB that were never written, sparse, whose B-tree nodes lie between the chunks, as in
    one that grew record by record."""
    import h5py

    path = os.path.join(DATA, "scattered_20k.h5")
    if os.path.exists(path):
        return path
    os.makedirs(DATA, exist_ok=True)
    with h5py.File(path + ".partial", "w", libver=("earliest", "v108")) as f:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, 128, 128))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((800, 640, 640), (h5py.h5s.UNLIMITED, 640, 640))
        h5py.h5d.create(f.id, b"tas", h5py.h5t.IEEE_F32LE, space, properties)
        f["tas"].attrs["units"] = "K"
    os.rename(path + ".partial", path)
    return path


SERIES = 200  # files
RECORDS = 1_000_000


def series():
    """Two hundred netCDF-3 files, classic and 64-bit offset in turn: 120 records of a time and of three fields."""
    folder = os.path.join(DATA, "nc3")
    paths = [os.path.join(folder, f"rec_{number:03d}.nc") for number in range(SERIES)]
    if all(map(os.path.exists, paths)):
        return paths
    import netCDF4  # here, as a child's peak memory counts what its parent has

    os.makedirs(folder, exist_ok=True)
    field = np.arange(23 * 45, dtype="f4").reshape(23, 45)
    for number, path in enumerate(paths):
        with netCDF4.Dataset(path, "w", format=("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET")[number % 2]) as ds:
            ds.Conventions = "CF-1.8"
            for name, length, values, units in (("time", None, 120.0 * number + np.arange(120), "hours since 1970-01-01"),
                                                ("lat", 23, np.linspace(-88, 88, 23), "degrees_north"),
                                                ("lon", 45, np.linspace(0, 352, 45), "degrees_east")):
                ds.createDimension(name, length)
                variable = ds.createVariable(name, "f8", (name,))
                variable.units = units
                variable[:] = values
            for name in ("u", "v", "t2m"):
                variable = ds.createVariable(name, "f4", ("time", "lat", "lon"))
                variable.units = "m s-1"
                variable[:] = np.broadcast_to(field + number, (120, 23, 45))
    return paths


def million_records():
    """A netCDF-3 file of a million records of two variables, its data a hole in the file."""
    path = os.path.join(DATA, "records_1m.nc")
    if os.path.exists(path):
        return path
    import netCDF4

    os.makedirs(DATA, exist_ok=True)
    partial = path + ".partial"
    with netCDF4.Dataset(partial, "w", format="NETCDF3_64BIT_OFFSET") as ds:
        ds.createDimension("time", None)
        ds.createDimension("x", 250)
        ds.createVariable("time", "f8", ("time",)).units = "seconds since 1970-01-01"
        ds.createVariable("tas", "f4", ("time", "x")).units = "K"
    with open(partial, "r+b") as f:
        f.seek(4)
        f.write(RECORDS.to_bytes(4, "big"))
        f.truncate(os.path.getsize(partial) + RECORDS * 1008)
    os.rename(partial, path)
    return path
