# SPDX-License-Identifier: Apache-2.0
"""Scripts written for kerchunk give the same with `swift_kerchunk` in its place."""
import os
import warnings

import netCDF4
import numpy as np
import pytest
import xarray as xr

from migration_scripts import ONLY_HERE, SCRIPTS


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """What the scripts find, by name."""
    folder = tmp_path_factory.mktemp("migration")
    rng = np.random.default_rng(5)
    coordinates = {"lat": ("lat", [-45.0, 0.0, 45.0], {"units": "degrees_north"}), "lon": ("lon", np.arange(4) * 90.0)}

    def series(times, scale=1.0, name="tas", **attributes):
        values = (scale * rng.normal(280, 10, (len(times), 3, 4))).astype("f4")
        return xr.Dataset(
            {name: (("time", "lat", "lon"), values, {"units": "K", "height": scale})},
            {"time": ("time", np.asarray(times, "f8"), {"units": "days since 2000-01-01", "calendar": "standard"}), **coordinates},
            {"title": "a series", **attributes})

    def write(name, dataset, **options):
        path = str(folder / name)
        names = [variable for variable in dataset.data_vars]
        dataset.to_netcdf(path, engine="netcdf4", encoding={
            **{variable: {"zlib": True, "_FillValue": None, "chunksizes": (1,) * (dataset[variable].ndim - 2) + (3, 4)}
               for variable in names}, **{coordinate: {"_FillValue": None} for coordinate in dataset.coords}}, **options)
        return path

    classic = str(folder / "classic.nc")
    with netCDF4.Dataset(classic, "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        file.createDimension("x", 30)
        file.title = "classic"
        for name, dims, values in (("time", ("time",), np.arange(5.0)), ("x", ("x",), np.arange(30.0)),
                                   ("fixed", ("x",), rng.normal(size=30)), ("moving", ("time", "x"), rng.normal(size=(5, 30)))):
            file.createVariable(name, "f8", dims)[:] = values
    tree = str(folder / "tree.nc")
    series([0.0]).to_netcdf(tree, engine="netcdf4")
    xr.Dataset({"b": ("y", np.arange(400.0))}, attrs={"of": "the group"}).to_netcdf(
        tree, engine="netcdf4", group="model/run", mode="a")
    first = series([0, 1, 2])
    return {
        "files": [write("part_0.nc", first), *(write(f"part_{n}.nc", series([3 * n, 3 * n + 1, 3 * n + 2])) for n in (1, 2))],
        "members": [write(f"tas_r{n}.nc", series([0, 1], float(n), realization=n)) for n in (1, 2, 3)],
        "variables": [write(f"v_{name}.nc", series([0], name="x").isel(time=0, drop=True)) for name in ("tas", "pr")],
        "extra": write("extra.nc", series([0, 1, 2], name="pr")),
        "classic": classic,
        "tree": tree,
    }


def opened(result):
    """References in any form as a dataset; what is none, as it is."""
    if isinstance(result, list):
        return [opened(one) for one in result]
    is_path = isinstance(result, str) and os.path.exists(result)
    if is_path or (isinstance(result, dict) and "refs" in result):
        return xr.open_dataset(result, engine="kerchunk", storage_options={"remote_protocol": "file"}).load()
    return result.load() if isinstance(result, xr.Dataset) else result


def same(ours, theirs):
    if isinstance(theirs, list) and isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            same(one, other)
    elif isinstance(theirs, xr.Dataset):
        # bits and types of all values; attributes where both have the variable
        xr.testing.assert_identical(ours, theirs)
        for name in theirs.variables:
            assert ours[name].dtype == theirs[name].dtype, name
    else:
        assert ours == theirs


def run(script, package, inputs, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {**inputs, "folder": str(folder)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(script.replace("kerchunk", package), f"<script for {package}>", "exec"), names)
        return opened(names["result"])


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_give_the_same(name, inputs, tmp_path, monkeypatch, without_collection):
    results = []
    for package in ("swift_kerchunk", "kerchunk"):
        folder = tmp_path / package
        folder.mkdir()
        script = SCRIPTS[name]
        if package == "kerchunk" and name in ONLY_HERE:
            with pytest.raises(Exception):
                run(script, package, inputs, folder, monkeypatch)
            script = SCRIPTS[ONLY_HERE[name][1]]
        results.append(run(script, package, inputs, folder, monkeypatch))
    same(*results)
