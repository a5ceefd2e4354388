# SPDX-License-Identifier: Apache-2.0
"""References as kerchunk's dicts: what stands for a chunk there, and how many are made at once."""
from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from swift_kerchunk.arrays import Chunks
    from swift_kerchunk.dataset import VirtualDataset


def json_bytes(refs: Mapping[str, Any]) -> bytes:
    """References as JSON; inline values may be bytes, too."""

    def text(value: Any) -> str:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return inline_text(bytes(value))
        raise TypeError(f"a reference cannot be {type(value).__name__}")

    return json.dumps(refs, default=text, separators=(",", ":")).encode()


def inline_text(value: bytes) -> str:
    """Inline bytes as JSON has them: text where they are ASCII, else in base64."""
    import base64

    if value.isascii() and not value.startswith(b"base64:"):
        return value.decode("ascii")
    return "base64:" + base64.b64encode(value).decode("ascii")


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Millions of new lists hold no rings, and looking for them takes longer than making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def add_chunks(refs: dict[str, Any], dataset: VirtualDataset) -> None:
    """Adds the references of all chunks; texts of URLs are shared, which those of a parsed JSON file are not."""
    with _without_collecting():
        every = [(path, dataset.chunks(path)) for path in dataset.variables]
        urls = np.array([None, *dataset._urls(every=False)], object)
        for path, chunks in every:
            _add(refs, path, chunks, urls)


def _add(refs: dict[str, Any], path: str, chunks: Chunks, urls: np.ndarray[Any, np.dtype[Any]]) -> None:
    missing, inline, whole = chunks.is_missing, chunks.is_inline, chunks.is_whole_file
    if chunks.is_dense and not missing.any():
        rows = None
        keys = _all_keys(path, chunks.grid)
    else:
        rows = np.flatnonzero(~missing)
        keys = _keys(path, chunks.grid, chunks.position[rows])
    source, offset, length = (
        column if rows is None else column[rows] for column in (chunks.source, chunks.offset, chunks.length)
    )
    named = urls[np.where(inline, 0, chunks.source)[slice(None) if rows is None else rows]].tolist()
    values: list[Any] = list(map(list, zip(named, offset.tolist(), length.tolist())))
    for row in np.flatnonzero(whole if rows is None else whole[rows]).tolist():
        values[row] = [named[row]]
    for row in np.flatnonzero(inline if rows is None else inline[rows]).tolist():
        values[row] = inline_text(chunks.inline(row if rows is None else int(rows[row])))
    refs.update(zip(keys, values))


def _all_keys(path: str, grid: tuple[int, ...]) -> list[str]:
    """Keys of all chunks of a grid, in C order."""
    if not grid:
        return [f"{path}/0"]
    keys = [f"{path}/"]
    for axis, count in enumerate(grid):
        mark = "." if axis else ""
        steps = [f"{mark}{index}" for index in range(count)]
        keys = [start + step for start in keys for step in steps]
    return keys


def _keys(path: str, grid: tuple[int, ...], positions: np.ndarray[Any, np.dtype[Any]]) -> list[str]:
    """Keys of some chunks of a grid."""
    if not grid:
        return [f"{path}/0"] * len(positions)
    axes = [axis.tolist() for axis in np.unravel_index(positions.astype(np.int64), grid)]
    return [f"{path}/{'.'.join(map(str, place))}" for place in zip(*axes)]
