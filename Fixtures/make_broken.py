# SPDX-License-Identifier: Apache-2.0
"""Damaged HDF5 files: sound ones in which a few bytes at known places were changed.

Where a structure has a checksum it is made right again, so that a reader gets to see the damage itself.
"""
import io
import struct
import sys

import h5py
import numpy as np

from fixture import EARLIEST, LATEST, fixture, ramp, run

UNDEFINED = b"\xff" * 8


def broken(name):
    return fixture(name, folder="broken")


def sound(fill, libver):
    """The bytes of a file that `fill` wrote."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=libver) as f:
        fill(f)
    return bytearray(memory.getvalue())


def lookup3(data, seed=0):
    """Bob Jenkins's lookup3 ("hashlittle"), which is the checksum of HDF5's metadata."""
    mask = 0xFFFFFFFF
    rotate = lambda x, k: ((x << k) | (x >> (32 - k))) & mask
    a = b = c = (0xDEADBEEF + len(data) + seed) & mask
    position, left = 0, len(data)
    while left > 12:
        x, y, z = struct.unpack_from("<III", data, position)
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        a = (a - c) & mask ^ rotate(c, 4); c = (c + b) & mask
        b = (b - a) & mask ^ rotate(a, 6); a = (a + c) & mask
        c = (c - b) & mask ^ rotate(b, 8); b = (b + a) & mask
        a = (a - c) & mask ^ rotate(c, 16); c = (c + b) & mask
        b = (b - a) & mask ^ rotate(a, 19); a = (a + c) & mask
        c = (c - b) & mask ^ rotate(b, 4); b = (b + a) & mask
        position, left = position + 12, left - 12
    if left == 0:
        return c
    x, y, z = struct.unpack("<III", bytes(data[position:]).ljust(12, b"\0"))
    a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
    c = ((c ^ b) - rotate(b, 14)) & mask
    a = ((a ^ c) - rotate(c, 11)) & mask
    b = ((b ^ a) - rotate(a, 25)) & mask
    c = ((c ^ b) - rotate(b, 16)) & mask
    a = ((a ^ c) - rotate(c, 4)) & mask
    b = ((b ^ a) - rotate(a, 14)) & mask
    return ((c ^ b) - rotate(b, 24)) & mask


def find(data, signature, number=0):
    position = -1
    for _ in range(number + 1):
        position = data.index(signature, position + 1)
    return position


def patch(data, position, value):
    data[position : position + len(value)] = value


def sign(data, start, length):
    """Writes the checksum of `length` bytes behind them."""
    struct.pack_into("<I", data, start + length, lookup3(data[start : start + length]))


def checked_length(data, start):
    """The length of the structure at `start` up to its checksum, found by trying."""
    for length in range(4, len(data) - start - 3):
        if lookup3(data[start : start + length]) == struct.unpack_from("<I", data, start + length)[0]:
            return length
    raise ValueError("no checksum found")


def edit(data, signature, number, offset, value):
    """Changes bytes of a checksummed structure and signs it again."""
    start = find(data, signature, number)
    length = checked_length(data, start)
    patch(data, start + offset, value)
    sign(data, start, length)


def save(path, data):
    with open(path, "wb") as f:
        f.write(data)


def chunked(f):
    f.create_dataset("x", data=ramp((8, 6)), chunks=(2, 2))


def growing(f):
    f.create_dataset("x", data=ramp((60,), "u1"), chunks=(2,), maxshape=(None,))


def tree(f):
    f.create_dataset("x", data=ramp((16, 12), "u1"), chunks=(1, 1), maxshape=(None, None))


def texts(f):
    f["x"] = np.array(["a", "bc", "def"], h5py.string_dtype())


def dense(f):
    f["value"] = np.int32(7)
    for i in range(20):
        f[f"name{i:02d}"] = f["value"]


# ---------------------------------------------------------------- old format
@broken("group_tree_of_itself.h5")
def _(path):
    """a group's B-tree node whose child is the node itself"""
    data = sound(chunked, EARLIEST)
    start = find(data, b"TREE\0")
    patch(data, start + 5, b"\x01")
    patch(data, start + 24 + 8, struct.pack("<Q", start))
    save(path, data)


