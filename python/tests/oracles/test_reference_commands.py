# SPDX-License-Identifier: Apache-2.0
"""The commands that change reference sets: what fsspec and zarr read before, they read after, in JSON and in Parquet."""
import glob
import json
import os
import shutil
import warnings

import fsspec
import numpy as np
import pytest
import xarray as xr
import zarr
from zarr.storage import FsspecStore

import reference_sets
from command import FIXTURES, kerchunk

NETCDF = sorted(glob.glob(os.path.join(FIXTURES, "netcdf4", "*.nc")))


def run(*arguments, status=0):
    """Runs the command, which must end with `status`."""
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.err[-2000:]}"
    return result


def opened(references):
    # told the protocol, fsspec need not look for it in the references, which fails at groups of Parquet sets
    fs = fsspec.filesystem("reference", fo=references if isinstance(references, dict) else str(references),
                           remote_protocol="file", asynchronous=True, skip_instance_cache=True)
    return zarr.open_group(FsspecStore(fs, read_only=True), mode="r", zarr_format=2)


def contents(references):
    """path → (attributes, values) of all arrays, "" → attributes of the root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = opened(references)
        found = {"": (dict(root.attrs), None)}
        # zarr finds members through consolidated metadata; raw references of the test itself have none
        for path, member in root.members(max_depth=None):
            is_array = isinstance(member, zarr.Array)
            found[path] = (dict(member.attrs), np.asarray(member[...]) if is_array else None)
        return found


def assert_same(got, wanted):
    assert set(got) == set(wanted)
    for path, (attributes, values) in wanted.items():
        said, known = (json.dumps(reference_sets.standard(one), sort_keys=True) for one in (got[path][0], attributes))
        assert said == known, path
        if values is not None:
            assert got[path][1].dtype == values.dtype, path
            np.testing.assert_array_equal(got[path][1], values, err_msg=path)


def references(path):
    with open(path) as f:
        return json.load(f)["refs"]


def zarray(shape, chunks, dtype="<f8", fill=-1.0, **more):
    return json.dumps({"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": dtype, "fill_value": fill,
                       "order": "C", "compressor": None, "filters": None, **more})


def dims(*names, **attributes):
    return json.dumps({"_ARRAY_DIMENSIONS": list(names), **attributes})


def inline(values):
    import base64

    return "base64:" + base64.b64encode(np.asarray(values).tobytes()).decode()


@pytest.fixture
def sample(tmp_path):
    """All kinds of arrays over one file of doubles that are their own positions."""
    data = str(tmp_path / "data.bin")
    np.arange(2000, dtype="<f8").tofile(data)
    whole = str(tmp_path / "whole.bin")
    np.arange(6, dtype="<f8").tofile(whole)
    refs = {
        ".zgroup": json.dumps({"zarr_format": 2}), ".zattrs": json.dumps({"title": "all kinds"}),
        "tas/.zarray": zarray([10, 6], [2, 3]), "tas/.zattrs": dims("time", "x", units="K"),
        "time/.zarray": zarray([10], [10]), "time/.zattrs": dims("time", units="days since 2000-02-25", calendar="standard"),
        "time/0": inline(np.arange(10, dtype="<f8")),
        "scalar/.zarray": zarray([], []), "scalar/.zattrs": dims(), "scalar/0": [data, 80, 8],
        "empty/.zarray": zarray([0, 3], [1, 3]), "empty/.zattrs": dims("none", "x3"),
        "nowhere/.zarray": zarray([6], [2]), "nowhere/.zattrs": dims("six"),
        "a/.zgroup": json.dumps({"zarr_format": 2}), "a/.zattrs": "{}",
        "a/b/.zgroup": json.dumps({"zarr_format": 2}), "a/b/.zattrs": json.dumps({"level": 2}),
        "a/b/deep/.zarray": zarray([5], [2]), "a/b/deep/.zattrs": dims("d"),
    }
    for i in range(5):
        for j in range(2):
            position = 2 * i + j
            if position not in (2, 7, 8, 9):
                refs[f"tas/{i}.{j}"] = [data, position * 48, 48]
    refs["tas/1.1"] = inline(np.arange(900, 906, dtype="<f8"))
    refs["tas/2.1"] = [whole]
    for i in range(3):
        refs[f"a/b/deep/{i}"] = [data, 800 + 16 * i, 16]
    path = tmp_path / "sample.json"
    path.write_text(json.dumps({"version": 1, "refs": refs}))
    return str(path)


@pytest.fixture(params=["json", "parquet"])
def form(request, sample, tmp_path):
    """The sample in one of the two forms, and the ending of outputs in that form."""
    plain = str(tmp_path / "plain.json")
    run("consolidate", sample, "-o", plain)
    if request.param == "json":
        return plain, ".json"
    path = str(tmp_path / "plain.parq")
    run("convert", sample, "-o", path, "--record-size", 3)
    return path, ".parq"


@pytest.fixture
def right(sample, tmp_path):
    path = str(tmp_path / "right.json")
    run("consolidate", sample, "-o", path)
    return contents(path)


# convert


def test_consolidated_metadata_show_what_was_there(sample, right):
    root = opened(sample)
    for path in ["tas", "time", "scalar", "nowhere", "a/b/deep"]:
        np.testing.assert_array_equal(root[path][...], right[path][1], err_msg=path)
    assert {"a", "a/b", "a/b/deep", "empty"} <= set(right)


@pytest.mark.parametrize("record_size", [1, 4, 100_000])
def test_json_becomes_parquet_and_json_again(sample, right, tmp_path, record_size):
    parquet, again = tmp_path / "out.parq", tmp_path / "again.json"
    run("convert", sample, "-o", parquet, "--record-size", record_size)
    assert_same(contents(parquet), right)
    run("convert", parquet, "-o", again)
    assert_same(contents(again), right)
    before = {key: value for key, value in references(sample).items() if not key.split("/")[-1].startswith(".z")}
    after = {key: value for key, value in references(again).items() if not key.split("/")[-1].startswith(".z")}
    assert after == before


@pytest.mark.parametrize("path", NETCDF, ids=os.path.basename)
def test_fixtures_survive_both_ways(path, tmp_path):
    first, parquet, again = tmp_path / "first.json", tmp_path / "set.parq", tmp_path / "again.json"
    run("scan", path, "-o", first, "--inline-threshold", 100)
    run("convert", first, "-o", parquet, "--record-size", 2)
    run("convert", parquet, "-o", again)
    old, new = json.loads(first.read_text()), json.loads(again.read_text())
    assert {key: value for key, value in new["refs"].items()} == old["refs"]
    named = {value[0] for value in old["refs"].values() if isinstance(value, list)}
    assert {url: stamp for url, stamp in old["sources"].items() if url in named} == new["sources"]
    assert_same(contents(parquet), contents(first))


def test_a_set_may_be_converted_onto_itself(form, right):
    path, ending = form
    run("convert", path, "-o", path, "--overwrite", "--record-size", 7)
    assert_same(contents(path), right)
    assert run("convert", path, "-o", path, status=1).err.startswith("error: the output already exists")


def test_an_output_never_replaces_the_data(sample, tmp_path):
    data = tmp_path / "data.bin"
    content = data.read_bytes()
    for start, status, sentence in (
        (b"data", 1, "not a reference set"), (b"{ata", 2, "would replace a file that the references point to"),
    ):
        data.write_bytes(start + content[4:])
        result = run("convert", sample, "-o", data, "--overwrite", status=status)
        assert sentence in result.err
        assert data.read_bytes() == start + content[4:] and not glob.glob(str(tmp_path / "*.partial-*"))


def test_filled_parquet_is_read_with_pyarrow(sample, right, tmp_path):
    path = tmp_path / "out.parq"
    run("convert", sample, "-o", path, "--fill-missing")
    assert_same(contents(path), right)


def test_a_scan_goes_straight_to_parquet(tmp_path):
    source = os.path.join(FIXTURES, "netcdf4", "climate.nc")
    run("scan", source, "-o", tmp_path / "a.json")
    run("scan", source, "-o", tmp_path / "a.parq", "--record-size", 5)
    assert_same(contents(tmp_path / "a.parq"), contents(tmp_path / "a.json"))
    assert json.loads((tmp_path / "a.parq" / ".zmetadata").read_text())["record_size"] == 5
    assert run("scan", source, "-o", tmp_path / "a.parq", status=1).err.count("--overwrite") == 1
    run("scan", source, "-o", tmp_path / "a.parq", "--overwrite")
    assert run("scan", source, "-o", tmp_path / "b.parq", "--zarr-format", 3, status=2)


def test_xarray_opens_what_was_written(form, tmp_path):
    path, ending = form
    ds = xr.open_dataset(path, engine="kerchunk", backend_kwargs={}) if ending == ".json" else xr.open_dataset(
        fsspec.filesystem("reference", fo=path, remote_protocol="file", skip_instance_cache=True).get_mapper(""), engine="zarr",
        backend_kwargs={"consolidated": False})
    assert ds.tas.dims == ("time", "x") and str(ds.time.values[5])[:10] == "2000-03-01"
    assert np.isnan(ds.tas.values[2:4, 0:3]).all()


# inspect


def inspected(path, name):
    report = json.loads(run("inspect", path, "--json").out)
    variables = {variable["path"]: variable for group in report["groups"] for variable in group["variables"]}
    return report, variables[name]


def test_what_is_missing_is_named_by_dates(form):
    path, ending = form
    report, tas = inspected(path, "/tas")
    assert (tas["references"], tas["inline"], tas["missing"]) == (5, 1, 4)
    time, x = tas["gaps"]
    assert time["dimension"] == "time" and x["dimension"] == "x"
    assert [(gap["start"], gap["stop"], gap["missing"], gap["chunks"]) for gap in time["ranges"]] == [
        (2, 4, 1, 2), (6, 8, 1, 2), (8, 10, 2, 2)]
    assert [(gap["first"], gap["last"]) for gap in time["ranges"]] == [
        ("2000-02-27", "2000-02-28"), ("2000-03-02", "2000-03-03"), ("2000-03-04", "2000-03-05")]
    assert x["ranges"][0]["first"] is None, "x has no coordinate"
    text = run("inspect", path).out
    assert "missing along time:\n      2 to 3 (2000-02-27 to 2000-02-28): 1 of 2 chunks" in text
    assert "8 to 9 (2000-03-04 to 2000-03-05): all" in text
    assert report["totals"] | {"sources": 2, "missing": 7, "inline": 2} == report["totals"]
    assert sorted(source["references"] for source in report["sources"]) == [1, 8]


@pytest.mark.parametrize("calendar", ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"])
def test_dates_are_those_of_cftime(tmp_path, calendar):
    import cftime

    values = np.array([-800000.5, -1.25, 0, 58, 59, 60, 365, 146097, 1e6])
    units = "days since 1900-02-01 06:00"
    refs = {".zgroup": '{"zarr_format": 2}', "time/.zarray": zarray([9], [9]), "time/0": inline(values),
            "time/.zattrs": dims("time", units=units, calendar=calendar),
            "v/.zarray": zarray([9, 2], [1, 1]), "v/.zattrs": dims("time", "x")}
    refs |= {f"v/{i}.{j}": inline([1.0]) for i in range(9) for j in range(2) if (i + j) % 2 and i < 9}
    refs |= {f"v/{i}.1": inline([1.0]) for i in range(1, 9, 2)}
    path = tmp_path / "refs.json"
    path.write_text(json.dumps({"version": 1, "refs": refs}))
    _, v = inspected(path, "/v")
    shown = {gap["start"]: gap["first"] for gap in v["gaps"][0]["ranges"]}
    for index in (0, 2, 4, 6, 8):
        date = cftime.num2date(values[index], units, calendar)
        assert shown[index] == date.isoformat().removesuffix("T00:00:00"), index


# verify


def verified(path, *options, status):
    return json.loads(run("verify", path, "--json", *options, status=status).out)


def test_references_that_are_true(form):
    path, ending = form
    result = verified(path, "--read", 100, status=0)
    assert result["ok"] and (result["references"], result["inline"], result["read"]) == (9, 2, 11)
    assert "2 sources (0 with problems), 9 references, 2 inline" in run("verify", path).out


def test_a_sample_is_drawn_by_its_seed(form):
    path, ending = form
    assert verified(path, "--read", 4, "--seed", 3, status=0)["read"] == 4


def test_sources_that_changed_or_went(tmp_path):
    source = tmp_path / "climate.nc"
    shutil.copy(os.path.join(FIXTURES, "netcdf4", "climate.nc"), source)
    for out in (tmp_path / "refs.json", tmp_path / "refs.parq"):
        run("scan", source, "-o", out, "--inline-threshold", 0)
        assert verified(out, "--read", 10, status=0)["sources"][0]["recorded"]
    os.utime(source, ns=(1, 1))
    for out in (tmp_path / "refs.json", tmp_path / "refs.parq"):
        assert verified(out, status=1)["sources"][0]["problem"].startswith("changed: modified at 1970-01-01 UTC, but at ")
    with open(source, "r+b") as f:
        f.truncate(3000)
    for out in (tmp_path / "refs.json", tmp_path / "refs.parq"):
        found = verified(out, status=1)["sources"][0]
        assert found["problem"].startswith("changed: 3000 bytes, but ") and found["outside"] > 0
    source.unlink()
    for out in (tmp_path / "refs.json", tmp_path / "refs.parq"):
        assert "no such file" in verified(out, status=1)["sources"][0]["problem"].lower()


def test_ranges_beyond_the_end_without_a_record(sample, tmp_path):
    with open(tmp_path / "data.bin", "r+b") as f:
        f.truncate(820)
    result = verified(sample, status=1)
    data, = [source for source in result["sources"] if source["url"].endswith("data.bin")]
    assert data["outside"] == 2 and data["problem"] == "a reference ends at byte 832, but the file at byte 820"


def test_chunks_that_do_not_decode(tmp_path):
    source = tmp_path / "compressed.nc"
    shutil.copy(os.path.join(FIXTURES, "netcdf4", "compressed.nc"), source)
    run("scan", source, "-o", tmp_path / "refs.json", "--inline-threshold", 0)
    assert verified(tmp_path / "refs.json", "--read", 1000, status=0)["bad_chunks"] == []
    refs = json.loads((tmp_path / "refs.json").read_text())
    key, (url, offset, size) = next((k, v) for k, v in refs["refs"].items()
                                    if isinstance(v, list) and v[2] > 10 and '"zlib"' in refs["refs"][k.split("/")[0] + "/.zarray"])
    refs["refs"][key] = [url, offset + 1, size]
    (tmp_path / "refs.json").write_text(json.dumps(refs))
    result = verified(tmp_path / "refs.json", "--read", 1000, status=1)
    assert [chunk["key"] for chunk in result["bad_chunks"]] == [key]


# select, rename, inline


def chunks(path):
    """All references that are no documents, of a set in either form."""
    if str(path).endswith(".parq"):
        plain = str(path) + ".json"
        run("convert", path, "-o", plain, "--overwrite")
        path = plain
    return {key: value for key, value in references(path).items() if not key.split("/")[-1].startswith(".z")}


def test_select_variables(form, right, tmp_path):
    path, ending = form
    out = str(tmp_path / ("out" + ending))
    run("select", path, "-o", out, "--include", "tas", "--include", "/a/b/*")
    assert_same(contents(out), {key: right[key] for key in ["", "tas", "a", "a/b", "a/b/deep"]})
    run("select", path, "-o", out, "--exclude", "d?ep", "--exclude", "time", "--overwrite")
    assert_same(contents(out), {key: right[key] for key in ["", "tas", "scalar", "empty", "nowhere"]})


def test_select_a_group(form, right, tmp_path):
    path, ending = form
    out = str(tmp_path / ("out" + ending))
    run("select", path, "-o", out, "--group", "/a/b")
    assert_same(contents(out), {"": right["a/b"], "deep": right["a/b/deep"]})
    result = json.loads(run("inspect", out, "--json").out)
    assert [os.path.basename(source["url"]) for source in result["sources"]] == ["data.bin"], "others are not kept"


def test_select_says_what_there_is(form, tmp_path):
    path, ending = form
    result = run("select", path, "-o", tmp_path / "out.json", "--include", "tsa", status=2)
    assert 'no variable matches "tsa"; did you mean "tas"?' in result.err
    result = run("select", path, "-o", tmp_path / "out.json", "--include", "wind_speed", status=2)
    assert 'no variable matches "wind_speed"; there are: /tas, /time,' in result.err
    assert "there is no group \"b\"; did you mean \"a/b\"?" in run(
        "select", path, "-o", tmp_path / "out.json", "--group", "b", status=2).err


def test_rename_as_kerchunk_does(form, sample, right, tmp_path):
    from kerchunk.utils import rename_target

    path, ending = form
    out = str(tmp_path / ("out" + ending))
    data, moved = str(tmp_path / "data.bin"), str(tmp_path / "moved.bin")
    run("rename", path, "-o", out, "--map", f"{data}={moved}")
    with open(sample) as f:
        theirs = rename_target(json.load(f), {data: moved})["refs"]
    assert chunks(out) == {key: value for key, value in theirs.items() if not key.split("/")[-1].startswith(".z")}
    os.rename(data, moved)
    assert_same(contents(out), right)


def test_rename_prefixes_and_files(form, tmp_path):
    path, ending = form
    out, names = tmp_path / "out.json", tmp_path / "names.json"
    run("rename", path, "-o", out, "--prefix", f"{tmp_path}=s3://b", "--prefix", f"{tmp_path}/wh=s3://w=/")
    assert {value[0] for value in chunks(out).values() if isinstance(value, list)} == {"s3://b/data.bin", "s3://w=/ole.bin"}
    names.write_text(json.dumps({str(tmp_path / "whole.bin"): "http://h/w=1", "/absent": "/x"}))
    result = run("rename", path, "-o", out, "--map-file", names, "--overwrite")
    assert chunks(out)["tas/2.1"] == ["http://h/w=1"]
    assert 'no reference points to "/absent"' in result.err


def test_a_renamed_source_keeps_only_its_size(tmp_path):
    source = os.path.join(FIXTURES, "netcdf4", "climate.nc")
    run("scan", source, "-o", tmp_path / "a.json", "--inline-threshold", 0)
    run("rename", tmp_path / "a.json", "-o", tmp_path / "b.json", "--map", f"{source}=/else/where.nc")
    assert json.loads((tmp_path / "b.json").read_text())["sources"] == {"/else/where.nc": {"size": os.path.getsize(source)}}


@pytest.mark.parametrize("threshold", [1, 17, 49, 1000])
def test_inline_chunks_as_kerchunk_does(form, sample, right, tmp_path, threshold):
    path, ending = form
    out = str(tmp_path / ("out" + ending))
    run("inline", path, "-o", out, "--threshold", threshold)
    assert_same(contents(out), right)
    limit = lambda key, value: isinstance(value, list) and (len(value) == 1 and 48 < threshold or len(value) == 3 and value[2] < threshold)
    inlined = {key for key, value in chunks(sample).items() if limit(key, value)}
    before, after = chunks(sample), chunks(out)
    assert set(before) == set(after)
    assert {key for key in after if after[key] != before[key]} == inlined
    assert all(isinstance(after[key], str) for key in inlined)


def test_inline_chunks_of_fixtures(tmp_path):
    for path in NETCDF:
        first, out = tmp_path / "first.json", tmp_path / "out.json"
        run("scan", path, "-o", first, "--inline-threshold", 0, "--overwrite")
        run("inline", first, "-o", out, "--threshold", 10**6, "--overwrite")
        assert not any(isinstance(value, list) for value in chunks(out).values()), path
        assert_same(contents(out), contents(first))


def test_inline_arrays(form, right, tmp_path):
    path, ending = form
    out = str(tmp_path / ("out" + ending))
    run("inline", path, "-o", out, "--array", "tas", "--array", "/a/b/deep")
    assert_same(contents(out), right)
    assert {key for key, value in chunks(out).items() if isinstance(value, str)} == {"tas/0.0", "a/b/deep/0", "time/0"}
    run("inline", path, "-o", out, "--array-size", 49, "--overwrite")
    assert_same(contents(out), right)
    assert isinstance(chunks(out)["a/b/deep/0"], str) and "tas/0.0" in chunks(out)
    assert isinstance(chunks(out)["tas/0.0"], list)


@pytest.mark.parametrize("options, theirs", [
    (["--array", "tas", "--array", "/a/b/deep"], {"threshold": 0, "names": ["tas", "a.b.deep"]}),
    (["--array-size", 49], {"threshold": 49}), (["--array-size", 1000, "--array", "scalar"], {"threshold": 1000})])
def test_inline_arrays_as_kerchunk_does(form, sample, right, tmp_path, options, theirs):
    from kerchunk.utils import consolidate, inline_array

    path, ending = form
    out = str(tmp_path / ("out" + ending))
    run("inline", path, "-o", out, *options)
    run("consolidate", sample, "-o", tmp_path / "whole.json")  # it finds no groups without
    with open(tmp_path / "whole.json") as f:
        changed = inline_array({"version": 1, "refs": json.load(f)["refs"]}, **theirs)
    del changed[".zmetadata"]  # that of before
    (tmp_path / "theirs.json").write_text(json.dumps(consolidate(changed)))
    run("consolidate", tmp_path / "theirs.json", "-o", tmp_path / "again.json")
    assert_same(contents(tmp_path / "again.json"), right)
    assert_same(contents(out), right)
    mine, other = chunks(out), chunks(tmp_path / "theirs.json")
    assert set(mine) - set(other) <= {"nowhere/0"}, "zarr writes no chunk of nothing but fill"
    assert set(other) <= set(mine)
    assert all(isinstance(mine[key], str) and isinstance(other.get(key, ""), str) for key in mine if mine[key] != other.get(key))


def test_consolidate_as_kerchunk_does(sample, tmp_path):
    """Its raw references hold bytes; what it makes of them goes on to mean the same."""
    from kerchunk.utils import consolidate

    from reference_sets import is_document, meaning, of_json

    raw = {key: value.encode() if isinstance(value, str) and is_document(key) else value for key, value in references(sample).items()}
    raw |= {"scalar/0": np.float64(10).tobytes(), "nowhere/1": b"sixteen bytes .."}
    theirs = consolidate(raw)
    (tmp_path / "theirs.json").write_text(json.dumps(theirs))
    run("consolidate", tmp_path / "theirs.json", "-o", tmp_path / "out.json")
    ours = references(tmp_path / "out.json")
    assert of_json(tmp_path / "out.json") == meaning(theirs["refs"])
    whole = json.loads(ours[".zmetadata"]) if isinstance(ours[".zmetadata"], str) else ours[".zmetadata"]
    assert whole["zarr_consolidated_format"] == 1
    assert meaning(whole["metadata"]) == {key: value for key, value in meaning(ours).items() if is_document(key)}


def test_inline_compressed_arrays_of_fixtures(tmp_path):
    for path in NETCDF:
        first, out = tmp_path / "first.json", tmp_path / "out.json"
        run("scan", path, "-o", first, "--inline-threshold", 0, "--overwrite")
        run("inline", first, "-o", out, "--array-size", "10MB", "--overwrite")
        assert_same(contents(out), contents(first))


# subchunk, merge, concat-arrays


@pytest.fixture(params=[".json", ".parq"])
def ending(request):
    return request.param


def written(tmp_path, name, refs, ending=".json"):
    """A reference set of this form with these references, given as JSON's."""
    path = tmp_path / (name + ".json")
    path.write_text(json.dumps({"version": 1, "refs": {".zgroup": '{"zarr_format": 2}', ".zattrs": "{}"} | refs}))
    plain = str(tmp_path / (name + ".plain.json"))
    run("consolidate", path, "-o", plain, "--overwrite")
    if ending == ".json":
        return plain
    run("convert", path, "-o", tmp_path / (name + ".parq"), "--record-size", 5, "--overwrite")
    return str(tmp_path / (name + ".parq"))


