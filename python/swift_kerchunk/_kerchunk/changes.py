# SPDX-License-Identifier: Apache-2.0
"""kerchunk's `kerchunk.utils`: changes of reference sets."""
from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

import numpy as np

from swift_kerchunk._references import References, dataset_of, inner, is_simple, normalized, references_of
from swift_kerchunk.arrays import VirtualArray
from swift_kerchunk.dataset import VirtualDataset
from swift_kerchunk.references import inline_text, without_collecting

__all__ = [
    "class_factory", "consolidate", "dereference_archives", "dict_to_store", "do_inline", "encode_fill_value", "fs_as_store",
    "inline_array", "refs_as_fs", "refs_as_store", "rename_target", "rename_target_files", "subchunk", "templateize",
    "translate_refs_serializable",
]


# Stores of zarr and file systems of fsspec


def dict_to_store(store_dict: MutableMapping[str, Any]) -> Any:
    """A store of zarr in memory that has its content in `store_dict`.

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
    """References as a file system of fsspec.

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
    """References as a store of zarr.

    Parameters
    ----------
    refs, fs, remote_protocol, remote_options, **kwargs
        As for `refs_as_fs`.
    read_only : bool
        Whether the store refuses to be written.
    """
    system = refs_as_fs(refs, fs=fs, remote_protocol=remote_protocol, remote_options=remote_options, **kwargs)
    return fs_as_store(system, read_only=read_only)


def fs_as_store(fs: Any, read_only: bool = False) -> Any:
    """A file system of fsspec as a store of zarr.

    Parameters
    ----------
    fs : fsspec.asyn.AsyncFileSystem
        One that is not asynchronous is wrapped.
    read_only : bool
        Whether the store refuses to be written.
    """
    from zarr.storage import FsspecStore

    if not fs.async_impl:
        from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

        fs = AsyncFileSystemWrapper(fs)
    fs.asynchronous = True
    return FsspecStore(fs, read_only=read_only)


# Dicts


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
    """Other URLs for the files behind references.

    Parameters
    ----------
    refs : dict or str
        References, or the path or URL of a set.
    renames : dict
        URLs as they stand in `refs`, and what they become.

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
                found[key] = _document_text(value)
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
        Where the result goes; by default in the place of `url_in`.
    storage_options_in, storage_options_out : dict
        How both are reached, as fsspec takes it; the second is by default the first.
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
    """What strings start with in common, as a template.

    Parameters
    ----------
    strings : list of str
    min_length : int
        Shorter starts are no template.
    template_name : str
        What stands in braces for it.

    Returns
    -------
    dict, list of str
        The template, if any, and strings of which ``format(**template)`` makes the first ones.
    """
    strings = list(strings)
    start = os.path.commonprefix(strings)
    if len(start) < min_length:
        return {}, strings
    return {template_name: start}, [f"{{{template_name}}}{string[len(start):]}" for string in strings]


def class_factory(func: Callable[..., Any]) -> type:
    """A function that makes references of a file, as a class with `translate`.

    Parameters
    ----------
    func : callable
        Takes a URL, ``inline_threshold``, ``storage_options`` and more.
    """

    class FunctionWrapper:
        __doc__ = func.__doc__
        __module__ = func.__module__

        def __init__(
            self, url: str, storage_options: Mapping[str, Any] | None = None, inline_threshold: int = 100, **kwargs: Any
        ) -> None:
            self.url = url
            self.storage_options = storage_options
            self.inline = inline_threshold
            self.kwargs = kwargs

        def translate(self) -> Any:
            return func(self.url, inline_threshold=self.inline, storage_options=self.storage_options, **self.kwargs)

        def __repr__(self) -> str:
            return f"<references of one file by {func.__module__}.{func.__qualname__}>"

    return FunctionWrapper


def encode_fill_value(v: Any, dtype: Any, compressor: Any = None) -> Any:
    """A fill value as Zarr's metadata of version 2 have it.

    Parameters
    ----------
    v : scalar
    dtype : numpy.dtype
        The type of the array.
    compressor : codec
        Encodes values of types with objects in them.
    """
    if v is None:
        return None
    dtype = np.dtype(dtype)
    value = np.asanyarray(v, dtype=dtype).squeeze()
    kind = dtype.kind
    if kind == "V" and dtype.hasobject:
        if compressor is None:
            raise ValueError("values of a type with objects need a compressor")
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


# What the library does


def do_inline(
    store: Any,
    threshold: int,
    remote_options: Mapping[str, Any] | None = None,
    remote_protocol: str | None = None,
) -> References:
    """Embed small chunks.

    Parameters
    ----------
    store : dict or str
        References, or the path or URL of a set.
    threshold : int
        Embed chunks of fewer stored bytes.
    remote_options, remote_protocol
        How the files behind the references are reached.

    Returns
    -------
    dict
        Keys and references, without ``version``.
    """
    dataset = dataset_of(store, remote_options=remote_options, remote_protocol=remote_protocol)
    found = _members(store, dataset)
    with without_collecting():
        for key, value in references_of(dataset.inline(threshold)).items():
            if isinstance(value, str) and isinstance(found.get(key), (list, tuple)):
                found[key] = value.encode()
    return found


def inline_array(
    store: Any,
    threshold: int | None = 1000,
    names: Iterable[str] | None = None,
    remote_options: Mapping[str, Any] | None = None,
) -> References:
    """Embed whole arrays, each as one chunk without codecs.

    Parameters
    ----------
    store : dict or str
        References, or the path or URL of a set.
    threshold : int
        Embed arrays of fewer bytes; 0 embeds none for their size.
    names : list of str
        Embed these arrays whatever their size: names, with dots between those of groups.
    remote_options : dict
        How the files behind the references are reached.

    Returns
    -------
    dict
        Keys and references, without ``version``; what was embedded, and the documents of its arrays, are bytes.
    """
    dataset = dataset_of(store, remote_options=remote_options)
    paths = []
    for name in names or ():
        paths.append(name if name in dataset else name.replace(".", "/"))
    known = [path for path in paths if path in dataset]
    changed = dataset.inline(arrays=[_exactly(path) for path in known], array_size=max(0, threshold or 0))
    found = _members(store, dataset)
    with without_collecting():
        for path in changed:
            _replace(found, path, dataset, changed)
    return found


def _replace(found: References, path: str, old: VirtualDataset, new: VirtualDataset) -> None:
    """Puts the documents and the one chunk of an array in the place of what it had, where it was embedded."""
    before, after = old[path], new[path]
    form = [(array.chunks, array.filters, array.compressor) for array in (before, after)]
    if form[0] == form[1] and not any(isinstance(found.get(key), (list, tuple)) for key in _keys(path, before)):
        return
    inlined = references_of(new.select(include=[_exactly(path)]) if path else new)
    start = f"{path}/" if path else ""
    first = start + (".".join("0" for _ in after.shape) or "0")
    if not isinstance(inlined.get(first), str):
        return
    for key in _keys(path, before):
        found.pop(key, None)
    for key in (f"{start}.zarray", f"{start}.zattrs"):
        found[key] = inlined[key].encode()
    found[first] = _bytes(inlined[first])


def _bytes(text: str) -> bytes:
    """The bytes that an embedded value stands for."""
    return base64.b64decode(text[7:]) if text.startswith("base64:") else text.encode()


def _keys(path: str, array: VirtualArray) -> list[str]:
    """The keys of an array's chunks."""
    start = f"{path}/" if path else ""
    if not array.shape:
        return [f"{start}0"]
    return [start + ".".join(map(str, index)) for index in np.ndindex(*array.grid)]


