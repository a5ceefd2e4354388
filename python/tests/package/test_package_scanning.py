# SPDX-License-Identifier: Apache-2.0
"""What `scan` finds, held against h5py, xarray and the command."""
import glob
import io
import json
import os
import pathlib
import pickle

import h5py
import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from places import FIXTURES

FILES = sorted(
    path for folder in ("hdf5", "netcdf4", "netcdf3")
    for path in glob.glob(os.path.join(FIXTURES, folder, "*.*")) if path.endswith((".h5", ".nc", ".hdf5")))


def test_chunks_are_where_h5py_finds_them(series):
    dataset = sk.scan(series[0], inline_threshold=0)
    chunks = dataset.chunks("tas")
    with h5py.File(series[0]) as file:
        known = [file["tas"].id.get_chunk_info(index) for index in range(file["tas"].id.get_num_chunks())]
        steps = np.array(file["tas"].chunks)
    found = {
        tuple(place * steps): (offset, length)
        for place, offset, length in zip(chunks.index, chunks.offset, chunks.length)
    }
    assert found == {info.chunk_offset: (info.byte_offset, info.size) for info in known}
    assert chunks.urls == [series[0]]
    assert chunks.grid == (2, 1)
    assert not chunks.is_missing.any() and not chunks.is_inline.any() and not chunks.is_whole_file.any()


def test_values_are_those_that_xarray_reads(series, hierarchy):
    dataset = sk.scan(series[0])
    with xr.open_dataset(series[0], engine="h5netcdf") as expected:
        xr.testing.assert_identical(dataset.open().load(), expected.load())
    groups = sk.scan(hierarchy)
    with xr.open_dataset(hierarchy, engine="h5netcdf", group="model/run") as expected:
        xr.testing.assert_equal(groups.open(group="model/run").load(), expected.load())
    assert set(groups.open_datatree().groups) == {"/", "/model", "/model/run"}


def test_metadata(series, hierarchy):
    dataset = sk.scan(series[0])
    assert list(dataset) == ["tas", "time", "x"]
    tas = dataset["tas"]
    assert (tas.shape, tas.chunks, tas.grid, tas.dims) == ((4, 5), (2, 5), (2, 1), ("time", "x"))
    assert tas.dtype == np.dtype("<f8") and tas.attrs["units"] == "K"
    assert dataset.attrs == {"title": "a series"}
    assert dataset.sizes == {"time": 4, "x": 5}
    text = repr(dataset)
    assert "Dimensions:  (time: 4, x: 5)" in text and "Data variables:\n    tas" in text
    assert "tas" in dataset._repr_html_()
    groups = sk.scan(hierarchy)
    assert set(groups) == {"a", "model/run/b"} and list(groups.groups) == ["/", "/model", "/model/run"]
    assert "Group: /model/run" in repr(groups)


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_every_form_of_a_file_and_of_its_references_is_the_same(path):
    try:
        dataset = sk.scan(path, on_issue="ignore")
    except sk.KerchunkError as error:
        assert error.message and os.path.basename(path) in str(error)
        return
    references = dataset.to_dict()
    with open(path, "rb") as file:
        assert sk.scan(file, on_issue="ignore").to_dict() == references
        file.seek(0)
        assert sk.scan(file.read(), url=path, on_issue="ignore").to_dict() == references
    assert sk.scan(pathlib.Path(path), on_issue="ignore").to_dict() == references
    for version in (2, 3):  # made of columns, and of the text
        try:
            dataset.to_json(zarr_format=version)
        except sk.errors.OutputError as error:
            assert version == 3 and "Zarr v3" in str(error)
            continue
        assert json.loads(dataset.to_json(zarr_format=version))["refs"] == dataset.to_dict(zarr_format=version)["refs"]
    assert sk.open(references, on_issue="ignore").to_dict() == references
    again = pickle.loads(pickle.dumps(dataset))
    assert again.to_dict() == references and again.issues == dataset.issues
    for name, array in dataset.variables.items():
        chunks = dataset.chunks(name)
        present = [key for key in references["refs"] if key.startswith(f"{name}/") and key.split("/")[-1][0] in "0123456789"
                   and "/" not in key[len(name) + 1:]]
        assert int((~chunks.is_missing).sum()) == len(present)
        for row in np.flatnonzero(chunks.is_inline):
            assert isinstance(chunks.inline(row), bytes)
        assert array.grid == chunks.grid


def test_the_command_writes_the_same(series, tmp_path):
    command = os.environ.get("KERCHUNK")
    if not command:
        pytest.skip("KERCHUNK names no command")
    import subprocess

    subprocess.run([command, "scan", series[0], "-o", tmp_path / "refs.json"], check=True)
    sk.scan(series[0]).to_json(tmp_path / "ours.json")
    assert (tmp_path / "ours.json").read_bytes() == (tmp_path / "refs.json").read_bytes()


