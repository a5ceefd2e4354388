# SPDX-License-Identifier: Apache-2.0
"""Reference sets in Google's and Azure's stores: written there whole or not at all, equal to those on disk. (S3: test_s3_sets.py)"""
import json
import os
import signal
import subprocess
import time

import pytest

import command

pytest.importorskip("moto")
pytest.importorskip("azure.storage.blob")
xarray = pytest.importorskip("xarray")
import test_gcs  # noqa: E402
from test_azure import KEY, there  # noqa: E402, F401
from test_s3 import service  # noqa: E402, F401
from test_s3_sets import here, many, series  # noqa: E402


class Place:
    """A bucket or a container of a test."""

    def __init__(self, name, url, env):
        self.name, self.url, self.env = name, url, env

    def run(self, *arguments, status=0):
        run = command.kerchunk(*arguments, env=self.env)
        assert run.status == status, run.err
        return run

    def written(self):
        """Names of the objects that requests wrote, in their order; a large one stands there once for each part."""
        return [entry["path"].split("?")[0].rsplit(f"/{self.name}/", 1)[1] for entry in self.log() if entry["method"] == "PUT"]


class Azure(Place):
    def __init__(self, there, name):  # noqa: F811
        super().__init__(name, f"az://{name}", there.environment(**KEY))
        self.there, self.log = there, there.log
        self.client = there.client.get_container_client(name)
        there.set()

    def names(self, prefix=""):
        return [entry.name for entry in self.client.list_blobs(name_starts_with=prefix)]

    def read(self, name):
        return self.client.download_blob(name).readall()

    def set(self, fail="", only=""):
        self.there.set(f"fail={fail}&only={only}" if fail else "")


class Google(Place):
    def __init__(self, service, name):  # noqa: F811
        super().__init__(service.bucket(name), f"gs://{name}", test_gcs.env(service, **test_gcs.HMAC))
        self.service, self.log = service, service.log

    def names(self, prefix=""):
        pages = self.service.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, name):
        return self.service.client.get_object(Bucket=self.name, Key=name)["Body"].read()

    def set(self, fail="", only=""):
        self.service.set(**({"fail": fail, "only": only} if fail else {}))


@pytest.fixture(params=["azure", "google"])
def place(request):
    name = request.node.name.split("[")[0].replace("_", "-")[5:50].strip("-")
    if request.param == "azure":
        return Azure(request.getfixturevalue("there"), name)
    return Google(request.getfixturevalue("service"), name)


def test_a_set_is_that_on_disk(place, tmp_path):
    paths = series(tmp_path, 3)
    arguments = ["build", *paths, "--concat-dim", "time", "--record-size", "2", "--inline-threshold", "0"]
    place.run(*arguments, "-o", tmp_path / "cube.parq")
    place.run(*arguments, "-o", f"{place.url}/deep/cube.parq")
    local = {os.path.relpath(os.path.join(folder, name), tmp_path / "cube.parq")
             for folder, _, names in os.walk(tmp_path / "cube.parq") for name in names}
    assert {name.removeprefix("deep/cube.parq/") for name in place.names()} == local
    for name in local:
        assert place.read("deep/cube.parq/" + name) == (tmp_path / "cube.parq" / name).read_bytes(), name
    # Readers see a set when the last of it is there.
    written = [name for name in place.written() if ".partial" not in name]
    assert written[-1] == "deep/cube.parq/.zmetadata" and len(written) == len(local)
    place.run("convert", f"{place.url}/deep/cube.parq", "-o", tmp_path / "back.json")
    read = xarray.open_dataset("reference://", engine="zarr", chunks=None, backend_kwargs={
        "consolidated": False, "storage_options": {"fo": str(tmp_path / "back.json")}})
    xarray.testing.assert_equal(here(paths), read.load())


def test_many_files_from_there_to_there(place, tmp_path):
    for path in series(tmp_path, 4):
        place.run("scan", path, "-o", f"{place.url}/refs/{path.name}.json")
    place.run("combine", f"{place.url}/refs/*_200[0-2].nc.json", "-o", f"{place.url}/three.parq")
    place.run("combine", f"{place.url}/three.parq", f"{place.url}/refs/tas_2003.nc.json", "-o", tmp_path / "four.json")
    read = xarray.open_dataset("reference://", engine="zarr", chunks=None, backend_kwargs={
        "consolidated": False, "storage_options": {"fo": str(tmp_path / "four.json")}})
    xarray.testing.assert_equal(here(tmp_path.glob("*.nc")), read.load())
    run = place.run("scan", f"{place.url}/refs/none*", "-o", "-", status=2)
    assert "nothing matches" in run.err


