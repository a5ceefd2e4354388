# SPDX-License-Identifier: Apache-2.0
"""Coordinate values that Python finds: by compiled patterns and functions, and dates, as lists that the library takes."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from swift_kerchunk._selecting import _each, _is_moment, _moments
from swift_kerchunk.errors import UsageError

#: Units of CF, from the finest, and how many of each are one of the next.
_UNITS = (
    ("ns", "nanoseconds", 1000), ("us", "microseconds", 1000), ("ms", "milliseconds", 1000), ("s", "seconds", 60),
    ("m", "minutes", 60), ("h", "hours", 24), ("D", "days", 0),
)


def evaluated(joining: Mapping[str, Any], names: Sequence[str], *, appends: bool) -> dict[str, Any]:
    """A joining whose ``coord`` has values in the place of what only Python can evaluate.

    Dates become whole numbers, with units among the attributes that are set.

    Parameters
    ----------
    joining
        As `swift_kerchunk.joining.Joining`.
    names
        Of all inputs.
    appends
        Whether a set is there, which has units already.
    """
    result = dict(joining)
    coord: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for name, selector in (joining.get("coord") or {}).items():
        values = _values(selector, name, names)
        if isinstance(values, (list, tuple)) and any(_is_moment(one) for value in values for one in _each(value)):
            if appends:
                raise UsageError(f'dates for "{name}" cannot be appended: give numbers in the units that the set has')
            if name in (joining.get("coord_dtype") or {}):
                raise UsageError(f'dates for "{name}" become numbers with units: leave out its coord_dtype')
            values, units = _numbers(list(values))
            attributes |= {f"{name}:units": f"{units} since 1970-01-01", f"{name}:calendar": "proleptic_gregorian"}
        coord[name] = values
    if coord:
        result["coord"] = coord
    if attributes:
        result["set_attr"] = {**attributes, **(joining.get("set_attr") or {})}
    return result


def _values(selector: Any, variable: str, names: Sequence[str]) -> Any:
    if isinstance(selector, re.Pattern):
        return [_found(selector, variable, name) for name in names]
    if callable(selector):
        return [selector(index, name) for index, name in enumerate(names)]
    if _is_moment(selector):
        return [selector] * len(names)
    if getattr(getattr(selector, "dtype", None), "kind", "") == "M":
        return list(selector)
    return selector


def _found(pattern: re.Pattern[str], variable: str, name: str) -> Any:
    match = pattern.search(name)
    if match is None:
        raise UsageError(f"the pattern {pattern.pattern!r} for {variable!r} is not found in {name!r}")
    return match.groups()[0] if match.groups() else match.group()


def _numbers(values: list[Any]) -> tuple[list[list[int]], str]:
    """Dates as whole numbers of the coarsest unit that holds them."""
    import numpy as np

    moments, kind = _moments(values, None)
    unit = np.datetime_data(np.dtype(kind))[0]
    if unit not in [short for short, _, _ in _UNITS]:
        moments, unit = _moments(values, "M8[D]")[0], "D"
    if any(number == np.iinfo(np.int64).min for each in moments for number in each):
        raise UsageError("a date is missing (NaT)")
    place = [short for short, _, _ in _UNITS].index(unit)
    while (factor := _UNITS[place][2]) and all(number % factor == 0 for each in moments for number in each):
        moments = [[number // factor for number in each] for each in moments]
        place += 1
    return moments, _UNITS[place][1]
