# SPDX-License-Identifier: Apache-2.0
"""The data behind references, for zarr: through fsspec's reference file system, many chunks at once."""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import fsspec
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.reference import ReferenceFileSystem

from swift_kerchunk._access.storage import is_local
from swift_kerchunk.errors import AccessError

if TYPE_CHECKING:
    from zarr.storage import FsspecStore

_LOCAL = ("file", "local")


class _Systems(dict[Any, Any]):
    """File systems by protocol, each made when a reference first needs it."""

    def __init__(
        self, options: Mapping[str, Any], protocol: str | None, asynchronous: bool, trust_local: bool = True
    ) -> None:
        super().__init__()
        self._options = dict(options)
        self._protocol = protocol or "file"
        self._asynchronous = asynchronous
        self._trusts_local = trust_local

    def __missing__(self, protocol: Any) -> Any:
        name = protocol or self._protocol
        if not self._trusts_local and is_local(f"{name}://"):
            raise AccessError(
                f"the reference set comes over a network and names a local file ({name}://), which is not read;"
                " if you know who made it, open it with swift_kerchunk.open(…, trust_local=True)")
        # Options are for what is remote.
        options = {} if name in _LOCAL else self._options
        kind = fsspec.get_filesystem_class(name)
        if kind.async_impl:
            system = fsspec.filesystem(name, **options, asynchronous=self._asynchronous)
        else:
            system = AsyncFileSystemWrapper(fsspec.filesystem(name, **options), asynchronous=self._asynchronous)
        self[protocol] = system
        return system


class ReferencedFiles(ReferenceFileSystem):  # type: ignore[misc]
    """fsspec's reference file system, for references to files behind several protocols.

    Parameters
    ----------
    fo : dict, str
        References, or the path or URL of a set.
    remote_options : mapping, optional
        Storage options for the files behind the references.
    remote_protocol : str, optional
        The protocol of references without one.
    target_options : mapping, optional
        Storage options for the set itself.
    trust_local : bool
        Whether the set may name local files.
    asynchronous : bool
        Whether it is for use inside an event loop, as by zarr.
    """

    protocol = "reference"
    # Equal references need not be looked for among those that are open: that would take their whole text.
    cachable = False

    def __init__(
        self, fo: Any, *, remote_options: Mapping[str, Any] | None = None, remote_protocol: str | None = None,
        target_options: Mapping[str, Any] | None = None, trust_local: bool = True, asynchronous: bool = False,
        **arguments: Any,
    ) -> None:
        options = {"target_options": dict(target_options)} if target_options else {}
        super().__init__(fo, fs={}, asynchronous=asynchronous, **options, **arguments)
        self.fss = _Systems(remote_options or {}, remote_protocol, asynchronous, trust_local)


def store_of(
    references: Any, *, storage_options: Mapping[str, Any], protocol: str | None,
    target_options: Mapping[str, Any] | None, trust_local: bool,
) -> FsspecStore:
    """A store of zarr with the data behind references.

    Parameters
    ----------
    references : dict or str
        References, or the path or URL of a set, which is read as it is asked for, however large.
    storage_options, protocol
        Storage options for the files behind the references.
    target_options
        Storage options for the set itself.
    trust_local
        Whether the set may name local files.

    Returns
    -------
    zarr.storage.FsspecStore
        With consolidated metadata.
    """
    from zarr.storage import FsspecStore

    import swift_kerchunk.codecs
    import swift_kerchunk.zarr_codecs  # noqa: F401

    system = ReferencedFiles(
        references, remote_options=storage_options, remote_protocol=protocol, target_options=target_options,
        trust_local=trust_local, asynchronous=True)
    return FsspecStore(system, read_only=True)


Opened = TypeVar("Opened")


def rewritable(opened: Opened) -> Opened:
    """What xarray opened, without the codecs of the files: `to_zarr` would take them as its own, and not all can encode.

    Parameters
    ----------
    opened : xarray.Dataset or xarray.DataTree
    """
    nodes: Any = getattr(opened, "subtree", [opened])
    for node in nodes:
        for variable in node.variables.values():
            for name in ("compressor", "compressors", "filters", "serializer"):
                variable.encoding.pop(name, None)
    return opened
