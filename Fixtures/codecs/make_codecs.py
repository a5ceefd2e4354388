# SPDX-License-Identifier: Apache-2.0
"""Makes codecs.json and codecs.bin: chunks as real writers store them, and the bytes that real readers decode.

Needs h5py, hdf5plugin, numcodecs, numpy, cramjam:  python make_codecs.py
An entry of codecs.json: name, filters (HDF5 id and client data), element_size, specs (as they must be translated),
stored and decoded as [offset, length] in codecs.bin; long decoded bytes only as {"size", "fnv1a"}.
"""
import json
import pathlib

import h5py
import hdf5plugin
import numcodecs
import numpy as np
from h5py import h5d, h5f, h5p, h5s, h5t

HERE = pathlib.Path(__file__).parent
LARGEST_STORED_EXPECTATION = 100
entries, blob, known = [], bytearray(), {}


def keep(data):
    data = bytes(data)
    if data not in known:
        known[data] = [len(blob), len(data)]
        blob.extend(data)
    return known[data]


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def expectation(data):
    data = bytes(data)
    if len(data) <= LARGEST_STORED_EXPECTATION:
        return keep(data)
    return {"size": len(data), "fnv1a": fnv1a(data)}


# -- what the client data mean, written a second time as a check on the Swift side


def nbit_type(words):
    kind, size = next(words), next(words)
    if kind == 1:
        order, precision, offset = next(words), next(words), next(words)
        return {"class": "number", "size": size, "byteorder": ["little", "big"][order],
                "precision": precision, "offset": offset}
    if kind == 2:
        return {"class": "array", "size": size, "of": nbit_type(words)}
    if kind == 4:
        return {"class": "opaque", "size": size}
    members = []
    for _ in range(next(words)):
        at = next(words)
        members.append({"at": at, **nbit_type(words)})
    return {"class": "compound", "size": size, "members": members}


def spec(code, cd):
    ours = "swift_kerchunk."
    if code == 1:
        return {"id": "zlib", "level": cd[0]}
    if code == 2:
        return {"id": "shuffle", "elementsize": cd[0]}
    if code == 3:
        return {"id": "fletcher32"}
    if code == 4:
        return {"id": ours + "szip", "coding": "nn" if cd[0] & 32 else "ec",
                "byteorder": "big" if cd[0] & 16 else "little", "bits_per_pixel": cd[2],
                "pixels_per_block": cd[1], "pixels_per_scanline": cd[3]}
    if code == 5:
        return None if cd[1] else {"id": ours + "nbit", "elements": cd[2], "type": nbit_type(iter(cd[3:]))}
    if code == 6:
        factor = cd[1] - (cd[1] >> 31 << 32)
        if cd[3] == 0 and factor == cd[4] * 8:
            return None
        made = {"id": ours + "scaleoffset", "kind": ["integer", "float"][cd[3]], "size": cd[4],
                "byteorder": ["little", "big"][cd[6]], "elements": cd[2]}
        if cd[3] == 1:
            made["decimals"] = factor
        if cd[7]:
            made["fill_bits"] = hex((cd[8] | cd[9] << 32) & (1 << 8 * cd[4]) - 1)
        return made
    if code == 307:
        return {"id": "bz2", "level": cd[0]}
    if code == 32000:
        return {"id": ours + "lzf"}
    if code == 32001:
        names = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"]
        return {"id": "blosc", "cname": names[cd[6]], "clevel": cd[4], "shuffle": cd[5], "blocksize": 0}
    if code == 32004:
        return {"id": ours + "lz4", "blocksize": cd[0] if cd else 0}
    if code == 32008:
        return {"id": ours + "bitshuffle", "elementsize": cd[2], "blocksize": cd[3],
                "compressor": {0: "none", 2: "lz4", 3: "zstd"}[cd[4] if len(cd) > 4 else 0]}
    if code == 32015:
        return {"id": "zstd", "level": cd[0]}
    raise ValueError(code)


# -- one chunk through HDF5


