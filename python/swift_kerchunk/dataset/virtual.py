# SPDX-License-Identifier: Apache-2.0
"""Virtual datasets: what is made of them, where they are written, and how they are opened."""
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from swift_kerchunk._access import outputs
from swift_kerchunk._access.storage import Storage
from swift_kerchunk._calling import warn
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.calls import Progress, Reply
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._optional import needed
from swift_kerchunk.dataset import display
from swift_kerchunk.dataset.hierarchy import Hierarchy
from swift_kerchunk.dataset.references import unpickled
from swift_kerchunk.issues import issues_of, report
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import near_only

if TYPE_CHECKING:
    import xarray
    from zarr.storage import FsspecStore


class VirtualDataset(Hierarchy):
    """A Zarr hierarchy whose chunks are in other files.

    It maps paths to arrays (``"tas"``, ``"a/b/tas"``); arrays of the root group are also attributes (``dataset.tas``).
    It pickles in the packed form. It is immutable: methods that change something return a new dataset.

    Attributes
    ----------
    name : str
        What it was made from.
    issues : list of Issue
        What was left out, and why.
    notes : list of Note
        Useful facts, such as what its readers must install.
    left_out : list of Failure
        Inputs of a combination that could not be used, and why, with ``on_error="skip"``.
    """

    def _derived(self, operation: str, request: dict[str, Any], leases: Sequence[Lease] = ()) -> VirtualDataset:
        """The dataset that an operation makes of this one."""
        return self._made(self._run(operation, request, leases=leases, makes=1), leases)

    def _made(self, reply: Reply, leases: Sequence[Lease] = ()) -> VirtualDataset:
        made = VirtualDataset(
            reply.objects[0], reply.document["issues"], self.name, storage_options=self._storage_options,
            protocol=self._protocol, leases=(*self._leases, *leases), notes=reply.document["notes"])
        made.issues = self.issues + [issue for issue in made.issues if issue not in self.issues]
        made.left_out, made._trusts_local = list(self.left_out), self._trusts_local
        return made

    def _storage(self) -> Storage:
        """Storage options for the files behind the references."""
        return Storage(self._storage_options, self._protocol)

    def verify(self, *, read: int = 0, seed: int = 0) -> dict[str, Any]:
        """Check whether references are still valid.

        Parameters
        ----------
        read : int
            Read and decode this many chunks, drawn evenly.
        seed : int
            The same seed draws the same chunks.

        Returns
        -------
        dict
            As printed by ``kerchunk verify --json``; ``["ok"]`` says whether all is well.
        """
        storage = self._storage()
        return self._run(
            "verify", {"read": read, "seed": seed, "storage": storage.request}, leases=[storage.lease]).document

    # Other datasets

    def select(self, *, group: str = "/", include: Sequence[str] = (), exclude: Sequence[str] = ()) -> VirtualDataset:
        """Select some variables, or one group.

        Parameters
        ----------
        group : str
            The group that becomes the root.
        include, exclude : sequence of str
            Variables, by name or path, with ``*`` and ``?``.
        """
        return self._derived("select", {"group": group, "include": _names(include), "exclude": _names(exclude)})

    def rename_sources(
        self, map: Mapping[str, str] | None = None, *, prefix: Mapping[str, str] | None = None
    ) -> VirtualDataset:
        """Change URLs, like ``kerchunk rename``.

        Parameters
        ----------
        map : mapping
            Old and new whole URLs.
        prefix : mapping
            Old and new starts of URLs.

        Warns
        -----
        UserWarning
            About URLs to which no reference points.
        """
        request = {"map": dict(map or {}), "prefix": dict(prefix or {})}
        reply = self._run("rename", request, makes=1)
        # Of what is read lazily some files may not be known yet.
        if reply.document["unused"]:
            urls = self.urls
            reply = self._run("rename", request, makes=1)
            for old in reply.document["unused"]:
                warn(f"rename_sources: no reference points to {shown(old)!r}{near_only(old, urls)}")
        return self._made(reply)

    def inline(self, threshold: int = 0, *, arrays: Sequence[str] = (), array_size: int = 0) -> VirtualDataset:
        """Embed small chunks, or whole arrays.

        Parameters
        ----------
        threshold : int
            Embed chunks of fewer stored bytes.
        arrays : sequence of str
            Decode these arrays, and embed each as one raw chunk: names or paths, with ``*`` and ``?``.
        array_size : int
            The same for all arrays of fewer decoded bytes.
        """
        storage = self._storage()
        return self._derived(
            "inline",
            {"threshold": threshold, "arrays": _names(arrays), "array_size": array_size, "storage": storage.request},
            [storage.lease])

    def subchunk(self, variable: str, factor: int) -> VirtualDataset:
        """Split the uncompressed chunks of a variable into `factor` equal parts each."""
        return self._derived("subchunk", {"variable": variable, "factor": factor})

    def dereference(self) -> VirtualDataset:
        """Turn references to members of archives into byte ranges of the archives."""
        storage = self._storage()
        return self._derived("dereference", {"storage": storage.request}, [storage.lease])

    # Out

    def to_json(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        zarr_format: Literal[2, 3] | None = None,
        pretty: bool = False,
        templates: bool = False,
        compress: Literal["zstd", "gzip"] | None = None,
        record_sources: bool = True,
        overwrite: bool = False,
        durable: bool = False,
        storage_options: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> str | None:
        """Write references as kerchunk JSON.

        Parameters
        ----------
        path : str or os.PathLike, optional
            A file or URL, compressed if it ends in ``.zst`` or ``.gz``; without it the text is returned.
        zarr_format : {2, 3}
            Zarr version of the metadata; by default that of the dataset.
        pretty : bool
            One line for each reference.
        templates : bool
            Write common folders of URLs once, as templates.
        compress : {"zstd", "gzip"}
            Compress the file.
        record_sources : bool
            Whether the state of each source is recorded, so that later changes can be seen.
        overwrite : bool
            Replace an existing file.
        durable : bool
            Flush the file to disk (slower; survives a power failure).
        storage_options : mapping, optional
            Storage options for the output, as in fsspec.
        progress : callable, optional
            Called with what is counted, how many are done, and how many there are.
        """
        options = {
            "zarr_format": zarr_format or self.zarr_format, "pretty": pretty, "templates": templates,
            "compress": compress, "record_sources": record_sources, "durable": durable,
        }
        if path is None:
            return str(self._json(options), "utf-8")
        outputs.save(self._run, path, "json", options, overwrite, storage_options, progress)
        return None

    def to_parquet(
        self,
        path: str | os.PathLike[str],
        *,
        record_size: int = 100_000,
        fill_missing: bool = False,
        jobs: int | None = None,
        record_sources: bool = True,
        overwrite: bool = False,
        durable: bool = False,
        storage_options: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Write references as a Parquet set.

        Parameters
        ----------
        path : str or os.PathLike
            The directory, or its URL.
        record_size : int
            Chunks of one file.
        fill_missing : bool
            Embed missing chunks as fill values, for readers that cannot read nulls.
        jobs : int, optional
            Number of threads; by default the number of cores.
        record_sources, overwrite, durable, storage_options, progress
            As for `to_json`.
        """
        options = {
            "record_size": record_size, "fill_missing": fill_missing, "jobs": jobs, "record_sources": record_sources,
            "durable": durable,
        }
        outputs.save(self._run, path, "parquet", options, overwrite, storage_options, progress)

    def to_dict(self, *, zarr_format: Literal[2, 3] | None = None) -> dict[str, Any]:
        """References as kerchunk's dict: ``{"version": 1, "refs": {…}}``.

        Parameters
        ----------
        zarr_format : {2, 3}
            Zarr version of the metadata; by default that of the dataset.
        """
        request = {"zarr_format": zarr_format or self.zarr_format, "consolidated": True}
        reply = self._run("pickle", request, makes=1)
        report(issues_of(reply.document["issues"]), self.name, "warn")
        return {"version": 1, "refs": unpickled(reply.objects[0])}

    def _json(self, options: dict[str, Any]) -> memoryview:
        reply = self._run("json", {"options": options}, makes=1)
        report(issues_of(reply.document["issues"]), self.name, "warn")
        return reply.objects[0].content()

    def to_bytes(self) -> bytes:
        """The dataset in the packed form, which `swift_kerchunk.open` reads."""
        return bytes(self._run("pack", makes=1).objects[0].content())

    def __reduce__(self) -> Any:
        kept = ("issues", "notes", "left_out", "plan", "_trusts_local")
        state = {name: vars(self)[name] for name in kept if name in vars(self)}
        return _unpickled, (type(self), self.to_bytes(), self.name, self._storage_options, self._protocol), state

    def open(self, **options: Any) -> xarray.Dataset:
        """Open the data with xarray, through fsspec's reference file system.

        Parameters
        ----------
        **options
            For `xarray.open_dataset`: ``group``, ``chunks``, ``decode_times``, …
        """
        package = needed("xarray", extra="xarray", what="open()")
        opened: xarray.Dataset = self._opened(package.open_dataset, options)
        return opened

    def open_datatree(self, **options: Any) -> xarray.DataTree:
        """The same with all groups.

        Parameters
        ----------
        **options
            For `xarray.open_datatree`.
        """
        package = needed("xarray", extra="xarray", what="open_datatree()")
        opened: xarray.DataTree = self._opened(package.open_datatree, options)
        return opened

    def _opened(self, opens: Callable[..., Any], options: dict[str, Any]) -> Any:
        """What a function of xarray opens."""
        needed("zarr", extra="xarray", what="reading through references")
        from swift_kerchunk.dataset.reading import rewritable

        return rewritable(opens(**{"filename_or_obj": self._store(), "engine": "zarr", "consolidated": True, **options}))

    def _store(self) -> FsspecStore:
        """A store of zarr with the data."""
        from swift_kerchunk.dataset.reading import store_of

        is_set = self._description["is_partitioned"]
        return store_of(
            self.name if is_set else self.to_dict(), storage_options=self._storage_options, protocol=self._protocol,
            target_options=self._target_options if is_set and "://" in self.name else None, trust_local=self._trusts_local)

    # Shown

    def __repr__(self) -> str:
        return display.text(self._shown())

    def _repr_html_(self) -> str:
        from swift_kerchunk.dataset import notebook

        return notebook.dataset(self._shown(), self._counts)

    def _shown(self) -> display.Shown:
        return display.Shown(
            self.name, self.groups, list(self.variables.values()), self._labels, self.issues, self.notes)


def _names(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _unpickled(
    kind: type[VirtualDataset], data: bytes, name: str, storage_options: dict[str, Any], protocol: str | None
) -> VirtualDataset:
    reply = calls.run("open", {"file": {"bytes": 0}}, objects=[Handle.of_bytes(data)], makes=1)
    return kind(
        reply.objects[0], reply.document["issues"], name, storage_options=storage_options, protocol=protocol)
