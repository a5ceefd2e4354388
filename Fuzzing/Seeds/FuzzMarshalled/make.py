#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds beside it: the small reference sets of Fixtures as Python's `marshal` has them, in each version that is read."""
import json
import marshal
import pathlib

HERE = pathlib.Path(__file__).parent
SETS = HERE.parents[2] / "Fixtures" / "references" / "sets"

for path in sorted(SETS.glob("*.json")):
    try:
        references = json.loads(path.read_text())
    except ValueError:
        continue
    if path.stat().st_size < 8000:
        for version in (2, 4):
            (HERE / f"{path.stem}-{version}.marshal").write_bytes(marshal.dumps(references, version))

url, shared = "file.nc", ["é", 0.5, None, True, 1 << 40]
mixed = {"version": 1, "refs": {".zgroup": b'{"zarr_format": 2}', "x/0": b"\xff\0", "x/1": [url, 1, 2], "x/2": [url, 3, 4],
                                "x/.zattrs": {"a": shared, "b": shared, "c": (1, (2, ()))}}}
(HERE / "mixed.marshal").write_bytes(marshal.dumps(mixed, 4))
