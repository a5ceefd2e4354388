# SPDX-License-Identifier: Apache-2.0
"""Whole workflows with kerchunk's names: our own, and those of the page `advanced.rst` of kerchunk's documentation.

The page is not part of this repository: it is looked for beside it (`KERCHUNK_REFERENCE`), and skipped where it is absent.
"""
import contextlib
import json
import os
import re
import sys
import tarfile
import textwrap
import warnings
import zipfile

import numpy as np
import pytest
import xarray as xr

from places import REPOSITORY

PAGE = os.path.join(
    os.environ.get("KERCHUNK_REFERENCE", os.path.join(REPOSITORY, "..", "shared", "reference")), "advanced.rst")


@pytest.fixture
def classic(tmp_path, monkeypatch):
    """A netCDF-3 file, alone and in archives, in the working directory."""
    import netCDF4

    monkeypatch.chdir(tmp_path)
    with netCDF4.Dataset("myfile.nc", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        file.createDimension("x", 40)
        rng = np.random.default_rng(3)
        for name, dims, values in (("time", ("time",), np.arange(4.0)), ("tas", ("time", "x"), rng.normal(280, 9, (4, 40))),
                                   ("mask", ("x",), rng.integers(0, 9, 40, "i4"))):
            file.createVariable(name, values.dtype, dims)[:] = values
    with tarfile.open("archive.tar", "w") as archive:
        archive.add("myfile.nc")
    with zipfile.ZipFile("archive.zip", "w") as archive:
        archive.write("myfile.nc")
    with xr.open_dataset("myfile.nc", engine="netcdf4") as dataset:
        return dataset.load()


@pytest.fixture(scope="module")
def bucket(series):
    """The series in a bucket of an S3 server on this machine, whose address is in the environment: the pattern of its URLs."""
    from moto.server import ThreadedMotoServer

    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        client = boto3.client("s3")
        client.create_bucket(Bucket="data", ACL="public-read")
        for path in series:
            client.upload_file(path, "data", os.path.basename(path), ExtraArgs={"ACL": "public-read"})
        yield "s3://data/part_*.nc"
    finally:
        server.stop()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture(scope="module")
def whole(series):
    with xr.open_mfdataset(series, engine="h5netcdf", combine="by_coords") as dataset:
        return dataset.load()


def opened(refs, **options):
    return xr.open_dataset(
        refs, engine="kerchunk", storage_options={"remote_protocol": "file", **options}).load()


# Our own


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_files_in_archives(kind, classic):
    from swift_kerchunk.netCDF3 import NetCDF3ToZarr
    from swift_kerchunk.utils import consolidate, dereference_archives, do_inline

    refs = NetCDF3ToZarr(f"{kind}://myfile.nc::file://archive.{kind}", inline_threshold=0).translate()
    refs = dereference_archives(refs)
    assert {value[0] for value in refs.values() if isinstance(value, list)} == {f"file://archive.{kind}"}
    for final in (consolidate(refs), consolidate(do_inline(refs, 100))):
        xr.testing.assert_identical(opened(final), classic)


def test_references_to_members_of_archives(classic):
    """As kerchunk writes them, with others that are in no archive."""
    from swift_kerchunk.netCDF3 import NetCDF3ToZarr
    from swift_kerchunk.utils import consolidate, dereference_archives

    plain = NetCDF3ToZarr("myfile.nc", inline_threshold=0).translate()["refs"]
    place = f"tar://myfile.nc::file://{os.getcwd()}/archive.tar"
    refs = {
        key: [place, *value[1:]] if isinstance(value, list) and key.startswith("tas/") else value
        for key, value in plain.items()
    }
    final = dereference_archives({"version": 1, "refs": refs})
    assert not [value for value in final.values() if isinstance(value, list) and "::" in value[0]]
    assert final["mask/0"] == plain["mask/0"]
    xr.testing.assert_identical(opened(consolidate(final)), classic)


def test_a_set_that_is_written_onto_itself(series, whole, tmp_path):
    import fsspec
    from fsspec.implementations.reference import LazyReferenceMapper

    from swift_kerchunk import combine, df, hdf

    place = str(tmp_path / "combined.parq")
    out = LazyReferenceMapper.create(root=place, fs=fsspec.filesystem("file"), record_size=2)
    singles = [hdf.SingleHdf5ToZarr(path, inline_threshold=0).translate() for path in series]
    made = combine.MultiZarrToZarr(singles, concat_dims=["time"], out=out, inline_threshold=0).translate()
    assert made is out
    xr.testing.assert_identical(opened(place), whole)
    df.refs_to_dataframe(made, place, record_size=3)
    xr.testing.assert_identical(opened(place), whole)
    df.refs_to_dataframe(place, place, record_size=100)
    xr.testing.assert_identical(opened(place), whole)
    assert LazyReferenceMapper(place).record_size == 100


def test_a_mapper_that_has_chunks(series, whole, tmp_path, monkeypatch):
    """Set one by one, as they come."""
    import fsspec
    from fsspec.implementations.reference import LazyReferenceMapper

    from swift_kerchunk import combine, hdf

    out = LazyReferenceMapper.create(root=str(tmp_path / "some.parq"), fs=fsspec.filesystem("file"), record_size=2)
    refs = combine.MultiZarrToZarr(
        [hdf.SingleHdf5ToZarr(path, inline_threshold=0).translate() for path in series], concat_dims=["time"]).translate()
    for key in sorted(refs["refs"]):
        if key.startswith("x/") or "/" not in key:
            out[key] = refs["refs"][key]
    out.flush()
    with without_kerchunk(monkeypatch):
        combine.MultiZarrToZarr([refs], concat_dims=["time"], out=out).translate()
        out.flush()
    xr.testing.assert_identical(opened(str(tmp_path / "some.parq")), whole)


@contextlib.contextmanager
def without_kerchunk(monkeypatch):
    """As where it is not installed."""
    with monkeypatch.context() as patch:
        for name in [name for name in sys.modules if name.partition(".")[0] == "kerchunk"] + ["kerchunk", "kerchunk.df"]:
            patch.setitem(sys.modules, name, None)
        yield


def test_a_mapper_gets_more(series, whole, tmp_path, monkeypatch):
    """Other variables, and longer ones: what is there stays, unless it comes anew; kerchunk need not be there."""
    import fsspec
    from fsspec.implementations.reference import LazyReferenceMapper

    from swift_kerchunk import combine, hdf

    place = str(tmp_path / "some.parq")
    singles = [hdf.SingleHdf5ToZarr(path, inline_threshold=0).translate() for path in series]
    fewer = [{key: value for key, value in single["refs"].items() if not key.startswith("x/")} for single in singles]
    with without_kerchunk(monkeypatch):
        out = LazyReferenceMapper.create(root=place, fs=fsspec.filesystem("file"), record_size=2)
        combine.MultiZarrToZarr(singles[:2], concat_dims=["time"], out=out).translate()
        out[".zattrs"] = json.dumps({"history": "longer"})
        combine.MultiZarrToZarr(fewer, concat_dims=["time"], out=out).translate()
        assert "x/0" in out and "tas/5.0" in out
    xr.testing.assert_identical(opened(place), whole.assign_attrs({**whole.attrs, "history": "longer"}))


@pytest.mark.parametrize("out", ["dict", "parquet"])
def test_files_in_a_bucket(out, bucket, whole, tmp_path):
    import fsspec
    from fsspec.implementations.reference import LazyReferenceMapper

    from swift_kerchunk.combine import MultiZarrToZarr
    from swift_kerchunk.hdf import SingleHdf5ToZarr

    files = fsspec.open_files(bucket, anon=True)
    singles = [SingleHdf5ToZarr(file, inline_threshold=0).translate() for file in files]
    assert singles == [
        SingleHdf5ToZarr(file.full_name, storage_options={"anon": True}, inline_threshold=0).translate() for file in files]
    mapper = None
    if out == "parquet":
        mapper = LazyReferenceMapper.create(root=str(tmp_path / "all.parq"), fs=fsspec.filesystem("file"), record_size=3)
    refs = MultiZarrToZarr(
        singles, concat_dims=["time"], remote_protocol="s3", remote_options={"anon": True}, out=mapper).translate()
    found = opened(
        refs if mapper is None else str(tmp_path / "all.parq"), remote_protocol="s3", remote_options={"anon": True})
    xr.testing.assert_identical(found, whole)


def test_a_mapper_in_a_bucket(bucket, whole):
    import s3fs
    from fsspec.implementations.reference import LazyReferenceMapper

    from swift_kerchunk.combine import MultiZarrToZarr
    from swift_kerchunk.df import refs_to_dataframe
    from swift_kerchunk.hdf import SingleHdf5ToZarr

    fs = s3fs.S3FileSystem()
    out = LazyReferenceMapper.create(root="data/all.parq", fs=fs, record_size=3)
    singles = [SingleHdf5ToZarr(f"s3://{name}").translate() for name in sorted(fs.glob(bucket))]
    made = MultiZarrToZarr(singles, concat_dims=["time"], remote_protocol="s3", out=out).translate()
    made.flush()
    for place in ("s3://data/all.parq", "s3://data/again.parq"):
        found = xr.open_dataset(place, engine="kerchunk", storage_options={"remote_protocol": "s3", "target_protocol": "s3"})
        xr.testing.assert_identical(found.load(), whole)
        refs_to_dataframe(made, "s3://data/again.parq")


def test_appending_in_a_bucket(bucket, whole):
    import s3fs
    from fsspec.implementations.reference import LazyReferenceMapper

    from swift_kerchunk.combine import MultiZarrToZarr
    from swift_kerchunk.hdf import SingleHdf5ToZarr

    fs = s3fs.S3FileSystem()
    singles = [SingleHdf5ToZarr(f"s3://{name}").translate() for name in sorted(fs.glob(bucket))]
    out = LazyReferenceMapper.create(root="data/growing.parq", fs=fs, record_size=3)
    MultiZarrToZarr(singles[:2], concat_dims=["time"], remote_protocol="s3", out=out).translate()
    MultiZarrToZarr.append(singles[2:], "s3://data/growing.parq", concat_dims=["time"], remote_protocol="s3").translate()
    found = xr.open_dataset(
        "s3://data/growing.parq", engine="kerchunk", storage_options={"remote_protocol": "s3", "target_protocol": "s3"})
    xr.testing.assert_identical(found.load(), whole)


# The page

#: What must be changed in the page's blocks, by number from 0, for them to run at all: text, what takes its place, and why.
EDITS = {
    3: [
        ("files = fsspec.open(location_of_data)", "files = fsspec.open_files(location_of_data, anon=True)",
         "`open` opens one file; the server has no users"),
        ("import fsspec.implementations.reference\n", "import fsspec.implementations.reference\nimport os\n",
         "`os` is used and not imported"),
        ("= MultiZarrToZarr(", "= combine.MultiZarrToZarr(", "it is not imported by itself"),
        ("lazy=True)", 'lazy=True, asynchronous=True, remote_options={"anon": True, "asynchronous": True})',
         "the server has no users, and zarr 3 wants asynchronous file systems"),
    ],
}


def blocks():
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"^\.\. code-block:: python\n\n((?:(?: .*)?\n)+)", text, re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def run_block(number, names):
    """Runs one block with `swift_kerchunk` in the place of `kerchunk`; `names` are what it finds and leaves."""
    text = blocks()[number]
    for old, new, _ in EDITS.get(number, ()):
        assert text.count(old) == 1, f"block {number} has {text.count(old)} times {old!r}"
        text = text.replace(old, new)
    text = re.sub(r"\bkerchunk\b", "swift_kerchunk", text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile("import swift_kerchunk\n" + text, f"<block {number} of the page>", "exec"), names)
    return names


needs_page = pytest.mark.skipif(
    not os.path.exists(PAGE), reason=f"no {os.path.relpath(PAGE, REPOSITORY)} beside the repository (KERCHUNK_REFERENCE)")


@needs_page
def test_all_blocks_of_the_page_are_run():
    assert len(blocks()) == 4


@needs_page
def test_the_page_in_parallel(series, whole, tmp_path):
    import swift_kerchunk

    outputs = [str(tmp_path / f"{number}.json") for number in range(len(series))]
    run_block(0, {"infilenames": series, "outfilenames": outputs})
    for path, output in zip(series, outputs):
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            xr.testing.assert_identical(opened(output), dataset.load())
    refs = swift_kerchunk.combine.MultiZarrToZarr(outputs, concat_dims=["time"]).translate()
    xr.testing.assert_identical(opened(refs), whole)


@needs_page
def test_the_page_with_archives(classic):
    names = run_block(2, run_block(1, {}))
    refs = names["final"]["refs"]
    assert {value[0] for value in refs.values() if isinstance(value, list)} == {"file://archive.tar"}
    xr.testing.assert_identical(opened(names["final"]), classic)


@needs_page
def test_the_page_with_parquet(bucket, whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run_block(3, {"location_of_data": bucket})
    xr.testing.assert_identical(names["ds"].load(), whole)
