# SPDX-License-Identifier: Apache-2.0
"""Datasets as people see them, in xarray's order and words."""
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from swift_kerchunk.shown import escaped, shown
from swift_kerchunk.wording import counted

if TYPE_CHECKING:
    from swift_kerchunk.arrays import VirtualArray
    from swift_kerchunk.dataset import VirtualDataset

_LONGEST_VALUE = 80


def parts(dataset: VirtualDataset, group: str) -> list[tuple[str, list[VirtualArray]]]:
    """The arrays of a group: coordinates, then data variables."""
    arrays = dataset.arrays_of(group)
    listed = {name for array in arrays for name in str(array.attrs.get("coordinates", "")).split()}
    coordinates = [array for array in arrays if array.name in listed or array.dims == (array.name,)]
    variables = [array for array in arrays if array not in coordinates]
    return [(title, some) for title, some in (("Coordinates", coordinates), ("Data variables", variables)) if some]


def _sizes(dataset: VirtualDataset, group: str) -> str:
    return ", ".join(f"{name}: {size}" for name, size in dataset.sizes_of(group).items())


def irregular(dataset: VirtualDataset, path: str) -> list[str]:
    """Where the step of a coordinate is another than mostly, as after days that are missing: one line."""
    labels = dataset._labels(path)
    count = labels["irregular"] if labels else 0
    if not labels or not count:
        return []
    places = "; ".join(labels["irregular_places"]) + ("; …" if count > len(labels["irregular_places"]) else "")
    return [f"{counted(count, 'irregular step')}: {places}"]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    line = text.splitlines()[0] if text else ""
    return line if line == text and len(line) <= _LONGEST_VALUE else line[:_LONGEST_VALUE] + "…"


def text(dataset: VirtualDataset) -> str:
    """For terminals."""
    lines = [f"<swift_kerchunk.VirtualDataset> {shown(dataset.name)}"]
    for group, attributes in dataset.groups.items():
        if group != "/":
            lines.append(f"Group: {group}")
        lines.append(f"Dimensions:  ({_sizes(dataset, group)})")
        for title, arrays in parts(dataset, group):
            width = max(len(array.name) for array in arrays)
            lines.append(f"{title}:")
            for array in arrays:
                lines.append(f"    {array.name:<{width}}  {array.summary()}")
                if array.dims == (array.name,):
                    lines += [f"    {'':<{width}}    {text}" for text in irregular(dataset, array.path)]
        if attributes:
            width = max(len(name) for name in attributes)
            lines.append("Attributes:")
            lines += [f"    {name + ':':<{width + 1}}  {_value(value)}" for name, value in attributes.items()]
    lines += [f"Note: {note}" for note in dataset.notes]
    if dataset.issues:
        lines.append(f"Issues: {len(dataset.issues)} (.issues lists them)")
    return "\n".join(map(escaped, lines))
