# SPDX-License-Identifier: Apache-2.0
"""What xarray shows of a netCDF-4 file, and of the references to it.

The oracle is `xr.decode_cf` of the file as h5netcdf opens it undecoded, its attributes turned into what JSON can hold.
Where h5netcdf cannot open a file (a variable shorter than its unlimited dimension), netCDF4 takes its place.
"""
import math
import warnings

import arrays
import reference_sets


def plain(value):
    """An attribute as JSON holds it."""
    import numpy as np

    if isinstance(value, str):  # h5netcdf leaves what is not UTF-8 as surrogates
        return arrays.text(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, bytes):
        return arrays.text(value)
    if type(value).__name__ == "Empty":
        return "" if value.dtype.kind in "SUO" else []
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.size != 1 else value.reshape(-1)[0]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return arrays.text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return reference_sets.standard_number(value)
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


def holds(value):
    """Whether JSON can hold an attribute: no compound, complex number or reference."""
    import numpy as np

    dtype = np.asarray(value).dtype
    return dtype.names is None and dtype.kind not in "cV" and not (
        dtype.kind == "O" and any(isinstance(v, (np.ndarray, np.void, tuple)) for v in np.asarray(value).ravel())
    )


def undecoded(path, group):
    import xarray as xr

    options = {"decode_cf": False, "group": group or None}
    try:
            return xr.open_dataset(path, engine="h5netcdf", phony_dims="sort", **options).load()
    except Exception:
        ds = xr.open_dataset(path, engine="netcdf4", **options).load()
    # where a variable is shorter than two unlimited dimensions, libnetcdf shows zeros; the rest is fill
    import h5py

    with h5py.File(path) as f:
        for name, variable in list(ds.variables.items()):
            if variable.dtype.kind in "iuf" and name in f[group or "/"]:
                ds[name] = (variable.dims, arrays.expected(f[group or "/"][name], variable.shape), variable.attrs)
    return ds


def oracle(path, group, without=()):
    import xarray as xr

    ds = undecoded(path, group)
    ds = ds.drop_vars([name for name in without if name in ds.variables])
    for holder in (ds, *ds.variables.values()):
        # a fill of the variable's own type stays in it: it is not an attribute once decoded
        for name, value in list(holder.attrs.items()):
            holder.attrs[name] = value if name == "_FillValue" or not holds(value) else plain(value)
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


def aliases(path, group):
    """name → another name of the same dimension scale: readers do not agree which of them names the dimension."""
    import h5py

    first, found = {}, {}
    with h5py.File(path, "r") as f:
        for name, item in f[group or "/"].items():
            if isinstance(item, h5py.Dataset) and item.is_scale:
                found[name] = first.setdefault(h5py.h5o.get_info(item.id).addr, name)
    return {name: other for name, other in found.items() if list(found.values()).count(other) > 1}


def unholdable(path, group):
    """Variables whose type Zarr does not have."""
    import h5py

    with h5py.File(path, "r") as f:
        return {n for n, i in f[group or "/"].items() if isinstance(i, h5py.Dataset) and not arrays.holdable(i.dtype)}


def compare(want, got, skip=(), same_scale=None, other_types=()):
    """The differences of two datasets, as texts."""
    import numpy as np

    same_scale = same_scale or {}
    differences = []
    names, others = set(want.variables), set(got.variables) - set(other_types)
    names -= set(skip) - others
    if names != others:
        differences.append(f"variables lack {sorted(names - others)}, have {sorted(others - names)} more")
    coordinates = set(want.coords) & names
    if coordinates - set(same_scale) != set(got.coords) - set(same_scale):
        differences.append(f"coordinates {sorted(map(str, got.coords))}, not {sorted(map(str, coordinates))}")
    for label, a, b in [("", want.attrs, got.attrs),
                        *((n, want.variables[n].attrs, got.variables[n].attrs) for n in names & others)]:
        for name in sorted(set(a) | set(b)):
            if name not in a or name not in b:
                differences.append(f"{label}@{name} {'is missing' if name in a else 'is more'}")
            elif not same(plain(a[name]), b[name]) and holds(a[name]):
                differences.append(f"{label}@{name} is {b[name]!r}, not {plain(a[name])!r}"[:200])
    for name in sorted(names & others):
        a, b = want.variables[name], got.variables[name]
        if [same_scale.get(d, d) for d in a.dims] != [same_scale.get(d, d) for d in b.dims]:
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
            # xarray masks text by no fill of Zarr's: there the fill itself is shown
            fill = _missing(a.encoding.get("_FillValue"))
            if left != [None if v == fill else v for v in right] if None in left else left != right:
                differences.append(f"{name} has texts {right[:3]}, not {left[:3]}")
        elif x.dtype.names is not None:
            text = arrays.difference(x, y)
            differences += [f"{name}: {text}"] if text else []
        elif arrays.base(x.dtype).newbyteorder("=") != arrays.base(y.dtype).newbyteorder("="):
            differences.append(f"{name} has type {y.dtype}, not {x.dtype}")
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
            other_types = unholdable(path, group)
            want = oracle(path, group, other_types)
        except Exception as error:
            result.append((group, None, f"{type(error).__name__}: {error}"[:200]))
            continue
        skip = {n for n in want.variables if f"/{group}/{n}".replace("//", "/") in told}
        try:
            got = xr.open_dataset(store, engine="zarr", consolidated=zarr_format == 2 or None, group=group or None,
                                  zarr_format=zarr_format)
            result += [(group, True, text) for text in compare(want, got, skip, aliases(path, group), other_types)] or [(group, False, "")]
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
