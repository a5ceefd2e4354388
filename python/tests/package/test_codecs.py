# SPDX-License-Identifier: Apache-2.0
"""Codecs of ours in numcodecs and zarr: what the fixtures hold, and what h5py reads."""
import json
import os
import pickle
import warnings

import hdf5plugin
import h5py
import numcodecs
import numpy as np
import pytest
import xarray as xr
from places import FIXTURES

import swift_kerchunk as sk
import swift_kerchunk.codecs
import swift_kerchunk.zarr_codecs
from swift_kerchunk.codecs import table as library

with open(os.path.join(FIXTURES, "codecs", "codecs.json")) as file:
    CASES = json.load(file)
with open(os.path.join(FIXTURES, "codecs", "codecs.bin"), "rb") as file:
    CONTENT = file.read()


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFF_FFFF_FFFF_FFFF
    return f"{value:016x}"


def piece(place):
    return CONTENT[place[0] : place[0] + place[1]]


def raw(decoded):
    """What a codec gave, as bytes."""
    return decoded if isinstance(decoded, bytes) else np.ascontiguousarray(decoded).view("u1").tobytes()


def assert_decoded(case, data):
    expected = case["decoded"]
    if isinstance(expected, list):
        assert data == piece(expected)
    else:
        assert (len(data), fnv1a(data)) == (expected["size"], expected["fnv1a"])


# numcodecs: ids of others in the same pipeline are its own
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_numcodecs_decodes_the_fixture(case):
    specs = case["specs"]
    if specs and specs[0]["id"] == "vlen-utf8":
        pytest.skip("gives objects")
    data = piece(case["stored"])
    for spec in reversed(specs):
        if spec["id"] == "shuffle" and len(data) % spec["elementsize"]:
            with pytest.raises(ValueError, match="multiple of elementsize"):
                numcodecs.get_codec(spec).decode(data)
            return  # as docs/codecs.md says
        data = raw(numcodecs.get_codec(spec).decode(data))
    assert_decoded(case, data)


def test_codecs_of_numcodecs_decode_alike_in_the_library():
    """What numcodecs has under the same id decodes as ours does."""
    compared = set()
    for case in CASES:
        data = piece(case["stored"])
        for spec in reversed(case["specs"]):
            if not spec["id"].startswith("swift_kerchunk.") and spec["id"] != "vlen-utf8":
                ours = bytes(library.decode(spec, data))
                try:
                    theirs = raw(numcodecs.get_codec(spec).decode(data))
                except ValueError:
                    assert spec["id"] == "shuffle" and len(data) % spec["elementsize"]
                else:
                    assert ours == theirs, case["name"]
                    compared.add(spec["id"])
            data = bytes(library.decode(spec, data))
    assert compared >= {"zlib", "shuffle", "fletcher32", "blosc", "zstd", "bz2", "gzip", "lz4"}


def test_what_is_encoded_decodes():
    data = np.arange(3000, dtype="<i4")
    for spec in [
        {"id": "swift_kerchunk.lzf"}, {"id": "swift_kerchunk.lz4"},
        {"id": "swift_kerchunk.bitshuffle", "elementsize": 4, "compressor": "lz4"},
    ]:
        codec = numcodecs.get_codec(spec)
        assert codec.get_config() == spec
        decoded = codec.decode(codec.encode(data))
        assert np.array_equal(decoded.view("<i4"), data)
        out = np.empty_like(data)
        codec.decode(codec.encode(data), out=out)
        assert np.array_equal(out, data)


def test_damage_is_an_error():
    codec = numcodecs.get_codec({"id": "swift_kerchunk.lz4"})
    encoded = bytes(codec.encode(np.arange(1000, dtype="<i4")))
    for length in range(0, len(encoded), 97):
        with pytest.raises(sk.KerchunkError):
            codec.decode(encoded[:length])
    with pytest.raises(sk.KerchunkError, match="elementsize"):
        numcodecs.get_codec({"id": "swift_kerchunk.bitshuffle"}).decode(encoded)


