# SPDX-License-Identifier: Apache-2.0
"""The table of combinations: what goes in, the options, and what another reader makes of the same files.

A case is a function of a folder that gives (files, options of the command, the dataset that must come out).
"""
import dataclasses
import os
import shutil

import netCDF4
import numpy as np
import xarray as xr

import series
from command import FIXTURES
from series import LAT, LON, Var, by_coordinates, field, nested, slices, usual, write

CASES = {}


@dataclasses.dataclass
class Case:
    files: list
    options: list
    want: object
    scan: tuple = ()
    says: str = ""  # a part of what the command says


def case(function):
    CASES[function.__name__] = function
    return function


def members(directory, count=3, times=2, **attributes):
    """Files of one member each: the same times, no dimension for the member."""
    return [write(directory / f"member_{i + 1:03}.nc", slices(np.arange(times, dtype="f8"), i), member=np.int32(10 * i),
                  name=f"m{i}", **attributes) for i in range(count)]


def stacked(files, dimension, values, only=("tas",), first=0):
    """The files side by side along a dimension that they lack; attributes are those of file number `first`."""
    parts = [series.loaded(path) for path in files]
    result = parts[first].copy()
    for name in only:
        result[name] = xr.concat([part[name] for part in parts], dimension, combine_attrs="override").transpose(
            dimension, ...)
    if values is not None:
        result[dimension] = (dimension, values)
    return result


# MARK: Without options

@case
def without_options(d):
    files = usual(d)
    return Case(files, [], by_coordinates(files), says='joining along "time"')


@case
def shuffled(d):
    files = usual(d)
    want = by_coordinates(files)
    return Case([files[i] for i in (2, 0, 1)], [], want)


@case
def order_of_input(d):
    files = usual(d)
    files = [files[i] for i in (2, 0, 1)]
    return Case(files, ["--order", "input"], nested(files, "time"))


@case
def one_input(d):
    files = usual(d, [4])
    return Case(files, [], series.loaded(files[0]))


@case
def one_input_along_a_dimension(d):
    files = usual(d, [4])
    return Case(files, ["--concat-dim", "time"], series.loaded(files[0]))


@case
def a_short_last_file(d):
    files = usual(d, [4, 4, 1])
    return Case(files, [], by_coordinates(files))


@case
def a_last_chunk_in_part(d):
    files = [write(d / f"{i}.nc", slices(np.arange(4 * i, 4 * i + n) * 1.0, i, tas=Var(
        "time lat lon", field((n, 3, 4), i), chunks=[2, 3, 2], units="K"))) for i, n in enumerate([4, 4, 3])]
    return Case(files, [], by_coordinates(files))


@case
def descending(d):
    files = [write(d / f"{i}.nc", slices(np.arange(9 - 3 * i, 6 - 3 * i, -1) * 1.0, i)) for i in range(3)]
    want = nested(files, "time")
    return Case([files[i] for i in (1, 2, 0)], [], want)


@case
def descending_latitude(d):
    files = []
    for i in range(3):
        lat = np.arange(80 - 30 * i, 50 - 30 * i, -10.0)
        files.append(write(d / f"{i}.nc", {
            "lat": Var("lat", lat, units="degrees_north"), "lon": Var("lon", LON),
            "z": Var("lat lon", field((3, 4), i), chunks=[3, 4])}))
    want = nested(files, "lat")
    return Case([files[i] for i in (1, 0, 2)], [], want)


@case
def integer_times(d):
    files = [write(d / f"{i}.nc", slices(np.arange(6 * i, 6 * i + 6, 2).astype("i4"), i, units="hours since 1990-01-01"))
             for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def a_missing_day(d):
    files = [write(d / f"{i}.nc", slices([t], i)) for i, t in enumerate([0.0, 1.0, 3.0, 4.0])]
    return Case(files, [], by_coordinates(files))


@case
def no_coordinate(d):
    files = [write(d / f"{i}.nc", {"tas": Var("time x", field((n, 4), i), chunks=[1, 4])}) for i, n in enumerate([2, 3, 1])]
    return Case(files, ["--concat-dim", "time"], nested(files, "time"), says="no coordinate")


@case
def different_lengths_without_coordinate(d):
    files = [write(d / f"{i}.nc", {"tas": Var("time x", field((n, 4), i), chunks=[1, 4])}) for i, n in enumerate([2, 3, 1])]
    return Case(files, [], nested(files, "time"))


@case
def empty_inputs(d):
    files = [write(d / f"{i}.nc", slices(np.arange(s, s + n) * 1.0, i, chunk=4)) for i, (s, n) in
             enumerate([(0, 2), (2, 0), (2, 3)])]
    return Case(files, ["--concat-dim", "time"], nested(files, "time"))


# MARK: Variables that are loaded

@case
def times_in_large_chunks(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, chunk=1024, date=Var(
        "time", np.array([20000101 + i], "i4"), chunks=[1024], long_name="date"))) for i in range(4)]
    return Case(files, [], by_coordinates(files), says="/date is read and written inline")


