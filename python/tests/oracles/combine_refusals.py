# SPDX-License-Identifier: Apache-2.0
"""The table of refusals: what cannot be combined without a wrong value, and what the message must say."""
import dataclasses

import numpy as np

from combine_cases import members, overlapping
from series import LAT, LON, Var, field, slices, usual, write

REFUSALS = {}


@dataclasses.dataclass
class Refusal:
    files: list
    options: list
    says: list  # parts of the message
    status: int = 1
    scan: tuple = ()


def refusal(function):
    REFUSALS[function.__name__] = function
    return function


def pair(d, first=None, second=None, times=2, **options):
    """Two files one behind the other; `first` and `second` are what is other in them."""
    return [write(d / name, {k: v for k, v in {**slices(np.arange(times * i, times * i + times) * 1.0, i), **(more or {})}.items() if v},
                  **options) for i, (name, more) in enumerate([("a.nc", first), ("b.nc", second)])]


BIG = ["--load-threshold", "0", "--load", "time"]
BOTH = ["a.nc.json", "b.nc.json"]


def tas(i, dtype="f4", chunks=(1, 3, 4), **more):
    return Var("time lat lon", field((2, 3, 4), i).astype(dtype), chunks=list(chunks), **more)


@refusal
def other_type(d):
    return Refusal(pair(d, None, {"tas": tas(1, "f8", units="K")}), BIG, ['"/tas"', "<f4", "<f8", *BOTH, "--load tas"])


@refusal
def other_codecs(d):
    return Refusal(pair(d, None, {"tas": tas(1, zlib=False, units="K")}), BIG, ['"/tas"', "codecs", "zlib", *BOTH])


@refusal
def other_chunks(d):
    return Refusal(pair(d, None, {"tas": tas(1, chunks=(2, 3, 4), units="K")}), BIG, ['"/tas"', "[1, 3, 4]", "[2, 3, 4]", *BOTH])


@refusal
def other_fill_value(d):
    return Refusal(pair(d, {"tas": tas(0, fill=np.float32(-1))}, {"tas": tas(1, fill=np.float32(-9))}), BIG,
                   ['"/tas"', "fill value", "-1.0", "-9.0", *BOTH, "--override fill"])


@refusal
def other_packing(d):
    return Refusal(pair(d, {"tas": tas(0, "i2", scale_factor=0.5)}, {"tas": tas(1, "i2", scale_factor=0.25)}), BIG,
                   ['"/tas"', "scale_factor", "0.5", "0.25", *BOTH, "--override packing"])


@refusal
def packing_of_one_only(d):
    return Refusal(pair(d, {"tas": tas(0, "i2")}, {"tas": tas(1, "i2", add_offset=3.0)}), BIG, ["add_offset", "null", "3.0"])


@refusal
def other_units(d):
    return Refusal(pair(d, None, {"tas": tas(1, units="degC")}), [], ['"/tas"', '"units"', '"K"', '"degC"', *BOTH, "--override units"])


@refusal
def other_units_of_a_joined_coordinate(d):
    files = [write(d / f"{n}.nc", {"z": Var("z", np.arange(2.0) + 2 * i, units=u), "x": Var("z", field(2, i), chunks=[1])})
             for i, (n, u) in enumerate([("a", "m"), ("b", "km")])]
    return Refusal(files, [], ['"/z"', '"m"', '"km"', *BOTH, "--override units"])


@refusal
def other_calendar(d):
    files = [write(d / f"{n}.nc", slices(np.arange(2.0) + 2 * i, i, calendar=c)) for i, (n, c) in
             enumerate([("a", "standard"), ("b", "360_day")])]
    return Refusal(files, [], ['dimension "time"', "360_day", "standard", *BOTH])


@refusal
def units_that_are_no_times(d):
    files = [write(d / f"{n}.nc", slices(np.arange(2.0) + 2 * i, i, units=u)) for i, (n, u) in
             enumerate([("a", "days since 2000-01-01"), ("b", "months since 2000-01-01")])]
    return Refusal(files, [], ["months since", *BOTH])


@refusal
def other_latitudes(d):
    files = pair(d, None, {"lat": Var("lat", LAT + np.array([0, 0.5, 0]), units="degrees_north")})
    return Refusal(files, ["--concat-dim", "time"], ['"/lat"', "0.0", "0.5", "element 1", *BOTH, "--identical-dim lat", "--override coordinates"])


@refusal
def other_latitudes_without_options(d):
    files = pair(d, None, {"lat": Var("lat", LAT + np.array([0, 0.5, 0]), units="degrees_north")})
    return Refusal(files, [], ['"time"', '"lat"', "2 of 4 combinations", "--concat-dim", "--override coordinates"])


@refusal
def other_length(d):
    files = pair(d, None, {"lat": None, "lon": None, "tas": Var("time lat lon", field((2, 5, 4), 1), chunks=[1, 3, 4], units="K")})
    return Refusal(files, ["--concat-dim", "time"], ['"/tas"', '5 elements along "lat"', "3 in"])