def _members(store: Any, dataset: VirtualDataset) -> References:
    """The members of a set as they stand in it; those of `dataset` where it is no simple dict."""
    if not is_simple(store):
        return references_of(dataset)
    return {key: _document_text(value) if isinstance(value, dict) else value for key, value in inner(store).items()}


def _document_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _exactly(path: str) -> str:
    """A path that is no name of other arrays in groups."""
    return path if "/" in path else f"/{path}"


def subchunk(store: Any, variable: str, factor: int) -> References:
    """Split the uncompressed chunks of a variable.

    Parameters
    ----------
    store : dict or str
        References, or the path or URL of a set.
    variable : str
        Its path.
    factor : int
        Parts that each chunk becomes.

    Returns
    -------
    dict
        Keys and references, without ``version``.
    """
    dataset = dataset_of(store)
    path = variable.strip("/")
    found = _members(store, dataset)
    for key in _keys(path, dataset[path]) if path in dataset else ():
        found.pop(key, None)
    start = f"{path}/" if path else ""
    for key, value in references_of(dataset.subchunk(variable, factor)).items():
        if key.startswith(start) and (key not in found or key == f"{start}.zarray"):
            found[key] = value
    return found


def dereference_archives(references: Any, remote_options: Mapping[str, Any] | None = None) -> References:
    """Point references to members of ZIP and TAR archives straight into the archives.

    Parameters
    ----------
    references : dict
        Those that point elsewhere stay as they are.
    remote_options : dict
        How the archives are reached, as fsspec takes it.

    Returns
    -------
    dict
        Keys and references, without ``version``.
    """
    if is_free_of_archives(references):
        return dict(inner(references))
    dataset = dataset_of(references, remote_options=remote_options)
    found = _members(references, dataset)
    for key, value in references_of(dataset.dereference()).items():
        # The documents of arrays whose chunks get another codec change, too.
        if isinstance(value, list) or (key.endswith(".zarray") and json.loads(value) != _loaded(found.get(key))):
            found[key] = value
    return found


def _loaded(document: Any) -> Any:
    return json.loads(document) if isinstance(document, (str, bytes)) else document


def is_free_of_archives(references: Any) -> bool:
    """Whether no reference of a dict points to a member of an archive."""
    if not isinstance(references, dict) or references.get("templates") or references.get("gen"):
        return False
    return not any(
        isinstance(value, list) and value and isinstance(value[0], str) and "::" in value[0]
        for value in inner(references).values())
