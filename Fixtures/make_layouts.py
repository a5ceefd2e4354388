# SPDX-License-Identifier: Apache-2.0
"""Files about where HDF5 keeps the elements: layouts, chunk indexes, filter masks, external and virtual data, fills."""
import ctypes
import sys
import zlib

import h5py
import numpy as np

from fixture import EARLIEST, LATEST, create_dataset, create_file, fixture, hdf5, ramp, run

EARLY, LATE, INCREMENTAL = h5py.h5d.ALLOC_TIME_EARLY, h5py.h5d.ALLOC_TIME_LATE, h5py.h5d.ALLOC_TIME_INCR


# ---------------------------------------------------------------- compact and contiguous
def compact(p):
    p.set_layout(h5py.h5d.COMPACT)


@fixture("compact.h5")
def _(path):
    """data inside the object header"""
    with h5py.File(path, "w") as f:
        create_dataset(f, "line", "<i4", (5,), prepare=compact, data=ramp((5,)))
        create_dataset(f, "plane", ">f8", (3, 4), prepare=compact, data=ramp((3, 4), "<f8"))
        create_dataset(f, "scalar", "<i2", (), prepare=compact, data=9)
        create_dataset(f, "unwritten", "<i2", (4,), prepare=compact)


@fixture("contiguous.h5")
def _(path):
    """written late and early, never written, in part, of one element, of six dimensions"""
    with h5py.File(path, "w") as f:
        f["late"] = ramp((4, 5), "<f4")
        f["scalar"] = np.float64(2.5)
        f["six"] = ramp((2, 1, 3, 1, 2, 2), "<i2")
        create_dataset(f, "early", "<i4", (6,), prepare=lambda p: p.set_alloc_time(EARLY), data=ramp((6,)))
        create_dataset(f, "early_unwritten", "<i4", (6,), prepare=lambda p: p.set_alloc_time(EARLY))
        create_dataset(f, "unwritten", "<i4", (6,))
        create_dataset(f, "scalar_unwritten", "<i4", ())
        d = create_dataset(f, "partly", "<i4", (6,), prepare=lambda p: p.set_fill_value(np.array(-3, "<i4")))
        d[1:3] = [5, 6]
        create_dataset(f, "unwritten_fill", "<f4", (6,), prepare=lambda p: p.set_fill_value(np.array(1.5, "<f4")))


@fixture("contiguous_large.h5")
def _(path):
    """contiguous data to be split by --max-chunk-size"""
    with h5py.File(path, "w") as f:
        f["even"] = ramp((12, 8, 4), "<i4")
        f["prime"] = ramp((13, 7), "<f8")
        f["line"] = ramp((600,), "<i2")


