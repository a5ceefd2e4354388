# SPDX-License-Identifier: Apache-2.0
"""The table of combinations by kerchunk's rules: files, options of the command, and the same for `MultiZarrToZarr`."""
import dataclasses
import re

import numpy as np

from combine_cases import members
from series import LAT, LON, Var, field, slices, usual, write

CASES = {}


@dataclasses.dataclass
class Case:
    files: list
    options: list
    arguments: dict
    # attributes that only kerchunk keeps: (variable, name)
    without: tuple = ()


def case(function):
    CASES[function.__name__] = function
    return function


@case
def along_time(d):
    return Case(usual(d), ["--concat-dim", "time", "--identical-dim", "lat,lon"],
                {"concat_dims": ["time"], "identical_dims": ["lat", "lon"]})


@case
def shuffled(d):
    files = usual(d)
    return Case([files[i] for i in (1, 2, 0)], ["--concat-dim", "time"], {"concat_dims": ["time"]})


@case
def variables_gain_the_dimension(d):
    files = [write(d / f"{i}.nc", slices([float(i)], i, orog=Var("lat lon", field((3, 4), 40 + i), chunks=[3, 4]))) for i in range(3)]
    return Case(files, ["--concat-dim", "time"], {"concat_dims": ["time"]})


@case
def several_gained_dimensions(d):
    files = [write(d / f"{i}.nc", slices([float(i // 2)], i, orog=Var("lat lon", field((3, 4), 40 + i), chunks=[3, 4])),
                   member=np.int32(i % 2)) for i in range(4)]
    return Case(files, ["--concat-dim", "member,time", "--coord", "member=attr:member"],
                {"concat_dims": ["member", "time"], "coo_map": {"member": "attr:member"}})


@case
def selector_attr(d):
    return Case(members(d), ["--concat-dim", "member", "--coord", "member=attr:member", "--identical-dim", "time"],
                {"concat_dims": ["member"], "coo_map": {"member": "attr:member"}, "identical_dims": ["time"]})


@case
def selector_vattr(d):
    files = [write(d / f"{i}.nc", slices([0.0], i, tas=Var("time lat lon", field((1, 3, 4), i), chunks=[1, 3, 4], height=2.5 * i + 1)))
             for i in range(3)]
    return Case(files, ["--concat-dim", "height", "--coord", "height=vattr:tas:height"],
                {"concat_dims": ["height"], "coo_map": {"height": "vattr:tas:height"}})


@case
def selector_index(d):
    return Case(members(d), ["--concat-dim", "n", "--coord", "n=INDEX"], {"concat_dims": ["n"], "coo_map": {"n": "INDEX"}})


@case
def selector_constant_and_time(d):
    return Case(usual(d), ["--concat-dim", "run,time", "--coord", "run=7"],
                {"concat_dims": ["run", "time"], "coo_map": {"run": 7}})


@case
def selector_regex(d):
    return Case(members(d), ["--concat-dim", "run", "--coord", r"run=regex:member_(\d+)", "--coord-dtype", "run=i4"],
                {"concat_dims": ["run"], "coo_map": {"run": re.compile(r"member_(\d+)")}, "coo_dtypes": {"run": "i4"}})


@case
def selector_list(d):
    return Case(members(d), ["--concat-dim", "year", "--coord", "year=list:2010,1990,2000"],
                {"concat_dims": ["year"], "coo_map": {"year": [2010, 1990, 2000]}})


@case
def selector_data_of_a_scalar(d):
    files = [write(d / f"l{i}.nc", {"lat": Var("lat", LAT), "p": Var("", np.float64(100 + 10 * i), units="hPa"),
                                    "t": Var("lat", field(3, i), chunks=[3])}) for i in range(3)]
    return Case(files, ["--concat-dim", "p", "--coord", "p=data:p"], {"concat_dims": ["p"], "coo_map": {"p": "data:p"}})


@case
def selector_cf(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 1, i, units=f"days since 2000-01-{1 + 2 * i:02}")) for i in range(3)]
    return Case(files, ["--concat-dim", "time", "--coord", "time=cf:time"],
                {"concat_dims": ["time"], "coo_map": {"time": "cf:time"}})


@case
def selector_cf_as_datetimes(d):
    files = [write(d / f"{i}.nc", slices(np.arange(2.0) + 1, i, units=f"days since 2000-01-{1 + 2 * i:02}")) for i in range(3)]
    return Case(files, ["--concat-dim", "time", "--coord", "time=cf:time", "--coord-dtype", "time=M8[ns]"],
                {"concat_dims": ["time"], "coo_map": {"time": "cf:time"}, "coo_dtypes": {"time": "M8[ns]"}},
                # datetimes need no units
                without=(("time", "units"), ("time", "calendar")))


@case
def selector_cf_in_360_days(d):
    files = [write(d / f"{i}.nc", slices(np.arange(3.0) + 1, i, units=f"days since 2000-0{1 + i}-29", calendar="360_day"))
             for i in (0, 2)]
    return Case(files, ["--concat-dim", "time", "--coord", "time=cf:time"],
                {"concat_dims": ["time"], "coo_map": {"time": "cf:time"}})


def one_variable_each(d, name=None):
    return [write(d / f"v_{n}.nc", {"lat": Var("lat", LAT), "lon": Var("lon", LON), name or n: Var(
        "lat lon", field((3, 4), i), chunks=[3, 4], units="K")}) for i, n in enumerate(["tas", "tos"])]


@case
def variables_by_their_names(d):
    return Case(one_variable_each(d, "x"), ["--concat-dim", "var", "--coord", r"var=regex:v_(\w+)\.nc", "--identical-dim", "lat,lon"],
                {"concat_dims": ["var"], "coo_map": {"var": re.compile(r"v_(\w+)\.nc")}, "identical_dims": ["lat", "lon"]})


@case
def a_dimension_of_variables(d):
    return Case(one_variable_each(d), ["--concat-dim", "kind", "--coord", "kind=VARNAME", "--coord", "var=value", "--identical-dim", "lat,lon"],
                {"concat_dims": ["kind"], "coo_map": {"kind": "VARNAME", "var": "value"}, "identical_dims": ["lat", "lon"]})


@case
def times_and_members(d):
    files = [write(d / f"e{e}_t{t}.nc", {**slices(np.arange(2.0) + 2 * t, 10 * e + t), "ens": Var("ens", np.array([e], "i4")),
             "tas": Var("ens time lat lon", field((1, 2, 3, 4), 10 * e + t), chunks=[1, 1, 3, 4])})
             for t in range(3) for e in range(2)]
    return Case(files, ["--concat-dim", "time,ens"], {"concat_dims": ["time", "ens"]})


@case
def variables_of_several_files(d):
    files = []
    for name in ("tas", "pr"):
        for i in range(2):
            files.append(write(d / f"{name}_{i}.nc", slices(np.arange(2.0) + 2 * i, i, **{"tas": None, name: Var(
                "time lat lon", field((2, 3, 4), i + len(name)), chunks=[1, 3, 4], units=name)})))
    return Case(files, ["--concat-dim", "time"], {"concat_dims": ["time"]})


@case
def nothing_inlined(d):
    return Case(usual(d), ["--concat-dim", "time", "--inline-threshold", "0"], {"concat_dims": ["time"], "inline_threshold": 0})
