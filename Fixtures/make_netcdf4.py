# SPDX-License-Identifier: Apache-2.0
"""Files as netCDF-4 libraries write them: netCDF4-python and h5netcdf."""
import sys

import h5netcdf.legacyapi
import h5py
import netCDF4
import numpy as np

from fixture import fixture, ramp, run


def netcdf(name):
    return fixture(name, folder="netcdf4")


def create(path):
    ds = netCDF4.Dataset(path, "w", format="NETCDF4")
    ds.set_fill_on()
    return ds


def variable(ds, name, kind, dimensions, values=None, attributes=None, **more):
    v = ds.createVariable(name, kind, dimensions, **more)
    for key, value in (attributes or {}).items():
        v.setncattr(key, value)
    if values is not None:
        v.set_auto_maskandscale(False)
        v[...] = values
    return v


@netcdf("climate.nc")
def _(path):
    """what most files look like: three coordinates, a compressed field with _FillValue and cell methods"""
    with create(path) as ds:
        ds.setncatts({"Conventions": "CF-1.8", "title": "a small field", "version": np.int32(3), "resolution": 0.25})
        for name, size in (("time", None), ("lat", 4), ("lon", 6)):
            ds.createDimension(name, size)
        variable(ds, "time", "f8", ("time",), np.arange(5) * 6.0,
                 {"units": "hours since 2000-01-01", "calendar": "standard", "axis": "T"})
        variable(ds, "lat", "f4", ("lat",), np.linspace(-60, 60, 4), {"units": "degrees_north"})
        variable(ds, "lon", "f4", ("lon",), np.linspace(0, 300, 6), {"units": "degrees_east"})
        field = ramp((5, 4, 6), "f4")
        field[2, 1] = 1e20
        variable(ds, "tas", "f4", ("time", "lat", "lon"), field,
                 {"units": "K", "missing_value": np.float32(1e20), "cell_methods": "time: mean"},
                 zlib=True, shuffle=True, fletcher32=True, chunksizes=(1, 4, 6), fill_value=np.float32(1e20))
        variable(ds, "crs", "i4", (), 0, {"grid_mapping_name": "latitude_longitude", "semi_major_axis": 6378137.0})


@netcdf("packed.nc")
def _(path):
    """packed integers with scale_factor and add_offset, with and without _FillValue, _Unsigned, valid_range"""
    with create(path) as ds:
        ds.createDimension("x", 7)
        packing = {"scale_factor": 0.01, "add_offset": 273.15}
        stored = np.array([0, 1, -32767, 100, -99, 5, 7], "i2")
        variable(ds, "with_fill", "i2", ("x",), stored, packing, fill_value=-32767)
        variable(ds, "without_fill", "i2", ("x",), stored, packing)
        variable(ds, "missing_value_only", "i2", ("x",), stored, {**packing, "missing_value": np.int16(-99)})
        variable(ds, "unsigned", "i1", ("x",), stored.astype("i1"), {"_Unsigned": "true", "scale_factor": np.float32(2)},
                 fill_value=-1)
        variable(ds, "limits", "i2", ("x",), stored, {"valid_range": np.array([-50, 50], "i2")})
        variable(ds, "flags", "i1", ("x",), [0, 1, 2, 0, 1, 2, 0],
                 {"flag_values": np.array([0, 1, 2], "i1"), "flag_meanings": "low middle high"})


@netcdf("default_fills.nc")
def _(path):
    """netCDF's own fills: variables written in part, never, and with filling switched off"""
    with create(path) as ds:
        ds.createDimension("x", 6)
        for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
            variable(ds, f"partly_{kind}", kind, ("x",), chunksizes=(2,))[0:2] = [0, 1]
            variable(ds, f"never_{kind}", kind, ("x",))
        variable(ds, "not_filled", "i4", ("x",), fill_value=False)[0:2] = [0, 1]
        variable(ds, "own_fill", "f4", ("x",), fill_value=-1.0, chunksizes=(2,))[0:2] = [0, 1]
        variable(ds, "own_fill_nan", "f8", ("x",), fill_value=np.nan, chunksizes=(2,))[0:2] = [0, 1]
        variable(ds, "contiguous", "i2", ("x",), contiguous=True)[1:3] = [0, 1]