@fixture("empty.h5")
def _(path):
    """no elements: zero lengths in every layout, the null dataspace"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f.create_dataset("zero", (0,), "<f4")
        f.create_dataset("zero_inside", (3, 0, 2), "<i4")
        f.create_dataset("zero_chunked", (0, 4), "<i4", chunks=(2, 4), maxshape=(None, 4))
        f.create_dataset("zero_filtered", (0,), "<i4", chunks=(2,), maxshape=(None,), compression="gzip")
        f.create_dataset("zero_text", (0,), h5py.string_dtype())
        f["null"] = h5py.Empty("<f8")
        f["null_text"] = h5py.Empty(h5py.string_dtype())
        f["null"].attrs["note"] = "nothing here"


# ---------------------------------------------------------------- chunk indexes
def indexed(path, libver, datasets, prepare=None):
    """`datasets`: name, type, shape, maxshape, chunks, keywords."""
    with create_file(path, libver, prepare) as f:
        for name, kind, shape, maxshape, chunks, more in datasets:
            f.create_dataset(name, data=ramp(shape, kind), maxshape=maxshape, chunks=chunks, **more)


GZIP = dict(compression="gzip", shuffle=True)


@fixture("chunks_btree1.h5")
def _(path):
    """version 1 B-trees: one node, several levels, with and without filters, edges, four dimensions"""

    def narrow(p):
        hdf5("H5Pset_istore_k", p, ctypes.c_uint(2))

    indexed(path, EARLIEST, [
        ("one", "<i2", (5,), None, (5,), {}),
        ("levels", "<i2", (30, 7), None, (4, 3), {}),
        ("filtered", "<i2", (31, 7), None, (8, 3), GZIP),
        ("four", "u1", (3, 4, 2, 5), None, (2, 2, 2, 2), {}),
    ], narrow)


@fixture("chunks_single.h5")
def _(path):
    """the single-chunk index, unfiltered and filtered; a chunk larger than the dataset"""
    indexed(path, LATEST, [
        ("plain", "<i4", (4, 6), None, (4, 6), {}),
        ("filtered", "<i4", (4, 6), None, (4, 6), GZIP),
    ])
    with h5py.File(path, "a", libver=LATEST) as f:
        create_dataset(f, "larger", "<i4", (3, 4), (8, 8), (8, 8), data=ramp((3, 4)))
        create_dataset(f, "larger_filtered", "<i4", (3, 4), (8, 8), (8, 8),
                       prepare=lambda p: p.set_deflate(4), data=ramp((3, 4)))
        create_dataset(f, "unwritten", "<i4", (4, 6), None, (4, 6))
        create_dataset(f, "unwritten_filtered", "<i4", (4, 6), None, (4, 6), prepare=lambda p: p.set_deflate(4))


@fixture("chunks_implicit.h5")
def _(path):
    """the implicit index (allocated early, no filter), edges, never written"""
    with h5py.File(path, "w", libver=LATEST) as f:
        early = lambda p: p.set_alloc_time(EARLY)
        create_dataset(f, "even", "<i4", (6, 4), None, (3, 2), early, ramp((6, 4)))
        create_dataset(f, "edges", "<i2", (7, 5), None, (3, 2), early, ramp((7, 5), "<i2"))
        create_dataset(f, "room", "<i2", (5, 3), (9, 7), (3, 2), early, ramp((5, 3), "<i2"))
        create_dataset(f, "unwritten", "<i2", (4, 4), None, (2, 2), early)


@fixture("chunks_fixed_array.h5")
def _(path):
    """the fixed array index, with and without filters, with room to grow"""
    indexed(path, LATEST, [
        ("plain", "<i4", (7, 5), None, (3, 2), {}),
        ("filtered", "<i4", (7, 5), None, (3, 2), GZIP),
        ("room", "<i2", (5, 3), (20, 7), (3, 2), {}),
        ("three", "u1", (4, 3, 5), None, (2, 2, 2), {}),
    ])
    with h5py.File(path, "a", libver=LATEST) as f:
        d = create_dataset(f, "partly", "<i4", (10,), None, (2,), lambda p: p.set_fill_value(np.array(-1, "<i4")))
        d[4:6] = [7, 8]
        create_dataset(f, "unwritten", "<i4", (10,), None, (2,))


@fixture("chunks_fixed_array_paged.h5")
def _(path):
    """a fixed array of more than 1024 elements, so that it comes in pages"""
    indexed(path, LATEST, [("plain", "u1", (1100,), None, (1,), {})])


@fixture("chunks_fixed_array_paged_filtered.h5")
def _(path):
    """a paged fixed array of filtered chunks, only the last of two pages in use"""
    with h5py.File(path, "w", libver=LATEST) as f:
        d = create_dataset(f, "partly", "<i2", (1100,), None, (1,), lambda p: p.set_fletcher32())
        d[1090:1100] = ramp((10,), "<i2")


@fixture("chunks_extensible_array.h5")
def _(path):
    """extensible arrays: index block, data blocks, secondary blocks"""
    indexed(path, LATEST, [
        ("few", "u1", (6,), (None,), (2,), {}),
        ("blocks", "u1", (400,), (None,), (2,), {}),
        ("filtered", "<i2", (30,), (None,), (2,), GZIP),
        ("first", "<i2", (9, 5), (None, 5), (2, 2), {}),
        ("first_room", "<i2", (9, 5), (None, 11), (2, 2), {}),
    ])


@fixture("chunks_extensible_array_not_first.h5")
def _(path):
    """extensible arrays whose unlimited dimension is the second of two or of three"""
    indexed(path, LATEST, [
        ("second", "<i2", (5, 18), (5, None), (2, 3), {}),
        ("second_room", "<i2", (5, 18), (9, None), (2, 3), {}),
        ("second_filtered", "<i2", (5, 18), (5, None), (2, 3), GZIP),
        ("middle", "u1", (3, 10, 4), (3, None, 4), (2, 2, 3), {}),
        ("last", "u1", (2, 3, 10), (4, 7, None), (1, 2, 2), {}),
    ])


@fixture("chunks_extensible_array_paged.h5")
def _(path):
    """an extensible array so long (and sparse) that a data block comes in pages"""
    with h5py.File(path, "w", libver=LATEST) as f:
        d = f.create_dataset("sparse", (135000,), "u1", chunks=(1,), maxshape=(None,), fillvalue=3)
        for i in (0, 5, 100, 131060, 132000, 134000):
            d[i] = i % 250 + 4


@fixture("chunks_btree2.h5")
def _(path):
    """version 2 B-trees of depth 0 and 1, with and without filters"""
    indexed(path, LATEST, [
        ("leaf", "<i2", (5, 7), (None, None), (2, 3), {}),
        ("filtered", "<i2", (5, 7), (None, None), (2, 3), GZIP),
        ("depth", "u1", (16, 12), (None, None), (1, 1), {}),
        ("depth_filtered", "u1", (10, 10), (None, None), (1, 1), dict(fletcher32=True)),
        ("three", "<i2", (3, 2, 5), (None, 2, None), (2, 1, 2), {}),
    ])


@fixture("chunks_partly_written.h5")
def _(path):
    """every kind of index with chunks that were never written"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for name, maxshape in (("fixed", None), ("extensible", (None, 8)), ("tree", (None, None))):
            for kind in ("plain", "filtered"):
                d = f.create_dataset(f"{name}_{kind}", (9, 8), "<i4", chunks=(2, 2), maxshape=maxshape,
                                     compression="gzip" if kind == "filtered" else None)
                d[2:5, 4:6] = ramp((3, 2))
        f.create_dataset("unwritten", (9, 8), "<f4", chunks=(2, 2), maxshape=(None, None), fillvalue=2.5)
    with h5py.File(path, "a", libver=EARLIEST) as f:
        d = f.create_dataset("btree1", (9, 8), "<i4", chunks=(2, 2))
        d[2:5, 4:6] = ramp((3, 2))
        f.create_dataset("btree1_unwritten", (9, 8), "<i4", chunks=(2, 2), fillvalue=4)


