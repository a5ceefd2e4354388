# SPDX-License-Identifier: Apache-2.0
"""Dicts of references as kerchunk's functions take and give them, and fsspec's mappings over Parquet sets."""
from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

import numpy as np

from swift_kerchunk._access import outputs
from swift_kerchunk.dataset.dicts import References, dataset_of, is_local_system, is_mapper, references_of
from swift_kerchunk.dataset.references import inline_text, without_collecting
from swift_kerchunk.dataset.virtual import VirtualDataset


def inner(refs: Any) -> Any:
    """What stands between keys and references: the member ``refs`` of a set of version 1."""
    return refs["refs"] if isinstance(refs, dict) and "refs" in refs else refs


def is_simple(refs: Any) -> bool:
    """Whether `refs` is a dict without templates and generated references: each member says what it is."""
    if not isinstance(refs, dict):
        return False
    return "refs" not in refs or not (refs.get("templates") or refs.get("gen"))


def normalized(refs: Any, **access: Any) -> References:
    """A new dict of keys and references, as fsspec's reference file system has it: without templates, embedded bytes decoded.

    Parameters
    ----------
    refs
        As for `dataset_of`.
    **access
        As for `dataset_of`.
    """
    if not is_simple(refs):
        refs = references_of(dataset_of(refs, **access))
    with without_collecting():
        return {
            key: base64.b64decode(value[7:]) if type(value) is str and value.startswith("base64:") else value
            for key, value in inner(refs).items()
        }


def fill(out: MutableMapping[str, Any] | None, dataset: VirtualDataset, references: References | None = None) -> Any:
    """Puts the references of `dataset` into `out`, and makes it ready to be read.

    Returns
    -------
    dict or mapping
        `out`, or a new dict where it is None.
    """
    if is_mapper(out):
        write_mapper(out, dataset)
        return out
    found = references_of(dataset) if references is None else references
    if out is None:
        return found
    out.update(found)
    return out


def write_mapper(mapper: Any, dataset: VirtualDataset) -> None:
    """Writes `dataset` to the place of a `LazyReferenceMapper`, which then reads it.

    What a mapper has already stays, unless `dataset` has it too; of documents with other members, these stay.
    """
    mapper.flush()
    if any("/" in key for key in mapper.zmetadata):
        there = references_of(dataset_of(mapper))
        for key, value in references_of(dataset).items():
            if key in there and mapper._is_meta(key):
                value = json.dumps({**json.loads(there[key]), **json.loads(value)})
            there[key] = value
        dataset = dataset_of(there, name=str(mapper.root))
    write_set(mapper, dataset)


def write_set(mapper: Any, dataset: VirtualDataset) -> None:
    """Puts `dataset`, which may be read from there, in the place of what a `LazyReferenceMapper` has."""
    save_set(dataset, mapper.fs, mapper.fs._strip_protocol(mapper.out_root), mapper.record_size)
    mapper.setup()
    mapper.chunk_sizes.clear()
    for cached in (mapper.listdir, mapper._key_to_record):
        cached.cache_clear()


def save_set(dataset: VirtualDataset, fs: Any, root: str, record_size: int) -> None:
    """Puts `dataset` as a Parquet set at `root`, in the place of what is there."""
    if is_local_system(fs):
        dataset.to_parquet(root, record_size=record_size, overwrite=True, record_sources=False)
        return
    # Elsewhere nothing is exchanged at once: all is there before the old set goes.
    with tempfile.TemporaryDirectory(prefix="swift-kerchunk-") as folder:
        local = os.path.join(folder, "refs.parq")
        dataset.to_parquet(local, record_size=record_size, record_sources=False)
        outputs.upload(fs, local, root)


def consolidate(refs: Mapping[str, Any]) -> References:
    """References as a set of version 1 that JSON can hold: bytes become text.

    Parameters
    ----------
    refs : mapping
        Keys and references, without ``version``.
    """
    with without_collecting():
        return {"version": 1, "refs": {key: _text(value) for key, value in refs.items()}}


def _text(value: Any) -> Any:
    if hasattr(value, "to_bytes") and not isinstance(value, int):
        value = value.to_bytes()
    if not isinstance(value, bytes):
        return value
    # Bytes that say they are base64 already, as kerchunk's `do_inline` gives them, stay so.
    return value.decode("ascii") if value.isascii() else inline_text(value)


