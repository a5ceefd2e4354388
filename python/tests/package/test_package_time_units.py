# SPDX-License-Identifier: Apache-2.0
"""What the texts of `units` mean, held against xarray, and against cftime where xarray does not read them as times."""
import base64
import itertools
import json
import warnings

import cftime
import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk

DATES = """2000-01-01|2000-1-1|2000-01-1|0001-01-01|1-1-1|1-1-1 00:00:0.0|01-01-01|850-1-1 12:00|99-01-01|1582-10-15|1582-10-04
1582-10-10|1500-02-29|1500-01-01|1400-01-01 00:00:00|1677-01-01|1858-11-17|1850-1-1 0:0:0|2262-04-12|2300-01-01|10000-01-01|+2000-01-01
0000-01-01|0-1-1|-1-01-01|-0001-01-01|-4713-01-01T00:00:00Z|-4712-01-01 12:00:00|2001-02-29|2000-02-29|2000-02-30|2000-13-01|2000-01-00
20000101|20000101 02:30:15|20000101T0230|20000101T023015Z|20000101023015|2000|2000-02|200001|2000001|2000-W01-1
2000/01/02|2000/1/2 2:30|2000.01.02|01/02/2000|1/2/2000 02:30:15|13/02/2000|01-02-2000|2-JAN-2000|02-Jan-2000 02:30|Jan 2 2000|January 2, 2000
2000-01-01 02|2000-01-01T02|2000-01-01T02Z|2000-01-01 02 UTC|2000-01-01 2|2000-01-01 0230|2000-01-01T023015|2000-01-01T|2000-01-01 02:30:
2000-01-01 02:30|2000-01-01 2:30|2000-01-01T02:30|2000-01-01t02:30|2000-01-01 02:30:15|2000-01-01 2:3:4|2000-01-01T2:3:4
2000-01-01  02:30:15|2000-01-01, 02:30:15|2000-01-01_02:30:15|2000-01-01 02:30:15.|2000-01-01T02:30:15.5|2000-01-01 02:30:15,5
2000-01-01 02:30:15.123456|2000-01-01 24:00:00|2000-01-01 23:59:60|2000-01-01 25:00:00|2000-01-01 02:60:00
2000-01-01 02:30:15 UTC|2000-01-01 02:30:15 utc|2000-01-01 02:30:15UTC|2000-01-01 02:30:15 GMT|2000-01-01 02:30:15 gmt|2000-01-01 02:30:15GMT
2000-01-01 02:30:15 UT|2000-01-01 02:30:15 Z|2000-01-01 02:30:15Z|2000-01-01T02:30:15z|2000-01-01T02:30Z|2000-01-01Z|2000-01-01 UTC
2000-01-01 GMT|2000-01-01 Z|2000-01-01 02:30UTC|2000-01-01 02:30:15.5 UTC|2000-01-01 02:30:15.5Z|2000-01-01 02:30:15+00:00
2000-01-01T02:30:15+00:00|2000-01-01 02:30:15 +00:00|2000-01-01 02:30:15 +0:00|1970-01-01 00:00:00.0 +0:00|2000-01-01 02:30:15 +0
2000-01-01 02:30:15 0|2000-01-01 02:30:15 00|2000-01-01 02:30:15 +00|2000-01-01 02:30:15 -00:00|2000-01-01T00:00:00.000+0000
2000-01-01 02:30:15+05:30|2000-01-01 02:30:15 +05:30|2000-01-01 02:30:15+0530|2000-01-01 02:30:15 +0530|2000-01-01 02:30:15 +5:30
2000-01-01 02:30:15+5:30|2000-01-01 02:30:15 +05|2000-01-01 02:30:15+05|2000-01-01 02:30:15 +5|2000-01-01 02:30:15 -6|2000-01-01 02:30:15 -6:00
2000-01-01 02:30:15 -06:00|2000-01-01 02:30:15-06:00|2000-01-01 02:30:15 -03:30|2000-01-01 02:30:15 -0330|2000-01-01T02:30-03:30
2000-01-01 +05:30|2000-01-01 -03:30|2000-01-01 -6:00|2000-01-01 -0600|2000-01-01+05:30|1900-1-1 00:00:0.0 +1:00|2000-01-01 00:00:00 +14:00
2000-01-01 02:30:15 UTC+5|2000-01-01 02:30:15 GMT-03:30|2000-01-01 02:30:15 EST|2000-01-01 02:30:15 local|2000-01-01 (UTC)|the big bang|today
 2000-01-01|2000-01-01 |2000-01-01 00:00:00 +25:00|2000-01-01 02:30:15 foo""".replace("\n", "|").split("|")
