# SPDX-License-Identifier: Apache-2.0
"""Every array of a netCDF-3 file is the same through our references as netCDF4 and scipy read it."""
import collections
import os

import netCDF4
import numpy as np
import pytest

import command
import netcdf3
from closing import LINES
from isolated import Crash, Hang, isolated
from outcomes import open_group

COLLECTIONS = {"fixtures": lambda: command.fixtures("netcdf3"), "corpus": lambda: command.corpus("netcdf3")}
WARM = ("netCDF4", "zarr", "xarray", "scipy.io", "kerchunk.netCDF3")
# written as a stream, or in an order that netCDF does not read: compared below with what their maker wrote
UNREADABLE = {"streaming_1.nc", "streaming_2.nc", "streaming_5.nc", "streaming_cut.nc", "streaming_unpadded.nc",
              "out_of_order.nc", "latin1.nc"}
# netCDF4 refuses it, too: version 2 with the offsets of version 1
REFUSED = {"Roy-64.nc"}


@pytest.fixture(scope="module", params=[(name, form) for name in COLLECTIONS for form in (2, 3)],
                ids=lambda p: f"{p[0]} as Zarr {p[1]}")
def scanned(request, tmp_path_factory):
    name, zarr_format = request.param
    files = COLLECTIONS[name]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    directory = str(tmp_path_factory.mktemp("references"))
    found = command.scan_all(files, directory, "--zarr-format", zarr_format, "--salvage")
    failed = {os.path.basename(s.path): s.error for s in found.values() if s.error}
    assert set(failed) <= REFUSED, failed
    return name, zarr_format, [s for s in found.values() if not s.error]


def results(function, good, *further):
    """(scan, result) of each file; a hang or a crash fails the test."""
    items = [(s.path, s.output, s.issues, *further) for s in good]
    pairs = list(zip(good, isolated(function, items, warm=WARM)))
    bad = [f"{os.path.basename(s.path)}: {r!r}" for s, r in pairs if isinstance(r, (Hang, Crash))]
    assert not bad, "\n".join(bad)
    return pairs


def test_equal_values(scanned, request):
    name, zarr_format, good = scanned
    bad, judged, judges = [], collections.Counter(), collections.defaultdict(set)
    for scan, rows in results(netcdf3.values, good, zarr_format):
        for variable, judge, differs in rows:
            judged[judge] += 1
            judges[judge].add(os.path.basename(scan.path))
            if differs:
                bad.append(f"{os.path.basename(scan.path)} {variable} ({judge}): {differs}")
    request.config.stash.setdefault(LINES, []).append(
        f"netCDF-3 {name} as Zarr {zarr_format}: {len(good)} files; " + ", ".join(
            f"{n} arrays of {len(judges[judge])} files as {judge} reads them" for judge, n in judged.items()))
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:60])
    # one has no variable, of one all variables are cut
    unjudged = {os.path.basename(s.path) for s in good} - judges["netCDF4"]
    assert unjudged <= UNREADABLE | {"empty.nc", "short_records.nc"}, unjudged
    assert judged["netCDF4"] > 100 and judged["scipy"] > 60


def test_equal_datasets(scanned, request):
    name, zarr_format, good = scanned
    bad, compared = [], 0
    for scan, differences in results(netcdf3.decoded_differences, good, zarr_format):
        if differences is None:
            assert os.path.basename(scan.path) in UNREADABLE
            continue
        compared += 1
        bad += [f"{os.path.basename(scan.path)}: {text}" for text in differences]
    request.config.stash.setdefault(LINES, []).append(
        f"netCDF-3 {name} decoded as Zarr {zarr_format}: {compared} files, {len(bad)} differences")
    assert compared > 15
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:60])


# what kerchunk makes of these, and why it differs
KERCHUNK_DIFFERS = {
    "short_records.nc": "it refers to records beyond the end of the file",
    "short_fixed.nc": "it refers to data beyond the end of the file",
    "gaps.nc": "it takes the first record variable for the start of all, whatever their own say, and one record dimension",
    "names.nc": "it takes names for Latin-1",
    **{f"record_single_{name}.nc": "it counts padding that is not there" for name in ("byte", "char", "short")},
    **{f"streaming_{n}.nc": "it takes a stream for empty" for n in (1, 2, 5, "cut", "unpadded")},
}


@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_places_are_those_of_kerchunk(collection, tmp_path, request):
    files = COLLECTIONS[collection]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    found = command.scan_all(files, str(tmp_path), "--inline-threshold", 0, "--salvage")
    good = [s for s in found.values() if not s.error]
    results = isolated(netcdf3.against_kerchunk, [(s.path, s.output) for s in good], warm=WARM)
    equal, bad, beyond = 0, [], []
    for scan, result in zip(good, results):
        name = os.path.basename(scan.path)
        if result is None or isinstance(result, (Hang, Crash)):
            beyond.append(name)
            continue
        equal += result[0]
        if name not in KERCHUNK_DIFFERS:
            bad += [f"{name} {text}" for text in result[1] + result[2]]
    request.config.stash.setdefault(LINES, []).append(
        f"netCDF-3 {collection} against kerchunk: {equal} equal ranges; it fails on {len(beyond)} of {len(good)} files")
    assert equal > 100
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:60])


# ---------------------------------------------------------------- files that netCDF does not read, or not as they are
def scan(name, tmp_path, *options):
    path = name if os.path.isabs(name) else os.path.join(command.FIXTURES, "netcdf3", name)
    found, = command.scan_all([path], str(tmp_path), *options, "--salvage").values()
    assert not found.error, found.error
    return found


