# SPDX-License-Identifier: Apache-2.0
"""What may not be seen in messages, warnings, reports and logs; what a terminal may not act upon; names that none can be."""
import json
import os
import traceback
import warnings

import pytest
import swift_kerchunk as sk
from swift_kerchunk.shown import shown

SECRET = "http://user:pa55word@127.0.0.1:1/a.nc?X-Amz-Signature=s3cr3t&x=1#s3cr3t"
HOSTILE = "a\x1b[31m\n\x9b\u202eb\u2066\x07"
ACTED_UPON = set(HOSTILE) - set("ab[31m")


@pytest.mark.parametrize(("name", "expected"), [
    (SECRET, "http://127.0.0.1:1/a.nc"),
    (f"cannot read {SECRET}, so it ends", "cannot read http://127.0.0.1:1/a.nc, so it ends"),
    (f'"{SECRET}" and "{SECRET}"', '"http://127.0.0.1:1/a.nc" and "http://127.0.0.1:1/a.nc"'),
    (f"zip://a.nc::simplecache::{SECRET}", "zip://a.nc::simplecache::http://127.0.0.1:1/a.nc"),
    ("s3://bucket/what?.nc", "s3://bucket/what?.nc"),
    ("s3://key:secret@bucket/a.nc", "s3://bucket/a.nc"),
    ("s3://bucket/a.nc?X-Amz-Signature=abc", "s3://bucket/a.nc"),
    ("abfs://container@account.dfs.core.windows.net/a.nc", "abfs://container@account.dfs.core.windows.net/a.nc"),
    ("/data/what?.nc", "/data/what?.nc"), ("file:///data/what?.nc", "file:///data/what?.nc"),
    ("a\x1b[0m\nb\u202ec\x9b", "a\\x1b[0m\\nb\\u202ec\\x9b"), ("é中\u200c😀", "é中\u200c😀"), ("\ud800", "\\ud800"),
])
def test_names_as_they_are_shown(name, expected):
    assert shown(name) == expected


def is_clean(text):
    return "s3cr3t" not in text and "pa55word" not in text and "\x1b" not in text


OPTIONS = {"retries": 0, "headers": {"Authorization": "Bearer s3cr3t"}}


def set_of(url):
    return sk.open({"version": 1, "refs": {
        "a/.zarray": '{"zarr_format":2,"shape":[1],"chunks":[1],"dtype":"|u1","compressor":null,"fill_value":0,"filters":null,'
        '"order":"C"}', "a/0": [url, 0, 1]}}, remote_options=OPTIONS)


@pytest.mark.parametrize("call", [
    lambda: sk.scan(SECRET, storage_options=OPTIONS), lambda: sk.open(SECRET, storage_options=OPTIONS),
    lambda: sk.combine([SECRET], "time", storage_options=OPTIONS), lambda: set_of(SECRET).inline(arrays=["a"]),
    lambda: sk.scan(f"simplecache::{SECRET}", storage_options={"http": OPTIONS}), lambda: sk.scan(SECRET + "\0"),
])
def test_errors_have_no_secrets(call):
    with pytest.raises(sk.KerchunkError) as caught:
        call()
    error = caught.value
    text = "".join(traceback.format_exception_only(type(error), error))
    assert is_clean(text) and is_clean(repr(error)) and is_clean(str(error.url)) and is_clean(error.message)
    assert "127.0.0.1" in text


def test_reports_of_sets_that_name_secrets():
    dataset = set_of(SECRET)
    # references keep what readers need
    assert dataset.urls == [SECRET] and dataset.to_dict()["refs"]["a/0"][0] == SECRET
    for text in (json.dumps(dataset.inspect()), repr(dataset), dataset._repr_html_(), json.dumps(dataset.verify())):
        assert is_clean(text)


def test_names_of_files_do_not_reach_the_terminal(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = str(tmp_path / (HOSTILE + ".h5"))
    with h5py.File(path, "w") as file:
        file[HOSTILE] = [1, 2]
        file[HOSTILE].attrs[HOSTILE] = HOSTILE
        file.create_dataset("odd", (2,), h5py.h5t.STD_REF_OBJ)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        dataset = sk.scan(path)
    assert HOSTILE in dataset and path in dataset.urls
    for text in [repr(dataset), repr(dataset[HOSTILE]), repr(dataset.chunks(HOSTILE)), *(str(one.message) for one in warned)]:
        assert not (set(text) & ACTED_UPON - {"\n"}), text
    with pytest.raises(sk.KerchunkError) as caught:
        sk.scan(str(tmp_path / ("absent" + HOSTILE)))
    assert not set(str(caught.value)) & ACTED_UPON - {"\n"} and "absenta\\x1b[31m\\n\\x9b\\u202eb" in str(caught.value)


@pytest.mark.parametrize("call", [
    lambda path: sk.scan(f"{path}\0"), lambda path: sk.scan(f"{path}\0.nc"), lambda path: sk.open(f"{path}\0"),
    lambda path: sk.scan(f"file://{path}\0"), lambda path: sk.combine([f"{path}\0"], "time"),
    lambda path: sk.scan("http://127.0.0.1:1/\0"), lambda path: sk.scan(f"zip://a::{path}\0"),
    lambda path: sk.scan(path).to_json(f"{path}.json\0x"), lambda path: sk.scan(path).to_parquet(f"{path}.parq\0x"),
    lambda path: sk.build([path], "time", output=f"{path}.json\0x"),
])
def test_names_with_a_nul_are_errors(series, tmp_path, call):
    path = str(tmp_path / "a.nc")
    os.symlink(series[0], path)
    with pytest.raises(ValueError, match="NUL|null"):
        call(path)
    assert os.listdir(tmp_path) == ["a.nc"]


def test_references_to_names_with_a_nul(series):
    refs = sk.scan(series[0], inline_threshold=0).to_dict()["refs"]
    key = next(key for key, value in refs.items() if isinstance(value, list))
    refs[key][0] += "\0"
    dataset = sk.open({"version": 1, "refs": refs})
    assert [source["problem"] for source in dataset.verify()["sources"] if source["problem"]] == [
        "the name contains a NUL character, which file names cannot have"]
