# SPDX-License-Identifier: Apache-2.0
"""Where kerchunk is right, our references are its; where they differ, a rule of docs/differences.md says why."""
import collections
import os
import re

import pytest

import command
from against_kerchunk import compare
from closing import LINES
from isolated import Crash, Hang, isolated

COLLECTIONS = {
    "fixtures": lambda: command.fixtures("hdf5", "netcdf4"),
    "corpus": lambda: command.corpus("hdf5", "netcdf4"),
}


def documented_rules():
    with open(os.path.join(command.REPOSITORY, "docs", "differences.md"), encoding="utf-8") as f:
        return set(re.findall(r"^\| `([a-z0-9-]+)` \|", f.read(), re.MULTILINE))


@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_same_references_or_a_rule(collection, tmp_path, request):
    files = COLLECTIONS[collection]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    scanned = command.scan_all(files, str(tmp_path), "--inline-threshold", 0)
    good = [s for s in scanned.values() if not s.error]
    equal, rules, bad, beyond = 0, collections.Counter(), [], 0
    # kerchunk itself hangs on some files and fails on others: those have nothing to compare
    results = isolated(compare, [(s.path, s.output, s.issues) for s in good], seconds=6, warm=["kerchunk.hdf"])
    for entry, result in zip(good, results):
        if isinstance(result, (Hang, Crash)):
            beyond += 1
            continue
        equal += result[0]
        rules.update(result[1])
        bad += [f"{os.path.basename(entry.path)} {text}" for text in result[2]]
    lines = [f"against kerchunk, {collection}: {equal} equal ranges; kerchunk fails on {beyond} of {len(good)} files"]
    lines += [f"  {number:6d} differ by {rule}" for rule, number in rules.most_common()]
    request.config.stash.setdefault(LINES, []).extend(lines)
    assert equal > 300
    assert beyond < len(good) / 4
    assert not set(rules) - documented_rules(), "rules that docs/differences.md lacks"
    assert not bad, f"{len(bad)} without a rule:\n" + "\n".join(bad[:60])
