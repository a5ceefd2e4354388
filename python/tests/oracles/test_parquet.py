# SPDX-License-Identifier: Apache-2.0
"""Parquet reference sets that we write, read by everything that reads them today.

The sets are those of Tests/KerchunkReferencesTests/ParquetSamples.swift; KERCHUNK_PARQUET_SAMPLES names a directory with
them, else `swift test` writes them. What is right is what fsspec and zarr read through the same references in JSON.

GDAL reads such sets only with its Parquet driver, which the GDAL of rasterio's wheel does not have.
"""
import glob
import json
import os
import subprocess
import warnings

import fsspec
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import zarr
from fsspec.implementations.reference import LazyReferenceMapper
from zarr.storage import FsspecStore

from command import REPOSITORY

SETS = ["small", "large", "filled"]
ARRAYS = ["tas", "time", "scalar", "empty", "nowhere", "nine", "ten", "a/b/deep"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    known = os.environ.get("KERCHUNK_PARQUET_SAMPLES")
    if known and os.path.exists(os.path.join(known, "filled.json")):
        return known
    directory = str(tmp_path_factory.mktemp("parquet"))
    subprocess.run(["swift", "test", "--filter", "samplesForOtherReadersAreWritten"], cwd=REPOSITORY, check=True,
                   env={**os.environ, "KERCHUNK_PARQUET_SAMPLES": directory}, capture_output=True)
    return directory


def values(references):
    """All arrays of a reference set, by path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # told the protocol, fsspec does not look for it in the references, which fails where it meets a group first
        fs = fsspec.filesystem("reference", fo=references, remote_protocol="file", asynchronous=True,
                               skip_instance_cache=True)
        group = zarr.open_group(FsspecStore(fs, read_only=True), mode="r", zarr_format=2)
        found = {path: np.asarray(group[path][...]) for path in ARRAYS}
        if "pages" in group:  # several pages a column; reading all of its chunks would take long
            found["pages"] = np.concatenate([group["pages"][i:i + 40] for i in (0, 16370, 32750, 39960)])
        return found


@pytest.fixture(scope="module")
def rights(samples):
    return {name: values(os.path.join(samples, name + ".json")) for name in SETS}


@pytest.fixture
def right(rights, request):
    name = request.node.callspec.params.get("name", "filled") if hasattr(request.node, "callspec") else "filled"
    return rights[name]


def assert_right(found, right):
    assert set(found) == set(right)
    for path in right:
        np.testing.assert_array_equal(found[path], right[path], err_msg=path, strict=True)


def test_the_oracle_itself(right):
    """Of the set "filled". Element i of the first file is i, of the second 100,000 + i; missing chunks are -1."""
    assert right["tas"][0].tolist() == [0, 1, 2, 100006, 100007, 100008]
    assert right["tas"][2, :3].tolist() == [-1, -1, -1], "missing"
    assert right["tas"][4].tolist() == [900, 901, 902, 200000, 200001, 200002], "inline, and a whole file"
    assert right["tas"][6].tolist() == [36, 37, 38, -1, -1, -1]
    assert right["scalar"] == 10
    assert right["ten"].shape == (2,) * 10
    assert right["ten"].ravel()[:3].tolist() == [-1, 100001, 100002]
    assert right["nowhere"].tolist() == [-1] * 6
    assert right["a/b/deep"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name", SETS)
def test_fsspec_by_its_default_engine(samples, right, name):
    assert_right(values(os.path.join(samples, name + ".parq")), right)


@pytest.mark.parametrize("name", SETS)
def test_lazy_reference_mapper(samples, right, name):
    mapper = LazyReferenceMapper(os.path.join(samples, name + ".parq"), fsspec.filesystem("file"))
    assert_right(values(mapper), right)


def test_lazy_reference_mapper_by_pyarrow_where_missing_chunks_are_filled(samples, right):
    mapper = LazyReferenceMapper(os.path.join(samples, "filled.parq"), fsspec.filesystem("file"), engine="pyarrow")
    assert_right(values(mapper), right)


@pytest.mark.parametrize("name", SETS)
def test_missing_chunks_are_no_keys(samples, name):
    mapper = LazyReferenceMapper(os.path.join(samples, name + ".parq"), fsspec.filesystem("file"))
    assert ("tas/1.0" in mapper) == (name == "filled")
    assert "tas/0.0" in mapper
    assert mapper["tas/2.1"] == [os.path.join(samples, "whole.bin")], "a whole file is its URL alone"
    assert mapper["nine/8"][1:] == [128, 16]


@pytest.mark.parametrize("engine", ["fastparquet", "pyarrow"])
@pytest.mark.parametrize("name", SETS)
def test_pandas_reads_four_columns_of_the_right_types(samples, name, engine):
    files = glob.glob(os.path.join(samples, name + ".parq", "**", "*.parq"), recursive=True)
    assert files
    for file in files[:40]:
        frame = pd.read_parquet(file, engine=engine)
        assert list(frame) == ["path", "offset", "size", "raw"]
        assert frame["offset"].dtype == frame["size"].dtype == np.dtype("int64")
        assert (frame["path"].notna() | frame["raw"].notna() | (frame["size"] == 0)).all()


def test_the_last_partition_holds_what_is_left(samples):
    assert len(pd.read_parquet(os.path.join(samples, "small.parq", "nine", "refs.2.parq"))) == 1


@pytest.mark.parametrize("name", SETS)
def test_xarray_by_the_engine_kerchunk(samples, right, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = xr.open_dataset(os.path.join(samples, name + ".parq"), engine="kerchunk", mask_and_scale=False,
                                  storage_options={"remote_protocol": "file"})
        assert set(dataset.variables) - {"pages"} == {path for path in ARRAYS if "/" not in path}
        for path in set(dataset.variables) - {"pages"}:
            np.testing.assert_array_equal(dataset[path].values, right[path], err_msg=path)


@pytest.mark.parametrize("name", SETS)
def test_xarray_sees_groups_through_consolidated_metadata(samples, right, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fs = fsspec.filesystem("reference", fo=os.path.join(samples, name + ".parq"), remote_protocol="file",
                               asynchronous=True, skip_instance_cache=True)
        dataset = xr.open_zarr(FsspecStore(fs, read_only=True), group="a/b", zarr_format=2, consolidated=True,
                               mask_and_scale=False)
        assert dataset.attrs == {"level": 2}
        np.testing.assert_array_equal(dataset["deep"].values, right["a/b/deep"])


@pytest.mark.parametrize("name", SETS)
def test_the_metadata_hold_two_members(samples, name):
    with open(os.path.join(samples, name + ".parq", ".zmetadata")) as file:
        metadata = json.load(file)
    assert set(metadata) == {"metadata", "record_size"}
    assert all(isinstance(document, dict) for document in metadata["metadata"].values())
    with open(os.path.join(samples, name + ".parq", "sources.json")) as file:
        assert json.load(file) == {"sources": {os.path.join(samples, "first.bin"): {"size": 80000, "mtime": 7}}}
