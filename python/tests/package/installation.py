# SPDX-License-Identifier: Apache-2.0
"""What an installation adds to the package's files: its entry points."""
import os
import tomllib

from places import REPOSITORY


def entry_points():
    """Name of a group → entry points by name, as ``pyproject.toml`` has them."""
    with open(os.path.join(REPOSITORY, "python", "pyproject.toml"), "rb") as project:
        return tomllib.load(project)["project"]["entry-points"]


def python_path(folder):
    """A PYTHONPATH on which the package looks installed."""
    about = os.path.join(folder, "swift_kerchunk-0.dist-info")
    os.mkdir(about)
    with open(os.path.join(about, "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\nName: swift-kerchunk\nVersion: 0\n")
    with open(os.path.join(about, "entry_points.txt"), "w") as file:
        for group, points in entry_points().items():
            file.write(f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items()))
    return os.pathsep.join([str(folder), os.path.join(REPOSITORY, "python"), os.environ.get("PYTHONPATH", "")])
