# SPDX-License-Identifier: Apache-2.0
"""Bytes through codecs of the library."""
from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from swift_kerchunk._core import calls
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.storage import information

#: A codec as numcodecs configures it: ``{"id": "zlib", "level": 1}``.
Config = Mapping[str, Any]


@functools.cache
def ids() -> frozenset[str]:
    """The codecs that the library has."""
    return frozenset(information()["codecs"])


def decode(configs: Config | Sequence[Config], data: Any, *, limit: int | None = None) -> memoryview:
    """Stored bytes into elements.

    Parameters
    ----------
    configs
        One codec, or several in the order in which they encode.
    data
        Anything with the buffer protocol, contiguous.
    limit
        Most bytes that a step may make; 16 GiB by default.

    Returns
    -------
    memoryview
        Of the library's memory, which it keeps alive.
    """
    return _through("decode", configs, data, {} if limit is None else {"limit": limit})


def encode(configs: Config | Sequence[Config], data: Any) -> memoryview:
    """Elements into stored bytes; few codecs can."""
    return _through("encode", configs, data, {})


def _through(operation: str, configs: Config | Sequence[Config], data: Any, request: dict[str, Any]) -> memoryview:
    listed = [configs] if isinstance(configs, Mapping) else list(configs)
    reply = calls.run(
        operation, {"codecs": [dict(one) for one in listed], "bytes": 0, **request}, objects=[Handle.of_bytes(data)],
        makes=1)
    return reply.objects[0].content()
