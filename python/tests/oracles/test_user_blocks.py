# SPDX-License-Identifier: Apache-2.0
"""HDF5 behind user blocks of all sizes, on this machine and behind HTTP, and what files cost that nobody knows."""
import os
import urllib.parse

import h5py
import numpy as np
import pytest

import command
from test_remote import log, references, serving

SIZES = [512, 1 << 12, 64 << 10, 128 << 10, 256 << 10, 1 << 20, 64 << 20, 1 << 30]
VALUES = np.arange(4000.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files with holes: little of them is on the disk."""
    folder = tmp_path_factory.mktemp("user-blocks")
    for size in SIZES:
        for name in (f"blank{size}.h5", f"blank{size}.dat", f"text{size}.h5"):
            with h5py.File(folder / name, "w", userblock_size=size) as file:
                file["x"] = VALUES
        with open(folder / f"text{size}.h5", "r+b") as file:
            file.write(b"what a user has written")
    (folder / "unknown.bin").write_bytes(b"unknown " * (3 << 17))
    (folder / "message.nc").write_bytes(b"GRIB" + bytes([0, 0, 0, 2]) + bytes(3 << 20))
    with open(folder / "classic.nc", "wb") as file, open(os.path.join(command.FIXTURES, "netcdf3/classic.nc"), "rb") as classic:
        file.write(classic.read() + bytes(3 << 20))
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with serving("--root", str(folder)) as url:
        yield url


def requests_for(server, name):
    return sum(urllib.parse.urlsplit(one["path"]).path == f"/files/{name}" for one in log(server))


NAMES = [f"{kind}{size}.{ending}" for size in SIZES for kind, ending in (("blank", "h5"), ("blank", "dat"), ("text", "h5"))]


@pytest.mark.parametrize("name", NAMES)
def test_user_blocks_are_found(folder, server, tmp_path, name):
    here = references(command.kerchunk("scan", folder / name, "-o", tmp_path / "a.json"), tmp_path / "a.json")
    _, offset, count = here["x/0"]
    with open(folder / name, "rb") as file:
        assert os.pread(file.fileno(), count, offset) == VALUES.tobytes()
    there = references(command.kerchunk("scan", f"{server}/files/{name}", "-o", tmp_path / "b.json"), tmp_path / "b.json")
    assert there["x/0"] == [f"{server}/files/{name}", offset, count]
    # The first answer, one range for each of the places from 256 KiB to 1 GiB that the file has, and the metadata.
    assert requests_for(server, name) <= 1 + 13 + 3


@pytest.mark.parametrize("name, text", [
    ("unknown.bin", "is of unknown format"), ("message.nc", "this is a GRIB file"),
])
def test_other_unknown_files_cost_one_request(server, tmp_path, name, text):
    run = command.kerchunk("scan", f"{server}/files/{name}", "-o", tmp_path / "c.json")
    assert run.status == 1 and text in run.err
    assert requests_for(server, name) == 1


def test_known_files_cost_no_look_at_user_blocks(server, tmp_path):
    references(command.kerchunk("scan", f"{server}/files/classic.nc", "-o", tmp_path / "d.json"), tmp_path / "d.json")
    assert requests_for(server, "classic.nc") == 1