@fixture("chunks_resized.h5")
def _(path):
    """datasets that shrank and grew after they were written"""
    for libver, mode in ((EARLIEST, "w"), (LATEST, "a")):
        with h5py.File(path, mode, libver=libver) as f:
            for name, maxshape in (("one", (None, 6)), ("two", (None, None)), ("room", (20, 12))):
                d = f.create_dataset(f"{name}_{mode}", data=ramp((8, 6)), chunks=(3, 2), maxshape=maxshape)
                d.resize((4, 6))
                d.resize((10, 6))


@fixture("chunks_edge_unfiltered.h5")
def _(path):
    """the option that leaves partial edge chunks unfiltered, in every index that has it"""
    with h5py.File(path, "w", libver=LATEST) as f:

        def unfiltered_edges(p):
            p.set_shuffle()
            p.set_deflate(6)
            hdf5("H5Pset_chunk_opts", p, ctypes.c_uint(2))

        for name, maxshape in (("fixed", None), ("extensible", (None, 5)), ("tree", (None, None))):
            create_dataset(f, name, "<i4", (7, 5), maxshape, (3, 2), unfiltered_edges, ramp((7, 5)))
        create_dataset(f, "single", "<i4", (3, 4), (8, 8), (8, 8), unfiltered_edges, ramp((3, 4)))
        create_dataset(f, "whole", "<i4", (6, 4), None, (3, 2), unfiltered_edges, ramp((6, 4)))


