# SPDX-License-Identifier: Apache-2.0
"""Small series of netCDF-4 files, their references, and how combined references are held against other readers."""
import json
import os
import warnings

import fsspec
import netCDF4
import numpy as np
import xarray as xr

import decoded
from command import kerchunk

warnings.simplefilter("ignore")

LAT, LON = np.array([-45.0, 0.0, 45.0]), np.array([0.0, 120.0, 240.0, 300.0])


class Var:
    """A variable of a file: dimensions, values, and how it is stored."""

    def __init__(self, dims, values, dtype=None, chunks=None, zlib=True, fill=None, **attributes):
        self.dims = dims.split() if isinstance(dims, str) else list(dims)
        self.values = np.asarray(values)
        self.dtype = dtype or (str if self.values.dtype.kind in "UO" else self.values.dtype)
        self.chunks, self.zlib, self.fill, self.attributes = chunks, zlib, fill, attributes


def write(path, variables, unlimited=("time",), groups=None, **attributes):
    """A file; `variables`: name → Var; `groups`: path → the same."""
    with netCDF4.Dataset(path, "w", format="NETCDF4") as ds:
        _fill(ds, variables, unlimited, attributes)
        for name, inner in (groups or {}).items():
            _fill(ds.createGroup(name), inner, unlimited, {"group": name})
    return str(path)


def _fill(group, variables, unlimited, attributes):
    group.setncatts(attributes)
    known = set()
    above = group
    while above is not None:
        known |= set(above.dimensions)
        above = above.parent
    for variable in variables.values():
        for name, size in zip(variable.dims, variable.values.shape):
            # a group with a coordinate of its own has a dimension of its own
            if name not in known or (name in variables and name not in group.dimensions):
                group.createDimension(name, None if name in unlimited else size)
                known.add(name)
    for name, variable in variables.items():
        is_chunked = variable.dims and (variable.chunks is not None or variable.zlib)
        v = group.createVariable(
            name, variable.dtype, variable.dims, zlib=bool(variable.zlib and variable.dims and variable.dtype is not str),
            chunksizes=variable.chunks if is_chunked else None, fill_value=variable.fill)
        v.set_auto_maskandscale(False)
        v.setncatts(variable.attributes)
        if variable.dtype is str:
            v[...] = variable.values.astype(object)
        else:
            v[...] = variable.values


def field(shape, seed, dtype="f4"):
    return np.random.default_rng(seed).normal(280, 10, shape).astype(dtype)


def slices(times, seed=0, units="days since 2000-01-01", calendar="standard", chunk=None, **more):
    """The variables of a usual file: `tas` on a grid, a chunk for each step, and the coordinates."""
    times = np.asarray(times)
    found = {
        "time": Var("time", times, chunks=[chunk or max(1, times.size)], units=units, calendar=calendar,
                    standard_name="time"),
        "lat": Var("lat", LAT, units="degrees_north"),
        "lon": Var("lon", LON, units="degrees_east"),
        "tas": Var("time lat lon", field((times.size, 3, 4), seed), chunks=[1, 3, 4], units="K", long_name="temperature"),
    }
    found.update(more)
    return {name: variable for name, variable in found.items() if variable is not None}


def usual(directory, lengths=(3, 3, 3), **more):
    """Files one behind the other in time."""
    files, start = [], 0
    for number, length in enumerate(lengths):
        files.append(write(directory / f"part_{number}.nc", slices(np.arange(start, start + length, dtype="f8"), number,
                                                                  **more), title="a series"))
        start += length
    return files


# MARK: References


def scanned(files, directory, *options):
    """The references of each file, in the order of the files."""
    os.makedirs(directory, exist_ok=True)
    outputs = []
    for number, path in enumerate(files):
        # names of inputs are those of the files, in a folder of their own where they would be the same
        output = os.path.join(directory, os.path.basename(path) + ".json")
        assert output not in outputs, "two files of one name"
        outputs.append(output)
    run = kerchunk("scan", *files, "-o", directory if len(files) > 1 else outputs[0], "--overwrite", "--quiet", *options)
    assert run.status == 0, run.err
    return outputs


def combine(references, output, *options, status=0):
    run = kerchunk("combine", *references, "-o", output, "--overwrite", *options)
    assert run.status == status, f"exit status {run.status}: {run.err[-3000:]}"
    return run


def plan(references, *options):
    """The plan as programs see it."""
    run = kerchunk("combine", *references, "-o", "nothing.json", "--dry-run", "--json", *options)
    assert run.status == 0, run.err
    return json.loads(run.out)


