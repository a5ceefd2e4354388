# SPDX-License-Identifier: Apache-2.0
"""Datasets with the same coordinates, or one array of each, into one."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk.dataset.opening import open
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import UsageError
from swift_kerchunk.issues import OnIssue, report
from swift_kerchunk.wording import counted


def merge(inputs: Iterable[Any], *, zarr_format: Literal[2, 3] = 2, on_issue: OnIssue = "warn") -> VirtualDataset:
    """Merge the variables of several datasets with the same coordinates.

    Parameters
    ----------
    inputs : iterable
        Anything that `swift_kerchunk.open` accepts. Arrays that several inputs have must have the same values.
    zarr_format : {2, 3}
    on_issue : {"warn", "raise", "ignore"}
    """
    datasets = [open(one, on_issue=on_issue) for one in inputs]
    if len(datasets) < 2:
        raise UsageError("merge needs at least two inputs")
    storage = datasets[0]._storage()
    return _joined("merge", {"storage": storage.request, "zarr_format": zarr_format}, datasets, [storage.lease], on_issue)


def concat_arrays(
    inputs: Iterable[Any], array: str, axis: int | str = 0, *, zarr_format: Literal[2, 3] = 2,
    on_issue: OnIssue = "warn",
) -> VirtualDataset:
    """Concatenate one array of several datasets along an axis.

    Parameters
    ----------
    inputs : iterable
        Anything that `swift_kerchunk.open` accepts, in the order along the axis.
    array : str
        Its path.
    axis : int or str
        Its number, or the name of a dimension.
    zarr_format : {2, 3}
    on_issue : {"warn", "raise", "ignore"}
    """
    datasets = [open(one, on_issue=on_issue) for one in inputs]
    if len(datasets) < 2:
        raise UsageError("concat_arrays needs at least two inputs")
    request = {"array": array, "axis": axis, "zarr_format": zarr_format}
    return _joined("concat_arrays", request, datasets, [], on_issue)


def _joined(
    operation: str, request: dict[str, Any], datasets: list[VirtualDataset], leases: list[Lease], on_issue: OnIssue
) -> VirtualDataset:
    first = datasets[0]
    leases = [*leases, *(lease for dataset in datasets for lease in dataset._leases)]
    named = [{"dataset": place, "name": dataset.name} for place, dataset in enumerate(datasets)]
    reply = calls.run(
        operation, {**request, "inputs": named}, objects=[dataset._handle for dataset in datasets], leases=leases, makes=1)
    result = VirtualDataset(
        reply.objects[0], reply.document["issues"], counted(len(datasets), "input"), storage_options=first._storage_options,
        protocol=first._protocol, leases=leases)
    report(result.issues, result.name, on_issue)
    return result
