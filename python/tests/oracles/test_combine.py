# SPDX-License-Identifier: Apache-2.0
"""`kerchunk combine`: through xarray, each combination is what xarray itself makes of the files; what would give a wrong
value is refused."""
import json
import os

import numpy as np
import pytest
import xarray as xr

import combine_as_kerchunk
import combine_cases
import combine_refusals
import series
from command import CORPUS, CORPUS_ABSENT, kerchunk


def check(case, directory, *more):
    references = series.scanned(case.files, directory / "refs", *case.scan)
    for form in ("json", "parq", *more):
        output = directory / ("all.parq" if form == "parq" else f"all.{form}.json")
        run = series.combine(references, output, *case.options, *(["--zarr-format", "3"] if form == "v3" else []))
        assert case.says in run.err
        found = series.differences(case.want, (series.opened_v3 if form == "v3" else series.opened)(output).load())
        assert not found, form + ": " + "\n".join(found)


@pytest.mark.parametrize("name", combine_cases.CASES)
def test_as_xarray(name, tmp_path):
    check(combine_cases.CASES[name](tmp_path), tmp_path, *(["v3"] if name in combine_cases.IN_ZARR_3 else []))


@pytest.mark.parametrize("name", combine_refusals.REFUSALS)
def test_refused(name, tmp_path):
    refusal = combine_refusals.REFUSALS[name](tmp_path)
    references = series.scanned(refusal.files, tmp_path / "refs", *refusal.scan)
    output = tmp_path / "all.json"
    run = series.combine(references, output, *refusal.options, status=refusal.status)
    assert not [part for part in refusal.says if part not in run.err], run.err
    assert not output.exists() and not run.out


@pytest.mark.parametrize("name", combine_cases.REAL)
def test_parts_of_real_files(name, tmp_path):
    source, count, dimension = combine_cases.REAL[name]
    source = os.path.join(CORPUS, source)
    if not os.path.exists(source):
        pytest.skip(CORPUS_ABSENT)
    files = combine_cases.parts_of(source, tmp_path, count, dimension)
    want = series.loaded(source)
    check(combine_cases.Case(files[::-1], [], want), tmp_path)


@pytest.mark.parametrize("form", ["2", "3"])
def test_inputs_in_other_forms(form, tmp_path):
    """Inputs that are Parquet sets, and Zarr 3 references with holes between them."""
    if form == "2":
        files = series.usual(tmp_path)
        want, options = series.by_coordinates(files), []
        outputs = []
        for path in files:
            outputs.append(path + ".parq")
            assert kerchunk("scan", path, "-o", outputs[-1]).status == 0
    else:
        case = combine_cases.CASES["tiles_with_a_hole"](tmp_path)
        want, options = case.want, case.options
        outputs = series.scanned(case.files, tmp_path / "refs", "--zarr-format", "3")
    for ending, more in (("json", []), ("parq", []), ("v3.json", ["--zarr-format", "3"])):
        output = tmp_path / f"all.{ending}"
        series.combine(outputs, output, *options, *more)
        series.assert_same(want, (series.opened_v3 if more else series.opened)(output))


def test_holes_between_missing_chunks_are_told_apart(tmp_path):
    """Too large to be read, a variable whose missing chunks are zeros gets no fill value for holes."""
    case = combine_cases.CASES["holes_between_missing_chunks"](tmp_path)
    references = series.scanned(case.files, tmp_path / "refs")
    run = series.combine(references, tmp_path / "all.json", *case.options, "--load-threshold", "0", "--load", "x,y", status=1)
    assert "missing chunks" in run.err and "--load z" in run.err


def test_the_plan_names_a_missing_day(tmp_path):
    files = [series.write(tmp_path / f"{i}.nc", series.slices([t], i)) for i, t in enumerate([0.0, 1.0, 2.0, 4.0, 5.0])]
    references = series.scanned(files, tmp_path / "refs")
    plan = series.plan(references)
    (time,) = plan["dimensions"]
    assert (time["name"], time["length"], time["first"], time["last"]) == ("time", 5, "2000-01-01", "2000-01-06")
    assert time["irregular"] == 1 and time["irregular_places"] == [["2000-01-03", "2000-01-05"]]
    run = series.combine(references, tmp_path / "nothing.json", "--dry-run")
    assert "2000-01-03 is followed by 2000-01-05" in run.out and not (tmp_path / "nothing.json").exists()


