# SPDX-License-Identifier: Apache-2.0
"""Combining in several steps: appending, saved plans, partitions by many processes, summaries in batches. However a set
comes about, it is the same."""
import os
import random
import warnings

import netCDF4
import numpy as np
import pytest
import xarray as xr

from command import kerchunk
from series import by_coordinates


def run(*arguments, status=0):
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.err[-2000:]}"
    return result


def tree(path):
    """Name → bytes of all files of a set."""
    if os.path.isfile(path):
        with open(path, "rb") as f:
            return {"": f.read()}
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            with open(file, "rb") as f:
                found[os.path.relpath(file, path)] = f.read()
    return found


def assert_same_tree(one, other):
    one, other = tree(one), tree(other)
    assert set(one) == set(other)
    for name in one:
        assert one[name] == other[name], name


def write(path, days, steps=2, chunk=1, rows=4, leading=False):
    """A file with `steps` values of time from day `days` on; with `leading`, time is the second axis."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("time", None if not leading else steps)
        ds.createDimension("y", rows)
        ds.createDimension("x", 6)
        time = ds.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time.calendar = "noleap"
        time[:] = np.arange(steps) + days
        y = ds.createVariable("y", "f4", ("y",))
        y[:] = np.arange(rows)
        rng = np.random.default_rng(days)
        dims = ("y", "time", "x") if leading else ("time", "y", "x")
        sizes = {"time": steps, "y": rows, "x": 6}
        chunks = {"time": chunk, "y": 1, "x": 3}
        v = ds.createVariable("tas", "f4", dims, zlib=True, chunksizes=[chunks[d] for d in dims])
        v.units = "K"
        v[:] = rng.random([sizes[d] for d in dims], dtype="f4")
        n = ds.createVariable("count", "i4", ("time",), chunksizes=(512,) if not leading else None)
        n[:] = np.arange(steps) + 10 * days
        m = ds.createVariable("mask", "i2", ("y", "x"))
        m[:] = np.arange(rows * 6).reshape(rows, 6)


@pytest.fixture(scope="module", params=[False, True], ids=["time first", "time second"])
def series(request, tmp_path_factory):
    """Twelve files, their references, and the whole as Parquet and JSON."""
    folder = tmp_path_factory.mktemp("series")
    for number in range(12):
        write(folder / f"f{number:02}.nc", 2 * number, leading=request.param)
    run("scan", folder / "*.nc", "-o", folder / "refs", "--inline-threshold", "60", "-q")
    refs = sorted(str(p) for p in (folder / "refs").iterdir())
    run("combine", *refs, "-o", folder / "all.parq", "--record-size", "10", "-q")
    run("combine", *refs, "-o", folder / "all.json", "-q")
    return folder, refs, request.param


def opened(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return xr.open_dataset(str(path), engine="kerchunk").load()


def test_the_whole_is_what_xarray_makes_of_the_files(series):
    folder, refs, _ = series
    files = [str(folder / f"f{number:02}.nc") for number in range(12)]
    whole = by_coordinates(files)
    for form in ["all.json", "all.parq"]:
        xr.testing.assert_identical(opened(folder / form), whole)


@pytest.mark.parametrize("first", [1, 5, 11])
@pytest.mark.parametrize("form", ["parq", "json"])
def test_appended_inputs_give_the_same_set(series, tmp_path, first, form):
    folder, refs, is_second = series
    out = tmp_path / f"out.{form}"
    size = ["--record-size", "10"] if form == "parq" else []
    run("combine", *refs[:first], "-o", out, "-q", "--concat-dim", "time", *size)
    before = {name: os.stat(out / name).st_ino for name in tree(out)} if form == "parq" else {}
    run("combine", *refs[first:], "-o", out, "-q", "--append")
    assert_same_tree(out, folder / f"all.{form}")
    if form == "parq":
        kept = {name for name, inode in before.items() if (out / name).exists() and os.stat(out / name).st_ino == inode}
        chunks = 2 * first * 8  # of tas
        whole = {f"tas/refs.{number}.parq" for number in range(chunks // 10)}
        # along the slowest axis only what changes is written
        assert {name for name in kept if name.startswith("tas/")} == (set() if is_second else whole)
        assert "mask/refs.0.parq" in kept
    assert sorted(os.listdir(tmp_path)) == [f"out.{form}"]


def test_one_by_one(series, tmp_path):
    folder, refs, _ = series
    out = tmp_path / "out.parq"
    run("combine", refs[0], "-o", out, "-q", "--concat-dim", "time", "--record-size", "10")
    for name in refs[1:]:
        run("combine", name, "-o", out, "-q", "--append")
    assert_same_tree(out, folder / "all.parq")


def test_appending_twice_is_refused_or_does_nothing(series, tmp_path):
    folder, refs, _ = series
    out = tmp_path / "out.parq"
    run("combine", *refs[:6], "-o", out, "-q", "--record-size", "10")
    run("combine", *refs[6:8], "-o", out, "-q", "--append")
    before = tree(out)
    refused = run("combine", *refs[6:8], "-o", out, "-q", "--append", "--concat-dim", "time", status=1)
    assert "both have time = 2000-01-13" in refused.err and "--duplicates" in refused.err
    assert tree(out) == before
    done = run("combine", *refs[6:8], "-o", out, "--append", "--concat-dim", "time", "--duplicates", "first")
    assert "nothing to append" in done.err
    assert tree(out) == before
    absent = run("combine", refs[0], "-o", tmp_path / "none.parq", "--append", status=1)
    assert "no reference set to append to" in absent.err


def test_a_set_that_ends_inside_a_chunk_is_not_appended_to(tmp_path):
    for number, steps in enumerate([3, 4, 4]):
        write(tmp_path / f"f{number}.nc", [0, 3, 7][number], steps, chunk=2)
    run("scan", tmp_path / "*.nc", "-o", tmp_path / "refs", "-q")
    refs = sorted(str(p) for p in (tmp_path / "refs").iterdir())
    out = tmp_path / "out.parq"
    run("combine", refs[0], "-o", out, "-q", "--concat-dim", "time")
    before = tree(out)
    refused = run("combine", refs[1], "-o", out, "-q", "--append", "--load-threshold", "0", status=1)
    assert '"/tas"' in refused.err and "not a multiple of the chunk length 2" in refused.err, refused.err
    assert tree(out) == before


def test_a_dimension_that_the_new_inputs_lack_is_appended_along(series, tmp_path):
    folder, refs, _ = series
    rule = ["--concat-dim", "run", "--coord", r"run=regex:f(\d+)", "--coord-dtype", "run=i4"]
    at_once = tmp_path / "all.parq"
    run("combine", *refs[:4], "-o", at_once, "-q", *rule, "--override", "coordinates", "--drop", "mask")
    out = tmp_path / "out.parq"
    run("combine", *refs[:2], "-o", out, "-q", *rule, "--override", "coordinates", "--drop", "mask")
    run("combine", *refs[2:4], "-o", out, "-q", "--append", *rule, "--override", "coordinates", "--drop", "mask")
    xr.testing.assert_identical(opened(out), opened(at_once))
    assert list(opened(out)["run"].values) == [0, 1, 2, 3]
    counted = tmp_path / "counted.json"
    rule = ["--concat-dim", "run", "--coord", "run=index", "--override", "coordinates", "--drop", "mask"]
    run("combine", *refs[:2], "-o", counted, "-q", *rule)
    run("combine", *refs[2:5], "-o", counted, "-q", "--append", *rule)
    assert list(opened(counted)["run"].values) == [0, 1, 2, 3, 4]


def test_partitions_in_any_order_by_any_process(series, tmp_path):
    folder, refs, _ = series
    plan, out = tmp_path / "plan.json", tmp_path / "out.parq"
    run("plan", *refs, "-o", plan, "-q", "--record-size", "10")
    count = int(run("execute", plan, "--count").out)
    seed = 20
    cuts = sorted(random.Random(seed).sample(range(1, count), 5))
    ranges = list(zip([0, *cuts], [*cuts, count]))
    random.Random(seed).shuffle(ranges)
    for first, end in ranges[:-1]:
        run("execute", plan, "-o", out, "--partitions", f"{first}:{end}")
    early = run("execute", plan, "-o", out, "--finish", status=1)
    assert "was not written" in early.err and not out.exists()
    run("execute", plan, "-o", out, "--partitions", "%d:%d" % ranges[-1])
    run("execute", plan, "-o", out, "--finish")
    assert_same_tree(out, folder / "all.parq")
    run("execute", plan, "-o", tmp_path / "once.parq")
    assert_same_tree(tmp_path / "once.parq", folder / "all.parq")
    run("execute", plan, "-o", tmp_path / "once.json")
    assert_same_tree(tmp_path / "once.json", folder / "all.json")
    assert sorted(os.listdir(tmp_path)) == ["once.json", "once.parq", "out.parq", "plan.json"]


def test_summaries_in_batches_give_the_same_plan(series, tmp_path):
    folder, refs, _ = series
    run("summarize", *refs[:5], "-o", tmp_path / "a.json")
    run("summarize", *refs[5:], "-o", tmp_path / "b.json", "--first-index", "5")
    run("plan", "--summaries", tmp_path / "a.json", tmp_path / "b.json", "-o", tmp_path / "batches.json", "-q")
    run("plan", *refs, "-o", tmp_path / "once.json", "-q")
    assert_same_tree(tmp_path / "batches.json", tmp_path / "once.json")


def test_a_plan_whose_inputs_have_changed_is_not_executed(series, tmp_path):
    folder, refs, _ = series
    copies = []
    for name in refs[:3]:
        copies.append(tmp_path / os.path.basename(name))
        copies[-1].write_bytes(open(name, "rb").read())
    run("plan", *copies, "-o", tmp_path / "plan.json", "-q")
    os.utime(copies[1], (1, 1))
    refused = run("execute", tmp_path / "plan.json", "-o", tmp_path / "out.parq", status=1)
    assert "has changed since" in refused.err and copies[1].name in refused.err
    assert not (tmp_path / "out.parq").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"kerchunk": "0.1.0"}', '{"plan": {}}'])
def test_what_is_no_plan_is_refused(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    run("execute", tmp_path / "plan.json", "-o", tmp_path / "out.parq", status=1)
    assert os.listdir(tmp_path) == ["plan.json"]
