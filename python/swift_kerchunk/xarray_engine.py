# SPDX-License-Identifier: Apache-2.0
"""The engine ``swift_kerchunk`` of xarray: reference sets, and files that are scanned as they are opened."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from xarray import Dataset, DataTree
from xarray.backends import BackendEntrypoint
from xarray.backends.zarr import ZarrBackendEntrypoint

from swift_kerchunk.dataset.opening import open, scan
from swift_kerchunk.dataset.reading import rewritable
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import UnrecognizedError

#: Endings of reference sets that no other engine of xarray reads.
_ENDINGS = (".parq", ".json.zst", ".json.gz", ".json.zstd", ".kpack")


class SwiftKerchunkBackend(BackendEntrypoint):
    """Opens reference sets in JSON, Parquet or packed, and files that the package scans."""

    description = "Open kerchunk references, and HDF5, netCDF-4 and netCDF-3 files through them"
    # xarray switches off by ``decode_cf=False`` only what stands here.
    open_dataset_parameters = (
        "filename_or_obj", "drop_variables", "mask_and_scale", "decode_times", "decode_timedelta", "use_cftime",
        "concat_characters", "decode_coords",
    )
    supports_groups = True

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: Any = None,
        storage_options: Mapping[str, Any] | None = None,
        remote_options: Mapping[str, Any] | None = None,
        remote_protocol: str | None = None,
        scan_options: Mapping[str, Any] | None = None,
        trust_local: bool = False,
        **options: Any,
    ) -> Dataset:
        """Open one group.

        Parameters
        ----------
        filename_or_obj : str, os.PathLike, dict, file object or VirtualDataset
            What `swift_kerchunk.open` accepts, or a file to scan.
        drop_variables : str or sequence of str
            Variables to leave out.
        storage_options : mapping
            Storage options for it, as in fsspec.
        remote_options, remote_protocol : optional
            Storage options and protocol for the files behind references; by default those of the set.
        scan_options : mapping
            Arguments of `swift_kerchunk.scan`, if a file is scanned.
        trust_local : bool
            Whether a set that comes over a network may name local files.
        **options
            As for xarray's engine ``zarr``: ``group``, ``mask_and_scale``, ``decode_times``, …
        """
        store = _store(filename_or_obj, storage_options, remote_options, remote_protocol, scan_options, trust_local)
        opened: Dataset = ZarrBackendEntrypoint().open_dataset(
            store, drop_variables=drop_variables, consolidated=True, **options)
        return rewritable(opened)

    def open_datatree(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: Any = None,
        storage_options: Mapping[str, Any] | None = None,
        remote_options: Mapping[str, Any] | None = None,
        remote_protocol: str | None = None,
        scan_options: Mapping[str, Any] | None = None,
        trust_local: bool = False,
        **options: Any,
    ) -> DataTree:
        """Open all groups.

        Parameters
        ----------
        filename_or_obj, drop_variables, storage_options, remote_options, remote_protocol, scan_options, \
trust_local, **options
            As for `open_dataset`.
        """
        store = _store(filename_or_obj, storage_options, remote_options, remote_protocol, scan_options, trust_local)
        opened: DataTree = ZarrBackendEntrypoint().open_datatree(
            store, drop_variables=drop_variables, consolidated=True, **options)
        return rewritable(opened)

    def open_groups_as_dict(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: Any = None,
        storage_options: Mapping[str, Any] | None = None,
        remote_options: Mapping[str, Any] | None = None,
        remote_protocol: str | None = None,
        scan_options: Mapping[str, Any] | None = None,
        trust_local: bool = False,
        **options: Any,
    ) -> dict[str, Dataset]:
        """Open all groups, by path.

        Parameters
        ----------
        filename_or_obj, drop_variables, storage_options, remote_options, remote_protocol, scan_options, \
trust_local, **options
            As for `open_dataset`.
        """
        store = _store(filename_or_obj, storage_options, remote_options, remote_protocol, scan_options, trust_local)
        groups = ZarrBackendEntrypoint().open_groups_as_dict(
            store, drop_variables=drop_variables, consolidated=True, **options)
        return {path: rewritable(group) for path, group in groups.items()}

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Whether it is surely a reference set: a Parquet set, or JSON that begins like references.

        Parameters
        ----------
        filename_or_obj : object
        """
        if isinstance(filename_or_obj, VirtualDataset):
            return True
        if not isinstance(filename_or_obj, (str, os.PathLike)):
            return False
        path = os.fspath(filename_or_obj)
        if not isinstance(path, str):
            return False
        base = path.rstrip("/")
        if base.endswith(_ENDINGS):
            return True
        if not base.endswith(".json"):
            return os.path.isdir(base) and _names_record_size(os.path.join(base, ".zmetadata"))
        if "://" in base and not base.startswith("file://"):
            return True
        return _begins_like_references(base.removeprefix("file://"))


def _names_record_size(path: str) -> bool:
    """Whether it is the metadata of a Parquet set, and not those of a Zarr store."""
    try:
        with io_open(path) as file:
            text = file.read()
    except OSError:
        return False
    return b'"record_size"' in text


def _begins_like_references(path: str) -> bool:
    try:
        with io_open(path) as file:
            start = file.read(1 << 16)
    except OSError:
        return False
    return any(word in start for word in (b'"refs"', b'.zgroup"', b'.zattrs"', b'zarr.json"', b'.zmetadata"', b'.zarray"'))


def io_open(path: str) -> Any:
    """A file for reading bytes; this module's `open` is another one."""
    import io

    return io.open(path, "rb")


def _store(*arguments: Any) -> Any:
    """A store of zarr with what `_opened` gives."""
    return _opened(*arguments)._store()


def _opened(
    what: Any, storage_options: Mapping[str, Any] | None, remote_options: Mapping[str, Any] | None,
    remote_protocol: str | None, scan_options: Mapping[str, Any] | None, trust_local: bool,
) -> VirtualDataset:
    """The references, or those that a scan gives."""
    if isinstance(what, VirtualDataset):
        return what
    if scan_options is None:
        try:
            return open(
                what, storage_options=storage_options, remote_options=remote_options, remote_protocol=remote_protocol,
                trust_local=trust_local)
        except UnrecognizedError:
            if isinstance(what, Mapping):
                raise
    return scan(what, storage_options=storage_options, **(scan_options or {}))