CALENDARS = [None, "standard", "GREGORIAN", "proleptic_gregorian", "julian", "noleap", "365_day", "366_day", "360_day", "tai", "none"]
UNITS = """days|day|d|Days|DAYS|hours|hour|hr|hrs|h|Hours|minutes|minute|min|mins|m|seconds|second|sec|secs|s|milliseconds|msec|msecs|ms
microseconds|microsec|us|nanoseconds|ns|months|month|common_year|common_years|years|year|weeks|fortnights""".replace("\n", "|").split("|")
SINCE = ["days Since 2000-01-01", "Days SINCE 2000-01-01 12:00", "days\tsince\t2000-01-01", "days  since  2000-01-01", "days since",
         "since 2000-01-01", "days after 2000-01-01", "seconds-since 2000-01-01", "days since 2000-01-01 since 2001-01-01"]


def cases():
    for date in DATES:
        for calendar in ("standard", "proleptic_gregorian", "noleap"):
            yield f"hours since {date}", calendar
    for date, calendar in itertools.product(["2000-01-01 02:30:15 -03:30", "1500-02-29", "0000-03-01", "-5-6-7", "1582-10-12", "1957-12-31"], CALENDARS):
        yield f"hours since {date}", calendar
    for unit, calendar in itertools.product(UNITS, (None, "noleap", "360_day")):
        yield f"{unit} since 2000-01-02 03:00", calendar
    for units in SINCE:
        yield units, "standard"


def refs(units, calendar, values):
    attributes = {"_ARRAY_DIMENSIONS": ["time"], "units": units, **({"calendar": calendar} if calendar else {})}
    zarray = {"chunks": [len(values)], "shape": [len(values)], "compressor": None, "dtype": "<f8", "fill_value": None, "filters": None,
              "order": "C", "zarr_format": 2}
    chunk = "base64:" + base64.b64encode(np.array(values, "<f8").tobytes()).decode()
    return {".zgroup": '{"zarr_format":2}', "time/.zarray": json.dumps(zarray), "time/.zattrs": json.dumps(attributes), "time/0": chunk}


def moment(value):
    """A date as numbers, to the microsecond."""
    if isinstance(value, np.datetime64):
        value = value.astype("M8[us]").item()
    return (value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)


def decoded(units, calendar, values):
    """What xarray makes of it, or else cftime; None where neither reads it."""
    attributes = {"units": units, **({"calendar": calendar} if calendar else {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if "since" in units and calendar != "tai":  # xarray knows cftime's atomic time by halves
                found = xr.decode_cf(xr.Dataset({"t": ("x", np.array(values), attributes)})).t.values
            else:
                found = cftime.num2date(np.array(values), units, calendar or "standard", only_use_cftime_datetimes=True)
        except Exception:
            return None
    return [moment(value) for value in found]


def joined(units, calendar, values):
    """The times behind those of another input, in whose units they come out; None where that is refused."""
    base = "microseconds since 2000-01-01"
    try:
        combined = sk.combine([refs(base, calendar, [0.0]), refs(units, calendar, values)], "time", order="input")
    except (sk.errors.UnsupportedError, ValueError) as error:
        assert units in str(error) or "input 1 has no time units" in str(error)
        return None
    time = combined.open(decode_times=False).time
    assert time.attrs["units"] == base
    found = cftime.num2date(time.values[1:].astype(np.int64), base, calendar or "standard", only_use_cftime_datetimes=True)
    return [moment(value) for value in found]


def test_units_mean_what_they_mean_elsewhere():
    wrong, refused, known, count = [], [], 0, 0
    for units, calendar in cases():
        # times are joined to the microsecond
        values = [0.0, 36000.0 if units.startswith(("micro", "nano")) else 36.5]
        expected, found = decoded(units, calendar, values), joined(units, calendar, values)
        count += 1
        known += expected is not None
        if found is None and expected is not None:
            refused.append((units, calendar))
        elif found != expected:
            wrong.append((units, calendar, found, expected))
    assert not wrong
    assert not refused
    assert known > 300 and count - known > 50


@pytest.mark.parametrize("units, calendar", [
    ("hours since 2000-01-01 02:30:15 PM", "standard"), ("hours since 2000-01-01 2pm", None), ("days since 1-1-1 00:00:00.0000", "standard")])
def test_what_readers_guess_is_refused_where_it_would_be_converted(units, calendar):
    assert decoded(units, calendar, [0.0]) is not None
    assert joined(units, calendar, [0.0]) is None
    # the same text everywhere needs not be understood
    combined = sk.combine([refs(units, calendar, [0.0]), refs(units, calendar, [1.0])], "time")
    assert combined.open(decode_times=False).time.values.tolist() == [0.0, 1.0]
