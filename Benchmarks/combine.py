#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times `kerchunk combine` and `kerchunk build` against kerchunk 0.2.10 and VirtualiZarr, in turn, and how ours grows.

  python Benchmarks/combine.py                              all cases beside the peers, 5 runs each
  python Benchmarks/combine.py --only json,parquet,build    some of them
  python Benchmarks/combine.py --only scale --kinds first,last --forms json --counts 100,1000

The peers' imports are not counted; of ours, everything is, from the start of the process to its end. Peak memory is that
of the whole process on either side; a pool's is that of the largest of its processes. Runs alternate, as in hdf5.py.
"""
import argparse
import json
import os
import shutil
import statistics
import sys

import hdf5
import inputs
import series

PEER = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
import fsspec, kerchunk.combine, kerchunk.df, kerchunk.hdf, fastparquet, pandas, s3fs, ujson
case, listing, target = sys.argv[1:]
paths = open(listing).read().split("\\n")[:-1]
remote = dict(remote_protocol="s3", remote_options={"anon": True})
dims = dict(concat_dims=["time"], identical_dims=["lat", "lon"])
wall, cpu = time.perf_counter(), time.process_time()
if case == "json":
    kerchunk.combine.MultiZarrToZarr(paths, **dims, **remote).translate(target)
elif case == "parquet":
    from fsspec.implementations.reference import LazyReferenceMapper
    os.makedirs(target)
    mapper = LazyReferenceMapper.create(root=target, fs=fsspec.filesystem("file"), record_size=100_000)
    kerchunk.combine.MultiZarrToZarr(paths, out=mapper, **dims, **remote).translate()
else:
    scanned = []
    for path in paths:
        scanner = kerchunk.hdf.SingleHdf5ToZarr(path)
        scanned.append(scanner.translate())
        scanner.close()
    combined = kerchunk.combine.MultiZarrToZarr(scanned, remote_protocol="file", **dims).translate()
    os.makedirs(target)
    kerchunk.df.refs_to_dataframe(combined, target)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""

POOL = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
from concurrent.futures import ProcessPoolExecutor
import xarray, virtualizarr, fastparquet, pandas
from obspec_utils.registry import ObjectStoreRegistry
from obstore.store import LocalStore
from virtualizarr.parsers import HDFParser
case, listing, target = sys.argv[1:]
paths = open(listing).read().split("\\n")[:-1]
wall = time.perf_counter()
combined = virtualizarr.open_virtual_mfdataset(
    ["file://" + path for path in paths], registry=ObjectStoreRegistry({"file://": LocalStore()}), parser=HDFParser(),
    combine="nested", concat_dim="time", coords="minimal", compat="override", data_vars="minimal", join="override",
    combine_attrs="override", parallel=ProcessPoolExecutor)
combined.vz.to_kerchunk(target, format="parquet")
usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([time.perf_counter() - wall, sum(u.ru_utime + u.ru_stime for u in usages)]))
"""

# case → name, peers, how many times faster than each we want to be, share of the first peer's memory
CASES = {
    "json": ("1,000 × 1,000 references to JSON", [("kerchunk", PEER, 30)], 0.1),
    "parquet": ("1,000 × 1,000 references to Parquet", [("kerchunk", PEER, 40)], 0.1),
    "build": ("1,000 netCDF-4 files to Parquet", [("kerchunk", PEER, 50), ("VirtualiZarr", POOL, 25)], None),
}
GIB = 1 << 30
os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of the processes of a pool, too


def listing(name, paths):
    os.makedirs(hdf5.OUT, exist_ok=True)
    path = os.path.join(hdf5.OUT, f"{name}.txt")
    with open(path, "w") as f:
        f.write("".join(p + "\n" for p in paths))
    return path


def output(name, case):
    """A path for an output of its own folder."""
    return os.path.join(hdf5.fresh(name, True), "out.json" if case == "json" else "out.parq")


