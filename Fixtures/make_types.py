# SPDX-License-Identifier: Apache-2.0
"""Files about datatypes and about filters."""
import ctypes
import sys

import h5py
import hdf5plugin
import numpy as np
from h5py import h5t

from fixture import EARLIEST, LATEST, create_dataset, fixture, hdf5, ramp, run


# ---------------------------------------------------------------- datatypes
@fixture("types_numbers.h5")
def _(path):
    """integers and floats of every width and byte order, Booleans, enums"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for kind in ("i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8"):
            low, high = np.iinfo(kind).min, np.iinfo(kind).max
            f[kind.replace("<", "le_").replace(">", "be_")] = np.array([low, 0, 1, high], kind)
        for kind in ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
            numbers = [0.0, -0.0, 1.5, np.inf, -np.inf, np.nan, np.finfo(kind).tiny, np.finfo(kind).max]
            f[kind.replace("<", "le_").replace(">", "be_")] = np.array(numbers, kind)
        f["bool"] = np.array([True, False, True])
        f["enum_u1"] = np.array([1, 0], "u1").astype(h5py.enum_dtype({"low": 0, "high": 1}, "u1"))
        f["enum_be_i4"] = np.array([-1, 500], ">i4").astype(h5py.enum_dtype({"low": -1, "high": 500}, ">i4"))
        f["enum_false_true_i4"] = np.array([0, 1], "<i4").astype(h5py.enum_dtype({"FALSE": 0, "TRUE": 1}, "<i4"))


@fixture("types_odd_numbers.h5")
def _(path):
    """integers and floats whose precision, offset or format no machine has; bit fields; long doubles"""
    with h5py.File(path, "w", libver=EARLIEST) as f:

        def integer(base, size, precision, offset=0):
            kind = base.copy()
            kind.set_precision(precision)
            kind.set_size(size)
            kind.set_offset(offset)
            return kind

        numbers = ramp((6,), "<i4")
        create_dataset(f, "i4_of_17_bits", integer(h5t.STD_I32LE, 4, 17), (6,), data=-numbers)
        create_dataset(f, "u4_of_20_bits_at_5", integer(h5t.STD_U32LE, 4, 20, 5), (6,), data=numbers.astype("u4"))
        create_dataset(f, "be_u2_of_11_bits_at_2", integer(h5t.STD_U16BE, 2, 11, 2), (6,), data=numbers.astype("u2"))
        # 3-byte integers and bit fields have no counterpart in numpy: h5py refuses or widens them
        three = h5t.STD_I32LE.copy()
        three.set_precision(24)
        three.set_size(3)
        d = create_dataset(f, "i3", three, (6,))
        d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers, mtype=h5t.NATIVE_INT32)
        for name, kind, memory in (("bits8", h5t.STD_B8LE, "u1"), ("bits16", h5t.STD_B16LE, "<u2"),
                                   ("be_bits32", h5t.STD_B32BE, ">u4"), ("bits64", h5t.STD_B64LE, "<u8")):
            d = create_dataset(f, name, kind, (6,))
            d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp((6,), memory, 250), mtype=kind)
        bfloat = h5t.IEEE_F32LE.copy()
        bfloat.set_fields(15, 7, 8, 0, 7)
        bfloat.set_precision(16)
        bfloat.set_size(2)
        d = create_dataset(f, "bfloat16", bfloat, (6,))
        d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp((6,), "<f4"), mtype=h5t.NATIVE_FLOAT)
        f["long_double"] = np.array([1.5, -2.25, 0], np.longdouble)
        vax = create_dataset(f, "f8_vax", h5t.IEEE_F64LE, (2,), data=[1.0, 2.0])
        assert vax.shape == (2,)


@fixture("types_text.h5")
def _(path):
    """fixed and variable-length strings of every padding and character set"""
    with h5py.File(path, "w", libver=LATEST) as f:
        words = [b"a", b"", b"four", b"ab  ", b"\xc3\xbc"]
        for name, padding in (("terminated", h5t.STR_NULLTERM), ("padded", h5t.STR_NULLPAD), ("spaces", h5t.STR_SPACEPAD)):
            for charset, label in ((h5t.CSET_ASCII, "ascii"), (h5t.CSET_UTF8, "utf8")):
                kind = h5t.C_S1.copy()
                kind.set_size(5)
                kind.set_strpad(padding)
                kind.set_cset(charset)
                fill = b" " if name == "spaces" else b"\0"
                d = create_dataset(f, f"{name}_{label}", kind, (5,))
                d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([w.ljust(5, fill) for w in words], "S5"), mtype=kind)
        f["one_character"] = np.array([[b"a", b"b"], [b"", b" "]], "S1")
        f["text"] = np.array(["a", "", "grüße 日本", "x" * 50], h5py.string_dtype())
        f["text_ascii"] = np.array([b"a", b"bc"], h5py.string_dtype("ascii"))
        f["text_scalar"] = "alone"
        f["fixed_scalar"] = np.bytes_("alone")
        f.create_dataset("text_chunked", data=np.array([[f"{i}{j}" for j in range(5)] for i in range(3)], object),
                         dtype=h5py.string_dtype(), chunks=(2, 2))
        f.create_dataset("text_filtered", data=np.array([f"word {i}" for i in range(7)], object),
                         dtype=h5py.string_dtype(), chunks=(3,), compression="gzip")
        f.create_dataset("text_unwritten", (4,), h5py.string_dtype(), chunks=(2,))
        not_utf8 = f.create_dataset("text_latin1", (2,), h5py.string_dtype("ascii"))
        not_utf8[0] = b"gr\xfc\xdfe"
        inner_nul = f.create_dataset("text_fixed_inner_nul", (1,), "S6")
        inner_nul[0] = b"a\0b"


@fixture("types_text_large.h5")
def _(path):
    """variable-length strings that fill several heaps, and one larger than a heap"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f.create_dataset("text", data=np.array(["é" * (i * 37 % 200) for i in range(60)], object),
                         dtype=h5py.string_dtype(), chunks=(16,))
        f["huge"] = "z" * 5000


