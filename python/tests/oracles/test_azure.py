# SPDX-License-Identifier: Apache-2.0
"""Blobs of Azure: a small service whose answers Microsoft's library understands, and which checks signatures by it."""
import json
import os
import random
import subprocess
import sys
import urllib.request

import pytest

import command
from test_s3 import AWKWARD, CLIMATE, ENVIRONMENT, SERVERS, answer, scan, tool

blob = pytest.importorskip("azure.storage.blob")
sys.path.insert(0, SERVERS)
import azure_server  # noqa: E402

PLAIN = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("AZURE_")}
KEY = {"AZURE_STORAGE_ACCOUNT_KEY": azure_server.KEY}


class Service:
    def __init__(self, url):
        self.url = url
        self.client = blob.BlobServiceClient(url + "/account", credential={
            "account_name": "account", "account_key": azure_server.KEY}, api_version="2021-08-06")

    def log(self):
        return json.load(urllib.request.urlopen(self.url + "/-/log"))

    def set(self, settings=""):
        urllib.request.urlopen(self.url + "/-/set?" + settings, data=None)

    def environment(self, **further):
        return PLAIN | {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=account;BlobEndpoint={self.url}/account"} | further

    def put(self, container, name, content):
        self.client.get_blob_client(container, name).upload_blob(content, overwrite=True)

    def get(self, container, name):
        return self.client.get_blob_client(container, name).download_blob().readall()


@pytest.fixture(scope="module")
def there():
    process = subprocess.Popen([sys.executable, os.path.join(SERVERS, "azure_server.py")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield Service(f"http://127.0.0.1:{process.stdout.readline().split()[1]}")
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("options, environment", [
    ({}, KEY), ({"account_key": azure_server.KEY}, {}), ({"credential": azure_server.KEY}, {}),
    ({"sas_token": "?" + azure_server.SAS}, {}), ({"credential": azure_server.TOKEN}, {}),
    ({}, {"AZURE_STORAGE_SAS_TOKEN": azure_server.SAS})])
def test_credentials(there, tmp_path, options, environment):
    with open(CLIMATE, "rb") as file:
        there.put("data", "a b/climate.nc", file.read())
    local = scan(CLIMATE, tmp_path / "a.json", env=PLAIN)
    for start in ("az://data", "abfs://data", "abfss://data@account.dfs.core.windows.net"):
        url = start + "/a b/climate.nc"
        given = [word for name, value in options.items() for word in ("--storage-option", f"{name}={value}")]
        refs = scan(url, tmp_path / "b.json", *given, env=there.environment(**environment))
        assert refs == json.loads(json.dumps(local).replace(CLIMATE, url))


# Azure has no names with dots for folders, and none that begin with a slash.
@pytest.mark.parametrize("key", [key for key in AWKWARD if not {"", ".", ".."} & set(key.split("/")) or key == "a//b.nc"])
def test_awkward_names_come_and_go(there, tmp_path, key):
    (tmp_path / "in").write_bytes(key.encode() * 1000)
    env = there.environment(**KEY)
    url = f"az://awkward/{key}"
    answer("put", tmp_path / "in", url, env=env)
    assert there.get("awkward", key) == key.encode() * 1000
    answer("get", url, tmp_path / "out", env=env)
    assert (tmp_path / "out").read_bytes() == key.encode() * 1000
    listed = there.client.get_container_client("awkward").list_blobs()
    assert answer("list", "az://awkward/", env=env) == [
        {"key": f"az://awkward/{entry.name}", "size": entry.size} for entry in listed]
    answer("remove", url, f"{url}.none", env=env)
    assert answer("list", url, env=env) == []


def test_what_is_refused(there, tmp_path):
    there.put("private", "a.nc", b"x")
    there.put("open-data", "a.nc", open(CLIMATE, "rb").read())
    assert scan("az://open-data/a.nc", tmp_path / "a.json", env=there.environment())
    assert scan("az://open-data/a.nc", tmp_path / "a.json", "--anon", env=there.environment(**KEY))

    def refused(words, *arguments, url="az://private/a.nc", env=None, **environment):
        run = command.kerchunk("scan", url, "-o", tmp_path / "b.json", *arguments, env=env or there.environment(**environment))
        assert run.status != 0 and words in run.err, run.err
        assert "sig=" not in run.err

    refused("no credentials were found, so the request was anonymous")
    refused("as requested", "--anon", **KEY)
    refused("signed with the account's key", AZURE_STORAGE_ACCOUNT_KEY="d3Jvbmc=")
    refused("may have expired", "--storage-option", "sas_token=sv=1&sig=secret")
    refused("a token was sent", "--storage-option", "credential=a.b.c")
    refused("must be base64", AZURE_STORAGE_ACCOUNT_KEY="?")
    refused("az account get-access-token", "--storage-option", "client_id=x")
    refused("the URL has no storage account", env=PLAIN)
    refused("is not a host of Azure's storage", url="abfs://data@account.example.org/x.nc")
    refused("the options \"account\"", url="abfs://data@other.dfs.core.windows.net/x.nc")
    refused("(BlobNotFound)", url="az://private/none.nc", **KEY)
    refused("full connection string of the emulator",
            env=PLAIN | {"AZURE_STORAGE_CONNECTION_STRING": "UseDevelopmentStorage=true"})


def test_listings_of_several_pages(there):
    names = [f"y/{number:03}.nc" for number in range(250)] + ["y/deep/x.nc", "z.nc"]
    for name in names:
        there.put("many", name, b"12345")
    there.set()
    env = there.environment(**KEY)
    assert answer("list", "az://many/y/", env=env) == [
        {"key": f"az://many/{name}", "size": 5} for name in sorted(names) if name.startswith("y/")]
    assert len(there.log()) == 3
    level = answer("level", "abfs://many@account.dfs.core.windows.net/", env=env)
    assert level == {"objects": [{"key": "abfs://many@account.dfs.core.windows.net/z.nc", "size": 5}],
                     "folders": ["abfs://many@account.dfs.core.windows.net/y/"]}


@pytest.mark.parametrize("size, requests", [(0, 1), (8 << 20, 1), (50_000_000, 7)])
def test_blobs_of_any_size_are_written(there, tmp_path, size, requests):
    content = random.Random(size).randbytes(size)
    (tmp_path / "in").write_bytes(content)
    there.set()
    answer("put", tmp_path / "in", f"az://written/{size}", env=there.environment(**KEY))
    assert len(there.log()) == requests
    assert there.get("written", str(size)) == content
    answer("put-and-abort", tmp_path / "in", f"az://aborted/{size}", env=there.environment(**KEY))
    assert answer("list", "az://aborted/", env=there.environment(**KEY)) == []


def test_faults_of_the_service(there, tmp_path):
    there.put("open-data", "a.nc", open(CLIMATE, "rb").read())
    there.set("fail=2:503:ServerBusy")
    assert scan("az://open-data/a.nc", tmp_path / "a.json", env=there.environment(**KEY))
    assert len(there.log()) == 3
    # A request that is made again is signed again, with its own time.
    assert len({entry["headers"]["authorization"] for entry in there.log()}) <= 3
    assert "error" not in tool("list", "az://open-data/", env=there.environment()).stderr


def test_the_contract_of_stores_is_kept(there):
    """What Tests/KerchunkTestKit/ObjectStoreSuite.swift wants of a store that can be written."""
    assert answer("check", "az://suite/the suite/", env=there.environment(**KEY)) == []
