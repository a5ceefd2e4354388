# SPDX-License-Identifier: Apache-2.0
"""Files about the skeleton of HDF5: superblocks, groups, links, attributes, shared messages, committed types."""
import ctypes
import sys

import h5py
import numpy as np

from fixture import EARLIEST, LATEST, V18, create_dataset, create_file, fixture, hdf5, ramp, run


# ---------------------------------------------------------------- superblocks
def small_tree(f):
    f.attrs["title"] = "small tree"
    f["a"] = ramp((3, 4))
    g = f.create_group("g")
    g["b"] = ramp((5,), "<f8")
    f.create_dataset("c", data=ramp((6, 6), "<i2"), chunks=(4, 4), compression="gzip")


@fixture("superblock_v0.h5")
def _(path):
    """superblock 0, version 1 object headers"""
    with h5py.File(path, "w", libver=EARLIEST) as f:
        small_tree(f)


@fixture("superblock_v1.h5")
def _(path):
    """superblock 1 (an unusual rank of the chunk B-tree), a tree of several levels"""
    with create_file(path, prepare=lambda p: hdf5("H5Pset_istore_k", p, ctypes.c_uint(2))) as f:
        small_tree(f)
        d = f.create_dataset("deep", (40, 6), "<i2", chunks=(4, 2), maxshape=(None, None))
        d[...] = ramp((40, 6), "<i2")


@fixture("superblock_v2.h5")
def _(path):
    """superblock 2, version 2 object headers"""
    with h5py.File(path, "w", libver=V18) as f:
        small_tree(f)


@fixture("superblock_v3.h5")
def _(path):
    """superblock 3"""
    with h5py.File(path, "w", libver=("v110", "v110")) as f:
        small_tree(f)


@fixture("superblock_latest.h5")
def _(path):
    """the newest format that the library writes"""
    with h5py.File(path, "w", libver=LATEST) as f:
        small_tree(f)


@fixture("superblock_extension_ranks.h5")
def _(path):
    """superblock 2 with an extension that holds B-tree ranks"""

    def ranks(p):
        hdf5("H5Pset_istore_k", p, ctypes.c_uint(3))
        hdf5("H5Pset_sym_k", p, ctypes.c_uint(3), ctypes.c_uint(2))

    with create_file(path, V18, ranks) as f:
        small_tree(f)
        f.create_dataset("deep", data=ramp((20, 6), "<i2"), chunks=(2, 2))


@fixture("superblock_extension_pages.h5")
def _(path):
    """superblock extension with the file space strategy 'page'"""
    with h5py.File(path, "w", libver=("v110", "v110"), fs_strategy="page", fs_page_size=512, fs_persist=True) as f:
        small_tree(f)


@fixture("user_block_v0.h5")
def _(path):
    """512 bytes of text before superblock 0"""
    with h5py.File(path, "w", libver=EARLIEST, userblock_size=512) as f:
        small_tree(f)
    with open(path, "r+b") as raw:
        raw.write(b"user block\n" * 46)


@fixture("user_block_latest.h5")
def _(path):
    """1024 bytes before superblock 3"""
    with h5py.File(path, "w", libver=LATEST, userblock_size=1024) as f:
        small_tree(f)
        f.create_dataset("e", data=ramp((12,), "u1"), chunks=(3,), maxshape=(None,))
    with open(path, "r+b") as raw:
        raw.write(b"\x89PNG" * 256)


def fixed_indexes(f):
    f.create_dataset("fixed", data=ramp((6, 4), "u1"), chunks=(2, 2), compression="gzip")
    f.create_dataset("single", data=ramp((6, 4), "u1"), chunks=(6, 4))


def growing_indexes(f):
    f.create_dataset("extensible", data=ramp((60,), "u1"), chunks=(3,), maxshape=(None,))
    f.create_dataset("tree", data=ramp((6, 6), "u1"), chunks=(2, 2), maxshape=(None, None))


def texts(f):
    f["text"] = np.array(["a", "bc", ""], h5py.string_dtype())


@fixture("sizes_4_4_v0.h5")
def _(path):
    """offsets and lengths of 4 bytes, old format"""
    with create_file(path, prepare=lambda p: p.set_sizes(4, 4)) as f:
        small_tree(f)
        fixed_indexes(f)
        texts(f)


@fixture("sizes_4_4_latest.h5")
def _(path):
    """offsets and lengths of 4 bytes, new format (libhdf5 cannot reopen unlimited dimensions with such lengths)"""
    with create_file(path, LATEST, lambda p: p.set_sizes(4, 4)) as f:
        small_tree(f)
        fixed_indexes(f)
        texts(f)


