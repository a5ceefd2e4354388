# SPDX-License-Identifier: Apache-2.0
"""`kerchunk combine` on series of every mixed-up kind: each step along time is what some input has there, or missing.

A failure names its seed.
"""
import random

import numpy as np
import pytest
import xarray as xr

import series
from command import kerchunk
from series import Var, field, slices, write


def random_series(seed, directory):
    """Files that may overlap, leave gaps, drift in units and packing, and lack variables; in any order."""
    choice = random.Random(seed)
    calendar = choice.choice(["standard", "noleap", "360_day", "proleptic_gregorian"])
    has_drift, kind = choice.random() < 0.3, choice.choice(["f8", "f4", "i4", "i8"])
    time_chunk, chunk = choice.choice([1, 2, 3, 512]), choice.choice([1, 1, 2, 3])
    packing = choice.choice([None, None, "same", "drifting"])
    number, lacks, overlap = choice.choice(["i2", "u1", "i8", "f4"]), choice.random() < 0.3, choice.choice([0, 0, 0, 1, 2])
    fill, is_compressed = choice.choice([None, np.float32(-1), np.float32(np.nan)]), choice.random() < 0.7
    files, start = [], 0
    for i in range(choice.randint(2, 5)):
        length = choice.choice([chunk * choice.randint(1, 3), choice.randint(1, 5)])
        times, units = np.arange(start, start + length), "days since 2000-01-01"
        if has_drift and i:
            times, units = choice.choice([(times * 24, "hours since 2000-01-01 00:00:00"), (times - 5, "days since 2000-01-06"),
                                          (times, units)])
        values = field((length, 3, 4), 10 * seed + i)
        more = {"fill": fill}
        if packing:
            values = values.astype("i2")
            more = {"fill": np.int16(-5), "add_offset": 1.0, "scale_factor": 0.5 if packing == "same" else 0.5 * (1 + i % 2)}
        variables = slices(times.astype(kind), units=units, calendar=calendar, chunk=time_chunk, tas=Var(
            "time lat lon", values, chunks=[chunk, 3, 2], zlib=is_compressed, **more))
        if not (lacks and choice.random() < 0.3):
            variables["number"] = Var("time", np.arange(length).astype(number) + i, chunks=[choice.choice([1, time_chunk])],
                                      zlib=choice.random() < 0.5)
        if choice.random() < 0.5:
            variables["text"] = Var("time", np.array([f"t{i}{j}" for j in range(length)], object), chunks=[choice.choice([1, 2, 4])])
        files.append(write(directory / f"part_{i}.nc", variables))
        start += length - (overlap if choice.random() < 0.3 else 0) + (choice.random() < 0.2)
    choice.shuffle(files)
    return files, choice


@pytest.mark.parametrize("seed", range(24))
def test_each_step_is_that_of_an_input(seed, tmp_path):
    files, choice = random_series(seed, tmp_path)
    references = series.scanned(files, tmp_path / "refs")
    which = choice.choice(["first", "last"])
    options = ["--duplicates", which, "--absent", "union"]
    # A name that no input has is an error.
    with_names = [set(xr.open_dataset(file, engine="h5netcdf", decode_cf=False).variables) for file in files]
    for name, value in (("number", "99"), ("text", "?")):
        if any(name in names for names in with_names):
            options += ["--fill-value", f"{name}={value}"]
    if choice.random() < 0.5:
        options.append("--subchunk")
    output = tmp_path / "all.json"
    run = kerchunk("combine", *references, "-o", output, *options)
    assert run.status == 0, run.err
    got = series.opened(output).load()
    parts = [series.loaded(path) for path in files]
    times = sorted({time for part in parts for time in part.time.values})
    assert list(got.time.values) == times
    for name in {name for part in parts for name in part.data_vars}:
        for step, time in enumerate(times):
            owners = [part for part in parts if name in part and time in list(part.time.values)]
            found = got[name].values[step]
            if not owners:
                assert found != found if np.ndim(found) == 0 else np.isnan(found).all(), (name, time, found)
                continue
            owner = owners[0 if which == "first" else -1]
            wanted = owner[name].values[list(owner.time.values).index(time)]
            if isinstance(wanted, str):
                assert str(found) == wanted, (name, time)
            else:
                np.testing.assert_array_equal(np.asarray(found, "f8"), np.asarray(wanted, "f8"), err_msg=f"{name} at {time}")
