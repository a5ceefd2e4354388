# SPDX-License-Identifier: Apache-2.0
"""Scans and builds of many files: what is left out, what is skipped, what is told once, and how it ends."""
import json
import os
import re
import shutil
import subprocess

import h5py
import numpy as np
import pytest
import xarray as xr

import command
from command import kerchunk


def write(path, day):
    """One day of a series."""
    values = np.arange(4.0) + 10 * day
    xr.Dataset({"tas": (("time", "x"), values.reshape(1, 4))},
               {"time": ("time", [day], {"units": "days since 2000-01-01"}), "x": [1, 2, 3, 4]}
               ).to_netcdf(path, engine="h5netcdf")
    return str(path)


@pytest.fixture
def series(tmp_path):
    """Four days, and two files that are none."""
    names = [write(tmp_path / f"{day}.nc", day) for day in range(4)]
    for name in ("4.nc", "5.nc"):
        (tmp_path / name).write_text("hello, I am no data\n")
        names.append(str(tmp_path / name))
    return names


def lines(text):
    return [line for line in text.splitlines() if line]


def opened(path):
    return xr.open_dataset(str(path), engine="kerchunk", decode_times=False).load()


def test_a_scan_ends_with_a_line(series, tmp_path):
    run = kerchunk("scan", *series[:4], "-o", tmp_path / "refs/")
    assert run.status == 0 and run.out == ""
    assert re.fullmatch(rf"4 files scanned in [\d.]+ m?s: 3 variables, 12 references, written to {tmp_path}/refs\n", run.err)
    run = kerchunk("scan", series[0], "-o", tmp_path / "one.json")
    assert re.fullmatch(rf"1 file scanned in [\d.]+ m?s: 3 variables, 3 references, written to {tmp_path}/one.json\n", run.err)
    # Not where it would be in the way.
    assert kerchunk("scan", series[0], "-o", "-").err == ""
    assert kerchunk("scan", series[0], "-o", tmp_path / "two.json", "-q").err == ""
    assert kerchunk("scan", series[0], "-o", tmp_path / "three.json", "--json").err == ""


def test_failures_come_last_and_once(series, tmp_path):
    run = kerchunk("scan", *series, "-o", tmp_path / "refs/")
    assert run.status == 1
    assert run.err.count("the file is of unknown format") == 1
    told = lines(run.err)
    assert told[0].startswith("4 files scanned")
    assert told[2] == f"  in {series[4]}, and the same in 1 more file"
    assert told[3:] == ["error: 2 of 6 inputs failed:", f"  {series[4]}", f"  {series[5]}"]


def test_a_scan_leaves_out(series, tmp_path):
    run = kerchunk("scan", *series, "-o", tmp_path / "refs/", "--on-error", "skip")
    assert run.status == 0
    told = lines(run.err)
    assert told[0].startswith("4 files scanned, 2 left out in ")
    assert told[1] == "warning: 2 of 6 inputs left out:" and "unknown format" in told[2]
    assert told[3:] == [f"    in {series[4]}", f"    in {series[5]}"]
    assert sorted(os.listdir(tmp_path / "refs")) == ["0.nc.json", "1.nc.json", "2.nc.json", "3.nc.json"]
    run = kerchunk("scan", *series, "-o", tmp_path / "again/", "--on-error", "skip", "--json")
    assert run.status == 0 and run.err == ""
    assert [entry["error"] and entry["error"]["kind"] for entry in run.report] == [None] * 4 + ["unrecognized"] * 2
    summary = json.loads(run.out)["summary"]
    assert summary == {"scanned": 4, "skipped": 0, "failed": 2, "with_issues": 0, "variables": 3, "references": 12}


def test_nothing_left_is_a_failure(series, tmp_path):
    for verb, output in (("scan", "refs/"), ("build", "cube.json")):
        run = kerchunk(verb, *series[4:], "-o", tmp_path / output, "--on-error", "skip")
        assert run.status == 1 and "unknown format" in run.err and lines(run.err)[0].startswith("error: ")


