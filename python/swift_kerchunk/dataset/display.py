# SPDX-License-Identifier: Apache-2.0
"""Datasets as people see them, in xarray's order and words."""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from swift_kerchunk.dataset.metadata import ArrayMetadata, arrays_of, sizes_of
from swift_kerchunk.issues import Issue, Note
from swift_kerchunk.shown import escaped, shown
from swift_kerchunk.wording import counted

#: Gives the first and last values of the coordinate at a path as text; None where the references do not hold them.
Labels = Callable[[str], "dict[str, Any] | None"]

_LONGEST_VALUE = 80


class Shown(NamedTuple):
    """What people see of a dataset."""

    name: str
    #: Attributes by path.
    groups: Mapping[str, Mapping[str, Any]]
    #: Of all groups.
    arrays: Sequence[ArrayMetadata]
    labels: Labels
    issues: Sequence[Issue]
    notes: Sequence[Note]


def parts(arrays: Iterable[ArrayMetadata]) -> list[tuple[str, list[ArrayMetadata]]]:
    """The arrays of a group: coordinates, then data variables."""
    arrays = list(arrays)
    listed = {name for array in arrays for name in str(array.attrs.get("coordinates", "")).split()}
    coordinates = [array for array in arrays if array.name in listed or array.dims == (array.name,)]
    variables = [array for array in arrays if array not in coordinates]
    return [(title, some) for title, some in (("Coordinates", coordinates), ("Data variables", variables)) if some]


def irregular(labels: dict[str, Any] | None) -> list[str]:
    """Where the step of a coordinate is another than mostly, as after days that are missing: one line."""
    count = labels["irregular"] if labels else 0
    if not labels or not count:
        return []
    places = "; ".join(labels["irregular_places"]) + ("; …" if count > len(labels["irregular_places"]) else "")
    return [f"{counted(count, 'irregular step')}: {places}"]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    line = text.splitlines()[0] if text else ""
    return line if line == text and len(line) <= _LONGEST_VALUE else line[:_LONGEST_VALUE] + "…"


def text(dataset: Shown) -> str:
    """For terminals."""
    lines = [f"<swift_kerchunk.VirtualDataset> {shown(dataset.name)}"]
    for group, attributes in dataset.groups.items():
        if group != "/":
            lines.append(f"Group: {group}")
        members = arrays_of(dataset.arrays, group)
        sizes = ", ".join(f"{name}: {size}" for name, size in sizes_of(members).items())
        lines.append(f"Dimensions:  ({sizes})")
        for title, arrays in parts(members):
            width = max(len(array.name) for array in arrays)
            lines.append(f"{title}:")
            for array in arrays:
                lines.append(f"    {array.name:<{width}}  {array.summary()}")
                if array.dims == (array.name,):
                    lines += [f"    {'':<{width}}    {text}" for text in irregular(dataset.labels(array.path))]
        if attributes:
            width = max(len(name) for name in attributes)
            lines.append("Attributes:")
            lines += [f"    {name + ':':<{width + 1}}  {_value(value)}" for name, value in attributes.items()]
    lines += [f"Note: {note}" for note in dataset.notes]
    if dataset.issues:
        lines.append(f"Issues: {len(dataset.issues)} (.issues lists them)")
    return "\n".join(map(escaped, lines))
