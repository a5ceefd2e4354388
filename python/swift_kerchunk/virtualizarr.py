# SPDX-License-Identifier: Apache-2.0
"""A parser for VirtualiZarr: HDF5, netCDF-4 and netCDF-3 files, and reference sets."""
from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from swift_kerchunk._optional import needed

needed("virtualizarr.manifests", extra="virtualizarr", what="swift_kerchunk.virtualizarr")

from obspec_utils.registry import ObjectStoreRegistry
from virtualizarr.manifests import ChunkManifest, ManifestArray, ManifestGroup, ManifestStore
from virtualizarr.manifests.manifest import validate_and_normalize_path_to_uri
from zarr.core.metadata import ArrayV3Metadata

from swift_kerchunk._access.object_stores import StoredObject
from swift_kerchunk._calling import warn
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk.dataset.arrays import Chunks, VirtualArray
from swift_kerchunk.dataset.opening import open, scan_options
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import NotFoundError, UnrecognizedError, UsageError
from swift_kerchunk.issues import OnIssue, issues_of, report

#: Where values are that no range of a file holds.
_INLINE = "memory://swift-kerchunk-"

#: How VirtualiZarr calls chunks.
_KEYS: Any = {"name": "default", "configuration": {"separator": "/"}}


class InlineValuesWarning(UserWarning):
    """Variables have values that no byte range of the file holds: load them before writing."""


class Parser:
    """A parser for `virtualizarr.open_virtual_dataset`.

    Parameters
    ----------
    group : str, optional
        The group that becomes the root.
    drop_variables : iterable of str, optional
        Variables to leave out, by name or path.
    on_issue : {"warn", "raise", "ignore"}
        What to do about data that cannot be represented.
    **scan
        Further arguments of `swift_kerchunk.scan`: ``max_chunk_size``, ``codecs``, ``links``, …

    Examples
    --------
    >>> vds = open_virtual_dataset(url, registry, parser=Parser())  # doctest: +SKIP
    """

    def __init__(
        self, group: str | None = None, drop_variables: Iterable[str] | None = None, *, on_issue: OnIssue = "warn",
        **scan: Any,
    ) -> None:
        self.group = group
        self.drop_variables = list(drop_variables or ())
        self.on_issue = on_issue
        self.scan = scan
        if "zarr_format" in scan or "exclude" in scan or "include" in scan:
            raise UsageError("Parser takes drop_variables instead, and always returns Zarr version 3")

    def __call__(self, url: str, registry: ObjectStoreRegistry[Any]) -> ManifestStore:
        """Find the chunks of a file.

        Parameters
        ----------
        url : str
            Of the file.
        registry : ObjectStoreRegistry
            The stores for reading it.

        Returns
        -------
        ManifestStore
        """
        dataset = self._dataset(url, registry)
        report(dataset.issues, url, self.on_issue)
        return manifest_store(dataset, registry, on_issue=self.on_issue)

    def _dataset(self, url: str, registry: ObjectStoreRegistry[Any]) -> VirtualDataset:
        store, path = registry.resolve(url)
        local = _local_path(url, store)
        if local is not None and os.path.isdir(local):
            return open(local, on_issue="ignore").select(group=self.group or "/", exclude=self.drop_variables)
        options = scan_options(
            **{"inline_threshold": 0, **self.scan}, group=self.group or "/", exclude=self.drop_variables, zarr_format=3)
        lease = None
        if local is None:
            lease = Lease([StoredObject(store, str(path))])
            file: dict[str, Any] = {"source": lease.lent[0].number, "url": url, "name": url}
        else:
            if not os.path.exists(local):
                raise NotFoundError("there is no such file", url=url)
            file = {"url": local}
        leases = [lease] if lease else []
        try:
            reply = calls.run("scan", {"file": file, "options": options}, leases=leases, makes=1)
            return VirtualDataset(reply.objects[0], reply.document["issues"], url)
        except UnrecognizedError:
            try:
                reply = calls.run("open", {"file": file}, leases=leases, makes=1)
            except UnrecognizedError:
                pass
            else:
                references = VirtualDataset(reply.objects[0], reply.document["issues"], url, leases=leases)
                return references.select(group=self.group or "/", exclude=self.drop_variables)
            raise
        finally:
            if lease is not None:
                lease.close()


def _local_path(url: str, store: Any) -> str | None:
    """The path of a file of this machine; None for others."""
    if url.startswith("file://"):
        from urllib.parse import unquote, urlsplit

        return unquote(urlsplit(url).path)
    return url if "://" not in url and type(store).__name__ == "LocalStore" else None