@netcdf("unlimited.nc")
def _(path):
    """several unlimited dimensions, variables shorter than theirs, one that was never written"""
    with create(path) as ds:
        ds.createDimension("time", None)
        ds.createDimension("station", None)
        ds.createDimension("x", 3)
        variable(ds, "time", "f8", ("time",), np.arange(5.0), {"units": "days since 2000-01-01"})
        variable(ds, "full", "f4", ("time", "x"), ramp((5, 3), "f4"))
        variable(ds, "short", "f4", ("time", "x"))[0:2] = ramp((2, 3), "f4")
        variable(ds, "short_fill", "i2", ("time",), fill_value=-5)[0:3] = [1, 2, 3]
        variable(ds, "short_chunked", "i4", ("time", "x"), chunksizes=(2, 2), zlib=True)[0:3] = ramp((3, 3), "i4")
        variable(ds, "never", "i4", ("time",))
        variable(ds, "both", "i2", ("time", "station"), chunksizes=(2, 2))[0:3, 0:4] = ramp((3, 4), "i2")
        variable(ds, "text", str, ("time",))[0:2] = np.array(["a", "b"], object)
        variable(ds, "station_only", "i2", ("station",))[0:2] = [7, 8]


@netcdf("unlimited_empty.nc")
def _(path):
    """an unlimited dimension of length 0"""
    with create(path) as ds:
        ds.createDimension("time", None)
        ds.createDimension("x", 2)
        variable(ds, "time", "f8", ("time",), attributes={"units": "days since 2000-01-01"})
        variable(ds, "a", "f4", ("time", "x"))
        variable(ds, "x", "i4", ("x",), [1, 2])


@netcdf("dimensions_without_variable.nc")
def _(path):
    """dimensions without a variable, one dimension twice, one that nobody uses"""
    with create(path) as ds:
        ds.createDimension("x", 3)
        ds.createDimension("y", 2)
        ds.createDimension("unused", 9)
        variable(ds, "a", "i4", ("y", "x"), ramp((2, 3), "i4"))
        variable(ds, "square", "f4", ("x", "x"), ramp((3, 3), "f4"))
        variable(ds, "scalar", "f8", (), 2.5)


@netcdf("coordinates_2d.nc")
def _(path):
    """a coordinate variable of two dimensions that has the name of one of them; auxiliary coordinates"""
    with create(path) as ds:
        ds.createDimension("y", 2)
        ds.createDimension("x", 3)
        variable(ds, "y", "f4", ("y", "x"), ramp((2, 3), "f4"))
        variable(ds, "lon", "f4", ("y", "x"), ramp((2, 3), "f4"))
        variable(ds, "a", "i4", ("y", "x"), ramp((2, 3), "i4"), {"coordinates": "lon"})


@netcdf("not_a_coordinate.nc")
def _(path):
    """a variable with the name of a dimension that it does not have (kept under another name in the file)"""
    with create(path) as ds:
        ds.createDimension("x", 3)
        ds.createDimension("z", 2)
        variable(ds, "x", "i4", ("z",), [5, 6])
        variable(ds, "a", "f4", ("x", "z"), ramp((3, 2), "f4"))


