# SPDX-License-Identifier: Apache-2.0
"""`kerchunk combine` on tiles and regions of one grid: every element is that of an input which has it, or missing.

The whole grid is known here, so each combination is held against it (and against xarray, where that takes the same files).
A failure names its seed.
"""
import random

import numpy as np
import pytest
import xarray as xr

import series
from command import kerchunk
from series import Var, write

TIME, LAT, LON = np.arange(6.0), 10 + np.arange(12) * 0.5, np.arange(18) * 0.5
_random = np.random.default_rng(0)
TAS = _random.normal(280, 10, (6, 12, 18)).astype("f4")
MAP = _random.normal(0, 100, (12, 18)).astype("f4")
LINE = np.array([f"row {i}" for i in range(12)], object)
STEP = np.arange(6, dtype="i4") * 7


def tile(path, times, rows, columns, chunk=(1, 3, 3), **changed):
    """A part of the grid; `map`, `line` and `step` lie along some of its dimensions only."""
    shape = [part.stop - part.start for part in (times, rows, columns)]
    chunks = [min(*pair) for pair in zip(chunk, shape)]
    variables = {
        "time": Var("time", TIME[times], units="days since 2000-01-01"),
        "lat": Var("lat", LAT[rows], units="degrees_north"),
        "lon": Var("lon", LON[columns], units="degrees_east"),
        "tas": Var("time lat lon", TAS[times, rows, columns], chunks=chunks),
        "map": Var("lat lon", MAP[rows, columns], chunks=chunks[1:]),
        "line": Var("lat", LINE[rows], chunks=[1]),
        "step": Var("time", STEP[times], chunks=[1]),
    }
    variables.update(changed)
    return write(path, variables, unlimited=())


def whole(parts):
    """The grid, with what none of `parts` has missing."""
    has = np.zeros(TAS.shape, bool)
    for part in parts:
        has[part] = True
    dims = ("time", "lat", "lon")
    used = [np.flatnonzero(has.any(axis=tuple(i for i in range(3) if i != axis))) for axis in range(3)]
    grid = xr.Dataset(
        {"tas": (dims, np.where(has, TAS, np.nan).astype("f4")), "map": (dims[1:], np.where(has.any(0), MAP, np.nan).astype("f4")),
         "line": ("lat", LINE), "step": ("time", STEP)},
        {"time": ("time", TIME, {"units": "days since 2000-01-01"}), "lat": LAT, "lon": LON})
    return xr.decode_cf(grid.isel(time=used[0], lat=used[1], lon=used[2]))


def check(got, want):
    for name in want.variables:
        assert got[name].dims == want[name].dims, name
        if want[name].dtype == object:
            assert [str(value) for value in got[name].values] == list(want[name].values), name
        else:
            np.testing.assert_array_equal(got[name].values, want[name].values, err_msg=name)


def combined(files, directory, *options):
    references = series.scanned(files, directory / "refs")
    for form in ("json", "parq"):
        output = directory / f"all.{form}"
        series.combine(references, output, *options)
        yield series.opened(output).load()


