# SPDX-License-Identifier: Apache-2.0
"""Times `kerchunk scan` of netCDF-3 files against kerchunk 0.2.10 on the same inputs, in turn, and prints the ratios.

  python Benchmarks/netcdf3.py                     all cases, 5 runs each
  python Benchmarks/netcdf3.py --only archive --runs 9

As in hdf5.py, the peer's imports are not counted; of ours, everything is, from the start of the process to its end.
"""
import argparse
import json
import os
import statistics
import sys

import hdf5
import inputs

PEER = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
import kerchunk.netCDF3, ujson
threshold, target, *paths = sys.argv[1:]
if paths[0].startswith("@"):
    paths = open(paths[0][1:]).read().split("\\n")[:-1]
wall, cpu = time.perf_counter(), time.process_time()
for path in paths:
    references = kerchunk.netCDF3.NetCDF3ToZarr(path, inline_threshold=int(threshold)).translate()
    out = target if len(paths) == 1 else os.path.join(target, os.path.basename(path) + ".json")
    with open(out, "w") as f:
        ujson.dump(references, f)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def archive(ours, peer):
    """Two hundred files; each side embeds chunks (the peer: arrays) below its threshold."""
    def case():
        os.makedirs(hdf5.OUT, exist_ok=True)
        listing = os.path.join(hdf5.OUT, "series.txt")
        paths = inputs.series()
        with open(listing, "w") as f:
            f.write("".join(path + "\n" for path in paths))
        return (lambda: [hdf5.KERCHUNK, "scan", "--files-from", listing, "-o", hdf5.fresh("ours", True),
                         "--inline-threshold", ours, "--quiet"],
                lambda: [sys.executable, "-c", PEER, peer, hdf5.fresh("peer", True), "@" + listing], len(paths))

    return case


def records():
    path = inputs.million_records()
    return (lambda: [hdf5.KERCHUNK, "scan", path, "-o", hdf5.fresh("ours.json"), "--inline-threshold", "0", "--quiet"],
            lambda: [sys.executable, "-c", PEER, "0", hdf5.fresh("peer.json"), path], 1)


CASES = {"archive": archive("0", "0"), "embedded": archive("500", "100"), "records": records}
WANTED = {"archive": 40, "embedded": 40, "records": 40}


def count(path):
    with open(path) as f:
        references = json.load(f)["refs"]
    return sum(not key.rsplit("/", 1)[-1].startswith(".z") for key in references)


def check(case):
    """Both sides did the same work: as many references. The peer joins the chunks of what it embeds."""
    if case == "records":
        ours, peer = (count(os.path.join(hdf5.OUT, f"{side}.json")) for side in ("ours", "peer"))
        return ours == peer, f"{ours:,} references (peer {peer:,})"
    ours, peer = hdf5.FOLDERS["ours"][-1], hdf5.FOLDERS["peer"][-1]
    names = sorted(os.listdir(peer))
    first = count(os.path.join(ours, names[0])), count(os.path.join(peer, names[0]))
    same = sorted(os.listdir(ours)) == names and (first[0] == first[1] or case == "embedded")
    return same, f"{len(names)} files, {first[0]} references in the first (peer {first[1]})"


def compare(case, runs):
    ours_command, peer_command, files = CASES[case]()
    hdf5.run(ours_command(), False)  # warms the page cache
    ours, peer = [], []
    for _ in range(runs):
        ours.append(hdf5.run(ours_command(), False))
        peer.append(hdf5.run(peer_command(), True))
    equal, told = check(case)
    print(f"\n{case}: {told}{'' if equal else '  NOT THE SAME WORK'}")
    print(f"  {'':22s}{'ours min':>10s}{'median':>10s}{'peer min':>10s}{'median':>10s}{'ratio min':>11s}{'median':>9s}")
    for column, label, unit in ((0, "wall, s", 1), (1, "CPU, s", 1), (2, "peak memory, MB", 1e6)):
        a, b = [r[column] / unit for r in ours], [r[column] / unit for r in peer]
        print(f"  {label:22s}{min(a):10.3f}{statistics.median(a):10.3f}{min(b):10.3f}{statistics.median(b):10.3f}"
              f"{min(b) / min(a):11.1f}{statistics.median(b) / statistics.median(a):9.1f}")
    if files > 1:
        print(f"  CPU a file, ms: {statistics.median(r[1] for r in ours) / files * 1e3:.3f}")
    faster = statistics.median(r[0] for r in peer) / statistics.median(r[0] for r in ours)
    print(f"  wanted: at least {WANTED[case]} times as fast: {'yes' if faster >= WANTED[case] else 'NO'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases, separated by commas: " + ", ".join(CASES))
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else list(CASES)
    if set(chosen) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(set(chosen) - set(CASES)))}")
    for case in chosen:
        compare(case, arguments.runs)


if __name__ == "__main__":
    main()
