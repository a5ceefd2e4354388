# SPDX-License-Identifier: Apache-2.0
"""What xarray shows of a netCDF-4 file, and of the references to it.

The oracle is `xr.decode_cf` of the file as h5netcdf opens it undecoded, its attributes turned into what JSON can hold.
Where h5netcdf cannot open a file (a variable shorter than its unlimited dimension), netCDF4 takes its place.
"""
import math
import warnings

import arrays


def plain(value):
    """An attribute as JSON holds it."""
    import numpy as np

    if isinstance(value, bytes):
        return arrays.text(value)
    if type(value).__name__ == "Empty":
        return "" if value.dtype.kind in "SUO" else []
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.size != 1 else value.reshape(-1)[0]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list):
        return value[0] if len(value) == 1 and not isinstance(value[0], list) else [plain(v) for v in value]
    return value


def same(a, b):
    """Equal as JSON values: numbers with their kind, NaN with NaN."""
    if isinstance(a, list) or isinstance(b, list):
        return isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    return type(a) is type(b) and a == b


def undecoded(path, group):
    import xarray as xr

    options = {"decode_cf": False, "group": group or None}
    try:
        # as seen by the oracle, enums are their integers
        return xr.open_dataset(path, engine="h5netcdf", phony_dims="sort", **options).load()
    except Exception:
        return xr.open_dataset(path, engine="netcdf4", **options).load()


def oracle(path, group):
    import xarray as xr

    ds = undecoded(path, group)
    for holder in (ds, *ds.variables.values()):
        # a fill of the variable's own type stays in it: it is not an attribute once decoded
        for name, value in list(holder.attrs.items()):
            holder.attrs[name] = value if name == "_FillValue" else plain(value)
    return xr.decode_cf(ds)


def groups_of(path):
    import h5py

    found = [""]
    with h5py.File(path, "r") as f:
        f.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Group) else None)
    return found


def mapper(output):
    import fsspec

    return fsspec.filesystem("reference", fo=output, skip_instance_cache=True).get_mapper("")


def compare(want, got, skip=()):
    """The differences of two datasets, as texts."""
    import numpy as np

    differences = []
    names, others = set(want.variables) - set(skip), set(got.variables)
    if names != others:
        differences.append(f"variables lack {sorted(names - others)}, have {sorted(others - names)} more")
    coordinates = set(want.coords) & names
    if coordinates != set(got.coords):
        differences.append(f"coordinates {sorted(map(str, got.coords))}, not {sorted(map(str, coordinates))}")
    for label, a, b in [("", want.attrs, got.attrs),
                        *((n, want.variables[n].attrs, got.variables[n].attrs) for n in names & others)]:
        for name in sorted(set(a) | set(b)):
            if name not in a or name not in b:
                differences.append(f"{label}@{name} {'is missing' if name in a else 'is more'}")
            elif not same(plain(a[name]), b[name]):
                differences.append(f"{label}@{name} is {b[name]!r}, not {plain(a[name])!r}"[:200])
    for name in sorted(names & others):
        a, b = want.variables[name], got.variables[name]
        if a.dims != b.dims:
            differences.append(f"{name} has dimensions {b.dims}, not {a.dims}")
            continue
        try:
            x, y = np.asarray(a.values), np.asarray(b.values)
        except Exception as error:
            differences.append(f"{name} cannot be read: {type(error).__name__}: {error}"[:200])
            continue
        if x.shape != y.shape:
            differences.append(f"{name} has shape {y.shape}, not {x.shape}")
        elif x.dtype.kind in "OUT" or y.dtype.kind in "OUT":
            # text: missing ones (None, NaN after decoding) count as equal to each other only
            left, right = [_missing(v) for v in x.ravel()], [_missing(v) for v in y.ravel()]
            if left != right:
                differences.append(f"{name} has texts {right[:3]}, not {left[:3]}")
        elif arrays.base(x.dtype).newbyteorder("=") != arrays.base(y.dtype).newbyteorder("="):
            differences.append(f"{name} has type {y.dtype}, not {x.dtype}")
        elif x.dtype.names is not None:
            text = arrays.difference(x, y)
            differences += [f"{name}: {text}"] if text else []
        elif not np.array_equal(x, y, equal_nan=x.dtype.kind in "fcmM"):
            differences.append(f"{name} has values {y.ravel()[:4]}, not {x.ravel()[:4]}")
    return differences


def _missing(value):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return arrays.text(value)


def differences(path, output, issues, zarr_format):
    """(group, difference) for each group of a file; a group that the oracle itself cannot open counts as None."""
    import xarray as xr

    warnings.simplefilter("ignore")
    result = []
    told = {"/" + (i["object"] or "").strip("/") for i in issues}
    store = mapper(output)
    for group in groups_of(path):
        try:
            want = oracle(path, group)
        except Exception as error:
            result.append((group, None, f"{type(error).__name__}: {error}"[:200]))
            continue
        skip = {n for n in want.variables if f"/{group}/{n}".replace("//", "/") in told}
        try:
            got = xr.open_dataset(store, engine="zarr", consolidated=zarr_format == 2 or None, group=group or None,
                                  zarr_format=zarr_format)
            result += [(group, True, text) for text in compare(want, got, skip)] or [(group, False, "")]
        except Exception as error:
            result.append((group, True, f"cannot be opened: {type(error).__name__}: {error}"[:300]))
    try:
        tree = xr.open_datatree(store, engine="zarr", consolidated=zarr_format == 2 or None, zarr_format=zarr_format)
        names = {node.path.strip("/") for node in tree.subtree}
        if names != set(groups_of(path)):
            result.append(("", True, f"the tree has groups {sorted(names)}, not {groups_of(path)}"))
    except Exception as error:
        try:
            with xr.open_datatree(path, engine="h5netcdf", phony_dims="sort"):
                result.append(("", True, f"no tree: {type(error).__name__}: {error}"[:300]))
        except Exception:
            result.append(("", None, "h5netcdf opens no tree either"))
    return result