@netcdf("groups.nc")
def _(path):
    """groups that use dimensions of their parents, hide them, and have unlimited ones of their own"""
    with create(path) as ds:
        ds.title = "root"
        ds.createDimension("time", None)
        ds.createDimension("x", 3)
        variable(ds, "time", "f8", ("time",), [0.0, 1.0], {"units": "days since 2000-01-01"})
        variable(ds, "a", "f4", ("time", "x"), ramp((2, 3), "f4"))
        g = ds.createGroup("g")
        g.note = "a group"
        g.createDimension("y", 2)
        variable(g, "b", "i4", ("time", "y"), ramp((2, 2), "i4"))
        variable(g, "y", "i2", ("y",), [10, 20])
        h = g.createGroup("h")
        h.createDimension("x", 4)
        variable(h, "x", "f8", ("x",), np.arange(4.0))
        variable(h, "c", "f4", ("y", "x"), ramp((2, 4), "f4"))
        ds.createGroup("empty")
        ds.createGroup("more/levels").createDimension("w", 2)
        variable(ds["more/levels"], "d", "i1", ("w",), [1, 2], {"units": "1"})


@netcdf("text.nc")
def _(path):
    """variable-length strings, characters, text attributes of every form"""
    with create(path) as ds:
        ds.createDimension("n", 3)
        ds.createDimension("length", 5)
        ds.setncattr_string("string_attribute", "ü")
        ds.setncattr_string("strings", ["a", "", "日本"])
        ds.setncattr("empty", "")
        ds.setncattr("text", "plain")
        variable(ds, "names", str, ("n",))[:] = np.array(["a", "", "grüße"], object)
        variable(ds, "names_fill", str, ("n",), fill_value="none")[0:1] = np.array(["a"], object)
        variable(ds, "names_never", str, ("n",))
        variable(ds, "name", str, ())[...] = "alone"
        characters = netCDF4.stringtochar(np.array(["ab", "cdefg", ""], "S5"))
        variable(ds, "characters", "S1", ("n", "length"), characters)
        variable(ds, "encoded", "S1", ("n", "length"), characters, {"_Encoding": "ascii"})
        variable(ds, "letter", "S1", (), b"x")
        variable(ds, "characters_never", "S1", ("n", "length"))
        variable(ds, "characters_fill", "S1", ("n",), fill_value="*")[0:1] = b"a"


@netcdf("user_types.nc")
def _(path):
    """netCDF-4's user types: enum, compound, nested compound, variable-length, as variables and as attributes"""
    with create(path) as ds:
        ds.createDimension("x", 3)
        cloud = ds.createEnumType(np.uint8, "cloud_t", {"clear": 0, "cumulus": 1, "missing": 255})
        variable(ds, "cloud", cloud, ("x",), np.array([0, 1, 255], "u1"), fill_value=255)
        variable(ds, "cloud_no_fill", cloud, ("x",), np.array([0, 1, 0], "u1"))
        point = np.dtype([("x", "f4"), ("n", "i4")])
        point_t = ds.createCompoundType(point, "point_t")
        variable(ds, "points", point_t, ("x",), np.array([(1.5, 2), (3.5, 4), (5.5, 6)], point))
        aligned = np.dtype([("b", "i1"), ("d", "f8")], align=True)
        aligned_t = ds.createCompoundType(aligned, "aligned_t")
        variable(ds, "aligned", aligned_t, ("x",), np.array([(1, 2.5), (3, 4.5), (5, 6.5)], aligned))
        line = np.dtype([("from", point), ("to", point)])
        line_t = ds.createCompoundType(line, "line_t")
        variable(ds, "lines", line_t, ("x",), np.array([((1, 2), (3, 4))] * 3, line))
        list_t = ds.createVLType(np.int32, "list_t")
        lists = np.empty(3, object)
        lists[:] = [np.array([1, 2], "i4"), np.array([3], "i4"), np.array([4, 5, 6], "i4")]
        ds.createVariable("lists", list_t, ("x",))[:] = lists


@netcdf("attributes.nc")
def _(path):
    """attributes of every numeric type, long ones, and so many that they are stored densely"""
    with create(path) as ds:
        ds.createDimension("x", 2)
        v = variable(ds, "a", "f4", ("x",), [1, 2])
        for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
            v.setncattr(f"one_{kind}", np.array(3, kind))
            v.setncattr(f"two_{kind}", np.array([3, 4], kind))
        v.setncattr("nan", np.nan)
        v.setncattr("infinite", np.array([np.inf, -np.inf]))
        v.setncattr("beyond_doubles", np.int64(2**53 + 1))
        v.setncattr("largest", np.uint64(2**64 - 1))
        v.setncattr("tenth", np.float32(0.1))
        v.setncattr("history", "x" * 1000)
        v.setncattr("none", np.array([], "i4"))