@pytest.fixture
def raw(tmp_path):
    """A file of doubles that are their own positions."""
    path = str(tmp_path / "raw.bin")
    np.arange(100_000, dtype="<f8").tofile(path)
    return path


@pytest.mark.parametrize("factor, chunks_after", [(1, [4, 6, 2]), (2, [2, 6, 2]), (4, [1, 6, 2]), (8, [1, 3, 2]),
                                                  (24, [1, 1, 2]), (48, [1, 1, 1])])
def test_subchunk(tmp_path, raw, ending, factor, chunks_after):
    refs = {"g/.zgroup": '{"zarr_format": 2}', "g/a/.zarray": zarray([10, 12, 3], [4, 6, 2]), "g/a/.zattrs": dims("x", "y", "z"),
            "b/.zarray": zarray([4], [2]), "b/.zattrs": dims("b"), "b/0": [raw, 0, 16]}
    for n, key in enumerate(f"{i}.{j}.{k}" for i in range(3) for j in range(2) for k in range(2)):
        if n != 4:
            refs[f"g/a/{key}"] = [raw, 1600 + 384 * n, 384]
    refs["g/a/1.1.0"] = inline(np.arange(48, dtype="<f8"))
    path, out = written(tmp_path, "in", refs, ending), str(tmp_path / ("out" + ending))
    right = contents(path)
    run("subchunk", path, "-o", out, "--variable", "g/a", "--factor", factor)
    assert_same(contents(out), right)
    run("convert", out, "-o", tmp_path / "out.check.json")
    assert json.loads(references(tmp_path / "out.check.json")["g/a/.zarray"])["chunks"] == chunks_after


