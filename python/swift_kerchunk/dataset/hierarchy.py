# SPDX-License-Identifier: Apache-2.0
"""What a dataset consists of: groups, arrays, and where the chunks of each are."""
from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.calls import Reply
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.dataset.arrays import Chunks, VirtualArray
from swift_kerchunk.dataset.metadata import arrays_of, sizes_of
from swift_kerchunk.issues import Failure, issues_of, notes_of
from swift_kerchunk.wording import near

#: Chunks of a dataset whose references are counted to show it.
_COUNTED = 1_000_000


class Hierarchy(Mapping[str, VirtualArray]):
    """The arrays of an object of the library by path; `VirtualDataset` is what users have."""

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
                    f"cannot set attribute {name!r}: a {type(self).__name__} is immutable; select(), rename_sources()"
                    " and other methods return a new dataset, and open() returns an xarray dataset, which can be changed")
            object.__setattr__(self, name, value)

    # The library

    def _run(self, operation: str, request: dict[str, Any] | None = None, **arguments: Any) -> Reply:
        """Runs an operation on this dataset."""
        leases = (*self._leases, *arguments.pop("leases", ()))
        return calls.run(operation, {"dataset": 0, **(request or {})}, objects=[self._handle], leases=leases, **arguments)

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
        return arrays_of(self.variables.values(), group)

    def sizes_of(self, group: str) -> dict[str, int]:
        """Lengths of the dimensions of one group."""
        return sizes_of(self.arrays_of(group))

    @property
    def zarr_format(self) -> int:
        """The Zarr version for which its fill values were made."""
        return int(self._description["zarr_format"])

    @property
    def urls(self) -> list[str]:
        """The files that contain chunks, as references name them; a lazy set is read completely for this."""
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
            The path of the array.

        Returns
        -------
        Chunks
            Columns that are views of the library's memory.

        Raises
        ------
        KeyError
            If there is no such array.
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

    # What is shown

    def _labels(self, path: str) -> dict[str, Any] | None:
        """The first and last values of a coordinate as text, where the references hold them."""
        labels: dict[str, Any] | None = self._run("labels", {"array": path, "edge": 3}).document["labels"]
        return labels

    @functools.cached_property
    def _counts(self) -> dict[str, dict[str, int]]:
        """References of the arrays, by path; none where counting would read much."""
        chunks = sum(math.prod(array.grid) for array in self.variables.values())
        if chunks > _COUNTED or self._description["is_partitioned"]:
            return {}
        return {
            one["path"].lstrip("/"): {
                "references": one["references"], "bytes": one["stored_bytes"], "inline": one["inline"],
                "missing": one["missing"],
            }
            for group in self.inspect()["groups"] for one in group["variables"]
        }