def manifest_store(
    dataset: VirtualDataset, registry: ObjectStoreRegistry[Any] | None = None, *, on_issue: OnIssue = "warn"
) -> ManifestStore:
    """A dataset as a store of VirtualiZarr.

    Parameters
    ----------
    dataset : VirtualDataset
    registry : ObjectStoreRegistry, optional
        The stores through which chunks are read.
    on_issue : {"warn", "raise", "ignore"}
        What to do about data that Zarr version 3 cannot represent.

    Returns
    -------
    ManifestStore
    """
    reply = dataset._run("documents").document
    documents: Mapping[str, Any] = reply["documents"]
    report(issues_of(reply["issues"]), dataset.name, on_issue)
    # Sets that are read lazily know their sources only when their chunks were looked at.
    located = {path: array.locate() for path, array in dataset.items()}
    # Files of this machine have URLs, too.
    urls = ["", *(validate_and_normalize_path_to_uri(one, fs_root=_here()) for one in dataset._urls(every=False))]
    inline = _Inline()
    table = np.array(urls, dtype=np.dtypes.StringDType())
    arrays: dict[str, ManifestArray] = {}
    for path, array in dataset.items():
        metadata = ArrayV3Metadata.from_dict(dict(documents[path], chunk_key_encoding=_KEYS))
        arrays[path] = ManifestArray(metadata=metadata, chunkmanifest=_manifest(array, located[path], table, inline))
    if inline.names:
        warn(
            "the values of these variables are not stored in the file as they are read; load them before you write them elsewhere"
            f" (loadable_variables=): {', '.join(inline.names)}", InlineValuesWarning)
    return ManifestStore(_group("", dataset, arrays), registry=inline.registry(registry))


def _here() -> str:
    from pathlib import Path

    return Path.cwd().as_uri()


def _group(path: str, dataset: VirtualDataset, arrays: Mapping[str, ManifestArray]) -> ManifestGroup:
    """The group at a path, with all below it."""

    def children(paths: Iterable[str]) -> dict[str, str]:
        return {one.rpartition("/")[2]: one for one in paths if one and one.rpartition("/")[0] == path}

    groups = {name.strip("/"): attributes for name, attributes in dataset.groups.items()}
    return ManifestGroup(
        arrays={name: arrays[one] for name, one in children(arrays).items()},
        groups={name: _group(one, dataset, arrays) for name, one in children(groups).items()},
        attributes=dict(groups[path]))


def _manifest(array: VirtualArray, chunks: Chunks, table: Any, inline: _Inline) -> ChunkManifest:
    shape = tuple(-(-length // chunk) if chunk else 0 for length, chunk in zip(array.shape, array.chunks))
    count = int(np.prod(shape, dtype=np.int64))
    rows, is_inline = chunks.source, chunks.is_inline
    if chunks.is_whole_file.any():
        raise UsageError(f"{array.path}: chunks that are whole files have no length, but VirtualiZarr needs it")
    offsets, lengths = chunks.offset, chunks.length
    if is_inline.any():
        # A copy, as the values get places in memory.
        rows, offsets, lengths = np.where(is_inline, 0, rows), offsets.copy(), lengths.copy()
        places = np.flatnonzero(is_inline)
        contents = [chunks.inline(int(row)) for row in places]
        ends = np.cumsum([len(content) for content in contents], dtype=np.uint64)
        lengths[places] = [len(content) for content in contents]
        offsets[places] = ends - lengths[places]
        paths = table[rows]
        paths[places] = inline.add(array.path, b"".join(contents))
    else:
        paths = table[rows]
    if not chunks.is_dense:
        position = chunks.position.astype(np.int64)
        all_paths = np.zeros(count, dtype=np.dtypes.StringDType())
        all_offsets, all_lengths = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
        all_paths[position], all_offsets[position], all_lengths[position] = paths, offsets, lengths
        paths, offsets, lengths = all_paths, all_offsets, all_lengths
    return ChunkManifest.from_arrays(
        paths=paths[:count].reshape(shape), offsets=offsets[:count].reshape(shape), lengths=lengths[:count].reshape(shape),
        validate_paths=False)


class _Inline:
    """Values that are kept in memory, as objects of a store."""

    def __init__(self) -> None:
        self.root = f"{_INLINE}{uuid.uuid4().hex}"
        self.names: list[str] = []
        self._contents: dict[str, bytes] = {}

    def add(self, name: str, content: bytes) -> str:
        """The URL of the values of a variable."""
        self._contents[f"{len(self.names)}"] = content
        self.names.append(name)
        return f"{self.root}/{len(self.names) - 1}"

    def registry(self, registry: ObjectStoreRegistry[Any] | None) -> ObjectStoreRegistry[Any]:
        """One that knows the values beside what another knows."""
        known: ObjectStoreRegistry[Any] = ObjectStoreRegistry() if registry is None else registry
        return _Registry(known, self.root, self._contents) if self.names else known


class _Registry(ObjectStoreRegistry[Any]):
    """The registry of a user, and one URL more."""

    def __init__(self, registry: ObjectStoreRegistry[Any], root: str, contents: dict[str, bytes]) -> None:
        super().__init__()
        self._registry = registry
        self._root = root
        self._contents = contents
        self._store: Any = None

    def resolve(self, url: str) -> Any:
        """The store of a URL, and the path in it.

        Parameters
        ----------
        url : str
        """
        if not url.startswith(self._root):
            return self._registry.resolve(url)
        if self._store is None:
            from obstore.store import MemoryStore

            store = MemoryStore()
            for path, content in self._contents.items():
                store.put(path, content)
            self._store = store
        return self._store, url[len(self._root) + 1 :]

    def register(self, url: str, store: Any) -> None:
        """Tell it of a store.

        Parameters
        ----------
        url : str
        store : object
        """
        self._registry.register(url, store)

    def __reduce__(self) -> Any:
        return _Registry, (self._registry, self._root, self._contents)
