#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a Parquet set of 100,000,000 references, opens it, fetches 100 random ones, and converts it to other record sizes.

  swift build -c release --static-swift-stdlib --product kerchunk
  $(Scripts/venv) Benchmarks/large_references.py [--count N] [--record-size N] [--to N] [--runs N]

pyarrow writes the set, one page a column, as other tools do; `kerchunk convert` makes it anew with `--to` chunks a partition
and with as many as before. Opening and fetching are measured inside one process, by ParquetSpeedTests, for the set as it was
made and for ours; the tests are built first, in .build-test.
"""
import argparse
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys

import hdf5
import inputs

REPOSITORY = os.path.dirname(inputs.HERE)
PER_FILE = 100_000  # chunks of one source file
TESTS = ["-c", "release", "-Xswiftc", "-enable-testing", "--explicit-target-dependency-import-check", "error",
         "--scratch-path", ".build-test"]


def partition(job):
    """Writes one partition; offsets and sizes are those that ParquetSpeedTests computes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, number, first, last = job
    position = np.arange(first, last, dtype="u8")
    noise = (position * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)
    file, place = position // PER_FILE, position % PER_FILE
    urls = [f"s3://bucket/some/longer/prefix/file_{n}.nc" for n in range(int(file[0]), int(file[-1]) + 1)]
    table = pa.table({
        "path": pa.DictionaryArray.from_arrays(pa.array((file - file[0]).astype("i4")), pa.array(urls)),
        "offset": (4096 + place * 65536 + noise % 4096).astype("i8"),
        "size": (40000 + noise % 20000).astype("i8"),
        "raw": pa.nulls(last - first, pa.binary())})
    pq.write_table(table, os.path.join(folder, f"refs.{number}.parq"), compression="zstd", row_group_size=last - first,
                   use_dictionary=["path"], store_schema=False)


def make(path, count, record_size):
    """A set of one array, or the one that is there already with these numbers."""
    array = {"chunks": [1], "compressor": None, "dtype": "<f8", "fill_value": None, "filters": None, "order": "C",
             "shape": [count], "zarr_format": 2}
    header = {"metadata": {".zgroup": {"zarr_format": 2}, "x/.zarray": array, "x/.zattrs": {"_ARRAY_DIMENSIONS": ["x"]}},
              "record_size": record_size}
    metadata = os.path.join(path, ".zmetadata")
    if os.path.exists(metadata):
        with open(metadata) as f:
            if json.load(f) == header:
                return
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(os.path.join(path, "x"))
    jobs = [(os.path.join(path, "x"), number, first, min(first + record_size, count))
            for number, first in enumerate(range(0, count, record_size))]
    # in processes of their own: a child's peak memory counts what its parent had when it forked
    with multiprocessing.get_context("spawn").Pool() as pool:
        pool.map(partition, jobs, chunksize=8)
    with open(metadata, "w") as f:
        json.dump(header, f)


def opened(folder, runs):
    """(milliseconds, MiB resident, MiB at most) of opening the set and of fetching from it, for each run."""
    found = {"open": [], "100 random": []}
    for _ in range(runs):
        result = subprocess.run(["swift", "test", *TESTS, "--skip-build", "--filter", "aHundredMillionAreOpened"],
                                cwd=REPOSITORY, env={**os.environ, "KERCHUNK_SPEED": folder}, text=True, capture_output=True)
        if result.returncode != 0:
            sys.exit(result.stdout[-2000:] + result.stderr[-2000:])
        for name, *numbers in re.findall(r"SPEED (open|100 random).*?: ([\d.]+) ms, (\d+) MiB resident, (\d+) MiB", result.stdout):
            found[name].append([float(n) for n in numbers])
    return found


def tell(what, wanted, seconds, bytes_):
    print(f"  {what:44s}{statistics.median(seconds):9.4f} s (at best {min(seconds):.4f}){max(bytes_) / 1e6:9.0f} MB at most"
          f"   (wanted: {wanted})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000_000)
    parser.add_argument("--record-size", type=int, default=100_000)
    parser.add_argument("--to", type=int, default=250_000)
    parser.add_argument("--runs", type=int, default=3, help="of opening and fetching")
    parser.add_argument("--folder", default=os.path.join(hdf5.OUT, "large"))
    arguments = parser.parse_args()
    made, other, again = (os.path.join(os.path.abspath(arguments.folder), name, "hundred.parq") for name in ("made", "other", "again"))
    make(made, arguments.count, arguments.record_size)
    size = sum(entry.stat().st_size for entry in os.scandir(os.path.join(made, "x")))
    print(f"{arguments.count:,} references, {size / 1e6:.0f} MB, {arguments.record_size:,} a partition")
    for source, target, record_size in ((made, other, arguments.to), (other, again, arguments.record_size)):
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        wall, cpu, peak = hdf5.run([hdf5.KERCHUNK, "convert", source, "-o", target, "--record-size", str(record_size),
                                    "--quiet"], False)
        tell(f"convert to {record_size:,} a partition ({cpu:.0f} s CPU)", "500 MB", [wall], [peak])
    subprocess.run(["swift", "build", *TESTS, "--build-tests"], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    for name, path in (("as made", made), ("as converted", again)):
        found = opened(os.path.dirname(path), arguments.runs)
        for what, wanted in (("open", "20 ms, 50 MB"), ("100 random", "300 ms, 150 MB")):
            tell(f"{what}, {name}", wanted, [n[0] / 1e3 for n in found[what]], [n[2] * 2 ** 20 for n in found[what]])


if __name__ == "__main__":
    main()