@refusal
def other_dimensions(d):
    files = pair(d, None, {"tas": Var("time lon lat", field((2, 4, 3), 1), chunks=[1, 4, 3], units="K")})
    return Refusal(files, [], ['"/tas"', "(time, lat, lon)", "(time, lon, lat)", *BOTH])


@refusal
def a_chunk_that_is_not_whole(d):
    files = [write(d / n, slices(np.arange(s, s + k) * 1.0, i, tas=Var("time lat lon", field((k, 3, 4), i), chunks=[2, 3, 4])))
             for i, (n, s, k) in enumerate([("a.nc", 0, 3), ("b.nc", 3, 4)])]
    return Refusal(files, BIG, ['"/tas"', "a.nc.json has 3 elements", "chunk length 2", "--load tas"])


@refusal
def overlap_inside_a_chunk(d):
    files = [write(d / n, slices(np.arange(s, s + 4) * 1.0, i, tas=Var("time lat lon", field((4, 3, 4), i), chunks=[2, 3, 4])))
             for i, (n, s) in enumerate([("a.nc", 0), ("b.nc", 3)])]
    return Refusal(files, [*BIG, "--duplicates", "first"], ['"/tas"', "--load tas"])


@refusal
def a_day_twice(d):
    return Refusal(overlapping(d)[:2], [], ['"/tas"', "time = 2000-01-03", "0.nc.json", "1.nc.json", "--duplicates first"])


@refusal
def a_variable_that_one_lacks(d):
    files = pair(d, {"pr": tas(4)}, None)
    return Refusal(files, [], ['"/pr"', "is missing in", *BOTH, "--absent union"])


@refusal
def holes_without_a_fill_value(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", np.full((3, 2), x + y, "i2"), chunks=[3, 2])}) for x in range(2) for y in range(2)][:3]
    return Refusal(files, ["--concat-dim", "x,y"], ['"/z"', "gaps", "--fill-value z=VALUE"])


@refusal
def a_fill_value_that_does_not_fit(d):
    files = holes_without_a_fill_value(d).files
    return Refusal(files, ["--concat-dim", "x,y", "--fill-value", "z=40000"], ['"/z"', "40000", "<i2"])


@refusal
def a_second_fill_value(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", np.full((3, 2), x + y, "i2"), chunks=[3, 2], fill=np.int16(-9))}) for x in range(2) for y in range(2)][:3]
    return Refusal(files, ["--concat-dim", "x,y", "--fill-value", "z=-1"], ['"/z"', "-9", "-1"])


@refusal
def tiles_that_make_no_product(d):
    files = [write(d / f"x{x}_y{y}.nc", {"y": Var("y", np.arange(3.0) + 3 * y), "x": Var("x", np.arange(2.0) + 2 * x),
             "z": Var("y x", field((3, 2), x), chunks=[3, 2])}) for x in range(2) for y in range(2)][:3]
    return Refusal(files, [], ["3 of 4 combinations", "--concat-dim"])


@refusal
def mixed_directions(d):
    files = [write(d / n, slices(np.array(t), i)) for i, (n, t) in enumerate([("a.nc", [0.0, 1.0]), ("b.nc", [3.0, 2.0])])]
    return Refusal(files, [], ['dimension "time"', "ascend in", "descend in", *BOTH, "--order input"])


@refusal
def values_without_an_order(d):
    files = [write(d / n, slices(np.array(t), i)) for i, (n, t) in enumerate([("a.nc", [0.0, 2.0, 1.0]), ("b.nc", [3.0])])]
    return Refusal(files, [], ["a.nc.json", "neither ascending nor descending"])


@refusal
def a_value_twice(d):
    files = [write(d / n, slices(np.array(t), i)) for i, (n, t) in enumerate([("a.nc", [0.0, 0.0]), ("b.nc", [3.0])])]
    return Refusal(files, [], ["a.nc.json", "twice"])


@refusal
def no_number(d):
    files = [write(d / n, slices(np.array(t), i)) for i, (n, t) in enumerate([("a.nc", [0.0, np.nan]), ("b.nc", [3.0])])]
    return Refusal(files, [], ["a.nc.json", "nan"])


@refusal
def other_values_of_a_static_variable(d):
    files = pair(d, {"orog": Var("lat lon", field((3, 4), 1))}, {"orog": Var("lat lon", field((3, 4), 2))})
    return Refusal(files, [], ['"/orog"', "other values", *BOTH, "--identical-dim orog", "--override values"])


@refusal
def other_texts_of_a_static_variable(d):
    files = pair(d, {"names": Var("k", np.array(["a", "bc"], object))}, {"names": Var("k", np.array(["a", "bd"], object))})
    return Refusal(files, [], ['"/names"', "other values", *BOTH])


@refusal
def missing_values_that_are_values(d):
    first, second = np.array([1, -9], "i2"), np.array([-1, 3], "i2")
    files = pair(d, {"n": Var("time", first, chunks=[2], fill=np.int16(-1))}, {"n": Var("time", second, chunks=[2], fill=np.int16(-9))})
    return Refusal(files, [], ['"/n"', "-1 is a value in", "b.nc.json", "read as missing"])


@refusal
def all_at_once(d):
    files = pair(d, {"u": tas(4, units="m"), "orog": Var("lat lon", field((3, 4), 1))},
                 {"tas": tas(1, units="degC"), "u": tas(4, "f8", units="m"), "orog": Var("lat lon", field((3, 4), 2)),
                  "lat": Var("lat", LAT + 1, units="degrees_north")})
    return Refusal(files, [*BIG, "--concat-dim", "time"], ["5 reasons", '"/tas"', '"/u"', '"/lat"', '"/orog"'])


@refusal
def all_at_once_with_a_bad_axis(d):
    files = [write(d / n, {**slices(np.array(t), i), "tas": tas(i, units=u), "lat": Var("lat", LAT + i, units="degrees_north")})
             for i, (n, t, u) in enumerate([("a.nc", [0.0, 1.0], "K"), ("b.nc", [3.0, 2.0], "degC")])]
    return Refusal(files, ["--concat-dim", "time"], ["3 reasons", 'dimension "time"', '"/tas"', '"/lat"'])


@refusal
def nothing_differs(d):
    return Refusal(members(d), [], ["not clear what to concatenate along", "--concat-dim"])


@refusal
def a_dimension_that_nobody_has(d):
    return Refusal(members(d), ["--concat-dim", "run"], ['concatenate along "run"', "--coord run="], status=2)


@refusal
def an_attribute_that_nobody_has(d):
    return Refusal(members(d), ["--coord", "run=attr:realm"], ["3 inputs", "realm", "member_001.nc.json", "the same in 2 more"])


@refusal
def a_variable_that_nobody_has(d):
    return Refusal(members(d), ["--coord", "run=data:realm"], ["realm", "there are: "])


@refusal
def a_name_that_does_not_fit(d):
    return Refusal(members(d), ["--coord", r"run=regex:run(\d+)"], [r"run(\d+)", "member_001.nc.json"])


@refusal
def a_name_without_a_date(d):
    return Refusal(members(d), ["--coord", r"time=date:%Y%m%d:member_(\d+)"], ["001", "%Y%m%d"])


@refusal
def several_variables_for_one_name(d):
    return Refusal(pair(d, {"u": tas(1)}, {"u": tas(2)}), ["--coord", "kind=varname", "--coord", "var=x"], ["2 variables", "tas", "u"])


@refusal
def numbers_and_texts(d):
    return Refusal(members(d), ["--coord", "run=list:1,b,3"], ['dimension "run"', "--coord-dtype"])


@refusal
def the_same_constant(d):
    return Refusal(members(d), ["--coord", "run=5"], ['"/tas"', "run = 5", "--duplicates"])


@refusal
def a_type_that_is_too_small(d):
    return Refusal(members(d), ["--coord", "run=list:1,2,300", "--coord-dtype", "run=u1"], ['dimension "run"', "|u1"])


@refusal
def a_joined_dimension_twice(d):
    files = [write(d / f"{n}.nc", slices(np.arange(2.0) + 2 * i, i, cov=Var("time time", field((2, 2), i), chunks=[1, 1])))
             for i, n in enumerate(["a", "b"])]
    return Refusal(files, [], ['"/cov"', '"time" twice', "--drop cov"])


@refusal
def identical_along_the_joined_dimension(d):
    return Refusal(usual(d), ["--identical-dim", "tas"], ['"/tas"', "--identical-dim"])


# MARK: Wrong usage

@refusal
def joined_and_identical(d):
    return Refusal(usual(d), ["--concat-dim", "time", "--identical-dim", "time"], ['"time"', "--identical-dim"], status=2)



@refusal
def a_short_list(d):
    return Refusal(members(d), ["--coord", "run=list:1,2"], ["2 values", "input 3"], status=2)


@refusal
def a_coordinate_that_is_not_joined(d):
    return Refusal(usual(d), ["--concat-dim", "time", "--coord", "run=index"], ['"run"', "--concat-dim"], status=2)


@refusal
def a_selector_without_a_name(d):
    return Refusal(usual(d), ["--coord", "run=data:"], ["data:"], status=2)


@refusal
def a_bad_expression(d):
    return Refusal(usual(d), ["--coord", "run=regex:(x"], ["(x", "regular expression"], status=2)


@refusal
def a_bad_date_form(d):
    return Refusal(members(d), ["--coord", r"run=date:%Q:(\d+)"], ["%Q"], status=2)


@refusal
def a_rule_without_a_value(d):
    return Refusal(usual(d), ["--coord", "run"], ["NAME=SELECTOR"], status=2)


@refusal
def an_unknown_check(d):
    return Refusal(usual(d), ["--override", "everything"], ["everything"], status=2)


@refusal
def a_name_that_is_taken(d):
    return Refusal(usual(d), ["--rename", "tas=lat"], ["tas", "lat"], status=2)
