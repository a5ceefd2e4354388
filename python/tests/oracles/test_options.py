# SPDX-License-Identifier: Apache-2.0
"""What the options of a scan change, and that the values stay the same."""
import base64
import json
import os

import h5py
import numpy as np
import pytest

import arrays
from command import FIXTURES, kerchunk
from locations import is_chunk
from outcomes import open_group

CLIMATE = os.path.join(FIXTURES, "netcdf4", "climate.nc")


def hdf5(name):
    return os.path.join(FIXTURES, "hdf5", name)


@pytest.fixture
def scan(tmp_path):
    def call(path, *options, issues=None):
        out = tmp_path / "refs.json"
        run = kerchunk("scan", path, "-o", out, "--json", "--overwrite", *options)
        assert run.status == 0, run.err
        entry, = run.report
        if issues is not None:
            assert sorted(i["object"] for i in entry["issues"]) == sorted(issues)
        with open(out) as f:
            return json.load(f)["refs"], str(out)

    return call


def chunks(refs, name=""):
    return {key: value for key, value in refs.items() if is_chunk(key) and key.startswith(name)}


def size(value):
    if isinstance(value, list):
        return value[2]
    return len(base64.b64decode(value[7:])) if value.startswith("base64:") else len(value)


def equal(path, output, name, zarr_format=2):
    with h5py.File(path) as f:
        want = arrays.expected(f[name])
        text = arrays.difference(want, open_group(output, zarr_format)[name][...], arrays.is_space_padded(f[name]),
                                 arrays.is_odd_number(f[name]), zarr_format)
    assert text is None, text


# ---------------------------------------------------------------- inlining
def test_threshold_zero_inlines_nothing(scan):
    refs, _ = scan(CLIMATE, "--inline-threshold", 0)
    assert all(isinstance(value, list) for value in chunks(refs).values())