@fixture("types_compound.h5")
def _(path):
    """compounds: plain, with gaps, big-endian, with texts, nested, with array members, of complex numbers"""
    with h5py.File(path, "w", libver=LATEST) as f:

        def records(name, kind, rows, **more):
            f.create_dataset(name, data=np.array(rows, kind), **more)

        plain = np.dtype([("i", "<i4"), ("f", "<f8"), ("b", "u1")])
        rows = [(1, 1.5, 2), (-3, np.nan, 255), (0, 0, 0)]
        records("plain", plain, rows)
        records("chunked", plain, rows, chunks=(2,), compression="gzip")
        records("big_endian", np.dtype([("i", ">i4"), ("f", ">f4")]), [(1, 1.5), (2, 2.5)])
        records("gaps", np.dtype([("i", "i1"), ("f", "<f8"), ("s", "<i2")], align=True), [(1, 1.5, 2), (3, 4.5, 6)])
        records("reordered", np.dtype({"names": ["b", "a"], "formats": ["<i2", "<i4"], "offsets": [4, 0], "itemsize": 8}),
                [(1, 2), (3, 4)])
        records("text", np.dtype([("name", "S4"), ("n", "<i2")]), [(b"ab", 1), (b"cdef", 2)])
        records("with_bool", np.dtype([("ok", "?"), ("n", "<i2")]), [(True, 1), (False, 2)])
        records("nested", np.dtype([("a", "<i2"), ("b", [("c", "<f4"), ("d", "u1")])]), [(1, (1.5, 2)), (3, (4.5, 6))])
        records("arrays", np.dtype([("v", "<f4", (3,)), ("m", "<i2", (2, 2))]),
                [([1, 2, 3], [[1, 2], [3, 4]]), ([4, 5, 6], [[5, 6], [7, 8]])])
        records("with_text", np.dtype([("t", h5py.string_dtype()), ("n", "<i4")]), [("abc", 1), ("", 2)])
        records("with_list", np.dtype([("l", h5py.vlen_dtype(np.dtype("<i2"))), ("n", "<i4")]),
                [(np.array([1, 2], "<i2"), 1), (np.array([], "<i2"), 2)])
        records("with_complex", np.dtype([("z", "<c8"), ("n", "<i4")]), [(1 + 2j, 1), (3 - 4j, 2)])
        records("with_reference", np.dtype([("r", h5py.ref_dtype), ("n", "<i4")]), [(f["plain"].ref, 1)])
        records("scalar", plain, rows[0])
        records("unwritten", plain, rows[:0], maxshape=(None,), chunks=(4,))
        f["one_member"] = np.array([(1,), (2,)], [("only", "<i4")])
        f["odd names"] = np.array([(1, 2)], [("a.b", "<i4"), ("größe", "<i4")])


