# SPDX-License-Identifier: Apache-2.0
"""The table of GRIB names: the digest that it says it has; with `ECCODES_DEFINITIONS` also that it is made of that source."""

import hashlib
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
TABLE = ROOT / "Sources" / "Formats" / "CGRIBNames"
SOURCE = os.environ.get("ECCODES_DEFINITIONS")


def test_the_header_tells_size_and_digest():
    header = (TABLE / "include" / "CGRIBNames.h").read_text()
    table = (TABLE / "GRIBNames.bin").read_bytes()
    assert re.search(r'SHA256 "(\w+)"', header)[1] == hashlib.sha256(table).hexdigest()
    assert int(re.search(r"SIZE (\d+)", header)[1]) == len(table)
    assert "2.47.0" in header and "does\n// not waive the privileges and immunities" in header


def test_notice_and_licence_are_carried():
    notice = " ".join((ROOT / "NOTICE").read_text().split())
    assert "ECMWF does not waive the privileges and immunities granted to it" in notice
    assert "Apache License" in (TABLE / "LICENSE").read_text()


@pytest.mark.skipif(not SOURCE, reason="ECCODES_DEFINITIONS names no folder or archive")
def test_the_table_is_made_of_its_source():
    run = subprocess.run([sys.executable, ROOT / "Scripts" / "grib-tables", SOURCE, "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