def test_subchunk_as_kerchunk_does(tmp_path, raw):
    from kerchunk.utils import subchunk

    refs = {"a/.zarray": zarray([8, 5], [4, 5]), "a/.zattrs": dims("x", "y"), "a/0.0": [raw, 80, 160], "a/1.0": [raw, 400, 160]}
    path = written(tmp_path, "in", refs)
    run("subchunk", path, "-o", tmp_path / "out.json", "--variable", "a", "--factor", 2)
    with open(path) as f:
        theirs = subchunk(json.load(f), "a", 2)
    assert chunks(tmp_path / "out.json") == {k: v for k, v in theirs.items() if not k.split("/")[-1].startswith(".z")}


def test_subchunk_of_a_fixture(tmp_path):
    import h5py

    source = str(tmp_path / "contiguous.h5")
    with h5py.File(source, "w") as f:
        f["v"] = np.arange(360.0).reshape(30, 12)
    run("scan", source, "-o", tmp_path / "a.json", "--inline-threshold", 0)
    run("subchunk", tmp_path / "a.json", "-o", tmp_path / "b.json", "--variable", "v", "--factor", 90)
    assert_same(contents(tmp_path / "b.json"), contents(tmp_path / "a.json"))
    assert len(chunks(tmp_path / "b.json")) == 90