FILTERS = {
    "lzf": {"compression": "lzf"},
    "lzf shuffle": {"compression": "lzf", "shuffle": True},
    "lz4": dict(hdf5plugin.LZ4()),
    "lz4 in blocks": dict(hdf5plugin.LZ4(nbytes=512)),
    "bitshuffle": dict(hdf5plugin.Bitshuffle(cname="none")),
    "bitshuffle lz4": dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "bitshuffle zstd": dict(hdf5plugin.Bitshuffle(cname="zstd")),
    "szip nn": {"compression": "szip", "compression_opts": ("nn", 16)},
    "szip ec": {"compression": "szip", "compression_opts": ("ec", 8)},
    "scale-offset": {"scaleoffset": 0},
    "fletcher32": {"fletcher32": True},
    "zstd": dict(hdf5plugin.Zstd()),
    "blosc": dict(hdf5plugin.Blosc(cname="zstd")),
    "bzip2": dict(hdf5plugin.BZip2()),
    "gzip": {"compression": "gzip", "shuffle": True, "fletcher32": True},
}


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    """A file with a dataset for each filter, in several types."""
    path = str(tmp_path_factory.mktemp("filtered") / "filtered.h5")
    rng = np.random.default_rng(5)
    integers = np.cumsum(rng.integers(-9, 10, (23, 31)), axis=1)
    with h5py.File(path, "w") as f:
        for name, options in FILTERS.items():
            for kind in ("<i2", ">i4", "<f8") if name != "scale-offset" else ("<i2", ">i4"):
                f.create_dataset(f"{name} {kind[1:]}", data=integers.astype(kind), chunks=(8, 16), **options)
        f.create_dataset("rounded", data=(integers / 8).astype("<f4"), chunks=(8, 16), scaleoffset=3)
        # a number of 11 bits, packed
        kind = h5py.h5t.STD_U16LE.copy()
        kind.set_precision(11)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((8, 16))
        plist.set_filter(h5py.h5z.FILTER_NBIT if hasattr(h5py.h5z, "FILTER_NBIT") else 5, 0, ())
        space = h5py.h5s.create_simple((23, 31))
        packed = h5py.Dataset(h5py.h5d.create(f.id, b"nbit", kind, space, dcpl=plist))
        packed[...] = np.abs(integers).astype("<u2") % 2048
    return path


