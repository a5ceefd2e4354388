# SPDX-License-Identifier: Apache-2.0
"""Python's dicts of references, as kerchunk has them, and datasets of the library."""
from __future__ import annotations

import marshal
import os
import tempfile
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from swift_kerchunk._access.storage import is_local, protocol_of
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.dataset.opening import open
from swift_kerchunk.dataset.references import json_bytes, unpickled, without_collecting
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import AccessError
from swift_kerchunk.issues import OnIssue, report

#: A dict of references: ``{"version": 1, "refs": {…}}``, or the inner dict.
References = dict[str, Any]

#: The version of `marshal` that is written: texts that are one object, as URLs mostly are, stand in it once.
_MARSHAL = 4
#: Bytes of marshalled sets, and how many of them, that are handed to the library at once.
_BATCH_SIZE, _BATCH_COUNT = 8 << 20, 128
#: Batches that may be under way.
_BATCHES = 2


def references_of(dataset: VirtualDataset) -> References:
    """The references of a dataset, keys and values, without consolidated metadata."""
    return unpickled(dataset._run("pickle", {"zarr_format": 2}, makes=1).objects[0])


def is_mapper(refs: Any) -> bool:
    """Whether `refs` is fsspec's mapping over a Parquet set."""
    return isinstance(refs, Mapping) and hasattr(refs, "flush") and hasattr(refs, "record_size") and hasattr(refs, "root")


def dataset_of(
    refs: Any, *, storage_options: Mapping[str, Any] | None = None, remote_options: Mapping[str, Any] | None = None,
    remote_protocol: str | None = None, name: str = "references",
) -> VirtualDataset:
    """References as a dataset.

    Parameters
    ----------
    refs : dict, LazyReferenceMapper, path, URL or VirtualDataset
    storage_options
        How `refs` itself is reached where it is a path or URL.
    remote_options, remote_protocol
        How the files behind it are reached.
    name
        What errors call it.
    """
    if isinstance(refs, VirtualDataset):
        return refs
    remote = _blocking(remote_options)
    if is_mapper(refs):
        refs.flush()
        return _of_set(refs.fs, refs.root, remote, remote_protocol)
    if isinstance(refs, Mapping):
        return datasets_of([(refs, name)], remote_options=remote, remote_protocol=remote_protocol)[0]
    text = os.fspath(refs)
    if protocol_of(text) != "file" and text.rstrip("/").endswith(("parq", "parquet")):
        import fsspec

        fs, root = fsspec.core.url_to_fs(text, **(storage_options or {}))
        return _of_set(fs, root, remote, remote_protocol)
    return open(text, storage_options=storage_options, remote_options=remote, remote_protocol=remote_protocol)


