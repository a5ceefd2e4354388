# SPDX-License-Identifier: Apache-2.0
"""What is lost of a truncated file reads as missing, never as zero; sets of such files say so wherever they are used."""
import json
import os

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr

import decoded
from command import kerchunk

LENGTH = 300_001  # of one row: more than what a cut variable is split by, so that rows are lost
FORMATS = [2, 3]


def run(*arguments, status=0):
    done = kerchunk(*arguments)
    assert done.status == status, (arguments, done.status, done.err)
    return done


def salvaged(path, tmp_path, zarr_format, share):
    os.truncate(path, int(os.path.getsize(path) * share))
    out = tmp_path / "left.json"
    done = run("scan", path, "-o", out, "--salvage", "--overwrite", "--inline-threshold", 0, "--zarr-format", zarr_format)
    return opened(out, zarr_format), done.err


def opened(out, zarr_format=2):
    return xr.open_dataset(decoded.mapper(str(out)), engine="zarr", consolidated=zarr_format == 2 or None,
                           zarr_format=zarr_format, decode_times=False).load()


def classic(path, record):
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as ds:
        ds.createDimension("time", None if record else 4)
        ds.createDimension("x", LENGTH)
        rows = np.arange(1, 5)[:, None] * np.ones(LENGTH)
        for name, dtype in (("a", "f4"), ("b", "i2"), ("c", "i1"), ("d", "f8")):
            ds.createVariable(name, dtype, ("time", "x"))[:] = rows
        ds.createVariable("e", "i1", ("time", "x"), fill_value=-9)[:] = rows
    return path


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_records_that_are_not_whole_are_left_out(tmp_path, zarr_format):
    got, said = salvaged(classic(tmp_path / "a.nc", True), tmp_path, zarr_format, 0.6)
    assert "2 of its 4 records are left out" in said
    assert got.sizes["time"] == 2 and set(got.variables) == set("abcde")
    for name in got.variables:
        assert (got[name].values == [[1], [2]]).all(), name


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_fixed_variables_that_are_cut_read_as_missing(tmp_path, zarr_format):
    got, said = salvaged(classic(tmp_path / "a.nc", False), tmp_path, zarr_format, 0.33)
    # of bytes each may be a value
    assert "/c" in said and "it is left out, because nothing can mark" in said and "c" not in got
    assert (got["a"].values == [[1], [2], [3], [4]]).all()
    for name in "bde":
        values = got[name].values
        assert np.isnan(values).any() and not (values == 0).any(), name
        seen = ~np.isnan(values)
        assert (values[seen] == np.broadcast_to([[1], [2], [3], [4]], values.shape)[seen]).all()
    assert np.isnan(got["d"].values).all() and not np.isnan(got["b"].values).all()


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_chunks_of_hdf5_that_are_lost_read_as_missing(tmp_path, zarr_format):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest") as file:
        for name, dtype in (("f", "f8"), ("i", "i4"), ("u", "u8"), ("b", "u1"), ("s", "S3"), ("fill", "i1"), ("missing", "i2")):
            file.create_dataset(name, shape=(40, 500), dtype=dtype, chunks=(1, 500))
        file["fill"].attrs["_FillValue"] = np.int8(-1)
        file["missing"].attrs["missing_value"] = np.int16(-5)
        # one row of all variables after the other; the last two are never written
        for row in range(38):
            for variable in file.values():
                variable[row] = np.full(500, row + 1).astype(variable.dtype)
    got, said = salvaged(path, tmp_path, zarr_format, 0.7)
    assert set(got.variables) == {"f", "i", "u", "fill", "missing"}
    assert "/b" in said and "/s" in said and "2 that were never written" in said
    for variable in got.variables.values():
        values = variable.values[:, 0]
        seen = ~np.isnan(values)
        assert 10 < seen.sum() < 38 and (values[seen] == np.arange(1, 41)[seen]).all()


def step(path, start):
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("time", None)
        ds.createDimension("x", 500)
        time = ds.createVariable("time", "f8", ("time",), chunksizes=(2,))
        time.units = "days since 2000-01-01"
        time[:] = [start, start + 1]
        ds.createVariable("tas", "f4", ("time", "x"), chunksizes=(1, 500))[:] = [[start + 1] * 500, [start + 2] * 500]
    return path


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)])
@pytest.mark.parametrize("zarr_format", FORMATS)
def test_combinations_of_what_was_salvaged_say_so(tmp_path, order, zarr_format):
    sets = []
    for number in range(3):
        path = step(tmp_path / f"{number}.nc", 2 * number)
        if number == 1:
            os.truncate(path, os.path.getsize(path) - 10)
        sets.append(tmp_path / f"{number}.json")
        run("scan", path, "-o", sets[-1], "--salvage", "--inline-threshold", 0, "--zarr-format", zarr_format)
    size = os.path.getsize(tmp_path / "1.nc")
    words = f"1.nc ({size} of {size + 10} bytes)"
    # By reference: NaN changes nothing for inputs that have no missing chunks.
    done = run("combine", *[sets[n] for n in order], "-o", tmp_path / "all.json", "--concat-dim", "time",
               "--zarr-format", zarr_format, "--load-threshold", 100)
    assert words in done.err and "1.json" in done.err
    assert opened(tmp_path / "all.json", zarr_format)["tas"].values[:, 0].tolist()[:3] == [1, 2, 3]
    assert np.isnan(opened(tmp_path / "all.json", zarr_format)["tas"].values[3]).all()
    assert opened(tmp_path / "all.json", zarr_format)["tas"].values[4:, 0].tolist() == [5, 6]
    for one in (sets[1], tmp_path / "all.json"):
        assert words in run("inspect", one).err
    sk = pytest.importorskip("swift_kerchunk")
    assert any("truncated" in issue.reason for issue in sk.open(str(sets[1]), on_issue="ignore").issues)
    if zarr_format == 2:
        run("convert", tmp_path / "all.json", "-o", tmp_path / "all.parq")
        assert words in run("inspect", tmp_path / "all.parq").err


def test_a_plan_is_not_executed_on_changed_files(tmp_path):
    sets = []
    for number in range(2):
        sets.append(tmp_path / f"{number}.json")
        run("scan", step(tmp_path / f"{number}.nc", 2 * number), "-o", sets[-1], "--inline-threshold", 0)
    plan = tmp_path / "plan.json"
    run("plan", *sets, "-o", plan, "--concat-dim", "time")
    run("execute", plan, "-o", tmp_path / "out.json")
    count = int(run("execute", plan, "--count").out)
    os.utime(tmp_path / "1.nc", ns=(0, 0))
    for options in (("-o", tmp_path / "new.json"), ("-o", tmp_path / "new.parq"),
                    ("-o", tmp_path / "new.parq", "--partitions", f"0:{count}"), ("-o", tmp_path / "new.parq", "--finish")):
        done = run("execute", plan, *options, status=1)
        assert "has changed since it was scanned" in done.err and str(tmp_path / "1.nc") in done.err
    assert not (tmp_path / "new.json").exists() and not (tmp_path / "new.parq").exists()
    # references may be for another machine
    os.remove(tmp_path / "1.nc")
    run("execute", plan, "-o", tmp_path / "new.json")
    assert json.loads((tmp_path / "new.json").read_text()) == json.loads((tmp_path / "out.json").read_text())