def opened(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sk.scan(path, codecs="all", on_issue="raise", **options).open()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_files_with_filters_are_what_h5py_reads(filtered, zarr_format):
    with h5py.File(filtered) as f, opened(filtered, zarr_format=zarr_format, inline_threshold=0) as data:
        assert len(f) == len(data.variables) == 3 * len(FILTERS) + 1
        for name in f:
            assert np.array_equal(data[name].values, f[name][...]), name
            assert data[name].dtype.itemsize == f[name].dtype.itemsize
    ids = {
        one["id"]
        for array in sk.scan(filtered, codecs="all").values()
        for one in [*array.filters, *([array.compressor] if array.compressor else [])]
    }
    assert {one for one in ids if one.startswith("swift_kerchunk.")} == {
        f"swift_kerchunk.{name}" for name in ("lzf", "lz4", "bitshuffle", "szip", "nbit", "scaleoffset")
    } | ({"swift_kerchunk.integer"} & ids)


LARGE = (1100, 300)  # more than the 1 MiB that is embedded, in each type
LARGE_FILTERS = {name: FILTERS[name] for name in ("lzf", "lz4", "bitshuffle lz4", "szip nn", "scale-offset")}


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file with data too large to embed behind filters that zarr has no codecs for, and some that it has."""
    path = str(tmp_path_factory.mktemp("large") / "large.h5")
    integers = np.cumsum(np.random.default_rng(6).integers(-9, 10, LARGE), axis=1)
    with h5py.File(path, "w") as f:
        for name, options in {**LARGE_FILTERS, "gzip": FILTERS["gzip"]}.items():
            f.create_dataset(name, data=integers.astype("<i4"), chunks=(128, 64), **options)
        kind = h5py.h5t.STD_U32LE.copy()
        kind.set_precision(21)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((128, 64))
        plist.set_filter(5, 0, ())
        space = h5py.h5s.create_simple(LARGE)
        h5py.Dataset(h5py.h5d.create(f.id, b"nbit", kind, space, dcpl=plist))[...] = (np.abs(integers) * 77) % 2**21
        f.create_dataset("small", data=integers[:4].astype("<i4"), chunks=(2, 64), compression="lzf")
    return path


@pytest.mark.parametrize("is_opened", [False, True], ids=["path", "file object"])
def test_large_data_without_a_codec_of_zarr_are_what_h5py_reads(large, is_opened):
    """They get codecs of this package without being asked for; small data are decoded and embedded."""
    from swift_kerchunk.hdf import SingleHdf5ToZarr
    from swift_kerchunk.utils import refs_as_store

    with warnings.catch_warnings(), open(large, "rb") as file:
        warnings.simplefilter("error")  # nothing is left out
        refs = SingleHdf5ToZarr(file if is_opened else large, large, inline_threshold=0).translate()
    arrays = {key[: -len("/.zarray")]: json.loads(value) for key, value in refs["refs"].items() if key.endswith("/.zarray")}
    ids = {one["id"] for array in arrays.values() for one in [*(array["filters"] or []), array["compressor"]] if one}
    assert ids >= {f"swift_kerchunk.{name}" for name in ("lzf", "lz4", "bitshuffle", "szip", "nbit", "scaleoffset")}
    data = xr.open_dataset(refs_as_store(refs), engine="zarr", consolidated=False, zarr_format=2)
    with h5py.File(large) as f, data:
        assert set(f) == set(data.variables)
        for name in f:
            chunks = [value for key, value in refs["refs"].items() if key.startswith(f"{name}/0")]
            assert {isinstance(chunk, list) for chunk in chunks} == {name != "small"}, name
            assert np.array_equal(data[name].values, f[name][...]), name


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_strings_of_the_heap_are_texts(tmp_path, zarr_format):
    path = str(tmp_path / "texts.h5")
    texts = ["one", "", "zwölf", "a longer text"] * 3
    with h5py.File(path, "w") as f:
        f.create_dataset("t", data=texts, dtype=h5py.string_dtype(), chunks=(5,))
    for encode in ("embed", "encode"):
        with opened(path, vlen_encode=encode, zarr_format=zarr_format) as data:
            assert data["t"].values.tolist() == texts


def test_kerchunks_ids_decode_as_kerchunks_codecs():
    import kerchunk.codecs as theirs

    records = np.array([(1, b"id_a", 2.5), (7, b"id_b", -1.0)], dtype=[("n", "<i4"), ("s", "S4"), ("x", "<f8")])
    fields = [["n", "<i4"], ["s", "|S4"], ["x", "<f8"]]
    ids = {"id_a": "first", "id_b": "second"}
    for mine, other in [
        (sk.codecs.FillStringsCodec(str(fields), ids), theirs.FillStringsCodec(str(fields), ids)),
        (sk.codecs.FillStringsCodec(str(fields)), theirs.FillStringsCodec(str(fields))),
    ]:
        assert mine.decode(records.tobytes()).tolist() == other.decode(records.tobytes()).tolist()
    mine = sk.codecs.FillStringsCodec("|S4", ids)
    assert mine.decode(records["s"].tobytes()).tolist() == ["first", "second"]
    member = sk.codecs.RecordArrayMember("x", [tuple(one) for one in fields])
    assert member.decode(records.tobytes()).tolist() == [2.5, -1.0]
    assert {codec.codec_id for codec in sk.codecs.CODECS if "." not in codec.codec_id} <= {
        codec.codec_id for codec in vars(theirs).values() if getattr(codec, "codec_id", None)}


def test_deflated_members_of_archives(tmp_path):
    import zipfile

    path = tmp_path / "a.zip"
    content = np.arange(5000, dtype="<i2").tobytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", content)
    with zipfile.ZipFile(path) as archive:
        end = archive.start_dir
    assert bytes(numcodecs.get_codec({"id": "deflate"}).decode(path.read_bytes()[:end])) == content


def test_arrays_of_zarr_that_use_our_codecs(tmp_path):
    """Written and read again by zarr itself."""
    import zarr

    data = np.arange(120, dtype="<i4").reshape(10, 12)
    array = zarr.create_array(
        tmp_path / "v3.zarr", shape=data.shape, chunks=(5, 4), dtype=data.dtype, zarr_format=3,
        compressors=[sk.zarr_codecs.LZF({})], filters=None)
    array[...] = data
    assert np.array_equal(zarr.open_array(tmp_path / "v3.zarr")[...], data)
    text = json.loads((tmp_path / "v3.zarr" / "zarr.json").read_text())
    assert text["codecs"][-1] == {"name": "swift_kerchunk.lzf", "configuration": {}}
    array = zarr.create_array(
        tmp_path / "v2.zarr", shape=data.shape, chunks=(5, 4), dtype=data.dtype, zarr_format=2,
        compressors=numcodecs.get_codec({"id": "swift_kerchunk.lz4"}))
    array[...] = data
    assert np.array_equal(zarr.open_array(tmp_path / "v2.zarr")[...], data)


def test_what_fill_values_become(tmp_path):
    """A chunk that was never written has no bytes to decode."""
    path = str(tmp_path / "sparse.h5")
    with h5py.File(path, "w") as f:
        f.create_dataset("v", (10, 10), "<i4", chunks=(5, 5), fillvalue=7, compression="lzf")[:5, :5] = 1
    with h5py.File(path) as f, opened(path) as data:
        xr.testing.assert_equal(data["v"].variable.astype("i8"), xr.Variable(data["v"].dims, f["v"][...]).astype("i8"))


# ---------------------------------------------------------------- the table

def test_entry_points_are_the_table_of_the_library():
    tomllib = pytest.importorskip("tomllib")

    with open(os.path.join(os.path.dirname(__file__), "..", "..", "pyproject.toml"), "rb") as file:
        points = tomllib.load(file)["project"]["entry-points"]
    ours = {entry.id: f"swift_kerchunk.codecs:{entry.class_name}" for entry in library.ours()}
    theirs = {
        "fill_hdf_strings": "swift_kerchunk.codecs:FillStringsCodec",
        "record_member": "swift_kerchunk.codecs:RecordArrayMember",
    }
    assert points["numcodecs.codecs"] == {**ours, **theirs}
    assert points["zarr.codecs"] == {
        name: f"swift_kerchunk.codecs.zarr:{entry.class_name}" for entry in library.ours() for name in entry.v3_names}


def test_the_names_of_zarr_3_are_those_of_zarr_python():
    from zarr.registry import get_codec_class

    for entry in library.entries().values():
        for name in entry.v3_names:
            assert get_codec_class(name) is not None, name


@pytest.mark.parametrize("module", [swift_kerchunk.codecs, swift_kerchunk.zarr_codecs])
def test_codecs_are_pickled_and_described(module):
    for entry in library.ours():
        if module is swift_kerchunk.zarr_codecs and not entry.v3_names:
            continue
        made = getattr(module, entry.class_name)
        assert made.__doc__ == entry.summary
        settings = {"some": 1}
        codec = made(**settings) if module is swift_kerchunk.codecs else made(settings)
        copy = pickle.loads(pickle.dumps(codec))
        assert type(copy) is made and copy.get_config() == {"id": entry.id, "some": 1}
        if module is swift_kerchunk.codecs:
            assert made.from_config(codec.get_config()).get_config() == codec.get_config()
        else:
            assert made.from_dict(codec.to_dict()) == codec


# ---------------------------------------------------------------- numbers: bit by bit as numcodecs

_RANDOM = np.random.default_rng(12)
_INTEGERS = ["|i1", "|u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">i8", "<u8"]
_REALS = ["<f4", ">f4", "<f8", ">f8"]


def _numbers(dtype, count=500):
    """Any numbers of a type that others can hold, too, in stored form."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        values = np.concatenate([_RANDOM.normal(0, 30, count - 4), [0.0, -0.0, 1e-30, 0.1]])
        return np.clip(values, -120, 120).astype(kind)
    return np.frombuffer(_RANDOM.bytes(count * kind.itemsize), kind)


def _agrees(config, stored):
    theirs = raw(numcodecs.get_codec(dict(config)).decode(stored))
    assert bytes(library.decode(config, stored)) == bytes(theirs), config


@pytest.mark.parametrize("stored", _INTEGERS + _REALS)
@pytest.mark.parametrize("decoded", ["<i2", "<i8", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("scale, offset", [(10, 0), (0.1, 273.15), (-3, 1e3), (7, -5)])
def test_fixedscaleoffset(stored, decoded, scale, offset):
    numbers = _numbers(stored)
    if decoded == "<i2":
        numbers = (numbers % 100 if np.dtype(stored).kind != "f" else numbers).astype(stored)
    if decoded in ("<i8", "<i2") and stored.endswith("8") and np.dtype(stored).kind in "iu":
        numbers = (numbers % 1000).astype(stored)
    _agrees({"id": "fixedscaleoffset", "scale": scale, "offset": offset, "dtype": decoded, "astype": stored}, numbers)


@pytest.mark.parametrize("stored, decoded", [
    *((dtype, dtype) for dtype in _INTEGERS + _REALS), ("|i1", "<i4"), ("<i2", "<f8"), ("<i2", ">f4"), ("<f4", "<f8"),
    ("|u1", "<u8"), ("<i2", "<i8")])
def test_delta(stored, decoded):
    _agrees({"id": "delta", "dtype": decoded, "astype": stored}, _numbers(stored))


@pytest.mark.parametrize("stored", _INTEGERS + _REALS)
@pytest.mark.parametrize("decoded", ["|i1", "|u1", "<i2", ">i4", "<u8", "<f4", ">f8"])
def test_astype(stored, decoded):
    numbers = _numbers(stored)
    if np.dtype(stored).kind == "f" and np.dtype(decoded).kind == "u":
        numbers = np.abs(numbers).astype(stored)
    _agrees({"id": "astype", "encode_dtype": stored, "decode_dtype": decoded}, numbers)


@pytest.mark.parametrize("stored, decoded", [("<f4", "<f4"), ("<f4", "<f8"), ("<f8", "<f4"), (">f8", "<f8")])
def test_quantize(stored, decoded):
    _agrees({"id": "quantize", "digits": 2, "dtype": decoded, "astype": stored}, _numbers(stored))


@pytest.mark.parametrize("dtype", _REALS)
def test_bitround(dtype):
    if dtype.startswith("<"):
        codec = numcodecs.BitRound(keepbits=5)
        _agrees(codec.get_config(), raw(codec.encode(_numbers(dtype).copy())))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1000])
def test_packbits(count):
    booleans = _RANDOM.integers(0, 2, count).astype(bool)
    encoded = numcodecs.PackBits().encode(booleans)
    if count:
        _agrees({"id": "packbits"}, encoded)
    assert bytes(library.encode({"id": "packbits"}, booleans.view("u1"))) == bytes(raw(encoded))


@pytest.mark.parametrize("name", ["crc32", "crc32c", "adler32", "fletcher32"])
@pytest.mark.parametrize("location", [None, "start", "end"])
@pytest.mark.parametrize("count", [1, 4, 5551, 20_000])
def test_checksums(name, location, count):
    config = {"id": name, **({} if location is None or name == "fletcher32" else {"location": location})}
    if name == "crc32c":
        pytest.importorskip("google_crc32c")
    data = np.frombuffer(_RANDOM.bytes(count), "u1")
    encoded = bytes(raw(numcodecs.get_codec(dict(config)).encode(data)))
    assert bytes(library.encode(config, data)) == encoded
    assert bytes(library.decode(config, encoded)) == data.tobytes()
    wrong = bytearray(encoded)
    wrong[0] ^= 1
    with pytest.raises(sk.KerchunkError, match="checksum"):
        library.decode(config, bytes(wrong))
