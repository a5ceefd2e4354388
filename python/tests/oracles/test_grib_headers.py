# SPDX-License-Identifier: Apache-2.0
"""Headers of GRIB files: each field of each file beside eccodes.

Needs eccodes, the program grib-fields (`GRIB_FIELDS`; `swift build --product grib-fields`), and files: the folder
`KERCHUNK_GRIB_FILES`. The share of fields that are equal is printed key by key with `-s`.
"""

import collections
import datetime
import json
import os
import pathlib
import subprocess
import sys

import pytest

PROGRAM = os.environ.get("GRIB_FIELDS", "")
FOLDER = os.environ.get("KERCHUNK_GRIB_FILES", "")
NAMES = ["shortName", "paramId", "name", "units", "cfName", "cfVarName", "typeOfLevel", "stepType"]
WHOLE = ["time", "step", "valid_time", "level", "number"]
SECONDS = {"s": 1, "m": 60, "h": 3600}

pytestmark = pytest.mark.skipif(
    not (os.access(PROGRAM, os.X_OK) and os.path.isdir(FOLDER)), reason="needs GRIB_FIELDS and KERCHUNK_GRIB_FILES"
)

# Run in a process of its own, as some messages end it.
READER = '''
import json, sys
import eccodes
names, path = sys.argv[1].split(","), sys.argv[2]
eccodes.codes_grib_multi_support_on()
rows = []
with open(path, "rb") as file:
    while True:
        try:
            handle = eccodes.codes_grib_new_from_file(file)
        except eccodes.CodesInternalError:
            continue
        if handle is None:
            break
        row = {}
        kinds = {"paramId": int, "level": float, "number": int}
        for key in names + ["level", "number", "dataDate", "dataTime", "validityDate", "validityTime"]:
            try:
                row[key] = eccodes.codes_get(handle, key, int if "Date" in key or "Time" in key else kinds.get(key, str))
            except eccodes.CodesInternalError:
                pass
        for unit in "smh":
            try:
                eccodes.codes_set(handle, "stepUnits", unit)
                row["step"] = [unit, eccodes.codes_get(handle, "endStep", int)]
                break
            except eccodes.CodesInternalError:
                pass
        rows.append(row)
        eccodes.codes_release(handle)
print(json.dumps(rows))
'''


def seconds(date, time):
    if date is None or time is None:
        return None
    try:
        moment = datetime.datetime(date // 10000, date // 100 % 100, date % 100, time // 100, time % 100)
    except ValueError:
        return None
    return int((moment - datetime.datetime(1970, 1, 1)).total_seconds())


def of_eccodes(path):
    pytest.importorskip("eccodes")
    run = subprocess.run(
        [sys.executable, "-c", READER, ",".join(NAMES), path], capture_output=True, timeout=600, check=True
    )
    for row in json.loads(run.stdout):
        found = {name: row.get(name) for name in NAMES + ["level", "number"]}
        found["time"] = seconds(row.get("dataDate"), row.get("dataTime"))
        found["valid_time"] = seconds(row.get("validityDate"), row.get("validityTime"))
        found["step"] = row["step"][1] * SECONDS[row["step"][0]] if "step" in row else None
        yield found


def of_ours(path):
    run = subprocess.run([PROGRAM, path], capture_output=True, timeout=60, check=True)
    for line in run.stdout.decode().splitlines():
        row = json.loads(line)
        if "offset" in row:
            found = {name: row.get(name) for name in NAMES + ["time", "step", "level", "number"]}
            found["valid_time"] = row.get("validTime")
            # eccodes has no seconds here
            for key in ("time", "valid_time"):
                found[key] = None if found[key] is None else found[key] // 60 * 60
            yield found


def files():
    for path in sorted(pathlib.Path(FOLDER).rglob("*.gr*b*")):
        if path.is_file() and b"GRIB" in path.open("rb").read(4096):
            yield str(path)


def test_fields_are_those_of_eccodes():
    equal, total, different = collections.Counter(), 0, []
    for path in files():
        theirs, ours = list(of_eccodes(path)), list(of_ours(path))
        if len(theirs) != len(ours):
            different.append((path, "fields", len(ours), len(theirs)))
        for index, (own, other) in enumerate(zip(ours, theirs)):
            if other["shortName"] is None:
                continue  # eccodes cannot read it
            total += 1
            for key in NAMES + WHOLE:
                if own[key] == other[key] or (key not in NAMES and other[key] is None):
                    equal[key] += 1
                else:
                    different.append((path, index, key, own[key], other[key]))
    print(f"\n{total} fields")
    for key in NAMES + WHOLE:
        print(f"{key:12} {100 * equal[key] / total:.2f} %")
    for line in different:
        print(line)
    assert total > 0
    assert all(equal[key] >= 0.995 * total for key in NAMES)
    assert all(equal[key] == total for key in WHOLE)
    assert not [line for line in different if line[1] == "fields"]
