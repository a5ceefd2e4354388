# SPDX-License-Identifier: Apache-2.0
"""What --overwrite may remove, what it keeps, and who wins where many write one output."""
import os
import shutil
import stat
import subprocess

import h5py
import numpy as np
import pytest
import xarray as xr

from command import KERCHUNK, kerchunk
from test_appending import run, write
from test_combine_steps import tree

#: Commands that write OUT, from a.nc and a.json.
WRITERS = {
    "scan": ["scan", "a.nc"], "build": ["build", "a.nc", "b.nc", "--concat-dim", "time"], "convert": ["convert", "a.json"],
    "combine": ["combine", "a.json", "--concat-dim", "time"],
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    write(folder / "a.nc", 0)
    write(folder / "b.nc", 2)
    run("scan", folder / "a.nc", "-o", folder / "a.json")
    run("scan", folder / "a.nc", "-o", folder / "set.parq")
    ds = xr.Dataset({"tas": (("t", "x"), np.arange(12.0).reshape(3, 4))}, coords={"t": [1, 2, 3]})
    ds.to_zarr(folder / "zarr2", zarr_format=2, consolidated=True)
    ds.to_zarr(folder / "zarr3", zarr_format=3, consolidated=False)
    return folder


def _readme(place):
    with open(f"{place}/README", "w") as file:
        file.write("mine")


def _other(place):
    os.makedirs(f"{place}/obs/c")
    with open(f"{place}/obs/c/0", "w") as file:
        file.write("a chunk")


#: What is at the place, by what the refusal names of it.
FOREIGN = {
    ".zattrs": lambda source, place: shutil.copytree(source / "zarr2", place),
    "/c/0": lambda source, place: shutil.copytree(source / "zarr3", place),
    "README": lambda source, place: (shutil.copytree(source / "set.parq", place), _readme(place)),
    "obs/c/0": lambda source, place: (shutil.copytree(source / "set.parq", place), _other(place)),
    "is not that of a reference set": lambda source, place: (
        os.makedirs(place), shutil.copy(source / "zarr2" / ".zmetadata", place)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_only_reference_sets_are_removed(source, tmp_path, writer):
    for number, (name, make) in enumerate(FOREIGN.items()):
        place = tmp_path / f"{number}.parq"
        make(source, place)
        before = tree(place)
        result = kerchunk(*WRITERS[writer], "-o", place, "--overwrite", cwd=source)
        assert result.status == 1 and name in result.err and "not replaced" in result.err, result.err
        assert tree(place) == before
    assert len(os.listdir(tmp_path)) == len(FOREIGN)


@pytest.mark.parametrize("writer", WRITERS)
def test_files_with_data_are_not_replaced(source, tmp_path, writer):
    """One of them is read, its values are embedded, and the output bears its name."""
    place = tmp_path / "data.json"
    for content in (open(source / "b.nc", "rb").read(), b"CDF\x01" + bytes(28), b"GRIB" + bytes(100), b"II*\0" + bytes(100)):
        place.write_bytes(content)
        result = kerchunk(*WRITERS[writer], "-o", place, "--overwrite", cwd=source)
        assert result.status == 1 and "holds data" in result.err, result.err
        assert place.read_bytes() == content
    place.write_bytes(b"notes of mine\n")
    result = kerchunk(*WRITERS[writer], "-o", place, "--overwrite", cwd=source)
    assert result.status == 1 and "not a reference set" in result.err, result.err
    assert place.read_bytes() == b"notes of mine\n"
    place.write_bytes(b"")
    assert kerchunk(*WRITERS[writer], "-o", place, "--overwrite", cwd=source).status == 0
    assert place.read_bytes().startswith(b"{")
    inner = tmp_path / "own.json"
    shutil.copy(source / "a.nc", inner)
    for command in ("scan", "build"):
        assert kerchunk(command, inner, "-o", inner, "--overwrite").status in (1, 2)
        with h5py.File(inner) as file:
            assert file["obs"][:].tolist() == [0, 10]


@pytest.mark.parametrize("form", ["json", "parq"])
@pytest.mark.parametrize("append", [False, True])
def test_permissions_are_kept(source, tmp_path, form, append):
    place = tmp_path / f"out.{form}"
    run("build", source / "a.nc", "-o", place, "--concat-dim", "time")

    def modes():
        return {os.path.relpath(name, place): stat.S_IMODE(os.stat(name).st_mode) for name in [place, *place.rglob("*")]}

    mask = os.umask(0)
    os.umask(mask)
    for name, mode in modes().items():
        path = place / name
        assert mode == (0o777 if path.is_dir() else 0o666) & ~mask
        os.chmod(path, 0o2750 if path.is_dir() else 0o640)
    before = modes()
    inode = os.stat(place).st_ino
    run("build", source / "b.nc", "-o", place, "--concat-dim", "time", "--append" if append else "--overwrite")
    assert os.stat(place).st_ino != inode and modes() == before


@pytest.mark.parametrize("form", ["json", "parq"])
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("overwrite", [False, True])
def test_eight_write_one_output(source, tmp_path, form, writer, overwrite):
    place = tmp_path / f"out.{form}"
    options = ["--overwrite"] if overwrite else []
    if overwrite:
        run("scan", source / "b.nc", "-o", place)
    run(*[source / part if part[1:2] == "." else part for part in WRITERS[writer]], "-o", tmp_path / f"right.{form}")
    processes = [
        subprocess.Popen(
            [KERCHUNK, *WRITERS[writer], "-o", str(place), *options], cwd=source, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    outcomes = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    losers = [error for error, status in outcomes if status]
    assert len(losers) == (0 if overwrite else 7), outcomes
    for error in losers:
        assert any(
            text in error
            for text in ("already exists", "another run has since written this output", "another run is writing the same")), error
    assert sorted(os.listdir(tmp_path)) == sorted([f"out.{form}", f"right.{form}"])
    # The same but for what names the folder of relative inputs.
    assert tree(place).keys() == tree(tmp_path / f"right.{form}").keys()
    assert run("verify", place).status == 0
