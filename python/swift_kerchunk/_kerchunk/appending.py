# SPDX-License-Identifier: Apache-2.0
"""Inputs to a set that exists, by kerchunk's rules."""
from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from swift_kerchunk._access.storage import Storage, protocol_of
from swift_kerchunk._core import calls
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.building.options import request_of
from swift_kerchunk.building.plan import CombinedDataset, Plan
from swift_kerchunk.dataset.dicts import dataset_of, is_mapper
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.wording import counted


def mapper_at(path: str, options: Mapping[str, Any]) -> Any:
    """A `LazyReferenceMapper` for a Parquet set; None where there is none at `path`."""
    import fsspec
    from fsspec.implementations.reference import LazyReferenceMapper

    fs, root = fsspec.core.url_to_fs(path, **options)
    return LazyReferenceMapper(root, fs) if fs.exists(f"{root.rstrip('/')}/.zmetadata") else None


def appended(
    original: Any, inputs: list[Any], joining: dict[str, Any], threshold: int, options: dict[str, Any]
) -> VirtualDataset:
    """The combination of a set that exists, which has its coordinates itself, with `inputs`."""
    task = InputList(
        inputs, options["storage_options"], None, remote_protocol=options["remote_protocol"])
    folder = None
    place = original
    if is_mapper(original):
        original.flush()
        place = original.fs.unstrip_protocol(original.root).removeprefix("file://")
    if not isinstance(place, str) or protocol_of(place) != "file":
        # The library appends to sets of this machine.
        folder = tempfile.TemporaryDirectory(prefix="swift-kerchunk-")
        place = os.path.join(folder.name, "original.parq" if is_mapper(original) else "original.json")
        dataset = dataset_of(original, storage_options=options["storage_options"])
        if is_mapper(original):
            dataset.to_parquet(place, record_sources=False)
        else:
            dataset.to_json(place, record_sources=False)
    remote = Storage(options["remote_options"], options["remote_protocol"])
    leases = [*task.leases, remote.lease]
    reply = calls.run(
        "combine",
        {
            "inputs": task.named, "request": request_of(joining),
            "settings": {"append": place, "zarr_format": 2, "inline_threshold": threshold},
            "storage": task.storage.request, "remote_storage": remote.request,
        },
        objects=task.objects, leases=leases, makes=1)
    combined = CombinedDataset(
        reply.objects[0], reply.document["issues"], f"{counted(len(task.named), 'input')} appended",
        storage_options=options["remote_options"], protocol=options["remote_protocol"], leases=leases)
    combined.plan = Plan(reply.document["plan"], reply.document["plan_text"])
    combined._folder = folder  # type: ignore[attr-defined]  # its chunks may be read later
    return combined