@case
def several_steps_in_large_chunks(d):
    files = [write(d / f"{i}.nc", slices(np.arange(5 * i, 5 * i + 5) * 1.0, i, chunk=512, date=Var(
        "time", np.arange(5 * i, 5 * i + 5, dtype="i4"), chunks=[512], zlib=False))) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def leap_years(d):
    files, start = [], 0
    for i, n in enumerate([366, 365, 365]):
        files.append(write(d / f"{2000 + i}.nc", slices(np.arange(start, start + n) * 1.0, i, tas=Var(
            "time", field(n, i), chunks=[100], units="K"))))
        start += n
    return Case(files, [], by_coordinates(files))


@case
def packing_drifts(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2 * i, 2 * i + 2) * 1.0, i, tas=Var(
        "time lat lon", np.arange(24, dtype="i2").reshape(2, 3, 4) * (i + 1), chunks=[1, 3, 4], fill=np.int16(-1),
        scale_factor=0.5 * (i + 1), add_offset=100.0 + i, units="K"))) for i in range(3)]
    return Case(files, [], by_coordinates(files), says="scale_factor")


@case
def packing_drifts_with_gaps(d):
    files = []
    for i in range(2):
        values = np.arange(24, dtype="i2").reshape(2, 3, 4)
        values[0, 1, i] = -1
        files.append(write(d / f"{i}.nc", slices(np.arange(2 * i, 2 * i + 2) * 1.0, i, tas=Var(
            "time lat lon", values, chunks=[1, 3, 4], fill=np.int16(-1), scale_factor=0.25, add_offset=10.0 * i))))
    return Case(files, [], by_coordinates(files))


@case
def texts_of_fixed_length(d):
    def part(i):
        names = np.array([list(f"s{i}{j}".ljust(4, "\0")) for j in range(2)], "S1")
        return write(d / f"{i}.nc", slices(np.arange(2 * i, 2 * i + 2) * 1.0, i, station=Var(
            "time strlen", names, chunks=[1, 4], zlib=True)))
    files = [part(i) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def texts_of_any_length(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2 * i, 2 * i + 2) * 1.0, i, note=Var(
        "time", np.array([f"step {i}", "" if i == 1 else "längere Notiz" * i], object), chunks=[2]))) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def texts_in_chunks_of_one(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2 * i, 2 * i + 2) * 1.0, i, note=Var(
        "time", np.array([f"a{i}", f"b{i}"], object), chunks=[1]))) for i in range(2)]
    return Case(files, [], by_coordinates(files))


@case
def texts_without_the_dimension(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, names=Var("k", np.array(["x", "yy"], object)))) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def the_load_option(d):
    files = [write(d / f"{i}.nc", slices(np.arange(s, s + n) * 1.0, i, tas=Var(
        "time lat lon", field((n, 3, 4), i), chunks=[2, 3, 4]))) for i, (s, n) in enumerate([(0, 3), (3, 3), (6, 2)])]
    return Case(files, ["--load-threshold", "0", "--load", "tas"], by_coordinates(files))


@case
def subchunks(d):
    files = [write(d / f"{i}.nc", slices(np.arange(s, s + n) * 1.0, i, tas=Var(
        "time lat lon", field((n, 3, 4), i), chunks=[6, 3, 4], zlib=False))) for i, (s, n) in enumerate([(0, 4), (4, 4), (8, 6)])]
    return Case(files, ["--load-threshold", "0", "--subchunk"], by_coordinates(files), says="are split")


# MARK: Times

@case
def units_drift(d):
    files = [write(d / f"{i}.nc", slices(np.arange(3) * 1.0, i, units=f"days since 2000-01-{1 + 3 * i:02}"))
             for i in range(3)]
    return Case(files, [], by_coordinates(files), says="converted")


