#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times `kerchunk convert` and `kerchunk inspect` on a million references against kerchunk 0.2.10 and ujson, in turn.

  python Benchmarks/references.py [--runs N]

The peer gets the references parsed already (its `refs_to_dataframe` takes a dictionary); ours starts from the JSON text.
"""
import argparse
import json
import multiprocessing
import os
import statistics
import sys

import hdf5

OUT = hdf5.OUT

TO_PARQUET = """
import json, os, sys, time
import ujson
from kerchunk.df import refs_to_dataframe
with open(sys.argv[1]) as f:
    references = ujson.load(f)
os.makedirs(sys.argv[2], exist_ok=True)
wall, cpu = time.perf_counter(), time.process_time()
refs_to_dataframe(references, sys.argv[2])
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""

LOADS = """
import json, sys, time
import ujson
with open(sys.argv[1]) as f:
    text = f.read()
wall, cpu = time.perf_counter(), time.process_time()
ujson.loads(text)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def million(path):
    """A reference set of 1,000,000 chunks in 1,000 files, as a JSON text."""
    if os.path.exists(path):
        return path
    array = {"chunks": [1, 180, 360], "compressor": None, "dtype": "<f4", "fill_value": 1e20, "order": "C",
             "filters": [{"elementsize": 4, "id": "shuffle"}, {"id": "zlib", "level": 4}],
             "shape": [10000, 1800, 3600], "zarr_format": 2}
    refs = {".zgroup": '{"zarr_format":2}', "tas/.zarray": json.dumps(array),
            "tas/.zattrs": '{"_ARRAY_DIMENSIONS":["time","lat","lon"]}'}
    for t in range(10000):
        url = f"s3://bench-bucket/archive/tas_1hr_MODEL-X_historical_r1i1p1f1_gn_{t // 10:06d}.nc"
        for y in range(10):
            for x in range(10):
                number = (t % 10) * 100 + y * 10 + x
                refs[f"tas/{t}.{y}.{x}"] = [url, 20480 + 60000 * number, 40000 + number * 7919 % 20000]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump({"version": 1, "refs": refs}, f)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    # in a process of its own: a child's peak memory counts what its parent had when it forked
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        text = pool.apply(million, (os.path.join(OUT, "references_1m.json"),))
    cases = {
        "JSON to Parquet": (
            lambda: [hdf5.KERCHUNK, "convert", text, "-o", os.path.join(hdf5.fresh("convert", True), "out.parq"),
                     "--record-size", "100000", "--quiet"],
            lambda: [sys.executable, "-c", TO_PARQUET, text, hdf5.fresh("dataframe", True)]),
        "parsing JSON (inspect, against ujson.loads)": (
            lambda: [hdf5.KERCHUNK, "inspect", text, "--json"], lambda: [sys.executable, "-c", LOADS, text]),
    }
    for name, (ours_command, peer_command) in cases.items():
        hdf5.run(ours_command(), False)
        ours, peer = [], []
        for _ in range(runs):
            ours.append(hdf5.run(ours_command(), False))
            peer.append(hdf5.run(peer_command(), True))
        print(f"\n{name}: 1,000,000 references, {os.path.getsize(text) / 1e6:.0f} MB of text")
        for column, label, unit in ((0, "wall, s", 1), (1, "CPU, s", 1), (2, "peak memory, MB", 1e6)):
            a, b = [r[column] / unit for r in ours], [r[column] / unit for r in peer]
            print(f"  {label:18s} ours {min(a):8.3f} (median {statistics.median(a):8.3f})   peer {min(b):8.3f} "
                  f"({statistics.median(b):8.3f})   ratio {min(b) / min(a):7.1f} "
                  f"({statistics.median(b) / statistics.median(a):7.1f})")


if __name__ == "__main__":
    main()