@broken("chunk_tree_of_itself.h5")
def _(path):
    """a chunk B-tree node whose children are all the node itself, at level 1"""
    data = sound(chunked, EARLIEST)
    start = find(data, b"TREE\1")
    patch(data, start + 5, b"\x01")
    for i in range(12):
        patch(data, start + 24 + 32 + i * 40, struct.pack("<Q", start))
    save(path, data)


@broken("chunk_tree_deep.h5")
def _(path):
    """a chunk B-tree whose root claims level 255"""
    data = sound(chunked, EARLIEST)
    patch(data, find(data, b"TREE\1") + 5, b"\xff")
    save(path, data)


@broken("chunk_tree_sibling.h5")
def _(path):
    """a chunk B-tree whose root names itself as its right sibling"""
    data = sound(chunked, EARLIEST)
    start = find(data, b"TREE\1")
    patch(data, start + 16, struct.pack("<Q", start))
    save(path, data)


@broken("chunk_tree_count.h5")
def _(path):
    """a chunk B-tree node that claims 65,535 entries"""
    data = sound(chunked, EARLIEST)
    patch(data, find(data, b"TREE\1") + 6, b"\xff\xff")
    save(path, data)


@broken("chunk_offset_outside.h5")
def _(path):
    """a chunk whose coordinates lie far outside the array, one that is not a multiple, one beyond the file"""
    data = sound(chunked, EARLIEST)
    start = find(data, b"TREE\1") + 24
    patch(data, start + 8, struct.pack("<Q", 2**62))
    patch(data, start + 40 + 8, struct.pack("<Q", 1))
    patch(data, start + 80 + 32, struct.pack("<Q", 2**63 - 3))
    save(path, data)


@broken("symbol_count.h5")
def _(path):
    """a symbol table node that claims 65,535 symbols"""
    data = sound(chunked, EARLIEST)
    patch(data, find(data, b"SNOD") + 6, b"\xff\xff")
    save(path, data)


@broken("symbol_name_outside.h5")
def _(path):
    """a symbol whose name lies outside the local heap"""
    data = sound(chunked, EARLIEST)
    patch(data, find(data, b"SNOD") + 8, struct.pack("<Q", 2**63))
    save(path, data)


@broken("local_heap_size.h5")
def _(path):
    """a local heap that claims 2^60 bytes"""
    data = sound(chunked, EARLIEST)
    patch(data, find(data, b"HEAP") + 8, struct.pack("<Q", 2**60))
    save(path, data)


@broken("group_of_itself.h5")
def _(path):
    """a symbol whose object is the root group, with a cached B-tree and heap"""
    def fill(f):
        f["g/x"] = ramp((2,))

    data = sound(fill, EARLIEST)
    start = find(data, b"SNOD")
    root = struct.unpack_from("<Q", data, 24 + 32 + 8)[0]
    patch(data, start + 16, struct.pack("<Q", root))
    save(path, data)


def message(data, kind, nth=0):
    """Where the body of the nth message of this kind starts, in version 1 object headers (8-byte aligned)."""
    found = -1
    for position in range(0, len(data) - 8, 8):
        number, size = struct.unpack_from("<HH", data, position)
        if number == kind and 0 < size < 400 and data[position + 4] < 4 and data[position + 5 : position + 8] == b"\0\0\0":
            found += 1
            if found == nth:
                return position + 8
    raise ValueError(f"no message {kind}")


@broken("dataspace_huge.h5")
def _(path):
    """dimensions whose product does not fit into 64 bits"""
    data = sound(chunked, EARLIEST)
    body = find(data, struct.pack("<QQ", 8, 6))
    patch(data, body, struct.pack("<QQ", 2**62, 2**61))
    save(path, data)


@broken("dataspace_rank.h5")
def _(path):
    """a dataspace of 255 dimensions"""
    data = sound(chunked, EARLIEST)
    body = find(data, struct.pack("<QQ", 8, 6)) - 8
    patch(data, body + 1, b"\xff")
    save(path, data)


