# SPDX-License-Identifier: Apache-2.0
"""References as Parquet."""
from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from typing import Any

from swift_kerchunk._access.storage import protocol_of
from swift_kerchunk._kerchunk.dicts import save_set
from swift_kerchunk.dataset.dicts import dataset_of


def refs_to_dataframe(
    fo: Any,
    url: str,
    target_protocol: str | None = None,
    target_options: Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    record_size: int = 100_000,
    categorical_threshold: int = 10,
) -> None:
    """Write references as a Parquet set.

    `url` may be the set from which `fo` is read: the new set replaces the old one when it is complete. On remote file
    systems this is not done in one step: for a while readers may find neither.

    Parameters
    ----------
    fo : str, dict, LazyReferenceMapper or VirtualDataset
        References, or the path or URL of a set.
    url : str
        The directory; an existing one is replaced.
    target_protocol : str
        Protocol of `fo` if it is a path without one.
    target_options : dict
        Storage options for `fo`, as in fsspec.
    storage_options : dict
        Storage options for `url`.
    record_size : int
        Chunks of one file.
    categorical_threshold : int
        No effect here: each URL is always written once per file.
    """
    if isinstance(fo, str) and target_protocol and "://" not in fo and target_protocol not in ("file", "local"):
        fo = f"{target_protocol}://{fo}"
    dataset = dataset_of(fo, storage_options=target_options)
    if protocol_of(url) == "file":
        dataset.to_parquet(url, record_size=record_size, overwrite=True, record_sources=False)
        return
    import fsspec

    fs, root = fsspec.core.url_to_fs(url, **(storage_options or {}))
    save_set(dataset, fs, root, record_size)


def get_variables(refs: MutableMapping[str, Any], consolidated: bool = True) -> list[str]:
    """The names at the root of a reference set.

    Parameters
    ----------
    refs : dict
        Keys and references, without ``version``.
    consolidated : bool
        Whether to add consolidated metadata to `refs`, and to the names, if missing.

    Returns
    -------
    list of str
    """
    fields = list(dict.fromkeys(key.split("/", 1)[0] for key in refs))
    if consolidated and ".zmetadata" not in fields:
        documents = {
            key: json.loads(value) if isinstance(value, (str, bytes)) else value
            for key, value in refs.items()
            if key.rpartition("/")[2] in (".zarray", ".zattrs", ".zgroup")
        }
        refs[".zmetadata"] = {"metadata": documents, "zarr_consolidated_format": 1}
        fields.append(".zmetadata")
    return fields
