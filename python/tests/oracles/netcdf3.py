# SPDX-License-Identifier: Apache-2.0
"""netCDF-3 files as netCDF4, scipy, xarray and kerchunk read them, beside our references to them."""
import json
import os
import warnings

import arrays
import decoded
from locations import by_references
from outcomes import array_names, open_group

LARGEST = 1 << 24  # elements: more claims a number of records that nobody wrote


def by_netcdf4(path):
    """variable → values as stored; None where netCDF cannot open the file."""
    import netCDF4

    try:
        with netCDF4.Dataset(path) as ds:
            ds.set_auto_maskandscale(False)
            ds.set_auto_chartostring(False)
            if any(variable.size > LARGEST for variable in ds.variables.values()):
                return None
            return {name: variable[...] for name, variable in ds.variables.items()}
    except (OSError, UnicodeDecodeError, SystemError):
        return None


def by_scipy(path):
    """The same by scipy, which reads no CDF-5, takes streams for empty and names for Latin-1."""
    from scipy.io import netcdf_file

    with open(path, "rb") as f:
        if f.read(8)[4:] == b"\xff" * 4:
            return None
    try:
        with netcdf_file(path, "r", mmap=False, maskandscale=False) as ds:
            return {arrays.text(name.encode("latin-1")): variable.data for name, variable in ds.variables.items()}
    except Exception:
        return None


def difference(want, array, zarr_format):
    """How a variable differs from a zarr array, which is big-endian where Zarr can say so."""
    import numpy as np

    if zarr_format == 2 and array.dtype.kind in "iuf" and array.dtype.itemsize > 1 and array.dtype.str[0] != ">":
        return f"type {array.dtype.str}, which is not big-endian"
    want, got = np.asarray(want), np.asarray(array[...])
    return arrays.difference(want.astype(want.dtype.newbyteorder("=")), got.astype(got.dtype.newbyteorder("=")))


def values(path, output, issues, zarr_format):
    """[variable, judge, difference or None] for each variable and each reader that can read it; an issue excuses."""
    warnings.simplefilter("ignore")
    told = {(issue["object"] or "").strip("/") for issue in issues}
    present = {name[1:] for name in array_names(output, zarr_format)}
    group = open_group(output, zarr_format)
    rows = []
    for judge, read in (("netCDF4", by_netcdf4), ("scipy", by_scipy)):
        for name, want in (read(path) or {}).items():
            if name in told:
                continue
            if name not in present:
                rows.append([name, judge, "absent silently"])
                continue
            rows.append([name, judge, difference(want, group[name], zarr_format)])
    return rows


def decoded_differences(path, output, issues, zarr_format):
    """None where netCDF cannot open the file, else how the decoded datasets differ."""
    import xarray as xr

    warnings.simplefilter("ignore")
    if by_netcdf4(path) is None:
        return None
    want = xr.open_dataset(path, engine="netcdf4", decode_cf=False).load()
    for holder in (want, *want.variables.values()):
        for name, value in list(holder.attrs.items()):
            holder.attrs[name] = value if name == "_FillValue" else decoded.plain(value)
    # what lies behind the end of a file is missing; netCDF shows zeros
    cut = {(i["object"] or "").strip("/") for i in issues if "beyond the end of the file" in i["reason"]}
    want = want.drop_vars(cut)
    try:
        decoding = {"decode_times": True}
        want = xr.decode_cf(want, **decoding)
    except ValueError:  # values that are no times
        decoding = {"decode_times": False}
        want = xr.decode_cf(want, **decoding)
    got = xr.open_dataset(decoded.mapper(output), engine="zarr", consolidated=zarr_format == 2 or None,
                          zarr_format=zarr_format, drop_variables=cut, **decoding)
    return decoded.compare(want, got)


def against_kerchunk(path, output):
    """(equal ranges, differing ones, what only one of the two has); None where kerchunk fails."""
    import kerchunk.netCDF3

    warnings.simplefilter("ignore")
    try:
        references = kerchunk.netCDF3.NetCDF3ToZarr(path, inline_threshold=0).translate()
    except Exception:
        return None
    theirs = by_references(references["refs"])
    with open(output, encoding="utf-8") as f:
        ours = by_references(json.load(f)["refs"])
    equal, differing, alone = 0, [], []
    for name in sorted(ours.keys() | theirs.keys()):
        a, b = ours.get(name, {}), theirs.get(name, {})
        for index in sorted(a.keys() | b.keys()):
            if index not in a or index not in b:
                alone.append(f"{name}/{index} is only in {'ours' if index in a else 'kerchunk'}'s")
            elif a[index][1:] == b[index][1:] and os.path.abspath(a[index][0]) == os.path.abspath(b[index][0]):
                equal += 1
            else:
                differing.append(f"{name}/{index} is {a[index][1:]}, kerchunk has {b[index][1:]}")
    return equal, differing, alone
