# SPDX-License-Identifier: Apache-2.0
"""Virtual datasets: metadata, and where the chunks are."""
from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from swift_kerchunk import display
from swift_kerchunk._calling import warn
from swift_kerchunk._core import calls, outputs
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.calls import Progress, Reply
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.storage import Storage
from swift_kerchunk._optional import needed
from swift_kerchunk.arrays import Chunks, VirtualArray
from swift_kerchunk.references import unpickled
from swift_kerchunk.issues import Failure, issues_of, notes_of, report
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import near, near_only

if TYPE_CHECKING:
    import xarray


class VirtualDataset(Mapping[str, VirtualArray]):
    """A Zarr hierarchy whose chunks lie in other files.

    It is a mapping of its arrays by path (``"tas"``, ``"a/b/tas"``); arrays of the root group are attributes, too
    (``dataset.tas``). It pickles as bytes in the packed form. It never changes: methods that change something give another
    dataset.

    Attributes
    ----------
    name : str
        What it was made of.
    issues : list of Issue
        What was left out, and why.
    notes : list of Note
        What is good to know, such as what its readers have to install.
    left_out : list of Failure
        Inputs of a combination that could not be used, and why, where ``on_error="skip"`` allowed that.
    """

    def __init__(
        self,
        handle: Handle,
        issues: Iterable[dict[str, Any]],
        name: str,
        *,
        storage_options: Mapping[str, Any] | None = None,
        protocol: str | None = None,
        leases: Iterable[Lease] = (),
        notes: Iterable[dict[str, Any]] = (),
    ) -> None:
        self._handle = handle
        self._storage_options = dict(storage_options or {})
        self._protocol = protocol
        #: How a set itself is reached, where it is read as it is used.
        self._target_options: dict[str, Any] = {}
        #: Whether it may name files of this machine, where a set is read as it is used.
        self._trusts_local = True
        #: What lies in Python and may be read when chunks are asked for.
        self._leases = tuple(leases)
        self.name = name
        self.issues = issues_of(issues)
        self.notes = notes_of(notes)
        #: Inputs of a combination that were left out.
        self.left_out: list[Failure] = []

    #: What this package sets, and users may.
    _SET = frozenset(("name", "issues", "notes", "left_out", "plan"))

    if not TYPE_CHECKING:  # which knows better what there is

        def __setattr__(self, name: str, value: Any) -> None:
            if not name.startswith("_") and name not in self._SET:
                raise AttributeError(
                    f"cannot set attribute {name!r}: a {type(self).__name__} never changes; select(), rename_sources()"
                    " and others give another dataset, open() one of xarray, which can be changed")
            object.__setattr__(self, name, value)

    # The library

    def _run(self, operation: str, request: dict[str, Any] | None = None, **arguments: Any) -> Reply:
        """Runs an operation on this dataset."""
        leases = (*self._leases, *arguments.pop("leases", ()))
        return calls.run(operation, {"dataset": 0, **(request or {})}, objects=[self._handle], leases=leases, **arguments)

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
        """How the files behind the references are reached."""
        return Storage(self._storage_options, self._protocol)

    # Metadata

    @functools.cached_property
    def _description(self) -> dict[str, Any]:
        return self._run("describe").document

    @functools.cached_property
    def variables(self) -> dict[str, VirtualArray]:
        """All arrays by path."""
        arrays = (
            VirtualArray(self, group["path"], document)
            for group in self._description["groups"]
            for document in group["arrays"]
        )
        return {array.path: array for array in arrays}

    def __getitem__(self, path: str) -> VirtualArray:
        found = self.variables.get(path.lstrip("/")) if isinstance(path, str) else None
        if found is None:
            raise KeyError(f"no array {path!r}{near(str(path), self.variables)}")
        return found

    def __getattr__(self, name: str) -> VirtualArray:
        # What Python itself asks for is no array, and may be asked before there is a handle.
        if not name.startswith("_"):
            found = self.variables.get(name)
            if found is not None:
                return found
        raise AttributeError(f"{type(self).__name__!r} object has no attribute or array {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(path for path in self.variables if path.isidentifier())})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.variables)

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes of the root group."""
        return self.groups["/"]

    @property
    def groups(self) -> dict[str, dict[str, Any]]:
        """The attributes of all groups by path: ``"/"``, ``"/a"``, ``"/a/b"``."""
        return {group["path"]: group["attributes"] for group in self._description["groups"]}

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the dimensions of the root group."""
        return self.sizes_of("/")

    def arrays_of(self, group: str) -> list[VirtualArray]:
        """The arrays of one group."""
        start = group.strip("/")
        return [array for path, array in self.variables.items() if path.rpartition("/")[0] == start]

    def sizes_of(self, group: str) -> dict[str, int]:
        """Lengths of the dimensions of one group."""
        sizes: dict[str, int] = {}
        for array in self.arrays_of(group):
            for name, size in zip(array.dims or (), array.shape):
                sizes.setdefault(name, size)
        return sizes

    @property
    def zarr_format(self) -> int:
        """The Zarr version that its fill values were made for."""
        return int(self._description["zarr_format"])

    @property
    def urls(self) -> list[str]:
        """The files that chunks lie in, as references name them; of a set that is read lazily all of it is read."""
        return self._urls(every=True)

    def _urls(self, *, every: bool) -> list[str]:
        """All files; or, of a set that is read lazily, those of the chunks that were met."""
        reply = self._run("sources", {"every": every}, makes=2)
        text = reply.objects[0].content()
        urls, start = [], 0
        for end in reply.objects[1].view(0, np.uint64).tolist():
            urls.append(str(text[start:end], "utf-8"))
            start = end
        return urls

    def chunks(self, path: str) -> Chunks:
        """Where the chunks of an array are.

        Parameters
        ----------
        path : str
            Of the array.

        Returns
        -------
        Chunks
            Columns that are views of the library's memory.

        Raises
        ------
        KeyError
            Where there is no such array.
        """
        return Chunks(self, self[path].path)

    def inspect(self, variable: str | None = None) -> dict[str, Any]:
        """Count the dataset, as ``kerchunk inspect --json`` does: chunks, bytes, gaps, sources, steps of embedded coordinates.

        Parameters
        ----------
        variable : str, optional
            Only this one.
        """
        return self._run("inspect", {"location": self.name, "variable": variable}).document

    def verify(self, *, read: int = 0, seed: int = 0) -> dict[str, Any]:
        """Check that references still point into the files that they were made from.

        Parameters
        ----------
        read : int
            Read and decode this many chunks, drawn evenly.
        seed : int
            Draws the same chunks each time.

        Returns
        -------
        dict
            As ``kerchunk verify --json`` prints it; ``["ok"]`` tells whether all is well.
        """
        storage = self._storage()
        return self._run(
            "verify", {"read": read, "seed": seed, "storage": storage.request}, leases=[storage.lease]).document

    # Other datasets

    def select(self, *, group: str = "/", include: Sequence[str] = (), exclude: Sequence[str] = ()) -> VirtualDataset:
        """Some variables, or one group.

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
        """Other URLs, as ``kerchunk rename`` gives them.

        Parameters
        ----------
        map : mapping
            Whole URLs, and what they become.
        prefix : mapping
            How URLs start, and what that becomes.

        Warns
        -----
        UserWarning
            Of what no reference points to.
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
            The same with all arrays of fewer decoded bytes.
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
        """Point references to members of archives straight into the archives."""
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
            A file or URL, compressed where it ends in ``.zst`` or ``.gz``; without one the text is returned.
        zarr_format : {2, 3}
            Zarr version of the metadata; by default that of the dataset.
        pretty : bool
            One line for each reference.
        templates : bool
            Write folders that URLs share once, as templates.
        compress : {"zstd", "gzip"}
            Compress the file.
        record_sources : bool
            Whether the state of each source is recorded, so that later changes can be seen.
        overwrite : bool
            Replace a file that exists.
        durable : bool
            Wait until the file is on its device.
        storage_options : mapping, optional
            How the output is reached, as fsspec takes it.
        progress : callable, optional
            Gets what is counted, how many are done, and how many there are.
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
            Threads; as many as cores by default.
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
        opened: xarray.Dataset = needed("xarray", extra="xarray", what="open()").open_dataset(**self._opening(options))
        return rewritable(opened)

    def open_datatree(self, **options: Any) -> xarray.DataTree:
        """The same with all groups.

        Parameters
        ----------
        **options
            For `xarray.open_datatree`.
        """
        opened: xarray.DataTree = needed("xarray", extra="xarray", what="open_datatree()").open_datatree(
            **self._opening(options))
        return rewritable(opened)

    def _opening(self, options: dict[str, Any]) -> dict[str, Any]:
        needed("zarr", extra="xarray", what="reading through references")
        from swift_kerchunk.reading import store_of

        return {"filename_or_obj": store_of(self), "engine": "zarr", "consolidated": True, **options}

    # Shown

    def __repr__(self) -> str:
        return display.text(self)

    def _repr_html_(self) -> str:
        from swift_kerchunk import notebook

        return notebook.dataset(self)

    def _labels(self, path: str) -> dict[str, Any] | None:
        """The first and last values of a coordinate as text, where the references hold them."""
        labels: dict[str, Any] | None = self._run("labels", {"array": path, "edge": 3}).document["labels"]
        return labels

    @functools.cached_property
    def _counts(self) -> dict[str, dict[str, int]]:
        """References of the arrays, by path; none where counting would read much."""
        chunks = sum(math.prod(array.grid) for array in self.variables.values())
        if chunks > _COUNTED or self._description["format"] == "kerchunk Parquet":
            return {}
        return {
            one["path"].lstrip("/"): {
                "references": one["references"], "bytes": one["stored_bytes"], "inline": one["inline"],
                "missing": one["missing"],
            }
            for group in self.inspect()["groups"] for one in group["variables"]
        }


#: Chunks of a dataset whose references are counted to show it.
_COUNTED = 1_000_000


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


def _names(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _unpickled(
    kind: type[VirtualDataset], data: bytes, name: str, storage_options: dict[str, Any], protocol: str | None
) -> VirtualDataset:
    reply = calls.run("open", {"file": {"bytes": 0}}, objects=[Handle.of_bytes(data)], makes=1)
    return kind(
        reply.objects[0], reply.document["issues"], name, storage_options=storage_options, protocol=protocol)
