# SPDX-License-Identifier: Apache-2.0
"""Options of fsspec's file systems, and outputs in stores: a service whose signatures botocore checks, read by s3fs too."""
import json
import uuid
import warnings

import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from swift_kerchunk._access import sources, storage

s3fs = pytest.importorskip("s3fs")

KEYS = {"key": "test", "secret": "secret/+="}


@pytest.fixture(scope="module")
def buckets(service, series):
    """Buckets with the series: one that is near, one in another region, one whose users pay."""
    files = {f"part_{number}.nc": path for number, path in enumerate(series)}
    return {kind: service.bucket(f"{kind}-{uuid.uuid4().hex}", **files) for kind in ("near", "far", "payer")}


@pytest.fixture
def natively(monkeypatch):
    """Nothing may go through fsspec."""

    def refuse(self, url):
        raise AssertionError(f"fsspec was asked for {url}")

    monkeypatch.setattr(sources.FileSystem, "resolved", refuse)


@pytest.fixture(scope="module")
def whole(series):
    with xr.open_mfdataset(series, engine="h5netcdf", data_vars="minimal", coords="minimal", compat="override") as dataset:
        return dataset.load()


#: Options as s3fs has them; ``HERE`` is the service.
SPELLINGS = {
    "plain": {**KEYS, "endpoint_url": "HERE"},
    "client_kwargs": {**KEYS, "client_kwargs": {"endpoint_url": "HERE", "region_name": "us-east-1", "verify": False}},
    "nothing in them": {**KEYS, "endpoint_url": "HERE", "client_kwargs": {}, "config_kwargs": None, "token": None},
    "said twice": {**KEYS, "client_kwargs": {"region_name": "us-east-1", "endpoint_url": "HERE", "use_ssl": False},
                   "config_kwargs": {"region_name": "us-east-1", "s3": {"addressing_style": "path"}}},
    "keys of botocore": {"client_kwargs": {
        "endpoint_url": "HERE", "aws_access_key_id": "session", "aws_secret_access_key": "other",
        "aws_session_token": "a/token+of=the session"}},
    "token": {"key": "session", "secret": "other", "token": "a/token+of=the session", "client_kwargs": {"endpoint_url": "HERE"}},
    "user": {"username": "test", "password": "secret/+=", "endpoint_url": "HERE"},
    "style": {**KEYS, "endpoint_url": "HERE", "config_kwargs": {
        "s3": {"addressing_style": "path"}, "signature_version": "s3v4", "max_pool_connections": 40, "read_timeout": 30}},
    "buffers": {**KEYS, "endpoint_url": "HERE", "default_fill_cache": False, "default_cache_type": "first",
                "skip_instance_cache": True, "use_listings_cache": False, "version_aware": False, "s3_additional_kwargs": {}},
}


def with_place(options, url):
    """`options` with `url` for ``HERE``."""
    if isinstance(options, dict):
        return {name: with_place(value, url) for name, value in options.items()}
    return url if options == "HERE" else options


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_library_takes_the_words_of_s3fs(service, buckets, series, natively, spelling):
    options = with_place(SPELLINGS[spelling], service.url)
    url = f"s3://{buckets['near']}/part_1.nc"
    service.set()
    found = sk.scan(url, storage_options=options, inline_threshold=0).to_dict()
    log = service.log()
    sent = log[0]["headers"]["authorization"]
    assert json.dumps(found) == json.dumps(sk.scan(series[1], inline_threshold=0).to_dict()).replace(series[1], url)
    # Who asks is the same for s3fs.
    service.set()
    fs = s3fs.S3FileSystem(**{**options, "skip_instance_cache": True, "use_listings_cache": False})
    with open(series[1], "rb") as file:
        assert fs.cat_file(url) == file.read()
    assert sent.partition("/")[0] == service.log()[0]["headers"]["authorization"].partition("/")[0]


def test_users_without_a_name(service, buckets, natively):
    import botocore

    service.client.put_bucket_acl(Bucket=buckets["near"], ACL="public-read")
    service.client.put_object_acl(Bucket=buckets["near"], Key="part_0.nc", ACL="public-read")
    place = {"client_kwargs": {"endpoint_url": service.url}}
    for options in ({"anon": True, **place}, {"config_kwargs": {"signature_version": botocore.UNSIGNED}, **place}):
        service.set()
        assert sk.scan(f"s3://{buckets['near']}/part_0.nc", storage_options=options)["tas"].shape == (4, 5)
        assert all("authorization" not in one["headers"] for one in service.log())