def test_the_plan_says_what_lands_where(tmp_path):
    files = series.usual(tmp_path, [3, 2])
    references = series.scanned(files[::-1], tmp_path / "refs")
    plan = series.plan(references)
    (time,) = plan["dimensions"]
    assert time["places"] == [{"input": 0, "from": 0, "count": 2, "position": 3}, {"input": 1, "from": 0, "count": 3, "position": 0}]
    variables = {variable["path"]: variable for variable in plan["variables"]}
    assert variables["/tas"]["content"] == "joined" and variables["/tas"]["shape"] == [5, 3, 4]
    assert variables["/tas"]["chunks"] == [1, 3, 4] and variables["/tas"]["inputs"] == [0, 1]
    assert variables["/time"]["content"] == "values" and variables["/lat"]["content"] == "copied"
    assert any("time" in decision for decision in plan["decisions"])


def test_packing_that_is_overridden(tmp_path):
    """What is told not to be looked at is joined as it is stored."""
    files = combine_refusals.other_packing(tmp_path).files
    references = series.scanned(files, tmp_path / "refs")
    series.combine(references, tmp_path / "all.json", *combine_refusals.BIG, "--override", "packing")
    got = series.opened(tmp_path / "all.json", mask_and_scale=False)["tas"]
    parts = [series.loaded(path, mask_and_scale=False)["tas"].values for path in files]
    assert got.attrs["scale_factor"] == 0.5
    np.testing.assert_array_equal(got.values, np.concatenate(parts))


@pytest.mark.parametrize("names", [["time"], ["time", "x", "y"], None])
def test_arrays_without_names_for_all_axes(names, tmp_path):
    """Neither joined nor a trap."""
    references = []
    for i in range(2):
        document = {".zgroup": '{"zarr_format": 2}', "a/.zarray": json.dumps({
            "zarr_format": 2, "shape": [1, 2], "chunks": [1, 2], "dtype": "|u1", "fill_value": None, "order": "C",
            "compressor": None, "filters": None}), "a/.zattrs": json.dumps({"_ARRAY_DIMENSIONS": names} if names else {}), "a/0.0": "ab"}
        references.append(tmp_path / f"{i}.json")
        references[-1].write_text(json.dumps({"version": 1, "refs": document}))
    run = series.combine(references, tmp_path / "all.json", "--concat-dim", "time", "--kerchunk-rules", "--coord", "time=index", status=1)
    assert "/a" in run.err and "2 axes" in run.err


@pytest.mark.parametrize("form", ["json", "parq"])
def test_groups(form, tmp_path):
    """Each group along its own times."""
    def inner(i, start, count, **more):
        return {"time": series.Var("time", np.arange(start, start + count) * 1.0, units="days since 2000-01-01"),
                "u": series.Var("time x", series.field((count, 3), i), chunks=[1, 3]), **more}
    files = [series.write(tmp_path / f"{i}.nc", series.slices(np.arange(2.0) + 2 * i, i), groups={
        "model": inner(i, 3 * i, 3), "model/deep": {"v": series.Var("time", series.field(3, 40 + i), chunks=[3])},
        "constants": {"c": series.Var("k", np.arange(5.0))}}, title="groups") for i in range(3)]
    references = series.scanned(files[::-1], tmp_path / "refs")
    output = tmp_path / f"all.{form}"
    series.combine(references, output)
    for group in ("/", "model", "model/deep", "constants"):
        parts = []
        for path in files:
            with xr.open_dataset(path, engine="netcdf4", group=group) as ds:
                parts.append(ds.load())
        want = parts[0] if group == "constants" else xr.combine_nested(parts, "time", combine_attrs="override", **series.MINIMAL)
        found = series.differences(want, series.opened(output, group).load())
        assert not found, group + ": " + "\n".join(found)


@pytest.mark.parametrize("name", combine_as_kerchunk.CASES)
def test_as_kerchunk(name, tmp_path):
    """By kerchunk's rules, what `MultiZarrToZarr` makes of the same references."""
    case = combine_as_kerchunk.CASES[name](tmp_path)
    references = series.scanned(case.files, tmp_path / "refs")
    want = series.of_kerchunk(series.multi_zarr_to_zarr(references, **case.arguments))
    for name, attribute in case.without:
        del want[name].attrs[attribute]
    series.combine(references, tmp_path / "all.json", "--kerchunk-rules", *case.options)
    found = series.differences(want, series.opened(tmp_path / "all.json").load())
    assert not found, "\n".join(found)