@case
def units_drift_in_integers(d):
    files = [write(d / f"{i}.nc", slices(np.arange(3, dtype="i4"), i, units=f"days since 2000-01-{1 + 3 * i:02} 00:00:00"))
             for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def units_drift_from_days_to_hours(d):
    files = [write(d / "a.nc", slices(np.arange(3) * 1.0, 0)),
             write(d / "b.nc", slices(np.arange(72, 144, 24, dtype="i8"), 1, units="hours since 2000-01-01")),
             write(d / "c.nc", slices(np.arange(6, 8) * 86400.0 + 21600, 2, units="seconds since 2000-01-01 00:00"))]
    return Case(files, [], by_coordinates(files))


@case
def units_drift_between_integers_to_fractions(d):
    files = [write(d / "a.nc", slices(np.arange(3, dtype="i4"), 0)),
             write(d / "b.nc", slices(np.arange(78, 84, 6, dtype="i4"), 1, units="hours since 2000-01-01"))]
    return Case(files, [], by_coordinates(files))


@case
def bounds_follow_their_coordinate(d):
    files = []
    for i in range(3):
        times = np.arange(2.0)
        files.append(write(d / f"{i}.nc", slices(times, i, units=f"days since 2000-01-{1 + 2 * i:02}", time_bnds=Var(
            "time nv", np.stack([times, times + 1], 1), chunks=[1, 2]))))
        with netCDF4.Dataset(files[-1], "a") as ds:
            ds["time"].bounds = "time_bnds"
    return Case(files, [], by_coordinates(files))


@case
def another_time_variable_drifts(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 2 * i, i, seen=Var(
        "time", np.arange(2.0), chunks=[2], units=f"hours since 2000-01-0{i + 1}"))) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def days_of_360(d):
    files = [write(d / f"{i}.nc", slices(np.arange(30 * i, 30 * i + 30) * 1.0, i, units="days since 2000-01-01",
                                         calendar="360_day")) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def units_drift_in_360_days(d):
    files = [write(d / f"{i}.nc", slices(np.arange(30) * 1.0, i, units=f"days since 2000-{2 * i + 1:02}-30",
                                         calendar="360_day")) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def no_leap_days(d):
    files = [write(d / f"{i}.nc", slices([58.5, 59.5], i, units=f"days since {2000 + i}-01-01",
                                         calendar=["noleap", "365_day"][i % 2])) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def calendars_of_one_meaning(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 2 * i, i, calendar=["standard", "gregorian"][i % 2])) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def standard_and_proleptic_calendars(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 2 * i, i, calendar=["standard", "proleptic_gregorian"][i]))
             for i in range(2)]
    return Case(files, [], by_coordinates(files))


# MARK: Selectors

@case
def selector_data(d):
    files = [write(d / f"l{i}.nc", {"lat": Var("lat", LAT), "p": Var("", np.float64(100 + 10 * i), units="hPa"),
                                    "t": Var("lat", field(3, i), chunks=[3])}) for i in range(3)]
    parts = [series.loaded(path) for path in files]
    want = parts[0].drop_vars(["t", "p"])
    want["t"] = xr.concat([part["t"] for part in parts], "p").transpose("p", ...)
    want["p"] = ("p", np.array([100.0, 110.0, 120.0]), {"units": "hPa"})
    return Case(files, ["--coord", "p=data:p"], want)


def along_scalar_time(files):
    parts = [series.loaded(path).set_coords("time") for path in files]
    want = parts[0][["lat"]].drop_vars("time")
    want["t"] = xr.concat([part["t"].expand_dims("time") for part in parts], "time")
    return want


@case
def scalar_of_the_name(d):
    files = [write(d / f"l{i}.nc", {"lat": Var("lat", LAT), "time": Var("", np.float64(i), units="days since 2000-01-01"),
                                    "t": Var("lat", field(3, i), chunks=[3])}) for i in (2, 0, 1)]
    return Case(files, ["--concat-dim", "time"], along_scalar_time([files[i] for i in (1, 2, 0)]))


@case
def selector_cf_of_a_scalar(d):
    files = [write(d / f"l{i}.nc", {"lat": Var("lat", LAT), "time": Var("", np.float64(0.5), units=f"days since 2000-01-0{i + 1}"),
                                    "t": Var("lat", field(3, i), chunks=[3])}) for i in range(3)]
    return Case(files, ["--concat-dim", "time", "--coord", "time=cf:time"], along_scalar_time(files))


@case
def selector_attr(d):
    files = members(d)
    return Case(files, ["--coord", "member=attr:member"], stacked(files, "member", np.array([0, 10, 20])))


@case
def selector_attr_text(d):
    files = members(d)
    return Case(files, ["--coord", "name=attr:name"], stacked(files, "name", ["m0", "m1", "m2"]))


@case
def selector_vattr(d):
    files = [write(d / f"{i}.nc", slices([0.0], i, tas=Var("time lat lon", field((1, 3, 4), i), chunks=[1, 3, 4], height=2.0 * i)))
             for i in range(3)]
    return Case(files, ["--coord", "height=vattr:tas:height"], stacked(files, "height", np.array([0.0, 2.0, 4.0])))


