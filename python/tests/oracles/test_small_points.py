# SPDX-License-Identifier: Apache-2.0
"""What a command says in passing: counts, misspelt options, what was dropped or is absent, reports of failures."""
import json

import netCDF4
import numpy as np
import pytest
import xarray as xr

from command import kerchunk


def write(path, days, *, pr=True, history="made"):
    """Days of `tas` (and `pr`), a chunk each; `tas` is the day."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.history = history
        ds.createDimension("time", None)
        ds.createDimension("x", 2)
        time = ds.createVariable("time", "f8", ("time",), chunksizes=(1,))
        time.units = "days since 2001-01-01"
        time[:] = days
        for name in ("tas", "pr") if pr else ("tas",):
            ds.createVariable(name, "f4", ("time", "x"), chunksizes=(1, 2))[:] = np.repeat(np.array(days), 2).reshape(-1, 2)
    return str(path)


def orbit(path, first, lines=4):
    """Scan lines that are numbered from 0 in each file."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("scanline", None)
        ds.createDimension("pixel", 2)
        ds.createVariable("scanline", "i4", ("scanline",), chunksizes=(lines,))[:] = np.arange(lines)
        ds.createVariable("no2", "f4", ("scanline", "pixel"), chunksizes=(lines, 2))[:] = (
            first + np.arange(2 * lines).reshape(lines, 2))
    return str(path)


def run(*arguments, status=0):
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.out[-500:]} {result.err[-2000:]}"
    return result


def opened(path):
    with xr.open_dataset(str(path), engine="kerchunk", chunks=None) as ds:
        return ds.load()


def test_one_is_no_plural(tmp_path):
    one = write(tmp_path / "a.nc", [0])
    run("scan", one, "-o", tmp_path / "a.json", "--inline-threshold", "0")
    shown = run("inspect", tmp_path / "a.json").out + run("verify", tmp_path / "a.json").out
    assert "1 reference (" in shown and "1 source," in shown
    assert not any(f" 1 {noun}s" in f" {shown}" for noun in ("reference", "source", "chunk", "value"))


@pytest.mark.parametrize(("command", "given", "meant"), [
    ("scan", "--ouput", "--output"), ("inspect", "--var", "--variable"), ("rename", "--prefx", "--prefix"),
    ("build", "--concat-dimm", "--concat-dim"), ("combine", "--dupl", "--duplicates"),
])
def test_misspelt_option(command, given, meant):
    result = run(command, "a.json", given, "x", status=2)
    assert meant in result.err.splitlines()[0]


def test_duplicates_are_an_error_of_their_own(tmp_path):
    days = [write(tmp_path / "a.nc", [0, 1]), write(tmp_path / "b.nc", [1, 2])]
    report = json.loads(run("build", *days, "-o", tmp_path / "o.json", "--json", status=1).out)
    assert report["error"]["kind"] == "duplicate"
    run("build", days[0], "-o", tmp_path / "o.json")
    appending = ("-o", tmp_path / "o.json", "--append", "--concat-dim", "time", "--json")
    report = json.loads(run("build", days[0], *appending, status=1).out)
    assert report["error"]["kind"] == "duplicate"


@pytest.mark.parametrize(("policy", "loser", "kept"), [("first", "b.nc", "a.nc"), ("last", "a.nc", "b.nc")])
def test_what_duplicates_drop(tmp_path, policy, loser, kept):
    days = [write(tmp_path / "a.nc", [0, 1, 2]), write(tmp_path / "b.nc", [1, 2, 3])]
    plain = run("build", *days, "-o", tmp_path / "o.json", "--duplicates", policy)
    (note,) = [line for line in plain.err.splitlines() if "dropped" in line]
    assert "2 values along time are dropped" in note and f"2 of {tmp_path / loser}, which {tmp_path / kept} also has" in note
    report = json.loads(run("build", *days, "-o", tmp_path / "p.json", "--duplicates", policy, "--json").out)
    assert report["dropped"] == [{
        "input": str(tmp_path / loser), "kept": str(tmp_path / kept), "dimensions": ["time"], "count": 2}]


def test_absent_variables_name_the_input(tmp_path):
    days = [write(tmp_path / "a.nc", [0]), write(tmp_path / "b.nc", [1], pr=False)]
    result = run("build", *days, "-o", tmp_path / "o.json", "--absent", "union")
    assert f"/pr has gaps, because {tmp_path / 'b.nc'} lacks it" in result.err


def test_one_variable_counts_its_own_sources(tmp_path):
    days = [write(tmp_path / "a.nc", [0]), write(tmp_path / "b.nc", [1], pr=False)]
    run("build", *days, "-o", tmp_path / "o.json", "--absent", "union", "--inline-threshold", "0")
    shown = json.loads(run("inspect", tmp_path / "o.json", "--variable", "pr", "--json").out)
    assert [(one["url"], one["references"]) for one in shown["sources"]] == [(days[0], 1)]


