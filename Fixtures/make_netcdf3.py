# SPDX-License-Identifier: Apache-2.0
"""netCDF-3 files: by netCDF's and scipy's writers, and byte by byte where no writer makes them."""
import struct
import sys

import netCDF4
import numpy as np

from fixture import fixture, ramp, run

CLASSIC, OFFSET64, DATA64 = "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"
TYPES = {"byte": 1, "char": 2, "short": 3, "int": 4, "float": 5, "double": 6, "ubyte": 7, "ushort": 8, "uint": 9,
         "int64": 10, "uint64": 11}
STREAMING = -1


def netcdf3(name):
    return fixture(name, folder="netcdf3")


def broken(name):
    return fixture("netcdf3_" + name, folder="broken")


# ---------------------------------------------------------------- written by netCDF
def add(ds, name, dtype, dimensions, values=None, fill_value=None, **attributes):
    variable = ds.createVariable(name, dtype, dimensions, fill_value=fill_value)
    variable.set_auto_maskandscale(False)
    variable.setncatts(attributes)
    if values is not None:
        variable[...] = values
    return variable


def number_attributes(holder, types):
    for dtype in types:
        limits = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo(dtype)
        holder.setncattr(f"one_{dtype}", np.array(limits.max, dtype))
        holder.setncattr(f"more_{dtype}", np.array([limits.min, 0, 1, limits.max], dtype))


@netcdf3("classic.nc")
def classic(path):
    """every type and rank of the classic format: scalars, fixed and record variables, attributes"""
    with netCDF4.Dataset(path, "w", format=CLASSIC) as ds:
        all_types(ds, ["i1", "i2", "i4", "f4", "f8"])


@netcdf3("offset64.nc")
def offset64(path):
    """the same in the 64-bit offset format"""
    with netCDF4.Dataset(path, "w", format=OFFSET64) as ds:
        all_types(ds, ["i1", "i2", "i4", "f4", "f8"])


@netcdf3("cdf5.nc")
def cdf5(path):
    """the same in CDF-5, with its further types"""
    with netCDF4.Dataset(path, "w", format=DATA64) as ds:
        all_types(ds, ["i1", "i2", "i4", "f4", "f8", "u1", "u2", "u4", "i8", "u8"])


def all_types(ds, types):
    number_attributes(ds, types)
    ds.title = "all types"
    for name, length in (("record", None), ("y", 3), ("x", 5)):
        ds.createDimension(name, length)
    for dtype in types:
        add(ds, f"scalar_{dtype}", dtype, (), ramp((), dtype, 7))
        add(ds, f"fixed_{dtype}", dtype, ("y", "x"), ramp((3, 5), dtype))
        # 5 and 15 elements: padded behind each record where elements are smaller than 4 bytes
        add(ds, f"record_{dtype}", dtype, ("record", "y", "x"), ramp((4, 3, 5), dtype))
        number_attributes(add(ds, f"series_{dtype}", dtype, ("record",), ramp((4,), dtype)), [dtype])
    add(ds, "scalar_char", "S1", (), b"c")
    add(ds, "fixed_char", "S1", ("y", "x"), np.frombuffer(b"abcdefghi\0\0klmn", "S1").reshape(3, 5))
    add(ds, "record_char", "S1", ("record", "x"), np.frombuffer(b"abcdefghi\0\0klmnopqrs", "S1").reshape(4, 5))


def single(name, dtype, width):
    def make(path):
        with netCDF4.Dataset(path, "w", format=CLASSIC) as ds:
            ds.createDimension("record", None)
            ds.createDimension("x", width)
            add(ds, "x", "i2", ("x",), ramp((width,), "i2"))
            values = ramp((5, width), "i2", 65)
            add(ds, "only", dtype, ("record", "x"), values.astype("u1").view("S1") if dtype == "S1" else values)

    make.__doc__ = f"a single record variable of {width} {name}s: its records are not padded"
    make.__module__ = __name__
    return netcdf3(f"record_single_{name}.nc")(make)


for NAME, DTYPE, WIDTH in (("byte", "i1", 3), ("char", "S1", 5), ("short", "i2", 3), ("float", "f4", 3)):
    single(NAME, DTYPE, WIDTH)


@netcdf3("records_none.nc")
def records_none(path):
    """a record dimension of length 0"""
    with netCDF4.Dataset(path, "w", format=OFFSET64) as ds:
        ds.createDimension("record", None)
        ds.createDimension("x", 4)
        add(ds, "x", "f4", ("x",), ramp((4,), "f4"))
        add(ds, "empty", "i2", ("record", "x"), fill_value=-9)
        add(ds, "series", "f8", ("record",))


@netcdf3("empty.nc")
def empty(path):
    """nothing: no dimension, no attribute, no variable"""
    netCDF4.Dataset(path, "w", format=CLASSIC).close()


