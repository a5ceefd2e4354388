# SPDX-License-Identifier: Apache-2.0
"""Appending: nothing is lost, whether it joins by reference or as values, and whoever else appends at the same time."""
import fcntl
import os
import subprocess

import netCDF4
import numpy as np
import pytest
import xarray as xr

from command import KERCHUNK, kerchunk
from series import opened


def run(*arguments, status=0):
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.err[-2000:]}"
    return result


def write(path, start, steps=2, chunk=None, kind="obs", field=False):
    """Steps from day `start` on: `obs` is ten times the day. netCDF's default chunks hold hundreds of steps."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("time", None)
        chunks = {} if chunk is None else {"chunksizes": (chunk,)}
        time = ds.createVariable("time", "f8", ("time",), **chunks)
        time.units = "days since 2000-01-01"
        days = np.arange(steps) + start
        time[:] = days
        if kind == "text":
            ds.createVariable("obs", str, ("time",))[:] = np.array([f"day {day}" for day in days], object)
        elif kind == "packed":
            obs = ds.createVariable("obs", "i2", ("time",), zlib=True, fill_value=-9)
            obs.scale_factor = 0.5
            obs.set_auto_maskandscale(False)
            obs[:] = 10 * days
        else:
            ds.createVariable("obs", "f4", ("time",), zlib=True, shuffle=True, **chunks)[:] = 10 * days
        if field:
            ds.createDimension("x", 3)
            tas = ds.createVariable("tas", "f4", ("time", "x"), chunksizes=(4, 3))
            tas[:] = days[:, None] + np.arange(3) / 8
    return str(path)


def state(path):
    """Changes when another file or set takes the place."""
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns


def expected(files):
    with xr.open_mfdataset(files, engine="netcdf4", data_vars="minimal", coords="minimal", compat="override") as ds:
        return ds.load()


def append(file, output, *options, status=0):
    return run("build", file, "-o", output, "--append", "--concat-dim", "time", *options, status=status)


@pytest.mark.parametrize("form", ["json", "parq"])
@pytest.mark.parametrize("case", [
    {}, {"chunk": 1}, {"chunk": 4}, {"kind": "text"}, {"kind": "packed"}, {"field": True}, {"steps": 6, "chunk": 4, "field": True},
], ids=str)
def test_what_is_loaded_is_appended(tmp_path, form, case):
    steps = case.get("steps", 2)
    files = [write(tmp_path / f"{i}.nc", steps * i, **case) for i in range(3)]
    out = tmp_path / f"all.{form}"
    run("build", files[0], "-o", out, "--concat-dim", "time")
    for file in files[1:]:
        assert "nothing to append" not in append(file, out).err
    xr.testing.assert_identical(opened(out).drop_attrs(), expected(files).drop_attrs())
    before = state(out)
    assert "both have" in append(files[2], out, status=1).err
    assert "nothing to append" in append(files[2], out, "--duplicates", "first").err
    assert state(out) == before


@pytest.mark.parametrize("form", ["json", "parq"])
def test_values_that_take_the_place_of_others_are_something_new(tmp_path, form):
    out = tmp_path / f"all.{form}"
    run("build", write(tmp_path / "a.nc", 0), write(tmp_path / "b.nc", 2), "-o", out, "--concat-dim", "time")
    with netCDF4.Dataset(tmp_path / "b.nc", "a") as ds:
        ds["obs"][:] = [7, 8]
    append(tmp_path / "b.nc", out, "--duplicates", "last")
    assert opened(out).obs.values.tolist() == [0, 10, 7, 8]
    # Some of it is there already.
    append(write(tmp_path / "c.nc", 3, 3), out, "--duplicates", "first")
    assert opened(out).obs.values.tolist() == [0, 10, 7, 8, 40, 50]


@pytest.mark.parametrize("form", ["json", "parq"])
def test_a_large_variable_behind_a_partial_chunk(tmp_path, form):
    """Refused, and right when the advice is followed."""
    files = [write(tmp_path / f"{i}.nc", 6 * i, 6, 4, field=True) for i in range(2)]
    out = tmp_path / f"all.{form}"
    run("build", files[0], "-o", out, "--concat-dim", "time", "--inline-threshold", "0")
    before = state(out)
    options = ("--load-threshold", "100", "--inline-threshold", "0")
    error = append(files[1], out, *options, status=1).err
    assert "not a multiple of the chunk length 4" in error and "--load tas reads its values" in error
    assert state(out) == before
    append(files[1], out, *options, "--load", "tas")
    xr.testing.assert_identical(opened(out).drop_attrs(), expected(files).drop_attrs())


@pytest.mark.parametrize("form", ["json", "parq"])
def test_appending_at_once(tmp_path, form):
    files = [write(tmp_path / f"{i}.nc", 2 * i) for i in range(5)]
    out = tmp_path / f"all.{form}"
    run("build", files[0], "-o", out, "--concat-dim", "time")
    link = tmp_path / f"link.{form}"
    link.symlink_to(out)
    processes = [
        subprocess.Popen(
            [KERCHUNK, "build", file, "-o", str(place), "--append", "--concat-dim", "time"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        for file, place in zip(files[1:], [out, link, out, link])
    ]
    for process in processes:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    assert opened(out).obs.values.tolist() == [10.0 * day for day in range(10)]
    assert link.is_symlink() and sorted(os.listdir(tmp_path)) == sorted(
        [*(f"{i}.nc" for i in range(5)), f"all.{form}", f"link.{form}"])


def test_who_waits_is_told_and_not_forever(tmp_path):
    out = tmp_path / "all.json"
    run("build", write(tmp_path / "a.nc", 0), "-o", out, "--concat-dim", "time")
    before = out.read_bytes()
    # What a run leaves that is killed stands in nobody's way.
    lock = tmp_path / "all.json.lock"
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        error = append(write(tmp_path / "b.nc", 2), out, "--append-wait", "0", status=1).err
        assert "another run is appending to this output" in error and out.read_bytes() == before
        waiting = subprocess.Popen(
            [KERCHUNK, "build", str(tmp_path / "b.nc"), "-o", str(out), "--append", "--concat-dim", "time"],
            stderr=subprocess.PIPE, text=True)
        assert "waiting for another run that is appending to" in waiting.stderr.readline()
        assert out.read_bytes() == before
    _, error = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, error
    assert opened(out).obs.values.tolist() == [0, 10, 20, 30] and not lock.exists()