@pytest.mark.parametrize("command", ["inspect", "verify"])
def test_failures_are_json_where_that_is_asked_for(command, tmp_path):
    document = json.loads(run(command, tmp_path / "no.json", "--json", status=1).out)
    assert document["error"]["kind"] == "not-found"


def test_attribute_that_is_not_there(tmp_path):
    days = [write(tmp_path / "a.nc", [0]), write(tmp_path / "b.nc", [1])]
    result = run("build", *days, "-o", tmp_path / "o.json", "--delete-attr", "histroy", status=2)
    assert 'no attribute "histroy"' in result.err and 'did you mean "history"?' in result.err
    result = run("build", *days, "-o", tmp_path / "o.json", "--delete-attr", "time:unit", status=2)
    assert '"units"' in result.err
    run("build", *days, "-o", tmp_path / "o.json", "--delete-attr", "history")
    assert "history" not in opened(tmp_path / "o.json").attrs
    # the set has lost it already
    more = write(tmp_path / "c.nc", [2])
    run("build", more, "-o", tmp_path / "o.json", "--append", "--concat-dim", "time", "--delete-attr", "history")
    assert opened(tmp_path / "o.json").tas.shape == (3, 2)


def test_names_are_told_before_the_output(tmp_path):
    run("scan", write(tmp_path / "a.nc", [0]), "-o", tmp_path / "a.json")
    (tmp_path / "o.json").write_text("{}")
    result = run("select", tmp_path / "a.json", "-o", tmp_path / "o.json", "--include", "tass", status=2)
    assert 'did you mean "tas"' in result.err.replace("/", "")


def test_orbits_that_count_their_lines(tmp_path):
    orbits = [orbit(tmp_path / f"{number}.nc", 100 * number) for number in range(3)]
    result = run("build", *orbits, "-o", tmp_path / "o.json", "--concat-dim", "scanline", status=1)
    assert "only counts the elements of each input" in result.err and "--drop scanline" in result.err
    run("build", *orbits, "-o", tmp_path / "o.json", "--concat-dim", "scanline", "--drop", "scanline")
    expected = np.concatenate([100 * number + np.arange(8).reshape(4, 2) for number in range(3)])
    np.testing.assert_array_equal(opened(tmp_path / "o.json").no2, expected)


def test_appending_keeps_the_zarr_version(tmp_path):
    days = [write(tmp_path / f"{day}.nc", [day]) for day in range(3)]
    out = tmp_path / "o.json"
    run("build", *days[:2], "-o", out, "--zarr-format", "3")
    before = out.read_bytes()
    result = run("build", days[2], "-o", out, "--append", "--concat-dim", "time", status=2)
    assert "--zarr-format 3" in result.err and out.read_bytes() == before
    run("build", days[2], "-o", out, "--append", "--concat-dim", "time", "--zarr-format", "3")
    refs = json.loads(out.read_text())["refs"]
    assert "zarr.json" in refs and ".zgroup" not in refs and json.loads(refs["tas/zarr.json"])["shape"] == [3, 2]


def test_steps_report_and_skip(tmp_path):
    sets = []
    for day in range(3):
        sets.append(str(tmp_path / f"{day}.json"))
        run("scan", write(tmp_path / f"{day}.nc", [day]), "-o", sets[-1])
    (tmp_path / "1.json").write_text("nothing")
    run("summarize", *sets, "-o", tmp_path / "s.json", status=1)
    report = json.loads(run("summarize", *sets, "-o", tmp_path / "s.json", "--on-error", "skip", "--json").out)
    assert report["inputs"] == 2 and [one["input"] for one in report["left_out"]] == [sets[1]]
    plan = json.loads(run("plan", *sets, "-o", tmp_path / "p.json", "--on-error", "skip", "--json").out)
    assert plan["inputs"] == 2 and plan["partitions"] > 0 and len(plan["left_out"]) == 1
    done = run("execute", tmp_path / "p.json", "-o", tmp_path / "o.parq")
    assert "2 inputs joined in" in done.err and "3 variables" in done.err
    report = json.loads(run("execute", tmp_path / "p.json", "-o", tmp_path / "q.parq", "--json").out)
    assert report["references"] > 0 and report["error"] is None
    failed = json.loads(run("execute", tmp_path / "p.json", "-o", tmp_path / "q.parq", "--json", status=1).out)
    assert failed["error"]["kind"] == "output"


def test_input_without_its_coordinate(tmp_path):
    days = [write(tmp_path / "a.nc", [0]), str(tmp_path / "b.nc")]
    with netCDF4.Dataset(days[1], "w") as ds:
        ds.createDimension("time", 1)
        ds.createDimension("x", 2)
        ds.createVariable("tas", "f4", ("time", "x"), chunksizes=(1, 2))[:] = 1
    result = run("build", *days, "-o", tmp_path / "o.json", "--concat-dim", "time", status=1)
    assert f"{days[1]} has no values" in result.err and "--coord time=" in result.err
