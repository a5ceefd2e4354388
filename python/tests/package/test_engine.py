# SPDX-License-Identifier: Apache-2.0
"""The engine of xarray: reference sets in all forms, groups, and files that it scans."""
import json
import os
import pickle
import subprocess
import sys
import warnings

import installation
import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from swift_kerchunk.xarray_engine import SwiftKerchunkBackend

ENGINE = SwiftKerchunkBackend


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A netCDF-4 file with groups, times and packed values."""
    path = str(tmp_path_factory.mktemp("file") / "file.nc")
    rng = np.random.default_rng(2)
    root = xr.Dataset(
        {"tas": (("time", "x"), rng.random((6, 5)).astype("f4"), {"units": "K"})},
        coords={"time": np.arange("2001-01-01", "2001-01-07", dtype="M8[D]").astype("M8[ns]"), "x": np.arange(5.0)},
        attrs={"title": "groups"})
    root.to_netcdf(
        path, engine="h5netcdf",
        encoding={"tas": {"chunksizes": (2, 5), "zlib": True, "dtype": "i2", "scale_factor": 0.001, "_FillValue": -1}})
    xr.Dataset({"p": ("z", np.arange(3))}).to_netcdf(path, engine="h5netcdf", group="model/run", mode="a")
    return path


@pytest.fixture(scope="module")
def sets(file, tmp_path_factory):
    """The references of the file, in each form."""
    folder = tmp_path_factory.mktemp("sets")
    dataset = sk.scan(file)
    dataset.to_json(folder / "refs.json")
    dataset.to_json(folder / "refs.json.zst")
    sk.scan(file, zarr_format=3).to_json(folder / "refs3.json")
    dataset.to_parquet(folder / "refs.parq", record_size=2)
    (folder / "refs.kpack").write_bytes(dataset.to_bytes())
    return folder


FORMS = ["refs.json", "refs.json.zst", "refs3.json", "refs.parq", "refs.kpack"]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_the_file(file, sets, form):
    with xr.open_dataset(sets / form, engine=ENGINE) as data, xr.open_dataset(file, engine="h5netcdf") as expected:
        xr.testing.assert_identical(data.load(), expected.load())
    with xr.open_datatree(sets / form, engine=ENGINE) as tree:
        assert set(tree.groups) == {"/", "/model", "/model/run"}
        assert tree["model/run/p"].values.tolist() == [0, 1, 2]
    assert set(xr.open_groups(sets / form, engine=ENGINE)) == {"/", "/model", "/model/run"}
    assert xr.open_dataset(sets / form, engine=ENGINE, group="model/run")["p"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize("form", FORMS)
def test_options_of_xarray_arrive(sets, form):
    data = xr.open_dataset(sets / form, engine=ENGINE, mask_and_scale=False, drop_variables=["x"], decode_times=False)
    assert data["tas"].dtype == np.int16 and "x" not in data.variables and data["time"].dtype.kind in "if"
    chunked = xr.open_dataset(sets / form, engine=ENGINE, chunks={})
    assert chunked["tas"].chunks == ((2, 2, 2), (5,))
    again = pickle.loads(pickle.dumps(chunked))
    xr.testing.assert_identical(again.load(), xr.open_dataset(sets / form, engine=ENGINE).load())


def test_files_are_scanned(file):
    with xr.open_dataset(file, engine=ENGINE) as data, xr.open_dataset(file, engine="h5netcdf") as expected:
        xr.testing.assert_identical(data.load(), expected.load())
    data = xr.open_dataset(file, engine=ENGINE, scan_options={"include": ["tas"]})
    assert set(data.variables) == {"tas"}
    assert set(xr.open_datatree(file, engine=ENGINE).groups) == {"/", "/model", "/model/run"}


def test_references_in_memory(file):
    dataset = sk.scan(file)
    for references in [dataset, dataset.to_dict(), dataset.to_dict()["refs"]]:
        with xr.open_dataset(references, engine=ENGINE) as data:
            assert data["tas"].shape == (6, 5)
    xr.testing.assert_identical(dataset.open().load(), xr.open_dataset(dataset, engine=ENGINE).load())


def test_only_references_are_claimed(file, sets, tmp_path):
    claims = SwiftKerchunkBackend().guess_can_open
    assert all(claims(sets / form) for form in FORMS)
    (tmp_path / "other.json").write_text(json.dumps({"features": [], "type": "FeatureCollection"}))
    (tmp_path / "store.zarr").mkdir()
    (tmp_path / "store.zarr" / ".zmetadata").write_text('{"metadata": {}, "zarr_consolidated_format": 1}')
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    renamed = tmp_path / "set"
    os.symlink(sets / "refs.parq", renamed)
    assert claims(renamed)
    for other in [
        file, tmp_path / "other.json", tmp_path / "store.zarr", tmp_path / "table.parquet", tmp_path / "absent.json", 5,
        b"bytes", "https://example.org/file.nc",
    ]:
        assert not claims(other), other


def test_what_is_neither_is_refused(tmp_path):
    (tmp_path / "text").write_text("no data")
    with pytest.raises(sk.errors.UnrecognizedError):
        xr.open_dataset(tmp_path / "text", engine=ENGINE)
    with pytest.raises(FileNotFoundError):
        xr.open_dataset(tmp_path / "absent.json", engine=ENGINE)
    with pytest.warns(sk.IssueWarning, match="belongs to no array"):
        assert not xr.open_dataset({"no": "references"}, engine=ENGINE).variables


def test_files_behind_several_protocols(file, tmp_path):
    """References of one set to a path and to fsspec's memory."""
    import fsspec

    system = fsspec.filesystem("memory")
    with open(file, "rb") as source:
        system.pipe_file("/elsewhere/file.nc", source.read())
    references = sk.scan(file, inline_threshold=0).to_dict()
    moved = 0
    for key, value in references["refs"].items():
        if key.startswith("tas/") and isinstance(value, list):
            value[0] = "memory://elsewhere/file.nc"
            moved += 1
    assert moved == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = xr.open_dataset(references, engine=ENGINE).load()
    with xr.open_dataset(file, engine="h5netcdf") as expected:
        xr.testing.assert_identical(data, expected.load())