@fixture("types_complex.h5")
def _(path):
    """complex numbers as h5py writes them, of either byte order, and others that only look like them"""
    with h5py.File(path, "w", libver=("earliest", "v110")) as f:
        values = np.array([1 + 2j, -3.5j, complex(np.nan, np.inf)])
        for kind in ("<c8", ">c8", "<c16", ">c16"):
            f[kind.replace("<", "le_").replace(">", "be_")] = values.astype(kind)
        f.create_dataset("chunked", data=np.arange(12).reshape(3, 4) * (1 - 1j), chunks=(2, 2), compression="gzip")
        f["integers"] = np.array([(1, 2)], [("r", "<i4"), ("i", "<i4")])
        f["different"] = np.array([(1, 2)], [("r", "<f4"), ("i", "<f8")])


@fixture("types_complex_native.h5")
def _(path):
    """complex numbers as a datatype class of their own"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for name, base in ((b"c8", h5t.IEEE_F32LE), (b"be_c16", h5t.IEEE_F64BE)):
            kind = h5t.TypeID(hdf5("H5Tcomplex_create", base))
            d = h5py.h5d.create(f.id, name, kind, h5py.h5s.create_simple((2,)))
            part = "<f4" if base is h5t.IEEE_F32LE else ">f8"
            numbers = np.array([1, 2, 3, -4], part)
            hdf5("H5Dwrite", d, kind, ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_int64(0),
                 ctypes.c_void_p(numbers.ctypes.data))


@fixture("types_opaque.h5")
def _(path):
    """opaque data with and without a tag, and numpy's times inside them"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f["plain"] = np.array([b"abc", b"\0\xff\0"], "V3")
        times = np.array(["2026-01-01", "NaT", "1969-12-31"], "datetime64[D]")
        for unit in ("s", "ms", "ns", "D"):
            f[f"time_{unit}"] = times.astype(f"<M8[{unit}]").astype(h5py.opaque_dtype(np.dtype(f"<M8[{unit}]")))
        f["span_h"] = np.array([1, -5], "<m8[h]").astype(h5py.opaque_dtype(np.dtype("<m8[h]")))
        f["be_time"] = times.astype(">M8[s]").astype(h5py.opaque_dtype(np.dtype(">M8[s]")))
        kind = h5t.create(h5t.OPAQUE, 4)
        kind.set_tag(b"a tag of somebody")
        d = create_dataset(f, "tagged", kind, (2,))
        d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"abcd", b"efgh"], "V4"), mtype=kind)


@fixture("types_lists.h5")
def _(path):
    """variable-length sequences of numbers, of texts, of sequences; chunked and scalar"""
    with h5py.File(path, "w", libver=LATEST) as f:
        lists = np.empty(3, object)
        lists[:] = [np.array([1, 2, 3]), np.array([], int), np.array([4])]
        f.create_dataset("integers", data=lists, dtype=h5py.vlen_dtype(np.dtype("<i4")))
        f.create_dataset("chunked", data=lists, dtype=h5py.vlen_dtype(np.dtype("<f8")), chunks=(2,))
        d = f.create_dataset("texts", (2,), h5py.vlen_dtype(h5py.string_dtype()))
        d[0] = np.array(["a", "bc"], object)


