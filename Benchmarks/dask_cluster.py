#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times builds of 1,000 netCDF-4 files on a cluster of Dask: ours, kerchunk's `auto_dask`, and ours in one process.

  python Benchmarks/dask_cluster.py [--files 1000] [--workers 2] [--runs 3]

Counted are wall time from the first call to the written set, and the CPU time of client, scheduler and workers in between;
neither imports nor the start of the cluster. The largest message is that of all that client, scheduler and workers send each
other through the scheduler. Our library is found as the package finds it (SWIFT_KERCHUNK_LIBRARY).
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import inputs

#: Where what counts messages is.
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "python", "tests", "package")

RUN = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")


def imports():
    # what each has imported before its time counts
    if case == "auto_dask":
        import fastparquet, kerchunk.combine, kerchunk.df, kerchunk.hdf, pandas, ujson
    else:
        import swift_kerchunk, swift_kerchunk.cluster


def cpu(processes):
    return sum(sum(process.cpu_times()[:2]) for process in processes)


if __name__ == "__main__":
    case, listing, target, workers = sys.argv[1:]
    paths = open(listing).read().split("\\n")[:-1]
    import psutil
    imports()
    processes = [psutil.Process()]
    client = None
    if case != "one process":
        from messages import Messages
        messages = Messages()
        import distributed
        cluster = distributed.LocalCluster(
            n_workers=int(workers), threads_per_worker=1, dashboard_address=None, silence_logs=50)
        client = distributed.Client(cluster)
        client.run(compile_imports := eval("lambda what: exec(what, {})"), "import warnings\\nwarnings.simplefilter('ignore')\\nimport "
                   + ("fastparquet, kerchunk.combine, kerchunk.df, kerchunk.hdf, pandas, ujson" if case == "auto_dask"
                      else "swift_kerchunk, swift_kerchunk.cluster"))
        processes += [psutil.Process(pid) for pid in client.run(os.getpid).values()]
    if client is not None:
        messages.largest = messages.total = 0
    before, start = cpu(processes), time.perf_counter()
    if case == "auto_dask":
        from kerchunk.combine import auto_dask
        from kerchunk.df import refs_to_dataframe
        from kerchunk.hdf import SingleHdf5ToZarr
        combined = auto_dask(
            paths, SingleHdf5ToZarr, {}, {"concat_dims": ["time"], "identical_dims": ["lat", "lon"]}, n_batches=16,
            remote_protocol="file")
        os.makedirs(target)
        refs_to_dataframe(combined, target)
    else:
        import swift_kerchunk as sk
        sk.build(paths, "time", output=target, client=client)
    wall = time.perf_counter() - start
    sizes = [messages.largest, messages.total] if client is not None else [0, 0]
    print(json.dumps([wall, cpu(processes) - before, *sizes]))
    if client is not None:
        client.close()
        cluster.close()
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=inputs.ARCHIVE)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="cluster,one process,auto_dask")
    arguments = parser.parse_args()
    paths = inputs.archive()[: arguments.files]
    cases = arguments.only.split(",")
    results = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as folder:
        listing, script = os.path.join(folder, "listing"), os.path.join(folder, "run.py")
        with open(listing, "w") as file:
            file.writelines(path + "\n" for path in paths)
        with open(script, "w") as file:
            file.write(RUN)
        for _ in range(arguments.runs):
            for case in cases:
                target = os.path.join(folder, "out.parq")
                run = subprocess.run(
                    [sys.executable, script, case, listing, target, str(arguments.workers)], capture_output=True, text=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(
                        path for path in (TESTS, os.environ.get("PYTHONPATH")) if path)})
                if run.returncode:
                    sys.exit(f"{case} failed:\n{run.stderr[-3000:]}")
                results[case].append(json.loads(run.stdout.splitlines()[-1]))
                shutil.rmtree(target)
    print(f"{len(paths)} files, {arguments.workers} workers, medians of {arguments.runs} runs")
    print(f"{'':14}{'wall s':>10}{'CPU s':>10}{'largest message':>18}{'all messages':>15}")
    medians = {}
    for case, runs in results.items():
        medians[case] = [statistics.median(column) for column in zip(*runs)]
        wall, cpu, largest, total = medians[case]
        print(f"{case:14}{wall:10.2f}{cpu:10.2f}{largest:18,.0f}{total:15,.0f}")
    if "cluster" in medians:
        for case in cases:
            if case != "cluster":
                wall, cpu = (other / mine for other, mine in zip(medians[case][:2], medians["cluster"][:2]))
                print(f"{case} / cluster: {wall:.1f} times the wall time, {cpu:.1f} times the CPU time")


if __name__ == "__main__":
    main()
