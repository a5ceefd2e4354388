# SPDX-License-Identifier: Apache-2.0
"""Datasets, arrays and plans in notebooks: sections that open, as xarray has them, and pictures of chunks."""
from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from swift_kerchunk.chunk_picture import picture
from swift_kerchunk.display import irregular, parts
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted

if TYPE_CHECKING:
    from swift_kerchunk.arrays import VirtualArray
    from swift_kerchunk.combining import Plan
    from swift_kerchunk.dataset import VirtualDataset

#: Variables of a group, or rows of a table, that are shown; of more the first ones.
_SHOWN = 200

_STYLE = """<style>
.skr { font-family: inherit; line-height: 1.5; color: var(--jp-content-font-color0, inherit); }
.skr summary { cursor: pointer; }
.skr .skr-title { font-weight: bold; padding-bottom: 2px; border-bottom: 1px solid var(--jp-border-color2, #ccc); }
.skr .skr-title span { font-weight: normal; opacity: .6; padding-left: .6em; }
.skr details { padding-left: .6em; }
.skr .skr-row > summary { display: grid; grid-template-columns: 11em 13em 7em 1fr; column-gap: .6em; }
.skr .skr-row > summary > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.skr .skr-dims, .skr .skr-type { opacity: .7; }
.skr .skr-index { font-weight: bold; }
.skr table { border-collapse: collapse; margin: 2px 0 4px 1em; }
.skr th, .skr td { text-align: left; padding: 1px 1em 1px 0; vertical-align: top; border: 0; background: none; }
.skr th { font-weight: normal; opacity: .7; }
.skr .skr-card { display: flex; gap: 2em; align-items: center; flex-wrap: wrap; padding: 2px 0 4px 1em; }
.skr svg { stroke: currentColor; fill: var(--jp-brand-color3, #8ecae6); fill-opacity: .55; stroke-width: .6; }
.skr pre { margin: 2px 0 2px 1em; padding: 0; background: none; }
</style>"""


def dataset(value: VirtualDataset) -> str:
    """A dataset with all of its groups.

    Parameters
    ----------
    value : VirtualDataset
    """
    counts = value._counts
    groups = [_group(value, path, attributes, counts) for path, attributes in value.groups.items()]
    issues = _table(
        "Issues", [(issue.object, issue.reason, issue.remedy or "") for issue in value.issues], is_open=True)
    notes = _table("Notes", [(note.text, note.remedy or "") for note in value.notes], is_open=True)
    return _page("VirtualDataset", value.name, [*groups, notes, issues])


def array(value: VirtualArray) -> str:
    """One array, with a picture of its chunks.

    Parameters
    ----------
    value : VirtualArray
    """
    counts = value._dataset._counts.get(value.path)
    body = [_card(value, counts), _table("Attributes", _attributes(value.attrs), is_open=True)]
    return _page("VirtualArray", value.path, body)


def plan(value: Plan) -> str:
    """What a combination is to do.

    Parameters
    ----------
    value : Plan
    """
    dimensions = [
        (one["name"], one["length"], one.get("first", ""), one.get("last", ""), one.get("step") or "",
         _irregular(one)) for one in value.get("dimensions", ())
    ]
    variables = [
        (one["path"], ", ".join(one.get("dimensions") or ()), _sizes(one["shape"]), _sizes(one["chunks"]), one["content"])
        for one in value.get("variables", ())
    ]
    inputs = value.get("inputs", ())
    sections = [
        _table("Dimensions", dimensions, ("", "length", "first", "last", "step", ""), is_open=True),
        _table("Variables", variables, ("", "", "shape", "chunks", ""), is_open=True),
        _table("Decided", [(text,) for text in value.get("decisions", ())], is_open=True),
        _table("Differences", [(_text(one),) for one in value.get("differences", ())]),
        _table("Issues", [(_text(one),) for one in value.get("issues", ())], is_open=True),
        _table("Inputs", [(shown(name),) for name in inputs]),
        _section("As text", f"<pre>{html.escape(value.text)}</pre>"),
    ]
    return _page("Plan", counted(len(inputs), "input"), sections)


def _page(kind: str, name: str, sections: Iterable[str]) -> str:
    title = f"<div class='skr-title'>swift_kerchunk.{kind}<span>{html.escape(shown(name))}</span></div>"
    return f"{_STYLE}<div class='skr'>{title}{''.join(sections)}</div>"


