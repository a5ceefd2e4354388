# SPDX-License-Identifier: Apache-2.0
"""What calls of this package have in common: keywords that are misspelt, and warnings where the caller stands."""
from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from swift_kerchunk.wording import near

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_PACKAGE = __name__.partition(".")[0]


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the line outside of this package that led here."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)


def keywords_of(function: Callable[..., object]) -> list[str]:
    """The names of the keywords that a function has."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [name for name, one in inspect.signature(function).parameters.items() if one.kind in kinds]


def unexpected(function: str, name: str, known: Iterable[str]) -> TypeError:
    """The error for a keyword that a function does not have."""
    return TypeError(f"{function}() got an unexpected keyword argument {name!r}{near(name, known)}")


def suggesting(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The same function, which says what a keyword may have been meant to be."""
    known = keywords_of(function)

    @functools.wraps(function)
    def called(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result:
        for name in keywords:
            if name not in known:
                raise unexpected(function.__name__, name, known)
        return function(*arguments, **keywords)

    return called