def through_hdf5(name, file_type, values, filters, memory_type=None, fill=None):
    """Writes `values` as one chunk and keeps what lies in the file and what HDF5 reads from it."""
    file = h5py.File(name, "w", driver="core", backing_store=False)
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk(values.shape)
    if fill is not None:
        plist.set_fill_value(fill)
    for add in filters:
        add(plist)
    dataset = h5d.create(file.id, b"x", file_type, h5s.create_simple(values.shape), plist)
    dataset.write(h5s.ALL, h5s.ALL, values, memory_type)
    file.flush()
    mask, stored = dataset.read_direct_chunk((0,) * len(values.shape))
    size = file_type.get_size()
    decoded = np.zeros(values.shape, f"V{size}")
    dataset.read(h5s.ALL, h5s.ALL, decoded, mtype=file_type)
    used = dataset.get_create_plist()
    steps = [used.get_filter(i) for i in range(used.get_nfilters())]
    if mask:
        print("not compressible, left out:", name)
        return
    entries.append({
        "name": name,
        "filters": [{"id": s[0], "client_data": [v & 0xFFFFFFFF for v in s[2]]} for s in steps],
        "element_size": size,
        "specs": [m for s in steps if (m := spec(s[0], [v & 0xFFFFFFFF for v in s[2]])) is not None],
        "stored": keep(stored),
        "decoded": expectation(decoded.tobytes()),
    })


def plugin(code, options):
    return lambda p: p.set_filter(code, h5py.h5z.FLAG_OPTIONAL, tuple(options))


def of(filter_object):
    return plugin(filter_object.filter_id, filter_object.filter_options)


def tid(dtype):
    return h5t.py_create(np.dtype(dtype), logical=True)


random = np.random.default_rng(20261122)


def wave(dtype, count):
    """Values as measurements are: neighbours are close."""
    dtype = np.dtype(dtype)
    steps = np.cumsum(random.integers(-3, 4, count))
    if dtype.kind == "f":
        return (steps / 8 + 280).astype(dtype)
    return (steps + 60).astype(np.int64).astype(dtype)


def simple():
    for dtype, count in (("<f4", 100), (">i2", 33), ("u1", 7), ("<f8", 1)):
        values = wave(dtype, count)
        for level in (0, 1, 9):
            through_hdf5(f"deflate {level} {dtype} {count}", tid(dtype), values, [lambda p: p.set_deflate(level)])
        through_hdf5(f"shuffle deflate {dtype} {count}", tid(dtype), values,
                     [lambda p: p.set_shuffle(), lambda p: p.set_deflate(4)])
        through_hdf5(f"fletcher32 {dtype} {count}", tid(dtype), values, [lambda p: p.set_fletcher32()])
        through_hdf5(f"shuffle deflate fletcher32 {dtype} {count}", tid(dtype), values,
                     [lambda p: p.set_shuffle(), lambda p: p.set_deflate(4), lambda p: p.set_fletcher32()])
    through_hdf5("fletcher32 long", tid("u1"), random.integers(0, 256, 2001).astype("u1"),
                 [lambda p: p.set_fletcher32()])
    through_hdf5("fletcher32 ones", tid("u1"), np.full(2048, 255, "u1"), [lambda p: p.set_fletcher32()])
    for dtype, count in (("<f4", 200), ("u1", 400), ("<i8", 64)):
        values = wave(dtype, count)
        through_hdf5(f"lzf {dtype}", tid(dtype), values, [plugin(32000, ())])
        through_hdf5(f"shuffle lzf {dtype}", tid(dtype), values, [lambda p: p.set_shuffle(), plugin(32000, ())])
        through_hdf5(f"zstd {dtype}", tid(dtype), values, [of(hdf5plugin.Zstd(clevel=5))])
        through_hdf5(f"bz2 {dtype}", tid(dtype), values, [of(hdf5plugin.BZip2(blocksize=3))])
        through_hdf5(f"lz4 {dtype}", tid(dtype), values, [of(hdf5plugin.LZ4(nbytes=0))])
        through_hdf5(f"lz4 blocks {dtype}", tid(dtype), values, [of(hdf5plugin.LZ4(nbytes=160))])
    through_hdf5("lzf zeros", tid("<f4"), np.zeros(30000, "<f4"), [plugin(32000, ())])
    through_hdf5("lz4 noise", tid("u1"), random.integers(0, 256, 700).astype("u1"),
                 [of(hdf5plugin.LZ4(nbytes=256))])


