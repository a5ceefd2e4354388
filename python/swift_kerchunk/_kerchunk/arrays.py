# SPDX-License-Identifier: Apache-2.0
"""kerchunk's simpler ways to join sets: their variables, or one array of each."""
from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from swift_kerchunk._kerchunk.dicts import consolidate, inner, is_simple
from swift_kerchunk._kerchunk.drivers import JustLoad
from swift_kerchunk.building.merging import concat_arrays
from swift_kerchunk.dataset.dicts import References, dataset_of, references_of
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import UsageError


def merge_vars(files: Sequence[Any], storage_options: Mapping[str, Any] | None = None) -> References:
    """Merge the variables of several sets.

    An array that several sets have comes from the last of them.

    Parameters
    ----------
    files : list of dict, str or fsspec.core.OpenFile
        Reference sets with ``refs``, or JSON files.
    storage_options : dict
        Storage options for the files, as in fsspec.

    Returns
    -------
    dict
        A dict like the first set, with all references.

    Raises
    ------
    ValueError
        If two sets have an array of the same name with another shape, other embedded values, or other chunks, which
        would be mixed.
    """
    sets = [_loaded(file, storage_options) for file in files]
    if not sets:
        raise UsageError("no input is given")
    merged = dict(sets[0])
    merged["refs"] = refs = dict(merged["refs"])
    for number, other in enumerate(sets[1:], 1):
        _check_mixture(refs, other["refs"], number)
        refs.update(other["refs"])
    return merged


def _loaded(file: Any, storage_options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if isinstance(file, Mapping):
        return file
    if hasattr(file, "open") and hasattr(file, "full_name"):
        with file as opened:
            refs: dict[str, Any] = json.load(opened)
        return refs
    return JustLoad(os.fspath(file), dict(storage_options or {})).translate()


def _check_mixture(refs: Mapping[str, Any], others: Mapping[str, Any], number: int) -> None:
    """Arrays are taken whole, so both sets must have the same chunks of an array of the same form."""
    both = {key.rpartition("/")[0] for key in others if key.endswith("/.zarray") and key in refs}
    if not both:
        return

    def chunks(one: Mapping[str, Any]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {path: set() for path in both}
        for key in one:
            path, _, name = key.rpartition("/")
            if path in found and not name.startswith(".z"):
                found[path].add(name)
        return found

    mine, theirs = chunks(refs), chunks(others)
    for path in both:
        forms = [json.loads(one[f"{path}/.zarray"]) for one in (refs, others)]
        for member in ("shape", "chunks", "dtype", "fill_value", "order"):
            if forms[0].get(member) != forms[1].get(member):
                raise UsageError(
                    f'"{path}" of input {number} has {member} {forms[1].get(member)}, but in an earlier input'
                    f" {forms[0].get(member)}")
        if mine[path] != theirs[path]:
            raise UsageError(f'"{path}" of input {number} has other chunks than in an earlier input, which would be mixed')
        for name in mine[path]:
            values = refs[f"{path}/{name}"], others[f"{path}/{name}"]
            if all(isinstance(value, str) for value in values) and values[0] != values[1]:
                raise UsageError(f'"{path}" of input {number} has other values than in an earlier input')


def concatenate_arrays(
    files: Sequence[Any],
    storage_options: Mapping[str, Any] | None = None,
    axis: int = 0,
    key_seperator: str = ".",
    path: str | None = None,
    check_arrays: bool = False,
) -> References:
    """Concatenate one array of several sets along an axis.

    Parameters
    ----------
    files : list of dict or str
        Reference sets, or their paths or URLs, in the order along the axis.
    storage_options : dict
        ``target_options``, ``remote_protocol``, ``remote_options``.
    axis : int
        Number of the axis.
    key_seperator : {".", "/"}
        The separator of indices in chunk keys.
    path : str
        Path of the array, with ``/`` or ``.`` between groups; without it each set is one array.
    check_arrays : bool
        No effect here: shapes, dtypes, codecs and chunks are always checked.

    Returns
    -------
    dict
        ``{"version": 1, "refs": {…}}``
    """
    if not files:
        raise UsageError("no input is given")
    options = dict(storage_options or {})
    name = "array" if path is None else "/".join(part for part in path.replace(".", "/").split("/") if part)
    datasets: list[VirtualDataset] = []
    first: References = {}
    for number, file in enumerate(files):
        if isinstance(file, VirtualDataset):
            datasets.append(file)
            continue
        plain = is_simple(file)
        refs = inner(file) if plain else references_of(dataset_of(file, storage_options=options.get("target_options")))
        if not first:
            first = {key: refs[key] for key in (".zgroup", ".zattrs") if key in refs}
        refs = _of_one_array(refs, None if path is None else name, key_seperator)
        datasets.append(dataset_of(
            refs, remote_options=options.get("remote_options"), remote_protocol=options.get("remote_protocol"),
            name=f"input {number}"))
    joined = datasets[0] if len(datasets) == 1 else concat_arrays(datasets, name, axis)
    found = references_of(joined)
    start = name + "/"
    result: References = {} if path is None else {**first}
    for key, value in found.items():
        if not key.startswith(start):
            if path is not None and key not in result and key.rpartition("/")[2] in (".zgroup", ".zattrs"):
                result[key] = value
            continue
        rest = key[len(start):]
        if key_seperator != "." and not rest.startswith(".z"):
            rest = rest.replace(".", key_seperator)
        result[rest if path is None else start + rest] = value
    return consolidate(result)


def _of_one_array(refs: Mapping[str, Any], path: str | None, separator: str) -> References:
    """A set with one array: that at `path`, or the one that the set is, under the name ``array``."""
    start = "" if path is None else path + "/"
    name = "array" if path is None else path
    if start + ".zarray" not in refs:
        raise UsageError(f'an input has no array "{name}"' if path is not None else "an input is not an array: give path=")
    found: References = {".zgroup": '{"zarr_format":2}'}
    for key, value in refs.items():
        if key.startswith(start) and key not in (".zgroup",):
            rest = key[len(start):]
            if not rest.startswith(".z"):
                rest = rest.replace(separator, ".")
            found[f"{name}/{rest}"] = value
    zarray = json.loads(found[f"{name}/.zarray"])
    zarray.pop("dimension_separator", None)
    found[f"{name}/.zarray"] = json.dumps(zarray)
    return found
