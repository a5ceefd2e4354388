# SPDX-License-Identifier: Apache-2.0
"""Packages that only some functions need."""
from __future__ import annotations

import importlib
from typing import Any


def needed(module: str, *, extra: str, what: str) -> Any:
    """A module of another package.

    Parameters
    ----------
    module : str
    extra : str
        Of this package, which installs it.
    what : str
        What needs it.

    Raises
    ------
    ImportError
        Where it is not installed, with what installs it.
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ImportError(
            f"{what} needs {package}, which is not installed: pip install 'swift-kerchunk[{extra}]'", name=error.name) from error