def bitshuffle():
    for dtype, counts in (("<u2", (8, 17, 150)), ("<f4", (203,)), ("u1", (300,)), (">f8", (77,))):
        for count in counts:
            values = wave(dtype, count)
            for cname in ("none", "lz4", "zstd"):
                for nelems in (0, 64):
                    through_hdf5(f"bitshuffle {cname} {nelems} {dtype} {count}", tid(dtype), values,
                                 [of(hdf5plugin.Bitshuffle(nelems=nelems, cname=cname))])
    through_hdf5("bitshuffle two blocks", tid("u1"), np.tile(wave("u1", 300), 31)[:9001],
                 [of(hdf5plugin.Bitshuffle())])
    through_hdf5("bitshuffle lz4 few", tid("<f4"), wave("<f4", 5), [of(hdf5plugin.Bitshuffle())])
    values = np.zeros(50, "V3,<i4".replace("V3", "S3"))
    values["f0"], values["f1"] = b"abc", np.arange(50)
    through_hdf5("bitshuffle lz4 compound", tid(values.dtype), values, [of(hdf5plugin.Bitshuffle())])


def blosc():
    for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            for dtype, count in (("<f4", 131), ("<i2", 400)):
                through_hdf5(f"blosc {cname} {shuffle} {dtype} {count}", tid(dtype), wave(dtype, count),
                             [of(hdf5plugin.Blosc(cname=cname, clevel=9, shuffle=shuffle))])
    half = random.integers(0, 256, 900).astype("u1")
    half[::2] = 7
    through_hdf5("blosc half noise", tid("<u2"), half.view("<u2"), [of(hdf5plugin.Blosc())])


SZIP_ENTROPY, SZIP_NEAREST = 4, 32


def szip():
    for dtype in ("u1", "<i2", ">u2", "<i4", ">i4", "<f4", ">f4", "<f8", ">f8", "<u8"):
        for option in (SZIP_ENTROPY, SZIP_NEAREST):
            for per_block, count in ((8, 128), (16, 100), (32, 133), (4, 45)):
                if count == 133 and np.dtype(dtype).itemsize > 4:
                    continue
                values = wave(dtype, count)
                if option == SZIP_ENTROPY:
                    values = np.where(np.arange(count) % 9 == 0, values, 0).astype(dtype)
                through_hdf5(f"szip {option} {per_block} {dtype} {count}", tid(dtype), values,
                             [lambda p: p.set_szip(option, per_block)])
    through_hdf5("szip two dimensions", tid("<f4"), wave("<f4", 21 * 23).reshape(21, 23),
                 [lambda p: p.set_szip(SZIP_NEAREST, 10)])
    through_hdf5("szip long lines", tid("<i2"), wave("<i2", 2500), [lambda p: p.set_szip(SZIP_NEAREST, 16)])
    through_hdf5("szip 3 bytes", odd_type(h5t.STD_U32LE, 3, 24, 0), wave("<u4", 200),
                 [lambda p: p.set_szip(SZIP_NEAREST, 8)], tid("<u4"))


def odd_type(base, size, precision, offset):
    made = base.copy()
    made.set_precision(precision)
    made.set_offset(0)
    made.set_size(size)
    made.set_offset(offset)
    made.set_precision(precision)
    return made