def opened(path, group=None, **options):
    """The combined references as xarray's users open them."""
    if group is None:
        return xr.open_dataset(str(path), engine="kerchunk", storage_options={"remote_protocol": "file"}, **options)
    # told the protocol, fsspec need not look for it in the references, which fails at groups of Parquet sets
    fs = fsspec.filesystem("reference", fo=str(path), remote_protocol="file", skip_instance_cache=True)
    return xr.open_dataset(fs.get_mapper(""), engine="zarr", group=group, consolidated=True, **options)


def opened_v3(path):
    """The same of references with Zarr 3 metadata, which kerchunk's engine does not know."""
    return xr.open_dataset(decoded.mapper(str(path)), engine="zarr", zarr_format=3)


# MARK: Oracles


def loaded(path, preprocess=None, **options):
    with xr.open_dataset(path, engine="netcdf4", **options) as ds:
        ds = ds.load()
    return preprocess(ds) if preprocess else ds


MINIMAL = {"data_vars": "minimal", "coords": "minimal", "compat": "override", "join": "outer"}


def by_coordinates(files, preprocess=None, **options):
    """What `xarray.open_mfdataset(files, combine="by_coords", …)` makes of them."""
    return xr.combine_by_coords([loaded(path, preprocess) for path in files], combine_attrs="override",
                                **{**MINIMAL, **options})


def nested(files, dimension, preprocess=None, **options):
    """What `xarray.open_mfdataset(files, combine="nested", …)` makes of them."""
    def read(item):
        return [read(inner) for inner in item] if isinstance(item, list) else loaded(item, preprocess)

    return xr.combine_nested(read(list(files)), dimension, combine_attrs="override", **{**MINIMAL, **options})


def multi_zarr_to_zarr(references, **options):
    """kerchunk's own combination of the same references."""
    from kerchunk.combine import MultiZarrToZarr

    # its zarr writes a key of version 3 that version 2's readers do not mind
    return MultiZarrToZarr(references, remote_protocol="file", **options).translate()


def of_kerchunk(references):
    return xr.open_dataset(references, engine="kerchunk", storage_options={"remote_protocol": "file"}).load()


# MARK: Comparison


def differences(want, got):
    """What two datasets differ in, bit by bit."""
    found = []
    if set(want.variables) != set(got.variables):
        found.append(f"variables {sorted(map(str, got.variables))}, not {sorted(map(str, want.variables))}")
    if set(want.coords) != set(got.coords):
        found.append(f"coordinates {sorted(map(str, got.coords))}, not {sorted(map(str, want.coords))}")
    names = [name for name in want.variables if name in got.variables]
    for label, a, b in [("", want.attrs, got.attrs), *((n, want[n].attrs, got[n].attrs) for n in names)]:
        for name in sorted({*a, *b}):
            if name not in a or name not in b:
                found.append(f"{label}@{name} {'is missing' if name in a else 'is more'}")
            elif not decoded.same(decoded.plain(a[name]), decoded.plain(b[name])):
                found.append(f"{label}@{name} is {b[name]!r}, not {a[name]!r}")
    for name in names:
        a, b = want[name], got[name]
        if a.dims != b.dims or a.shape != b.shape:
            found.append(f"{name} is {b.dims} {b.shape}, not {a.dims} {a.shape}")
            continue
        x, y = np.asarray(a.values), np.asarray(b.values)
        if x.dtype.kind in "OUST" and y.dtype.kind in "OUST":
            left, right = [str(v) for v in x.ravel()], [str(v) for v in y.ravel()]
            if x.dtype.kind in "OT" and any(not isinstance(v, (str, bytes)) for v in x.ravel()):
                left, right = [decoded._missing(v) for v in x.ravel()], [decoded._missing(v) for v in y.ravel()]
            if left != right:
                found.append(f"{name} has {right[:4]}, not {left[:4]}")
        elif x.dtype != y.dtype:
            found.append(f"{name} has the type {y.dtype}, not {x.dtype}")
        elif not _equal(x, y):
            found.append(f"{name} has {y.ravel()[:6]}, not {x.ravel()[:6]}")
    return found


def _equal(x, y):
    if x.dtype == y.dtype and x.dtype.kind == "f":
        nothing = np.isnan(x)
        return np.array_equal(nothing, np.isnan(y)) and x[~nothing].tobytes() == y[~nothing].tobytes()
    return np.array_equal(x, y, equal_nan=x.dtype.kind in "cmM")


def assert_same(want, got):
    found = differences(want, got.load())
    assert not found, "\n".join(found)