# ---------------------------------------------------------------- filter masks
def masked(f, name, mask_of, libver_maxshape=None):
    """2 × 4 chunks of shuffle + deflate, each written with the mask that `mask_of(number)` gives."""
    d = f.create_dataset(name, (4, 12), "<i4", chunks=(2, 3), maxshape=libver_maxshape, **GZIP)
    for number, (i, j) in enumerate((i, j) for i in range(0, 4, 2) for j in range(0, 12, 3)):
        values = ramp((2, 3), start=100 * number + 1)
        mask = mask_of(number)
        stored = values.tobytes()
        if not mask & 1:
            stored = np.frombuffer(stored, "u1").reshape(-1, 4).T.tobytes()
        if not mask & 2:
            stored = zlib.compress(stored)
        d.id.write_direct_chunk((i, j), stored, mask)


@fixture("filter_masks.h5")
def _(path):
    """filter masks equal in all chunks (each filter skipped, both skipped) and mixed, in every index"""
    create_file(path, EARLIEST, lambda p: hdf5("H5Pset_istore_k", p, ctypes.c_uint(2))).close()
    for libver in (EARLIEST, LATEST):
        with h5py.File(path, "a", libver=libver) as f:
            new = libver == LATEST
            for index, maxshape in (("fixed", None), ("extensible", (None, 12)), ("tree", (None, None))) \
                    if new else (("btree1", None),):
                masked(f, f"{index}_none", lambda n: 0, maxshape)
                masked(f, f"{index}_no_shuffle", lambda n: 1, maxshape)
                masked(f, f"{index}_no_deflate", lambda n: 2, maxshape)
                masked(f, f"{index}_neither", lambda n: 3, maxshape)
                masked(f, f"{index}_mixed", lambda n: n % 4, maxshape)
                masked(f, f"{index}_last_differs", lambda n: 2 * (n == 7), maxshape)


@fixture("filter_masks_single.h5")
def _(path):
    """a filter mask in the single-chunk index, and an optional filter that skipped itself"""
    with h5py.File(path, "w", libver=LATEST) as f:
        d = f.create_dataset("single", (4, 3), "<i4", chunks=(4, 3), **GZIP)
        d.id.write_direct_chunk((0, 0), ramp((4, 3)).tobytes(), 3)
        noise = np.random.default_rng(1).integers(0, 256, (8, 40), "u1")
        f.create_dataset("incompressible", data=noise, chunks=(2, 40), compression="lzf")


# ---------------------------------------------------------------- data in other files
@fixture("external_raw.h5", beside=["external_raw_a.bin", "external_raw_b.bin"])
def _(path):
    """data in external files: one, an offset into one, split over two, an absent one"""
    values = ramp((6, 4), "<i4")
    with open("external_raw_a.bin", "wb") as raw:
        raw.write(b"head" + values.tobytes())
    with open("external_raw_b.bin", "wb") as raw:
        raw.write(values.tobytes()[48:])
    with h5py.File(path, "w") as f:
        size = values.nbytes
        f.create_dataset("offset", (6, 4), "<i4", external=[("external_raw_a.bin", 4, size)])
        f.create_dataset("two", (6, 4), "<i4", external=[("external_raw_a.bin", 4, 48), ("external_raw_b.bin", 0, 48)])
        f.create_dataset("odd_split", (6, 4), "<i4",
                         external=[("external_raw_a.bin", 4, 48), ("external_raw_b.bin", 0, h5py.h5f.UNLIMITED)])
        f.create_dataset("absent", (6, 4), "<i4", external=[("external_raw_absent.bin", 0, size)])


@fixture("external_raw_outside.h5")
def _(path):
    """external data that the file names outside its own folder"""
    with h5py.File(path, "w") as f:
        f.create_dataset("up", (4,), "<i4", external=[("../hdf5/external_raw_a.bin", 4, 16)])
        f.create_dataset("absolute", (4,), "<i4", external=[("/etc/hostname", 0, 16)])