def compare(case, runs):
    title, peers, share = CASES[case]
    inputs_ = listing(case, inputs.archive() if case == "build" else series.references())
    verb = "build" if case == "build" else "combine"

    def ours_command():
        return [hdf5.KERCHUNK, verb, "--files-from", inputs_, "-o", output("ours", case), "--concat-dim", "time",
                "--identical-dim", "lat,lon", "--quiet"]

    hdf5.run(ours_command(), False)  # warms the page cache
    ours, theirs = [], {name: [] for name, _, _ in peers}
    for _ in range(runs):
        for name, code, _ in peers:
            ours.append(hdf5.run(ours_command(), False))
            theirs[name].append(hdf5.run([sys.executable, "-c", code, case, inputs_, output("peer", case)], True))
    print(f"\n{title} (load {os.getloadavg()[0]:.1f})")
    for name, _, wanted in peers:
        peer = theirs[name]
        print(f"  {name:20s}{'ours min':>10s}{'median':>10s}{'peer min':>10s}{'median':>10s}{'ratio min':>11s}{'median':>9s}")
        for column, label, unit in ((0, "wall, s", 1), (1, "CPU, s", 1), (2, "peak memory, MB", 1e6)):
            a, b = [r[column] / unit for r in ours], [r[column] / unit for r in peer]
            print(f"  {label:20s}{min(a):10.3f}{statistics.median(a):10.3f}{min(b):10.3f}{statistics.median(b):10.3f}"
                  f"{min(b) / min(a):11.1f}{statistics.median(b) / statistics.median(a):9.1f}")
        faster = min(r[0] for r in peer) / min(r[0] for r in ours)
        print(f"  wanted: at least {wanted} times as fast: {'yes' if faster >= wanted else 'NO'}", end="")
        if share:
            part = statistics.median(r[2] for r in ours) / statistics.median(r[2] for r in peer)
            print(f"; at most {share:.0%} of its memory: {'yes' if part <= share else 'NO'} ({part:.1%})", end="")
        print(flush=True)
    return {"case": case, "runs": runs, "ours": ours, **theirs}


def scale(kinds, forms, counts, runs, targets):
    """Inputs of 10,000 references each, in several orders of the chunks: ours alone."""
    results = []
    print("\ninputs of 10,000 references: wall s, CPU s, peak MB; references a second")
    for kind in kinds:
        for form in forms:
            for count in counts:
                folder = series.jsons(kind, count) if form == "json" else series.parquets(kind, count, hdf5.KERCHUNK)
                inputs_ = listing("series", [os.path.join(folder, name) for name in sorted(os.listdir(folder))[:count]])
                for target in targets:
                    times = []
                    for _ in range(runs):
                        folder = hdf5.fresh("scale", True)
                        out = os.path.join(folder, "out.json" if target == "json" else "out.parq")
                        times.append(hdf5.run([hdf5.KERCHUNK, "combine", "--files-from", inputs_, "-o", out,
                                               "--concat-dim", "time", "--quiet"], False))
                        left = sorted(os.listdir(folder))
                        if left != [os.path.basename(out)]:
                            sys.exit(f"left behind: {left}")
                        shutil.rmtree(folder)
                    wall, cpu, peak = (min(t[column] for t in times) for column in range(3))
                    largest = max(t[2] for t in times)
                    print(f"  {kind:10s} {form:8s}→ {target:8s}{count:6d} inputs {wall:9.2f} {cpu:9.2f} {peak / 1e6:9.1f}"
                          f" {count * 10_000 / wall / 1e6:8.2f} M/s{'' if largest < GIB else '  NOT UNDER 1 GiB'}"
                          f"  (load {os.getloadavg()[0]:.1f})", flush=True)
                    results.append({"kind": kind, "form": form, "target": target, "count": count, "times": times})
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(CASES), help="cases: " + ", ".join([*CASES, "scale"]))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kinds", default=",".join(series.KINDS), help="of scale: " + ", ".join(series.KINDS))
    parser.add_argument("--forms", default="json,parquet", help="of scale: what the inputs are")
    parser.add_argument("--targets", default="parquet", help="of scale: json, parquet")
    parser.add_argument("--counts", default="100,1000,10000", help="of scale: inputs")
    parser.add_argument("--results", help="a JSON file for all single times")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",")
    if unknown := set(chosen) - {*CASES, "scale"}:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    results = [compare(case, arguments.runs) for case in CASES if case in chosen]
    if "scale" in chosen:
        results += scale(arguments.kinds.split(","), arguments.forms.split(","), list(map(int, arguments.counts.split(","))),
                         arguments.runs, arguments.targets.split(","))
    if arguments.results:
        with open(arguments.results, "w") as f:
            json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
