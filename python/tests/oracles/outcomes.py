# SPDX-License-Identifier: Apache-2.0
"""Compares the arrays of one file with what zarr-python reads through its references."""
import json
import warnings

import arrays
import forms

OUTCOMES = ["equal", "wrong", "absent with issue", "absent silently", "zarr cannot hold: represented",
            "zarr cannot hold: issue", "zarr cannot hold: silently absent", "h5py cannot read", "too large to compare"]


def open_group(output, zarr_format=2):
    import fsspec
    import zarr
    from zarr.storage import FsspecStore

    files = fsspec.filesystem("reference", fo=output, asynchronous=True, skip_instance_cache=True)
    return zarr.open_group(FsspecStore(files, read_only=True, path=""), mode="r", zarr_format=zarr_format)


def array_names(output, zarr_format=2):
    """The arrays in a reference file, as paths that start with a slash."""
    with open(output, encoding="utf-8", errors="surrogateescape") as f:
        references = json.load(f)["refs"]
    if zarr_format == 2:
        return {"/" + key.removesuffix("/.zarray") for key in references if key.endswith("/.zarray")}

    def document(value):
        return json.loads(value) if isinstance(value, str) else value

    return {"/" + key.removesuffix("/zarr.json") for key, value in references.items()
            if key.endswith("/zarr.json") and document(value)["node_type"] == "array"}


def explained(paths, issues):
    """Whether an issue speaks of one of the names, or of a group above them."""
    for issue in issues:
        place = "/" + (issue["object"] or "").strip("/")
        for path in paths:
            if path == place or arrays.display(path) == place or path.startswith(place.rstrip("/") + "/"):
                return True
    return False


def outcomes(path, output, issues, zarr_format=2):
    """[array, outcome, detail] for each array of the file; `output` None: the scan failed."""
    warnings.simplefilter("ignore")
    arrays.environment()
    import h5py
    import numpy as np

    try:
        file = h5py.File(path, "r")
    except OSError:
        return []
    result = []
    with file:
        present = array_names(output, zarr_format) if output else set()
        group = open_group(output, zarr_format) if output else None
        netcdf = arrays.is_netcdf4(file)
        shapes = arrays.netcdf_shapes(path) if netcdf else {}
        for paths, dataset, link in arrays.walk(file):
            if arrays.is_dimension_only(dataset):
                continue
            name = paths[0]
            names = [arrays.display(p) if netcdf else p for p in paths]
            try:
                dtype, shape = dataset.dtype, dataset.shape
                if shape is not None and dataset.size * max(dtype.itemsize, 1) > arrays.LARGEST:
                    result.append([name, "too large to compare", f"{shape} {dtype}"])
                    continue
                want = None if shape is None else arrays.expected(dataset, shapes.get(names[0]) if netcdf else None)
            except Exception as error:
                result.append([name, "h5py cannot read", f"{type(error).__name__}: {error}"[:200]])
                continue
            # zarr takes a backslash in a name for a slash
            can_hold = shape is not None and arrays.holdable(dtype, zarr_format) and "\\" not in name
            here = [n for n in names if n in present]
            if not here:
                spoken = explained(paths, issues) or not output
                if can_hold:
                    outcome = "absent with issue" if spoken else "absent silently"
                else:
                    outcome = "zarr cannot hold: " + ("issue" if spoken else "silently absent")
                reasons = [i["reason"] for i in issues if ("/" + (i["object"] or "").strip("/")) in paths]
                result.append([name, outcome, f"{dtype} {shape} {link} {'; '.join(reasons)}"[:300]])
                continue
            try:
                got = group[here[0][1:]][...]
            except Exception as error:
                text = f"cannot be read: {type(error).__name__}: {error}"[:300]
                # a name that zarr cannot ask for
                spoken = "\\" in name and explained(paths, issues)
                result.append([name, "zarr cannot hold: issue" if spoken else "wrong", text])
                continue
            if not can_hold:
                differs = None if "\\" in name else forms.difference(dataset, got)
                shown = differs or f"{dtype} as {np.asarray(got).dtype}"
                result.append([name, "wrong" if differs else "zarr cannot hold: represented", shown[:200]])
                continue
            differs = arrays.difference(want, got, arrays.is_space_padded(dataset), arrays.is_odd_number(dataset), zarr_format)
            result.append([name, "wrong" if differs else "equal", differs or ""])
    return result
