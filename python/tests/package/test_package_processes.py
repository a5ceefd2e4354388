# SPDX-License-Identifier: Apache-2.0
"""Threads, forked and spawned processes, and what the library makes of nonsense."""
import ctypes
import ctypes.util
import gc
import io
import json
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import swift_kerchunk as sk
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import functions
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.library import library


def scanned(path):
    with open(path, "rb") as file:
        return sk.scan(path).to_dict(), sk.scan(file).to_dict()


def test_eight_threads(series):
    expected = {path: sk.scan(path).to_dict() for path in series}
    paths = series * 20
    with ThreadPoolExecutor(8) as pool:
        for path, results in zip(paths, pool.map(scanned, paths)):
            assert results == (expected[path], expected[path])


def test_threads_that_share_one_file_object(series):
    expected = sk.scan(series[0]).to_dict()
    with open(series[0], "rb") as file, ThreadPoolExecutor(8) as pool:
        lock = __import__("threading").Lock()

        def one(_):
            with lock:  # the file has one place; the library's own threads share it under a lock of ours
                return sk.scan(file).to_dict()

        assert all(result == expected for result in pool.map(one, range(16)))


def test_fork_after_use(series):
    expected = scanned(series[0])
    dataset = sk.scan(series[0])
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            same = scanned(series[0]) == expected and dataset.to_dict() == expected[0]
            combined = sk.combine([sk.scan(path) for path in series], "time")
            os.write(writer, b"same" if same and len(combined) == 3 else b"other")
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    assert os.read(reader, 10) == b"same" and status == 0
    os.close(reader)


def test_forks_while_other_threads_are_in_the_library(series):
    """A lock that another thread holds at that moment would never be free in the child."""
    script = os.path.join(os.path.dirname(__file__), "forks.py")
    result = subprocess.run(
        [sys.executable, script, "80", *series], capture_output=True, text=True, timeout=300)
    assert result.stdout == "0 of 80 hung, 0 failed, True\n", result.stderr


def test_eight_scans_are_in_the_library_at_the_same_time(series):
    """All of them are asked for bytes before one of them gets some: no lock is held by a scan that runs."""
    together = threading.Barrier(8, timeout=60)

    class Meeting(io.FileIO):
        has_met = False

        def readinto(self, buffer):
            self.meet()
            return super().readinto(buffer)

        def read(self, size=-1):
            self.meet()
            return super().read(size)

        def meet(self):
            if not self.has_met:
                self.has_met = True
                together.wait()

    def scan(path):
        with Meeting(path) as file:
            return sk.scan(file, url=path).to_dict()

    paths = [series[number % 3] for number in range(8)]
    expected = {path: sk.scan(path).to_dict() for path in series}
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(scan, paths)) == [expected[path] for path in paths]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools_of_processes(series, method):
    expected = [scanned(path) for path in series]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(scanned, series) == expected
        assert [dataset.to_dict() for dataset in pool.map(sk.scan, series)] == [one for one, _ in expected]


def test_wrong_numbers_and_nulls_are_errors():
    lib = library()
    for number in (0, 1, 2**64 - 1):
        assert lib.kerchunk_wait(number, 1) == -1
        assert lib.kerchunk_cancel(number) == -1
        assert lib.kerchunk_progress(number, None, None) == -1
        assert lib.kerchunk_document(number, None, None) == -1
        assert lib.kerchunk_object(number, 0) == 0
        assert lib.kerchunk_buffer(number, 0, None, None) == -1
        assert lib.kerchunk_retain(number) == -1
        assert lib.kerchunk_release(number) == -1
    nothing = lib.kerchunk_bytes(None, 10)
    assert lib.kerchunk_buffer(nothing, 0, None, None) == 0 and lib.kerchunk_buffer(nothing, 7, None, None) == -1
    assert lib.kerchunk_retain(nothing) == 0 and lib.kerchunk_release(nothing) == 0 and lib.kerchunk_release(nothing) == 0
    assert lib.kerchunk_release(nothing) == -1


def failed(text, objects=(), callbacks=None):
    """The error that a request gives."""
    lib = library()
    numbers = (ctypes.c_uint64 * len(objects))(*objects)
    call = lib.kerchunk_start(text, len(text) if text else 99, numbers if objects else None, len(objects),
                              *(callbacks or functions()))
    assert call
    try:
        assert lib.kerchunk_wait(call, 30_000) == 2
        assert lib.kerchunk_object(call, 0) == 0
        return calls._document(lib, call)
    finally:
        assert lib.kerchunk_release(call) == 0


