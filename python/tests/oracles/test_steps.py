# SPDX-License-Identifier: Apache-2.0
"""What `inspect` says of the values of coordinates, and `verify` of hosts that are not there; dates are cftime's."""
import json
import time

import cftime
import numpy as np
import pytest

import series
from command import kerchunk

UNITS = "days since 1850-01-01"


def run(*arguments, status=0):
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.err[-2000:]}"
    return result


def values(path, name="/time", *options):
    report = json.loads(run("inspect", path, "--json", *options).out)
    return next(v["values"] for group in report["groups"] for v in group["variables"] if v["path"] == name)


def write(path, times, units=UNITS, calendar="standard", **more):
    return series.write(path, {"time": series.Var("time", times, units=units, calendar=calendar, **more)}, unlimited=())


def text(date):
    return date.isoformat().removesuffix("T00:00:00")


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day", "all_leap", "julian", "proleptic_gregorian"])
@pytest.mark.parametrize("units", ["days since 1850-01-01", "hours since 1900-01-01 06:00:00", "seconds since 2000-01-01"])
def test_missing_days(calendar, units, tmp_path):
    days = cftime.date2num(cftime.datetime(1999, 12, 20, calendar=calendar), UNITS, calendar) + np.arange(90)
    dates = cftime.num2date(days, UNITS, calendar)
    gone = {17, 18, 19, 50}
    kept = [dates[i] for i in range(90) if i not in gone]
    for name, some in (("up", kept), ("down", kept[::-1])):
        found = values(write(tmp_path / f"{name}.nc", cftime.date2num(some, units, calendar), units, calendar))
        assert (found["first"], found["last"]) == (text(some[0]), text(some[-1]))
        assert (found["step"], found["irregular"], found["missing"]) == ("1 day", 2, 4)
        assert found["is_descending"] == (name == "down")
        ranges = [(p["first_missing"], p["last_missing"]) for p in found["irregular_places"]]
        wanted = [(text(dates[17]), text(dates[19])), (text(dates[50]),) * 2]
        assert ranges == (wanted if name == "up" else [pair[::-1] for pair in wanted[::-1]])
    out = run("inspect", tmp_path / "up.nc").out
    assert f"3 days are missing: {text(dates[17])} to {text(dates[19])}" in out
    assert f"1 day is missing: {text(dates[50])}" in out


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day"])
def test_months(calendar, tmp_path):
    starts = cftime.date2num([cftime.datetime(1990 + i // 12, i % 12 + 1, 1, calendar=calendar) for i in range(49)], UNITS, calendar)
    for name, times in (("starts", starts[:48]), ("middles", (starts[1:] + starts[:-1]) / 2)):
        found = values(write(tmp_path / f"{name}.nc", times, calendar=calendar))
        assert (found["step"], found["irregular"]) == ("monthly", 0), name
    some = values(write(tmp_path / "some.nc", np.delete(starts, [13, 14, 15]), calendar=calendar))
    assert [p["text"] for p in some["irregular_places"]] == ["3 months are missing: 1991-02 to 1991-04"]


def test_other_coordinates(tmp_path):
    path = series.write(tmp_path / "a.nc", {
        "lat": series.Var("lat", np.delete(np.arange(-30, 30.5, 0.5), [4, 5])), "lon": series.Var("lon", np.arange(0, 360, 0.1).astype("f4")),
        "lev": series.Var("lev", [1000.0, 850, 500, 200]), "name": series.Var("name", np.array(["b", "a"], object)),
        "z": series.Var("z", np.array([0, 2, 4], "i2"), scale_factor=0.25, add_offset=1.0), "one": series.Var("one", [7])}, unlimited=())
    lat = values(path, "/lat")
    assert (lat["first"], lat["last"], lat["step"], lat["missing"]) == ("-30.0", "30.0", "0.5", 2)
    assert lat["irregular_places"][0]["text"] == "2 values are missing: -28 to -27.5"
    assert (values(path, "/lon")["step"], values(path, "/lon")["irregular"]) == ("0.1", 0)
    lev = values(path, "/lev")
    assert lev["step"] is None and lev["steps"] == {"smallest": "-150", "largest": "-350"}
    assert (values(path, "/name")["first"], values(path, "/name")["last"]) == ("b", "a")
    assert (values(path, "/z")["first"], values(path, "/z")["last"], values(path, "/z")["step"]) == ("1", "2", "0.5")
    assert "value 7" in run("inspect", path).out


def test_a_day_that_no_file_has(tmp_path):
    files = [series.write(tmp_path / f"{i}.nc", series.slices([t], i)) for i, t in enumerate([0.0, 1.0, 2.0, 4.0, 5.0])]
    references = series.scanned(files, tmp_path / "refs")
    for form in ("json", "parq"):
        series.combine(references, tmp_path / f"all.{form}")
        found = values(tmp_path / f"all.{form}")
        assert [p["text"] for p in found["irregular_places"]] == ["1 day is missing: 2000-01-04"]


def test_many_places_are_bounded(tmp_path):
    path = write(tmp_path / "a.nc", np.delete(np.arange(9000.0), np.arange(3, 9000, 4)))
    found = values(path)
    assert (found["irregular"], len(found["irregular_places"])) == (2249, 1000)
    lines = run("inspect", path).out.split("\n")
    assert sum("is missing" in line for line in lines) == 5
    assert any("and 2244 more; 2,249 values are missing in all" in line for line in lines)


def test_values_in_files_that_are_not_read(tmp_path):
    """A set that names a file which went, changed files of a web server, and local files behind a remote set."""
    source = write(tmp_path / "a.nc", np.arange(900.0))
    run("scan", source, "-o", tmp_path / "a.json", "--inline-threshold", 0)
    assert values(tmp_path / "a.json")["step"] == "1 day"
    document = json.loads((tmp_path / "a.json").read_text())
    for value in document["refs"].values():
        if isinstance(value, list):
            value[0] = "https://127.0.0.1:9/a.nc"
    (tmp_path / "remote.json").write_text(json.dumps(document))
    assert "--read" in values(tmp_path / "remote.json")["unread"]
    assert "transfer failed" in values(tmp_path / "remote.json", "/time", "--read")["unread"]
    (tmp_path / "a.nc").unlink()
    assert "no such file" in values(tmp_path / "a.json")["unread"].lower()
    assert "values not read: " in run("inspect", tmp_path / "a.json").out


def test_missing_values_in_a_coordinate(tmp_path):
    path = write(tmp_path / "a.nc", np.array([0, 1, -9, 3.0]), fill=-9.0)
    assert values(path) == {"first": "1850-01-01", "last": "1850-01-04", "absent": 1}


# verify


def many(path, count, url):
    references = {".zgroup": '{"zarr_format": 2}', "a/.zarray": json.dumps({
        "zarr_format": 2, "shape": [count], "chunks": [1], "dtype": "|u1", "fill_value": None, "order": "C", "compressor": None,
        "filters": None}), "a/.zattrs": '{"_ARRAY_DIMENSIONS": ["x"]}'}
    references.update({f"a/{i}": [url.format(i), 0, 1] for i in range(count)})
    path.write_text(json.dumps({"version": 1, "refs": references}))
    return path


def test_a_host_that_is_lost_is_asked_once(tmp_path):
    path = many(tmp_path / "a.json", 5000, "https://127.0.0.1:9/{}.nc")
    start = time.monotonic()
    out = run("verify", path, "--read", 20, "--stats", status=1).out
    assert time.monotonic() - start < 30
    assert "5,000 sources (5,000 with problems)" in out and "not requested, because https://127.0.0.1:9 cannot be reached" in out
    assert len(out.split("\n")) < 100
    result = json.loads(run("verify", path, "--json", status=1).out)
    assert len(result["sources"]) == 5000 and all(source["problem"] for source in result["sources"])


def test_quiet_lists_problems_only(tmp_path):
    good = write(tmp_path / "a.nc", np.arange(3.0))
    run("scan", good, "-o", tmp_path / "a.json", "--inline-threshold", 0)
    result = run("verify", tmp_path / "a.json", "-q")
    assert (result.out, result.err) == ("", "")
    for i in range(30):
        (tmp_path / f"{i}.bin").write_bytes(b"a")
    path = many(tmp_path / "b.json", 30, f"{tmp_path}/{{}}.bin")
    (tmp_path / "7.bin").unlink()
    result = run("verify", path, "-q", status=1)
    lines = result.out.strip().split("\n")
    assert len(lines) == 1 and "7.bin" in lines[0] and result.err == ""
    assert "and 9 more that are ok" in run("verify", path, status=1).out
