# SPDX-License-Identifier: Apache-2.0
"""What docs/ARCHITECTURE.md names is in the project: types, functions, modules, folders."""
import pathlib
import re

import pytest

from places import REPOSITORY

ROOT = pathlib.Path(REPOSITORY)
FOLDERS = ["Sources", "Tests", "python", "Scripts", "Benchmarks", "Fuzzing", "Fixtures", "docs"]
PAGE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
#: Names of other projects and standards.
FOREIGN = {"FoundationEssentials", "GitHub", "SwiftPM"}


def words(text):
    return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text))


@pytest.fixture(scope="module")
def known():
    """Every word in the sources, and the names of their files and folders."""
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            found |= words(path.stem)
            if path.suffix in {".swift", ".py", ".h", ".c"}:
                found |= words(path.read_text(encoding="utf-8"))
    return found | words((ROOT / "Package.swift").read_text(encoding="utf-8"))


def camel_case():
    """Names of more than one word: anywhere where they start with a capital, else where they are set as code."""
    names = set(re.findall(r"\b[A-Z][a-z0-9]+[A-Z][A-Za-z0-9]*\b", PAGE))
    for code in re.findall(r"`([^`\n]+)`", PAGE):
        names |= set(re.findall(r"\b[a-z]+[A-Z][A-Za-z0-9]*\b", code))
    return sorted(names - FOREIGN)


def test_the_page_has_names():
    assert len(camel_case()) > 100


def test_names_are_in_the_sources(known):
    assert [name for name in camel_case() if name not in known] == []


def test_folders_of_the_tree_are_there():
    tree = re.search(r"```\n((?:Package.swift|Sources).*?)```", PAGE, re.DOTALL).group(1)
    folders = {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_dir()}
    named = set(re.findall(r"\b([A-Za-z_]+)/(?=[\s;,:)])", tree))
    assert len(named) > 30
    assert sorted(named - folders - set(FOLDERS)) == []