@netcdf3("fills.nc")
def fills(path):
    """_FillValue and missing_value of every kind, netCDF's default fills, packed values, _Unsigned"""
    with netCDF4.Dataset(path, "w", format=CLASSIC) as ds:
        ds.createDimension("t", None)
        ds.createDimension("x", 6)
        small = np.array([0, 1, -9, 3, -999, 5])
        add(ds, "fill_short", "i2", ("x",), small, fill_value=-9)
        add(ds, "fill_zero", "i4", ("x",), small, fill_value=0)
        add(ds, "fill_float", "f4", ("x",), np.array([0, 1, 1e20, np.nan, 4, 5], "f4"), fill_value=np.float32(1e20))
        add(ds, "fill_nan", "f8", ("x",), np.array([0, 1, 2, np.nan, 4, 5]), fill_value=np.nan)
        add(ds, "missing_short", "i2", ("x",), small, missing_value=np.int16(-999))
        add(ds, "both", "i2", ("x",), small, fill_value=-9, missing_value=np.int16(-999))
        add(ds, "default_float", "f4", ("x",), np.array([0, netCDF4.default_fillvals["f4"], 2, 3, 4, 5], "f4"))
        add(ds, "default_byte", "i1", ("x",), np.array([0, -127, 2, 3, 4, 5]))
        add(ds, "never_written", "f8", ("x",))
        add(ds, "packed", "i2", ("t", "x"), np.arange(12).reshape(2, 6), fill_value=-9, scale_factor=0.01,
            add_offset=273.15)
        add(ds, "unsigned", "i1", ("t", "x"), np.arange(-6, 6).reshape(2, 6), fill_value=-1, _Unsigned="true")
        add(ds, "char_fill", "S1", ("x",), np.frombuffer(b"ab--cd", "S1"), fill_value="-")
        add(ds, "late", "f4", ("t",))[3] = 1  # the records before it hold the default fill


@netcdf3("times.nc")
def times(path):
    """what most files look like: coordinates, times, bounds, text labels"""
    with netCDF4.Dataset(path, "w", format=OFFSET64) as ds:
        ds.setncatts({"Conventions": "CF-1.8", "title": "a series", "history": "", "levels": np.array([], "f4")})
        for name, length in (("time", None), ("lat", 3), ("lon", 4), ("bnds", 2), ("strlen", 8)):
            ds.createDimension(name, length)
        days = np.arange(5.0)
        add(ds, "time", "f8", ("time",), days + 0.5, units="days since 2001-02-26", calendar="noleap", bounds="time_bnds")
        add(ds, "time_bnds", "f8", ("time", "bnds"), np.stack([days, days + 1], 1))
        add(ds, "lat", "f4", ("lat",), [-60, 0, 60], units="degrees_north")
        add(ds, "lon", "f4", ("lon",), [0, 90, 180, 270], units="degrees_east")
        labels = np.array([b"north", b"middle", b"southern"], "S8")
        add(ds, "region", "S1", ("lat", "strlen"), labels.view("S1").reshape(3, 8), _Encoding="utf-8")
        add(ds, "flags", "i1", ("time", "lat"), ramp((5, 3), "i1"), flag_values=np.array([1, 2, 3], "i1"))
        add(ds, "tas", "f4", ("time", "lat", "lon"), ramp((5, 3, 4), "f4"), units="K", coordinates="region",
            fill_value=np.float32(1e20), missing_value=np.float32(1e20))
        add(ds, "height", "f8", (), 2.0, units="m")


@netcdf3("names.nc")
def names(path):
    """names with blanks, dots, signs and letters of other alphabets"""
    with netCDF4.Dataset(path, "w", format=CLASSIC) as ds:
        for name in ("a b", "dot.ted", "plus+minus-", "größe", "気温", "_under", "9x", "percent%41", "a@b"):
            ds.createDimension(name, 2)
            add(ds, name, "i2", (name,), [1, 2], **{name: name})


@netcdf3("scipy_classic.nc")
def scipy_classic(path):
    """written by scipy, version 1"""
    by_scipy(path, 1)


@netcdf3("scipy_offset64.nc")
def scipy_offset64(path):
    """written by scipy, version 2"""
    by_scipy(path, 2)


def by_scipy(path, version):
    from scipy.io import netcdf_file

    with netcdf_file(path, "w", version=version) as ds:
        ds.history = b"made by scipy"
        ds.numbers = np.array([1.5, 2.5])
        ds.createDimension("time", None)
        ds.createDimension("x", 3)
        ds.createVariable("x", "h", ("x",))[:] = [1, 2, 3]
        for name, code in (("bytes", "b"), ("shorts", "h"), ("ints", "i"), ("doubles", "d")):
            variable = ds.createVariable(name, code, ("time", "x"))
            variable[:4] = np.arange(12).reshape(4, 3)
            variable.units = "1"
        ds.createVariable("time", "f", ("time",))[:4] = np.arange(4)
        ds.createVariable("chars", "c", ("x",))[:] = [b"a", b"b", b"c"]