@case
def selector_index(d):
    files = members(d)
    return Case(files, ["--coord", "n=index"], stacked(files, "n", np.arange(3)))


@case
def selector_INDEX(d):
    files = members(d)
    return Case(files, ["--coord", "n=INDEX", "--coord-dtype", "n=i4"], stacked(files, "n", np.arange(3, dtype="i4")))


@case
def selector_regex(d):
    files = members(d)
    return Case(files, ["--coord", r"run=regex:member_(\d+)\.nc", "--coord-dtype", "run=i4"],
                stacked(files, "run", np.array([1, 2, 3], "i4")))


@case
def selector_regex_text(d):
    files = members(d)
    return Case(files, ["--coord", r"run=regex:member_\d+"], stacked(files, "run", ["member_001", "member_002", "member_003"]))


@case
def selector_regex_named_group(d):
    files = members(d)
    return Case(files, ["--coord", r"run=regex:(?P<run>\d+)\.nc"], stacked(files, "run", ["001", "002", "003"]))


@case
def selector_date(d):
    files = [write(d / f"obs_{day}.nc", {"lat": Var("lat", LAT), "t": Var("lat", field(3, i), chunks=[3])})
             for i, day in enumerate(["20000228", "20000229", "20000301"])]
    want = stacked(files, "time", np.array(["2000-02-28", "2000-02-29", "2000-03-01"], "M8[ns]"), ["t"])
    return Case(files[::-1], ["--coord", r"time=date:%Y%m%d:_(\d{8})"], want)


@case
def selector_date_as_datetime(d):
    files = [write(d / f"obs_{day}.nc", {"lat": Var("lat", LAT), "t": Var("lat", field(3, i), chunks=[3])})
             for i, day in enumerate(["2000060T0630", "2000061T1845"])]
    want = stacked(files, "time", np.array(["2000-02-29T06:30", "2000-03-01T18:45"], "M8[ns]"), ["t"])
    return Case(files[::-1], ["--coord", r"time=date:%Y%jT%H%M:_(\w+)\.nc", "--coord-dtype", "time=M8[ns]"], want)


@case
def selector_list(d):
    files = members(d)
    want = stacked([files[i] for i in (1, 2, 0)], "year", np.array([1990, 2000, 2010]), first=2)
    return Case(files, ["--coord", "year=list:2010,1990,2000"], want)


@case
def selector_list_of_reals(d):
    files = members(d)
    return Case(files, ["--coord", "level=list:0.5,1,2.5", "--coord-dtype", "level=f4"],
                stacked(files, "level", np.array([0.5, 1, 2.5], "f4")))


@case
def selector_constant(d):
    files = usual(d)
    want = by_coordinates(files)
    want["tas"] = want["tas"].expand_dims(run=np.array([7]))
    return Case(files, ["--concat-dim", "run,time", "--coord", "run=value:7"], want)


@case
def selector_varname(d):
    files = [write(d / f"{name}.nc", {"lat": Var("lat", LAT), "lon": Var("lon", LON), name: Var(
        "lat lon", field((3, 4), i), chunks=[3, 4], units="K")}) for i, name in enumerate(["tas", "tos"])]
    parts = [series.loaded(path) for path in files]
    want = parts[0].drop_vars("tas")
    want["value"] = xr.concat([parts[0]["tas"], parts[1]["tos"]], "kind", combine_attrs="override")
    want["kind"] = ["tas", "tos"]
    return Case(files, ["--coord", "kind=varname", "--coord", "var=value:value"], want)


@case
def selector_var(d):
    files = [write(d / f"v_{name}.nc", {"lat": Var("lat", LAT), "x": Var("lat", field(3, i), chunks=[3])})
             for i, name in enumerate(["one", "two"])]
    parts = [series.loaded(path) for path in files]
    want = parts[0].rename(x="one")
    want["two"] = parts[1]["x"]
    return Case(files, ["--coord", r"var=regex:v_(\w+)\.nc"], want)


@case
def coordinate_as_datetimes(d):
    files = usual(d)
    want = by_coordinates(files)
    return Case(files, ["--concat-dim", "time", "--coord", "time=cf:time", "--coord-dtype", "time=M8[ns]"], want)


@case
def coordinate_as_datetimes_of_drifting_units(d):
    files = [write(d / f"{i}.nc", slices(np.array([0.25, 1.25]), i, units=f"days since 2000-01-{1 + 2 * i:02}"))
             for i in range(3)]
    return Case(files, ["--coord", "time=cf:time", "--coord-dtype", "time=M8[ns]"], by_coordinates(files))


