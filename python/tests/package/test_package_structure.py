# SPDX-License-Identifier: Apache-2.0
"""The modules of the package: short, and in layers, as each imports only what is below it, wherever the import stands."""
import ast
import pathlib

import pytest

from places import REPOSITORY

ROOT = pathlib.Path(REPOSITORY, "python", "swift_kerchunk")
MOST_LINES = 400


def modules():
    """The source of each module, by its name."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imports(sources):
    """The modules that each imports: at its start, in functions, and for types alone."""
    found = {}
    for module, source in sources.items():
        names = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module} imports by a relative name"
                for alias in node.names:
                    member = f"{node.module}.{alias.name}"
                    names.add(member if member in sources else node.module)
        found[module] = names & (sources.keys() - {module})
    return found


def circle(graph):
    """Nodes that lead to each other, the first of them again at the end; empty where there are none."""
    done = set()

    def walk(node, path):
        if node in path:
            return [*path[path.index(node):], node]
        if node in done:
            return []
        for following in sorted(graph[node]):
            if found := walk(following, [*path, node]):
                return found
        done.add(node)
        return []

    for node in sorted(graph):
        if found := walk(node, []):
            return found
    return []


def folder(module):
    """The folder that a module is in; modules at the top stand for themselves."""
    parts = module.split(".")
    return ".".join(parts[:2]) if ROOT.joinpath(*parts[1:2]).is_dir() else module


@pytest.fixture(scope="module")
def graph():
    return imports(modules())


def test_circles_are_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    sources = {"p": "", "p.a": "def f():\n    from p import b", "p.b": "import p.a"}
    assert circle(imports(sources)) == ["p.a", "p.b", "p.a"]


def test_modules_import_in_no_circle(graph):
    assert len(graph) > 50 and circle(graph) == []


def test_folders_import_in_no_circle(graph):
    folders = {folder(module): set() for module in graph}
    for module, found in graph.items():
        folders[folder(module)].update(map(folder, found))
    assert circle({name: found - {name} for name, found in folders.items()}) == []


def test_what_calls_the_library_knows_none_of_its_callers(graph):
    below = {"swift_kerchunk.errors"}
    for module, found in graph.items():
        if module.startswith("swift_kerchunk._core."):
            assert {one for one in found if not one.startswith("swift_kerchunk._core")} <= below, module


@pytest.mark.parametrize("module", sorted(modules()))
def test_modules_are_short(module):
    assert len(modules()[module].splitlines()) <= MOST_LINES
