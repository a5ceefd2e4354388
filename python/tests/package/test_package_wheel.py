# SPDX-License-Identifier: Apache-2.0
"""The wheel: what is in it, what it needs, and that it works without Swift. Scripts/test builds its library."""
import os
import re
import subprocess
import sys
import zipfile

import pytest

from places import REPOSITORY

LIBRARY = os.environ.get("KERCHUNK_WHEEL_LIBRARY")
pytestmark = pytest.mark.skipif(not LIBRARY, reason="KERCHUNK_WHEEL_LIBRARY names no library (Scripts/library builds one)")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder,
         os.path.join(REPOSITORY, "python")], check=True, env={**os.environ, "SWIFT_KERCHUNK_LIBRARY": LIBRARY})
    (name,) = os.listdir(folder)
    return folder / name


def test_the_library_needs_only_what_every_linux_has():
    needed = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"\(NEEDED\).*\[(.*?)\]", needed)) <= {
        "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def test_the_library_shows_its_own_functions_only():
    symbols = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    shown = {line.split()[-1] for line in symbols.splitlines() if line.split()[-2].isupper()}
    with open(os.path.join(REPOSITORY, "Sources", "Interfaces", "KerchunkCABI", "Functions.swift")) as file:
        assert shown == set(re.findall(r"@c\((\w+)\)", file.read()))


def test_the_wheel_says_which_systems_it_is_for(wheel):
    versions = subprocess.run(["objdump", "-T", LIBRARY], capture_output=True, text=True, check=True).stdout
    newest = max(tuple(map(int, found)) for found in re.findall(r"\(?GLIBC_(\d+)\.(\d+)", versions))
    assert newest <= (2, 34)
    assert f"-py3-none-manylinux_{newest[0]}_{newest[1]}_" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"swift_kerchunk/libKerchunkCABI.so", "swift_kerchunk/py.typed", "swift_kerchunk/LICENSE",
            "swift_kerchunk/NOTICE"} <= names


def test_the_wheel_works_without_swift(wheel, series, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True,
        check=True).stdout.strip()
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, wheel], check=True)
    import numpy

    # numpy comes from here, so that nothing is fetched
    with open(os.path.join(site, "numpy.pth"), "w") as file:
        file.write(os.path.dirname(os.path.dirname(numpy.__file__)) + "\n")
    program = f"import swift_kerchunk as sk; print(sk.__file__); print(len(sk.scan({series[0]!r})))"
    result = subprocess.run(
        [python, "-c", program], capture_output=True, text=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"})
    assert result.returncode == 0, result.stderr
    place, count = result.stdout.splitlines()
    assert place.startswith(site) and count == "3"
