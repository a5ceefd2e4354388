# SPDX-License-Identifier: Apache-2.0
"""Files that are not what they were when they were scanned, and files that are not whole."""
import json
import os
import shutil
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
import zarr

import command
import decoded


def write(path, value, start=0, steps=3, chunk=1):
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("time", None)
        d.createDimension("x", 200)
        time = d.createVariable("time", "f8", ("time",), chunksizes=(1,))
        time.units = "days since 2000-01-01"
        time[:] = np.arange(start, start + steps)
        d.createVariable("tas", "f4", ("time", "x"), chunksizes=(chunk, 200))[:] = value


def run(*arguments, status=0):
    result = command.kerchunk(*arguments)
    assert result.status == status, (arguments, result.status, result.err)
    return result


def scan(source, output, *options):
    run("scan", source, "-o", output, "--inline-threshold", 0, "--overwrite", *options)


def values(references, name):
    return zarr.open_group(decoded.mapper(str(references)), mode="r", zarr_format=2)[name][...]


# ---------------------------------------------------------------- changed
@pytest.fixture(params=["json", "parq"])
def sets(request, tmp_path):
    """Two sets, of files that follow each other in time."""
    names = []
    for number in range(2):
        write(tmp_path / f"{number}.nc", 1.0, 3 * number)
        scan(tmp_path / f"{number}.nc", tmp_path / f"{number}.{request.param}")
        names.append(tmp_path / f"{number}.{request.param}")
    return names


def readers(first, second, folder):
    return {
        "inline --array": ["inline", first, "-o", folder / "a.json", "--array", "tas"],
        "inline --array-size": ["inline", first, "-o", folder / "b.json", "--array-size", "10kB"],
        "inline --threshold": ["inline", first, "-o", folder / "c.json", "--threshold", "10kB"],
        "combine": ["combine", first, second, "-o", folder / "d.json"],
        "plan": ["plan", first, second, "-o", folder / "plan.json"],
        "append": ["combine", second, "-o", first, "--append"],
    }


@pytest.mark.parametrize("reader", list(readers("", "", Path())))
def test_readers_refuse_a_file_of_the_same_layout(sets, reader, tmp_path):
    write(tmp_path / "0.nc", 2.0)
    arguments = readers(*sets, tmp_path)[reader]
    outputs = set(os.listdir(tmp_path))
    result = run(*arguments, status=1)
    assert str(tmp_path / "0.nc") in result.err and "scan it again" in result.err, result.err
    assert set(os.listdir(tmp_path)) == outputs
    # as the message says
    scan(tmp_path / "0.nc", sets[0])
    run(*arguments)
    if reader == "inline --array":
        assert (values(tmp_path / "a.json", "tas") == 2).all()


def test_loaded_variables_are_held_against_the_record(sets, tmp_path):
    for number, one in enumerate(sets):
        write(tmp_path / f"{number}.nc", 1.0, 3 * number, chunk=1 + number)
        scan(tmp_path / f"{number}.nc", one)
        run("inline", one, "-o", one, "--overwrite", "--array", "time")
    run("combine", *sets, "-o", tmp_path / "a.json", "--load", "tas")
    write(tmp_path / "1.nc", 2.0, 3, chunk=2)
    result = run("combine", *sets, "-o", tmp_path / "a.json", "--load", "tas", "--overwrite", status=1)
    assert str(tmp_path / "1.nc") in result.err and "scan it again" in result.err, result.err


def test_a_plan_is_not_executed_for_another_file(sets, tmp_path):
    run("plan", *sets, "-o", tmp_path / "plan.json", "--inline-threshold", "10kB")
    write(tmp_path / "1.nc", 2.0, 3)
    result = run("execute", tmp_path / "plan.json", "-o", tmp_path / "out.json", status=1)
    assert str(tmp_path / "1.nc") in result.err and not (tmp_path / "out.json").exists()


