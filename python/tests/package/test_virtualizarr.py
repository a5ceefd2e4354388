# SPDX-License-Identifier: Apache-2.0
"""The parser for VirtualiZarr: the same virtual datasets as its own, and values as the files have them."""
import os
import pickle
import warnings

import h5py
import numpy as np
import pytest
import xarray as xr
from places import FIXTURES

import swift_kerchunk as sk

virtualizarr = pytest.importorskip("virtualizarr")
from obspec_utils.registry import ObjectStoreRegistry  # noqa: E402
from obstore.store import LocalStore, MemoryStore  # noqa: E402
from virtualizarr.parsers import HDFParser  # noqa: E402

from swift_kerchunk.virtualizarr import InlineValuesWarning, Parser, manifest_store  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3 specification")


def url(path):
    return f"file://{os.path.abspath(path)}"


def local():
    return ObjectStoreRegistry({"file://": LocalStore()})


def virtual(path, parser, **options):
    return virtualizarr.open_virtual_dataset(url(path), local(), parser=parser, **options)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A netCDF-4 file with groups, filters, missing chunks and a contiguous variable."""
    path = str(tmp_path_factory.mktemp("file") / "file.nc")
    rng = np.random.default_rng(1)
    xr.Dataset(
        {
            "tas": (("time", "x"), rng.random((6, 10)).astype("f4"), {"units": "K"}),
            "flat": (("x",), np.arange(10), {}), "scalar": ((), np.float64(4.5)),
            "packed": (("time", "x"), rng.random((6, 10))),
        },
        coords={"time": np.arange(6) * 0.5, "x": np.arange(10.0)}, attrs={"title": "a file"},
    ).to_netcdf(
        path, engine="h5netcdf", encoding={
            "tas": {"chunksizes": (2, 5), "zlib": True, "shuffle": True, "fletcher32": True},
            "packed": {"chunksizes": (3, 10), "dtype": "i2", "scale_factor": 0.01, "_FillValue": -1},
        })
    xr.Dataset({"p": ("z", np.arange(3))}).to_netcdf(path, engine="h5netcdf", group="model/run", mode="a")
    return path


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """An HDF5 file with a dataset most of whose chunks are missing, and one with none."""
    path = str(tmp_path_factory.mktemp("sparse") / "sparse.h5")
    with h5py.File(path, "w") as f:
        f.create_dataset("sparse", (8, 8), "i4", chunks=(4, 4), fillvalue=7)[:4, 4:] = 5
        f.create_dataset("empty", (8, 8), "f8", chunks=(4, 4), fillvalue=2.5)
        f.create_dataset("none", (0, 8), "f8", chunks=(4, 4), maxshape=(None, 8))
        f.create_dataset("large", (10**6, 10**6), "i1", chunks=(10**4, 10**4))[:3, :3] = 1
    return path


def test_it_is_the_virtual_dataset_of_their_parser(file):
    ours = virtual(file, Parser(), loadable_variables=[])
    theirs = virtual(file, HDFParser(), loadable_variables=[])
    assert set(ours.variables) == set(theirs.variables)
    assert ours.attrs == theirs.attrs
    for name in theirs.variables:
        mine, other = ours[name].data, theirs[name].data
        assert ours[name].dims == theirs[name].dims and mine.shape == other.shape and mine.chunks == other.chunks
        assert mine.dtype == other.dtype
        assert mine.manifest.dict() == other.manifest.dict(), name


def test_values_through_the_store(file):
    with xr.open_dataset(file, engine="h5netcdf") as expected:
        store = Parser()(url(file), local())
        xr.testing.assert_identical(
            xr.open_dataset(store, engine="zarr", consolidated=False, zarr_format=3).load(), expected.load())
        again = pickle.loads(pickle.dumps(store))
        xr.testing.assert_identical(
            xr.open_dataset(again, engine="zarr", consolidated=False, zarr_format=3).load(), expected.load())


def test_missing_chunks_are_fill_values(sparse):
    with h5py.File(sparse) as f:
        store = Parser()(url(sparse), local())
        data = xr.open_dataset(store, engine="zarr", consolidated=False, zarr_format=3, mask_and_scale=False)
        for name in ("sparse", "empty", "none"):
            assert np.array_equal(data[name].values, f[name][...]), name
        assert np.array_equal(data["large"][:5, :5].values, f["large"][:5, :5])
        assert int(store._group.arrays["large"].manifest._paths.size) == 10_000


def test_variables_are_left_out(file):
    assert set(Parser(drop_variables=["tas", "p*"])(url(file), local())._group.arrays) == {"time", "x", "flat", "scalar"}


def test_groups(file):
    tree = virtualizarr.open_virtual_datatree(url(file), local(), parser=Parser(), loadable_variables=[])
    assert "/model/run" in tree.groups
    one = virtual(file, Parser(group="model/run"), loadable_variables=["p"])
    assert one["p"].values.tolist() == [0, 1, 2]
    with pytest.raises(sk.KerchunkError):
        Parser(group="absent")(url(file), local())


def test_series_are_concatenated_and_written(file, tmp_path):
    names = []
    for number in range(3):
        names.append(str(tmp_path / f"f{number}.nc"))
        xr.Dataset(
            {"tas": (("time", "x"), np.arange(8.0).reshape(2, 4) + 10 * number)}, coords={"time": [2 * number, 2 * number + 1]}
        ).to_netcdf(names[-1], engine="h5netcdf", encoding={"tas": {"chunksizes": (1, 4)}})
    written = []
    for parser in (Parser(), HDFParser()):
        parts = [virtual(name, parser, loadable_variables=["time"]) for name in names]
        whole = xr.concat(parts, "time", coords="minimal", compat="override", data_vars="minimal")
        written.append(whole.vz.to_kerchunk(format="dict") if hasattr(whole, "vz") else
                       whole.virtualize.to_kerchunk(format="dict"))
    chunks = [{key: value for key, value in one["refs"].items() if isinstance(value, list)} for one in written]
    assert chunks[0] == chunks[1] and len(chunks[0]) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = sk.open(written[0]).open()
        with xr.open_mfdataset(names, combine="by_coords", data_vars="minimal") as expected:
            assert np.array_equal(data["tas"].values, expected["tas"].values)


def test_other_stores_are_read_through_obstore(file):
    store = MemoryStore()
    with open(file, "rb") as source:
        store.put("folder/file.nc", source.read())
    registry = ObjectStoreRegistry({"memory://bucket": store})
    manifests = Parser()("memory://bucket/folder/file.nc", registry)
    with xr.open_dataset(file, engine="h5netcdf") as expected:
        data = xr.open_dataset(manifests, engine="zarr", consolidated=False, zarr_format=3).load()
        xr.testing.assert_identical(data, expected.load())


def test_values_that_no_range_holds(tmp_path):
    """Texts of any length: readable, and told of."""
    path = str(tmp_path / "texts.h5")
    with h5py.File(path, "w") as f:
        f.create_dataset("t", data=["one", "", "zwölf"], dtype=h5py.string_dtype(), chunks=(2,))
        f.create_dataset("n", data=np.arange(3))
    with pytest.warns(InlineValuesWarning, match=r": t$"):
        store = Parser()(url(path), local())
    data = xr.open_dataset(store, engine="zarr", consolidated=False, zarr_format=3)
    assert data["t"].values.tolist() == ["one", "", "zwölf"] and data["n"].values.tolist() == [0, 1, 2]
    again = pickle.loads(pickle.dumps(store))
    assert xr.open_dataset(again, engine="zarr", consolidated=False)["t"].values.tolist() == ["one", "", "zwölf"]


def test_reference_sets(file, tmp_path):
    dataset = sk.scan(file, inline_threshold=0)
    dataset.to_json(tmp_path / "refs.json")
    dataset.to_parquet(tmp_path / "refs.parq")
    with xr.open_dataset(file, engine="h5netcdf") as expected:
        for name in ("refs.json", "refs.parq"):
            data = xr.open_dataset(
                Parser()(url(tmp_path / name), local()), engine="zarr", consolidated=False, zarr_format=3).load()
            for variable in expected.variables:
                assert np.array_equal(data[variable].values, expected[variable].values), variable


def test_datasets_in_memory(file):
    store = manifest_store(sk.scan(file, zarr_format=3, inline_threshold=0), local())
    with h5py.File(file) as f:
        data = xr.open_dataset(store, engine="zarr", consolidated=False, zarr_format=3, mask_and_scale=False)
        assert np.array_equal(data["tas"].values, f["tas"][...])


FOUND = []


def fixtures():
    for folder in ("netcdf4", "hdf5"):
        for name in sorted(os.listdir(os.path.join(FIXTURES, folder))):
            if name.endswith((".nc", ".h5", ".hdf5")):
                yield os.path.join(folder, name)


@pytest.mark.parametrize("name", fixtures())
def test_fixtures_are_found_as_by_their_parser(name):
    """Where both know a variable, the same bytes are named; h5py is asked where they differ."""
    path = os.path.join(FIXTURES, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = HDFParser()(url(path), local())._group
        except Exception:
            pytest.skip("their parser cannot read it")
        ours = Parser(on_issue="ignore", links=True)(url(path), local())._group
    for name, other in theirs.arrays.items():
        mine = ours.arrays.get(name)
        if mine is None or mine.shape != other.shape or mine.chunks != other.chunks or 0 in mine.shape:
            continue
        entries = {key: entry for key, entry in mine.manifest.dict().items() if not entry["path"].startswith("memory://")}
        known = other.manifest.dict()
        for key, entry in entries.items():
            if key in known:
                assert entry == known[key], (name, key)
                FOUND.append(key)


def test_fixtures_had_chunks_in_common():
    if not FOUND:
        pytest.skip("runs after those above")
    assert len(FOUND) > 100
