# SPDX-License-Identifier: Apache-2.0
"""Root arrays, keys of no array, and kerchunk's functions on them; attributes that strict parsers take; deep nesting."""
import json
import os
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from swift_kerchunk import utils
from swift_kerchunk.combine import MultiZarrToZarr

pytestmark = pytest.mark.filterwarnings("ignore:.*consolidated.*", "ignore:.*Duplicate.*")


@pytest.fixture
def refs(tmp_path):
    (tmp_path / "bin").write_bytes(bytes(range(256)))
    (tmp_path / "txt").write_bytes(b"hello world")
    name = str(tmp_path / "bin")
    return {
        ".zgroup": '{"zarr_format":2}', "README": "read me", "enc": "base64:/wA=", "foo/bar": [str(tmp_path / "txt"), 0, 5],
        "high": [name, 200, 5], "v/9": [name, 0, 4], "obj": {"a": 1},
        "v/.zarray": json.dumps({"chunks": [2], "compressor": None, "dtype": "<i4", "fill_value": None, "filters": None,
                                 "order": "C", "shape": [4], "zarr_format": 2}),
        "v/.zattrs": json.dumps({"_ARRAY_DIMENSIONS": ["x"]}), "v/0": [name, 0, 8], "v/1": [name, 8, 8],
    }


def root_array(folder, add=0):
    (folder / f"root{add}").write_bytes((np.arange(6, dtype="<i4") + add).tobytes())
    return {".zattrs": "{}", "0.0": [str(folder / f"root{add}"), 0, 24], "README": "x", ".zarray": json.dumps({
        "chunks": [2, 3], "compressor": None, "dtype": "<i4", "fill_value": None, "filters": None, "order": "C", "shape": [2, 3],
        "zarr_format": 2})}


@pytest.mark.parametrize("threshold", [5, 6, 9])
def test_do_inline_gives_what_kerchunk_gives(refs, threshold):
    kerchunk = pytest.importorskip("kerchunk.utils")
    del refs["obj"]
    whole = {"version": 1, "refs": refs}
    assert utils.do_inline(whole, threshold) == kerchunk.do_inline(whole, threshold, remote_protocol="file")


def test_rename_target_gives_what_kerchunk_gives(refs):
    kerchunk = pytest.importorskip("kerchunk.utils")
    renames = {refs["v/0"][0]: "s3://bucket/key"}
    assert utils.rename_target(refs, renames) == kerchunk.rename_target(refs, renames)


def test_inline_array_gives_bytes(refs):
    found = utils.inline_array({"version": 1, "refs": refs}, names=["v"])
    assert found["v/0"] == bytes(range(16))
    assert json.loads(found["v/.zarray"])["chunks"] == [4]
    assert {type(found[key]) for key in ("v/.zarray", "v/.zattrs", "v/0")} == {bytes}
    assert "v/1" not in found
    assert {key: found[key] for key in ("README", "enc", "foo/bar", "high")} == {
        key: refs[key] for key in ("README", "enc", "foo/bar", "high")}
    # and what is made of it can be read
    opened = xr.open_dataset("reference://", engine="zarr", backend_kwargs={
        "consolidated": False, "storage_options": {"fo": utils.consolidate(found)["refs"], "remote_protocol": "file"}})
    np.testing.assert_array_equal(opened.v.values, np.frombuffer(bytes(range(16)), "<i4"))
    assert utils.inline_array(refs, 1)["v/0"] == refs["v/0"]


def test_subchunk_keeps_the_rest(refs):
    found = utils.subchunk(refs, "v", 2)
    assert [found[f"v/{i}"][1:] for i in range(4)] == [[0, 4], [4, 4], [8, 4], [12, 4]]
    assert all(found[key] == refs[key] for key in ("README", "enc", "foo/bar", "v/9", "v/.zattrs"))
    assert json.loads(found["v/.zarray"])["chunks"] == [1]


def test_datasets_keep_keys_of_no_array(refs, tmp_path):
    (tmp_path / "refs.json").write_text(json.dumps({"version": 1, "refs": refs}))
    dataset = sk.open(tmp_path / "refs.json")
    for one in (dataset, sk.open(dataset.to_json(tmp_path / "out.json") or tmp_path / "out.json"), dataset.inline(1),
                dataset.rename_sources({"/nowhere": "/else"})):
        found = one.to_dict()["refs"]
        assert {key: found[key] for key in ("README", "enc", "foo/bar", "v/9")} == {
            key: refs[key] for key in ("README", "enc", "foo/bar", "v/9")}
        assert found["obj"] == '{"a":1}'
    import pickle

    assert pickle.loads(pickle.dumps(dataset)).to_dict() == dataset.to_dict()
    with pytest.warns(sk.IssueWarning, match="Parquet can only hold arrays"):
        dataset.to_parquet(tmp_path / "out.parq")


