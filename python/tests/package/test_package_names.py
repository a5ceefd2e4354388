# SPDX-License-Identifier: Apache-2.0
"""The names and signatures of kerchunk's modules: what differs stands in the first table of docs/migration.md."""
import importlib
import inspect
import os
import pkgutil
import re

import pytest

from places import REPOSITORY

MODULES = ("combine", "df", "hdf", "netCDF3", "utils")
#: Modules that have nothing for scripts to call by name.
INTERNAL = {"codecs", "xarray_backend"}


def documented():
    """Names in the first column of the table below the heading."""
    with open(os.path.join(REPOSITORY, "docs", "migration.md"), encoding="utf-8") as file:
        text = file.read()
    section = text.split("## Names that are not there")[1].split("\n## ")[0]
    return {name for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def parameters(function):
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]


def differences(name, theirs, ours):
    if inspect.isclass(theirs):
        found = []
        for member, value in vars(theirs).items():
            if member != "__init__" and member.startswith("_"):
                continue
            if not hasattr(ours, member):
                found.append(f"{name}.{member}")
            elif callable(value) or isinstance(value, classmethod):
                found += differences(f"{name}.{member}", getattr(theirs, member), getattr(ours, member))
        return found
    return [] if parameters(theirs) == parameters(ours) else [name]


def found_differences():
    kerchunk = importlib.import_module("kerchunk")
    own = {module.name for module in pkgutil.iter_modules(importlib.import_module("swift_kerchunk").__path__)}
    modules = {module.name for module in pkgutil.iter_modules(kerchunk.__path__)}
    found = {name for name in modules - own - INTERNAL if not name.startswith("_")}
    for module in MODULES:
        theirs, ours = importlib.import_module(f"kerchunk.{module}"), importlib.import_module(f"swift_kerchunk.{module}")
        for name, value in vars(theirs).items():
            if name.startswith("_") or getattr(value, "__module__", None) != theirs.__name__:
                continue
            if not hasattr(ours, name):
                found.add(f"{module}.{name}")
            else:
                found.update(differences(f"{module}.{name}", value, getattr(ours, name)))
    return found


def test_names_and_signatures_are_kerchunks_but_for_the_documented():
    assert found_differences() == documented()


@pytest.mark.parametrize("name", ["grib2", "fits", "tiff", "zarr", "hdf4"])
def test_formats_that_are_not_there_cannot_be_imported(name):
    with pytest.raises(ImportError):
        importlib.import_module(f"swift_kerchunk.{name}")


def test_the_module_combine_is_the_function_too():
    import swift_kerchunk
    from swift_kerchunk import combine
    from swift_kerchunk.combine import MultiZarrToZarr

    assert swift_kerchunk.combine is combine and combine.MultiZarrToZarr is MultiZarrToZarr
    assert inspect.signature(combine) == inspect.signature(swift_kerchunk.building.combining.combine)
    with pytest.raises(swift_kerchunk.errors.UsageError):
        swift_kerchunk.combine([])
