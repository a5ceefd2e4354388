# SPDX-License-Identifier: Apache-2.0
"""Names of files that are not UTF-8, and what patterns cannot look at."""
import os
import shutil
import subprocess

import h5py
import numpy as np
import pytest

from command import KERCHUNK


@pytest.fixture
def folder(tmp_path):
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["v"] = np.arange(5)
    shutil.copy(tmp_path / "a.nc", os.fsencode(tmp_path) + b"/caf\xe9.nc")
    shutil.copy(tmp_path / "a.nc", tmp_path / "é.nc")
    return tmp_path


def run(folder, *arguments, status=0, **options):
    result = subprocess.run([KERCHUNK, *arguments], capture_output=True, cwd=folder, **options)
    assert result.returncode == status, result.stderr
    return result.stderr.decode()


def test_a_pattern_names_them_and_each_is_an_error(folder):
    err = run(folder, "scan", "*.nc", "-o", "out/", status=1)
    assert r"caf\xE9.nc" in err and "not UTF-8" in err and "symbolic link" in err
    assert sorted(os.listdir(folder / "out")) == ["a.nc.json", "é.nc.json"]
    # what the message advises
    os.symlink(b"caf\xe9.nc", os.fsencode(folder) + b"/link.nc")
    run(folder, "scan", "link.nc", "-o", "link.json", "--inline-threshold", "0")
    assert str(folder / "link.nc") in (folder / "link.json").read_text()


def test_outputs_and_reference_sets_may_have_such_names(folder):
    run(folder, "scan", "a.nc", "-o", b"o\xe9.json")
    run(folder, "convert", b"o\xe9.json", "-o", b"p\xff.parq")
    assert {b"o\xe9.json", b"p\xff.parq"} <= set(os.listdir(os.fsencode(folder)))
    run(folder, "verify", b"p\xff.parq")
    run(folder, "convert", b"p\xff.parq", "-o", b"o\xe9.json", "--overwrite")


def test_broken_links_are_told(folder):
    os.symlink("nowhere.nc", folder / "broken.nc")
    os.remove(os.fsencode(folder) + b"/caf\xe9.nc")
    assert "broken link\n  in broken.nc" in run(folder, "scan", "*.nc", "-o", "out/")


def test_folders_that_may_not_be_listed_are_told(folder):
    if os.geteuid() != 0:
        options = {}
    else:
        options = {"preexec_fn": lambda: os.setuid(65534)}
    closed = folder / "closed"
    closed.mkdir()
    shutil.copy(folder / "a.nc", closed / "b.nc")
    os.remove(os.fsencode(folder) + b"/caf\xe9.nc")
    for place in (folder, *folder.parents):
        if os.stat(place).st_mode & 0o005 != 0o005:
            if place.stat().st_uid != os.geteuid() or not str(place).startswith(str(folder.parent.parent)):
                pytest.skip("another user cannot reach the folder")
            place.chmod(0o755)
    closed.chmod(0)
    try:
        (folder / "out").mkdir()
        (folder / "out").chmod(0o777)
        err = run(folder, "scan", "**/*.nc", "-o", "out/", **options)
        assert err.count("Permission denied\n  in closed") == 1
        err = run(folder, "scan", "closed/*.nc", "-o", "-", status=2, **options)
        assert "nothing matches" in err and "Permission denied" in err
    finally:
        closed.chmod(0o755)
