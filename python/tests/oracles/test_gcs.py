# SPDX-License-Identifier: Apache-2.0
"""Objects of Google Cloud Storage by its XML interface, whose language is S3's: moto's service stands in for it, with tokens
and botocore's signatures checked."""
import json
import random

import pytest

import command
from test_s3 import CLIMATE, ENVIRONMENT, answer, scan, service, tool  # noqa: F401

TOKEN = ["--storage-option", "token=a-token"]
HMAC = {"GS_ACCESS_KEY_ID": "goog", "GS_SECRET_ACCESS_KEY": "hmac"}


@pytest.fixture(name="there")
def _there(service):  # noqa: F811
    service.bucket("gcs-bucket")
    service.client.upload_file(CLIMATE, "gcs-bucket", "a b/climate.nc")
    service.client.upload_file(CLIMATE, "gcs-bucket", "open.nc", ExtraArgs={"ACL": "public-read"})
    service.set()
    return service


def env(there, **further):
    return {name: value for name, value in ENVIRONMENT.items() if not name.startswith(("GOOGLE", "GS_", "CLOUDSDK"))} | {
        "STORAGE_EMULATOR_HOST": there.url.removeprefix("http://")} | further


@pytest.mark.parametrize("arguments, environment, sent", [
    (TOKEN, {}, "Bearer a-token"), ([], {"GOOGLE_OAUTH_ACCESS_TOKEN": "a-token"}, "Bearer a-token"),
    ([], HMAC, "AWS4-HMAC-SHA256 Credential=goog/"),
    (["--storage-option", "key=goog", "--storage-option", "secret=hmac"], {}, "AWS4-HMAC-SHA256 Credential=goog/")])
def test_credentials(there, tmp_path, arguments, environment, sent):
    local = scan(CLIMATE, tmp_path / "a.json", env=ENVIRONMENT)
    for scheme in ("gs", "gcs"):
        url = f"{scheme}://gcs-bucket/a b/climate.nc"
        refs = scan(url, tmp_path / "b.json", *arguments, env=env(there, **environment))
        assert refs == json.loads(json.dumps(local).replace(CLIMATE, url))
        assert there.log()[-1]["headers"]["authorization"].startswith(sent)


def test_anonymous_requests(there, tmp_path):
    assert scan("gs://gcs-bucket/open.nc", tmp_path / "a.json", env=env(there))
    assert scan("gs://gcs-bucket/open.nc", tmp_path / "a.json", "--anon", env=env(there, **HMAC))
    assert scan("gs://gcs-bucket/open.nc", tmp_path / "a.json", "--storage-option", "token=anon", env=env(there, **HMAC))
    assert all("authorization" not in entry["headers"] for entry in there.log())
    for arguments, environment, words in [
        ([], {}, "no credentials were found, so the request was anonymous: --storage-option token="),
        (["--anon"], {}, "as requested"), (["--storage-option", "token=old"], {}, "makes another"),
        ([], {**HMAC, "GS_SECRET_ACCESS_KEY": "x"}, "(SignatureDoesNotMatch)"),
        ([], {"GOOGLE_APPLICATION_CREDENTIALS": "/x.json"}, "gcloud auth print-access-token"),
        (["--storage-option", "token=google_default"], {}, "not supported"),
        (["--storage-option", "token=/a/b.json"], {}, "credential files"),
        (["--requester-pays", *TOKEN], {}, "give --storage-option project=…"),
    ]:
        run = command.kerchunk("scan", "gs://gcs-bucket/a b/climate.nc", "-o", tmp_path / "b.json", *arguments,
                               env=env(there, **environment))
        assert run.status != 0 and words in run.err, run.err


def test_a_project_pays(there, tmp_path):
    url = "gs://gcs-bucket/a b/climate.nc"
    scan(url, tmp_path / "a.json", *TOKEN, "--storage-option", "requester_pays=my-project", env=env(there))
    assert there.log()[-1]["headers"]["x-goog-user-project"] == "my-project"
    scan(url, tmp_path / "a.json", "--requester-pays", "--storage-option", "project=other", env=env(there, **HMAC))
    assert there.log()[-1]["path"].endswith("?userProject=other")


@pytest.mark.parametrize("options, environment", [({"token": "a-token"}, {}), ({}, HMAC)])
def test_objects_are_listed_written_and_removed(there, tmp_path, options, environment):
    environment = env(there, **environment)
    content = random.Random(1).randbytes(20_000_000)
    (tmp_path / "in").write_bytes(content)
    for name in ("out/large", "out/deep/é +"):
        answer("put", tmp_path / "in", f"gs://gcs-bucket/{name}", env=environment, options=options)
        assert there.client.get_object(Bucket="gcs-bucket", Key=name)["Body"].read() == content
    level = answer("level", "gs://gcs-bucket/out/", env=environment, options=options)
    assert level == {"objects": [{"key": "gs://gcs-bucket/out/large", "size": 20_000_000}],
                     "folders": ["gs://gcs-bucket/out/deep/"]}
    urls = [f"gs://gcs-bucket/{name}" for name in ("out/large", "out/deep/é +", "out/none")]
    answer("remove", *urls, env=environment, options=options)
    assert answer("list", "gs://gcs-bucket/out/", env=environment, options=options) == []
    assert "(NoSuchKey)" in tool("get", urls[0], tmp_path / "x", env=environment, options=options).stderr


def test_the_contract_of_stores_is_kept(there):
    """What Tests/KerchunkTestKit/ObjectStoreSuite.swift wants of a store that can be written."""
    assert answer("check", "gs://gcs-bucket/the suite/", env=env(there, GOOGLE_OAUTH_ACCESS_TOKEN="a-token")) == []