def test_another_time_alone_is_a_change_and_names_both(sets, tmp_path):
    os.utime(tmp_path / "0.nc", ns=(0, 1_000_000_000 * 86_400 * 365))
    result = run("inline", sets[0], "-o", tmp_path / "a.json", "--array", "tas", status=1)
    assert "modified at 1971-01-01 UTC, but at 20" in result.err, result.err
    assert "modified at 1971-01-01 UTC" in run("verify", sets[0], status=1).out
    size = os.path.getsize(tmp_path / "0.nc")
    with open(tmp_path / "0.nc", "ab") as file:
        file.write(b"\0")
    result = run("inline", sets[0], "-o", tmp_path / "a.json", "--array", "tas", status=1)
    assert f"{size + 1} bytes, but {size} when it was scanned" in result.err


def test_what_moved_is_read_under_its_new_name(sets, tmp_path):
    shutil.copyfile(tmp_path / "0.nc", tmp_path / "moved.nc")
    run("rename", sets[0], "-o", tmp_path / "moved.json", "--map", f"{tmp_path}/0.nc={tmp_path}/moved.nc")
    run("inline", tmp_path / "moved.json", "-o", tmp_path / "a.json", "--array", "tas")
    assert (values(tmp_path / "a.json", "tas") == 1).all()


def test_sets_that_record_nothing_are_read(sets, tmp_path):
    run("convert", sets[0], "-o", tmp_path / "whole.json")
    document = json.loads((tmp_path / "whole.json").read_text())
    del document["sources"]
    (tmp_path / "bare.json").write_text(json.dumps(document))
    write(tmp_path / "0.nc", 2.0)
    run("inline", tmp_path / "bare.json", "-o", tmp_path / "a.json", "--array", "tas")
    assert (values(tmp_path / "a.json", "tas") == 2).all()


# ---------------------------------------------------------------- cut
def hdf5(path, **options):
    random = np.random.default_rng(1)
    with h5py.File(path, "w", **options) as file:
        for name in "abc":
            file.create_dataset(name, data=random.random((6, 500)), chunks=(1, 500), compression="gzip")
        file["whole"] = random.random(3000)


def netcdf(path, form):
    with netCDF4.Dataset(path, "w", format=form) as d:
        d.createDimension("time", None)
        d.createDimension("x", 501)
        d.createVariable("a", "f4", ("time", "x"))[:] = np.arange(3006).reshape(6, 501)
        d.createVariable("b", "i2", ("time", "x"))[:] = np.arange(3006).reshape(6, 501)


FORMS = {
    "earliest": lambda p: hdf5(p, libver="earliest"),
    "latest": lambda p: hdf5(p, libver="latest"),
    "earliest_block": lambda p: hdf5(p, libver="earliest", userblock_size=512),
    "latest_block": lambda p: hdf5(p, libver="latest", userblock_size=1024),
    "netcdf4": lambda p: netcdf(p, "NETCDF4"),
    "classic": lambda p: netcdf(p, "NETCDF3_CLASSIC"),
    "offset64": lambda p: netcdf(p, "NETCDF3_64BIT_OFFSET"),
    "cdf5": lambda p: netcdf(p, "NETCDF3_64BIT_DATA"),
}


