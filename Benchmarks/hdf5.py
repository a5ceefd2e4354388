# SPDX-License-Identifier: Apache-2.0
"""Times `kerchunk scan` against kerchunk 0.2.10 on the same inputs, in turn, and prints the ratios.

  python Benchmarks/hdf5.py                       all cases, 5 runs each
  python Benchmarks/hdf5.py --only btree1,archive  some of them
  python Benchmarks/hdf5.py --runs 9 --results out.json

The peer's imports are not counted; of ours, everything is, from the start of the process to its end. Peak memory is that
of the whole process on either side. Runs alternate, since both suffer alike from what else the machine does.
"""
import argparse
import atexit
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import inputs

KERCHUNK = os.environ.get("KERCHUNK", os.path.join(inputs.HERE, "..", ".build", "release", "kerchunk"))
OUT = os.environ.get("BENCH_OUT") or os.path.join(inputs.HERE, "out")

PEER = """
import json, os, resource, sys, time, warnings
warnings.simplefilter("ignore")
import kerchunk.hdf, ujson
threshold, target, *paths = sys.argv[1:]
if paths[0].startswith("@"):
    paths = open(paths[0][1:]).read().split("\\n")[:-1]
wall, cpu = time.perf_counter(), time.process_time()
for path in paths:
    scanner = kerchunk.hdf.SingleHdf5ToZarr(path, inline_threshold=int(threshold))
    references = scanner.translate()
    scanner.close()
    out = target if len(paths) == 1 else os.path.join(target, os.path.basename(path) + ".json")
    with open(out, "w") as f:
        ujson.dump(references, f)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""

READ = """
import json, os, sys, time
wall, cpu = time.perf_counter(), time.process_time()
buffer = bytearray(1 << 20)
file = os.open(sys.argv[1], os.O_RDONLY)
position = 0
while count := os.preadv(file, [buffer], position):
    position += count
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def run(command, timed_itself):
    """(wall, CPU, peak bytes) of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if not timed_itself else None)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    if process.returncode != 0:
        sys.exit(f"exit status {process.returncode}: {' '.join(command)[:300]}")
    if timed_itself:
        wall, cpu = json.loads(out)
    return wall, cpu, usage.ru_maxrss * 1024


def fresh(name, folder=False):
    """A path for an output. A folder is a new one each time, and all are removed at the end of the script: to make
    files where as many were just removed costs the file system a search, which is neither tool's."""
    if folder:
        os.makedirs(OUT, exist_ok=True)
        path = tempfile.mkdtemp(prefix=f"{name}-", dir=OUT)
        FOLDERS.setdefault(name, []).append(path)
        return path
    path = os.path.join(OUT, name)
    if os.path.exists(path):
        os.remove(path)
    os.makedirs(OUT, exist_ok=True)
    return path


FOLDERS = {}


@atexit.register
def remove_folders():
    for path in sum(FOLDERS.values(), []):
        shutil.rmtree(path, ignore_errors=True)


def million(index):
    path = inputs.million_chunks(index)
    return (lambda: [KERCHUNK, "scan", path, "-o", fresh("ours.json"), "--inline-threshold", "0", "--quiet"],
            lambda: [sys.executable, "-c", PEER, "0", fresh("peer.json"), path], 1)


def archive():
    paths = inputs.archive()
    os.makedirs(OUT, exist_ok=True)
    listing = os.path.join(OUT, "archive.txt")
    with open(listing, "w") as f:
        f.write("".join(p + "\n" for p in paths))
    return (lambda: [KERCHUNK, "scan", "--files-from", listing, "-o", fresh("ours", True), "--quiet"],
            lambda: [sys.executable, "-c", PEER, "500", fresh("peer", True), "@" + listing], len(paths))


CASES = {**{index: (lambda index=index: million(index)) for index in inputs.INDEXES}, "archive": archive}
# what we want: times faster, share of the peer's memory
WANTED = {**{index: (50, 0.25) for index in inputs.INDEXES}, "archive": (40, None)}


