# SPDX-License-Identifier: Apache-2.0
"""xarray shows the same dataset through the references as from the netCDF-4 file itself."""
import os

import pytest

import command
from closing import LINES
from decoded import differences
from isolated import Crash, Hang, isolated

COLLECTIONS = {"fixtures": lambda: command.fixtures("netcdf4"), "corpus": lambda: command.corpus("netcdf4")}


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_identical_datasets(collection, zarr_format, tmp_path, request):
    files = COLLECTIONS[collection]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    scanned = command.scan_all(files, str(tmp_path), "--zarr-format", zarr_format)
    good = [s for s in scanned.values() if not s.error]
    bad = [f"{os.path.basename(s.path)}: {s.error['message']}" for s in scanned.values() if s.error]
    compared = opened = 0
    for entry, result in zip(good, isolated(differences, [(s.path, s.output, s.issues, zarr_format) for s in good])):
        name = os.path.basename(entry.path)
        if isinstance(result, (Hang, Crash)):
            bad.append(f"{name}: {result!r}")
            continue
        compared += 1
        opened += sum(1 for _, differs, _ in result if differs is not None)
        bad += [f"{name} /{group}: {text}" for group, differs, text in result if differs]
    request.config.stash.setdefault(LINES, []).append(
        f"decoded {collection} as Zarr {zarr_format}: {compared} files, {opened} groups, {len(bad)} differences")
    assert opened > 0
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:80])