@fixture("types_array.h5")
def _(path):
    """array datatypes as the type of a dataset"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for name, base, dims, shape, chunks in (("line", h5t.STD_I32LE, (3,), (4,), None),
                                                 ("plane", h5t.IEEE_F64BE, (2, 2), (3, 2), (2, 2))):
            d = create_dataset(f, name, h5t.array_create(base, dims), shape, None, chunks)
            d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp(shape + dims, base.dtype), mtype=d.id.get_type())


@fixture("types_references.h5")
def _(path):
    """object references and region references, null ones too"""
    with h5py.File(path, "w", libver=EARLIEST) as f:
        f["x"] = ramp((4, 5))
        f["g/y"] = ramp((2,))
        d = f.create_dataset("objects", (4,), h5py.ref_dtype)
        d[0], d[1], d[2] = f["x"].ref, f["g"].ref, f["g/y"].ref
        d = f.create_dataset("regions", (2,), h5py.regionref_dtype)
        d[0] = f["x"].regionref[1:3, 2:4]
        f.create_dataset("objects_chunked", (4,), h5py.ref_dtype, chunks=(2,))[0] = f["x"].ref


# ---------------------------------------------------------------- filters
def filtered(f, name, shape=(7, 9), chunks=(4, 5), kind="<f4", **filters):
    """Smooth values that compress, in several chunks, the last of which are partial."""
    values = (np.arange(int(np.prod(shape))) // 3).reshape(shape).astype(kind)
    f.create_dataset(name, data=values, chunks=chunks, **filters)


@fixture("filters_builtin.h5")
def _(path):
    """deflate, shuffle, fletcher32, lzf and their combinations"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for level in (0, 1, 9):
            filtered(f, f"gzip{level}", compression="gzip", compression_opts=level)
        filtered(f, "shuffle", shuffle=True)
        filtered(f, "shuffle_i1", shuffle=True, kind="i1")
        filtered(f, "shuffle_gzip", shuffle=True, compression="gzip")
        filtered(f, "fletcher32", fletcher32=True)
        filtered(f, "fletcher32_odd", fletcher32=True, kind="u1")
        filtered(f, "shuffle_gzip_fletcher32", shuffle=True, compression="gzip", fletcher32=True)
        filtered(f, "lzf", compression="lzf")
        filtered(f, "shuffle_lzf", compression="lzf", shuffle=True, kind="<i2")
        create_dataset(f, "gzip_twice", "<i4", (8,), None, (4,), lambda p: (p.set_deflate(1), p.set_deflate(9)), ramp((8,)))
        create_dataset(f, "fletcher32_first", "<i4", (8,), None, (4,),
                       lambda p: (p.set_fletcher32(), p.set_deflate(9)), ramp((8,)))


@fixture("filters_builtin_old.h5")
def _(path):
    """the filter pipeline message in its first version"""
    with h5py.File(path, "w", libver=EARLIEST) as f:
        filtered(f, "shuffle_gzip_fletcher32", shuffle=True, compression="gzip", fletcher32=True)
        filtered(f, "lzf", compression="lzf")
        filtered(f, "zstd", compression=hdf5plugin.Zstd())


@fixture("filters_szip.h5")
def _(path):
    """szip: entropy and nearest-neighbour coding, several block sizes and types, lengths that fill no block"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for method in ("ec", "nn"):
            for block in (8, 16, 32):
                filtered(f, f"{method}_{block}", (40, 9), (32, 5), "<i4", compression="szip", compression_opts=(method, block))
        for kind in ("u1", "<i2", ">i2", ">u4", "<f4", "<f8", ">f8"):
            filtered(f, "type_" + kind.replace("<", "le_").replace(">", "be_"), (33, 3), (20, 3), kind,
                     compression="szip", compression_opts=("nn", 4))
        filtered(f, "shuffled", (40, 9), (32, 5), "<i4", compression="szip", compression_opts=("nn", 8), shuffle=True)


@fixture("filters_scaleoffset.h5")
def _(path):
    """scale-offset: integers with automatic and given bits, decimals, signs, fills, constant chunks"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for kind in ("i1", "u1", "<i2", ">i2", "<u4", "<i4", "<i8"):
            filtered(f, "auto_" + kind.replace("<", "le_").replace(">", "be_"), kind=kind, scaleoffset=0)
        filtered(f, "bits12", kind="<i4", scaleoffset=12)
        filtered(f, "decimals2", kind="<f4", scaleoffset=2)
        filtered(f, "decimals3_be", kind=">f8", scaleoffset=3)
        filtered(f, "with_gzip", kind="<i4", scaleoffset=0, compression="gzip")
        signed = ramp((20,), "<i4", -10)
        f.create_dataset("negative", data=signed, chunks=(6,), scaleoffset=0)
        f.create_dataset("with_fill", data=np.where(signed % 3 == 0, -999, signed), chunks=(6,), scaleoffset=0, fillvalue=-999)
        numbers = np.where(signed % 3 == 0, 1e20, signed / 4).astype("<f4")
        f.create_dataset("decimals_fill", data=numbers, chunks=(6,), scaleoffset=2, fillvalue=np.float32(1e20))
        f.create_dataset("constant", data=np.full((8,), 77, "<i2"), chunks=(4,), scaleoffset=0)


