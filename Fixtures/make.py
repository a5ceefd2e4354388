# SPDX-License-Identifier: Apache-2.0
"""Makes all fixtures again and lists them in README.md: `python Fixtures/make.py`.

`python Fixtures/make.py --list` only rewrites the list.
"""
import importlib
import os
import subprocess
import sys

from fixture import HERE, REGISTRY

SCRIPTS = ["make_structure", "make_layouts", "make_types", "make_netcdf4", "make_netcdf3", "make_broken", "make_archives"]

# folder/script → its files, and what they are; these scripts also say what is in each file
FOLDERS = {
    "references/make_references.py": [
        ("sets/v0.json, sets/v1.json, sets/v3.json, sets/order.json, sets/python.json",
         "JSON reference sets by hand: both versions, Zarr 3, chunks before their documents, what only Python's JSON has"),
        ("sets/specification.json, sets/templates.json, sets/gen.json", "templates and generated references"),
        ("sets/kerchunk_single.json, sets/kerchunk_combined.json, sets/virtualizarr.json", "by kerchunk and by VirtualiZarr"),
        ("sets/compressed.json.gz, sets/compressed.json.zst", "`kerchunk_combined`, compressed"),
        ("expected/*.json", "what fsspec makes of each"),
    ],
    "parquet/make_parquet.py": [
        ("tables/*.parq", "one partition as pyarrow and fastparquet store it under many settings"),
        ("sets/mapper.parq, sets/mapper_category.parq, sets/kerchunk.parq, sets/short.parq",
         "whole sets, by fsspec, by kerchunk, and as GDAL writes them"),
    ],
    "codecs/make_codecs.py": [
        ("codecs.json, codecs.bin", "chunks as libhdf5, its plugins and numcodecs store them, with the bytes that they decode to"),
    ],
    "grib/make_grib.py": [
        ("grib.json, grib.bin", "GRIB messages in all packings and small grids, with the values and coordinates that eccodes decodes"),
    ],
}

HEAD = """# Fixtures

Small files that cover the formats, each made by a function of the scripts beside this page. All of them again:

    python Fixtures/make.py

One of them: `python Fixtures/<script> <a word of its name>`; the scripts inside folders make all of theirs. They need the packages
of `python/tests/requirements.txt`; `grib/make_grib.py` is run by itself, and needs eccodes. The bytes of HDF5 and netCDF files and of chunks depend on the versions of the libraries in
those packages; tests compare with what h5py and netCDF4 read, not with bytes. `references/` and `parquet/` come out equal each
time.

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
    for script in FOLDERS:
        # needs eccodes besides, and takes minutes: by itself
        if "--list" not in sys.argv and script != "grib/make_grib.py":
            subprocess.run([sys.executable, os.path.join(HERE, script)], check=True)
    lines = [HEAD]
    for script in SCRIPTS:
        lines.append(f"\n## {script}.py\n\n| file | what it is |\n|---|---|\n")
        for folder, name, make, beside in REGISTRY:
            if make.__module__ == script:
                files = ", ".join(f"`{folder}/{n}`" for n in (name, *beside))
                lines.append(f"| {files} | {make.__doc__} |\n")
    for script, rows in FOLDERS.items():
        folder = os.path.dirname(script)
        lines.append(f"\n## {script}\n\n| file | what it is |\n|---|---|\n")
        for names, what in rows:
            lines.append("| " + ", ".join(f"`{folder}/{name}`" for name in names.split(", ")) + f" | {what} |\n")
    with open(os.path.join(HERE, "README.md"), "w") as f:
        f.write("".join(lines))


if __name__ == "__main__":
    main()
