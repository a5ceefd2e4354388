# SPDX-License-Identifier: Apache-2.0
"""Who reads a URL: the library, where it knows its protocol and all options, else fsspec."""
from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from swift_kerchunk._access.s3_options import NotUnderstood, flattened
from swift_kerchunk._access.sources import FileSystem
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease

#: What makes URLs for the library itself: members of archives.
_ARCHIVES = ("tar", "zip")
#: Parts of chains that keep copies for later, which the library passes over.
_CACHES = ("simplecache", "filecache", "blockcache", "cached")

#: Options that tell fsspec how to cache and buffer, which the library does in its own way.
_OF_FSSPEC = frozenset({
    "asynchronous", "skip_instance_cache", "use_listings_cache", "listings_expiry_time", "max_paths", "default_block_size",
    "default_fill_cache", "default_cache_type", "block_size", "cache_type", "cache_options", "cache_regions",
    "max_concurrency", "fixed_upload_size", "local_expiry_check",
})


@functools.cache
def information() -> dict[str, Any]:
    """What the library is and knows: version, formats, stores with their options."""
    return calls.run("info").document


@functools.cache
def scan_names() -> frozenset[str]:
    """Names of the options of a scan: those of all formats, and those that single formats have."""
    known = information()
    names = frozenset(known["scan_options"]).union(option["name"] for one in known["formats"] for option in one["options"])
    # What several files together are told, not a user's choice.
    return names - {"allow_unmatched"}


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


def is_local(url: str) -> bool:
    """Whether a URL may lead to something of this machine."""
    return bool(calls.run("is_local", {"url": url}).document["local"])


def is_foreign_chain(url: str) -> bool:
    """Whether a URL is a chain of fsspec's that the library has no word for."""
    return any(part.partition("://")[0] not in (*_ARCHIVES, *_CACHES) for part in url.split("::")[:-1])


def options_along(url: str, options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Options for the file at the end of a chain: fsspec takes those of each part under the protocol of the part."""
    parts = [part.partition("://")[0] for part in url.split("::")]
    if len(parts) == 1 or not options:
        return options
    rest = {name: value for name, value in options.items() if name not in parts[:-1] or not isinstance(value, Mapping)}
    own = rest.get(parts[-1])
    if isinstance(own, Mapping):
        del rest[parts[-1]]
        rest = {**rest, **own}
    return rest


def _text(value: Any) -> str | None:
    """An option as the library takes it; None where it cannot."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


def _understood(protocol: str, options: Mapping[str, Any]) -> tuple[dict[str, str], list[list[str]]]:
    """Options and headers as the library takes them.

    Raises
    ------
    NotUnderstood
        Where it does not know one of the options.
    """
    known = _options_of()[protocol]
    options = {name: value for name, value in options.items() if value is not None and name not in _OF_FSSPEC}
    if protocol in ("s3", "s3a"):
        options = flattened(options)
    texts: dict[str, str] = {}
    headers: list[list[str]] = []
    for name, value in options.items():
        text = _text(value)
        if name == "headers" and protocol in ("http", "https") and isinstance(value, Mapping):
            headers = [[str(key), str(one)] for key, one in value.items()]
        elif name in known and text is not None:
            texts[name] = text
        else:
            raise NotUnderstood(name)
    return texts, headers


class Storage:
    """How files are reached: `request` goes to the library, `lease` stays as long as they may be read.

    The library reads URLs whose protocol and options it knows; all others are for fsspec, which is imported when the
    first of them is opened.

    Parameters
    ----------
    options
        As fsspec takes them.
    protocol
        What stands before URLs of references that have no protocol.
    bare_protocol
        The same, for the judgement of sets that are opened with this.
    trust_local
        Whether sets that come over a network may name files of this machine.
    """

    def __init__(
        self, options: Mapping[str, Any] | None = None, protocol: str | None = None, *, bare_protocol: str | None = None,
        trust_local: bool = False,
    ) -> None:
        options = dict(options or {})
        request: dict[str, Any] = {"options": {}, "headers": []}
        foreign = ["*"]
        #: The option that makes a protocol of the library's one for fsspec; None where it is the protocol itself.
        self._unknown: dict[str, str | None] = {}
        for known in _options_of():
            try:
                if known == "memory":  # the library's own memory is another than fsspec's
                    raise NotUnderstood
                texts, headers = _understood(known, options)
            except NotUnderstood as unknown:
                self._unknown[known] = str(unknown) or None
                foreign.append(known)
            else:
                request["options"].update(texts)
                request["headers"] = headers or request["headers"]
        self._system = system = FileSystem(options)
        self._foreign = foreign
        self.lease = Lease([system])
        self.request = {
            **request, "store": system.number, "schemes": foreign, "remote_protocol": protocol,
            "bare_protocol": bare_protocol, "trust_local": trust_local,
        }

    def is_foreign(self, url: str) -> bool:
        """Whether a URL is for fsspec."""
        protocol = protocol_of(url)
        return protocol != "file" and (protocol in self._foreign or protocol not in _options_of())

    def unknown_option(self, url: str) -> str | None:
        """The option for which a URL is for fsspec; None where its protocol is."""
        return self._unknown.get(protocol_of(url))

    def prepare(self, url: str) -> None:
        """Makes the file system for a URL on this thread, where fsspec is to read it."""
        if "::" not in url and self.is_foreign(url):
            self._system.resolved(url)
