# SPDX-License-Identifier: Apache-2.0
"""Coordinate values that Python finds: by compiled patterns and functions, and dates, as lists that the library takes."""
from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from swift_kerchunk.errors import UsageError
from swift_kerchunk.wording import counted

#: Units of CF, from the finest, and how many of each are one of the next.
_UNITS = (
    ("ns", "nanoseconds", 1000), ("us", "microseconds", 1000), ("ms", "milliseconds", 1000), ("s", "seconds", 60),
    ("m", "minutes", 60), ("h", "hours", 24), ("D", "days", 0),
)

#: How selectors of kerchunk's `MultiZarrToZarr` begin that the library knows, and those that are one word.
_PREFIXES = ("attr:", "vattr:", "data:", "cf:")
_WORDS = ("INDEX", "VARNAME")


def with_values(joining: Mapping[str, Any], names: Sequence[str], *, appends: bool) -> dict[str, Any]:
    """A joining whose ``coord`` has values in the place of what only Python can evaluate.

    Dates become whole numbers, with units among the attributes that are set.

    Parameters
    ----------
    joining
        As `swift_kerchunk.building.options.Joining`.
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
                raise UsageError(f'dates for "{name}" cannot be appended: give numbers in the units of the set')
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
        raise UsageError(f"the pattern {pattern.pattern!r} for {variable!r} does not match {name!r}")
    return match.groups()[0] if match.groups() else match.group()


def _numbers(values: list[Any]) -> tuple[list[list[int]], str]:
    """Dates as whole numbers of the coarsest unit that holds them."""
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


# Those of `MultiZarrToZarr`


def is_evaluated(selector: Any, dtype: Any) -> bool:
    """Whether the values are found here, and not by the library."""
    if callable(selector) or isinstance(selector, (re.Pattern, list, tuple, np.ndarray)):
        return True
    return not (isinstance(selector, str) and (selector.startswith(_PREFIXES) or selector in _WORDS)) and (
        _is_time(dtype) or _is_moment(selector))


def selector_for(selector: Any) -> Any:
    """A selector as the library takes it."""
    if isinstance(selector, str) and not selector.startswith(_PREFIXES) and selector not in _WORDS:
        return f"value:{selector}"
    return selector


def values_of(
    selector: Any, variable: str, names: Sequence[str | None], group: Callable[[int], Any], dtype: Any
) -> tuple[list[Any], Any]:
    """The values of each input, and their type where it is one that the library must be told.

    Parameters
    ----------
    selector
        A function, a compiled pattern, a list with a value for each input, or a constant.
    variable
        Of which coordinate.
    names
        Of the inputs.
    group
        Opens the input of a number with zarr.
    dtype
        What the values shall become, if that was said.
    """
    if isinstance(selector, list) and len(selector) < len(names):
        raise UsageError(f"the list for {variable!r} has {counted(len(selector), 'value')} for {counted(len(names), 'input')}")
    found = [_value(selector, variable, index, name, group) for index, name in enumerate(names)]
    if _is_time(dtype) or any(_is_moment(one) for value in found for one in _each(value)):
        return _moments(found, dtype)
    return [_plain(value) for value in found], None


def _value(selector: Any, variable: str, index: int, name: str | None, group: Callable[[int], Any]) -> Any:
    if isinstance(selector, re.Pattern):
        if name is None:
            raise UsageError(f"the pattern for {variable!r} needs names of inputs: give path= and indicts=")
        return _found(selector, variable, name)
    if callable(selector):
        return selector(index, LazyGroup(lambda: group(index)), variable, name)
    return selector[index] if isinstance(selector, list) else selector


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray):
        value = value.ravel()
    if isinstance(value, (list, tuple, np.ndarray)):
        yield from value
    else:
        yield value


def _is_time(dtype: Any) -> bool:
    if dtype is None:
        return False
    return bool(np.dtype(dtype).kind == "M")


def _is_moment(value: Any) -> bool:
    return isinstance(value, (np.datetime64, datetime.date))


def _moments(found: list[Any], dtype: Any) -> tuple[list[Any], str]:
    """Dates as whole numbers, and the type that they count in."""
    arrays = [np.array(list(_each(value)), dtype="M8" if dtype is None else dtype) for value in found]
    kind = np.dtype(dtype) if dtype is not None else np.result_type(*arrays)
    if np.datetime_data(kind)[0] == "generic":
        kind = np.result_type(*(np.array(array, "M8") for array in arrays))
    return [array.astype(kind).astype(np.int64).tolist() for array in arrays], kind.str


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.ravel().tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        return value.decode()
    return value


class LazyGroup:
    """A zarr group that is opened when it is first looked at: most functions look at names only."""

    def __init__(self, opens: Callable[[], Any]) -> None:
        self._opens = opens
        self._opened: Any = None

    def _group(self) -> Any:
        if self._opened is None:
            self._opened = self._opens()
        return self._opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._group(), name)

    def __getitem__(self, key: Any) -> Any:
        return self._group()[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._group()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._group())

    def __len__(self) -> int:
        return len(self._group())