def test_subchunk_says_what_fits(tmp_path, raw):
    compressed = zarray([4], [4], compressor={"id": "zlib", "level": 1})
    path = written(tmp_path, "in", {"a/.zarray": zarray([6, 4], [6, 4]), "a/0.0": [raw, 0, 192], "c/.zarray": compressed,
                                    "short/.zarray": zarray([4], [4]), "short/0": [raw, 0, 24]})
    out = tmp_path / "out.json"
    assert "into 5 equal parts; factors that fit: 2, 3, 6, 12, 24" in run(
        "subchunk", path, "-o", out, "--variable", "a", "--factor", 5, status=2).err
    assert 'use the codec "zlib"' in run("subchunk", path, "-o", out, "--variable", "c", "--factor", 2, status=1).err
    assert "has 24 bytes, but a chunk of this array has 32" in run(
        "subchunk", path, "-o", out, "--variable", "short", "--factor", 2, status=1).err
    assert not out.exists()


def test_merge_as_kerchunk_does(sample, tmp_path, ending):
    from kerchunk.combine import merge_vars

    plain = str(tmp_path / "plain.json")
    run("consolidate", sample, "-o", plain)
    one, two, out = (str(tmp_path / (name + ending)) for name in ("one", "two", "out"))
    run("select", plain, "-o", one, "--include", "tas", "--include", "time", "--include", "scalar")
    run("select", plain, "-o", two, "--include", "time", "--include", "deep", "--include", "empty", "--include", "nowhere")
    run("merge", one, two, "-o", out)
    assert_same(contents(out), contents(plain))
    files = []
    for path in (one, two):
        run("convert", path, "-o", path + ".m.json")
        files.append(path + ".m.json")
    theirs = merge_vars(files)["refs"]
    assert chunks(out) == {key: value for key, value in theirs.items() if not key.split("/")[-1].startswith(".z")}