@case
def coordinate_as_bytes(d):
    files = members(d)
    return Case(files, ["--coord", "name=attr:name", "--coord-dtype", "name=S"],
                stacked(files, "name", np.array([b"m0", b"m1", b"m2"])))


@case
def coordinate_of_texts(d):
    files = [write(d / f"{i}.nc", {"name": Var("name", np.array(names, object)), "x": Var("name", field(2, i), chunks=[1])})
             for i, names in enumerate([["ab", "ac"], ["b", "cäc"]])]
    return Case(files[::-1], [], nested(files, "name"))


# MARK: Several dimensions

@case
def times_and_members(d):
    files = [write(d / f"e{e}_t{t}.nc", {**slices(np.arange(2.0) + 2 * t, 10 * e + t), "ens": Var("ens", np.array([e], "i4")),
             "tas": Var("ens time lat lon", field((1, 2, 3, 4), 10 * e + t), chunks=[1, 1, 3, 4])})
             for t in range(3) for e in range(2)]
    want = by_coordinates(files)
    return Case([files[i] for i in (3, 0, 5, 1, 4, 2)], [], want)


@case
def new_dimension_and_times(d):
    files = [write(d / f"e{e}_t{t}.nc", slices(np.arange(2.0) + 2 * t, 10 * e + t)) for e in range(2) for t in range(3)]
    want = nested([files[:3], files[3:]], ["run", "time"], data_vars="all")
    want = want.assign_coords(run=np.array([0, 1], "i4"))
    for name in ("lat", "lon"):
        want[name] = series.loaded(files[0])[name]
    return Case(files[::-1], ["--concat-dim", "run,time", "--coord", r"run=regex:e(\d)_", "--coord-dtype", "run=i4"], want)


@case
def tiles(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", field((3, 2), 5 * x + y), chunks=[3, 2]), "mask": Var("x y", field((2, 3), 7 * x + y), chunks=[1, 3])})
             for x in range(3) for y in range(2)]
    return Case(files, [], by_coordinates(files))


@case
def tiles_with_a_hole(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", field((3, 2), 5 * x + y), chunks=[3, 2])}) for x in range(2) for y in range(2)][:3]
    return Case(files, ["--concat-dim", "x,y"], by_coordinates(files))


@case
def tiles_with_a_hole_in_integers(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", np.full((3, 2), x + y, "i2"), chunks=[3, 2], fill=np.int16(-9))}) for x in range(2) for y in range(2)][:3]
    parts = [series.loaded(f) for f in files]
    want = xr.combine_by_coords(parts, **series.MINIMAL, combine_attrs="override")
    return Case(files, ["--concat-dim", "x,y"], want)


@case
def given_fill_value(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", np.full((3, 2), x + y, "i2"), chunks=[3, 2])}) for x in range(2) for y in range(2)][:3]
    want = by_coordinates(files)
    want["z"] = want["z"].astype("f4")
    return Case(files, ["--concat-dim", "x,y", "--fill-value", "z=-9"], want)


@case
def three_dimensions(d):
    files = [write(d / f"t{t}_y{y}_x{x}.nc", {
        "time": Var("time", [float(t)]), "y": Var("y", np.arange(2.0) + 2 * y), "x": Var("x", np.arange(2.0) + 2 * x),
        "z": Var("time y x", field((1, 2, 2), 9 * t + 3 * y + x), chunks=[1, 1, 2]),
        "line": Var("y", field(2, 100 + y), chunks=[1])}) for t in range(2) for y in range(2) for x in range(2)]
    want = by_coordinates(files)
    return Case(files, [], want)


# MARK: Variables

@case
def variables_in_separate_files(d):
    files = []
    for name in ("tas", "pr"):
        for i in range(3):
            parts = slices(np.arange(2.0) + 2 * i, i + len(name), tas=None)
            parts[name] = Var("time lat lon", field((2, 3, 4), i + len(name)), chunks=[1, 3, 4], units=name)
            files.append(write(d / f"{name}_{i}.nc", parts))
    return Case(files[::-1], [], by_coordinates(files))


@case
def separate_variables_of_one_time(d):
    files = []
    for name in ("tas", "pr"):
        parts = slices(np.arange(2.0), len(name), tas=None)
        parts[name] = Var("time lat lon", field((2, 3, 4), len(name)), chunks=[1, 3, 4], units=name)
        files.append(write(d / f"{name}.nc", parts))
    return Case(files, [], xr.merge([series.loaded(f) for f in files], combine_attrs="override", compat="override"))


@case
def absent_union(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, pr=Var("time lat lon", field((1, 3, 4), i + 9), chunks=[1, 3, 4])
                                         if i != 1 else None)) for i in range(3)]
    return Case(files, ["--absent", "union"], nested(files, "time"))


@case
def absent_from_the_first(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, pr=Var("time lat lon", field((1, 3, 4), i + 9), chunks=[1, 3, 4])
                                         if i else None)) for i in range(3)]
    return Case(files, ["--absent", "union"], nested(files, "time"))