@broken("chunk_shape_zero.h5")
def _(path):
    """chunks of length 0"""
    data = sound(chunked, EARLIEST)
    body = find(data, struct.pack("<III", 2, 2, 4))
    patch(data, body, struct.pack("<I", 0))
    save(path, data)


@broken("chunk_shape_huge.h5")
def _(path):
    """chunks of 2^32 - 1 by 2^32 - 1 elements"""
    data = sound(chunked, EARLIEST)
    body = find(data, struct.pack("<III", 2, 2, 4))
    patch(data, body, b"\xff" * 8)
    save(path, data)


@broken("datatype_size_zero.h5")
def _(path):
    """an integer type of 0 bytes"""
    data = sound(lambda f: f.__setitem__("x", ramp((3,))), EARLIEST)
    body = message(data, 3)
    patch(data, body + 4, struct.pack("<I", 0))
    save(path, data)


@broken("contiguous_beyond_end.h5")
def _(path):
    """contiguous data that starts near the largest address"""
    data = sound(lambda f: f.__setitem__("x", ramp((3,))), EARLIEST)
    body = message(data, 8)
    patch(data, body + 2, struct.pack("<QQ", 2**64 - 2, 12))
    save(path, data)


@broken("continuation_of_itself.h5")
def _(path):
    """an object header whose continuation block continues at itself"""
    def fill(f):
        f["x"] = ramp((2,))
        for i in range(12):
            f["x"].attrs[f"a{i}"] = "v" * 40

    data = sound(fill, EARLIEST)
    seen = []
    for position in range(0, len(data) - 24, 8):
        if struct.unpack_from("<HHI", data, position) == (16, 16, 0):
            seen.append(position)
    address, length = struct.unpack_from("<QQ", data, seen[0] + 8)
    # the first message of the continuation block becomes a continuation to the block itself
    patch(data, address, struct.pack("<HHI", 16, 16, 0) + struct.pack("<QQ", address, length))
    save(path, data)


@broken("global_heap_size_zero.h5")
def _(path):
    """a global heap whose first object claims 0 bytes and number 7, over and over"""
    data = sound(texts, EARLIEST)
    start = find(data, b"GCOL")
    patch(data, start + 16, struct.pack("<HHIQ", 7, 0, 0, 0) * 8)
    save(path, data)


@broken("global_heap_object_size.h5")
def _(path):
    """a global heap object that claims nearly 2^64 bytes"""
    data = sound(texts, EARLIEST)
    patch(data, find(data, b"GCOL") + 24, b"\xf8" + b"\xff" * 7)
    save(path, data)


@broken("filter_count.h5")
def _(path):
    """a filter pipeline that claims 255 filters"""
    data = sound(lambda f: f.create_dataset("x", data=ramp((8,)), chunks=(4,), compression="gzip"), EARLIEST)
    body = find(data, b"deflate\0") - 8 - 8
    patch(data, body + 1, b"\xff")
    save(path, data)


@broken("attribute_sizes.h5")
def _(path):
    """an attribute whose name, type and space claim 65,535 bytes each"""
    def fill(f):
        f["x"] = ramp((2,))
        f["x"].attrs["note"] = np.int32(5)

    data = sound(fill, EARLIEST)
    body = find(data, b"note\0") - 8
    patch(data, body + 2, b"\xff" * 6)
    save(path, data)


@broken("superblock_root_outside.h5")
def _(path):
    """a root group beyond the end of the file"""
    data = sound(chunked, EARLIEST)
    patch(data, 24 + 32 + 8, struct.pack("<Q", 2**40))
    save(path, data)


@broken("superblock_sizes.h5")
def _(path):
    """offsets of 255 bytes"""
    data = sound(chunked, EARLIEST)
    patch(data, 13, b"\xff")
    save(path, data)


@broken("text_pretends_hdf5.h5")
def _(path):
    """the signature of HDF5 followed by text"""
    save(path, b"\x89HDF\r\n\x1a\n" + b"this is not a superblock " * 40)


@broken("not_hdf5.h5")
def _(path):
    """text"""
    save(path, b"nothing that any scanner reads\n" * 10)


@broken("zero_bytes.h5")
def _(path):
    """no byte at all"""
    save(path, b"")


