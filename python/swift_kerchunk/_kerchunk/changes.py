# SPDX-License-Identifier: Apache-2.0
"""Changes of reference sets that the library makes: embedding, splitting, archives."""
from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from swift_kerchunk._kerchunk.dicts import document_text, inner, is_simple
from swift_kerchunk.dataset.arrays import VirtualArray
from swift_kerchunk.dataset.dicts import References, dataset_of, references_of
from swift_kerchunk.dataset.references import without_collecting
from swift_kerchunk.dataset.virtual import VirtualDataset


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
        Storage options for the files behind the references.

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
        Embed arrays of fewer bytes; 0 embeds none because of their size.
    names : list of str
        Embed these arrays whatever their size: names, with dots between those of groups.
    remote_options : dict
        Storage options for the files behind the references.

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
    return {key: document_text(value) if isinstance(value, dict) else value for key, value in inner(store).items()}


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
        Number of parts per chunk.

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
    """Turn references to members of ZIP and TAR archives into byte ranges of the archives.

    Parameters
    ----------
    references : dict
        References that point elsewhere stay as they are.
    remote_options : dict
        Storage options for the archives, as in fsspec.

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
