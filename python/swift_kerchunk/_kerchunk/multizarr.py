# SPDX-License-Identifier: Apache-2.0
"""Many reference sets into one, by kerchunk's rules."""
from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Literal

from swift_kerchunk._calling import warn
from swift_kerchunk._kerchunk.appending import appended, mapper_at
from swift_kerchunk._kerchunk.dicts import consolidate, fill, normalized, write_set
from swift_kerchunk._kerchunk.stores import group_of, located, refs_as_fs, store_of
from swift_kerchunk.building.combining import combine
from swift_kerchunk.building.coordinates import is_evaluated, selector_for, values_of
from swift_kerchunk.dataset.dicts import References, dataset_of, datasets_of, is_mapper, references_of
from swift_kerchunk.dataset.references import without_collecting
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import DuplicateError, KerchunkError, UnsupportedError, UsageError

#: numpy's NaT as a whole number.
_NOT_A_TIME = -(2**63)


class MultiZarrToZarr:
    """Combine reference sets by kerchunk's rules.

    Variables that lack a concatenated dimension gain it as their first dimension. If inputs have the same coordinate
    values, the last one counts, with a warning. Combinations that would give wrong values are errors.

    Parameters
    ----------
    path : str, list of str, list of dict
        Paths, URLs and patterns of reference sets, or dicts of references; with `indicts` their names.
    indicts : list of dict
        The references, if `path` only has names.
    coo_map : dict
        Where coordinate values come from: a constant, a list with a value for each input, a compiled pattern for the
        input's name, ``"attr:NAME"``, ``"vattr:VARIABLE:NAME"``, ``"data:VARIABLE"`` (the default, with the variable of
        the dimension's name), ``"cf:VARIABLE"``, ``"INDEX"``, ``"VARNAME"``, or a function of the input's number, its
        zarr group, the coordinate and the input's name. The coordinate ``"var"`` is the name of the output's variable.
    concat_dims : str or list of str
        Dimensions to concatenate along, outermost first; by default those of `coo_map`.
    coo_dtypes : dict
        Types of coordinates.
    identical_dims : list of str
        Variables to take from the first input.
    target_options : dict
        Storage options for `path`, as in fsspec.
    remote_protocol : str
    remote_options : dict
        Storage options for the files behind the references.
    inline_threshold : int
        Embed chunks of fewer stored bytes.
    preprocess : callable
        Changes the dict of references of each input in place.
    postprocess : callable
        Takes the dict of the result and returns its replacement.
    out : mutable mapping or LazyReferenceMapper
        Receives the references.
    """

    inline: int

    def __init__(
        self,
        path: Any,
        indicts: Sequence[Any] | None = None,
        coo_map: Mapping[str, Any] | None = None,
        concat_dims: str | Sequence[str] | None = None,
        coo_dtypes: Mapping[str, Any] | None = None,
        identical_dims: Sequence[str] | None = None,
        target_options: Mapping[str, Any] | None = None,
        remote_protocol: str | None = None,
        remote_options: Mapping[str, Any] | None = None,
        inline_threshold: int = 500,
        preprocess: Callable[[Any], Any] | None = None,
        postprocess: Callable[[Any], Any] | None = None,
        out: MutableMapping[str, Any] | None = None,
    ) -> None:
        if concat_dims is None and coo_map is None:
            raise ValueError("give concat_dims, or coo_map")
        self.path = path
        self._indicts = indicts
        if concat_dims is None:
            self.concat_dims = list(coo_map or {})
        else:
            self.concat_dims = [concat_dims] if isinstance(concat_dims, str) else list(concat_dims)
        self.coo_map = dict(coo_map or {})
        for name in self.concat_dims:
            self.coo_map.setdefault(name, "VARNAME" if name == "var" else f"data:{name}")
        self.coo_dtypes = dict(coo_dtypes or {})
        self.identical_dims = list(identical_dims or [])
        if not set(self.coo_map).isdisjoint(self.identical_dims):
            raise ValueError("a variable cannot be both concatenated and identical")
        self.target_options = dict(target_options or {})
        self.remote_protocol = remote_protocol
        self.remote_options = {key: value for key, value in (remote_options or {}).items() if key != "asynchronous"}
        self.inline = inline_threshold
        self.preprocess = preprocess
        self.postprocess = postprocess
        #: What `out` is where nobody gave one, or put another in its place.
        self._own_out: dict[str, Any] = {}
        self.out: Any = out if out is not None else self._own_out
        self.done: set[int] = set()
        self._original: Any = None
        self._coos: dict[str, Any] | None = None
        self._combined: VirtualDataset | None = None

    # Inputs

    @classmethod
    def append(
        cls,
        path: Any,
        original_refs: Any,
        remote_protocol: str | None = None,
        remote_options: Mapping[str, Any] | None = None,
        target_options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> MultiZarrToZarr:
        """Add reference sets to a combined one.

        Parameters
        ----------
        path : list
            As for the class.
        original_refs : dict, str or LazyReferenceMapper
            The combined set. A Parquet set is replaced when the result is complete.
        remote_protocol, remote_options, target_options
            As for the class; for `original_refs` as well.
        **kwargs
            As for the class; use the same as for `original_refs`.
        """
        joined = cls(
            path, remote_protocol=remote_protocol, remote_options=remote_options, target_options=target_options, **kwargs)
        if isinstance(original_refs, (str, os.PathLike)) and joined.out == {}:
            found = mapper_at(os.fspath(original_refs), joined.target_options)
            original_refs = os.fspath(original_refs) if found is None else found
        if is_mapper(original_refs):
            joined.out = original_refs
        joined._original = original_refs
        return joined

    @property
    def fss(self) -> list[Any]:
        """A file system of fsspec for each input, made when it is asked for."""
        return [
            refs_as_fs({"version": 1, "refs": references_of(dataset)}, **self._remote)
            for _, dataset in self._datasets(self._named())
        ]

    @property
    def _remote(self) -> dict[str, Any]:
        """Storage options for the files behind the references."""
        return {"remote_protocol": self.remote_protocol, "remote_options": self.remote_options}

    def _input(self, refs: Any) -> VirtualDataset:
        return dataset_of(refs, storage_options=self.target_options, **self._remote)

    def _named(self) -> list[tuple[str | None, Any]]:
        """Names of all inputs, and the inputs: dicts, datasets, or where they are."""
        if self._indicts is not None:
            return list(zip(self.path, self._indicts, strict=True))
        path = [self.path] if isinstance(self.path, (str, os.PathLike, Mapping, VirtualDataset)) else list(self.path)
        if not path:
            raise UsageError("no input is given")
        named: list[tuple[str | None, Any]] = []
        for one in path:
            if isinstance(one, (str, os.PathLike)):
                named += located(os.fspath(one), self.target_options)
            elif isinstance(one, VirtualDataset):
                named.append((one.name, one))
            else:
                named.append((one.get("templates", {}).get("u") if isinstance(one, dict) else None, one))
        return named

    def _datasets(self, named: Iterable[tuple[str | None, Any]]) -> list[tuple[str | None, VirtualDataset]]:
        """The inputs after `preprocess`."""
        named = list(named)
        datasets = datasets_of(
            ((self._preprocessed(refs), name or f"input {index}") for index, (name, refs) in enumerate(named)),
            storage_options=self.target_options, remote_options=self.remote_options, remote_protocol=self.remote_protocol)
        return [(name, dataset) for (name, _), dataset in zip(named, datasets)]

    def _preprocessed(self, refs: Any) -> Any:
        if self.preprocess is None:
            return refs
        refs = normalized(refs, storage_options=self.target_options)
        refs.pop(".zmetadata", None)
        self.preprocess(refs)
        return refs

    # The three steps

    def _plan(self) -> VirtualDataset:
        """The combination; its chunks are pulled from the inputs when they are asked for."""
        if self._combined is not None:
            return self._combined
        named = self._named()
        inputs: list[Any]
        if self.preprocess is None and all(isinstance(refs, str) for _, refs in named):
            inputs = [refs for _, refs in named]
        else:
            datasets = self._datasets(named)
            inputs = [dataset for _, dataset in datasets]
        names = [name for name, _ in named]
        coord: dict[str, Any] = {}
        dtypes = dict(self.coo_dtypes)
        #: Dates that were found here, as whole numbers of these types.
        moments: dict[str, str] = {}
        for variable, selector in self.coo_map.items():
            if is_evaluated(selector, self.coo_dtypes.get(variable)):
                coord[variable], kind = values_of(
                    selector, variable, names, lambda index: group_of(self._input(inputs[index]), **self._remote),
                    self.coo_dtypes.get(variable))
                if kind is not None:
                    dtypes[variable] = "<i8"
                    moments[variable] = kind
            else:
                coord[variable] = selector_for(selector)
        joining: dict[str, Any] = {
            "concat_dim": self.concat_dims, "identical_dim": self.identical_dims, "coord": coord, "coord_dtype": dtypes,
            "kerchunk_rules": True,
        }
        if coord and self._original is None:
            joining["set_attr"] = self._attributes(inputs[0], coord, moments)
        try:
            combined = self._combine(inputs, joining, "error")
        except (DuplicateError, UnsupportedError) as error:
            try:
                combined = self._combine(inputs, joining, "last")
            except KerchunkError:
                raise error from None
            warn(f"inputs have the same coordinate values, and the last one is used: {error.message}")
        self._combined = combined if not moments else _retyped(combined, moments)
        for dimension in getattr(combined, "plan")["dimensions"]:
            if dimension["name"] in self.concat_dims and dimension["length"] < 2:
                warn(f"the concatenated coordinate {dimension['name']!r} has fewer than two values in all inputs")
        return self._combined

    def _attributes(self, refs: Any, names: Iterable[str], moments: Mapping[str, str]) -> dict[str, Any]:
        """Attributes of coordinates whose values come from elsewhere: those of the first input's variables of their names."""
        first = self._input(refs)
        return {
            f"{name}:{key}": value
            for name in names
            if name in first
            for key, value in first[name].attrs.items()
            if not (name in moments and key in ("units", "calendar")) and key != "_ARRAY_DIMENSIONS"
        }

    def _combine(
        self, inputs: list[Any], joining: dict[str, Any], duplicates: Literal["error", "last"]
    ) -> VirtualDataset:
        joining = {**joining, "duplicates": duplicates}
        options: dict[str, Any] = {
            "storage_options": self.target_options, "remote_options": self.remote_options,
            "remote_protocol": self.remote_protocol,
        }
        threshold = max(0, self.inline or 0)
        if self._original is None:
            return combine(inputs, inline_threshold=threshold, **options, **joining)
        return appended(self._original, inputs, joining, threshold, options)

    @property
    def coos(self) -> dict[str, Any] | None:
        """The values of the joined coordinates, sorted; None before `first_pass`."""
        if self._coos is None and self._combined is not None:
            self._coos = self._coordinates()
        return self._coos

    @coos.setter
    def coos(self, values: dict[str, Any] | None) -> None:
        self._coos = values

    def _coordinates(self) -> dict[str, Any]:
        import numpy as np
        import zarr

        combined = self._plan()
        names = [name for name in self.coo_map if name in combined]
        store = store_of(combined.select(include=[f"/{name}" for name in names]), **self._remote) if names else None
        group: Any = zarr.open_group(store, mode="r", zarr_format=2, use_consolidated=False) if names else {}
        found: dict[str, Any] = {}
        for name in self.coo_map:
            selector = self.coo_map[name]
            if name == "var" and isinstance(selector, (str, list)) and selector != "VARNAME":
                found[name] = np.array(sorted({selector} if isinstance(selector, str) else set(selector)))
            elif name == "var":
                known = {*self.concat_dims, *self.identical_dims, *self.coo_map}
                found[name] = np.array(sorted(set(combined.variables) - known))
            elif name in names:
                array: Any = group[name]
                values = np.asarray(array[...]).ravel()
                if isinstance(selector, str) and selector.startswith("cf:") and "units" in array.attrs:
                    values = _dates(values, array.attrs["units"], array.attrs.get("calendar", "standard"))
                found[name] = values
        return found

    def first_pass(self) -> dict[str, Any]:
        """Find the values of the concatenated coordinates.

        Returns
        -------
        dict of set
        """
        self._plan()
        self.done.add(1)
        return {name: set(values.tolist()) for name, values in (self.coos or {}).items()}

    def store_coords(self) -> None:
        """Write the concatenated coordinates, and the attributes of the root, to `out`."""
        combined = self._plan()
        self.done.update((1, 2))
        if isinstance(self.out, dict):
            names = [f"/{name}" for name in self.coo_map if name in combined]
            if names:
                self.out.update(references_of(combined.select(include=names)))

    def second_pass(self) -> None:
        """Write all references to `out`."""
        combined = self._plan()
        if self._original is not None and is_mapper(self.out):
            write_set(self.out, combined)
        elif self.out is self._own_out:
            self.out = references_of(combined)
        else:
            self.out = fill(self.out, combined)
        self.done.update((1, 2, 3))

    def translate(self, filename: str | None = None, storage_options: Mapping[str, Any] | None = None) -> Any:
        """Do all remaining steps.

        Parameters
        ----------
        filename : str
            Also write the result there as JSON.
        storage_options : dict
            Storage options for it, as in fsspec.

        Returns
        -------
        dict
            ``{"version": 1, "refs": {…}}``, or `out` if that is another mapping.
        """
        if 3 not in self.done:
            # Each of many inputs would make Python look at all references of the others.
            with without_collecting():
                self.second_pass()
        if 4 not in self.done:
            if self.postprocess is not None:
                self.out = self.postprocess(self.out)
            self.done.add(4)
        result = self.out
        if isinstance(self.out, dict):
            result = {"version": 1, "refs": dict(self.out)} if self.postprocess is None else consolidate(self.out)
        elif hasattr(self.out, "flush"):
            self.out.flush()
        if filename is not None:
            _write(result if isinstance(result, dict) else consolidate(references_of(self._plan())), filename, storage_options)
        return result


def _dates(values: Any, units: str, calendar: str) -> Any:
    """Numbers as dates of cftime; where only xarray knows the form of the units, as those of Python."""
    cftime: Any = importlib.import_module("cftime")
    try:
        return cftime.num2date(values, units, calendar=calendar)
    except (TypeError, ValueError):
        times: Any = importlib.import_module("xarray.coding.times")
        return times.decode_cf_datetime(values, units, calendar).astype("M8[us]").astype(object)


def _retyped(dataset: VirtualDataset, types: Mapping[str, str]) -> VirtualDataset:
    """The dataset with arrays of whole numbers as arrays of other types of eight bytes."""
    refs = references_of(dataset)
    for name, kind in types.items():
        zarray = json.loads(refs[f"{name}/.zarray"])
        refs[f"{name}/.zarray"] = json.dumps({**zarray, "dtype": kind, "fill_value": _NOT_A_TIME})
    return dataset_of(
        refs, remote_options=dataset._storage_options, remote_protocol=dataset._protocol, name=dataset.name)


def _write(refs: References, filename: str, storage_options: Mapping[str, Any] | None) -> None:
    import fsspec

    with without_collecting():
        text = json.dumps(refs, separators=(",", ":"))
    with fsspec.open(filename, mode="wt", **(storage_options or {})) as file:
        file.write(text)