@fixture("sizes_4_8_latest.h5")
def _(path):
    """offsets of 4 bytes, lengths of 8, every chunk index"""
    with create_file(path, LATEST, lambda p: p.set_sizes(4, 8)) as f:
        small_tree(f)
        fixed_indexes(f)
        growing_indexes(f)
        texts(f)


@fixture("sizes_2_4_v0.h5")
def _(path):
    """offsets of 2 bytes, lengths of 4"""
    with create_file(path, prepare=lambda p: p.set_sizes(2, 4)) as f:
        small_tree(f)


@fixture("sizes_8_2_latest.h5")
def _(path):
    """offsets of 8 bytes, lengths of 2"""
    with create_file(path, LATEST, lambda p: p.set_sizes(8, 2)) as f:
        small_tree(f)
        fixed_indexes(f)


@fixture("sizes_16_8_latest.h5")
def _(path):
    """offsets of 16 bytes, lengths of 8"""
    with create_file(path, LATEST, lambda p: p.set_sizes(16, 8)) as f:
        f["a"] = ramp((3, 4))
        fixed_indexes(f)


# ---------------------------------------------------------------- groups and links
@fixture("groups_old.h5")
def _(path):
    """a symbol table of several B-tree levels, nested groups, an empty group"""

    def narrow(p):
        hdf5("H5Pset_sym_k", p, ctypes.c_uint(2), ctypes.c_uint(2))

    with create_file(path, prepare=narrow) as f:
        f["value"] = np.int32(7)
        for i in range(40):
            f[f"name{i:02d}"] = f["value"]
        f.create_group("empty")
        f["deep/er/est"] = ramp((2,))


@fixture("groups_compact.h5")
def _(path):
    """link messages in the object header"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f["value"] = np.int32(7)
        for name in ("a", "b"):
            f[name] = f["value"]
        f.create_group("empty")
        f["deep/er/est"] = ramp((2,))


@fixture("groups_dense.h5")
def _(path):
    """links in a fractal heap with an indirect root block, name index of depth 1"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f["value"] = np.int32(7)
        for i in range(60):
            f[f"name{i:02d}" + "x" * 90] = f["value"]


@fixture("groups_dense_creation_order.h5")
def _(path):
    """dense links whose creation order is tracked and indexed"""
    with h5py.File(path, "w", libver=LATEST, track_order=True) as f:
        f["value"] = np.int32(7)
        for i in reversed(range(20)):
            f[f"name{i:02d}"] = f["value"]
        g = f.create_group("g", track_order=True)
        g["z"], g["a"] = np.int8(1), np.int8(2)


