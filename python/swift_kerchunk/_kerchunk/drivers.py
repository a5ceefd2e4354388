# SPDX-License-Identifier: Apache-2.0
"""What stands for files among kerchunk's drivers: classes with a URL, and `translate`."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from swift_kerchunk.dataset.dicts import References


def class_factory(func: Callable[..., Any]) -> type:
    """Wrap a function that makes the references of a file in a class with `translate`.

    Parameters
    ----------
    func : callable
        Takes a URL, ``inline_threshold``, ``storage_options`` and more.
    """

    class FunctionWrapper:
        __doc__ = func.__doc__
        __module__ = func.__module__

        def __init__(
            self, url: str, storage_options: Mapping[str, Any] | None = None, inline_threshold: int = 100, **kwargs: Any
        ) -> None:
            self.url = url
            self.storage_options = storage_options
            self.inline = inline_threshold
            self.kwargs = kwargs

        def translate(self) -> Any:
            return func(self.url, inline_threshold=self.inline, storage_options=self.storage_options, **self.kwargs)

        def __repr__(self) -> str:
            return f"<references of one file by {func.__module__}.{func.__qualname__}>"

    return FunctionWrapper


class JustLoad:
    """Existing references, in place of a class that makes them.

    Parameters
    ----------
    url : str
        Path or URL of a JSON file.
    storage_options : dict
        Storage options for it, as in fsspec.
    """

    def __init__(self, url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        self.url = url
        self.storage_options = storage_options or {}

    def translate(self) -> References:
        """Load them."""
        import fsspec

        with fsspec.open(self.url, mode="rb", **self.storage_options) as file:
            refs: References = json.load(file)
        return refs
