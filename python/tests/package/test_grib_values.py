# SPDX-License-Identifier: Apache-2.0
"""Every field of every GRIB file of the corpus: values and coordinates equal to eccodes'."""
import glob
import os

import numpy as np
import pytest

from places import REPOSITORY
from swift_kerchunk.codecs import table

eccodes = pytest.importorskip("eccodes")

CORPUS = os.environ.get("KERCHUNK_CORPUS") or os.path.join(REPOSITORY, "..", "shared", "corpus")
MISSING = -1.2345678e99
FILES = sorted(
    path for folder in ("grib", "bad/grib")
    for path in glob.glob(os.path.join(CORPUS, folder, "**", "*"), recursive=True) if os.path.isfile(path))
#: eccodes reads no local section like theirs, and so nothing
UNREADABLE = {"match_reactor.grib"}


def key(handle, name, kind=int):
    try:
        return eccodes.codes_get(handle, name, ktype=kind)
    except eccodes.CodesInternalError:
        return None


def fields(path):
    """Each field's handle, message and number in it."""
    content = open(path, "rb").read()
    eccodes.codes_grib_multi_support_on()
    with open(path, "rb") as file:
        last, number = None, 0
        while (handle := eccodes.codes_grib_new_from_file(file)) is not None:
            start = key(handle, "offset")
            number = number + 1 if start == last else 0
            last = start
            length = key(handle, "totalLength")
            if content[start + 7] == 2:  # of the whole message, not of the field
                length = int.from_bytes(content[start + 8:start + 16], "big")
            yield handle, content[start:start + length], number
            eccodes.codes_release(handle)


def decoded(message, **settings):
    config = {"id": "swift_kerchunk.grib", "dtype": "float64", "var": "t", **settings}
    return np.frombuffer(table.decode(config, message), "<f8")


def values(handle):
    eccodes.codes_set(handle, "missingValue", MISSING)
    found = eccodes.codes_get_array(handle, "values")
    return np.where(found == MISSING, np.nan, found)


def turned(found, handle):
    length = key(handle, "Nj" if key(handle, "jPointsAreConsecutive") else "Ni")
    rows = found.reshape(-1, length).copy()
    rows[1::2] = rows[1::2, ::-1]
    return rows.ravel()


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_values(path):
    if os.path.basename(path) in UNREADABLE:
        pytest.skip("eccodes does not read it")
    count = 0
    for handle, message, number in fields(path):
        expected = values(handle)
        found = decoded(message, field=number, rows="stored")
        missing = np.isnan(expected)
        np.testing.assert_array_equal(np.isnan(found), missing)
        # bits, so that zeros with and without a sign are not the same
        np.testing.assert_array_equal(found[~missing].view("u8"), expected[~missing].view("u8"))
        if key(handle, "alternativeRowScanning"):
            np.testing.assert_array_equal(decoded(message, field=number), turned(expected, handle))
        count += 1
    assert count > 0


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_coordinates(path):
    if os.path.basename(path) in UNREADABLE:
        pytest.skip("eccodes does not read it")
    seen = set()
    for handle, message, _ in fields(path):
        grid = key(handle, "md5GridSection", str) or key(handle, "md5Section2", str)
        if grid in seen:
            continue
        seen.add(grid)
        kind = key(handle, "gridType", str)
        for name in ("latitude", "longitude"):
            try:
                expected = eccodes.codes_get_array(handle, f"{name}s")
            except eccodes.CodesInternalError:
                continue  # it has no points for this grid
            found = decoded(message, var=name)
            if kind == "regular_ll":
                np.testing.assert_array_equal(found.view("u8"), expected.view("u8"))
            else:
                # it rounds rotated points to six digits
                distance = np.abs((found - expected + 180) % 360 - 180)
                assert distance.max() <= (1e-5 if "rotated" in kind else 1e-9), kind