def cut(choice, length, step):
    """Neighbouring parts of an axis."""
    places = sorted({0, length, *(step * choice.randrange(1, length // step) for _ in range(choice.randint(0, 2)))})
    return [slice(*pair) for pair in zip(places, places[1:])]


@pytest.mark.parametrize("seed", range(8))
def test_tiles(seed, tmp_path):
    """Tiles in any order, some of them missing; cuts inside chunks are loaded."""
    choice = random.Random(seed)
    step = choice.choice([3, 3, 1])
    axes = [cut(choice, 6, 1), cut(choice, 12, step), cut(choice, 18, step)]
    parts = [(t, y, x) for t in axes[0] for y in axes[1] for x in axes[2]]
    choice.shuffle(parts)
    is_full = choice.random() < 0.5 or len(parts) < 4
    if not is_full:
        parts = parts[1:]
    files = [tile(tmp_path / f"{i}.nc", *part) for i, part in enumerate(parts)]
    joined = [name for name, axis in zip(["time", "lat", "lon"], axes) if len(axis) > 1]
    if not joined:
        return
    want = whole(parts)
    # a map that only missing tiles had, or a line: they are missing as well, and a text has no value for that
    options = [] if is_full else ["--concat-dim", ",".join(joined), "--fill-value", "line=?", "--fill-value", "step=-1"]
    for got in combined(files, tmp_path, *options):
        check(got, want)
    if is_full:
        by_coordinates = series.by_coordinates(files)
        check(by_coordinates, want)


@pytest.mark.parametrize("seed", range(5))
def test_regions(seed, tmp_path):
    """Regions at offsets of whole chunks, which may lie on each other."""
    choice = random.Random(100 + seed)

    def some(length, step):
        start = step * choice.randrange(length // step)
        return slice(start, step * choice.randint(start // step + 1, length // step))

    parts = [(some(6, 1), some(12, 3), some(18, 3)) for _ in range(3)]
    files = [tile(tmp_path / f"{i}.nc", *part) for i, part in enumerate(parts)]
    options = ["--concat-dim", "time,lat,lon", "--duplicates", choice.choice(["first", "last"])]
    for got in combined(files, tmp_path, *options, "--fill-value", "line=?", "--fill-value", "step=-1"):
        check(got, whole(parts))


def refused(files, directory, *options):
    references = series.scanned(files, directory / "refs")
    run = kerchunk("combine", *references, "-o", directory / "none.json", *options)
    assert run.status == 1 and not (directory / "none.json").exists()
    return run.err


def test_an_offset_inside_a_chunk(tmp_path):
    """The message names file, dimension, offset and chunk; what it advises gives the values."""
    everywhere = slice(0, 2), slice(0, 18)
    parts = [(everywhere[0], slice(0, 6), everywhere[1]), (everywhere[0], slice(4, 12), everywhere[1])]
    files = [tile(tmp_path / f"{i}.nc", *part) for i, part in enumerate(parts)]
    options = ["--duplicates", "first", "--load-threshold", "0", "--load", "lat", "--load", "line"]
    message = refused(files, tmp_path, *options)
    assert '"/tas"' in message and '1.nc.json starts at element 4 of "lat"' in message
    assert "1 more than a multiple of the chunk length 3" in message and "--load tas" in message
    for got in combined(files, tmp_path, *options, "--load", "tas", "--load", "map"):
        check(got, whole(parts))


def test_tiles_that_do_not_say_the_same(tmp_path):
    """A map that another step of the same tile has otherwise, and a step that another tile has otherwise."""
    parts = [(slice(t, t + 1), slice(0, 12), slice(x, x + 9)) for t in range(2) for x in (0, 9)]
    files = [tile(tmp_path / f"{i}.nc", *part) for i, part in enumerate(parts)]
    other = MAP[:, 9:18].copy()
    other[7, 2] += 1
    tile(tmp_path / "3.nc", *parts[3], map=Var("lat lon", other, chunks=[3, 3]), step=Var("time", np.array([8], "i4"), chunks=[1]))
    message = refused(files, tmp_path)
    assert '"/map": has other values in' in message and "3.nc.json than in" in message and '"/step"' in message
    for got in combined(files, tmp_path, "--override", "values"):
        check(got, whole(parts))
    for got in combined(files, tmp_path, "--drop", "map", "--drop", "step"):
        check(got, whole(parts).drop_vars(["map", "step"]))


def test_a_hidden_input_needs_not_fit(tmp_path):
    """A line of 4 rows inside one of 12 says the same, and is not placed, so that its chunks do not matter."""
    parts = [(slice(1, 2), slice(1, 5), slice(0, 18)), (slice(0, 1), slice(0, 12), slice(0, 18))]
    files = [tile(tmp_path / f"{i}.nc", *part, chunk=(1, 1, 18), line=Var("lat", LAT[part[1]], chunks=[2]))
             for i, part in enumerate(parts)]
    for got in combined(files, tmp_path, "--concat-dim", "time,lat", "--load-threshold", "0"):
        np.testing.assert_array_equal(got["line"].values, LAT)


def test_months_in_one_chunk_each(tmp_path):
    """Chunks of 31 and of 28 days do not stand beside each other in any form; uncompressed ones are cut."""
    files, start = [], 0
    for month, days in enumerate([31, 28, 31]):
        files.append(write(tmp_path / f"{month}.nc", {
            "time": Var("time", np.arange(start, start + days) * 1.0, units="days since 2001-01-01"),
            "tas": Var("time x", series.field((days, 5), month), chunks=[days, 5]),
            "raw": Var("time x", series.field((days, 5), 9 + month), chunks=[days, 5], zlib=False)}))
        start += days
    threshold = ["--load-threshold", "0", "--load", "time"]
    message = refused(files, tmp_path, *threshold)
    assert '"/tas": the chunk shape is [31, 5]' in message and "--load tas reads its values (1800 bytes)" in message
    assert "--load raw reads its values (1800 bytes), or --subchunk splits its chunks" in message
    assert "rectilinear" in refused(files, tmp_path, *threshold, "--zarr-format", "3")
    want = series.by_coordinates(files)
    for got in combined(files, tmp_path, *threshold, "--load", "tas", "--subchunk"):
        check(got, want)


def test_a_dimension_without_a_coordinate(tmp_path):
    """Inputs that differ in time and in a length of x, of which nothing says how they lie beside each other."""
    files = [write(tmp_path / f"{i}.nc", {"time": Var("time", [float(i)]), "z": Var("time x", series.field((1, 2 + i), i))})
             for i in range(2)]
    assert '"x": has no coordinate' in refused(files, tmp_path, "--concat-dim", "time,x")


def test_coordinates_that_are_nowhere_the_same(tmp_path):
    """As many places as would not fit into memory."""
    noise = np.random.default_rng(3)
    files = [write(tmp_path / f"{i}.nc", {
        name: Var(name, np.arange(400) + noise.normal(0, 1e-6, 400)) for name in "xyz"} | {
        "a": Var("x y z", np.zeros((400, 400, 400), "i1"), chunks=[400, 400, 400])}, unlimited=()) for i in range(2)]
    message = refused(files, tmp_path, "--concat-dim", "x,y,z")
    assert "too many" in message and "rounding" in message