@case
def absent_intersection(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, pr=Var("time lat lon", field((1, 3, 4), i + 9), chunks=[1, 3, 4])
                                         if i != 1 else None)) for i in range(3)]
    return Case(files, ["--absent", "intersection"], nested(files, "time").drop_vars("pr"))


@case
def identical_dimensions(d):
    files = [write(d / f"{i}.nc", {**slices([float(i)], i), "lat": Var("lat", LAT + i * 1e-9, units="degrees_north")}) for i in range(3)]
    want = nested(files, "time", preprocess=lambda ds: ds.assign_coords(lat=series.loaded(files[0]).lat))
    return Case(files, ["--identical-dim", "lat"], want)


@case
def coordinates_not_compared(d):
    files = [write(d / f"{i}.nc", {**slices([float(i)], i), "lat": Var("lat", LAT + i * 1e-9, units="degrees_north")}) for i in range(3)]
    want = nested(files, "time", preprocess=lambda ds: ds.assign_coords(lat=series.loaded(files[0]).lat))
    return Case(files, ["--concat-dim", "time", "--override", "coordinates"], want)


@case
def auxiliary_coordinates(d):
    grid = {"lat2": Var("y x", field((2, 3), 1), units="degrees_north"), "lon2": Var("y x", field((2, 3), 2))}
    files = [write(d / f"{i}.nc", {"time": Var("time", [float(i)], units="days since 2000-01-01"), **grid,
             "crs": Var("", np.int32(0), grid_mapping_name="latitude_longitude"),
             "t": Var("time y x", field((1, 2, 3), i), chunks=[1, 2, 3], coordinates="lat2 lon2", grid_mapping="crs")})
             for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def variables_dropped(d):
    files = [write(d / f"d{i}.nc", slices([float(i)], i, drift=Var("lat", LAT + i))) for i in range(3)]
    return Case(files, ["--drop", "drift"], by_coordinates(files, lambda ds: ds.drop_vars("drift")))


@case
def renamed_and_reattributed(d):
    files = usual(d)
    want = by_coordinates(files).rename(tas="t2m", time="when")
    want.attrs = {"source": "tests", "number": 3}
    want["t2m"].attrs = {"units": "degK"}
    return Case(files, ["--rename", "tas=t2m", "--rename-dim", "time=when", "--set-attr", "source=tests", "--set-attr", "number=3",
                        "--delete-attr", "title", "--set-attr", "t2m:units=degK", "--delete-attr", "t2m:long_name"], want)


# MARK: Duplicates and overlaps

def overlapping(d, chunk=1):
    return [write(d / f"{i}.nc", slices(np.arange(2.0 * i, 2.0 * i + 4), i, tas=Var(
        "time lat lon", field((4, 3, 4), i), chunks=[chunk, 3, 4]))) for i in range(3)]


@case
def overlap_first(d):
    files = overlapping(d)
    parts = [series.loaded(f) for f in files]
    want = xr.combine_nested([parts[0], parts[1].isel(time=slice(2, None)), parts[2].isel(time=slice(2, None))], "time",
                             combine_attrs="override", **series.MINIMAL)
    return Case(files, ["--duplicates", "first"], want)


@case
def overlap_last(d):
    files = overlapping(d)
    parts = [series.loaded(f) for f in files]
    want = xr.combine_nested([parts[0].isel(time=slice(0, 2)), parts[1].isel(time=slice(0, 2)), parts[2]], "time",
                             combine_attrs="override", **series.MINIMAL)
    return Case(files, ["--duplicates", "last"], want)


@case
def overlap_in_chunks_of_two(d):
    files = overlapping(d, 2)
    parts = [series.loaded(f) for f in files]
    want = xr.combine_nested([parts[0], parts[1].isel(time=slice(2, None)), parts[2].isel(time=slice(2, None))], "time",
                             combine_attrs="override", **series.MINIMAL)
    return Case(files, ["--duplicates", "first"], want)


@case
def one_input_twice(d):
    files = usual(d)
    shutil.copy(files[1], d / "again.nc")
    return Case(files + [str(d / "again.nc")], ["--duplicates", "last"], by_coordinates(files))


@case
def interleaved(d):
    files = [write(d / f"{i}.nc", slices(np.arange(i, 9, 3) * 1.0, i)) for i in range(3)]
    want = xr.concat([series.loaded(f) for f in files], "time", combine_attrs="override", **{
        k: v for k, v in series.MINIMAL.items()}).sortby("time")
    return Case(files, [], want)


# MARK: Small chunks

@case
def inlined_chunks(d):
    files = usual(d)
    return Case(files, [], by_coordinates(files), scan=("--inline-threshold", "100k"))


@case
def nothing_inlined(d):
    files = usual(d)
    return Case(files, ["--inline-threshold", "0"], by_coordinates(files), scan=("--inline-threshold", "0"))


@case
def missing_chunks(d):
    files = []
    for i in range(3):
        path = write(d / f"m{i}.nc", slices([float(i)], i))
        with netCDF4.Dataset(path, "a") as ds:
            v = ds.createVariable("holes", "f4", ("time", "lat", "lon"), chunksizes=[1, 2, 2], fill_value=-5.0)
            if i != 1:
                v[0, 0:2, 0:2] = i
        files.append(path)
    return Case(files, [], by_coordinates(files))


@case
def fixture_climate(d):
    source = os.path.join(FIXTURES, "netcdf4", "climate.nc")
    files = [shutil.copy(source, d / f"climate_{i}.nc") for i in range(3)]
    for i, path in enumerate(files):
        with netCDF4.Dataset(path, "a") as ds:
            ds["time"][:] = ds["time"][:] + 30.0 * i
    return Case([str(f) for f in files], [], by_coordinates(files))


# MARK: What is stored where no input lies

def corner(d, x, y, **more):
    return write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x), **more})