@fixture("filters_nbit.h5")
def _(path):
    """n-bit: integers and floats of fewer bits, an array type, a compound"""
    with h5py.File(path, "w", libver=LATEST) as f:

        def add(name, kind, shape, chunks, values, memory):
            d = create_dataset(f, name, kind, shape, None, chunks, lambda p: hdf5("H5Pset_nbit", p))
            d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=memory)

        def narrow(base, precision, offset):
            kind = base.copy()
            kind.set_precision(precision)
            kind.set_offset(offset)
            return kind

        numbers = ramp((7, 5), "<i4", -16)
        add("i4_of_12_at_3", narrow(h5t.STD_I32LE, 12, 3), (7, 5), (4, 3), numbers, h5t.NATIVE_INT32)
        add("be_i4_of_12_at_3", narrow(h5t.STD_I32BE, 12, 3), (7, 5), (4, 3), numbers, h5t.NATIVE_INT32)
        add("u2_of_9", narrow(h5t.STD_U16LE, 9, 0), (7, 5), (4, 3), abs(numbers), h5t.NATIVE_INT32)
        add("full", h5t.STD_I32LE, (7, 5), (4, 3), numbers, h5t.NATIVE_INT32)
        real = h5t.IEEE_F32LE.copy()
        real.set_fields(26, 20, 6, 7, 13)
        real.set_offset(7)
        real.set_precision(20)
        real.set_ebias(31)
        add("f4_of_20_at_7", real, (7, 5), (4, 3), numbers.astype("<f4"), h5t.NATIVE_FLOAT)
        member = narrow(h5t.STD_I16LE, 10, 2)
        compound = h5t.create(h5t.COMPOUND, 8)
        compound.insert(b"a", 0, member)
        compound.insert(b"b", 4, h5t.IEEE_F32LE)
        rows = np.array([(i, i / 2) for i in range(9)], np.dtype([("a", "<i2"), ("b", "<f4")]))
        add("compound", compound, (9,), (4,), rows, h5t.py_create(rows.dtype))


@fixture("filters_plugins.h5")
def _(path):
    """zstd, bzip2, LZ4, Blosc, Blosc2 and bitshuffle with their variants"""
    with h5py.File(path, "w", libver=LATEST) as f:
        filtered(f, "zstd", compression=hdf5plugin.Zstd(clevel=3))
        filtered(f, "shuffle_zstd", compression=hdf5plugin.Zstd(), shuffle=True, kind="<i2")
        filtered(f, "bzip2", compression=hdf5plugin.BZip2(blocksize=5))
        filtered(f, "lz4", compression=hdf5plugin.LZ4())
        filtered(f, "lz4_blocks", (90, 9), (70, 9), compression=hdf5plugin.LZ4(nbytes=512))
        for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
            for shuffle in (0, 1, 2):
                filtered(f, f"blosc_{cname}_{shuffle}", (45, 9), (40, 5),
                         compression=hdf5plugin.Blosc(cname=cname, clevel=5, shuffle=shuffle))
        filtered(f, "blosc_stored", compression=hdf5plugin.Blosc(clevel=0))
        filtered(f, "blosc2", compression=hdf5plugin.Blosc2(cname="zstd"))
        for cname in ("none", "lz4", "zstd"):
            filtered(f, f"bitshuffle_{cname}", (45, 9), (40, 5), compression=hdf5plugin.Bitshuffle(cname=cname))
        filtered(f, "bitshuffle_blocks", (45, 9), (40, 5), "<i2", compression=hdf5plugin.Bitshuffle(nelems=64))
        filtered(f, "bitshuffle_few", (5,), (3,), "<f8", compression=hdf5plugin.Bitshuffle())


@fixture("filters_unknown.h5")
def _(path):
    """filters that nobody else reads: Zfp, an optional filter of an unregistered number"""
    with h5py.File(path, "w", libver=LATEST) as f:
        filtered(f, "zfp", (8, 8), (4, 4), compression=hdf5plugin.Zfp(reversible=True))

        def unregistered(p):
            p.set_filter(501, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))

        create_dataset(f, "optional", "<i4", (8,), None, (4,), unregistered)
        f["optional"].id.write_direct_chunk((0,), ramp((4,)).tobytes(), 1)
        f["optional"].id.write_direct_chunk((4,), ramp((4,), start=5).tobytes(), 1)


@fixture("filters_large.h5")
def _(path):
    """filters that numcodecs lacks on chunks beyond what is decoded and inlined by default"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for name, more in (("lzf", dict(compression="lzf")), ("lz4", dict(compression=hdf5plugin.LZ4())),
                           ("bitshuffle", dict(compression=hdf5plugin.Bitshuffle()))):
            f.create_dataset(name, data=np.zeros((280, 1000), "<i4"), chunks=(140, 1000), **more)


if __name__ == "__main__":
    run(__name__, sys.argv[1:])