@netcdf("times.nc")
def _(path):
    """times of several calendars, spans, bounds"""
    with create(path) as ds:
        ds.createDimension("time", 4)
        ds.createDimension("bounds", 2)
        variable(ds, "time", "i4", ("time",), [0, 31, 59, 90],
                 {"units": "days since 2001-01-01", "calendar": "noleap", "bounds": "time_bounds"})
        variable(ds, "time_bounds", "f8", ("time", "bounds"), ramp((4, 2), "f8"))
        variable(ds, "span", "f8", ("time",), [0.5, 1, 2, np.nan], {"units": "hours"})
        variable(ds, "forecast", "i8", ("time",), [0, 1, 2, 3], {"units": "seconds since 1970-01-01"})


@netcdf("compressed.nc")
def _(path):
    """the compressions of netCDF-4: zlib, szip, zstd, bzip2, and quantization"""
    with create(path) as ds:
        ds.createDimension("y", 20)
        ds.createDimension("x", 30)
        values = (np.arange(600) // 7).reshape(20, 30).astype("f4")
        for method in ("zlib", "szip", "zstd", "bzip2"):
            variable(ds, method, "f4", ("y", "x"), values, compression=method, chunksizes=(12, 16))
        variable(ds, "shuffled", "i2", ("y", "x"), values, zlib=True, shuffle=True, chunksizes=(12, 16))
        variable(ds, "quantized", "f4", ("y", "x"), values / 3, zlib=True, chunksizes=(12, 16), least_significant_digit=2)
        variable(ds, "big_endian", ">f8", ("y", "x"), values, endian="big", chunksizes=(12, 16))


@netcdf("h5netcdf.nc")
def _(path):
    """the same kinds of things as h5netcdf writes them"""
    with h5netcdf.legacyapi.Dataset(path, "w") as ds:
        ds.title = "h5netcdf"
        ds.createDimension("time", None)
        ds.createDimension("x", 3)
        t = ds.createVariable("time", "f8", ("time",))
        t.units = "days since 2000-01-01"
        ds.resize_dimension("time", 4)
        t[...] = np.arange(4.0)
        a = ds.createVariable("a", "f4", ("time", "x"), fill_value=np.float32(-1), chunksizes=(2, 2), zlib=True)
        a[...] = ramp((4, 3), "f4")
        g = ds.createGroup("g")
        b = g.createVariable("b", "i4", ("x",))
        b[...] = [1, 2, 3]


@fixture("phony_dimensions.h5")
def _(path):
    """plain HDF5 without dimension scales: equal and different lengths, in groups too"""
    with h5py.File(path, "w") as f:
        f["a"] = ramp((4, 3))
        f["b"] = ramp((3, 4))
        f["c"] = ramp((5,))
        f["square"] = ramp((3, 3))
        f["g/d"] = ramp((4, 7))
        f["scalar"] = 1


@fixture("scales.h5")
def _(path):
    """plain HDF5 with dimension scales: labelled axes, some axes without, several scales on one axis"""
    with h5py.File(path, "w") as f:
        f["a"] = ramp((4, 3))
        f["half"] = ramp((4, 3))
        f["x"], f["y"], f["other"] = np.arange(3.0), np.arange(4.0), np.arange(4.0) * 2
        f["x"].make_scale("long name of x")
        f["y"].make_scale()
        f["other"].make_scale()
        f["a"].dims[0].attach_scale(f["y"])
        f["a"].dims[1].attach_scale(f["x"])
        f["half"].dims[0].attach_scale(f["y"])
        f["half"].dims[0].attach_scale(f["other"])
        f["a"].dims[0].label = "rows"


if __name__ == "__main__":
    run(__name__, sys.argv[1:])
