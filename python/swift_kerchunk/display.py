# SPDX-License-Identifier: Apache-2.0
"""Datasets as people see them, in xarray's order and words."""
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from swift_kerchunk.shown import escaped, shown

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
            lines += [f"    {array.name:<{width}}  {array.summary()}" for array in arrays]
        if attributes:
            width = max(len(name) for name in attributes)
            lines.append("Attributes:")
            lines += [f"    {name + ':':<{width + 1}}  {_value(value)}" for name, value in attributes.items()]
    if dataset.issues:
        lines.append(f"Issues: {len(dataset.issues)} (.issues lists them)")
    return "\n".join(map(escaped, lines))


def html(dataset: VirtualDataset) -> str:
    """For notebooks."""
    import html as markup

    def cell(value: object) -> str:
        return f"<td style='text-align:left'>{markup.escape(str(value))}</td>"

    def row(*values: object) -> str:
        return "<tr>" + "".join(cell(value) for value in values) + "</tr>"

    pieces = [f"<div><b>VirtualDataset</b> {markup.escape(shown(dataset.name))}"]
    for group, attributes in dataset.groups.items():
        if group != "/":
            pieces.append(f"<h4>{markup.escape(group)}</h4>")
        pieces.append(f"<div>Dimensions: {markup.escape(_sizes(dataset, group))}</div>")
        for title, arrays in parts(dataset, group):
            rows = "".join(
                row(
                    array.name, f"({', '.join(array.dims or ())})", array.dtype, " × ".join(map(str, array.shape)),
                    " × ".join(map(str, array.chunks)))
                for array in arrays
            )
            head = "".join(f"<th style='text-align:left'>{name}</th>" for name in (title, "", "type", "shape", "chunks"))
            pieces.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        if attributes:
            rows = "".join(row(name, _value(value)) for name, value in attributes.items())
            pieces.append(f"<details><summary>Attributes ({len(attributes)})</summary><table>{rows}</table></details>")
    if dataset.issues:
        rows = "".join(row(issue.object, issue.reason, issue.remedy or "") for issue in dataset.issues)
        pieces.append(f"<details><summary>Issues ({len(dataset.issues)})</summary><table>{rows}</table></details>")
    return "".join(pieces) + "</div>"