def test_a_thousand_equal_complaints_are_one_line(tmp_path):
    with h5py.File(tmp_path / "000.h5", "w") as file:
        file["x"] = np.arange(3)
        for name in ("a", "b"):
            file.create_dataset(name, (1,), dtype=h5py.vlen_dtype("i4"))[0] = [1, 2]
    for number in range(1, 200):
        os.link(tmp_path / "000.h5", tmp_path / f"{number:03}.h5")
    run = kerchunk("scan", tmp_path / "*.h5", "-o", tmp_path / "refs/")
    assert run.status == 0
    told = lines(run.err)
    assert len(told) == 3 and told[0].startswith("warning: variable-length sequences")
    assert told[1] == f"  in {tmp_path}/000.h5, /a, and the same at 399 more places, in 199 more files"
    assert told[2].startswith("200 files scanned in ")
    run = kerchunk("scan", tmp_path / "*.h5", "-o", tmp_path / "refs/", "--overwrite", "--json")
    assert [len(entry["issues"]) for entry in run.report] == [2] * 200, "the report has all"


@pytest.mark.parametrize("form", ["refs/", "one.parq"])
def test_unchanged_files_are_skipped(series, tmp_path, form):
    inputs = series[:4] if form.endswith("/") else series[:1]
    out = tmp_path / form
    assert kerchunk("scan", *inputs, "-o", out, "--skip-existing").status == 0

    def states():
        run = kerchunk("scan", *inputs, "-o", out, "--skip-existing", "--json")
        assert run.status == 0, run.err
        return [entry["skipped"] for entry in run.report]

    assert states() == [True] * len(inputs)
    write(inputs[0], 7)
    assert states() == [False] + [True] * (len(inputs) - 1)
    assert states() == [True] * len(inputs)
    if form.endswith("/"):
        assert opened(out / "0.nc.json").time.values == [7]
        # As large and as old as before, which nothing can tell; a byte more is told.
        status = os.stat(inputs[1])
        with open(inputs[1], "ab") as file:
            file.write(b"\0")
        os.utime(inputs[1], ns=(status.st_atime_ns, status.st_mtime_ns))
        assert states() == [True, False, True, True]
        os.remove(out / "2.nc.json")
        assert states() == [True, True, False, True]
    told = kerchunk("scan", *inputs, "-o", out, "--skip-existing").err
    assert told.startswith(f"0 files scanned, {len(inputs)} unchanged and skipped in ")


def test_what_is_no_output_of_the_file_is_not_replaced(series, tmp_path):
    out = tmp_path / "refs"
    out.mkdir()
    notes = '{"version": 1, "refs": {}}'
    (out / "0.nc.json").write_text(notes)
    assert kerchunk("scan", series[1], "-o", out / "1.nc.json").status == 0
    os.rename(out / "1.nc.json", out / "2.nc.json")
    run = kerchunk("scan", *series[:3], "-o", out, "--skip-existing")
    assert run.status == 1 and "error: 2 of 3 inputs failed" in run.err and "--overwrite" in run.err
    assert (out / "0.nc.json").read_text() == notes
    assert opened(out / "2.nc.json").time.values == [1], "the references of another file"
    # What the message says helps.
    assert kerchunk("scan", *series[:3], "-o", out, "--skip-existing", "--overwrite").status == 0
    assert [opened(out / f"{day}.nc.json").time.values for day in range(3)] == [[0], [1], [2]]


def test_scans_of_the_same_at_once(series, tmp_path):
    for _ in range(3):
        runs = [subprocess.Popen([command.KERCHUNK, "scan", *series[:4], "-o", tmp_path / "refs/", "--skip-existing"],
                                 stderr=subprocess.PIPE, text=True) for _ in range(4)]
        assert [(run.wait(60), run.stderr.read()) for run in runs if run.wait(60)] == []
        assert [opened(tmp_path / "refs" / f"{day}.nc.json").tas.values[0, 0] for day in range(4)] == [0, 10, 20, 30]
        shutil.rmtree(tmp_path / "refs")