def check(case, folders):
    """Both sides did the same work: as many references."""
    def count(path):
        with open(path) as f:
            refs = json.load(f)["refs"]
        return sum(not key.rsplit("/", 1)[-1].startswith(".z") for key in refs)

    if case == "archive":
        ours_folder, peer_folder = folders["ours"][-1], folders["peer"][-1]
        ours, peer = sorted(os.listdir(ours_folder)), sorted(os.listdir(peer_folder))
        first = count(os.path.join(ours_folder, peer[0])), count(os.path.join(peer_folder, peer[0]))
        return ours == peer and first[0] == first[1], f"{len(ours)} files, {first[0]} references in the first (peer {first[1]})"
    ours, peer = count(os.path.join(OUT, "ours.json")), count(os.path.join(OUT, "peer.json"))
    return ours == peer, f"{ours:,} references (peer {peer:,})"


def compare(case, runs):
    ours_command, peer_command, files = CASES[case]()
    run(ours_command(), False)  # warms the page cache
    ours, peer = [], []
    for _ in range(runs):
        ours.append(run(ours_command(), False))
        peer.append(run(peer_command(), True))
    # in a process of its own: a child's peak memory counts what its parent had when it forked
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        equal, told = pool.apply(check, (case, FOLDERS))
    result = {"case": case, "runs": runs, "files": files, "equal": equal, "ours": ours, "peer": peer}
    print(f"\n{case}: {told}{'' if equal else '  NOT THE SAME WORK'}")
    print(f"  {'':22s}{'ours min':>10s}{'median':>10s}{'peer min':>10s}{'median':>10s}{'ratio min':>11s}{'median':>9s}")
    for column, label, unit in ((0, "wall, s", 1), (1, "CPU, s", 1), (2, "peak memory, MB", 1e6)):
        a, b = [r[column] / unit for r in ours], [r[column] / unit for r in peer]
        print(f"  {label:22s}{min(a):10.3f}{statistics.median(a):10.3f}{min(b):10.3f}{statistics.median(b):10.3f}"
              f"{min(b) / min(a):11.1f}{statistics.median(b) / statistics.median(a):9.1f}")
    if files > 1:
        cpu = statistics.median(r[1] for r in ours) / files
        print(f"  {'CPU a file, ms':22s}{'':10s}{cpu * 1e3:10.3f}   (wanted: at most 0.5)")
    speed, memory = WANTED[case]
    faster = statistics.median(r[0] for r in peer) / statistics.median(r[0] for r in ours)
    print(f"  wanted: at least {speed} times as fast: {'yes' if faster >= speed else 'NO'}", end="")
    if memory:
        share = statistics.median(r[2] for r in ours) / statistics.median(r[2] for r in peer)
        print(f"; at most {memory:.0%} of its memory: {'yes' if share <= memory else 'NO'} ({share:.1%})", end="")
    print()
    return result


def walk(index, runs):
    """How far the walk over an index is from reading its bytes: the file read once, walked (inspect), scanned."""
    path = inputs.million_chunks(index)
    commands = {"read the whole file, 1 MiB at a time": ([sys.executable, "-c", READ, path], True),
                "walk the index (kerchunk inspect)": ([KERCHUNK, "inspect", path], False),
                "scan, output to nowhere": ([KERCHUNK, "scan", path, "-o", "-", "--inline-threshold", "0"], False),
                "start the process (kerchunk --version)": ([KERCHUNK, "--version"], False)}
    times = {name: [] for name in commands}
    for _ in range(runs):
        for name, (command, itself) in commands.items():
            times[name].append(run(command, itself))
    print(f"\n{index}: walking the index, against reading {os.path.getsize(path) / 1e6:.0f} MB "
          "(tree nodes and chunks lie mixed, so this is what reading the index takes at least)")
    base = min(t[0] for t in times["read the whole file, 1 MiB at a time"])
    for name, runs_ in times.items():
        print(f"  {name:42s}{min(t[0] for t in runs_):8.3f} s{statistics.median(t[0] for t in runs_):8.3f} s median"
              f"{min(t[0] for t in runs_) / base:8.1f} times")
    return {"case": f"walk {index}", "times": times}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases, separated by commas: " + ", ".join([*CASES, "walk"]))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--results", help="a JSON file for all single times")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else [*CASES, "walk"]
    unknown = set(chosen) - {*CASES, "walk"}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    results = []
    for case in chosen:
        if case == "walk":
            results += [walk(index, arguments.runs) for index in inputs.INDEXES]
        else:
            results.append(compare(case, arguments.runs))
    if arguments.results:
        with open(arguments.results, "w") as f:
            json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
