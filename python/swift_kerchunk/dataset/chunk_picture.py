# SPDX-License-Identifier: Apache-2.0
"""Pictures of chunk grids: a bar, a rectangle, or a box whose front shows the last two axes."""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

#: Points: the longest edge, and the shortest that is still seen.
_LONGEST, _SHORTEST = 120.0, 12.0
#: Lines across an edge; of more chunks as many stand for all.
_LINES = 24
#: How far back each point of depth leads, to the right and up.
_SLANT = 0.45


def picture(shape: Sequence[int], chunks: Sequence[int]) -> str:
    """An SVG of the grid; axes before the last three are not drawn.

    Parameters
    ----------
    shape, chunks : sequence of int
        Elements of the array, and of a chunk, along each axis.

    Returns
    -------
    str
        Empty for scalars and for arrays without elements.
    """
    if not shape or 0 in shape or 0 in chunks:
        return ""
    shape, chunks = list(shape)[-3:], list(chunks)[-3:]
    if len(shape) == 1:
        shape, chunks = [1, *shape], [1, *chunks]
    edges = _edges(shape)
    height, width = edges[-2:]
    across = list(_lines(shape[-1], chunks[-1], width))
    down = list(_lines(shape[-2], chunks[-2], height))
    depth = edges[0] * _SLANT if len(shape) == 3 else 0.0
    pieces = []
    if depth:
        back = list(_lines(shape[0], chunks[0], depth))
        pieces.append(_polygon((0, depth), (depth, 0), (width + depth, 0), (width, depth)))
        pieces.append(_polygon((width, depth), (width + depth, 0), (width + depth, height), (width, height + depth)))
        for x in across:
            pieces.append(_line(x, depth, x + depth, 0))
        for z in back:
            pieces.append(_line(z, depth - z, width + z, depth - z))
            pieces.append(_line(width + z, depth - z, width + z, height + depth - z))
        for y in down:
            pieces.append(_line(width, depth + y, width + depth, y))
    pieces.append(_polygon((0, depth), (width, depth), (width, height + depth), (0, height + depth)))
    pieces += [_line(x, depth, x, height + depth) for x in across]
    pieces += [_line(0, depth + y, width, depth + y) for y in down]
    size = (width + depth + 2, height + depth + 2)
    return (
        f"<svg width='{size[0]:.0f}' height='{size[1]:.0f}' viewBox='-1 -1 {size[0]:.1f} {size[1]:.1f}'>"
        + "".join(pieces) + "</svg>"
    )


def _edges(shape: Sequence[int]) -> list[float]:
    """Lengths of the edges: by the logarithm, so that a thin side is still seen."""
    logarithms = [math.log2(size + 1) for size in shape]
    longest = max(logarithms)
    return [max(_SHORTEST, _LONGEST * one / longest) for one in logarithms]


def _lines(size: int, chunk: int, edge: float) -> Iterator[float]:
    """Where chunks end inside an edge."""
    count = -(-size // chunk)
    drawn = min(count, _LINES)
    for index in range(1, drawn):
        yield edge * (index * chunk / size if drawn == count else index / drawn)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}'/>"


def _polygon(*points: tuple[float, float]) -> str:
    return "<polygon points='" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + "'/>"