def nbit():
    add = [plugin(5, ())]
    for base, dtype in ((h5t.STD_I32LE, "<i4"), (h5t.STD_U32BE, "<u4"), (h5t.STD_I16BE, "<i2"),
                        (h5t.STD_U64LE, "<u8"), (h5t.STD_I8LE, "i1")):
        bits = base.get_size() * 8
        for precision, offset in ((bits - 1, 0), (bits - 3, 2), (bits // 2 + 1, 1), (bits // 2 + 2, bits // 2 - 2)):
            made = odd_type(base, base.get_size(), precision, offset)
            order = "be" if made.get_order() == h5t.ORDER_BE else "le"
            through_hdf5(f"nbit {dtype} {order} {precision} {offset}", made, wave(dtype, 37), add, tid(dtype))
    through_hdf5("nbit all bits", tid("<i4"), wave("<i4", 20), add)
    through_hdf5("nbit shuffle deflate", odd_type(h5t.STD_I32LE, 4, 17, 3), wave("<i4", 50),
                 add + [lambda p: p.set_shuffle(), lambda p: p.set_deflate(3)], tid("<i4"))
    for order in (h5t.ORDER_LE, h5t.ORDER_BE):
        real = (h5t.IEEE_F32LE if order == h5t.ORDER_LE else h5t.IEEE_F32BE).copy()
        real.set_fields(26, 20, 6, 7, 13)
        real.set_offset(7)
        real.set_precision(20)
        real.set_ebias(31)
        through_hdf5(f"nbit float {order}", real, wave("<f4", 30), add, tid("<f4"))
    part = odd_type(h5t.STD_I32LE, 4, 19, 3)
    array = h5t.array_create(part, (2, 3))
    values = wave("<i4", 60).reshape(10, 2, 3)
    memory = h5t.array_create(tid("<i4"), (2, 3))
    through_hdf5("nbit array", array, values.reshape(10, 6).view("V24").reshape(10), add, memory)
    compound = h5t.create(h5t.COMPOUND, 40)
    compound.insert(b"a", 1, part)
    compound.insert(b"t", 6, h5t.py_create(np.dtype("S5")))
    compound.insert(b"r", 12, array)
    inner = h5t.create(h5t.COMPOUND, 4)
    inner.insert(b"u", 0, odd_type(h5t.STD_U16BE, 2, 9, 4))
    inner.insert(b"v", 2, h5t.STD_U8LE)
    compound.insert(b"n", 36, inner)
    held = np.dtype([("a", "<i4"), ("t", "S5"), ("r", "<i4", (2, 3)), ("n", [("u", "<u2"), ("v", "u1")])])
    values = np.zeros(12, held)
    values["a"], values["t"], values["r"] = wave("<i4", 12), b"text", wave("<i4", 72).reshape(12, 2, 3)
    values["n"]["u"], values["n"]["v"] = np.arange(12) * 40, np.arange(12)
    through_hdf5("nbit compound", compound, values, add, tid(held))


def scale_offset():
    INTEGER, DECIMAL = 2, 0
    for width in (1, 2, 4, 8):
        for sign in "iu":
            for order in "<>":
                dtype = f"{order}{sign}{width}"
                values = wave(dtype, 41)
                for bits in (0, width * 8) if order == ">" else (0, 7, width * 8):
                    through_hdf5(f"scaleoffset {dtype} {bits}", tid(dtype), values,
                                 [lambda p: p.set_scaleoffset(INTEGER, bits)])
                filled = values.copy()
                filled[[3, 8, 40]] = 99
                through_hdf5(f"scaleoffset {dtype} fill", tid(dtype), filled,
                             [lambda p: p.set_scaleoffset(INTEGER, 0)], fill=np.array(99, dtype))
                if sign == "i":
                    negative = -values
                    negative[5] = -128 + 7
                    through_hdf5(f"scaleoffset {dtype} negative", tid(dtype), negative,
                                 [lambda p: p.set_scaleoffset(INTEGER, 0)], fill=np.array(-99, dtype))
                through_hdf5(f"scaleoffset {dtype} constant", tid(dtype), np.full(19, 77, dtype),
                             [lambda p: p.set_scaleoffset(INTEGER, 0)])
                extremes = np.resize(np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1], dtype), 13)
                through_hdf5(f"scaleoffset {dtype} extremes", tid(dtype), extremes,
                             [lambda p: p.set_scaleoffset(INTEGER, 0)])
    for dtype in ("<f4", ">f4", "<f8", ">f8"):
        values = wave(dtype, 50) + random.random(50).astype(dtype)
        for decimals in (0, 1, 3, 6):
            through_hdf5(f"scaleoffset {dtype} {decimals}", tid(dtype), values.astype(dtype),
                         [lambda p: p.set_scaleoffset(DECIMAL, decimals)])
            filled = values.astype(dtype)
            filled[[0, 7, 21]] = -9999
            through_hdf5(f"scaleoffset {dtype} {decimals} fill", tid(dtype), filled,
                         [lambda p: p.set_scaleoffset(DECIMAL, decimals)], fill=np.array(-9999, dtype))
        through_hdf5(f"scaleoffset {dtype} constant", tid(dtype), np.full(19, 7.25, dtype),
                     [lambda p: p.set_scaleoffset(DECIMAL, 2)])
        through_hdf5(f"scaleoffset {dtype} wide", tid(dtype), np.array([1e-3, 1e9, -1e9], dtype),
                     [lambda p: p.set_scaleoffset(DECIMAL, 9)])