@fixture("virtual.h5", beside=["virtual_source_0.h5", "virtual_source_1.h5"])
def _(path):
    """virtual datasets: whole sources, blocks, gaps, strides, own file, an absent source"""
    for i in range(2):
        with h5py.File(f"virtual_source_{i}.h5", "w") as f:
            f["x"] = ramp((4, 6), "<i4", start=100 * i + 1)
            f.create_dataset("chunked", data=ramp((4, 6), "<i4", start=100 * i + 1), chunks=(2, 3), **GZIP)
    with h5py.File(path, "w", libver=LATEST) as f:
        f["own"] = ramp((4, 6), "<i4", start=500)

        def virtual(name, shape, pieces, fill=None):
            layout = h5py.VirtualLayout(shape, "<i4")
            for target, file, source, selection in pieces:
                layout[target] = h5py.VirtualSource(file, source, (4, 6))[selection]
            f.create_virtual_dataset(name, layout, fillvalue=fill)

        every = np.s_[:, :]
        a, b = "virtual_source_0.h5", "virtual_source_1.h5"
        virtual("stack", (8, 6), [(np.s_[0:4, :], a, "x", every), (np.s_[4:8, :], b, "x", every)])
        virtual("stack_chunked", (8, 6), [(np.s_[0:4, :], a, "chunked", every), (np.s_[4:8, :], b, "chunked", every)])
        virtual("beside", (4, 12), [(np.s_[:, 0:6], a, "chunked", every), (np.s_[:, 6:12], b, "chunked", every)])
        virtual("planes", (2, 4, 6), [(np.s_[0, :, :], a, "x", every), (np.s_[1, :, :], b, "x", every)])
        virtual("gap", (12, 6), [(np.s_[0:4, :], a, "x", every), (np.s_[8:12, :], b, "x", every)], -5)
        virtual("part", (2, 3), [(np.s_[:, :], a, "x", np.s_[1:3, 2:5])])
        virtual("strided", (8, 6), [(np.s_[0:8:2, :], a, "x", every), (np.s_[1:8:2, :], b, "x", every)])
        virtual("own_file", (4, 6), [(every, ".", "own", every)])
        virtual("absent", (4, 6), [(every, "virtual_source_absent.h5", "x", every)], 8)
        virtual("absent_dataset", (4, 6), [(every, a, "nowhere", every)])


@fixture("virtual_printf.h5")
def _(path):
    """virtual datasets with numbered source names and with unlimited selections"""
    with h5py.File(path, "w", libver=LATEST) as f:

        def virtual(name, source_name, source_dataset, source_shape, shape, maxshape, block, unlimited_source):
            p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            p.set_fill_value(np.array(-9, "<i4"))
            target = h5py.h5s.create_simple(shape, maxshape)
            target.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1) if not unlimited_source else (1, 1),
                                    (4, 6), block if not unlimited_source else (h5py.h5s.UNLIMITED, 6))
            source = h5py.h5s.create_simple(source_shape, maxshape if unlimited_source else source_shape)
            if unlimited_source:
                source.select_hyperslab((0, 0), (1, 1), (1, 1), (h5py.h5s.UNLIMITED, 6))
            p.set_virtual(target, source_name, source_dataset, source)
            h5py.h5d.create(f.id, name, h5py.h5t.STD_I32LE, h5py.h5s.create_simple(shape, maxshape), p)

        U = h5py.h5s.UNLIMITED
        virtual(b"numbered_files", b"virtual_source_%b.h5", b"x", (4, 6), (8, 6), (U, 6), (4, 6), False)
        growing = f.create_dataset("growing", data=ramp((5, 6)), chunks=(2, 6), maxshape=(None, 6))
        assert growing.shape == (5, 6)
        virtual(b"unlimited", b".", b"growing", (5, 6), (5, 6), (U, 6), None, True)


