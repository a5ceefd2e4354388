# SPDX-License-Identifier: Apache-2.0
"""Sets whose root is an array, as tifffile and kerchunk.tiff write them, and keys that belong to no array."""
import json
import os
import zlib

import fsspec
import numpy as np
import pytest
import zarr

from command import kerchunk

VALUES = np.arange(64 * 48, dtype="u2").reshape(64, 48)


def run(*arguments, status=0):
    result = kerchunk(*arguments)
    assert result.status == status, result.err[-2000:]
    return result


def made(folder, name, values, names=("Y", "X"), zarr_format=2):
    """A set with the array `values` in compressed tiles as its root."""
    file = folder / f"{name}.bin"
    refs, content = {}, b""
    for row in range(0, 64, 16):
        for column in range(0, 48, 16):
            tile = zlib.compress(np.ascontiguousarray(values[row:row + 16, column:column + 16]).tobytes())
            key = f"{row // 16}.{column // 16}" if zarr_format == 2 else f"c/{row // 16}/{column // 16}"
            refs[key] = [str(file), len(content), len(tile)]
            content += tile
    file.write_bytes(content)
    if zarr_format == 2:
        refs[".zattrs"] = json.dumps({"_ARRAY_DIMENSIONS": list(names)} if names else {})
        refs[".zarray"] = json.dumps({
            "zarr_format": 2, "shape": [64, 48], "chunks": [16, 16], "dtype": "<u2", "compressor": {"id": "zlib", "level": 1},
            "fill_value": 0, "filters": None, "order": "C"})
    else:
        refs["zarr.json"] = json.dumps({
            "zarr_format": 3, "node_type": "array", "shape": [64, 48], "data_type": "uint16", "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [16, 16]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                       {"name": "numcodecs.zlib", "configuration": {"level": 1}}],
            "attributes": {}, "dimension_names": list(names)})
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"version": 1, "refs": refs}))
    return path


def opened(path):
    fs = fsspec.filesystem("reference", fo=str(path), remote_protocol="file", asynchronous=True, skip_instance_cache=True)
    return zarr.open(zarr.storage.FsspecStore(fs, read_only=True), mode="r")


def keys(path):
    with open(path) as file:
        return json.load(file)["refs"]


@pytest.fixture
def image(tmp_path):
    return made(tmp_path, "t0", VALUES)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("names", [("Y", "X"), None])
def test_json_keeps_it(tmp_path, zarr_format, names):
    if zarr_format == 3 and names is None:
        pytest.skip("one form of names is enough")
    image = made(tmp_path, "t0", VALUES, names, zarr_format)
    out = tmp_path / "out.json"
    for command in (["convert"], ["consolidate"], ["select"], ["inline", "--threshold", 500], ["convert", "--templates"],
                    ["rename", "--prefix", "/nowhere=s3://b"]):
        run(*command[:1], image, "-o", out, "--overwrite", "--zarr-format", zarr_format, *command[1:])
        np.testing.assert_array_equal(opened(out)[...], VALUES, err_msg=str(command))
    run("inline", image, "-o", out, "--overwrite", "--zarr-format", zarr_format, "--array", "/")
    assert not any(isinstance(value, list) for value in keys(out).values())
    np.testing.assert_array_equal(opened(out)[...], VALUES)


def test_rename_changes_its_urls(image, tmp_path):
    run("rename", image, "-o", tmp_path / "out.json", "--prefix", f"{tmp_path}=s3://b")
    assert {value[0] for value in keys(tmp_path / "out.json").values() if isinstance(value, list)} == {"s3://b/t0.bin"}


def test_it_is_shown_and_verified(image, tmp_path):
    shown = json.loads(run("inspect", image, "--json").out)["groups"][0]["variables"]
    assert [(v["path"], v["shape"], v["references"]) for v in shown] == [("/", [64, 48], 12)]
    assert "uint16 /(Y, X)" in run("inspect", image).out
    run("verify", image, "--read", 12)
    with open(tmp_path / "t0.bin", "r+b") as file:
        file.truncate(1000)
    assert "ends at byte" in run("verify", image, status=1).out


