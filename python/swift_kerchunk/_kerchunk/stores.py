# SPDX-License-Identifier: Apache-2.0
"""References as stores of zarr and file systems of fsspec."""
from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import Any

from swift_kerchunk._access.storage import protocol_of
from swift_kerchunk.dataset.dicts import references_of
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import UsageError


def dict_to_store(store_dict: MutableMapping[str, Any]) -> Any:
    """An in-memory zarr store with its content in `store_dict`.

    Parameters
    ----------
    store_dict : dict
    """
    from zarr.storage import MemoryStore

    return MemoryStore(store_dict=store_dict, read_only=False)


def refs_as_fs(
    refs: Any,
    fs: Any = None,
    remote_protocol: str | None = None,
    remote_options: Mapping[str, Any] | None = None,
    asynchronous: bool = True,
    **kwargs: Any,
) -> Any:
    """References as an fsspec file system.

    Parameters
    ----------
    refs : dict or str
        References, or the path or URL of a set.
    fs : fsspec file system
        Reaches the files behind the references.
    remote_protocol : str
    remote_options : dict
        The same by protocol and options.
    asynchronous : bool
        Whether the file system is for asynchronous callers.
    **kwargs
        For `fsspec.implementations.reference.ReferenceFileSystem`.
    """
    import fsspec

    options = dict(remote_options or {})
    if fs is None:
        options["asynchronous"] = asynchronous
    else:
        fs.asynchronous = asynchronous
    return fsspec.filesystem(
        "reference", fo=refs, fs=fs, remote_protocol=remote_protocol, remote_options=options, asynchronous=asynchronous,
        **kwargs)


def refs_as_store(
    refs: Any,
    read_only: bool = False,
    fs: Any = None,
    remote_protocol: str | None = None,
    remote_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """References as a zarr store.

    Parameters
    ----------
    refs, fs, remote_protocol, remote_options, **kwargs
        As for `refs_as_fs`.
    read_only : bool
        Whether the store is read-only.
    """
    system = refs_as_fs(refs, fs=fs, remote_protocol=remote_protocol, remote_options=remote_options, **kwargs)
    return fs_as_store(system, read_only=read_only)


def fs_as_store(fs: Any, read_only: bool = False) -> Any:
    """An fsspec file system as a zarr store.

    Parameters
    ----------
    fs : fsspec.asyn.AsyncFileSystem
        One that is not asynchronous is wrapped.
    read_only : bool
        Whether the store is read-only.
    """
    from zarr.storage import FsspecStore

    if not fs.async_impl:
        from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

        fs = AsyncFileSystemWrapper(fs)
    fs.asynchronous = True
    return FsspecStore(fs, read_only=read_only)


def store_of(dataset: VirtualDataset, **access: Any) -> Any:
    """A store of zarr with the data of a dataset.

    Parameters
    ----------
    dataset : VirtualDataset
    **access
        As for `refs_as_fs`.
    """
    return refs_as_store({"version": 1, "refs": references_of(dataset)}, read_only=True, **access)


def group_of(dataset: VirtualDataset, **access: Any) -> Any:
    """The root group of a dataset, opened with zarr; parameters are those of `store_of`."""
    import zarr

    return zarr.open_group(store_of(dataset, **access), mode="r", zarr_format=2, use_consolidated=False)


def located(path: str, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a path, URL or pattern names: the names in full as fsspec gives them, and where the library finds them."""
    if protocol_of(path) == "file" and "::" not in path and not any(mark in path for mark in "*?["):
        place = os.path.abspath(path.removeprefix("file://").removeprefix("local://"))
        return [(f"file://{place}", place)]
    import fsspec

    names = [str(file.full_name) for file in fsspec.open_files(path, **options)]
    if not names:
        raise UsageError(f'nothing matches the pattern "{path}"')
    return [(name, name.removeprefix("file://")) for name in names]
