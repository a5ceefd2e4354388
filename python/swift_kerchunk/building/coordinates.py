# SPDX-License-Identifier: Apache-2.0
"""Selectors of kerchunk's `MultiZarrToZarr` as values and selectors of the library."""
from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from swift_kerchunk._core.storage import protocol_of
from swift_kerchunk.errors import UsageError
from swift_kerchunk.wording import counted

_PREFIXES = ("attr:", "vattr:", "data:", "cf:")
_WORDS = ("INDEX", "VARNAME")


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


def evaluated(
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
        match = selector.search(name)
        if match is None:
            raise UsageError(f"the pattern {selector.pattern!r} for {variable!r} is not found in {name!r}")
        return match.groups()[0] if match.groups() else match.group()
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


def located(path: str, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a path, URL or pattern names: the names in full as fsspec gives them, and where the library finds them."""
    if protocol_of(path) == "file" and "::" not in path and not any(mark in path for mark in "*?["):
        place = os.path.abspath(path.removeprefix("file://").removeprefix("local://"))
        return [(f"file://{place}", place)]
    import fsspec

    names = [str(file.full_name) for file in fsspec.open_files(path, **options)]
    if not names:
        raise UsageError(f'nothing matches the pattern "{path}"')
    return [(name, name.removeprefix("file://")) for name in names]