@pytest.mark.parametrize("form", FORMS)
def test_cut_files_are_errors_with_both_sizes(form, tmp_path):
    path = tmp_path / "file.nc"
    FORMS[form](path)
    whole = path.read_bytes()
    # netCDF-3 pads the last variable's record of 1002 bytes to 1004
    least = len(whole) - (2 if form in ("classic", "offset64", "cdf5") else 0)
    scan(path, tmp_path / "out.json")
    path.write_bytes(whole + bytes(100))
    scan(path, tmp_path / "out.json")
    path.write_bytes(whole[:least])
    scan(path, tmp_path / "out.json")
    os.remove(tmp_path / "out.json")
    for size in [len(whole) * share // 100 for share in (40, 70, 95)] + [least - 1]:
        path.write_bytes(whole[:size])
        result = run("scan", path, "-o", tmp_path / "out.json", status=1)
        assert f"truncated: {size} of {least} bytes; " in result.err and "--salvage" in result.err, result.err
        assert not (tmp_path / "out.json").exists()
        result = run("scan", path, "-o", tmp_path / "left.json", "--salvage", "--json", "--overwrite")
        issues = result.report[0]["issues"]
        assert any(f"truncated: {size} of {least} bytes" in issue["reason"] for issue in issues)
        assert any(issue["object"] != "/" for issue in issues), "what is missing is told"
        result = run("verify", tmp_path / "left.json", status=1)
        assert f"truncated when it was scanned: {size} of {least} bytes" in result.out


@pytest.mark.parametrize("form", ["earliest", "latest", "latest_block"])
def test_what_is_salvaged_is_right_and_what_is_not_is_told(form, tmp_path):
    path = tmp_path / "file.h5"
    FORMS[form](path)
    with h5py.File(path) as file:
        want = {name: file[name][...] for name in file}
    size = os.path.getsize(path)
    os.truncate(path, size * 6 // 10)
    result = run("scan", path, "-o", tmp_path / "left.json", "--salvage", "--json")
    told = {issue["object"].strip("/") for issue in result.report[0]["issues"]}
    refs = json.loads((tmp_path / "left.json").read_text())["refs"]
    present = {key.partition("/")[0] for key in refs if key.endswith("/.zarray")}
    assert present and present | told >= set(want)
    for name in present:
        rows = [row for row in range(6) if f"{name}/{row}.0" in refs]
        assert (values(tmp_path / "left.json", name)[rows] == want[name][rows]).all()
        assert len(rows) == 6 or name in told


def days(folder):
    for number in range(3):
        write(folder / f"{number}.nc", number, 3 * number)
    return [folder / f"{number}.nc" for number in range(3)]


def test_a_build_ends_where_a_file_is_cut(tmp_path):
    files = days(tmp_path)
    os.truncate(files[1], os.path.getsize(files[1]) - 1)
    result = run("build", *files, "-o", tmp_path / "all.json", status=1)
    assert "truncated: " in result.err and str(files[1]) in result.err
    run("build", *files, "-o", tmp_path / "all.json", "--salvage")
    assert values(tmp_path / "all.json", "tas").shape == (9, 200)
    assert str(files[1]) in run("verify", tmp_path / "all.json", status=1).out
    run("convert", tmp_path / "all.json", "-o", tmp_path / "all.parq")
    assert "truncated when" in run("verify", tmp_path / "all.parq", status=1).out


def test_a_build_ends_where_a_variable_is_damaged(tmp_path):
    files = days(tmp_path)
    content = bytearray(files[1].read_bytes())
    # the type of the last tree's root: the index of the chunks of "tas"
    content[content.rindex(b"TREE") + 4] = 77
    files[1].write_bytes(content)
    result = run("scan", files[1], "-o", tmp_path / "1.json", "--json")
    assert [issue["damage"] for issue in result.report[0]["issues"]] == [True]
    result = run("build", *files, "-o", tmp_path / "all.json", status=1)
    assert "damaged" in result.err and "/tas: left out" in result.err and str(files[1]) in result.err, result.err
    assert not (tmp_path / "all.json").exists()
    run("build", *files, "-o", tmp_path / "all.json", "--salvage", "--absent", "intersection")
    assert values(tmp_path / "all.json", "time").tolist() == list(range(9))


def test_python_says_the_same(tmp_path):
    sk = pytest.importorskip("swift_kerchunk")
    files = [str(file) for file in days(tmp_path)]
    dataset = sk.scan(files[0], inline_threshold=0)
    write(files[0], 7.0)
    with pytest.raises(sk.KerchunkError, match="scan it again") as caught:
        dataset.inline(arrays=["tas"])
    assert caught.value.kind == "changed" and caught.value.url == files[0]
    os.truncate(files[0], os.path.getsize(files[0]) - 10)
    with pytest.raises(sk.KerchunkError, match="truncated: "):
        sk.scan(files[0])
    with pytest.raises(sk.KerchunkError, match="truncated: "):
        sk.build(files)
    left = sk.scan(files[0], salvage=True, on_issue="ignore")
    assert left.issues and not left.verify()["ok"]