def _encode_for_JSON(store: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Makes a store JSON can hold, in its place: documents in few characters, bytes as text.

    Parameters
    ----------
    store : dict
        Keys and references, without ``version``.
    """
    for key, value in store.items():
        if isinstance(value, list):
            continue
        try:
            value = json.dumps(json.loads(value), separators=(",", ":"))
        except (ValueError, TypeError):
            pass
        if isinstance(value, bytes):
            try:
                value = value.decode()
            except UnicodeDecodeError:
                value = "base64:" + base64.b64encode(value).decode()
        store[key] = value
    return store


def translate_refs_serializable(refs: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Puts bytes in the place of zarr's buffers, and takes slashes off the start of their keys; in `refs` itself.

    Parameters
    ----------
    refs : dict
    """
    for key in [key for key, value in refs.items() if hasattr(value, "to_bytes") and hasattr(value, "as_numpy_array")]:
        refs[key.removeprefix("/")] = refs.pop(key).to_bytes()
    return refs


def rename_target(refs: Any, renames: Mapping[str, str]) -> References:
    """Change the URLs of the files behind references.

    Parameters
    ----------
    refs : dict or str
        References, or the path or URL of a set.
    renames : dict
        Old URLs, as they are in `refs`, and new ones.

    Returns
    -------
    dict
        ``{"version": 1, "refs": {…}}``.
    """
    found = normalized(refs)
    with without_collecting():
        for key, value in found.items():
            if isinstance(value, (list, tuple)) and value[0] in renames:
                found[key] = [renames[value[0]], *value[1:]]
            elif isinstance(value, dict):
                found[key] = document_text(value)
    return _set_of(found)


def _set_of(found: References) -> References:
    """Normalized references as a set that JSON can hold."""
    with without_collecting():
        return {
            "version": 1,
            "refs": {key: inline_text(value) if isinstance(value, bytes) else value for key, value in found.items()},
        }


def rename_target_files(
    url_in: str,
    renames: Mapping[str, str],
    url_out: str | None = None,
    storage_options_in: Mapping[str, Any] | None = None,
    storage_options_out: Mapping[str, Any] | None = None,
) -> None:
    """The same for a JSON file.

    Parameters
    ----------
    url_in : str
        Path or URL.
    renames : dict
        As for `rename_target`.
    url_out : str
        Where to write the result; by default `url_in` is replaced.
    storage_options_in, storage_options_out : dict
        Storage options for both, as in fsspec; the second defaults to the first.
    """
    import fsspec

    with fsspec.open(url_in, mode="rb", **(storage_options_in or {})) as file:
        old = json.load(file)
    text = json.dumps(rename_target(old, renames), separators=(",", ":"))
    options = storage_options_in if storage_options_out is None else storage_options_out
    with fsspec.open(url_in if url_out is None else url_out, mode="wt", **(options or {})) as file:
        file.write(text)


def templateize(
    strings: Iterable[str], min_length: int = 10, template_name: str = "u"
) -> tuple[dict[str, str], list[str]]:
    """Write the common start of strings as a template.

    Parameters
    ----------
    strings : list of str
    min_length : int
        Shorter starts do not become templates.
    template_name : str
        The name of the template in braces.

    Returns
    -------
    dict, list of str
        The template, if any, and strings from which ``format(**template)`` restores the originals.
    """
    strings = list(strings)
    start = os.path.commonprefix(strings)
    if len(start) < min_length:
        return {}, strings
    return {template_name: start}, [f"{{{template_name}}}{string[len(start):]}" for string in strings]


def document_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def encode_fill_value(v: Any, dtype: Any, compressor: Any = None) -> Any:
    """Encode a fill value as in Zarr version 2 metadata.

    Parameters
    ----------
    v : scalar
    dtype : numpy.dtype
        The type of the array.
    compressor : codec
        Encodes values of dtypes that contain objects.
    """
    if v is None:
        return None
    dtype = np.dtype(dtype)
    value = np.asanyarray(v, dtype=dtype).squeeze()
    kind = dtype.kind
    if kind == "V" and dtype.hasobject:
        if compressor is None:
            raise ValueError("values of a dtype with objects need a compressor")
        return base64.b64encode(compressor.encode(value)).decode()
    if kind == "f":
        if np.isnan(value):
            return "NaN"
        if np.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return float(value)
    if kind in "iu":
        return int(value)
    if kind == "b":
        return bool(value)
    if kind == "c":
        part = np.dtype(np.float64)
        return encode_fill_value(value.real, part, compressor), encode_fill_value(value.imag, part, compressor)
    if kind in "SV":
        return base64.b64encode(value.tobytes()).decode()
    if kind in "mM":
        return int(value.view("i8"))
    return value


def drop(fields: str | tuple[str, ...]) -> Callable[[MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """A `preprocess` that leaves out what starts with `fields`.

    Parameters
    ----------
    fields : str or tuple of str
    """

    def preprocess(refs: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in [key for key in refs if key.startswith(fields)]:
            del refs[key]
        return refs

    return preprocess