def test_profiles_and_users_who_pay(service, buckets, natively, tmp_path, monkeypatch):
    (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = test\naws_secret_access_key = secret/+=\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    options = {"profile": "mine", "requester_pays": True, "client_kwargs": {"endpoint_url": service.url}}
    assert sk.scan(f"s3://{buckets['payer']}/part_0.nc", storage_options=options)["tas"].shape == (4, 5)
    with pytest.raises(sk.KerchunkError):
        sk.scan(f"s3://{buckets['payer']}/part_0.nc", storage_options={**options, "requester_pays": False})


def test_regions(service, buckets, natively):
    for kind, region in (("near", "us-east-1"), ("far", "eu-central-1")):
        options = {**KEYS, "client_kwargs": {"endpoint_url": service.url, "region_name": region}}
        service.set()
        assert sk.scan(f"s3://{buckets[kind]}/part_0.nc", storage_options=options)["tas"].shape == (4, 5)
        assert {one["headers"]["authorization"].split("/")[2] for one in service.log()} == {region}


@pytest.mark.parametrize("options, name", [
    ({"client_kwargs": {"verify": "/certificates.pem"}}, "client_kwargs.verify"),
    ({"verify": "/certificates.pem"}, "verify"),
    ({"client_kwargs": {"api_version": "2006-03-01"}}, "client_kwargs.api_version"),
    ({"client_kwargs": "{}"}, "client_kwargs"),
    ({"config_kwargs": {"retries": {"max_attempts": 3}}}, "config_kwargs.retries"),
    ({"config_kwargs": {"s3": {"use_accelerate_endpoint": True}}}, "config_kwargs.s3.use_accelerate_endpoint"),
    ({"config_kwargs": {"s3": {"addressing_style": "new"}}}, "config_kwargs.s3.addressing_style"),
    ({"config_kwargs": {"s3": "path"}}, "config_kwargs.s3"),
    ({"config_kwargs": {"anon": True}}, "config_kwargs.anon"),
    ({"config_kwargs": {"signature_version": "v2"}}, "config_kwargs.signature_version"),
    ({"s3_additional_kwargs": {"ServerSideEncryption": "AES256"}}, "s3_additional_kwargs"),
    ({"version_aware": True}, "version_aware"),
    ({"session": object()}, "session"),
    ({"endpoint_url": "http://one", "client_kwargs": {"endpoint_url": "http://other"}}, "client_kwargs.endpoint_url"),
])
def test_what_the_library_has_no_word_for_is_for_fsspec(options, name, series, tmp_path):
    told = storage.Storage(options)
    assert told.is_foreign("s3://bucket/key") and told.unknown_option("s3://bucket/key") == name
    assert not told.is_foreign("/a/path")
    # Workers of clusters cannot write so, and say what to change.
    with pytest.raises(sk.errors.UsageError, match=f'"{name}".*leave it out'):
        sk.build(series, "time", output="s3://bucket/cube.parq", client="sync", storage_options=options)


def test_reading_through_fsspec_gives_the_same(service, buckets, series):
    options = {**KEYS, "endpoint_url": service.url, "config_kwargs": {"retries": {"max_attempts": 3}}}
    url = f"s3://{buckets['near']}/part_2.nc"
    found = sk.scan(url, storage_options=options, inline_threshold=0).to_dict()
    assert json.dumps(found) == json.dumps(sk.scan(series[2], inline_threshold=0).to_dict()).replace(series[2], url)


# Outputs

NESTED = {**KEYS, "client_kwargs": {"endpoint_url": "HERE", "region_name": "us-east-1"}}


def read(place, options):
    """All values behind a set in a bucket, through s3fs and xarray."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = {"target_protocol": "s3", "target_options": options} if isinstance(place, str) else {}
        with xr.open_dataset("reference://", engine="zarr", backend_kwargs={"consolidated": False, "storage_options": {
                "fo": place, "remote_protocol": "s3", "remote_options": {**options, "asynchronous": True}, **target}}) as found:
            return found.load()


@pytest.mark.parametrize("where", ["cluster", "here"])
@pytest.mark.parametrize("form", ["parq", "json"])
def test_builds_from_a_bucket_into_it(service, buckets, whole, client, natively, form, where):
    options = with_place(NESTED, service.url)
    urls = [f"s3://{buckets['near']}/part_{number}.nc" for number in range(3)]
    place = f"s3://{buckets['near']}/{where}/{form}/cube.{form}"
    cube = sk.build(
        urls, concat_dim="time", output=place, client=client if where == "cluster" else None, storage_options=options,
        record_size=2, inline_threshold=0)
    xr.testing.assert_identical(cube.open().load(), whole)
    xr.testing.assert_identical(read(place, options), whole)
    one = sk.build(urls, concat_dim="time", record_size=2, inline_threshold=0, storage_options=options)
    assert sk.open(place, storage_options=options).to_dict() == one.to_dict()
    # Nothing of the work is left.
    found = service.objects(buckets["near"], f"{where}/{form}/")
    parts = [".zmetadata", "sources.json", "tas/refs.0.parq", "tas/refs.1.parq", "tas/refs.2.parq"]
    assert [name for name in found if "/time/" not in name and "/x/" not in name] == (
        ["cube.json"] if form == "json" else [f"cube.parq/{name}" for name in parts])


def test_datasets_go_into_a_bucket(service, buckets, whole, series, natively):
    options = with_place(NESTED, service.url)
    urls = [f"s3://{buckets['near']}/part_{number}.nc" for number in range(3)]
    cube = sk.combine([sk.scan(url, storage_options=options) for url in urls], "time", remote_options=options)
    for form, write in (("parq", cube.to_parquet), ("json", cube.to_json), ("json.zst", cube.to_json)):
        place = f"s3://{buckets['near']}/saved/cube.{form}"
        write(place, storage_options=options)
        with pytest.raises(sk.errors.OutputError):
            write(place, storage_options=options)
        xr.testing.assert_identical(sk.open(place, storage_options=options).open().load(), whole)
    xr.testing.assert_identical(read(f"s3://{buckets['near']}/saved/cube.parq", options), whole)


@pytest.mark.parametrize("credentials", [{"token": "a-token"}, {"key": "goog", "secret": "hmac"}])
def test_workers_write_to_google(service, series, whole, client, natively, credentials):
    """By the XML interface, whose language is that of S3: the same service stands in for it."""
    options = {**credentials, "endpoint_url": service.url}
    bucket = service.bucket(f"gs-{uuid.uuid4().hex}")
    service.set()
    for form in ("parq", "json"):
        place = f"gs://{bucket}/cube.{form}"
        cube = sk.build(series, "time", output=place, client=client, storage_options=options, record_size=2)
        xr.testing.assert_identical(sk.open(cube.to_dict()).open().load(), whole)
    assert {one["headers"]["authorization"].split("/")[0] for one in service.log()} == {
        "Bearer a-token" if "token" in credentials else "AWS4-HMAC-SHA256 Credential=goog"}
    assert {name.partition("/")[0] for name in service.objects(bucket)} == {"cube.parq", "cube.json"}


@pytest.mark.parametrize("form", ["parq", "json"])
def test_memory_is_one_process(series, whole, client, form):
    """`memory://` is fsspec's, of this process: workers of a cluster have none of it."""
    place = f"memory://{uuid.uuid4().hex}/cube.{form}"
    for who in (client, "threads", "sync"):
        with pytest.raises(sk.errors.UsageError, match="without client="):
            sk.build(series, "time", output=place, client=who)
    cube = sk.build(series, "time", output=place)
    xr.testing.assert_identical(cube.open().load(), whole)
    xr.testing.assert_identical(sk.open(place).open().load(), whole)


@pytest.mark.parametrize("who", ["cluster", "sync", None])
@pytest.mark.parametrize("form", ["parq", "json"])
def test_inputs_and_outputs_of_different_users(service, buckets, whole, client, natively, form, who):
    place = f"s3://{buckets['near']}/users-{who}/{form}/cube.{form}"
    reader = {**KEYS, "client_kwargs": {"endpoint_url": service.url}}
    writer = {"key": "session", "secret": "other", "token": "a/token+of=the session", "endpoint_url": service.url}
    urls = [f"s3://{buckets['near']}/part_{number}.nc" for number in range(3)]
    service.set()
    cube = sk.build(
        urls, "time", output=place, client=client if who == "cluster" else who, storage_options=reader, output_options=writer,
        inline_threshold=0)
    found = {}
    for one in service.log():
        name = one["headers"]["authorization"].split("=")[1].split("/")[0]
        found.setdefault("part" if "part_" in one["path"] else "cube", set()).add(name)
    assert found == {"part": {"test"}, "cube": {"session"}}
    service.set()
    xr.testing.assert_identical(cube.open().load(), whole)
    read_by = {one["headers"]["authorization"].split("=")[1].split("/")[0] for one in service.log() if "part_" in one["path"]}
    assert read_by == {"test"}
    opened = sk.open(place, storage_options=writer, remote_options=reader)
    xr.testing.assert_identical(opened.open().load(), whole)
    with pytest.raises(sk.errors.UsageError, match="verify.*leave it out"):
        sk.build(
            urls, "time", output=place, client="sync", storage_options=reader, output_options={"client_kwargs": {"verify": "x"}})


def test_outputs_that_fsspec_writes(service, buckets, whole, series):
    """The inputs are read by the library, and the output goes through s3fs, as the library does not know an option."""
    options = {**KEYS, "client_kwargs": {"endpoint_url": service.url}, "config_kwargs": {"retries": {"max_attempts": 2}}}
    place = f"s3://{buckets['near']}/foreign/cube.parq"
    cube = sk.build(series, "time", output=place, output_options=options)
    xr.testing.assert_identical(cube.open().load(), whole)
    xr.testing.assert_identical(
        sk.open(place, storage_options=with_place(NESTED, service.url), remote_options={}).open().load(), whole)
