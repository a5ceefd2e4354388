# SPDX-License-Identifier: Apache-2.0
"""Every chunk reference names the bytes that h5py reports for that chunk."""
import os

import pytest

import command
from closing import LINES
from isolated import Crash, Hang, isolated
from locations import against_h5py

COLLECTIONS = {
    "fixtures": lambda: command.fixtures("hdf5", "netcdf4"),
    "corpus": lambda: command.corpus("hdf5", "netcdf4"),
}


@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_ranges_are_those_of_h5py(collection, tmp_path, request):
    files = COLLECTIONS[collection]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    scanned = command.scan_all(files, str(tmp_path), "--inline-threshold", 0, "--codecs", "all")
    good = [s for s in scanned.values() if not s.error]
    compared, bad = 0, []
    for entry, result in zip(good, isolated(against_h5py, [(s.path, s.output) for s in good])):
        name = os.path.basename(entry.path)
        if isinstance(result, (Hang, Crash)):
            if "OSError" not in repr(result):  # files that h5py cannot open at all
                bad.append(f"{name}: {result!r}")
            continue
        compared += result[0]
        bad += [f"{name} {text}" for text in result[1]]
    request.config.stash.setdefault(LINES, []).append(f"locations {collection}: {compared} ranges as h5py has them")
    assert compared > 500
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:60])
