# SPDX-License-Identifier: Apache-2.0
"""Makes all fixtures again and lists them in README.md: `python Fixtures/make.py`.

`python Fixtures/make.py --list` only rewrites the list.
"""
import importlib
import os
import subprocess
import sys

from fixture import HERE, REGISTRY

SCRIPTS = ["make_structure", "make_layouts", "make_types", "make_netcdf4", "make_netcdf3", "make_broken"]

HEAD = """# Fixtures

Small files that cover the formats, each made by a function of the scripts beside this page. All of them again:

    python Fixtures/make.py

One of them: `python Fixtures/<script> <a word of its name>`. The scripts need the packages of
`python/tests/requirements.txt`. The bytes that come out depend on the versions of libhdf5 and libnetcdf in those packages;
tests compare with what h5py and netCDF4 read, not with bytes.

`broken/` holds files that no scanner may believe: the right answer is an error or an issue, never a trap or a hang.

`hdf5/external_raw_outside.h5` names a file outside its folder on purpose: a scanner must not follow it.

This list is written by `Fixtures/make.py`.
"""


def main():
    sys.path.insert(0, HERE)
    for script in SCRIPTS:
        if "--list" not in sys.argv:
            subprocess.run([sys.executable, os.path.join(HERE, script + ".py")], check=True)
        importlib.import_module(script)
    lines = [HEAD]
    for script in SCRIPTS:
        lines.append(f"\n## {script}.py\n\n| file | what it is |\n|---|---|\n")
        for folder, name, make, beside in REGISTRY:
            if make.__module__ == script:
                files = ", ".join(f"`{folder}/{n}`" for n in (name, *beside))
                lines.append(f"| {files} | {make.__doc__} |\n")
    with open(os.path.join(HERE, "README.md"), "w") as f:
        f.write("".join(lines))


if __name__ == "__main__":
    main()