def test_parquet_refuses_it_unless_it_gets_a_name(image, tmp_path):
    out = tmp_path / "out.parq"
    assert "--root-name" in run("convert", image, "-o", out, status=1).err
    assert not out.exists()
    run("convert", image, "-o", out, "--root-name", "picture")
    fs = fsspec.filesystem("reference", fo=str(out), remote_protocol="file", asynchronous=True, skip_instance_cache=True)
    group = zarr.open_group(zarr.storage.FsspecStore(fs, read_only=True), mode="r", zarr_format=2)
    np.testing.assert_array_equal(group["picture"][...], VALUES)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("kind", ["json", "parq"])
def test_combine_joins_them_as_data(tmp_path, kind, zarr_format):
    images = [made(tmp_path, f"t{i}", VALUES + i, zarr_format=zarr_format) for i in range(3)]
    out = tmp_path / f"out.{kind}"
    run("combine", *images, "-o", out, "--concat-dim", "n", "--coord", "n=index")
    np.testing.assert_array_equal(opened(out)["data"][...], np.stack([VALUES + i for i in range(3)]))


def test_arrays_are_joined_and_merged(tmp_path):
    images = [made(tmp_path, f"t{i}", VALUES + i) for i in range(2)]
    run("concat-arrays", *images, "-o", tmp_path / "out.json", "--array", "/", "--axis", "Y")
    np.testing.assert_array_equal(opened(tmp_path / "out.json")[...], np.concatenate([VALUES, VALUES + 1]))
    run("merge", *images, "-o", tmp_path / "merged.json")
    merged = opened(tmp_path / "merged.json")
    for i in range(2):
        np.testing.assert_array_equal(merged[f"t{i}"][...], VALUES + i)


@pytest.fixture
def loose(image):
    """The set with keys that belong to no array."""
    whole = json.loads(image.read_text())
    text = image.parent / "text.txt"
    text.write_text("twelve bytes")
    whole["refs"].update({
        "README": "read me", "bytes": "base64:/wA=", "foo/bar": [str(text), 0, 6], "foo/whole": [str(text)], "9.9": "beyond",
        "other/.zarray": json.dumps({"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "<i4", "compressor": None,
                                     "fill_value": None, "filters": None, "order": "F"}), "other/0": "abcd",
    })
    image.write_text(json.dumps(whole))
    return image


LOOSE = ["README", "bytes", "foo/bar", "foo/whole", "9.9", "other/0"]


@pytest.mark.parametrize("command", [["convert"], ["consolidate"], ["rename", "--prefix", "/x=/y"], ["select"],
                                     ["inline", "--array", "/"], ["dereference"]])
def test_keys_of_no_array_stay(loose, tmp_path, command):
    out = tmp_path / "out.json"
    run(command[0], loose, "-o", out, *command[1:])
    before = fsspec.filesystem("reference", fo=str(loose), remote_protocol="file", skip_instance_cache=True)
    after = fsspec.filesystem("reference", fo=str(out), remote_protocol="file", skip_instance_cache=True)
    assert {key: after.cat(key) for key in LOOSE} == {key: before.cat(key) for key in LOOSE}
    assert json.loads(after.cat("other/.zarray")) == json.loads(before.cat("other/.zarray"))


def test_keys_of_no_array_are_inlined_and_merged(loose, tmp_path):
    run("inline", loose, "-o", tmp_path / "out.json", "--threshold", 7)
    assert keys(tmp_path / "out.json")["foo/bar"] == "twelve"
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"version": 1, "refs": {".zgroup": '{"zarr_format":2}', "README": "other", "more": "x"}}))
    err = run("merge", loose, other, "-o", tmp_path / "merged.json").err
    assert "differs" in err and "/README" in err
    assert [keys(tmp_path / "merged.json")[key] for key in ("README", "more")] == ["read me", "x"]


def test_who_cannot_keep_them_says_so(loose, tmp_path):
    err = run("convert", loose, "-o", tmp_path / "out.parq", "--root-name", "data").err
    assert "belong to no array" in err and "Parquet" in err
    err = run("combine", loose, made(tmp_path, "t1", VALUES), "-o", tmp_path / "c.json", "--concat-dim", "n", "--coord",
              "n=index").err
    assert "belong to no array" in err
    run("convert", loose, "-o", tmp_path / "strict.parq", "--root-name", "data", "--strict", status=3)
    assert not os.path.exists(tmp_path / "strict.parq")
