# SPDX-License-Identifier: Apache-2.0
"""Forks many times while threads take and leave objects of the library and scan; each child uses the library.

  python forks.py COUNT FILE…
"""
import os
import signal
import sys
import threading
import time
import warnings

import swift_kerchunk as sk
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.library import library

PATIENCE = 20  # seconds, of a child that takes some milliseconds


def take_and_leave(stop, count):
    lib = library()
    while not stop.is_set():
        for handle in [Handle.of_bytes(b"some bytes") for _ in range(50)]:
            lib.kerchunk_retain(handle.number)
            lib.kerchunk_release(handle.number)
        count[0] += 1


def scan(stop, count, path, kept):
    # No file objects: Python 3.11 may itself hang in a child where a thread came into Python as the process forked
    # (its list of threads is locked then), which a callback does.
    while not stop.is_set():
        sk.scan(path)
        kept.to_bytes()
        count[0] += 1


def child(paths, kept, expected):
    """0 where the library says in the child what it said in the parent."""
    found = [sk.scan(path).to_dict() for path in paths]
    with open(paths[0], "rb") as file:
        found.append(sk.scan(file).to_dict())
    combined = sk.combine([*found[:-1]], "time")
    return 0 if found == [*expected, expected[0]] and kept.to_dict() == expected[0] and len(combined) > 0 else 2


def ended(pid):
    """The status of a child; None where it hung, and was killed."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def main(rounds, paths):
    warnings.simplefilter("ignore", DeprecationWarning)  # of Python, of threads in a process that forks
    expected = [sk.scan(path).to_dict() for path in paths]
    kept = sk.scan(paths[0])
    stop, counts = threading.Event(), [[0] for _ in range(6)]
    threads = [threading.Thread(target=take_and_leave, args=(stop, count)) for count in counts[:3]]
    threads += [threading.Thread(target=scan, args=(stop, count, paths[0], kept)) for count in counts[3:]]
    for thread in threads:
        thread.start()
    statuses = []
    for number in range(rounds):
        time.sleep(0.001 * (number % 7))
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = child(paths, kept, expected)
            finally:
                os._exit(status)
        statuses.append(ended(pid))
    stop.set()
    for thread in threads:
        thread.join()
    print(f"{statuses.count(None)} of {rounds} hung, {sum(map(bool, statuses))} failed, {min(counts)[0] > 0}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
