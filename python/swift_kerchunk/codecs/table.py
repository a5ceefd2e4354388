# SPDX-License-Identifier: Apache-2.0
"""What the library knows of codecs, and bytes through them."""
from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from swift_kerchunk._access.storage import information
from swift_kerchunk._core import calls
from swift_kerchunk._core.handles import Handle

#: A codec as numcodecs configures it: ``{"id": "zlib", "level": 1}``.
Config = Mapping[str, Any]


class Entry(NamedTuple):
    """A codec.

    Attributes
    ----------
    id : str
        Its name in Zarr version 2 metadata.
    stage : str
        ``"array-array"``, ``"array-bytes"`` or ``"bytes-bytes"``.
    summary : str
        What it is.
    decodes : bool
        Whether the library decodes it.
    packages : tuple of str
        What must be installed besides zarr and numcodecs to read it in Python.
    v3_names : tuple of str
        Its names in Zarr version 3 metadata.
    class_name : str or None
        Name of the class here that decodes it; None if zarr or numcodecs has one, or nobody needs it.
    """

    id: str
    stage: str
    summary: str
    decodes: bool
    packages: tuple[str, ...]
    v3_names: tuple[str, ...]
    class_name: str | None


@functools.cache
def entries() -> dict[str, Entry]:
    """All codecs by id."""
    return {
        one["id"]: Entry(
            one["id"], one["stage"], one["summary"], one["decodes"], tuple(one["packages"]), tuple(one.get("v3_names", ())),
            one.get("class"))
        for one in information()["codecs"]
    }


def ours() -> list[Entry]:
    """The codecs that need a class of this package."""
    return [entry for entry in entries().values() if entry.class_name is not None]


def decoded(config: Config, data: Any) -> Any:
    """One chunk through one of our codecs, by the library or by the Python package that decodes it.

    Parameters
    ----------
    config
        The codec.
    data : bytes-like
        The chunk.
    """
    if entries()[config["id"]].decodes:
        return decode(config, data)
    from swift_kerchunk.codecs import outside

    return memoryview(outside.DECODERS[config["id"]](config, data))


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