def test_a_large_file_goes_in_parts(place, tmp_path):
    refs = many(tmp_path / "many.json", 400_000)
    place.run("convert", refs, "-o", tmp_path / "a.json")
    content = (tmp_path / "a.json").read_bytes()
    assert len(content) > 9 << 20
    place.run("convert", refs, "-o", f"{place.url}/a.json")
    assert place.read("a.json") == content and len(place.written()) >= 2
    part, last = ("comp=block&", "comp=blocklist") if place.url.startswith("az:") else ("partNumber=2", "POST")
    for only in (part, last):
        place.set("1:400:InvalidRequest", only)
        run = place.run("convert", refs, "-o", f"{place.url}/b.json", status=1)
        assert "InvalidRequest" in run.err and f"{place.url}/b.json" in run.err
        assert place.names() == ["a.json"]
    place.set("2:503:ServerBusy", part)
    place.run("convert", refs, "-o", f"{place.url}/b.json")
    assert place.read("b.json") == content


def test_what_is_there_is_kept(place, tmp_path):
    refs = many(tmp_path / "many.json", 100)
    for name in ("a.json", "a.parq"):
        place.run("convert", refs, "-o", f"{place.url}/{name}", "--record-size", "20")
    before = {name: place.read(name) for name in place.names()}
    other = many(tmp_path / "other.json", 60)
    place.set()
    assert "--in-place" in place.run("convert", other, "-o", f"{place.url}/a.parq", status=1).err
    assert "--overwrite" in place.run("convert", other, "-o", f"{place.url}/a.json", status=1).err
    assert place.written() == [] and before == {name: place.read(name) for name in place.names()}
    place.run("convert", other, "-o", f"{place.url}/a.parq", "--in-place", "--record-size", "20")
    assert place.names("a.parq/a/") == [f"a.parq/a/refs.{n}.parq" for n in range(3)]
    assert not [name for name in place.names() if ".partial" in name]


@pytest.mark.parametrize("only", ["", "PUT", "refs.3.parq", "sources.json", "zmetadata"])
def test_what_fails_leaves_nothing(place, tmp_path, only):
    refs, out = many(tmp_path / "many.json", 500), f"{place.url}/{only or 'any'}.parq".replace("refs.3.parq", "third")
    for number in (1, 3, 9) if only in ("", "PUT") else (1,):
        place.set(f"{number}:400:InvalidRequest", only)
        run = place.run("convert", refs, "-o", out, "--record-size", "20", status=1)
        place.set()
        assert "InvalidRequest" in run.err
        left = place.names(out.removeprefix(place.url + "/"))
        assert not [name for name in left if name.endswith(".zmetadata")]
        # What cleans up was not refused.
        assert only == "" or left == []
    place.run("convert", refs, "-o", out, "--record-size", "20", "--overwrite")
    place.run("convert", out, "-o", tmp_path / "back.json")
    back, wanted = (json.loads(path.read_text())["refs"] for path in (tmp_path / "back.json", refs))
    assert all(back[f"a/{n}"] == wanted[f"a/{n}"] for n in range(500))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped(place, tmp_path, number):
    refs, out = many(tmp_path / "many.json", 20_000), f"{place.url}/out{int(number)}.parq"
    prefix = out.removeprefix(place.url + "/")
    arguments = ["combine", refs, "-o", out, "--record-size", "40", "--quiet", "--inline-threshold", "0"]
    process = subprocess.Popen([command.KERCHUNK, *map(str, arguments)], env=place.env)
    deadline = time.monotonic() + 60
    while len(place.names(prefix + "/a/")) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    status = process.wait(30)
    left = place.names(prefix)
    if number == signal.SIGINT:
        assert status == 130 and left == []
        return
    assert status == -signal.SIGKILL and prefix + "/.zmetadata" not in left
    assert ".zmetadata" in place.run("inspect", out, status=1).err
    place.set()
    place.run(*arguments)
    # It went on where it was stopped.
    assert len([name for name in place.written() if "refs." in name]) < 500
    assert len(place.names(prefix + "/a/")) == 500 and not [name for name in place.names() if ".partial" in name]
