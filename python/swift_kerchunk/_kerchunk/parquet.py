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

    `url` may be what `fo` is read from: the new set takes the place of the old one when it is whole. Elsewhere than on this
    machine that is not at once: readers may find neither for a while.

    Parameters
    ----------
    fo : str, dict, LazyReferenceMapper or VirtualDataset
        References, or the path or URL of a set.
    url : str
        The directory, replaced where it exists.
    target_protocol : str
        Protocol of `fo` where that is a path without one.
    target_options : dict
        How `fo` is reached, as fsspec takes it.
    storage_options : dict
        How `url` is reached.
    record_size : int
        Chunks of one file.
    categorical_threshold : int
        Without meaning here: URLs are always written once for each file.
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
    """Names at the top of a set of references.

    Parameters
    ----------
    refs : dict
        Keys and references, without ``version``.
    consolidated : bool
        Whether consolidated metadata is added to `refs`, and to the names, where it is not there.

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
