# SPDX-License-Identifier: Apache-2.0
"""Every array that h5py reads is the same through our references, or an issue says why not."""
import collections
import json
import os

import pytest

import command
from isolated import Crash, Hang, isolated
from outcomes import OUTCOMES, outcomes

COLLECTIONS = {
    "fixtures": lambda: command.fixtures("hdf5", "netcdf4"),
    "corpus hdf5": lambda: command.corpus("hdf5"),
    "corpus netcdf4": lambda: command.corpus("netcdf4"),
}


@pytest.fixture(scope="module", params=[(name, form) for name in COLLECTIONS for form in (2, 3)],
                ids=lambda p: f"{p[0]} as Zarr {p[1]}")
def compared(request, tmp_path_factory):
    """name of the collection, file → rows of (array, outcome, detail), files that hung or crashed the reader."""
    name, zarr_format = request.param
    files = COLLECTIONS[name]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    scanned = command.scan_all(files, str(tmp_path_factory.mktemp("references")), "--zarr-format", zarr_format, "--codecs", "zarr")
    items = [(path, None if s.error else s.output, s.issues, zarr_format) for path, s in scanned.items()]
    rows, failed = {}, {}
    for path, result in zip(scanned, isolated(outcomes, items)):
        (failed if isinstance(result, (Hang, Crash)) else rows)[path] = result
    report(request.config, f"{name} as Zarr {zarr_format}", rows, failed)
    return name, rows, failed


def report(config, name, rows, failed):
    count = collections.Counter(row[1] for file in rows.values() for row in file)
    lines = [f"{name}: {len(rows) + len(failed)} files, {sum(count.values())} arrays"]
    lines += [f"  {count[outcome]:6d} {outcome}" for outcome in OUTCOMES if count[outcome]]
    lines += [f"  {len(failed):6d} files that the readers did not survive"] if failed else []
    config.stash.setdefault(LINES, []).extend(lines)
    where = os.environ.get("KERCHUNK_REPORT")
    if where:
        everything = json.load(open(where)) if os.path.exists(where) else {}
        everything[name] = {"files": rows, "failed": {k: repr(v) for k, v in failed.items()}, "count": count}
        with open(where, "w") as f:
            json.dump(everything, f, indent=1)


from closing import LINES  # noqa: E402


def offenders(rows, *wanted):
    return [f"{os.path.basename(path)} {row[0]}: {row[2]}" for path, file in rows.items() for row in file
            if row[1] in wanted]


def shown(bad):
    return f"{len(bad)}:\n" + "\n".join(bad[:60])


def test_no_value_is_wrong(compared):
    bad = offenders(compared[1], "wrong")
    assert not bad, shown(bad)


def test_nothing_is_silently_absent(compared):
    bad = offenders(compared[1], "absent silently", "zarr cannot hold: silently absent")
    assert not bad, shown(bad)


def test_readers_survive(compared):
    assert not compared[2], shown([f"{path}: {what!r}" for path, what in compared[2].items()])


def test_nearly_all_that_zarr_can_hold_is_equal(compared):
    name, rows, _ = compared
    equal = len(offenders(rows, "equal"))
    others = offenders(rows, "wrong", "absent with issue", "absent silently")
    share = equal / max(equal + len(others), 1)
    least = 0.95 if name == "fixtures" else 0.98
    assert equal > 0 and share >= least, f"{share:.2%} equal; the others {shown(others)}"
