# SPDX-License-Identifier: Apache-2.0
"""Runs operations of the library on threads of their own, while this thread waits for signals."""
from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from swift_kerchunk._core import callbacks
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.library import library
from swift_kerchunk.errors import LimitError, from_document

#: Milliseconds after which a waiting thread looks for signals, and tells of progress.
TICK = 50

#: Gets what is counted (``"inputs"``, ``"chunks"``; of a cluster ``"runs"`` of partitions), how many are done, and how many there
#: are (0: not known).
Progress = Callable[[str, int, int], None]

#: What the library says of values that lie deeper in each other than Python can write them.
NESTING_PROBLEM = "nested deeper than 128"

_PHASES = {1: "inputs", 2: "chunks"}
_RUNNING, _DONE = 0, 1


class Reply:
    """The answer of an operation: a JSON document, and the objects that it made."""

    __slots__ = ("document", "objects")

    def __init__(self, document: dict[str, Any], objects: list[Handle]) -> None:
        self.document = document
        self.objects = objects


class Running:
    """An operation on a thread of its own, to which Python's lock means nothing; `close` it, or ask for its `reply`.

    Parameters
    ----------
    operation, request
        As ``docs/c-abi.md`` tells them.
    objects
        What the request refers to by its place here.
    leases
        Files and stores of Python that may be read meanwhile; what reading them raised is raised again.
    makes
        How many objects the answer has.
    """

    __slots__ = ("_call", "_leases", "_library", "_makes", "_objects")

    def __init__(
        self, operation: str, request: dict[str, Any] | None = None, *, objects: Sequence[Handle] = (),
        leases: Iterable[callbacks.Lease] = (), makes: int = 0,
    ) -> None:
        self._call = 0
        self._library = lib = library()
        self._leases = tuple(leases)
        self._makes = makes
        #: The library looks them up on the thread of the operation.
        self._objects = tuple(objects)
        text = _request_text({"operation": operation, **(request or {})})
        numbers = (ctypes.c_uint64 * len(objects))(*(handle.number for handle in objects))
        read, write, ask = callbacks.functions()
        self._call = lib.kerchunk_start(text, len(text), numbers, len(objects), read, write, ask)
        if not self._call:
            raise RuntimeError("the system cannot start a thread")

    def reply(self, progress: Progress | None = None) -> Reply:
        """Waits for the end.

        Parameters
        ----------
        progress
            Called a few times a second on this thread.

        Raises
        ------
        KerchunkError
            What went wrong, in the class of its kind; the exception of a callback is raised as it was.
        """
        lib, call, leases = self._library, self._call, self._leases
        try:
            try:
                status = _wait(lib, call, progress)
            except BaseException:
                _end(lib, call, leases)
                raise
            document = _document(lib, call)
            for lease in leases:
                for one in lease.lent:
                    one.raise_failure()
            if status == _DONE:
                made = [lib.kerchunk_object(call, index) for index in range(self._makes)]
                return Reply(document, [Handle(number) for number in made])
        finally:
            self.close()
        error = from_document(document)
        cause = callbacks.taken_failure(document["failure"])
        if cause is not None:
            raise cause
        raise error

    def close(self) -> None:
        """Ends it if it is still running."""
        call, self._call = self._call, 0
        if call:
            self._library.kerchunk_release(call)


def run(
    operation: str,
    request: dict[str, Any] | None = None,
    *,
    objects: Sequence[Handle] = (),
    leases: Iterable[callbacks.Lease] = (),
    makes: int = 0,
    progress: Progress | None = None,
) -> Reply:
    """Runs one operation to its end, with the parameters and errors of `Running` and its `reply`."""
    return Running(operation, request, objects=objects, leases=leases, makes=makes).reply(progress)


def _end(lib: Any, call: int, leases: Iterable[callbacks.Lease]) -> None:
    """Cancels a call, and waits for its end."""
    lib.kerchunk_cancel(call)
    lent = [one for lease in leases for one in lease.lent]
    for one in lent:
        one.is_stopped = True
    try:
        while lib.kerchunk_wait(call, TICK) == _RUNNING:
            pass
    finally:
        for one in lent:
            one.is_stopped, one.failure = False, None


def _wait(lib: Any, call: int, progress: Progress | None) -> int:
    done, total = ctypes.c_uint64(), ctypes.c_uint64()
    known: tuple[int, int, int] | None = None
    while True:
        # Signals are handled between these calls.
        status: int = lib.kerchunk_wait(call, TICK)
        if progress is not None:
            phase = lib.kerchunk_progress(call, ctypes.byref(done), ctypes.byref(total))
            now = (phase, done.value, total.value)
            if phase in _PHASES and now != known:
                if known is not None and phase != known[0] and known[1] < known[2]:
                    # Its end fell between two looks.
                    progress(_PHASES[known[0]], known[2], known[2])
                known = now
                progress(_PHASES[phase], done.value, total.value)
        if status != _RUNNING:
            return status


def _document(lib: Any, call: int) -> dict[str, Any]:
    start, length = ctypes.c_void_p(), ctypes.c_uint64()
    if lib.kerchunk_document(call, ctypes.byref(start), ctypes.byref(length)) != 0:
        raise RuntimeError("the library returned no answer")
    document: dict[str, Any] = json.loads(ctypes.string_at(start.value or 0, length.value))
    return document


def _request_text(request: dict[str, Any]) -> bytes:
    """A request as JSON. Names that are not UTF-8 hold surrogates in Python, and private characters in the library."""
    try:
        text = json.dumps(request)
        if "\\udc" in text:
            text = json.dumps(_without_surrogates(request))
    except RecursionError:
        raise LimitError(NESTING_PROBLEM) from None
    return text.encode()


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(chr(0xEF00 + ord(one) - 0xDC00) if "\udc80" <= one <= "\udcff" else one for one in value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(one) for one in value]
    return value