def test_merge_compares_values_that_lie_in_different_files(tmp_path):
    for name, variable in (("one", "tas"), ("two", "pr")):
        ds = xr.Dataset({variable: (("time", "x"), np.random.default_rng(1).random((6, 3)))}, {"time": np.arange(6.0)},
                        {"title": name})
        ds.to_netcdf(tmp_path / f"{name}.nc", engine="h5netcdf",
                     encoding={"time": {"zlib": True, "complevel": len(name)}})
        run("scan", tmp_path / f"{name}.nc", "-o", tmp_path / f"{name}.json", "--inline-threshold", 0)
    result = run("merge", tmp_path / "one.json", tmp_path / "two.json", "-o", tmp_path / "out.json")
    assert 'the attribute "title"' in result.err
    found = contents(tmp_path / "out.json")
    one, two = contents(tmp_path / "one.json"), contents(tmp_path / "two.json")
    assert_same(found, one | {"pr": two["pr"]})
    assert run("merge", tmp_path / "one.json", tmp_path / "two.json", "-o", tmp_path / "strict.json", "--strict", status=3)
    assert not (tmp_path / "strict.json").exists()


def test_merge_names_all_conflicts_at_once(tmp_path, raw):
    one = written(tmp_path, "one", {
        "t/.zarray": zarray([2], [2]), "t/.zattrs": dims("t", units="days since 2000-01-01"), "t/0": [raw, 0, 16],
        "x/.zarray": zarray([2], [2]), "x/.zattrs": dims("x"), "x/0": [raw, 0, 16],
        "s/.zarray": zarray([2], [2]), "s/.zattrs": dims("x")})
    two = written(tmp_path, "two", {
        "t/.zarray": zarray([2], [2]), "t/.zattrs": dims("t", units="days since 2001-01-01"), "t/0": [raw, 0, 16],
        "x/.zarray": zarray([2], [2]), "x/.zattrs": dims("x"), "x/0": [raw, 8, 16],
        "s/.zarray": zarray([2], [2], "<f4"), "s/.zattrs": dims("x"), "y/.zarray": zarray([3], [3]), "y/.zattrs": dims("x")})
    error = run("merge", one, two, "-o", tmp_path / "out.json", status=1).err
    assert "cannot merge: 4 conflicts:" in error
    for part in ['"/t": the attribute "units" is "days since 2000-01-01" in', '"/x" has other values in',
                 '"/s": the type is "<f8" in', 'the dimension "x" of "/y" has the length 3 in']:
        assert part in error, error
    assert not (tmp_path / "out.json").exists()