def test_threshold_counts_stored_bytes(scan):
    all_ranges, _ = scan(CLIMATE, "--inline-threshold", 0)
    sizes = {key: size(value) for key, value in chunks(all_ranges).items()}
    middle = sorted(sizes.values())[len(sizes) // 2]
    refs, _ = scan(CLIMATE, "--inline-threshold", middle)
    inlined = {key for key, value in chunks(refs).items() if isinstance(value, str)}
    assert {key for key, n in sizes.items() if n < middle} <= inlined <= {key for key, n in sizes.items() if n <= middle}
    assert 0 < len(inlined) < len(sizes)


def test_default_threshold_is_500(scan):
    assert scan(CLIMATE)[0] == scan(CLIMATE, "--inline-threshold", 500)[0]


def test_inlined_bytes_are_those_of_the_file(scan):
    ranges = chunks(scan(CLIMATE, "--inline-threshold", 0)[0])
    inlined = chunks(scan(CLIMATE, "--inline-threshold", 10**9)[0])
    with open(CLIMATE, "rb") as f:
        whole = f.read()
    assert ranges.keys() == inlined.keys() and all(isinstance(v, str) for v in inlined.values())
    for key, (_, offset, length) in ranges.items():
        value = inlined[key]
        got = base64.b64decode(value[7:]) if value.startswith("base64:") else value.encode("ascii")
        assert got == whole[offset : offset + length], key


@pytest.mark.parametrize("threshold", [0, 500, 10**9])
def test_values_do_not_depend_on_the_threshold(scan, threshold):
    _, out = scan(CLIMATE, "--inline-threshold", threshold)
    for name in ("tas", "time", "lat"):
        equal(CLIMATE, out, name)


# ---------------------------------------------------------------- splitting
@pytest.mark.parametrize("limit", [1, 16, 50, 128, 500, 10**6])
@pytest.mark.parametrize("name", ["even", "prime", "line"])
def test_splitting_keeps_values(scan, limit, name):
    path = hdf5("contiguous_large.h5")
    refs, out = scan(path, "--max-chunk-size", limit, "--inline-threshold", 0)
    equal(path, out, name)


@pytest.mark.parametrize("limit", [48, 128, 512])
def test_splitting_bounds_chunks(scan, limit):
    refs, _ = scan(hdf5("contiguous_large.h5"), "--max-chunk-size", limit, "--inline-threshold", 0, issues=[])
    even = chunks(refs, "even/")
    assert len(even) >= 12 * 8 * 4 * 4 // limit
    assert max(map(size, even.values())) <= limit
    assert len({size(v) for v in even.values()}) == 1, "equal parts only"
    document = json.loads(refs["even/.zarray"])
    assert all(n % c == 0 for n, c in zip(document["shape"], document["chunks"]))


def test_splitting_leaves_chunked_data_alone(scan):
    path = hdf5("chunks_fixed_array.h5")
    assert scan(path, "--max-chunk-size", 2)[0] == scan(path)[0]


# ---------------------------------------------------------------- text
def test_text_is_embedded_by_default(scan):
    path = hdf5("types_text.h5")
    assert scan(path)[0] == scan(path, "--vlen-encode", "embed")[0]


def test_text_left_as_it_is(scan):
    refs, out = scan(hdf5("types_text.h5"), "--vlen-encode", "leave")
    assert json.loads(refs["text/.zarray"])["dtype"] == "|S16"
    assert open_group(out)["text"][...].dtype == "S16"


@pytest.mark.parametrize("mode", ["null", "encode"])
def test_text_through_our_codec(scan, mode):
    refs, _ = scan(hdf5("types_text.h5"), "--vlen-encode", mode)
    document = json.loads(refs["text/.zarray"])
    assert document["dtype"] == "|O"
    assert [f["id"] for f in document["filters"]][0] == "vlen-utf8" and len(document["filters"]) == 2


# ---------------------------------------------------------------- codecs
OURS = {"lzf": "swift_kerchunk.lzf", "lz4": "swift_kerchunk.lz4", "bitshuffle": "swift_kerchunk.bitshuffle"}


def codec_ids(refs, name):
    document = json.loads(refs[f"{name}/.zarray"])
    return [c["id"] for c in [*(document["filters"] or []), document["compressor"]] if c]


def test_large_data_behind_unknown_codecs_are_issues_that_name_the_option(scan, tmp_path):
    path = hdf5("filters_large.h5")
    refs, _ = scan(path, "--codecs", "zarr", issues=["/" + name for name in OURS])
    assert not any(key.startswith(tuple(OURS)) for key in chunks(refs))
    entry, = kerchunk("scan", path, "-o", tmp_path / "again.json", "--json", "--codecs", "zarr").report
    assert all("--codecs auto" in i["reason"] + (i["remedy"] or "") for i in entry["issues"])
    assert entry["notes"] == []


def test_large_data_behind_unknown_codecs_get_ours_and_one_note(tmp_path):
    path = hdf5("filters_large.h5")
    out = tmp_path / "refs.json"
    entry, = kerchunk("scan", path, "-o", out, "--json", "--strict").report
    assert entry["issues"] == []
    (note,) = entry["notes"]
    assert all(f'"{codec}"' in note["text"] for codec in OURS.values())
    assert note["remedy"] == "pip install swift-kerchunk"
    refs = json.loads(out.read_text())["refs"]
    for name, codec in OURS.items():
        assert codec in codec_ids(refs, name)
    told = kerchunk("scan", path, path, hdf5("filters_builtin.h5"), "-o", f"{tmp_path}/two/").err
    assert told.count("note: readers need the codecs") == 1 and "warning" not in told
    assert kerchunk("scan", path, "-o", out, "--overwrite", "--quiet").err == ""


def test_builds_note_what_their_readers_need(tmp_path):
    for number in range(2):
        with h5py.File(tmp_path / f"{number}.h5", "w") as f:
            f["t"] = np.array([number])
            f["t"].make_scale("t")
            data = f.create_dataset("v", data=np.full((1, 300_000), number, "f4"), chunks=(1, 300_000), compression="lzf")
            data.dims[0].attach_scale(f["t"])
    inputs = [tmp_path / "0.h5", tmp_path / "1.h5"]
    run = kerchunk("build", *inputs, "-o", tmp_path / "all.json", "--concat-dim", "t", "--strict")
    assert run.status == 0 and run.err.count('note: readers need the codec "swift_kerchunk.lzf"; pip install swift-kerchunk') == 1
    run = kerchunk("build", *inputs, "-o", tmp_path / "all.parq", "--concat-dim", "t", "--json")
    assert [note["remedy"] for note in json.loads(run.out)["notes"]] == ["pip install swift-kerchunk"]
    run = kerchunk("build", *inputs, "-o", tmp_path / "less.json", "--concat-dim", "t", "--codecs", "zarr", "--json")
    assert run.status == 0 and "notes" not in json.loads(run.out)


def test_all_codecs_have_ids(scan):
    refs, _ = scan(hdf5("filters_large.h5"), "--codecs", "all", issues=[])
    for name, codec in OURS.items():
        assert codec in codec_ids(refs, name)
    refs, _ = scan(hdf5("filters_szip.h5"), "--codecs", "all", issues=[])
    assert codec_ids(refs, "ec_8") == ["swift_kerchunk.szip"]
    refs, _ = scan(hdf5("filters_nbit.h5"), "--codecs", "all")
    assert codec_ids(refs, "i4_of_12_at_3") == ["swift_kerchunk.integer", "swift_kerchunk.nbit"]
    assert codec_ids(refs, "full") == []  # nothing to undo: all bits are kept
    refs, _ = scan(hdf5("filters_scaleoffset.h5"), "--codecs", "all")
    assert codec_ids(refs, "auto_le_i4") == ["swift_kerchunk.scaleoffset"]


@pytest.mark.parametrize("name", ["filters_szip.h5", "filters_scaleoffset.h5", "filters_nbit.h5", "filters_builtin.h5"])
def test_small_data_behind_unknown_codecs_are_decoded(scan, name):
    refs, out = scan(hdf5(name), issues=[])
    with h5py.File(hdf5(name)) as f:
        names = list(f)
    assert names
    for array in names:
        equal(hdf5(name), out, array)
        assert not any(codec.startswith("swift_kerchunk") for codec in codec_ids(refs, array))


# ---------------------------------------------------------------- fills
def test_fill_limit(scan):
    path = hdf5("fill_many_missing.h5")
    refs, out = scan(path, issues=["/x"])
    assert len(chunks(refs, "x/")) == 1
    assert json.loads(refs["x/.zarray"])["fill_value"] == 6
    assert len(chunks(refs, "few/")) == 50
    equal(path, out, "x")
    equal(path, out, "few")
    refs, out = scan(path, "--fill-limit", 20000, issues=[])
    assert len(chunks(refs, "x/")) == 12000 and json.loads(refs["x/.zarray"])["fill_value"] is None
    equal(path, out, "x")
    refs, out = scan(path, "--fill-limit", 10, issues=["/few", "/x"])
    assert len(chunks(refs, "few/")) == 1


def test_zarr_3_inlines_no_fill(scan):
    path = hdf5("fill_many_missing.h5")
    refs, out = scan(path, "--zarr-format", 3, issues=[])
    assert len(chunks(refs, "x/")) == 1
    assert json.loads(refs["x/zarr.json"])["fill_value"] == 6
    equal(path, out, "x", zarr_format=3)


# the table of fill values: A = `_FillValue`, F = HDF5's own; (name, fill_value, `_FillValue` in .zattrs, missing inlined)
FILLS = [("same_missing", "A", None, False), ("same_full", "A", None, False), ("zero_full", "A", None, False),
         ("differ_full", "A", None, False), ("zero_missing", None, "A", False), ("differ_missing", "A", None, True),
         ("none_missing", None, None, False), ("none_full", None, None, False), ("own_full", None, None, False),
         ("own_missing", None, None, True)]
VALUES = {"float32": -99.0, "int16": -99, "float64": "NaN", "uint8": 255}


@pytest.mark.parametrize("kind", list(VALUES))
@pytest.mark.parametrize("row", FILLS, ids=lambda row: row[0])
def test_table_of_fill_values(scan, kind, row):
    suffix, fill, attribute, inlined = row
    refs, out = scan(hdf5("fill_values.h5"), "--inline-threshold", 0)
    name = f"{kind}_{suffix}"
    known = {"A": VALUES[kind], None: None}
    assert json.loads(refs[f"{name}/.zarray"])["fill_value"] == known[fill]
    attributes = json.loads(refs.get(f"{name}/.zattrs", "{}"))
    found = attributes.get("_FillValue")
    if attribute and kind == "float64":
        assert found is None  # NaN is masked anyway
    else:
        assert found == known[attribute]
    full = suffix.endswith("full")
    values = chunks(refs, name + "/")
    assert len(values) == (4 if full or inlined else 1)
    assert sum(isinstance(v, str) for v in values.values()) == (3 if inlined else 0)
    equal(hdf5("fill_values.h5"), out, name)


# ---------------------------------------------------------------- links and other files
def names(refs):
    return {key[:-8] for key in refs if key.endswith("/.zarray")}


def test_all_links_are_names(scan):
    assert {"a", "b", "g/c"} <= names(scan(hdf5("links_hard.h5"))[0])
    assert {"g/x", "absolute", "relative", "g/inside"} <= names(scan(hdf5("links_soft.h5"))[0])


def test_no_links_keeps_one_name(scan):
    assert names(scan(hdf5("links_hard.h5"), "--no-links")[0]) == {"a"}
    assert names(scan(hdf5("links_soft.h5"), "--no-links")[0]) == {"g/x"}


def test_cycles_end(scan):
    found = names(scan(hdf5("links_cycle.h5"))[0])
    assert "g/h/x" in found and len(found) < 10


def test_files_outside_the_folder_are_not_followed(scan):
    refs, _ = scan(hdf5("external_raw_outside.h5"), issues=["/absolute"])
    assert not any("hostname" in str(value) for value in refs.values())
    assert not chunks(refs, "absolute/")


def test_external_raw_data(scan):
    os.environ["HDF5_EXTFILE_PREFIX"] = "${ORIGIN}"
    refs, out = scan(hdf5("external_raw.h5"), "--inline-threshold", 0, issues=["/absent"])
    assert refs["offset/0.0"] == [hdf5("external_raw_a.bin"), 4, 96]
    assert {tuple(v) for v in chunks(refs, "two/").values()} == {(hdf5("external_raw_a.bin"), 4, 48),
                                                                 (hdf5("external_raw_b.bin"), 0, 48)}


def test_virtual_datasets_of_whole_chunks(scan):
    refs, out = scan(hdf5("virtual.h5"), "--inline-threshold", 0)
    sources = {value[0] for value in chunks(refs, "stack_chunked/").values()}
    assert sources == {hdf5("virtual_source_0.h5"), hdf5("virtual_source_1.h5")}
    for name in ("stack", "stack_chunked", "beside", "gap"):
        equal(hdf5("virtual.h5"), out, name)


# ---------------------------------------------------------------- documents
def test_consolidated_metadata_are_the_documents(scan):
    refs, _ = scan(os.path.join(FIXTURES, "netcdf4", "groups.nc"))
    consolidated = json.loads(refs[".zmetadata"])
    assert consolidated["zarr_consolidated_format"] == 1
    documents = {key: json.loads(value) for key, value in refs.items()
                 if key.rsplit("/", 1)[-1] in (".zarray", ".zattrs", ".zgroup")}
    assert consolidated["metadata"] == documents


def test_zarr_3_documents(scan):
    refs, out = scan(os.path.join(FIXTURES, "netcdf4", "groups.nc"), "--zarr-format", 3)
    root = json.loads(refs["zarr.json"])
    assert root["node_type"] == "group" and "g/b" in root["consolidated_metadata"]["metadata"]
    assert not any(key.rsplit("/", 1)[-1].startswith(".z") for key in refs)
    assert json.loads(refs["g/b/zarr.json"])["dimension_names"] == ["time", "y"]
    equal(os.path.join(FIXTURES, "netcdf4", "groups.nc"), out, "g/b", zarr_format=3)


ATTRIBUTES = {
    "int8": -5, "uint64": 2**64 - 1, "int64": -(2**63), "beyond_doubles": 2**53 + 1, "float64": 0.1,
    "float32": float(np.float32(0.1)), "float16": float(np.float16(0.1)), "big_endian": [1.5, 2.5], "empty_array": [],
    "empty_text": "", "one": 3, "two_dimensions": [[1, 2, 3], [4, 5, 6]], "fixed_text": "fixed",
    "fixed_texts": ["ab", "c", ""], "utf8": "grüße 日本", "texts": ["ä", "", "long enough to see"], "enum": [1, 0],
    'quotes " and \\ and \n': "control \x01 \x1f \x7f", "latin1": "grü", "null_terminated": "ab  ",
}


@pytest.mark.parametrize("file", ["attributes_compact.h5", "attributes_dense.h5"])
def test_attributes(scan, file):
    refs, _ = scan(hdf5(file))
    found = json.loads(refs["x/.zattrs"])
    assert {name: found.get(name, "(missing)") for name in ATTRIBUTES} == ATTRIBUTES
    assert found["nan"] == "NaN"
    assert found["infinities"][:2] == ["Infinity", "-Infinity"] and str(found["infinities"][3]) == "-0.0"
    assert {"complex", "opaque", "compound", "lists", "reference"} <= set(found), "kept as text"
    assert isinstance(found["complex"], str)
    if file == "attributes_dense.h5":
        assert found["huge"] == list(map(float, range(600)))


def test_names_of_all_sorts(scan):
    refs, out = scan(hdf5("links_odd_names.h5"))
    group = open_group(out)
    with h5py.File(hdf5("links_odd_names.h5")) as f:
        for name in ("a.b", "0", "quo\"te", "new\nline", "Größe", "日本", "{{u}}", "a%20b", "x" * 300, "-dash"):
            assert f"{name}/.zarray" in refs, name
            assert int(group[name][...]) == int(f[name][()]), name