@fixture("groups_dense_huge_name.h5")
def _(path):
    """a link too long for the managed part of its heap"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f["value"] = np.int32(7)
        for i in range(10):
            f[f"name{i}"] = f["value"]
        f["n" * 4500] = f["value"]


@fixture("links_hard.h5")
def _(path):
    """three names of one dataset, two names of one group"""
    with h5py.File(path, "w") as f:
        f["b"] = ramp((3,))
        f["a"] = f["b"]
        f["g/c"] = f["b"]
        f["h"] = f["g"]


@fixture("links_soft.h5")
def _(path):
    """soft links: absolute, relative, into a group, dangling, to itself"""
    with h5py.File(path, "w") as f:
        f["g/x"] = ramp((3,))
        f["absolute"] = h5py.SoftLink("/g/x")
        f["relative"] = h5py.SoftLink("g/x")
        f["g/inside"] = h5py.SoftLink("x")
        f["group"] = h5py.SoftLink("/g")
        f["through"] = h5py.SoftLink("/group/x")
        f["dangling"] = h5py.SoftLink("/nowhere")
        f["itself"] = h5py.SoftLink("/itself")


@fixture("links_external.h5", beside=["links_external_target.h5"])
def _(path):
    """external links: to a dataset, to a group, dangling, to an absent file"""
    with h5py.File("links_external_target.h5", "w") as f:
        f["there/x"] = ramp((4,), "<f4")
    with h5py.File(path, "w", libver=V18) as f:
        f["own"] = ramp((2,))
        f["dataset"] = h5py.ExternalLink("links_external_target.h5", "/there/x")
        f["group"] = h5py.ExternalLink("links_external_target.h5", "/there")
        f["dangling"] = h5py.ExternalLink("links_external_target.h5", "/nowhere")
        f["absent"] = h5py.ExternalLink("no_such_file.h5", "/x")


@fixture("links_cycle.h5")
def _(path):
    """groups that contain each other and themselves, by hard and by soft links"""
    with h5py.File(path, "w") as f:
        f["g/h/x"] = ramp((3,))
        f["g/h/up"] = f["g"]
        f["g/self"] = f["g"]
        f["root"] = f["/"]
        f["g/soft_up"] = h5py.SoftLink("/g")


@fixture("links_odd_names.h5")
def _(path):
    """names with spaces, dots, quotes, control and non-ASCII characters, and names of Zarr documents"""
    with h5py.File(path, "w", libver=LATEST) as f:
        for i, name in enumerate([" leading space", "a.b", "0", "0.0", ".zarray", "quo\"te", "back\\slash", "new\nline",
                                  "Größe", "日本", "{{u}}", "a%20b", "x" * 300, "tab\there", "-dash", "~", "c"]):
            f[name] = np.int32(i + 1)
        f["grüppe/ü"] = ramp((2,))
        h5py.h5o.link(f["c"].id, f.id, b"latin\xe9")


# ---------------------------------------------------------------- attributes
def attributes_of_every_type(target):
    a = target.attrs
    a["int8"] = np.int8(-5)
    a["uint64"] = np.uint64(2**64 - 1)
    a["int64"] = np.int64(-(2**63))
    a["beyond_doubles"] = np.int64(2**53 + 1)
    a["float16"] = np.float16(0.1)
    a["float32"] = np.float32(0.1)
    a["float64"] = np.float64(0.1)
    a["big_endian"] = np.array([1.5, 2.5], ">f8")
    a["nan"] = np.nan
    a["infinities"] = np.array([np.inf, -np.inf, np.nan, -0.0])
    a["empty_array"] = np.empty((0,), "<i4")
    a["empty_text"] = ""
    a["null_dataspace"] = h5py.Empty("<f4")
    a["one"] = np.array([3], "<i2")
    a["two_dimensions"] = ramp((2, 3))
    a["boolean"] = np.bool_(True)
    a["booleans"] = np.array([True, False])
    a["fixed_text"] = np.bytes_("fixed")
    a["fixed_texts"] = np.array([b"ab", b"c", b""])
    a["utf8"] = "grüße 日本"
    a["texts"] = np.array(["ä", "", "long enough to see"], h5py.string_dtype())
    a["complex"] = np.complex64(1 + 2j)
    a["opaque"] = np.void(b"\x00\x01\xff")
    a["enum"] = np.array([1, 0], h5py.enum_dtype({"low": 0, "high": 1}, "<i2"))
    a["compound"] = np.array([(1, 2.5)], [("i", "<i4"), ("f", "<f8")])
    a["lists"] = np.array([np.array([1, 2], "<i4"), np.array([3], "<i4")], h5py.vlen_dtype(np.dtype("<i4")))
    a["reference"] = target.file.ref
    a["array_type"] = np.array([[1, 2, 3]], "<i2")
    a['quotes " and \\ and \n'] = "control \x01 \x1f \x7f"
    # texts that are not UTF-8, and whose strings are padded in every way
    text = h5py.h5t.TypeID.copy(h5py.h5t.C_S1)
    text.set_size(4)
    scalar = h5py.h5s.create(h5py.h5s.SCALAR)
    for name, padding in (("null_terminated", h5py.h5t.STR_NULLTERM), ("null_padded", h5py.h5t.STR_NULLPAD),
                          ("space_padded", h5py.h5t.STR_SPACEPAD)):
        kind = text.copy()
        kind.set_strpad(padding)
        attribute = h5py.h5a.create(target.id, name.encode(), kind, scalar)
        attribute.write(np.array(b"ab  ", "S4"), mtype=kind)
    kind = text.copy()
    attribute = h5py.h5a.create(target.id, b"latin1", kind, scalar)
    attribute.write(np.array(b"gr\xfc", "S4"), mtype=kind)


@fixture("attributes_compact.h5")
def _(path):
    """attribute messages in version 1 object headers, of every type"""
    with h5py.File(path, "w", libver=EARLIEST) as f:
        f["x"] = ramp((2,))
        attributes_of_every_type(f["x"])
        f.attrs["on_root"] = "yes"


@fixture("attributes_dense.h5")
def _(path):
    """attributes of every type in a fractal heap, one of them huge"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f["x"] = ramp((2,))
        attributes_of_every_type(f["x"])
        f["x"].attrs.create("huge", np.arange(600, dtype="<f8"))


@fixture("attributes_version_2.h5")
def _(path):
    """few attributes in version 2 object headers"""
    with h5py.File(path, "w", libver=V18) as f:
        f["x"] = ramp((2,))
        f["x"].attrs["a"] = 1
        f["x"].attrs["b"] = "text"
        f["x"].attrs["g"] = np.array([1.0, 2.0], "<f4")


