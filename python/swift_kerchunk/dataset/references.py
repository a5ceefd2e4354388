# SPDX-License-Identifier: Apache-2.0
"""References as kerchunk's dicts: what stands for a chunk there, and how many are made at once."""
from __future__ import annotations

import contextlib
import gc
import json
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

from swift_kerchunk._core.calls import NESTING_PROBLEM
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.errors import LimitError


def json_bytes(refs: Mapping[str, Any]) -> bytes:
    """References as JSON; inline values may be bytes, too."""

    def text(value: Any) -> str:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return inline_text(bytes(value))
        raise TypeError(f"a reference cannot be of type {type(value).__name__}")

    try:
        return json.dumps(refs, default=text, separators=(",", ":")).encode()
    except RecursionError:
        raise LimitError(NESTING_PROBLEM) from None


def inline_text(value: bytes) -> str:
    """Inline bytes as JSON has them: text where they are ASCII, else in base64."""
    import base64

    if value.isascii() and not value.startswith(b"base64:"):
        return value.decode("ascii")
    return "base64:" + base64.b64encode(value).decode("ascii")


#: New objects from which on they are not looked through when collecting goes on.
_MANY = 100_000


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Millions of new lists hold no rings, and looking for them takes longer than making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if gc.get_count()[0] > _MANY and not gc.get_freeze_count():
                # Makes them old, where the first thing that is made next would have all of them looked through.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def unpickled(pickled: Handle) -> dict[str, Any]:
    """Keys and references that the library has pickled."""
    with without_collecting():
        references: dict[str, Any] = pickle.loads(pickled.content())
    return references
