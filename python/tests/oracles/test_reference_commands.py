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

from command import FIXTURES, kerchunk

NETCDF = sorted(glob.glob(os.path.join(FIXTURES, "netcdf4", "*.nc")))


def run(*arguments, status=0):
    """Runs the command, which must end with `status`."""
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.err[-2000:]}"
    return result


def opened(references):
    # told the protocol, fsspec need not look for it in the references, which stops at partitions without a file
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
        assert json.dumps(got[path][0], sort_keys=True) == json.dumps(attributes, sort_keys=True), path
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
    assert run("convert", path, "-o", path, status=1).err.startswith("error: the output exists already")


def test_an_output_never_replaces_the_data(sample, tmp_path):
    data = tmp_path / "data.bin"
    size = data.stat().st_size
    result = run("convert", sample, "-o", data, "--overwrite", status=2)
    assert "would replace a file that the references point to" in result.err
    assert data.stat().st_size == size and not glob.glob(str(tmp_path / "*.partial-*"))


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
        assert verified(out, status=1)["sources"][0]["problem"] == "changed: modified since it was scanned"
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
    assert 'no variable matches "tsa"; there are: /tas, /time,' in result.err
    assert "there is no group \"b\"; there are: /, /a, /a/b" in run(
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


def test_inline_compressed_arrays_of_fixtures(tmp_path):
    for path in NETCDF:
        first, out = tmp_path / "first.json", tmp_path / "out.json"
        run("scan", path, "-o", first, "--inline-threshold", 0, "--overwrite")
        run("inline", first, "-o", out, "--array-size", "10MB", "--overwrite")
        assert_same(contents(out), contents(first))
