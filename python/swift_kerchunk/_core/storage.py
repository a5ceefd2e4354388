# SPDX-License-Identifier: Apache-2.0
"""Who reads a URL: the library, where it knows its protocol and all options, else fsspec."""
from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.sources import FileSystem

#: What makes URLs for the library itself: members of archives.
_ARCHIVES = ("tar", "zip")


@functools.cache
def information() -> dict[str, Any]:
    """What the library is and knows: version, formats, stores with their options."""
    return calls.run("info").document


@functools.cache
def _options_of() -> dict[str, frozenset[str]]:
    return {
        scheme: frozenset(store["options"]) for store in information()["stores"] for scheme in store["schemes"]
    }


def protocol_of(url: str) -> str:
    """The protocol of a URL, in lower case; ``"file"`` for paths. Of files in archives, that of the archive."""
    parts = url.split("::")
    head, mark, _ = parts[-1].partition("://")
    return head.lower() if mark and "/" not in head else "file"


def is_foreign_chain(url: str) -> bool:
    """Whether a URL is a chain of fsspec's that the library has no word for."""
    return any(part.partition("://")[0] not in _ARCHIVES for part in url.split("::")[:-1])


def _text(value: Any) -> str | None:
    """An option as the library takes it; None where it cannot."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


def _understood(protocols: Iterable[str], options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The options as the library takes them; None where it does not know all protocols and all options."""
    known = _options_of()
    request: dict[str, Any] = {"options": {}, "headers": []}
    for protocol in protocols:
        if protocol == "file":
            continue
        if protocol not in known:
            return None
        for name, value in options.items():
            text = _text(value)
            if name == "headers" and protocol in ("http", "https") and isinstance(value, Mapping):
                request["headers"] = [[str(key), str(one)] for key, one in value.items()]
            elif name in known[protocol] and text is not None:
                request["options"][name] = text
            else:
                return None
    return request


class Storage:
    """How files are reached: `request` goes to the library, `lease` stays as long as they may be read.

    Parameters
    ----------
    urls
        What is opened, as far as that is known.
    options
        As fsspec takes them.
    protocol
        What stands before URLs of references that have no protocol.
    """

    def __init__(
        self, urls: Iterable[str], options: Mapping[str, Any] | None = None, protocol: str | None = None
    ) -> None:
        self.lease = Lease(())
        options = dict(options or {})
        urls = list(urls)
        protocols = {protocol_of(url) for url in urls} | ({protocol} if protocol else set())
        request = None if any(is_foreign_chain(url) for url in urls) else _understood(protocols, options)
        if request is None:
            import fsspec

            system = FileSystem(options)
            self.lease = Lease([system])
            request = {
                "store": system.number,
                "schemes": sorted((set(fsspec.available_protocols()) | protocols | set(_options_of())) - {"file", "local"}),
            }
        if protocol:
            request["remote_protocol"] = protocol
        self.request = request