@fixture("attributes_creation_order.h5")
def _(path):
    """dense attributes whose creation order is tracked"""
    with h5py.File(path, "w", libver=LATEST, track_order=True) as f:
        d = f.create_dataset("x", data=ramp((2,)), track_order=True)
        for i in reversed(range(20)):
            d.attrs[f"attribute{i:02d}"] = i


@fixture("attributes_continuation.h5")
def _(path):
    """attributes added one by one, so that the object header continues elsewhere several times"""
    with h5py.File(path, "w", libver=EARLIEST) as f:
        f["x"] = ramp((2,))
        for i in range(12):
            f["x"].attrs[f"a{i}"] = "v" * (10 + i)
            f[f"between{i}"] = np.int8(i)
        del f["x"].attrs["a3"]


@fixture("attributes_continuation_v2.h5")
def _(path):
    """the same with version 2 object headers"""
    with h5py.File(path, "w", libver=V18) as f:
        f["x"] = ramp((2,))
        for i in range(7):
            f["x"].attrs[f"a{i}"] = "v" * (10 + i)
            f[f"between{i}"] = np.int8(i)
        del f["x"].attrs["a3"]


# ---------------------------------------------------------------- shared messages, committed types
def shared(list_limit, tree_limit):
    def prepare(p):
        hdf5("H5Pset_shared_mesg_nindexes", p, ctypes.c_uint(2))
        every = 0x1 << 1 | 0x1 << 3 | 0x1 << 5 | 0x1 << 11
        hdf5("H5Pset_shared_mesg_index", p, ctypes.c_uint(0), ctypes.c_uint(every), ctypes.c_uint(8))
        hdf5("H5Pset_shared_mesg_index", p, ctypes.c_uint(1), ctypes.c_uint(0x1 << 12), ctypes.c_uint(8))
        hdf5("H5Pset_shared_mesg_phase_change", p, ctypes.c_uint(list_limit), ctypes.c_uint(tree_limit))

    return prepare


def sharing(f):
    kind = np.dtype([("first", "<i4"), ("second", "<f8")])
    for i in range(6):
        d = f.create_dataset(f"d{i}", (4, 3), "<i4", chunks=(2, 3), compression="gzip", fillvalue=-7)
        d[...] = ramp((4, 3), start=i)
        d.attrs["same"] = "an attribute that all datasets share with each other"
        d.attrs["own"] = f"number {i}"
    for i in range(3):
        f[f"c{i}"] = np.array([(i, 0.5)], kind)


@fixture("shared_messages_list.h5")
def _(path):
    """shared object header messages, indexed by a list"""
    with create_file(path, LATEST, shared(40, 20)) as f:
        sharing(f)


@fixture("shared_messages_tree.h5")
def _(path):
    """shared object header messages, indexed by a B-tree"""
    with create_file(path, V18, shared(0, 0)) as f:
        sharing(f)


@fixture("committed_datatypes.h5")
def _(path):
    """named types used by datasets and attributes, one of them without a name any more"""
    with h5py.File(path, "w") as f:
        f["pair"] = np.dtype([("i", "<i4"), ("f", "<f8")])
        f["number"] = np.dtype(">i2")
        f["gone"] = np.dtype("<u2")
        f["text"] = h5py.string_dtype()
        f["types/level"] = h5py.enum_dtype({"low": 0, "high": 1}, "u1")
        f["pair"].attrs["note"] = "on a type"
        f.create_dataset("pairs", data=np.array([(1, 1.5), (2, 2.5)], f["pair"].dtype), dtype=f["pair"])
        f.create_dataset("numbers", data=ramp((5,), ">i2"), dtype=f["number"])
        f.create_dataset("orphans", data=ramp((5,), "<u2"), dtype=f["gone"])
        f.create_dataset("levels", data=np.array([0, 1, 1], "u1"), dtype=f["types/level"])
        f.create_dataset("texts", data=np.array(["a", "ü"], object), dtype=f["text"])
        f["numbers"].attrs.create("range", np.array([1, 5], ">i2"), dtype=f["number"])
        del f["gone"]


@fixture("object_times.h5")
def _(path):
    """object headers that carry times and attribute phase changes"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f.create_dataset("x", data=ramp((3,)), track_times=True)
    with h5py.File(path, "a", libver=EARLIEST) as f:
        f.create_dataset("y", data=ramp((3,)), track_times=True)


@fixture("empty_file.h5")
def _(path):
    """nothing but a root group"""
    h5py.File(path, "w").close()


@fixture("deep_groups.h5")
def _(path):
    """sixty groups, one inside the other"""
    with h5py.File(path, "w", libver=LATEST) as f:
        f["/".join(["g"] * 60) + "/x"] = ramp((2,))


if __name__ == "__main__":
    run(__name__, sys.argv[1:])