def test_options_are_those_of_the_command(series, hierarchy):
    assert set(sk.scan(series[0], include="ta*")) == {"tas"}
    assert set(sk.scan(series[0], exclude=["x", "time"])) == {"tas"}
    assert set(sk.scan(hierarchy, group="/model/run")) == {"b"}
    assert sk.scan(series[0], inline_threshold=0).chunks("x").is_inline.sum() == 0
    assert "zarr.json" in sk.scan(series[0], zarr_format=3).to_dict()["refs"]
    with pytest.raises(sk.errors.UsageError, match="zarr_format"):
        sk.scan(series[0], zarr_format=4)
    with pytest.raises(sk.errors.UsageError, match='"codecs" must be one of "auto", "zarr", "all"'):
        sk.scan(series[0], codecs="none")
    with pytest.raises(sk.errors.NotFoundError, match="/nowhere"):
        sk.scan(series[0], group="/nowhere")


def test_keywords_are_the_options_that_the_library_declares(series):
    import inspect

    from swift_kerchunk._access.storage import information, scan_names

    keywords = {
        name: one.default for name, one in inspect.signature(sk.scan).parameters.items()
        if name not in ("file", "url", "storage_options", "on_issue")}
    assert set(keywords) == scan_names()
    formats = information()["formats"]
    assert [(one["id"], one["name"]) for one in formats] == [("hdf5", "HDF5"), ("netcdf3", "netCDF-3")]
    for option in (option for one in formats for option in one["options"]):
        assert keywords[option["name"]] == option["default"] and option["summary"] in " ".join(sk.scan.__doc__.split())
    # Options of one format are passed over by the others, unless they make no sense.
    with pytest.raises(sk.errors.UsageError, match='"vlen_encode" must be one of "embed", "null", "leave", "encode", not "no"'):
        sk.scan(series[0], vlen_encode="no")
    with pytest.raises(sk.errors.UsageError, match='"links" must be true or false, not 1'):
        sk.scan(series[0], links=1)


def test_a_scan_knows_its_format(series, hierarchy):
    assert sk.scan(hierarchy)._description["format"] in ("HDF5", "netCDF-3")


def test_issues_are_warned_of_raised_or_ignored(tmp_path):
    path = tmp_path / "odd.h5"
    with h5py.File(path, "w") as file:
        file["good"] = [1, 2]
        file.create_dataset("bad", (2,), h5py.ref_dtype)
    with pytest.warns(sk.IssueWarning, match="/bad"):
        dataset = sk.scan(path)
    assert [issue.object for issue in dataset.issues] == ["/bad"]
    with pytest.raises(sk.errors.IssuesError, match="/bad") as caught:
        sk.scan(path, on_issue="raise")
    assert caught.value.issues == dataset.issues
    assert sk.scan(path, on_issue="ignore").issues == dataset.issues
    assert "Issues: 1" in repr(dataset)


def test_what_is_no_file():
    with pytest.raises(FileNotFoundError, match="/there/is/none.nc"):
        sk.scan("/there/is/none.nc")
    with pytest.raises(sk.errors.UnrecognizedError, match="unknown format"):
        sk.scan(b"something else", url="x")
    with pytest.raises(sk.errors.UsageError, match="url="):
        sk.scan(io.BytesIO(b"x"))
    with pytest.raises(TypeError, match="int"):
        sk.scan(5)


def test_errors_pickle_with_all_they_know():
    with pytest.raises(sk.errors.NotFoundError) as caught:
        sk.scan("/there/is/none.nc")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is sk.errors.NotFoundError and str(again) == str(caught.value)
    assert again.url == caught.value.url == "/there/is/none.nc"


def test_a_million_chunks_are_not_copied(large):
    dataset = sk.scan(large, inline_threshold=0)
    chunks = dataset.chunks("z")
    assert len(chunks) == 1_000_000 and chunks.is_dense
    again = dataset.chunks("z")
    for one, other in zip((chunks.source, chunks.offset, chunks.length), (again.source, again.offset, again.length)):
        assert not one.flags.owndata and not one.flags.writeable
        assert one.ctypes.data == other.ctypes.data  # the same memory, whoever looks
    assert len(np.unique(chunks.offset)) == 1_000_000 and set(chunks.length) == {1}


def test_views_outlive_what_they_were_made_of(large):
    import gc

    chunks = sk.scan(large, inline_threshold=0).chunks("z")
    offset, total = chunks.offset[10:20], int(chunks.offset.sum())
    whole = chunks.offset
    del chunks
    gc.collect()
    sk.scan(large, inline_threshold=0).chunks("z")  # memory that was freed would be used again
    assert int(whole.sum()) == total and (offset == whole[10:20]).all()