def _blocking(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options of a file system that is called from threads, and not from an event loop."""
    return {name: value for name, value in (options or {}).items() if name != "asynchronous"}


def is_local_system(fs: Any) -> bool:
    """Whether a file system of fsspec is that of this machine."""
    return "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)


def _of_set(fs: Any, root: str, remote: Mapping[str, Any], protocol: str | None) -> VirtualDataset:
    """A Parquet set of a file system; one that is elsewhere is fetched, as the library reads sets of this machine."""
    if is_local_system(fs):
        return open(fs._strip_protocol(root), remote_options=remote, remote_protocol=protocol)
    folder = tempfile.TemporaryDirectory(prefix="swift-kerchunk-")
    place = os.path.join(folder.name, "refs.parq")
    fs.get(root.rstrip("/") + "/", place + "/", recursive=True)
    dataset = open(place, remote_options=remote, remote_protocol=protocol)
    _refuse_local(dataset.urls, protocol)
    # Its chunks are read when they are asked for.
    dataset._leases = (*dataset._leases, Folder(folder))
    return dataset


def _refuse_local(urls: Iterable[str], protocol: str | None) -> None:
    """Raises where a set that came over a network names files of this machine."""
    judged: set[str] = set()
    for url in urls:
        kind = url.partition("://")[0] if "://" in url else protocol or "file"
        if "::" not in url and kind in judged:
            continue
        judged.add(kind)
        if is_local(url if "://" in url or "::" in url else f"{kind}://{url}"):
            raise AccessError(
                f"the reference set comes over a network and names a local file, {url!r}, which is not read;"
                " if you know who made it, open it with swift_kerchunk.open(…, trust_local=True)")


class Folder(Lease):
    """A folder that stays as long as something in it may be read."""

    def __init__(self, folder: tempfile.TemporaryDirectory[str]) -> None:
        super().__init__(())
        self._folder = folder


def datasets_of(
    many: Iterable[tuple[Any, str]], *, storage_options: Mapping[str, Any] | None = None,
    remote_options: Mapping[str, Any] | None = None, remote_protocol: str | None = None, on_issue: OnIssue = "warn",
) -> list[VirtualDataset]:
    """Many reference sets as datasets: dicts are read on threads of the library while the next ones are handed over.

    Parameters
    ----------
    many
        Sets as for `dataset_of`, and what errors call them; each is needed no longer when the next one is asked for.
    storage_options, remote_options, remote_protocol
        As for `dataset_of`.
    on_issue
        What becomes of what cannot be understood in dicts.
    """
    found: list[VirtualDataset | None] = []
    remote = _blocking(remote_options)
    with without_collecting(), _Marshalling(remote, remote_protocol, on_issue, found) as marshalling:
        for refs, name in many:
            found.append(None)
            if isinstance(refs, VirtualDataset) or is_mapper(refs) or not isinstance(refs, Mapping):
                found[-1] = dataset_of(
                    refs, storage_options=storage_options, remote_options=remote_options, remote_protocol=remote_protocol,
                    name=name)
            else:
                marshalling.add(refs, name)
        marshalling.finish()
    return [dataset for dataset in found if dataset is not None]


class _Marshalling:
    """Dicts on their way to the library, in batches; their datasets go to the places in `found` that were the last."""

    def __init__(
        self, remote: Mapping[str, Any], protocol: str | None, on_issue: OnIssue, found: list[VirtualDataset | None]
    ) -> None:
        self._remote, self._protocol, self._on_issue = remote, protocol, on_issue
        self._found = found
        #: Places, names and sets of the next batch, and what marshal makes of them.
        self._batch: list[tuple[int, str, Mapping[str, Any]]] = []
        self._content: list[bytes] = []
        self._size = 0
        self._running: deque[tuple[list[tuple[int, str, Mapping[str, Any]]], calls.Running]] = deque()

    def __enter__(self) -> _Marshalling:
        return self

    def __exit__(self, *exception: object) -> None:
        while self._running:
            self._running.popleft()[1].close()

    def add(self, refs: Mapping[str, Any], name: str) -> None:
        place = len(self._found) - 1
        marshalled = _marshalled(refs)
        if marshalled is None:
            self._found[place] = self._of_json(_plain(refs), name)
            return
        self._batch.append((place, name, refs))
        self._content.append(marshalled)
        self._size += len(marshalled)
        if self._size >= _BATCH_SIZE or len(self._batch) >= _BATCH_COUNT:
            self._start()

    def finish(self) -> None:
        if self._batch:
            self._start()
        while self._running:
            self._take()

    def _start(self) -> None:
        batch, content = self._batch, self._content
        self._batch, self._content, self._size = [], [], 0
        sets = [{"bytes": index, "name": name} for index, (_, name, _) in enumerate(batch)]
        handles = [Handle.of_bytes(marshalled) for marshalled in content]
        self._running.append(
            (batch, calls.Running("open_marshalled", {"sets": sets}, objects=handles, makes=len(batch))))
        if len(self._running) > _BATCHES:
            self._take()

    def _take(self) -> None:
        batch, running = self._running.popleft()
        reply = running.reply()
        for (place, name, refs), document, made in zip(batch, reply.document["sets"], reply.objects):
            if "refused" in document:
                self._found[place] = self._of_json(_plain(refs), name)
            else:
                self._found[place] = self._dataset(made, document, name)

    def _of_json(self, refs: dict[str, Any], name: str) -> VirtualDataset:
        reply = calls.run(
            "open", {"file": {"bytes": 0, "url": name}}, objects=[Handle.of_bytes(json_bytes(refs))], makes=1)
        return self._dataset(reply.objects[0], reply.document, name)

    def _dataset(self, made: Handle, document: dict[str, Any], name: str) -> VirtualDataset:
        dataset = VirtualDataset(
            made, document["issues"], name, storage_options=self._remote, protocol=self._protocol)
        report(dataset.issues, name, self._on_issue)
        return dataset


def _marshalled(refs: Mapping[str, Any]) -> bytes | None:
    """`refs` in the form that is cheapest to make; None where it holds what that form does not know."""
    if type(refs) is not dict:
        return None
    try:
        return marshal.dumps(refs, _MARSHAL)
    except ValueError:
        return None


def _plain(refs: Mapping[str, Any]) -> dict[str, Any]:
    """Keys and values that JSON can hold: buffers of zarr as bytes, numbers of numpy as Python's."""

    def plain(value: Any) -> Any:
        if hasattr(value, "to_bytes") and not isinstance(value, int):
            return value.to_bytes()
        if isinstance(value, Mapping):
            return {str(key): plain(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        if hasattr(value, "__fspath__"):
            return str(value)
        if hasattr(value, "item") and not isinstance(value, (bytes, str)):
            return value.item()
        return value

    return {str(key): plain(value) for key, value in refs.items()}
