# SPDX-License-Identifier: Apache-2.0
"""Files, file systems and outputs of Python that the library reads and writes through callbacks.

Callbacks come from threads of the library. Each catches whatever is raised, keeps it, and returns a number for it; when
the call is over, the exception is raised again.
"""
from __future__ import annotations

import ctypes
import itertools
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from swift_kerchunk._core.library import AskFunction, ReadFunction, WriteFunction

_numbers = itertools.count(1)
_lock = threading.Lock()
_lent: dict[int, Lent] = {}
_failures: dict[int, BaseException] = {}


def _renew_lock() -> None:
    """Of a forked process: another thread may have held the lock, and is not there."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)

#: Exceptions that nobody came for are forgotten beyond this number.
_MOST_FAILURES = 64


class Lent:
    """Something of Python that the library knows by a number."""

    def __init__(self, parent: Lent | None = None) -> None:
        self.number = next(_numbers)
        self.failure: BaseException | None = None
        #: Whether a call is to end, so that what takes long should stop.
        self.is_stopped = False
        #: Whose failures these are, too.
        self._parent = parent
        with _lock:
            _lent[self.number] = self

    def close(self) -> None:
        """The library no longer needs it."""
        with _lock:
            _lent.pop(self.number, None)

    def read(self, offsets: list[int], lengths: list[int], memory: memoryview) -> None:
        """Fills `memory` with the ranges, one behind the other."""
        raise TypeError(f"{type(self).__name__} cannot be read")

    def write(self, data: bytes) -> None:
        """Takes the next bytes."""
        raise TypeError(f"{type(self).__name__} cannot be written")

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Answers one of the small questions."""
        raise TypeError(f"{type(self).__name__} cannot be asked")

    def note(self, failure: BaseException) -> None:
        """Keeps the first failure of a read or write until the call is over."""
        if self._parent is not None:
            self._parent.note(failure)
        elif self.failure is None:
            self.failure = failure

    @property
    def stops(self) -> bool:
        """Whether this, or what it belongs to, is to stop."""
        return self.is_stopped or (self._parent is not None and self._parent.stops)

    def check(self) -> None:
        """Raises where the call was cancelled."""
        if self.stops:
            raise InterruptedError("the call was cancelled")

    def raise_failure(self) -> None:
        """Raises what a callback raised since the last time."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure


class Lease:
    """Keeps what is lent open as long as someone may ask for it: a dataset that reads when it is asked."""

    def __init__(self, lent: Iterable[Lent]) -> None:
        self.lent = tuple(lent)
        self.close = weakref.finalize(self, _close, self.lent)


def _close(lent: tuple[Lent, ...]) -> None:
    for one in lent:
        one.close()


def taken_failure(number: int | None) -> BaseException | None:
    """The exception that a callback gave `number`, once."""
    if number is None:
        return None
    with _lock:
        return _failures.pop(number, None)


def _callback(kind: Any) -> Callable[[Callable[..., int]], Any]:
    """Makes a function of C of one of Python; it stays for good."""
    return lambda function: kind(function)


def _guarded(context: int, body: Callable[[Lent], None], *, notes: bool = True) -> int:
    """Runs `body`; 0, or the number of what it raised."""
    lent = None
    try:
        with _lock:
            lent = _lent.get(context)
        if lent is None:
            raise RuntimeError("the library asks for something that is already closed")
        body(lent)
        return 0
    except BaseException as error:
        if lent is not None and notes:
            lent.note(error)
        number = next(_numbers)
        with _lock:
            while len(_failures) >= _MOST_FAILURES:
                del _failures[next(iter(_failures))]
            _failures[number] = error
        return number


@_callback(ReadFunction)
def _read(context: int, count: int, offsets: Any, lengths: Any, buffer: int | None) -> int:
    def body(lent: Lent) -> None:
        lent.check()
        sizes = lengths[:count]
        total = sum(sizes)
        memory = memoryview((ctypes.c_char * total).from_address(buffer or 0)).cast("B") if total else memoryview(b"")
        lent.read(offsets[:count], sizes, memory)

    return _guarded(context, body)


@_callback(WriteFunction)
def _write(context: int, data: int | None, length: int) -> int:
    return _guarded(context, lambda lent: lent.write(ctypes.string_at(data or 0, length) if length else b""))


@_callback(AskFunction)
def _ask(context: int, question: int, length: int, answer: int, capacity: int, answer_length: Any) -> int:
    def body(lent: Lent) -> None:
        asked = json.loads(ctypes.string_at(question, length))
        if asked["ask"] == "close":
            lent.close()
            text = b"{}"
        else:
            text = json.dumps(lent.answer(asked)).encode()
        if len(text) > capacity:
            raise ValueError("the answer is too long")
        ctypes.memmove(answer, text, len(text))
        answer_length[0] = len(text)

    # Whether a missing file matters, the library knows: its error has the number.
    return _guarded(context, body, notes=False)


def functions() -> tuple[Any, Any, Any]:
    """The callbacks for reading, writing and asking."""
    return _read, _write, _ask
