# SPDX-License-Identifier: Apache-2.0
"""What combinations are told about the joining: the same for all functions that combine."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from swift_kerchunk._core.storage import scan_names
from swift_kerchunk.wording import near


class Details(TypedDict, total=False):
    """How datasets are made one, beside the dimensions; `swift_kerchunk.combine` tells what each member means."""

    identical_dim: Sequence[str] | str
    coord: Mapping[str, Any]
    coord_dtype: Mapping[str, Any]
    order: Literal["coordinates", "input"]
    duplicates: Literal["error", "first", "last"]
    absent: Literal["error", "union", "intersection"]
    fill_value: Mapping[str, Any]
    load_threshold: int
    load: Sequence[str] | str
    subchunk: bool
    override: Sequence[str] | str
    kerchunk_rules: bool
    drop: Sequence[str] | str
    rename: Mapping[str, str]
    rename_dim: Mapping[str, str]
    set_attr: Mapping[str, Any]
    delete_attr: Sequence[str] | str


class Joining(Details, total=False):
    """All of it."""

    concat_dim: Sequence[str] | str


#: Keywords of `swift_kerchunk.build` about the run.
_RUNNING = (
    "output", "scan", "inline_threshold", "zarr_format", "record_size", "append", "append_wait", "overwrite", "scratch", "memory",
    "jobs", "storage_options", "remote_options", "remote_protocol", "output_options", "on_issue", "progress", "client",
    "on_error", "retries", "batch_size",
)

_LISTS = ("concat_dim", "identical_dim", "load", "override", "drop", "delete_attr")


def request_of(joining: Mapping[str, Any]) -> dict[str, Any]:
    """The joining as the library reads it.

    Raises
    ------
    TypeError
        For a name that is none of `Joining`.
    """
    request = dict(joining)
    for name in request:
        if name in scan_names() and name not in _RUNNING:
            raise TypeError(f"{name!r} is an option of the scan: give scan={{{name!r}: {request[name]!r}}}")
        if name not in Joining.__annotations__:
            raise TypeError(f"unexpected keyword argument {name!r}{near(name, [*Joining.__annotations__, *_RUNNING])}")
    for name in _LISTS:
        value = request.get(name)
        if value is not None:
            request[name] = [value] if isinstance(value, str) else list(value)
    if request.get("coord_dtype"):
        request["coord_dtype"] = {name: _type_name(kind) for name, kind in request["coord_dtype"].items()}
    return {name: plain(value) for name, value in request.items()}


def _type_name(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    import numpy as np

    return str(np.dtype(kind).str)


def plain(value: Any) -> Any:
    """Numbers and arrays of numpy as Python's own, which JSON can hold."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value
