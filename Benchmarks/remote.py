# SPDX-License-Identifier: Apache-2.0
"""Times `kerchunk scan` of files behind HTTP against kerchunk 0.2.10 with fsspec's default cache, in turn, and counts
requests and bytes. The server answers each request after 30 ms (--delay).

  python Benchmarks/remote.py                    all cases, 3 runs each
  python Benchmarks/remote.py --only scattered --runs 5

The peer's imports are not counted; of ours, everything is, from the start of the process to its end.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import inputs

KERCHUNK = os.environ.get("KERCHUNK", os.path.join(inputs.HERE, "..", ".build", "release", "kerchunk"))

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import aiohttp, fsspec.implementations.http, kerchunk.hdf
start, count = time.perf_counter(), 0
for url in sys.argv[1:]:
    scanner = kerchunk.hdf.SingleHdf5ToZarr(url, inline_threshold=0)
    references = scanner.translate()["refs"]
    count += sum(isinstance(value, list) for value in references.values())
    scanner.close()
print(json.dumps([time.perf_counter() - start, count]))
"""


class Server:
    def __init__(self, folder, delay):
        script = os.path.join(inputs.HERE, "range_server.py")
        self.process = subprocess.Popen([sys.executable, script, folder, str(delay)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def counts(self):
        counts = json.load(urllib.request.urlopen(self.url + "/count"))
        return counts["requests"], counts["bytes"]


def ours(urls, folder):
    start = time.perf_counter()
    report = subprocess.run([KERCHUNK, "scan", *urls, "-o", folder + "/", "--overwrite", "--inline-threshold", "0", "--json"],
                            stdout=subprocess.PIPE, check=True)
    wall = time.perf_counter() - start
    return wall, sum(entry["references"] for entry in json.loads(report.stdout)["files"])


def theirs(urls, _):
    out = subprocess.run([sys.executable, "-c", PEER, *urls], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="scattered,archive")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay", type=float, default=30, help="milliseconds a request")
    options = parser.parse_args()
    cases = {"scattered": lambda: [inputs.scattered_index()], "archive": lambda: inputs.archive()[:20]}
    for name in options.only.split(","):
        paths = cases[name]()
        root = os.path.dirname(paths[0])
        server = Server(root, options.delay)
        urls = [f"{server.url}/{os.path.basename(path)}" for path in paths]
        times, counts = {"ours": [], "theirs": []}, {}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.runs):
                for side, run in (("ours", ours), ("theirs", theirs)):
                    server.counts()
                    wall, references = run(urls, folder)
                    times[side].append(wall)
                    counts[side] = (references, *server.counts())
        server.process.stdin.close()
        server.process.wait()
        if counts["ours"][0] != counts["theirs"][0]:
            sys.exit(f"{name}: {counts['ours'][0]} references, but the peer has {counts['theirs'][0]}")
        for side in times:
            references, requests, size = counts[side]
            print(f"{name:10} {side:7} min {min(times[side]):7.3f} s  median {statistics.median(times[side]):7.3f} s"
                  f"  {requests:5} requests  {size / 1e6:9.1f} MB  {references} references")
        ratio = statistics.median(times["theirs"]) / statistics.median(times["ours"])
        print(f"{name:10} ratio of medians {ratio:.1f}")


if __name__ == "__main__":
    main()
