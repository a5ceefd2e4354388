#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times scripts of kerchunk's users with `swift_kerchunk` and with kerchunk 0.2.10, in turn, dicts in and dicts out.

  python Benchmarks/python.py [--runs N] [--only CASE,…]

Each run is a process of its own that tells the time of its work, without imports and without reading its inputs. The case
`threads` runs the same scans one after the other and in eight threads of Python, and tells how many cores were at work.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import hdf5
import inputs
import references
import series

#: case → the script: `prepare()` gives what `work` takes.
SCRIPTS = {
    "million": """
from kerchunk.hdf import SingleHdf5ToZarr
def prepare():
    return sys.argv[1]
def work(path):
    refs = SingleHdf5ToZarr(path, inline_threshold=0).translate()
    assert len(refs["refs"]) > 1_000_000
""",
    "archive": """
from kerchunk.hdf import SingleHdf5ToZarr
def prepare():
    return [line.strip() for line in open(sys.argv[1])]
def work(paths):
    for path in paths:
        SingleHdf5ToZarr(path).translate()
""",
    "combine": """
import ujson
from kerchunk.combine import MultiZarrToZarr
def prepare():
    return [ujson.load(open(line.strip())) for line in open(sys.argv[1])]
def work(singles):
    MultiZarrToZarr(singles, concat_dims=["time"], remote_protocol="file", inline_threshold=0).translate()
""",
    "series": """
from kerchunk.combine import MultiZarrToZarr
from kerchunk.hdf import SingleHdf5ToZarr
def prepare():
    return [line.strip() for line in open(sys.argv[1])]
def work(paths):
    singles = [SingleHdf5ToZarr(path).translate() for path in paths]
    MultiZarrToZarr(singles, concat_dims=["time"], remote_protocol="file").translate()
""",
    "dataframe": """
import ujson
from kerchunk.df import refs_to_dataframe
def prepare():
    return ujson.load(open(sys.argv[1]))
def work(refs):
    refs_to_dataframe(refs, os.path.join(sys.argv[2], "out.parq"))
""",
}

FRAME = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
{script}
given = prepare()
wall, cpu = time.perf_counter(), time.process_time()
work(given)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


#: Scans of one file of a million chunks, `swift_kerchunk` only: [seconds by the clock, of the processor] in each way.
THREADS = """
import concurrent.futures, json, sys, time
import swift_kerchunk
path, count, threshold = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def scan(_):
    assert len(swift_kerchunk.scan(path, inline_threshold=threshold).chunks("data").offset) == 1_000_000
def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
scan(0)
def in_threads():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(scan, range(count)))
print(json.dumps([timed(lambda: [scan(index) for index in range(count)]), timed(in_threads)]))
"""


def run_threads(runs):
    path = inputs.million_chunks("btree1")
    cores = len(os.sched_getaffinity(0))
    print(f"\n{cores} cores; files of 1,000,000 chunks, scanned one after the other and in 8 threads of Python\n")
    print("| scans | one after the other, s | cores used | 8 threads, s | cores used | ratio |\n|---|---|---|---|---|---|")
    for label, count, threshold in (("40, references only", 40, 0), ("8, all chunks read and embedded", 8, 500)):
        rows = []
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, "-c", THREADS, path, str(count), str(threshold)], capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"scanning in threads failed:\n{done.stderr[-3000:]}")
            (wall, cpu), (threads_wall, threads_cpu) = json.loads(done.stdout.splitlines()[-1])
            rows.append((wall, cpu / wall, threads_wall, threads_cpu / threads_wall, wall / threads_wall))
        print(f"| {label} | " + " | ".join(f"{statistics.median(column):.2f}" for column in zip(*rows)) + " |", flush=True)


def listing(name, paths):
    path = os.path.join(hdf5.OUT, f"python_{name}.txt")
    os.makedirs(hdf5.OUT, exist_ok=True)
    with open(path, "w") as file:
        file.write("".join(f"{one}\n" for one in paths))
    return path


def given(case):
    if case == "million":
        return inputs.million_chunks("btree1")
    if case in ("archive", "series"):
        return listing("archive", inputs.archive())
    if case == "combine":
        return listing("references", series.references())
    return references.million(os.path.join(hdf5.OUT, "million.json"))


def run(package, case, argument):
    """Seconds by the clock and of the processor."""
    with tempfile.TemporaryDirectory(dir=hdf5.OUT) as folder:
        code = FRAME.format(script=SCRIPTS[case]).replace("kerchunk", package)
        done = subprocess.run([sys.executable, "-c", code, argument, folder], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{package} failed at {case}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default=",".join([*SCRIPTS, "threads"]), help="cases: " + ", ".join([*SCRIPTS, "threads"]))
    arguments = parser.parse_args()
    os.makedirs(hdf5.OUT, exist_ok=True)
    cases = arguments.only.split(",")
    compared = [case for case in cases if case != "threads"]
    if compared:
        compare(compared, arguments.runs)
    if "threads" in cases:
        run_threads(arguments.runs)


def compare(cases, runs):
    print("| case | ours, s | ours, CPU s | kerchunk, s | kerchunk, CPU s | ratio | by CPU |\n|---|---|---|---|---|---|---|")
    for case in cases:
        argument = given(case)
        times = {"swift_kerchunk": [], "kerchunk": []}
        for _ in range(runs):
            for package, found in times.items():
                found.append(run(package, case, argument))
        cells, medians = [], []
        for found in times.values():
            for column in zip(*found):
                cells.append(f"{min(column):.3f}–{statistics.median(column):.3f}")
                medians.append(statistics.median(column))
        print(f"| `{case}` | {' | '.join(cells)} | {medians[2] / medians[0]:.1f} | {medians[3] / medians[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
