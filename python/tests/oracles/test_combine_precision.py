# SPDX-License-Identifier: Apache-2.0
"""Times that are converted into the units of the first input: held against xarray's own decoding of each file."""
import netCDF4
import numpy as np
import pytest
import xarray as xr

import decoded
from command import kerchunk


def written(path, units, values, dtype, calendar=None, offset=0.0):
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("time", None)
        ds.createDimension("x", 2)
        time = ds.createVariable("time", dtype, ("time",))
        time.units = units
        if calendar:
            time.calendar = calendar
        time[:] = np.asarray(values, dtype)
        ds.createVariable("tas", "f4", ("time", "x"), chunksizes=(1, 2))[:] = offset
    return path


#: (units, values, type) of the first input and of the second one.
CASES = {
    "float32 hours": (("hours since 2000-01-01", [0, 1], "f8"), ("hours since 2000-01-02", [0.1, 0.7], "f4")),
    "float32 minutes": (("seconds since 2000-01-01", [0, 1], "f8"), ("minutes since 2000-01-02", [0.1, 7.3], "f4")),
    "nanoseconds into hours": (("hours since 2000-01-01", [0, 1], "f8"), ("nanoseconds since 2000-01-02", [0, 1_800_000_000_000], "i8")),
    "odd nanoseconds into seconds": (("seconds since 2000-01-01", [0, 1], "f8"), ("nanoseconds since 2000-01-01 00:00:02", [5, 7], "i8")),
    "whole seconds into nanoseconds": (("nanoseconds since 2000-01-01", [0, 7], "i8"), ("seconds since 2000-01-01", [3, 100_000_000], "i8")),
    "far reference, whole": (("seconds since 0001-01-01", [63_082_281_600, 63_082_281_601], "i8"), ("hours since 2000-01-02", [0, 5], "i4")),
    "days and minutes": (("days since 1850-01-01", [54_786, 54_787.5], "f8"), ("minutes since 2000-01-03", [0, 90, 100], "i4")),
    "microseconds into milliseconds": (("milliseconds since 2000-01-01", [0, 1], "f8"), ("microseconds since 2000-01-01", [1500, 2001], "i8")),
    "other calendar": (("days since 2000-01-01", [0, 1], "f8", "noleap"), ("hours since 2001-03-01", [1, 2], "i4", "noleap")),
    "before the reference": (("hours since 2000-01-01", [-30, -29], "f8"), ("days since 2000-01-03", [-2.5, -1.25], "f8")),
}


@pytest.mark.parametrize("case", CASES)
def test_converted_times_decode_to_those_of_the_files(tmp_path, case):
    files = []
    for number, (units, values, dtype, *calendar) in enumerate(CASES[case]):
        files.append(written(tmp_path / f"{number}.nc", units, values, dtype, *calendar, offset=number))
    done = kerchunk("build", *files, "-o", tmp_path / "all.json", "--overwrite")
    assert done.status == 0, done.err
    got = xr.open_dataset(decoded.mapper(str(tmp_path / "all.json")), engine="zarr", consolidated=True)["time"].values
    want = np.concatenate([xr.open_dataset(file)["time"].values for file in files])
    if want.dtype == object:
        assert list(got) == list(want)
    else:
        assert (got.astype("M8[ns]") - want.astype("M8[ns]")).astype("i8").tolist() == [0] * len(want)