@pytest.mark.parametrize("name", ["cube.json", "cube.parq"])
@pytest.mark.parametrize("verb", ["build", "combine"])
def test_a_combination_leaves_out(series, tmp_path, verb, name):
    inputs = [series[4], *series[:2], series[5], *series[2:4]]
    if verb == "combine":
        assert kerchunk("scan", *series[:4], "-o", tmp_path / "refs/").status == 0
        inputs = [one if one in series[4:] else f"{tmp_path}/refs/{os.path.basename(one)}.json" for one in inputs]
    out = tmp_path / name
    assert kerchunk(verb, *inputs, "-o", out).status == 1 and not out.exists()
    run = kerchunk(verb, *inputs, "-o", out, "--on-error", "skip")
    assert run.status == 0, run.err
    told = lines(run.err)
    assert told[1].startswith("4 inputs joined, 2 left out in ") and told[2] == "warning: 2 of 6 inputs left out:"
    assert told[-2:] == [f"    in {series[4]}", f"    in {series[5]}"]
    with xr.open_mfdataset(series[:4], engine="h5netcdf", decode_times=False) as right:
        xr.testing.assert_equal(opened(out), right.load())
    run = kerchunk(verb, *inputs, "-o", out, "--on-error", "skip", "--overwrite", "--json")
    report = json.loads(run.out)
    assert [entry["input"] for entry in report["left_out"]] == [series[4], series[5]] and report["inputs"] == 4
    assert report["output"] == str(out) and report["error"] is None and report["variables"] == 3
    plan = kerchunk(verb, *inputs, "-o", tmp_path / "none.json", "--on-error", "skip", "--dry-run", "--json")
    assert len(json.loads(plan.out)["left_out"]) == 2 and not (tmp_path / "none.json").exists()


def test_numbers_of_inputs_stay_what_they_are(series, tmp_path):
    run = kerchunk("build", series[4], series[0], series[5], series[1], "-o", tmp_path / "cube.json", "--on-error", "skip",
                   "--concat-dim", "run", "--coord", "run=index", "--drop", "time")
    assert run.status == 0, run.err
    assert opened(tmp_path / "cube.json").run.values.tolist() == [1, 3]


def test_inputs_whose_values_cannot_be_read_are_left_out(series, tmp_path):
    refs = []
    for name in series[:4]:
        refs.append(f"{name}.json")
        assert kerchunk("scan", name, "-o", refs[-1], "--inline-threshold", "0").status == 0
    os.remove(series[1])
    out = tmp_path / "cube.json"
    run = kerchunk("combine", *refs, "-o", out, "--concat-dim", "time")
    assert run.status == 1 and not out.exists()
    run = kerchunk("combine", *refs, "-o", out, "--concat-dim", "time", "--on-error", "skip")
    assert run.status == 0 and "warning: 1 of 4 inputs left out:" in run.err and f"    in {refs[1]}" in run.err
    assert opened(out).time.values.tolist() == [0, 2, 3]
    assert opened(out).tas.values[:, 0].tolist() == [0, 20, 30]


def test_reports_of_what_was_written(series, tmp_path):
    assert kerchunk("scan", series[0], "-o", tmp_path / "a.json").status == 0
    run = kerchunk("convert", tmp_path / "a.json", "-o", tmp_path / "a.parq", "--json")
    report = json.loads(run.out)
    assert run.status == 0 and run.err == "" and report["error"] is None
    assert (report["output"], report["variables"], report["references"]) == (str(tmp_path / "a.parq"), 3, 3)
    run = kerchunk("convert", tmp_path / "a.json", "-o", tmp_path / "a.parq", "--json")
    report = json.loads(run.out)
    assert run.status == 1 and run.err == "" and report["error"]["kind"] == "output" and report["output"] is None
    run = kerchunk("convert", tmp_path / "a.json", "-o", "-", "--json")
    assert json.loads(run.out)["version"] == 1 and json.loads(run.err)["output"] == "-"


def test_warnings_come_before_errors(tmp_path):
    refs = {"version": 1, "refs": {".zgroup": '{"zarr_format":2}', "x/.zarray": '{"zarr_format":2,"dtype":"nonsense"}'}}
    (tmp_path / "a.json").write_text(json.dumps(refs))
    run = kerchunk("convert", tmp_path / "a.json", "-o", tmp_path / "c.json", "--strict")
    assert run.status == 3
    told = lines(run.err)
    assert told[0].startswith("warning: ") and told[-1].startswith("error: 1 issue, which --strict does not allow")