@pytest.mark.parametrize("name", ["streaming_1.nc", "streaming_2.nc", "streaming_5.nc", "streaming_cut.nc",
                                  "streaming_unpadded.nc"])
def test_streams_have_the_records_that_the_file_holds(name, tmp_path):
    found = scan(name, tmp_path)
    assert not found.issues
    group = open_group(found.output)
    assert group["a"][...].tolist() == [100, 101, 102, 103, 104, 105]
    assert group["b"][...].tolist() == [[n, n + 10, n + 20] for n in range(6)]


def test_out_of_order_and_odd_names(tmp_path):
    group = open_group(scan("out_of_order.nc", tmp_path / "1").output)
    assert (group["a"][...].tolist(), group["b"][...].tolist()) == ([3, 4], [1, 2])
    found = scan("latin1.nc", tmp_path / "2")
    group = open_group(found.output)
    assert dict(group.attrs) == {"title": "café", "größe": 1, "nul": "ab", "none": "", "nothing": []}
    assert group["température"][...].tolist() == [1, 2]
    assert group["group%2Fname"][...].tolist() == [3, 4]
    assert group["back%5Cslash"][...].tolist() == [5, 6]
    assert sorted((i["object"], i["reason"].split(";")[0]) for i in found.issues) == [
        ("/", "attribute \"title\" is not UTF-8"),
        ("/", "the name of attribute \"größe\" is not UTF-8"),
        ("/back\\slash", "its name contains a backslash, which zarr cannot open"),
        ("/group/name", "its name contains a slash, which zarr cannot open"),
        ("/température", "its name is not UTF-8")]


def test_a_cut_file_keeps_what_it_holds(tmp_path):
    found = scan("short_records.nc", tmp_path / "1", "--inline-threshold", 0)
    assert {i["object"] for i in found.issues} == {"/", "/a", "/b"}
    group, chunks = open_group(found.output), found.references()
    # the fourth record has all of its int, and one byte of its shorts: the third is the last whole one
    assert group["a"][...].tolist() == [100, 101, 102]
    assert group["b"][...].tolist() == [[n, n + 10, n + 20] for n in range(3)]
    size = os.path.getsize(found.path)
    assert all(sum(value[1:]) <= size for value in chunks.values() if isinstance(value, list))
    found = scan("short_fixed.nc", tmp_path / "2")
    assert {i["object"] for i in found.issues} == {"/", "/b", "/c"}
    group = open_group(found.output)
    assert group["a"][...].tolist() == list(range(1, 11))
    assert group["b"][...].tolist() == [-1] * 10
    # the default fill of shorts, which is masked
    assert group["c"][...].tolist() == [-32767] * 10
    # in chunks of one element those that are there are read
    group = open_group(scan("short_fixed.nc", tmp_path / "3", "--max-chunk-size", 4).output)
    assert group["b"][...].tolist() == [11, 12, 13] + [-1] * 7


def test_a_large_cut_variable_is_split(tmp_path):
    path = str(tmp_path / "large.nc")
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as ds:
        ds.createDimension("y", 600)
        ds.createDimension("x", 1000)
        ds.createVariable("field", "f8", ("y", "x"))[:] = np.arange(600000).reshape(600, 1000)
    whole_size = os.path.getsize(path)
    os.truncate(path, whole_size // 2)
    found = scan(path, tmp_path)
    assert found.issues[0]["reason"].startswith(f"truncated: {os.path.getsize(path)} of {whole_size} bytes"), found.issues
    assert "are beyond the end" in found.issues[1]["reason"]
    got = open_group(found.output)["field"][...]
    whole = int((~np.isnan(got)).any(axis=1).sum())
    assert 150 < whole <= 300
    assert (got[:whole] == np.arange(whole * 1000).reshape(whole, 1000)).all()


@pytest.mark.parametrize("limit", [1, 3, 8, 20, 100])
def test_split_variables_have_the_same_values(limit, tmp_path):
    good = list(command.scan_all(
        [p for p in command.fixtures("netcdf3") if os.path.basename(p) not in UNREADABLE and "short_" not in p],
        str(tmp_path), "--max-chunk-size", limit, "--inline-threshold", 0).values())
    for found in good:
        assert not found.error
        group = open_group(found.output)
        for name, want in (netcdf3.by_netcdf4(found.path) or {}).items():
            assert netcdf3.difference(want, group[name], 2) is None, (found.path, name)
            size = int(np.prod(group[name].chunks)) * want.dtype.itemsize
            assert size <= max(limit, want.dtype.itemsize), (found.path, name, size)
        assert limit > 8 or all(value[2] <= max(limit, 8) for value in found.references().values()
                                if isinstance(value, list))


def test_small_chunks_are_embedded(tmp_path):
    found = scan("times.nc", tmp_path)
    assert not [key for key, value in found.references().items() if isinstance(value, list)]
    found = scan("times.nc", tmp_path, "--inline-threshold", 9)
    ranges = {key for key, value in found.references().items() if isinstance(value, list)}
    assert {key.split("/")[0] for key in ranges} == {"time_bnds", "lat", "lon", "region", "tas"}


def test_groups_are_an_error(tmp_path):
    run = command.kerchunk("scan", os.path.join(command.FIXTURES, "netcdf3", "times.nc"), "-o", tmp_path / "o.json",
                           "--group", "/a")
    assert run.status == 1 and 'there is no group "/a"; the file has no groups' in run.err