# ---------------------------------------------------------------- byte by byte
class Writer:
    """A header, field by field; `version` 1, 2 or 5."""

    def __init__(self, version):
        self.version = version

    def count(self, number):
        width = 8 if self.version == 5 else 4
        return (number % (1 << 8 * width)).to_bytes(width, "big")

    def name(self, text):
        raw = text if isinstance(text, bytes) else text.encode()
        return self.count(len(raw)) + padded(raw)

    def listing(self, tag, entries):
        if not entries:
            return bytes(4) + self.count(0)
        return struct.pack(">I", tag) + self.count(len(entries)) + b"".join(entries)

    def attribute(self, name, type_, count, raw):
        return self.name(name) + struct.pack(">I", TYPES.get(type_, type_)) + self.count(count) + padded(raw)

    def variable(self, name, dimensions, type_, begin, attributes=(), vsize=0):
        return (self.name(name) + self.count(len(dimensions)) + b"".join(map(self.count, dimensions))
                + self.listing(12, [self.attribute(*a) for a in attributes])
                + struct.pack(">I", TYPES.get(type_, type_)) + self.count(vsize)
                + begin.to_bytes(4 if self.version == 1 else 8, "big"))

    def file(self, records, dimensions, variables, data, attributes=(), start=512):
        """`variables`: arguments of `variable`; `data` begins at `start`."""
        header = (b"CDF" + bytes([self.version]) + self.count(records)
                  + self.listing(10, [self.name(n) + self.count(length) for n, length in dimensions])
                  + self.listing(12, [self.attribute(*a) for a in attributes])
                  + self.listing(11, [self.variable(*v) for v in variables]))
        assert len(header) <= start
        return header.ljust(start, b"\0") + data


def padded(raw):
    return raw + bytes(-len(raw) % 4)


def write(path, raw):
    with open(path, "wb") as f:
        f.write(raw)


def records(count):
    """Records of an int and of three shorts, padded."""
    return b"".join(struct.pack(">i3hxx", 100 + n, n, n + 10, n + 20) for n in range(count))


RECORD_VARIABLES = [("a", [0], "int", 512), ("b", [0, 1], "short", 516)]
RECORD_DIMENSIONS = [("t", 0), ("x", 3)]


def streaming(version):
    def make(path):
        write(path, Writer(version).file(STREAMING, RECORD_DIMENSIONS, RECORD_VARIABLES, records(6)))

    make.__doc__ = f"version {version}, written as a stream: the number of records follows from the size of the file"
    make.__module__ = __name__
    return netcdf3(f"streaming_{version}.nc")(make)


for VERSION in (1, 2, 5):
    streaming(VERSION)


@netcdf3("streaming_cut.nc")
def streaming_cut(path):
    """a stream that ends inside its seventh record"""
    write(path, Writer(1).file(STREAMING, RECORD_DIMENSIONS, RECORD_VARIABLES, records(7)[:-5]))


@netcdf3("streaming_unpadded.nc")
def streaming_unpadded(path):
    """a stream without the padding behind its last record"""
    write(path, Writer(1).file(STREAMING, RECORD_DIMENSIONS, RECORD_VARIABLES, records(6)[:-2]))


@netcdf3("short_records.nc")
def short_records(path):
    """a file that ends inside the fourth of six records"""
    write(path, Writer(1).file(6, RECORD_DIMENSIONS, RECORD_VARIABLES, records(6)[:3 * 12 + 5]))


@netcdf3("short_fixed.nc")
def short_fixed(path):
    """a file that ends inside the second of three fixed variables"""
    variables = [("a", [0], "int", 512), ("b", [0], "int", 552, [("_FillValue", "int", 1, struct.pack(">i", -1))]),
                 ("c", [0], "short", 592)]
    write(path, Writer(2).file(0, [("x", 10)], variables, ramp((13,), ">i4").tobytes() + b"\1"))


@netcdf3("unpadded_end.nc")
def unpadded_end(path):
    """a fixed variable of odd length at the end of the file, without padding"""
    write(path, Writer(1).file(0, [("x", 5)], [("a", [0], "short", 512), ("b", [0], "byte", 524)],
                               ramp((6,), ">i2").tobytes() + b"\1\2\3\4\5"))


@netcdf3("vsize_wrong.nc")
def vsize_wrong(path):
    """sizes in the header that are wrong, as writers of large variables leave them"""
    variables = [("a", [1], "int", 512, (), 0xFFFFFFFF), ("b", [0], "int", 524, (), 0), ("c", [0], "short", 528, (), 8)]
    write(path, Writer(2).file(2, RECORD_DIMENSIONS, variables, ramp((7,), ">i4").tobytes()))


