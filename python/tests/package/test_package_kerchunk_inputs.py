# SPDX-License-Identifier: Apache-2.0
"""What kerchunk's classes take and give: files in all forms, URLs as given, outputs, errors; and references held against kerchunk's."""
import collections
import glob
import io
import json
import os
import pathlib
import sys
import warnings

import fsspec
import h5py
import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from places import FIXTURES
from swift_kerchunk.combine import MultiZarrToZarr, concatenate_arrays, merge_vars
from swift_kerchunk.hdf import SingleHdf5ToZarr
from swift_kerchunk.netCDF3 import NetCDF3ToZarr

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "oracles"))


def urls_of(refs):
    return {value[0] for value in refs["refs"].values() if isinstance(value, list)}


def opened(refs):
    return xr.open_dataset(refs, engine="kerchunk", storage_options={"remote_protocol": "file"}).load()


class Shelf(collections.UserDict):
    """A mapping that is no dict."""


@pytest.mark.parametrize("given", ["relative", "absolute", "file URL", "path"])
def test_urls_are_written_as_given(given, series, monkeypatch):
    monkeypatch.chdir(os.path.dirname(series[0]))
    name = {"relative": "./" + os.path.basename(series[0]), "absolute": series[0], "file URL": "file://" + series[0],
            "path": pathlib.Path(os.path.basename(series[0]))}[given]
    assert urls_of(SingleHdf5ToZarr(name, inline_threshold=0).translate()) == {str(name)}


def test_files_in_memory(series):
    with open(series[0], "rb") as file:
        content = file.read()
    file = io.BytesIO(content)
    assert urls_of(SingleHdf5ToZarr(file, inline_threshold=0).translate()) == {None}
    assert urls_of(SingleHdf5ToZarr(file, "s3://bucket/x.nc", inline_threshold=0).translate()) == {"s3://bucket/x.nc"}
    fsspec.filesystem("memory").pipe("/some/x.nc", content)
    refs = SingleHdf5ToZarr("memory://some/x.nc", inline_threshold=0).translate()
    assert urls_of(refs) == {"memory://some/x.nc"}
    found = xr.open_dataset(refs, engine="kerchunk", storage_options={"remote_protocol": "memory"})
    with xr.open_dataset(series[0], engine="h5netcdf") as want:
        xr.testing.assert_identical(found.load(), want.load())


def test_open_files_of_fsspec(series):
    assert urls_of(SingleHdf5ToZarr(fsspec.open(series[0]), inline_threshold=0).translate()) == {series[0]}
    with SingleHdf5ToZarr(fsspec.open(series[0]), url="a://b", inline_threshold=0) as made:
        assert urls_of(made.translate()) == {"a://b"}


def test_an_h5py_file_that_is_being_written(tmp_path):
    path = str(tmp_path / "new.h5")
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(1000.0)
        refs = SingleHdf5ToZarr(file).translate()
    np.testing.assert_array_equal(opened(refs)["x"], np.arange(1000.0))


def test_h5py_objects_without_a_file_are_refused(series):
    with open(series[0], "rb") as raw, h5py.File(io.BytesIO(raw.read())) as file, pytest.raises(ValueError, match="url="):
        SingleHdf5ToZarr(file)
    with pytest.raises(ValueError, match="h5f"):
        SingleHdf5ToZarr(17)


def test_outputs(series):
    shelf = Shelf()
    made = SingleHdf5ToZarr(series[0], out=shelf).translate()
    assert made is shelf and shelf.data == SingleHdf5ToZarr(series[0]).translate()["refs"]
    assert SingleHdf5ToZarr(series[0], spec=0).translate() == shelf.data
    shelf = Shelf()
    refs = [SingleHdf5ToZarr(path).translate() for path in series]
    assert MultiZarrToZarr(refs, concat_dims=["time"], out=shelf).translate() is shelf
    assert shelf.data == MultiZarrToZarr(refs, concat_dims=["time"]).translate()["refs"]


def test_nothing_that_was_given_is_changed(series):
    refs = [SingleHdf5ToZarr(path).translate() for path in series]
    before = json.dumps(refs)
    arguments = {"coo_map": {}, "concat_dims": ["time"], "remote_options": {}, "coo_dtypes": {}, "identical_dims": ["x"]}
    copy = json.dumps(arguments)
    MultiZarrToZarr(refs, preprocess=sk.combine.drop("x"), **{**arguments, "identical_dims": []}).translate()
    MultiZarrToZarr(refs, **arguments).translate()
    merge_vars(refs[:1] + refs[:1])
    assert json.dumps(refs) == before and json.dumps(arguments) == copy


@pytest.fixture
def reluctant(tmp_path):
    """A file with something that no reference can be made of."""
    path = str(tmp_path / "filter.h5")
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple((500000,))
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((250000,))
        properties.set_filter(400, h5py.h5z.FLAG_OPTIONAL, ())
        data = h5py.h5d.create(file.id, b"odd", h5py.h5t.IEEE_F64LE, space, properties)
        for start in (0, 250000):
            data.write_direct_chunk((start,), np.arange(250000.0).tobytes(), 0)
        file["plain"] = np.arange(3.0)
    return path