def piece(raw, start, shape, chunk=(2, 3), attributes=None, **more):
    grid = [-(-n // c) for n, c in zip(shape, chunk)]
    refs = {"g/.zgroup": '{"zarr_format": 2}', "g/.zattrs": '{"a": 1}', "g/v/.zarray": zarray(list(shape), list(chunk), **more),
            "g/v/.zattrs": dims("t", "x", **(attributes or {})), "other/.zarray": zarray([1], [1])}
    size = 8 * chunk[0] * chunk[1]
    for n in range(grid[0] * grid[1]):
        if n != 1:
            refs[f"g/v/{n // grid[1]}.{n % grid[1]}"] = [raw, start + size * n, size]
    return refs


@pytest.mark.parametrize("axis, shapes", [(0, [(4, 7), (2, 7), (5, 7)]), (1, [(4, 3), (4, 6), (4, 5)]), ("t", [(4, 7), (3, 7)])])
def test_concat_arrays(tmp_path, raw, ending, axis, shapes):
    from kerchunk.combine import concatenate_arrays

    sets = [written(tmp_path, f"in{n}", piece(raw, 4800 * n, shape), ending) for n, shape in enumerate(shapes)]
    out = str(tmp_path / ("out" + ending))
    run("concat-arrays", *sets, "-o", out, "--array", "g/v", "--axis", axis)
    number = 0 if axis == "t" else axis
    parts = [contents(path)["g/v"] for path in sets]
    found = contents(out)
    assert set(found) == {"", "g", "g/v"} and found["g"][0] == {"a": 1}
    assert found["g/v"][0] == parts[0][0]
    np.testing.assert_array_equal(found["g/v"][1], np.concatenate([part[1] for part in parts], axis=number))
    plain = [str(tmp_path / f"in{n}.plain.json") for n in range(len(sets))]
    theirs = concatenate_arrays(plain, axis=number, path="g.v", check_arrays=True)["refs"]
    assert chunks(out) == {key: value for key, value in theirs.items() if not key.split("/")[-1].startswith(".z")}


def test_concat_arrays_says_what_does_not_fit(tmp_path, raw):
    one = written(tmp_path, "one", piece(raw, 0, (3, 7)))
    two = written(tmp_path, "two", piece(raw, 0, (4, 8), dtype="<i8", attributes={"scale_factor": 2.0}))
    error = run("concat-arrays", one, two, "-o", tmp_path / "out.json", "--array", "g/v", status=1).err
    for part in [f'cannot concatenate "g/v" along axis 0: {one} has 3 elements along axis 0, not a multiple of the chunk length 2',
                 f'the type is "<f8" in {one}, but "<i8" in {two}', f"the shape is [3, 7] in {one}, but [4, 8] in {two}",
                 f'the attribute "scale_factor" is null in {one}, but 2.0 in {two}']:
        assert part in error, error
    assert "no axis 2; the array has 2" in run(
        "concat-arrays", one, one, "-o", tmp_path / "out.json", "--array", "g/v", "--axis", 2, status=2).err
    assert 'no array "v"' in run("concat-arrays", one, one, "-o", tmp_path / "out.json", "--array", "v", status=2).err


def test_codecs_that_decode_alike_are_joined(tmp_path, raw):
    import zlib

    sets = []
    for n, level in enumerate((1, 9)):
        path = tmp_path / f"{n}.bin"
        path.write_bytes(zlib.compress(np.arange(6, dtype="<f8").tobytes(), level))
        refs = piece(str(path), 0, (2, 3), compressor={"id": "zlib", "level": level})
        refs["g/v/0.0"] = [str(path)]
        sets.append(written(tmp_path, f"in{n}", refs))
    run("concat-arrays", *sets, "-o", tmp_path / "out.json", "--array", "g/v")
    assert contents(tmp_path / "out.json")["g/v"][1].tolist() == [[0, 1, 2], [3, 4, 5]] * 2


# forms of JSON


def test_templates_and_generated_references_are_written_out(tmp_path, raw):
    document = {"version": 1, "templates": {"u": str(tmp_path), "f": f"{tmp_path}/{{{{c}}}}.bin"},
                "gen": [{"key": "a/{{i}}", "url": "{{f(c='raw')}}", "offset": "{{i * 16}}", "length": "16",
                         "dimensions": {"i": {"stop": 3}}}],
                "refs": {".zgroup": '{"zarr_format": 2}', ".zattrs": "{}", "a/.zarray": zarray([8], [2]),
                         "a/.zattrs": dims("x"), "a/3": ["{{u}}/raw.bin", 800, 16]}}
    (tmp_path / "in.json").write_text(json.dumps(document))
    run("convert", tmp_path / "in.json", "-o", tmp_path / "out.parq")
    run("convert", tmp_path / "out.parq", "-o", tmp_path / "out.json")
    assert "templates" not in json.loads((tmp_path / "out.json").read_text())
    assert contents(tmp_path / "out.json")["a"][1].tolist() == [0, 1, 2, 3, 4, 5, 100, 101]
    assert_same(contents(tmp_path / "out.parq"), contents(tmp_path / "out.json"))


def test_templates_and_compression_are_written(form, right, tmp_path):
    path, ending = form
    run("convert", path, "-o", tmp_path / "t.json", "--templates")
    assert_same(contents(tmp_path / "t.json"), right)
    run("convert", path, "-o", tmp_path / "c.json.zst", "--templates")
    assert (tmp_path / "c.json.zst").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    run("convert", tmp_path / "c.json.zst", "-o", tmp_path / "again.json")
    assert_same(contents(tmp_path / "again.json"), right)


def decoded(path):
    return xr.open_dataset("reference://", engine="zarr", backend_kwargs={
        "storage_options": {"fo": str(path), "skip_instance_cache": True}, "consolidated": True}).load()


@pytest.mark.parametrize("path", [path for path in NETCDF if not path.endswith(("text.nc", "user_types.nc"))], ids=os.path.basename)
def test_zarr_versions_are_masked_alike(path, tmp_path):
    two, three = tmp_path / "two.json", tmp_path / "three.json"
    run("scan", path, "-o", two)
    run("scan", path, "-o", three, "--zarr-format", 3)
    run("convert", two, "-o", tmp_path / "to3.json", "--zarr-format", 3)
    run("convert", three, "-o", tmp_path / "to2.json")
    right = decoded(two)
    for name in ("three", "to3", "to2"):
        found = decoded(tmp_path / f"{name}.json")
        for variable in right.variables:
            np.testing.assert_array_equal(found[variable].values, right[variable].values, err_msg=f"{name} {variable}")


def test_fsspec_finds_the_protocol_whatever_order_it_looks_in(tmp_path, raw):
    """It goes through all arrays in the order of their names' hashes until it finds a URL."""
    import subprocess
    import sys

    refs = {f"nowhere{i}/.zarray": zarray([6], [2]) for i in range(6)} | {"a/.zarray": zarray([40], [2]), "a/19": [raw, 0, 16]}
    path = written(tmp_path, "in", refs, ".parq")
    code = ("import sys, fsspec, numpy as np, zarr, json\n"
            "fs = fsspec.filesystem('reference', fo=sys.argv[1], skip_instance_cache=True)\n"
            "assert fs.cat('a/19') == np.arange(2.0).tobytes()\n"
            "assert 'nowhere0/.zarray' in fs.find('')\n")
    for seed in range(6):
        result = subprocess.run([sys.executable, "-W", "ignore", "-c", code, path], capture_output=True, text=True,
                                env={**os.environ, "PYTHONHASHSEED": str(seed)})
        assert result.returncode == 0, result.stderr[-1000:]
