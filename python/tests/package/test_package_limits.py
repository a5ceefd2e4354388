# SPDX-License-Identifier: Apache-2.0
"""Callers that say what cannot be: forked children, lengths and counts beyond memory, callbacks that do nothing."""
import ctypes
import json
import multiprocessing
import os
import pickle
import signal
import time

import numpy as np
import pytest
import swift_kerchunk as sk
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import functions
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.library import AskFunction, ReadFunction, WriteFunction, library


def answer(call):
    """What became of a call: 1 or 2, and its document."""
    lib = library()
    assert call
    try:
        status = 0
        while status == 0:
            status = lib.kerchunk_wait(call, 1000)
        return status, calls._document(lib, call)
    finally:
        assert lib.kerchunk_release(call) == 0


def in_a_child(work):
    """The status of a forked process that does `work`; None where it hung."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = work()
        finally:
            os._exit(status)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("is_done", [True, False])
def test_calls_of_the_parent_in_a_forked_child(large, is_done):
    lib = library()
    text = json.dumps({"operation": "scan", "file": {"url": large}}).encode()
    call = lib.kerchunk_start(text, len(text), None, 0, *functions())
    if is_done:
        while lib.kerchunk_wait(call, 1000) == 0:
            pass

    def work():
        status = lib.kerchunk_wait(call, 50)
        document = calls._document(lib, call)
        right = status == 1 if is_done else status == 2 and document["kind"] == "cancelled"
        return 0 if right and lib.kerchunk_release(call) == 0 and lib.kerchunk_wait(call, 1) == -1 else 3

    assert in_a_child(work) == 0
    assert lib.kerchunk_release(call) == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_objects_of_the_parent_in_a_forked_child(series):
    dataset = sk.scan(series[0])
    chunks, kept = dataset.chunks("tas"), Handle.of_bytes(b"some bytes")
    lib = library()

    def work():
        for handle in (dataset._handle, chunks._handle, kept):
            if lib.kerchunk_release(handle.number) != 0 or lib.kerchunk_release(handle.number) != -1:
                return 3
        return 0

    assert in_a_child(work) == 0
    assert kept.content() == b"some bytes"


def test_lengths_and_counts_beyond_memory():
    lib = library()
    text = b'{"operation": "info"}'
    for length in (2**40, 2**63, 2**64 - 1):
        status, document = answer(lib.kerchunk_start(text, length, None, 0, *functions()))
        assert status == 2 and document["kind"] == "limit" and str(length) in document["message"]
    numbers = (ctypes.c_uint64 * 1)(1)
    for count in (2**40, 2**63, 2**64 - 1):
        status, document = answer(lib.kerchunk_start(text, len(text), numbers, count, *functions()))
        assert status == 2 and document["kind"] == "limit" and str(count) in document["message"]
    for length in (2**46, 2**63, 2**64 - 1):
        assert lib.kerchunk_bytes(text, length) == 0
    for number in (2**32 - 1, 2**31):
        with pytest.raises(RuntimeError):
            Handle.of_bytes(b"x").view(number, np.uint8)


class Caller:
    """Functions of C that answer as they are told."""

    def __init__(self, size=1000, read=None, said=b"", length=None):
        self.reads = 0

        def asked(_context, _question, _length, answer, _capacity, answer_length):
            text = said or json.dumps({"size": size}).encode()
            if text != b"nothing":
                ctypes.memmove(answer, text, len(text))
                answer_length[0] = len(text) if length is None else length
            return 0

        def reading(_context, count, offsets, lengths, buffer):
            self.reads += 1
            return read(count, offsets, lengths, buffer) if read else 0

        self.functions = ReadFunction(reading), WriteFunction(lambda *_: 0), AskFunction(asked)

    def scan(self):
        text = json.dumps({"operation": "scan", "file": {"source": 7, "url": "x.nc"}}).encode()
        return answer(library().kerchunk_start(text, len(text), None, 0, *self.functions))


def test_a_read_that_fills_nothing_is_an_error():
    status, document = Caller().scan()
    assert status == 2 and document["kind"] == "input" and "without filling the buffer" in document["message"]


def test_a_read_that_fills_half_is_an_error():
    def read(count, _offsets, lengths, buffer):
        ctypes.memset(buffer, 0, sum(lengths[index] for index in range(count)) // 2)
        return 0

    status, document = Caller(read=read).scan()
    assert status == 2 and "without filling the buffer" in document["message"]


@pytest.mark.parametrize("byte", [0x00, 0xA5, 0x5A, 0xFF])
def test_what_looks_like_nothing_was_read_is_read(byte):
    def read(count, _offsets, lengths, buffer):
        ctypes.memset(buffer, byte, sum(lengths[index] for index in range(count)))
        return 0

    status, document = Caller(read=read).scan()
    assert status == 2 and document["kind"] == "unrecognized"
    words = {0x5A: 'is text that starts with "ZZZZZZZZ"'}.get(byte, f"starts with the bytes {byte:02x} {byte:02x}")
    assert document["message"].startswith(f"the file is of unknown format: it {words}")


@pytest.mark.parametrize(("said", "length"), [
    (b"nothing", None), (b"{}", 0), (b"{}", 1), (b"[]", None), (b"\0\0\0", None), (b"{}", 2**40), (b"{}", 2**64 - 1)])
def test_questions_without_an_answer(said, length):
    status, document = Caller(said=said, length=length).scan()
    assert status == 2 and document["kind"] == "input"
    assert document["message"] == 'the caller\'s answer to "state" is not a JSON object of at most 65536 bytes'


@pytest.mark.parametrize("size", [2**63, 2**64 - 1, 2**64, -1, 1.5, 1e300, "7", None, [1], {}])
def test_sizes_that_no_file_has(size):
    caller = Caller(size=size)
    status, document = caller.scan()
    assert status == 2 and document["kind"] == "input" and "size" in document["message"]
    assert caller.reads == 0


@pytest.mark.parametrize("size", [2**40, 2**62, 2**63 - 1])
def test_files_that_are_large(size):
    status, document = Caller(size=size, read=lambda *_: 77).scan()
    assert status == 2 and document["failure"] == 77


def test_columns_stay_as_they_are(series):
    chunks = sk.scan(series[0]).chunks("tas")
    expected = chunks.offset.tolist()
    columns = [chunks.source, chunks.offset, chunks.length, chunks.position, *chunks._inline]
    for column in columns:
        for view in (column, column[:], column.view(np.uint8), np.asarray(column), column.reshape(-1), column.T,
                     np.array(column, copy=None)):
            assert not view.flags.writeable
            with pytest.raises(ValueError):
                view.flags.writeable = True
            with pytest.raises(ValueError):
                view.setflags(write=True)
            with pytest.raises(ValueError):
                view[...] = 1
        with pytest.raises(TypeError):
            memoryview(column)[:1] = memoryview(column)[:1]
    with pytest.raises(TypeError):
        chunks._handle.content()[0] = 1
    # a copy is the caller's own
    for copy in (chunks.offset.copy(), pickle.loads(pickle.dumps(chunks.offset))):
        copy[...] = 0
    assert chunks.offset.tolist() == expected and sk.scan(series[0]).chunks("tas").offset.tolist() == expected


def test_workers_take_columns(series):
    offset = sk.scan(series[0]).chunks("tas").offset
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(np.sum, (offset,)) == offset.sum()