@netcdf3("out_of_order.nc")
def out_of_order(path):
    """variables whose data come in another order than the header's"""
    variables = [("a", [0], "int", 520), ("b", [0], "int", 512)]
    write(path, Writer(1).file(0, [("x", 2)], variables, ramp((4,), ">i4").tobytes()))


@netcdf3("gaps.nc")
def gaps(path):
    """bytes between variables that belong to none; two record dimensions"""
    variables = [("a", [0], "int", 512), ("b", [1], "int", 540), ("c", [2], "short", 544)]
    write(path, Writer(1).file(3, [("x", 2), ("t", 0), ("u", 0)], variables, ramp((20,), ">i4").tobytes()))


@netcdf3("latin1.nc")
def latin1(path):
    """names and text in Latin-1, text with NULs, a path as a name"""
    attributes = [("title", "char", 4, b"caf\xe9"), (b"gr\xf6\xdfe", "short", 1, b"\0\1"), ("nul", "char", 4, b"ab\0\0"),
                  ("none", "char", 0, b""), ("nothing", "double", 0, b"")]
    variables = [(b"temp\xe9rature", [0], "int", 512), ("group/name", [0], "int", 520), ("back\\slash", [0], "int", 528)]
    write(path, Writer(1).file(0, [("x", 2)], variables, ramp((6,), ">i4").tobytes(), attributes))


# ---------------------------------------------------------------- no scanner may believe these
FIXED = [("a", [0], "int", 512), ("b", [0], "int", 520)]


def damaged(name, text, change=None, **parts):
    """A file of two variables with `parts` replaced, its bytes then changed by `change`."""

    def make(path):
        arguments = {"records": 0, "dimensions": [("x", 2), ("t", 0)], "variables": FIXED, "data": bytes(64), **parts}
        raw = Writer(arguments.pop("version", 1)).file(**arguments)
        write(path, change(raw) if change else raw)

    make.__doc__, make.__module__ = text, __name__
    broken(name)(make)


damaged("header_cut.nc", "a header that ends inside a variable", lambda raw: raw[:90])
damaged("version.nc", "version 4 of netCDF-3, which is none", lambda raw: b"CDF\4" + raw[4:])
damaged("absent_list.nc", "an absent list of dimensions with 3 entries", lambda raw: raw[:8] + bytes(7) + b"\3" + raw[16:])
damaged("tag.nc", "a list of attributes in the place of the dimensions", lambda raw: raw[:11] + b"\x0c" + raw[12:])
damaged("type.nc", "a variable of type 12", variables=[("a", [0], 12, 512)])
damaged("dimension_number.nc", "a variable with dimension 7 of 2", variables=[("a", [7], "int", 512)])
damaged("rank.nc", "a variable of 5,000 dimensions", variables=[("a", [0] * 5000, "int", 32768)], start=32768)
damaged("record_second.nc", "a variable whose second dimension is the record dimension",
        variables=[("a", [0, 1], "int", 512)])
damaged("begin_in_header.nc", "data that begins inside the header", variables=[("a", [0], "int", 40)])
damaged("overlap.nc", "variables that overlap", variables=[("a", [0], "int", 512), ("b", [0], "int", 516)])
damaged("overlap_records.nc", "record variables that overlap in the next record", records=4,
        variables=[("a", [1], "int", 512), ("b", [1], "int", 520)])
damaged("size_overflow.nc", "dimensions whose product does not fit into 64 bits", version=5,
        dimensions=[("x", 1 << 40), ("y", 1 << 40)], variables=[("a", [0, 1], "int", 512)])
damaged("begin_far.nc", "data that begins near the largest offset", version=5,
        variables=[("a", [0], "int", (1 << 64) - 4)])
damaged("records_huge.nc", "2^62 records", version=5, records=1 << 62, variables=[("a", [1], "int", 512)])
damaged("records_many.nc", "4,000,000,000 records in a file of 16", records=4_000_000_000,
        variables=[("a", [1], "int", 512)])
damaged("attribute_huge.nc", "an attribute that claims 2^61 doubles", version=5,
        attributes=[("a", "double", 1 << 61, b"")])
damaged("entries_huge.nc", "2^31 variables", lambda raw: raw.replace(b"\0\0\0\x0b\0\0\0\2", b"\0\0\0\x0b\x80\0\0\0"))
damaged("same_name.nc", "two variables of one name", variables=[("a", [0], "int", 512), ("a", [0], "int", 520)])
damaged("no_name.nc", "a variable without a name", variables=[("", [0], "int", 512)])
damaged("offsets_narrow.nc", "version 2 with the offsets of version 1", lambda raw: b"CDF\2" + raw[4:])

if __name__ == "__main__":
    run(__name__, sys.argv[1:])
