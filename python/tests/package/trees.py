# SPDX-License-Identifier: Apache-2.0
"""Files and folders, compared byte for byte."""
import os


def tree(path):
    """Name → bytes of all files of a set."""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return {"": file.read()}
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.relpath(os.path.join(folder, name), path)] = file.read()
    return found


def assert_same(path, other):
    one, other = tree(path), tree(other)
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []
