# SPDX-License-Identifier: Apache-2.0
"""Many datasets into one."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from swift_kerchunk._core import calls
from swift_kerchunk._core.calls import Progress
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.inputs import location
from swift_kerchunk._core.storage import Storage
from swift_kerchunk.dataset import Issue, OnIssue, VirtualDataset, report
from swift_kerchunk.errors import UsageError
from swift_kerchunk.opening import open


def combine(
    inputs: Sequence[Any],
    concat_dim: Sequence[str] | str = (),
    *,
    identical_dim: Sequence[str] | str = (),
    coord: Mapping[str, Any] | None = None,
    coord_dtype: Mapping[str, Any] | None = None,
    order: Literal["coordinates", "input"] = "coordinates",
    duplicates: Literal["error", "first", "last"] = "error",
    absent: Literal["error", "union", "intersection"] = "error",
    fill_value: Mapping[str, Any] | None = None,
    load_threshold: int = 1 << 20,
    load: Sequence[str] = (),
    subchunk: bool = False,
    override: Sequence[str] = (),
    kerchunk_rules: bool = False,
    drop: Sequence[str] | str = (),
    rename: Mapping[str, str] | None = None,
    rename_dim: Mapping[str, str] | None = None,
    set_attr: Mapping[str, Any] | None = None,
    delete_attr: Sequence[str] = (),
    inline_threshold: int = 500,
    zarr_format: Literal[2, 3] = 2,
    jobs: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    remote_options: Mapping[str, Any] | None = None,
    remote_protocol: str | None = None,
    on_issue: OnIssue = "warn",
    progress: Progress | None = None,
) -> VirtualDataset:
    """Join many datasets along dimensions into one.

    Without options it finds the dimension whose coordinate differs from input to input. Inputs land where their coordinate
    values say, whatever their order. What does not fit is told at once, for all inputs.

    Parameters
    ----------
    inputs : sequence
        Datasets, dicts of references, or paths and URLs of reference sets.
    concat_dim : str or sequence of str
        Dimensions to join along, outermost first.
    identical_dim : str or sequence of str
        Variables that are taken from the first input, without a look at the others.
    coord : mapping
        Where the values of a dimension come from: ``"data:VARIABLE"``, ``"cf:VARIABLE"``, ``"attr:NAME"``,
        ``"vattr:VARIABLE:NAME"``, ``"index"``, ``"varname"``, ``"regex:PATTERN"``, ``"date:FORM:PATTERN"``, a constant, or a
        list with a value for each input.
    coord_dtype : mapping
        Types of coordinates, as numpy writes them.

    Returns
    -------
    VirtualDataset
        Its chunks are pulled from the inputs when they are asked for.
    """
    if isinstance(inputs, (str, bytes, os.PathLike)):
        raise UsageError("inputs is a sequence of datasets, not one name")
    objects: list[Handle] = []
    named: list[dict[str, Any]] = []
    for index, one in enumerate(inputs):
        text = location(one)
        if text is not None:
            named.append({"references": text})
            continue
        dataset = open(one, storage_options=storage_options)
        named.append({"dataset": len(objects), "name": dataset.name if one is dataset else f"input {index}"})
        objects.append(dataset._handle)
    wish = {
        "concat_dim": _names(concat_dim), "identical_dim": _names(identical_dim), "coord": dict(coord or {}),
        "coord_dtype": {name: str(kind) for name, kind in (coord_dtype or {}).items()}, "order": order,
        "duplicates": duplicates, "absent": absent, "fill_value": dict(fill_value or {}),
        "load_threshold": load_threshold, "load": list(load), "subchunk": subchunk, "override": list(override),
        "kerchunk_rules": kerchunk_rules, "drop": _names(drop), "rename": dict(rename or {}),
        "rename_dim": dict(rename_dim or {}), "set_attr": dict(set_attr or {}), "delete_attr": list(delete_attr),
    }
    settings = {"zarr_format": zarr_format, "jobs": jobs, "inline_threshold": inline_threshold}
    with (
        Storage([one["references"] for one in named if "references" in one], storage_options) as storage,
        Storage([], remote_options or storage_options, remote_protocol) as remote,
    ):
        reply = calls.run(
            "combine",
            {
                "inputs": named, "request": wish, "settings": settings, "storage": storage.request,
                "remote_storage": remote.request,
            },
            objects=objects, lent=storage.lent + remote.lent, makes=1, progress=progress)
    dataset = VirtualDataset(
        reply.objects[0], reply.document["issues"], f"{len(named)} inputs combined",
        remote_options or storage_options, remote_protocol)
    for one in reply.document["input_issues"]:
        dataset.issues += [Issue(i["object"], i["reason"], i["remedy"]) for i in one["issues"]]
    report(dataset.issues, dataset.name, on_issue)
    return dataset


def _names(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
