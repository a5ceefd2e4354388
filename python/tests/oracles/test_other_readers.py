# SPDX-License-Identifier: Apache-2.0
"""Sets as the commands write them, read by everything that reads reference sets today; values compared.

What a reader cannot do, whoever wrote the set, is left out for it and said where that is done.
"""
import json
import os
import warnings

import fsspec
import numpy as np
import pytest
import xarray as xr
import zarr
from fsspec.implementations.reference import LazyReferenceMapper
from obspec_utils.registry import ObjectStoreRegistry
from obstore.store import LocalStore
from virtualizarr.parsers import KerchunkJSONParser, KerchunkParquetParser
from zarr.storage import FsspecStore

from command import FIXTURES
from test_reference_commands import dims, inline, run, zarray

RECORD_SIZE = 4
GROUP = '{"zarr_format": 2}'
TEN = [f"x{axis}" for axis in range(10)]


def grid_keys(*lengths):
    return [".".join(map(str, index)) for index in np.ndindex(*lengths)]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """(path of a JSON set, path → values) over a file of doubles that are their own positions."""
    folder = tmp_path_factory.mktemp("readers")
    data, whole = str(folder / "data.bin"), str(folder / "whole.bin")
    np.arange(3000, dtype="<f8").tofile(data)
    np.arange(7000, 7006, dtype="<f8").tofile(whole)
    refs = {
        ".zgroup": GROUP, ".zattrs": json.dumps({"title": "for all readers"}),
        "tas/.zarray": zarray([10, 6], [2, 3]), "tas/.zattrs": dims("time", "x", units="K"),
        "time/.zarray": zarray([10], [10]), "time/.zattrs": dims("time"), "time/0": inline(np.arange(10.0)),
        "scalar/.zarray": zarray([], []), "scalar/.zattrs": dims(), "scalar/0": [data, 80, 8],
        "empty/.zarray": zarray([0, 3], [1, 3]), "empty/.zattrs": dims("none", "three"),
        "nowhere/.zarray": zarray([12], [2]), "nowhere/.zattrs": dims("twelve"),
        "nine/.zarray": zarray([18], [2]), "nine/.zattrs": dims("eighteen"),
        "ten/.zarray": zarray([2] * 10, [1] * 5 + [2] * 5), "ten/.zattrs": dims(*TEN),
        "a/.zgroup": GROUP, "a/.zattrs": "{}", "a/b/.zgroup": GROUP, "a/b/.zattrs": json.dumps({"level": 2}),
        "a/b/deep/.zarray": zarray([5], [2]), "a/b/deep/.zattrs": dims("d"),
    }
    for n, key in enumerate(grid_keys(5, 2)):
        if n not in (2, 7):
            refs[f"tas/{key}"] = [data, 48 * n, 48]
    refs["tas/2.1"] = [whole]
    for n in range(9):
        refs[f"nine/{n}"] = [data, 800 + 16 * n, 16]
    for n, key in enumerate(grid_keys(*[2] * 5, *[1] * 5)):
        if n != 20:
            refs[f"ten/{key}"] = [data, 8000 + 256 * n, 256]
    for n in range(3):
        refs[f"a/b/deep/{n}"] = [data, 1600 + 16 * n, 16]
    path = str(folder / "original.json")
    with open(path, "w") as f:
        json.dump({"version": 1, "refs": refs}, f)

    tas = np.arange(60.0).reshape(5, 2, 2, 3)
    tas[2, 1] = np.arange(7000.0, 7006).reshape(2, 3)
    tas[1, 0] = tas[3, 1] = -1
    ten = 1000 + np.arange(1024.0).reshape([2] * 10)
    ten[1, 0, 1, 0, 0] = -1
    return path, {
        "tas": tas.transpose(0, 2, 1, 3).reshape(10, 6), "time": np.arange(10.0), "scalar": np.float64(10),
        "empty": np.empty((0, 3)), "nowhere": np.full(12, -1.0), "nine": np.arange(100.0, 118), "ten": ten,
        "a/b/deep": np.arange(200.0, 205)}


MAKERS = {
    "converted": [["convert"]],
    "converted twice": [["convert"], ["convert"]],
    "renamed": [["rename", "--prefix", "/=file:///"]],
    "inlined": [["inline", "--threshold", "17", "--array", "/a/b/deep", "--array", "ten"]],
    "subchunked": [["inline", "--threshold", "17"], ["subchunk", "--variable", "ten", "--factor", "4"],
                   ["subchunk", "--variable", "nine", "--factor", "2"]],
}


@pytest.fixture(scope="module")
def made(original, tmp_path_factory):
    """A function: maker, form, more options of the last command → path of the set."""
    known = {}

    def make(maker, form, *options):
        if (maker, form, options) not in known:
            folder = tmp_path_factory.mktemp("made")
            path, steps = original[0], MAKERS[maker]
            for number, (command, *own) in enumerate(steps):
                last = number == len(steps) - 1
                # the way there leads through the other form
                ending = form if last else {"json": "parq", "parq": "json"}[form]
                out = str(folder / f"{number}.{ending}")
                size = ["--record-size", RECORD_SIZE] if ending == "parq" else []
                run(command, path, "-o", out, *own, *size, *(options if last else ()))
                path = out
            known[maker, form, options] = path
        return known[maker, form, options]

    return make