def _section(title: str, body: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{html.escape(title)}</summary>{body}</details>"


def _table(title: str, rows: list[tuple[Any, ...]], heads: tuple[str, ...] = (), *, is_open: bool = False) -> str:
    """A section with a table; nothing where there are no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows[:_SHOWN])
    if len(rows) > _SHOWN:
        body += f"<tr><td>and {len(rows) - _SHOWN:,} more</td></tr>"
    head = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return _section(f"{title} ({len(rows):,})", f"<table>{head}<tbody>{body}</tbody></table>", is_open=is_open)


def _group(
    value: VirtualDataset, path: str, attributes: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]]
) -> str:
    sizes = value.sizes_of(path)
    coordinates = {array.name for title, arrays in parts(value, path) if title == "Coordinates" for array in arrays}
    dimensions = ", ".join(
        f"<span class='{'skr-index' if name in coordinates else ''}'>{html.escape(name)}</span>: {size:,}"
        for name, size in sizes.items())
    pieces = [f"<div style='padding-left: .6em'>Dimensions: ({dimensions})</div>"]
    for title, arrays in parts(value, path):
        rows = "".join(
            _row(array, counts.get(array.path), has_values=title == "Coordinates") for array in arrays[:_SHOWN])
        if len(arrays) > _SHOWN:
            rows += f"<div>and {len(arrays) - _SHOWN:,} more</div>"
        pieces.append(_section(f"{title} ({len(arrays):,})", rows, is_open=True))
    pieces.append(_table("Attributes", _attributes(attributes)))
    body = "".join(pieces)
    return body if path == "/" else _section(f"Group {path}", body, is_open=True)


def _row(array: VirtualArray, counts: Mapping[str, int] | None, *, has_values: bool) -> str:
    values = _values(array) if has_values else ""
    gaps = irregular(array._dataset, array.path) if has_values and array.dims == (array.name,) else []
    values += "".join(f" ({text.partition(':')[0]})" for text in gaps)
    preview = values or f"{_sizes(array.shape)} in {counted(math.prod(array.grid), 'chunk')}"
    cells = [
        f"<span class='{'skr-index' if array.dims == (array.name,) else ''}'>{html.escape(array.name)}</span>",
        f"<span class='skr-dims'>({html.escape(', '.join(array.dims or ()))})</span>",
        f"<span class='skr-type'>{html.escape(str(array.dtype))}</span>",
        f"<span>{html.escape(preview)}</span>",
    ]
    body = _card(array, counts) + _table("Attributes", _attributes(array.attrs), is_open=True)
    return f"<details class='skr-row'><summary>{''.join(cells)}</summary>{body}</details>"


def _card(array: VirtualArray, counts: Mapping[str, int] | None) -> str:
    """Size, type, chunks and codecs, beside a picture."""
    chunks = f"{counted(math.prod(array.grid), 'chunk')} of {_sizes(array.chunks)}"
    rows = [("Dimensions", ", ".join(array.dims or ()) or "–"), ("Shape", _sizes(array.shape)), ("Type", str(array.dtype))]
    # Strings of any length have no size of their own.
    if not array.dtype.hasobject:
        rows.append(("Decoded size", _bytes(math.prod(array.shape) * array.dtype.itemsize)))
        chunks += f", {_bytes(math.prod(array.chunks) * array.dtype.itemsize)} each"
    rows.append(("Chunks", chunks))
    if counts is not None:
        stored = f"{counts['references']:,} in files ({_bytes(counts['bytes'])})"
        for name in ("inline", "missing"):
            if counts[name]:
                stored += f", {counts[name]:,} {name}"
        rows.append(("References", stored))
    codecs = [*array.filters, *([array.compressor] if array.compressor else [])]
    rows.append(("Codecs", ", ".join(str(one.get("id", "?")) for one in codecs) or "none"))
    if array.fill_value is not None:
        rows.append(("Fill value", _text(array.fill_value)))
    values = _values(array) if array.ndim == 1 else ""
    if values:
        rows.append(("Values", values))
        rows += [("Steps", text) for text in irregular(array._dataset, array.path)]
    table = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<div class='skr-card'><table><tbody>{table}</tbody></table>{picture(array.shape, array.chunks)}</div>"


def _values(array: VirtualArray) -> str:
    """The first and last values of a coordinate, where the references hold them."""
    labels = array._dataset._labels(array.path)
    if labels is None:
        return ""
    first, last = labels["first"], labels["last"]
    return " ".join([*first, *(["…"] if len(first) + len(last) < labels["count"] else []), *last])


def _irregular(dimension: Mapping[str, Any]) -> str:
    count = dimension.get("irregular") or 0
    return counted(count, "irregular step") if count else ""


def _attributes(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in attributes.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sizes(sizes: Iterable[int]) -> str:
    return "(" + ", ".join(f"{size:,}" for size in sizes) + ")"


def _bytes(count: float) -> str:
    for unit in ("B", "kiB", "MiB", "GiB", "TiB"):
        if count < 1024:
            break
        count /= 1024
    else:
        unit = "PiB"
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.2f} {unit}"