def test_root_arrays(tmp_path):
    pieces = [root_array(tmp_path, add) for add in range(3)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(pieces[0]))
    dataset = sk.open(path)
    assert list(dataset) == [""] and dataset["/"].shape == (2, 3)
    assert dataset.to_dict()["refs"]["0.0"] == pieces[0]["0.0"]
    with pytest.raises(sk.errors.UnsupportedError, match="root"):
        dataset.to_parquet(tmp_path / "a.parq")
    assert utils.do_inline(pieces[0], 100)["0.0"] == np.arange(6, dtype="<i4").tobytes()
    assert utils.inline_array(pieces[0], 100)["0.0"] == np.arange(6, dtype="<i4").tobytes()
    want = np.arange(6).reshape(2, 3) + np.arange(3)[:, None, None]
    with pytest.warns(UserWarning):
        combined = sk.combine(pieces, concat_dim="n", coord={"n": "index"})
    made = MultiZarrToZarr(pieces, concat_dims=["n"], coo_map={"n": [0, 1, 2]}, remote_protocol="file").translate()
    for set_of in (combined.to_dict(), made):
        opened = xr.open_dataset("reference://", engine="zarr", backend_kwargs={
            "consolidated": False, "storage_options": {"fo": set_of, "remote_protocol": "file"}})
        np.testing.assert_array_equal(opened["data"].values, want)


def strictly(text):
    def refuse(word):
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_attributes_are_json(tmp_path, zarr_format):
    path = tmp_path / "nan.h5"
    with h5py.File(path, "w") as file:
        file.attrs["x"] = -np.inf
        v = file.create_dataset("v", data=np.array([1.0, np.nan, -999.0, np.inf]))
        v.attrs["bad"], v.attrs["list"], v.attrs["_FillValue"], v.attrs["missing_value"] = np.nan, [np.inf, 1], -999.0, np.nan
        w = file.create_dataset("w", data=np.arange(4))
        w.attrs["missing_value"], w.attrs["valid_range"] = [np.nan, 2.0], [-np.inf, np.inf]
        u = file.create_dataset("u", data=np.array([1.0, np.inf]))
        u.attrs["missing_value"] = np.inf
    sk.scan(path).to_json(tmp_path / "out.json", zarr_format=zarr_format)
    refs = strictly((tmp_path / "out.json").read_text())["refs"]
    documents = {key: strictly(value) for key, value in refs.items() if ".z" in key or key.endswith("zarr.json")}
    v = documents["v/.zattrs"] if zarr_format == 2 else documents["v/zarr.json"]["attributes"]
    assert v["bad"] == "NaN" and v["list"] == ["Infinity", 1.0] and "missing_value" not in v
    opened = xr.open_dataset("reference://", engine="zarr", backend_kwargs={
        "storage_options": {"fo": str(tmp_path / "out.json"), "remote_protocol": "file"}})
    wanted = xr.open_dataset(path, engine="h5netcdf", phony_dims="sort")
    for name in "vwu":
        np.testing.assert_array_equal(opened[name].values, wanted[name].values, err_msg=name)
        assert opened[name].dtype == wanted[name].dtype
    assert opened.attrs == {"x": "-Infinity"}


def test_words_of_other_sets_become_json():
    refs = {".zgroup": '{"zarr_format":2}', ".zattrs": '{"a":NaN,"b":{"c":[-Infinity]}}'}
    assert strictly(sk.open(refs).to_dict()["refs"][".zattrs"]) == {"a": "NaN", "b": {"c": ["-Infinity"]}}


@pytest.mark.parametrize("levels", [100, 128, 129, 400, 5000])
def test_one_bound_on_nesting(tmp_path, levels):
    value = "[" * (levels) + "]" * (levels)
    refs = {".zgroup": '{"zarr_format":2}', ".zattrs": '{"a":%s}' % value}
    (tmp_path / "refs.json").write_text(json.dumps({"version": 1, "refs": refs}))
    if levels > 128:
        with pytest.raises((sk.errors.LimitError, sk.errors.MalformedError), match="nested deeper than 128"):
            sk.open(tmp_path / "refs.json")
        with pytest.raises((sk.errors.LimitError, sk.errors.MalformedError), match="nested deeper than 128"):
            sk.open(refs)
        return
    dataset = sk.open(tmp_path / "refs.json")
    # whatever is read can be written and read again
    dataset.to_json(tmp_path / "three.json", zarr_format=3)
    dataset.to_parquet(tmp_path / "out.parq")
    for again in (sk.open(tmp_path / "three.json"), sk.open(tmp_path / "out.parq"), sk.open(dataset.to_dict())):
        assert again.attrs == json.loads(refs[".zattrs"])


def test_dicts_nested_too_deep_for_python():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(sk.errors.KerchunkError, match="nested deeper than 128"):
        sk.open({".zgroup": {"zarr_format": 2}, ".zattrs": {"a": value}})


def test_names_that_are_not_utf8(tmp_path):
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["v"] = np.arange(5)
    name = os.fsencode(tmp_path) + b"/caf\xe9.nc"
    shutil.copy(tmp_path / "a.nc", name)
    with pytest.raises(sk.errors.UnsupportedError, match="not UTF-8"):
        sk.scan(os.fsdecode(name))
    with pytest.raises(sk.errors.KerchunkError, match=r"caf\\xE9|not UTF-8"):
        sk.build(str(tmp_path / "*.nc"), concat_dim="n", coord={"n": "index"})
    sk.scan(tmp_path / "a.nc").to_json(os.fsdecode(os.fsencode(tmp_path) + b"/o\xff.json"))
    assert b"o\xff.json" in os.listdir(os.fsencode(tmp_path))