# ---------------------------------------------------------------- new format
@broken("checksum_superblock.h5")
def _(path):
    """a flipped bit in a checksummed superblock"""
    data = sound(chunked, LATEST)
    data[20] ^= 1
    save(path, data)


@broken("checksum_header.h5")
def _(path):
    """a flipped bit in a version 2 object header"""
    data = sound(chunked, LATEST)
    data[find(data, b"OHDR", 1) + 20] ^= 1
    save(path, data)


@broken("fixed_array_count.h5")
def _(path):
    """a fixed array of 2^60 elements"""
    data = sound(chunked, LATEST)
    edit(data, b"FAHD", 0, 8, struct.pack("<Q", 2**60))
    save(path, data)


@broken("fixed_array_block_outside.h5")
def _(path):
    """a fixed array whose data block lies beyond the file"""
    data = sound(chunked, LATEST)
    edit(data, b"FAHD", 0, 16, struct.pack("<Q", 2**50))
    save(path, data)


@broken("fixed_array_page_bits.h5")
def _(path):
    """a fixed array whose pages hold 2^255 elements"""
    data = sound(chunked, LATEST)
    edit(data, b"FAHD", 0, 7, b"\xff")
    save(path, data)


@broken("extensible_array_blocks.h5")
def _(path):
    """an extensible array that claims 2^60 elements and no smallest block"""
    data = sound(growing, LATEST)
    edit(data, b"EAHD", 0, 8, b"\x00\x00")
    edit(data, b"EAHD", 0, 12 + 32, struct.pack("<Q", 2**60))
    save(path, data)


@broken("extensible_array_data_block.h5")
def _(path):
    """an extensible array whose data block is its own index block"""
    data = sound(growing, LATEST)
    start = find(data, b"EAIB")
    edit(data, b"EAIB", 0, 14 + 4 * 8, struct.pack("<Q", start) * 2)
    save(path, data)


@broken("tree2_of_itself.h5")
def _(path):
    """a version 2 B-tree whose internal node is its own child"""
    data = sound(tree, LATEST)
    start = find(data, b"BTIN")
    length = checked_length(data, start)
    root = struct.unpack_from("<H", data, find(data, b"BTHD") + 24)[0]
    for i in range(root + 1):
        position = start + 6 + root * 24 + i * 9
        patch(data, position, struct.pack("<Q", start))
    sign(data, start, length)
    save(path, data)


@broken("tree2_depth.h5")
def _(path):
    """a version 2 B-tree that claims depth 65,535"""
    data = sound(tree, LATEST)
    edit(data, b"BTHD", 0, 12, b"\xff\xff")
    save(path, data)


@broken("tree2_record_size.h5")
def _(path):
    """a version 2 B-tree whose records have 0 bytes"""
    data = sound(tree, LATEST)
    edit(data, b"BTHD", 0, 10, b"\x00\x00")
    save(path, data)


@broken("fractal_heap_rows.h5")
def _(path):
    """a fractal heap whose root claims 65,535 rows"""
    data = sound(dense, LATEST)
    start = find(data, b"FRHP")
    edit(data, b"FRHP", 0, checked_length(data, start) - 2, b"\xff\xff")
    save(path, data)


@broken("fractal_heap_width.h5")
def _(path):
    """a fractal heap whose table is 0 blocks wide, of blocks of 0 bytes"""
    data = sound(dense, LATEST)
    start = find(data, b"FRHP")
    edit(data, b"FRHP", 0, checked_length(data, start) - 32, b"\x00" * 18)
    save(path, data)


@broken("strings_of_a_bomb.h5")
def _(path):
    """strings behind a filter that inflates a few kilobytes to hundreds of megabytes"""
    import zlib

    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=LATEST) as f:
        d = f.create_dataset("x", (4,), h5py.string_dtype(), chunks=(4,), compression="gzip")
        small = zlib.compressobj(9)
        stored = b"".join(small.compress(bytes(2**20)) for _ in range(16)) + small.flush()
        d.id.write_direct_chunk((0,), stored)
    save(path, memory.getvalue())


if __name__ == "__main__":
    run(__name__, sys.argv[1:])
