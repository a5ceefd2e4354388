#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the parser for VirtualiZarr against VirtualiZarr's own `HDFParser`, in turn, in one process.

  python Benchmarks/virtualizarr_parser.py [--runs 5] [--files 100]

A file with a million chunks, and an archive of small files, each file by a call of its own.
"""
import argparse
import statistics
import time
import warnings

import inputs

warnings.simplefilter("ignore")

from obspec_utils.registry import ObjectStoreRegistry  # noqa: E402
from obstore.store import LocalStore  # noqa: E402
from virtualizarr.parsers import HDFParser  # noqa: E402

from swift_kerchunk.virtualizarr import Parser  # noqa: E402


def seconds(parser, paths):
    registry = ObjectStoreRegistry({"file://": LocalStore()})
    wall, cpu = time.perf_counter(), time.process_time()
    for path in paths:
        parser(f"file://{path}", registry)
    return time.perf_counter() - wall, time.process_time() - cpu


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--files", type=int, default=100)
    arguments = arguments.parse_args()
    cases = {"a million chunks": [inputs.million_chunks("btree1")], f"{arguments.files} files": inputs.archive()[: arguments.files]}
    parsers = {"ours": Parser(on_issue="ignore"), "HDFParser": HDFParser()}
    for case, paths in cases.items():
        times = {name: [] for name in parsers}
        for _ in range(arguments.runs):
            for name, parser in parsers.items():
                times[name].append(seconds(parser, paths))
        medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in times.items()}
        for name, (wall, cpu) in medians.items():
            print(f"{case:18} {name:10} wall {wall:8.3f} s  CPU {cpu:8.3f} s")
        wall, cpu = (other / mine for mine, other in zip(medians["ours"], medians["HDFParser"]))
        print(f"{case:18} ratio      wall {wall:8.1f}    CPU {cpu:8.1f}")


if __name__ == "__main__":
    main()