def through_numcodecs(name, codecs, values):
    stored = bytes(np.asarray(values).tobytes()) if not isinstance(values, bytes) else values
    decoded = stored
    for codec in codecs:
        stored = bytes(np.ascontiguousarray(codec.encode(stored)).tobytes())
    entries.append({
        "name": f"numcodecs {name}", "filters": None, "element_size": 1,
        "specs": [codec.get_config() for codec in codecs],
        "stored": keep(stored), "decoded": expectation(decoded)})


def by_numcodecs():
    import numcodecs.fletcher32
    import numcodecs.shuffle
    values = wave("<f4", 120)
    for codec in (numcodecs.Zlib(6), numcodecs.GZip(6), numcodecs.Zstd(3), numcodecs.Zstd(-5, checksum=True),
                  numcodecs.LZ4(1), numcodecs.BZ2(9), numcodecs.Shuffle(4), numcodecs.fletcher32.Fletcher32()):
        through_numcodecs(f"{codec.codec_id}", [codec], values)
        if codec.codec_id not in ("lz4", "zstd", "fletcher32"):
            through_numcodecs(f"{codec.codec_id} empty", [codec], b"")
    through_numcodecs("shuffle zlib", [numcodecs.Shuffle(4), numcodecs.Zlib(6)], values)
    for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            for blocksize, dtype, count in ((0, "<f4", 261), (1024, "<i8", 301), (512, "u1", 700)):
                codec = numcodecs.Blosc(cname, 7, shuffle, blocksize)
                data = wave(dtype, count)
                stored = bytes(codec.encode(data))
                entries.append({
                    "name": f"numcodecs blosc {cname} {shuffle} {blocksize} {dtype}", "filters": None,
                    "element_size": 1, "specs": [codec.get_config()], "stored": keep(stored),
                    "decoded": expectation(data.tobytes())})
    long = np.tile(wave("<i4", 500), 200)
    for cname in ("blosclz", "lz4", "zstd"):
        codec = numcodecs.Blosc(cname, 9, 1, 0)
        entries.append({
            "name": f"numcodecs blosc {cname} long", "filters": None, "element_size": 1,
            "specs": [codec.get_config()], "stored": keep(bytes(codec.encode(long))),
            "decoded": expectation(long.tobytes())})
    import cramjam
    stream = cramjam.zstd.Compressor(3)
    stream.compress(values.tobytes())
    entries.append({
        "name": "zstd without content size", "filters": None, "element_size": 1,
        "specs": [numcodecs.Zstd(3).get_config()], "stored": keep(bytes(stream.finish())),
        "decoded": expectation(values.tobytes())})
    far = random.integers(0, 256, 8700).astype("u1")
    far = np.concatenate([far, far, far[::-1], far[:500]])
    codec = numcodecs.Blosc("blosclz", 9, 0, 1 << 16)
    entries.append({
        "name": "numcodecs blosc blosclz far", "filters": None, "element_size": 1, "specs": [codec.get_config()],
        "stored": keep(bytes(codec.encode(far))), "decoded": expectation(far.tobytes())})
    texts = ["", "a", "Grüße", "日本", "x" * 300]
    stored = bytes(numcodecs.VLenUTF8().encode(np.array(texts, object)))
    entries.append({"name": "numcodecs vlen-utf8", "filters": None, "element_size": 1, "texts": texts,
                    "specs": [{"id": "vlen-utf8"}], "stored": keep(stored), "decoded": keep(stored)})


def save(folder):
    (folder / "codecs.bin").write_bytes(blob)
    lines = ",\n".join(json.dumps(e, separators=(",", ":"), ensure_ascii=False) for e in entries)
    (folder / "codecs.json").write_text("[\n" + lines + "\n]\n")
    print(len(entries), "entries,", len(blob), "bytes and", (folder / "codecs.json").stat().st_size, "of index")


if __name__ == "__main__":
    for make in (simple, bitshuffle, blosc, szip, nbit, scale_offset, by_numcodecs):
        make()
    save(HERE)
