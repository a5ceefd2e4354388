# SPDX-License-Identifier: Apache-2.0
"""Many files from Python: what is written, skipped, left out."""
import os
import warnings

import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk


def write(path, day):
    xr.Dataset({"tas": (("time", "x"), np.arange(4.0).reshape(1, 4) + 10 * day)},
               {"time": ("time", [day], {"units": "days since 2000-01-01"}), "x": [1, 2, 3, 4]}
               ).to_netcdf(path, engine="h5netcdf")
    return str(path)


@pytest.fixture
def series(tmp_path):
    names = [write(tmp_path / f"{day}.nc", day) for day in range(3)]
    (tmp_path / "9.nc").write_text("hello, I am no data\n")
    return names


def test_written_and_skipped(series, tmp_path):
    out = str(tmp_path / "refs")
    report = sk.scan_all(series, out)
    assert report.written == {name: f"{out}/{os.path.basename(name)}.json" for name in series}
    assert (report.skipped, report.left_out, report.issues, report.references) == ({}, [], [], 9)
    assert float(sk.open(report.written[series[2]]).open(decode_times=False).tas[0, 0]) == 20
    with pytest.raises(sk.errors.OutputError, match="overwrite=True"):
        sk.scan_all(series, out)
    assert list(sk.scan_all(series, out, skip_existing=True).skipped) == series
    write(series[1], 7)
    report = sk.scan_all(series, out, skip_existing=True)
    assert list(report.written) == [series[1]] and list(report.skipped) == [series[0], series[2]]
    assert sk.open(report.written[series[1]]).open(decode_times=False).time.values == [7]


def test_left_out(series, tmp_path):
    seen = []
    with pytest.raises(sk.errors.UnrecognizedError):
        sk.scan_all(str(tmp_path / "*.nc"), tmp_path / "refs")
    with pytest.warns(sk.IssueWarning, match="unknown format"):
        report = sk.scan_all(str(tmp_path / "*.nc"), tmp_path / "more", on_error="skip", progress=lambda *what: seen.append(what))
    assert list(report.written) == series and seen[-1] == ("inputs", 4, 4)
    assert [failure.input for failure in report.left_out] == [str(tmp_path / "9.nc")]
    with pytest.raises(sk.KerchunkError, match="none of 1 input can be used"):
        sk.scan_all([tmp_path / "9.nc"], tmp_path / "none", on_error="skip")


def test_names_to_include(series, tmp_path):
    with pytest.raises(sk.errors.UsageError, match='"prr"'):
        sk.scan(series[0], include=["tas", "prr"])
    with pytest.raises(sk.errors.UsageError, match='no variable matches "tmie"; did you mean "time"'):
        sk.scan_all(series, tmp_path / "refs", include=["tas", "tmie"])
    with pytest.raises(sk.errors.UsageError, match='no variable matches "tmie"; did you mean "time"'):
        sk.build(series, "time", scan={"include": ["tas", "time", "tmie"]})


@pytest.mark.parametrize("client", [None, "threads"])
@pytest.mark.parametrize("name", ["cube.json", "cube.parq"])
def test_builds_leave_out(series, tmp_path, client, name):
    inputs = [series[0], str(tmp_path / "9.nc"), *series[1:]]
    with pytest.warns(sk.IssueWarning, match="unknown format"):
        cube = sk.build(inputs, "time", output=tmp_path / name, client=client, on_error="skip")
    assert [failure.input for failure in cube.left_out] == [inputs[1]]
    assert "unknown format" in cube.left_out[0].reason and "9.nc" not in cube.left_out[0].reason
    assert cube.open(decode_times=False).tas.values[:, 0].tolist() == [0, 10, 20]


def test_builds_without_output_leave_out(series, tmp_path):
    inputs = [series[0], str(tmp_path / "9.nc"), *series[1:]]
    with open(tmp_path / "9.nc", "rb") as broken, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cube = sk.build([*inputs, broken], "run", coord={"run": "index"}, drop=["time"], on_error="skip")
        assert len(cube.left_out) == 2 and cube.open().run.values.tolist() == [0, 2, 3]
    with pytest.raises(sk.errors.UsageError, match="on_error"):
        sk.build(series, "time", on_error="ignore")


@pytest.mark.parametrize("call, error, words", [
    (lambda d: sk.scan(f"{d}/*.nc"), sk.errors.NotFoundError, "swift_kerchunk.build and swift_kerchunk.combine take patterns"),
    (lambda d: sk.scan([f"{d}/0.nc"]), TypeError, "swift_kerchunk.scan_all to write"),
    (lambda d: sk.scan(d), OSError, "it has 4 files that match the pattern"),
    (lambda d: sk.open(f"{d}/0.nc"), ValueError, "swift_kerchunk.scan makes one of it"),
    (lambda d: sk.combine([f"{d}/0.nc"]), ValueError, "swift_kerchunk.build scans and combines many files"),
    (lambda d: sk.scan_all(f"{d}/*.nc", f"{d}/one.json"), ValueError, "swift_kerchunk.build combines them into one"),
])
def test_what_takes_it(series, tmp_path, call, error, words):
    with pytest.raises(error, match=words):
        call(str(tmp_path))
