# SPDX-License-Identifier: Apache-2.0
"""References of HDF5 and netCDF-4 files."""
from __future__ import annotations

import io
import os
import pathlib
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

from swift_kerchunk._access.inputs import Input, name_of
from swift_kerchunk._access.storage import protocol_of
from swift_kerchunk._core import calls
from swift_kerchunk._kerchunk.dicts import fill
from swift_kerchunk.dataset.dicts import References, is_mapper
from swift_kerchunk.dataset.opening import scan, scan_options
from swift_kerchunk.dataset.references import unpickled
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.issues import OnIssue, issues_of, report

#: Stands for a file without a name until references are made, which then have None in its place.
_NAMELESS = "swift-kerchunk-nameless://"


def has_visititems_links() -> bool:
    """Whether soft links can be followed: always, as h5py's version does not matter here."""
    return True


class Hdf5FeatureNotSupported(RuntimeError):
    """A feature of a file cannot be represented by references."""


class SingleHdf5ToZarr:
    """References of one HDF5 or netCDF-4 file.

    Parameters
    ----------
    h5f : str, pathlib.Path, file object, fsspec.core.OpenFile, h5py.File or h5py.Group
        The file. For a group, only its contents are referenced, under their full path.
    url : str
        The URL of the file in references, if `h5f` is not a path or URL. Defaults to the name of the file object, or
        None if it has none, which means the reader's ``target``.
    spec : int
        1; below 1 `translate` returns only the inner dict.
    inline_threshold : int
        Embed chunks of fewer stored bytes; 0, None or less embeds none.
    storage_options : dict
        Storage options for a path or URL, as in fsspec.
    error : {"warn", "ignore", "raise"}
        What to do about data that cannot be represented: one warning, nothing, or an error.
    vlen_encode : {"embed", "null", "leave", "encode"}
        How variable-length strings are written.
    out : mutable mapping or LazyReferenceMapper
        Receives the references.
    unsupported_inline_threshold : int
        No effect: data for which Zarr has no codec are embedded, or get a codec of this package.
    """

    def __init__(
        self,
        h5f: Any,
        url: str | None = None,
        spec: int = 1,
        inline_threshold: int | None = 500,
        storage_options: Mapping[str, Any] | None = None,
        error: str = "warn",
        vlen_encode: Literal["embed", "null", "leave", "encode"] = "embed",
        out: MutableMapping[str, Any] | None = None,
        unsupported_inline_threshold: int | None = None,
    ) -> None:
        if vlen_encode not in ("embed", "null", "leave", "encode"):
            raise NotImplementedError(f'vlen_encode must be "embed", "null", "leave" or "encode", not {vlen_encode!r}')
        if error == "pdb":
            raise NotImplementedError('error="pdb" is for debugging kerchunk\'s own code; use error="raise" to raise an error')
        self.spec = spec
        self.inline = inline_threshold
        self.vlen: Literal["embed", "null", "leave", "encode"] = vlen_encode
        self.error = error
        self.unsupported_inline_threshold = unsupported_inline_threshold
        self.storage_options = dict(storage_options or {})
        self._out = out
        self._opened: list[Any] = []
        self._group: str | None = None
        self._file: Any = h5f
        self._given: str | None = url
        if isinstance(h5f, (str, pathlib.Path)):
            self._file = self._given = os.fspath(h5f)
        elif _is_h5py(h5f):
            self._take_h5py(h5f, url)
        elif _is_open_file(h5f):
            self._given = url or h5f.full_name.removeprefix("file://").removeprefix("local://")
            self._file = h5f.open()
            self._opened.append(self._file)
        elif not isinstance(h5f, io.IOBase) and not (hasattr(h5f, "read") and hasattr(h5f, "seek")):
            raise ValueError(f"h5f must be a path, a URL, a file object or an h5py object, not {type(h5f).__qualname__}")

    def _take_h5py(self, h5f: Any, url: str | None) -> None:
        """The file on disk is what is read; what was written to the object goes there first."""
        if h5f.file.mode != "r":
            h5f.file.flush()
        name = url or h5f.file.filename
        if isinstance(name, bytes):
            name = name.decode(errors="surrogateescape")
        if url is None and not os.path.exists(name):
            raise ValueError("the h5py object is not a file with a name: give url=, the path or URL of the file")
        self._file = self._given = name
        if h5f.name != "/":
            self._group = h5f.name

    def close(self) -> None:
        """Close what was opened here."""
        while self._opened:
            self._opened.pop().close()

    def __enter__(self) -> SingleHdf5ToZarr:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def scan(self, preserve_linked_dsets: bool = False) -> VirtualDataset:
        """Return the references as a dataset of this package, which is faster to pass on than a dict.

        Parameters
        ----------
        preserve_linked_dsets : bool
            As for `translate`.
        """
        is_text = isinstance(self._file, str)
        dataset = scan(
            self._file, url=None if is_text else self._url(), storage_options=self.storage_options if is_text else None,
            on_issue="ignore", **self._options(preserve_linked_dsets))
        if self._given is not None:
            dataset = named_as_given(dataset, self._given)
        report(dataset.issues, dataset.name, self._on_issue())
        return dataset

    def _url(self) -> str:
        return self._given or name_of(self._file) or _NAMELESS

    def _on_issue(self) -> OnIssue:
        on_issue: dict[str, OnIssue] = {"ignore": "ignore", "raise": "raise"}
        return on_issue.get(self.error, "warn")

    def _options(self, links: bool) -> dict[str, Any]:
        return {
            "inline_threshold": max(0, self.inline or 0), "vlen_encode": self.vlen, "links": links,
            "include": [] if self._group is None else [f"{self._group.strip('/')}/*"],
        }

    def translate(self, preserve_linked_dsets: bool = False) -> Any:
        """Make the references.

        Parameters
        ----------
        preserve_linked_dsets : bool
            Whether every name of an object becomes a variable, not only the first.

        Returns
        -------
        dict
            ``{"version": 1, "refs": {…}}``, or `out` if that is a `LazyReferenceMapper`.
        """
        if is_mapper(self._out):
            return fill(self._out, self.scan(preserve_linked_dsets))
        references = self._changed(self._translated(preserve_linked_dsets))
        filled: Any = references
        if self._out is not None:
            self._out.update(references)
            filled = self._out
        if filled is self._out and not isinstance(filled, dict):
            return filled
        return filled if self.spec < 1 else {"version": 1, "refs": filled}

    def _translated(self, links: bool) -> References:
        """The references in one call of the library."""
        is_text = isinstance(self._file, str)
        source = Input(
            self._file, url=None if is_text else self._url(), storage_options=self.storage_options if is_text else None)
        try:
            reply = calls.run(
                "translate",
                {
                    "file": source.request, "options": scan_options(**self._options(links)),
                    "storage": source.storage.request, "map": {} if self._given is None else renames_of(self._given),
                },
                objects=source.objects, leases=source.leases, makes=1)
        finally:
            source.close()
        report(issues_of(reply.document["issues"]), self._given or str(source.url), self._on_issue())
        return unpickled(reply.objects[0])

    def _changed(self, references: References) -> References:
        if self._group is not None:
            # kerchunk gives the root the attributes of the group.
            references[".zattrs"] = references.get(self._group.strip("/") + "/.zattrs", "{}")
        if self._given is None:
            for key, value in references.items():
                if isinstance(value, list) and value[0] == _NAMELESS:
                    references[key] = [None, *value[1:]]
        return references


def _is_h5py(value: Any) -> bool:
    h5py = sys.modules.get("h5py")
    return h5py is not None and isinstance(value, h5py.Group)


def _is_open_file(value: Any) -> bool:
    fsspec = sys.modules.get("fsspec")
    return fsspec is not None and isinstance(value, fsspec.core.OpenFile)


def renames_of(given: str) -> dict[str, str]:
    """What makes the URL of a file, which the library gives as an absolute path, what was given."""
    last = given.rpartition("::")[2]
    if protocol_of(last) != "file":
        return {}
    path = os.path.abspath(last.removeprefix("file://").removeprefix("local://"))
    return {} if path == last else {path: last}


def named_as_given(dataset: VirtualDataset, given: str) -> VirtualDataset:
    """The dataset with the URL of its file as it was given."""
    renames = renames_of(given)
    return dataset.rename_sources(renames) if renames else dataset