def test_errors(reluctant):
    with pytest.warns(UserWarning, match="odd"):
        refs = SingleHdf5ToZarr(reluctant).translate()
    assert "plain/.zarray" in refs["refs"] and "odd/.zarray" not in refs["refs"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SingleHdf5ToZarr(reluctant, error="ignore").translate() == refs
    with pytest.raises(sk.errors.IssuesError, match="odd"):
        SingleHdf5ToZarr(reluctant, error="raise").translate()
    with pytest.raises(NotImplementedError):
        SingleHdf5ToZarr(reluctant, error="pdb")
    with pytest.raises(NotImplementedError):
        SingleHdf5ToZarr(reluctant, vlen_encode="other")
    with pytest.raises(FileNotFoundError):
        SingleHdf5ToZarr("no/such/file.nc").translate()
    with pytest.raises(TypeError):
        NetCDF3ToZarr(reluctant, unknown=1)
    with pytest.raises(ValueError):
        NetCDF3ToZarr(reluctant, mmap=True)


def test_large_data_that_zarr_has_no_codec_for_get_one_of_ours(tmp_path):
    path = str(tmp_path / "lzf.h5")
    values = np.random.default_rng(1).integers(0, 9, (400, 1000), "i4")
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, chunks=(100, 1000), compression="lzf")
        file.create_dataset("small", data=values[:2], chunks=(2, 1000), compression="lzf")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refs = SingleHdf5ToZarr(path).translate()["refs"]
    assert "swift_kerchunk.lzf" in refs["x/.zarray"]


@pytest.mark.parametrize("name", ["soft_links.h5", "hard_links.h5"])
def test_links(name, tmp_path):
    path = str(tmp_path / name)
    with h5py.File(path, "w") as file:
        file["b"] = np.arange(200.0)
        file["c"] = h5py.SoftLink("/b") if name.startswith("soft") else file["b"]
    for keep in (False, True):
        found = {key.split("/")[0] for key in SingleHdf5ToZarr(path).translate(preserve_linked_dsets=keep)["refs"] if "/" in key}
        assert found == ({"b", "c"} if keep else {"b"})


def test_selectors_that_cannot_be(series):
    import re

    refs = [SingleHdf5ToZarr(path).translate() for path in series]
    with pytest.raises(ValueError, match="names"):
        MultiZarrToZarr(refs, coo_map={"n": re.compile(r"\d")}, concat_dims=["n"]).translate()
    with pytest.raises(ValueError, match="does not match"):
        MultiZarrToZarr(series, refs, coo_map={"n": re.compile("nothing like it")}, concat_dims=["n"]).translate()
    with pytest.raises(ValueError, match="1 value for 3 inputs"):
        MultiZarrToZarr(refs, coo_map={"n": [1]}, concat_dims=["n"]).translate()
    with pytest.raises(ValueError):
        MultiZarrToZarr(refs, concat_dims=["time"], identical_dims=["time"])
    with pytest.raises(ValueError):
        MultiZarrToZarr([], concat_dims=["time"]).translate()


def test_duplicates_are_told_and_the_last_one_counts(series, tmp_path):
    refs = [SingleHdf5ToZarr(path).translate() for path in series]
    path = str(tmp_path / "other.nc")
    with xr.open_dataset(series[1], engine="h5netcdf") as dataset:
        later = dataset.load().assign(tas=dataset["tas"] + 1000)
    later.to_netcdf(path, engine="h5netcdf", encoding={"tas": {"chunksizes": (2, 5), "zlib": True}})
    with pytest.warns(UserWarning, match="last one"):
        found = MultiZarrToZarr([*refs, SingleHdf5ToZarr(path).translate()], concat_dims=["time"]).translate()
    np.testing.assert_array_equal(opened(found)["tas"][4:8], later["tas"])


def test_merging_what_does_not_fit_is_an_error(series):
    refs = [SingleHdf5ToZarr(path).translate() for path in series]
    with pytest.raises(ValueError, match="other values"):
        merge_vars(refs)
    short = {"version": 1, "refs": {key: value for key, value in refs[0]["refs"].items() if not key.startswith("tas/1")}}
    with pytest.raises(ValueError, match="other chunks"):
        merge_vars([refs[0], short])


@pytest.mark.parametrize("separator", [".", "/"])
def test_arrays_that_are_whole_sets(separator, series):
    singles = [SingleHdf5ToZarr(path).translate()["refs"] for path in series]
    arrays = [
        {key[4:] if ".z" in key else key[4:].replace(".", separator): value for key, value in refs.items() if key.startswith("tas/")}
        for refs in singles
    ]
    joined = concatenate_arrays(arrays, key_seperator=separator)["refs"]
    assert json.loads(joined[".zarray"])["shape"] == [12, 5]
    assert joined[separator.join("50")] == arrays[2][separator.join("10")]


def names(folder):
    return sorted(path for path in glob.glob(os.path.join(FIXTURES, folder, "*")) if path.endswith((".nc", ".h5")))


@pytest.mark.parametrize("path", [*names("netcdf4"), *names("hdf5")], ids=os.path.basename)
def test_references_are_kerchunks_but_for_documented_rules(path, tmp_path, without_collection):
    import against_kerchunk

    dataset = SingleHdf5ToZarr(path, error="ignore").scan()
    output = str(tmp_path / "ours.json")
    with open(output, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        json.dump(SingleHdf5ToZarr(path, error="ignore", inline_threshold=0).translate(), file)
    equal, rules, unexplained = against_kerchunk.compare(path, output, [issue._asdict() for issue in dataset.issues])
    assert not unexplained, "\n".join(unexplained)
    assert "consolidated" not in rules