INSTALLED = """
import sys, numcodecs, xarray as xr, warnings
warnings.simplefilter("ignore")
assert numcodecs.get_codec({"id": "swift_kerchunk.lzf"}).codec_id == "swift_kerchunk.lzf"
import zarr.registry
assert zarr.registry.get_codec_class("swift_kerchunk.szip").name == "swift_kerchunk.szip"
print(xr.open_dataset(sys.argv[1], engine="swift_kerchunk")["tas"].shape, xr.open_dataset(sys.argv[1]).sizes["time"])
"""


def test_installing_registers_engine_and_codecs(sets, tmp_path):
    """The entry points of the package, as an installation has them."""
    groups = installation.entry_points()
    import swift_kerchunk.codecs
    import swift_kerchunk.zarr_codecs

    assert set(groups["numcodecs.codecs"]) == {codec.codec_id for codec in swift_kerchunk.codecs.CODECS}
    assert set(groups["zarr.codecs"]) == {codec.name for codec in swift_kerchunk.zarr_codecs.CODECS}
    environment = {**os.environ, "PYTHONPATH": installation.python_path(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", INSTALLED, str(sets / "refs.parq")], env=environment, capture_output=True, text=True,
        timeout=120)
    assert run.stdout.strip() == "(6, 5) 6", run.stderr[-2000:]


def test_what_is_decoded_can_be_switched_off(sets, file):
    path = sets / "refs.json"
    plain = xr.open_dataset(path, engine=ENGINE, decode_cf=False)
    native = xr.open_dataset(file, engine="h5netcdf", decode_cf=False)
    assert plain.tas.dtype == native.tas.dtype == np.int16
    np.testing.assert_array_equal(plain.tas.values, native.tas.values)
    np.testing.assert_array_equal(plain.time.values, native.time.values)
    assert xr.open_dataset(path, engine=ENGINE, mask_and_scale=False).tas.dtype == np.int16
