# SPDX-License-Identifier: Apache-2.0
"""Runs a function on many items in worker processes, so that one that crashes or hangs costs only its own item."""
import importlib
import multiprocessing
import time
import traceback
from multiprocessing import connection


class Hang:
    """The item took longer than it may."""

    def __repr__(self):
        return "hang"


class Crash:
    """The worker ended, or the function raised."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"crash: {self.text}"


def _serve(pipe, function, warm):
    for module in warm:
        importlib.import_module(module)
    pipe.send("ready")
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, function(*item)))
        except Exception:
            pipe.send((False, traceback.format_exc(limit=-4)))


class _Worker:
    def __init__(self, context, function, warm):
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function, warm), daemon=True)
        self.process.start()
        theirs.close()
        assert self.pipe.recv() == "ready"
        self.index = None
        self.deadline = 0.0

    def give(self, index, item, seconds):
        self.index, self.deadline = index, time.monotonic() + seconds
        self.pipe.send(item)


def isolated(function, items, seconds=60, workers=2, warm=("h5py", "zarr", "xarray")):
    """`function(*item)` for each item: a list of results, of `Hang`s and of `Crash`es, in the order of the items.

    The time to import `warm` does not count.
    """
    context = multiprocessing.get_context("spawn")
    results, todo = [None] * len(items), list(enumerate(items))[::-1]
    crew = []
    while todo or any(worker.index is not None for worker in crew):
        crew = [worker for worker in crew if worker.process.is_alive()]
        while len(crew) < min(workers, len(items)):
            crew.append(_Worker(context, function, warm))
        for worker in crew:
            if worker.index is None and todo:
                index, item = todo.pop()
                worker.give(index, item, seconds)
        busy = {worker.pipe: worker for worker in crew if worker.index is not None}
        for pipe in connection.wait(list(busy), timeout=0.5):
            worker = busy.pop(pipe)
            try:
                good, value = pipe.recv()
                results[worker.index] = value if good else Crash(value)
            except (EOFError, ConnectionResetError):
                worker.process.join()
                results[worker.index] = Crash(f"exit status {worker.process.exitcode}")
            worker.index = None
        for worker in busy.values():
            if time.monotonic() > worker.deadline:
                worker.process.kill()
                worker.process.join()
                results[worker.index] = Hang()
                worker.index = None
    for worker in crew:
        worker.pipe.close()
        worker.process.join(5)
        if worker.process.is_alive():
            worker.process.kill()
    return results
