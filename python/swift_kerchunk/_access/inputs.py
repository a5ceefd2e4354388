# SPDX-License-Identifier: Apache-2.0
"""What users name as a file: paths, URLs, file objects, bytes."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from swift_kerchunk._access.sources import FileObject, RemoteFile
from swift_kerchunk._access.storage import Storage, is_foreign_chain, options_along
from swift_kerchunk._core.callbacks import Lease, Lent
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.errors import UsageError


def is_bytes(value: Any) -> bool:
    """Whether `value` is the content of a file."""
    return isinstance(value, (bytes, bytearray, memoryview))


def location(value: Any) -> str | None:
    """A path or URL as text; None where `value` is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        return path.decode(errors="surrogateescape") if isinstance(path, bytes) else path
    return None


def name_of(file: Any) -> str | None:
    """The path or URL of a file object; None where it has none."""
    system, path = getattr(file, "fs", None), getattr(file, "path", None)
    if system is not None and isinstance(path, str):
        if "file" in _protocols(system):
            return path
        return str(system.unstrip_protocol(path))
    name = getattr(file, "name", None)
    return os.path.abspath(name) if isinstance(name, str) and name else None


def _protocols(system: Any) -> tuple[str, ...]:
    protocol = getattr(system, "protocol", ())
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


class Input:
    """One file: `request` and `objects` go to the library, `leases` stay as long as it may be read."""

    def __init__(
        self, value: Any, *, url: str | None = None, storage_options: Mapping[str, Any] | None = None,
        protocol: str | None = None, bare_protocol: str | None = None, trust_local: bool = False,
    ) -> None:
        self.request: dict[str, Any]
        self.objects: list[Handle] = []
        self.leases: list[Lease] = []
        self.url = url
        text = location(value)
        if text is not None and is_foreign_chain(text):
            import fsspec

            system, path = fsspec.core.url_to_fs(text, **(storage_options or {}))
            self._lend(RemoteFile(system, path), url or text)
            text = None
        elif text is not None:
            if url is not None and url != text:
                raise UsageError("url= is only for file objects and bytes; a path or URL is its own name")
            self.url = text
            self.request = {"url": text}
        elif is_bytes(value):
            self.objects.append(Handle.of_bytes(value))
            self.request = {"bytes": 0, "url": url}
        elif hasattr(value, "read") and hasattr(value, "seek"):
            system, path = getattr(value, "fs", None), getattr(value, "path", None)
            if system is not None and isinstance(path, str) and hasattr(system, "cat_ranges"):
                self._lend(RemoteFile(system, path), url or name_of(value))
            else:
                self._lend(FileObject(value), url or name_of(value))
        else:
            raise TypeError(
                f"expected a path, a URL, a file object or bytes, not {type(value).__module__}.{type(value).__qualname__}"
            )
        #: How files beside it are reached.
        self.options = options_along(text, storage_options) if text else storage_options
        self.storage = Storage(
            self.options if text else None, protocol, bare_protocol=bare_protocol, trust_local=trust_local)
        self.leases.append(self.storage.lease)
        if text is not None:
            self.storage.prepare(text)

    def _lend(self, one: Lent, url: str | None) -> None:
        self.leases.append(Lease([one]))
        self.url = url
        self.request = {"source": one.number, "url": url, "name": url}

    def close(self) -> None:
        """The file is read."""
        for lease in self.leases:
            lease.close()