def by_zarr(references):
    """All arrays below a mapping or a path, which fsspec opens."""
    fs = fsspec.filesystem("reference", fo=references, remote_protocol="file", asynchronous=True, skip_instance_cache=True)
    root = zarr.open_group(FsspecStore(fs, read_only=True), mode="r", zarr_format=2)
    return {path: member[...] for path, member in root.members(max_depth=None) if isinstance(member, zarr.Array)}


def by_mapper(path, engine="fastparquet"):
    return by_zarr(LazyReferenceMapper(path, fsspec.filesystem("file"), engine=engine))


def by_engine_kerchunk(path):
    """It asks for metadata that are not consolidated, and sees no groups so."""
    ds = xr.open_dataset(path, engine="kerchunk", mask_and_scale=False, storage_options={"remote_protocol": "file"})
    return {name: variable.values for name, variable in ds.variables.items()}


def assert_right(found, right):
    assert set(found) == set(right)
    for path, values in right.items():
        np.testing.assert_array_equal(np.asarray(found[path]), values, err_msg=path, strict=True)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("maker", list(MAKERS))
@pytest.mark.parametrize("form", ["json", "parq"])
def test_fsspec_and_zarr(original, made, maker, form):
    assert_right(by_zarr(made(maker, form)), original[1])


@pytest.mark.parametrize("maker", list(MAKERS))
def test_lazy_reference_mapper(original, made, maker):
    assert_right(by_mapper(made(maker, "parq")), original[1])


@pytest.mark.parametrize("maker", list(MAKERS))
def test_pyarrow_where_missing_chunks_are_filled(original, made, maker):
    assert_right(by_mapper(made(maker, "parq", "--fill-missing"), "pyarrow"), original[1])


@pytest.mark.parametrize("maker", list(MAKERS))
@pytest.mark.parametrize("form", ["json", "parq"])
def test_the_engine_kerchunk(original, made, maker, form):
    assert_right(by_engine_kerchunk(made(maker, form)), {k: v for k, v in original[1].items() if "/" not in k})


# VirtualiZarr 2.5.1 cannot read, whoever wrote the set: inlined chunks; the chunk of a scalar; missing chunks behind the last one
# that is there, unless all are missing; groups in Parquet. In JSON a group can be its root.


def by_virtualizarr(path, group=None):
    parser = KerchunkJSONParser if path.endswith(".json") else KerchunkParquetParser
    registry = ObjectStoreRegistry({"file://": LocalStore()})
    store = parser(group=group)("file://" + path if path.endswith(".json") else path, registry)
    ds = xr.open_zarr(store, consolidated=False, zarr_format=3, decode_cf=False)
    return {name: variable.values for name, variable in ds.variables.items()}


@pytest.mark.parametrize("maker", ["converted", "converted twice", "renamed"])
@pytest.mark.parametrize("form", ["json", "parq"])
def test_virtualizarr(original, made, tmp_path, maker, form):
    path = str(tmp_path / f"flat.{form}")
    names = ["tas", "empty", "nowhere", "nine", "ten"]
    options = ["--record-size", RECORD_SIZE] if form == "parq" else []
    run("select", made(maker, form), "-o", path, *(word for name in names for word in ("--include", name)), *options)
    assert_right(by_virtualizarr(path), {name: original[1][name] for name in names})


def test_virtualizarr_reads_groups(original, made, tmp_path):
    assert_right(by_virtualizarr(made("converted", "json"), group="a/b"), {"deep": original[1]["a/b/deep"]})
    run("select", made("converted", "parq"), "-o", tmp_path / "group.parq", "--group", "a/b")
    assert_right(by_virtualizarr(str(tmp_path / "group.parq")), {"deep": original[1]["a/b/deep"]})


@pytest.mark.parametrize("name", ["climate.nc", "h5netcdf.nc"])
@pytest.mark.parametrize("form", ["json", "parq"])
def test_virtualizarr_reads_scans_without_inlined_chunks(tmp_path, name, form):
    import h5py

    source, path = os.path.join(FIXTURES, "netcdf4", name), str(tmp_path / f"refs.{form}")
    run("scan", source, "-o", path, "--inline-threshold", 0)
    with h5py.File(source) as f:
        wanted = [n for n, d in f.items() if isinstance(d, h5py.Dataset) and d.ndim and d.dtype.kind in "iuf"
                  and d.chunks and d.id.get_num_chunks() == np.prod([-(-n // c) for n, c in zip(d.shape, d.chunks)])]
        right = {n: f[n][()] for n in wanted}
    assert right
    run("select", path, "-o", path, "--overwrite", *(word for n in wanted for word in ("--include", n)))
    assert_right(by_virtualizarr(path), right)