def test_requests_that_make_no_sense():
    for text in (None, b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'{"operation": 5}', b'{"operation": "fly"}',
                 b'{"operation": "scan"}', b'{"operation": "scan", "file": {}}', b'{"operation": "scan", "file": 7}',
                 b'{"operation": "info", "more": 1}', b'{"operation": "describe", "dataset": 0}',
                 b'{"operation": "describe", "dataset": -1}', b'{"operation": "describe", "dataset": 1e300}',
                 b'{"operation": "combine", "inputs": []}', b'{"operation": "combine", "inputs": [7]}',
                 b'{"operation": "decode", "codecs": [{}], "bytes": 0}', b'{"operation": "execute", "task": 0, "output": "x"}',
                 b"[" * 100_000):
        assert failed(text)["kind"] == "usage", text
    assert failed(b'{"operation": "describe", "dataset": 0}', [12345])["kind"] == "usage"
    handle = Handle.of_bytes(b"no dataset")
    assert failed(b'{"operation": "describe", "dataset": 0}', [handle.number])["kind"] == "usage"
    assert failed(b'{"operation": "plan", "summaries": [0]}', [handle.number])["kind"] in ("malformed", "unsupported")
    assert failed(b'{"operation": "execute", "task": 0, "output": "x"}', [handle.number])["kind"] in ("malformed", "unsupported")


def test_callbacks_that_are_not_there():
    nothing = [kind(0) for kind in map(type, functions())]
    request = json.dumps({"operation": "scan", "file": {"source": 5, "url": "x"}}).encode()
    assert failed(request, callbacks=nothing)["kind"] == "usage"
    assert "closed" in str(_raised(failed(request)["failure"]))


def _raised(number):
    from swift_kerchunk._core.callbacks import taken_failure

    return taken_failure(number)


def test_everything_is_freed(series):
    gc.collect()
    before = library().kerchunk_object_count()
    dataset = sk.scan(series[0])
    combined = sk.combine([dataset, sk.scan(series[1])], "time")
    chunks = combined.chunks("tas")
    assert library().kerchunk_object_count() > before
    del dataset, combined, chunks
    gc.collect()
    assert library().kerchunk_object_count() == before


def test_a_call_that_is_dropped_ends(large):
    lib = library()
    text = json.dumps({"operation": "scan", "file": {"url": large}}).encode()
    call = lib.kerchunk_start(text, len(text), None, 0, *functions())
    assert lib.kerchunk_release(call) == 0  # cancels, and waits for the end
    assert lib.kerchunk_wait(call, 1) == -1


def test_importing_loads_little():
    program = ("import sys, swift_kerchunk\n"
               "print([name for name in ('fsspec', 'zarr', 'xarray', 'dask', 'pandas', 'asyncio', 'h5py', 'numcodecs')"
               " if name in sys.modules])")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_library_of_another_kind_is_refused(tmp_path):
    program = "import swift_kerchunk as sk; sk.scan('x')"
    for library_path, words in ((str(tmp_path / "none.so"), "cannot be loaded"), (ctypes.util.find_library("z") or "libz.so.1",
                                                                                "is not the library")):
        result = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True,
            env={**os.environ, "SWIFT_KERCHUNK_LIBRARY": library_path})
        assert result.returncode == 1 and words in result.stderr


def test_versions_agree():
    from places import REPOSITORY
    from swift_kerchunk._access.storage import information

    with open(os.path.join(REPOSITORY, "VERSION")) as file:
        assert file.read().strip() == sk.__version__ == information()["version"]
    assert set(information()["error_kinds"]) == set(sk.errors.KINDS)


def test_a_process_with_another_libldap_ends_well():
    """The wheel of eccodes brings its own copies of libraries that libcurl brings, too, and shows them to all."""
    pytest.importorskip("eccodes")
    program = ("import eccodes, swift_kerchunk as sk\n"
               "try: sk.scan('http://127.0.0.1:1/a.nc', storage_options={'retries': 0})\n"
               "except sk.KerchunkError as error: print(error.kind)")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "network\n"), result.stderr
