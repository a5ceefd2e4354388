# SPDX-License-Identifier: Apache-2.0
"""Objects in stores of obstore, or of anything with its methods, as files of the library."""
from __future__ import annotations

from typing import Any

from swift_kerchunk._core.callbacks import Lent


class StoredObject(Lent):
    """An object of a store; each batch of ranges is one `get_ranges`."""

    def __init__(self, store: Any, path: str) -> None:
        super().__init__()
        self._store = store
        self._path = path

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        about = self._store.head(self._path)
        answer: dict[str, Any] = {"size": int(about["size"])}
        if isinstance(about.get("e_tag"), str):
            answer["etag"] = about["e_tag"]
        return answer

    def read(self, offsets: list[int], lengths: list[int], memory: memoryview) -> None:
        pieces = self._store.get_ranges(self._path, starts=list(offsets), lengths=list(lengths))
        place = 0
        for piece, offset, length in zip(pieces, offsets, lengths):
            content = memoryview(piece)
            if content.nbytes != length:
                raise EOFError(f"{self._path}: received {content.nbytes} bytes instead of {length} from byte {offset} on")
            memory[place : place + length] = content.cast("B")
            place += length