@case
def holes_between_missing_chunks(d):
    """chunks that are missing in a file are zeros there, but holes between the files are not"""
    import h5py

    files = []
    for x in range(2):
        for y in range(2):
            if (x, y) == (1, 1):
                continue
            path = str(d / f"x{x}_y{y}.nc")
            with h5py.File(path, "w") as f:
                for name, values in (("y", np.arange(4.0) + 4 * y), ("x", np.arange(4.0) + 4 * x)):
                    f.create_dataset(name, data=values)
                    f[name].make_scale(name)
                z = f.create_dataset("z", (4, 4), "f4", chunks=(2, 2))
                z[:2, :2] = 1 + x + y
                z.dims[0].attach_scale(f["y"])
                z.dims[1].attach_scale(f["x"])
            files.append(path)
    return Case(files, ["--concat-dim", "x,y"], by_coordinates(files))


@case
def holes_in_a_loaded_variable(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, date=Var("time", np.array([i + 5], "f4"), chunks=[64])
                                         if i != 1 else None)) for i in range(4)]
    return Case(files, ["--absent", "union"], nested(files, "time"))


@case
def holes_in_loaded_integers(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, date=Var("time", np.array([i + 5], "i2"), chunks=[64])
                                         if i != 1 else None)) for i in range(4)]
    return Case(files, ["--absent", "union", "--fill-value", "date=-1"],
                nested(files, "time", preprocess=lambda ds: ds.assign(date=ds.date.astype("f4")) if "date" in ds else ds))


@case
def holes_in_text(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, note=Var("time", np.array([f"n{i}"], object), chunks=[64])
                                         if i != 1 else None)) for i in range(3)]
    return Case(files, ["--absent", "union", "--fill-value", "note=none"], nested(files, "time"))


@case
def fill_values_drift(d):
    def part(i):
        values = np.arange(24, dtype="i2").reshape(2, 3, 4) + 100
        fill = np.int16([-1, -9][i])
        values[0, 0, 0] = fill
        return write(d / f"{i}.nc", slices(np.arange(2.0) + 2 * i, i, tas=Var("time lat lon", values, chunks=[1, 3, 4], fill=fill)))
    files = [part(i) for i in range(2)]
    return Case(files, [], by_coordinates(files), says="fill value")


@case
def types_drift(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 2 * i, i, n=Var("time", np.array([2 * i, 2 * i + 1], ["i2", "i4"][i]), chunks=[2])))
             for i in range(2)]
    want = by_coordinates(files)
    want["n"] = want["n"].astype("i2")
    return Case(files, [], want)


@case
def packed_times_of_a_variable_drift(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 2 * i, i, seen=Var(
        "time", np.arange(2, dtype="i4") * 4, chunks=[2], scale_factor=0.25, add_offset=1.0, units=f"hours since 2000-01-0{i + 1}")))
        for i in range(2)]
    return Case(files, [], by_coordinates(files))


@case
def bounds_of_datetimes(d):
    files = []
    for i in range(3):
        times = np.arange(2.0)
        files.append(write(d / f"{i}.nc", slices(times, i, units=f"days since 2000-01-{1 + 2 * i:02}", time_bnds=Var(
            "time nv", np.stack([times, times + 1], 1), chunks=[1, 2]))))
        with netCDF4.Dataset(files[-1], "a") as ds:
            ds["time"].bounds = "time_bnds"
    want = by_coordinates(files)
    return Case(files, ["--coord", "time=cf:time", "--coord-dtype", "time=M8[ns]"], want)


# MARK: Files as others write them

@case
def written_by_xarray(d):
    files = []
    for i, n in enumerate([31, 29, 31]):
        start = np.datetime64("2000-01-01") + [0, 31, 60][i]
        ds = xr.Dataset({"t": (("time", "x"), field((n, 4), i))},
                        {"time": (start + np.arange(n)).astype("M8[ns]"), "x": np.arange(4.0)}, {"title": "by xarray"})
        files.append(str(d / f"{i}.nc"))
        ds.to_netcdf(files[-1], engine="h5netcdf", encoding={"t": {"chunksizes": (1, 4), "zlib": True}})
    return Case(files, [], by_coordinates(files))


@case
def contiguous_of_equal_length(d):
    files = [write(d / f"{i}.nc", slices(np.arange(4.0) + 4 * i, i, tas=Var("time lat lon", field((4, 3, 4), i), zlib=False)),
                   unlimited=()) for i in range(3)]
    return Case(files, [], by_coordinates(files))


@case
def contiguous_of_unequal_length(d):
    files, start = [], 0
    for i, n in enumerate([6, 5, 4]):
        files.append(write(d / f"{i}.nc", slices(np.arange(start, start + n) * 1.0, i, tas=Var(
            "time lat lon", field((n, 3, 4), i), zlib=False)), unlimited=()))
        start += n
    return Case(files, ["--load-threshold", "1", "--load", "time", "--subchunk"], by_coordinates(files), says="are split")


@case
def values_along_another_variable(d):
    files = [write(d / f"{i}.nc", {"when": Var("step", np.arange(2.0) + 2 * i, units="days since 2000-01-01"),
                                   "x": Var("step", field(2, i), chunks=[1])}, unlimited=("step",)) for i in range(3)]
    want = nested(files, "step")
    want["step"] = ("step", want["when"].values)
    return Case(files[::-1], ["--concat-dim", "step", "--coord", "step=data:when"], want)


# MARK: Parts of the values of real files

def parts_of(source, d, count, dimension):
    """A file cut along a dimension, as it is stored."""
    files = []
    with netCDF4.Dataset(source) as ds:
        ds.set_auto_maskandscale(False)
        length = len(ds.dimensions[dimension])
        cuts = [length * i // count for i in range(count + 1)]
        for number in range(count):
            path = str(d / f"part_{number}.nc")
            with netCDF4.Dataset(path, "w") as out:
                out.setncatts(ds.__dict__)
                for name, dim in ds.dimensions.items():
                    out.createDimension(name, None if name == dimension else len(dim))
                for name, v in ds.variables.items():
                    chunks = [1 if d == dimension else len(ds.dimensions[d]) for d in v.dimensions] if v.ndim > 1 else None
                    fill = getattr(v, "_FillValue", None)
                    w = out.createVariable(name, v.dtype, v.dimensions, zlib=bool(v.dimensions), chunksizes=chunks, fill_value=fill)
                    w.set_auto_maskandscale(False)
                    w.setncatts({k: v.getncattr(k) for k in v.ncattrs() if k != "_FillValue"})
                    index = tuple(slice(cuts[number], cuts[number + 1]) if n == dimension else slice(None) for n in v.dimensions)
                    w[...] = v[index] if v.dimensions else v[...]
            files.append(path)
    return files


REAL = {
    "air": ("netcdf4/fsspec-kerchunk/air.nc", 12, "time"),
    "SOI_Darwin": ("netcdf4/iris-sample-data/SOI_Darwin.nc", 7, "time"),
    "cordex": ("netcdf4/earthkit-data/cordex.nc", 2, "time"),
    "earthkit": ("netcdf4/earthkit-data/test.nc", 3, "latitude"),
}

# those that are tried with Zarr 3 metadata, too
IN_ZARR_3 = {
    "without_options", "descending", "times_in_large_chunks", "packing_drifts_with_gaps", "texts_of_any_length",
    "units_drift_in_integers", "selector_attr_text", "coordinate_as_bytes", "coordinate_of_texts", "tiles_with_a_hole",
    "tiles_with_a_hole_in_integers", "given_fill_value", "absent_union", "missing_chunks", "holes_between_missing_chunks",
    "holes_in_a_loaded_variable", "holes_in_loaded_integers", "holes_in_text", "fill_values_drift", "written_by_xarray",
    "coordinate_as_datetimes", "no_leap_days",
}