# ---------------------------------------------------------------- fill values
@fixture("fill_values.h5")
def _(path):
    """each row of the table of fill values: `_FillValue` or not, HDF5's own fill equal or not, chunks missing or not"""
    with h5py.File(path, "w", libver=LATEST) as f:

        def add(name, own=None, attribute=None, missing=True, kind="<f4", rows=8):
            d = f.create_dataset(name, (rows, 2), kind, chunks=(2, 2), fillvalue=own)
            d[0 if missing else slice(None)] = ramp((2,), kind) if missing else ramp((rows, 2), kind)
            d[1, 0] = 0
            if attribute is not None:
                d.attrs.create("_FillValue", attribute, dtype=kind)

        for kind, a, other in (("<f4", -99.0, 5.0), ("<i2", -99, 5), (">f8", np.nan, 5.0), ("u1", 255, 7)):
            n = np.dtype(kind).name
            for missing in (False, True):
                m = "missing" if missing else "full"
                add(f"{n}_same_{m}", own=a, attribute=a, missing=missing, kind=kind)
                add(f"{n}_zero_{m}", attribute=a, missing=missing, kind=kind)
                add(f"{n}_differ_{m}", own=other, attribute=a, missing=missing, kind=kind)
                add(f"{n}_none_{m}", missing=missing, kind=kind)
                add(f"{n}_own_{m}", own=other, missing=missing, kind=kind)
            f[f"{n}_contiguous"] = np.array([0, 1, 0, 2]).astype(kind)


@fixture("fill_values_types.h5")
def _(path):
    """fills of other types: texts, Booleans, enums, compounds, complex, opaque, undefined, never written at all"""
    with h5py.File(path, "w", libver=LATEST) as f:

        def add(name, kind, fill=None, values=None):
            d = f.create_dataset(name, (6,), kind, chunks=(2,), fillvalue=fill)
            if values is not None:
                d[:2] = values

        add("s1", "S1", b"x", [b"a", b"b"])
        add("s5", "S5", None, [b"a", b""])
        add("s5_fill", "S5", b"none", [b"a", b""])
        add("text", h5py.string_dtype(), None, ["a", ""])
        add("text_fill", h5py.string_dtype(), "none", ["a", ""])
        add("bool", "?", None, [True, False])
        add("bool_true", "?", True, [True, False])
        add("enum", h5py.enum_dtype({"low": 1, "high": 2}, "u1"), 2, [1, 2])
        pair = np.dtype([("i", "<i4"), ("f", "<f8")])
        add("compound", pair, None, np.array([(1, 1.5), (2, 2.5)], pair))
        add("compound_fill", pair, np.array((7, 7.5), pair), np.array([(1, 1.5), (2, 2.5)], pair))
        add("complex", "<c16", 1 + 2j, [3 + 4j, 0])
        add("opaque", "V3", None, np.array([b"abc", b"def"], "V3"))
        add("infinite", "<f4", np.inf, [1, 0])
        add("nan", "<f8", np.nan, [1, 0])
        add("half", "<f2", 0.5, [1, 0])
        add("large", "<i8", 2**53 + 1, [1, 0])
        add("largest", "<u8", 2**64 - 1, [1, 0])
        add("unwritten", "<i4", 11)

        def undefined(p):
            hdf5("H5Pset_fill_value", p, h5py.h5t.NATIVE_INT32, None)
            p.set_fill_time(h5py.h5d.FILL_TIME_NEVER)

        create_dataset(f, "undefined", "<i4", (4,), None, (2,), undefined)[:2] = [1, 2]


@fixture("fill_many_missing.h5")
def _(path):
    """more missing chunks, with a fill that is not zero, than --fill-limit allows"""
    with h5py.File(path, "w", libver=LATEST) as f:
        d = f.create_dataset("x", (12000,), "<i2", chunks=(1,), maxshape=(None,), fillvalue=6)
        d[3] = 9
        d = f.create_dataset("few", (50,), "<i2", chunks=(1,), fillvalue=6)
        d[3] = 9


if __name__ == "__main__":
    run(__name__, sys.argv[1:])
