# SPDX-License-Identifier: Apache-2.0
"""What a task leaves in the shared folder, so that another worker knows that it was done."""
from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

from swift_kerchunk._access.storage import protocol_of


class Mark:
    """Remembers in the shared folder what the output was before it was put into its place: a worker may be lost when that is
    done, but before it can tell."""

    def __init__(self, token: str, output: str, scratch: str | None) -> None:
        is_here = scratch is not None and protocol_of(output) == "file"
        self._path = Path(scratch or "") / f"done-{token}" if is_here else None
        self._before = _identity(output) if self._path else None

    @property
    def _noted(self) -> tuple[tuple[int, int] | None, Any] | None:
        if self._path is None or not self._path.exists():
            return None
        noted: tuple[tuple[int, int] | None, Any] = pickle.loads(self._path.read_bytes())
        return noted

    @property
    def found(self) -> Any:
        """What was noted; None where the output is what it was before, so that nothing is done."""
        noted = self._noted
        return None if noted is None or noted[0] == self._before else noted[1]

    @property
    def successor(self) -> str | None:
        """A file that is told what takes the place of the output, right before it does."""
        return None if self._path is None else str(self._path.with_suffix(".next"))

    @property
    def appended(self) -> tuple[Any, bool]:
        """What was noted, if what is there is what an earlier attempt made; and whether nobody knows, as others have changed the
        output after it."""
        noted = self._noted
        if noted is None or not self.successor or not os.path.exists(self.successor):
            return None, False
        if self._before is not None and Path(self.successor).read_text() == "{} {}".format(*self._before):
            return noted[1], False
        return None, noted[0] != self._before

    def note(self, value: Any) -> None:
        if self._path is not None:
            partial = self._path.with_suffix(f".{os.getpid()}")
            partial.write_bytes(pickle.dumps((self._before, value)))
            os.replace(partial, self._path)


def _identity(path: str) -> tuple[int, int] | None:
    """What changes when a file or set takes the place of another one."""
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns
