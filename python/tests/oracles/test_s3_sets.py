# SPDX-License-Identifier: Apache-2.0
"""Reference sets in buckets: written there whole or not at all, read from there by xarray and by every command."""
import json
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

import command

pytest.importorskip("moto")
xarray = pytest.importorskip("xarray")
pytest.importorskip("s3fs")
from test_archives import archive  # noqa: E402
from test_s3 import CLIMATE, KEYS, service  # noqa: E402, F401


@pytest.fixture
def bucket(service, request):  # noqa: F811
    return Bucket(service, service.bucket("sets-" + request.node.name.split("[")[0].replace("_", "-")[5:50].strip("-")))


class Bucket:
    def __init__(self, service, name):
        self.service, self.name, self.env = service, name, service.environment(**KEYS)
        self.url = f"s3://{name}"
        for key in self.keys():
            service.client.delete_object(Bucket=name, Key=key)
        service.set()

    def keys(self, prefix=""):
        pages = self.service.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def upload(self, path, key):
        self.service.client.upload_file(str(path), self.name, key)
        return f"{self.url}/{key}"

    def run(self, *arguments, status=0):
        run = command.kerchunk(*arguments, env=self.env)
        assert run.status == status, run.err
        return run

    def uploads(self):
        return self.service.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])

    def dataset(self, url):
        """What xarray reads through the references at `url`."""
        options = {"key": "test", "secret": "secret/+=", "client_kwargs": {"endpoint_url": self.service.url}}
        return xarray.open_dataset(
            "reference://", engine="zarr", chunks=None,
            backend_kwargs={"consolidated": False, "storage_options": {
                "fo": url, "target_protocol": "s3", "target_options": options, "remote_protocol": "s3",
                "remote_options": options | {"asynchronous": True}, "skip_instance_cache": True}})


def series(folder, count, steps=3):
    """Files of a series; gives their paths."""
    paths = []
    for number in range(count):
        path = folder / f"tas_{2000 + number}.nc"
        with h5py.File(path, "w") as f:
            f["time"] = np.arange(steps * number, steps * (number + 1), dtype="f8")
            f["time"].make_scale("time")
            f["x"] = np.arange(4.0)
            f["x"].make_scale("x")
            f.create_dataset("tas", data=np.random.default_rng(number).random((steps, 4)), chunks=(1, 4))
            f["tas"].dims[0].attach_scale(f["time"])
            f["tas"].dims[1].attach_scale(f["x"])
        paths.append(path)
    return paths


def here(paths):
    parts = [xarray.open_dataset(path, engine="h5netcdf").load() for path in sorted(map(str, paths))]
    return xarray.concat(parts, "time", data_vars="minimal", coords="minimal", compat="override")


@pytest.mark.parametrize("name", ["a.json", "a.json.zst", "a.json.gz", "a.parq", "deep/er/a.parquet"])
def test_one_file(bucket, name):
    source = bucket.upload(CLIMATE, "data/climate.nc")
    bucket.run("scan", source, "-o", f"{bucket.url}/{name}", "--record-size", "3")
    assert not [key for key in bucket.keys() if ".partial" in key] and not bucket.uploads()
    if name.endswith(("json", "parq", "parquet")):
        with xarray.open_dataset(CLIMATE, engine="h5netcdf") as local:
            xarray.testing.assert_equal(local.load(), bucket.dataset(f"{bucket.url}/{name}").load())
    for arguments in (["inspect", f"{bucket.url}/{name}", "--json"], ["verify", f"{bucket.url}/{name}", "--read", "50"]):
        bucket.run(*arguments)


def test_a_series_from_a_bucket_into_it(bucket, tmp_path):
    paths = series(tmp_path, 6)
    for path in paths:
        bucket.upload(path, f"in/{path.name[4:8]}/{path.name}")
    bucket.upload(CLIMATE, "elsewhere/x.nc")
    out = f"{bucket.url}/cube.parq"
    bucket.service.set()
    bucket.run("build", f"{bucket.url}/in/20*/tas_*.nc", "-o", out, "--record-size", "5", "--concat-dim", "time")
    assert not [entry for entry in bucket.service.log() if "elsewhere" in entry["path"]]
    xarray.testing.assert_equal(here(paths), bucket.dataset(out).load())
    # What other patterns mean, and the form of the same cube in JSON.
    bucket.run("build", f"{bucket.url}/in/**", "-o", f"{bucket.url}/cube.json")
    xarray.testing.assert_equal(here(paths), bucket.dataset(f"{bucket.url}/cube.json").load())
    bucket.run("scan", f"{bucket.url}/in/{{2000,200[13]}}/*.nc", "-o", f"{bucket.url}/refs/")
    assert bucket.keys("refs/") == [f"refs/tas_{year}.nc.json" for year in (2000, 2001, 2003)]
    bucket.run("combine", f"{bucket.url}/refs/*.json", "-o", f"{bucket.url}/three.parq")
    xarray.testing.assert_equal(here([paths[0], paths[1], paths[3]]), bucket.dataset(f"{bucket.url}/three.parq").load())
    run = bucket.run("scan", f"{bucket.url}/in/none*", "-o", f"{bucket.url}/none.json", status=2)
    assert "nothing matches" in run.err


def test_sets_from_there_to_here_and_back(bucket, tmp_path):
    paths = series(tmp_path, 4)
    for path in paths:
        bucket.upload(path, path.name)
    bucket.run("build", f"{bucket.url}/*.nc", "-o", f"{bucket.url}/a.parq", "--record-size", "2",
               "--inline-threshold", "0")
    bucket.run("convert", f"{bucket.url}/a.parq", "-o", tmp_path / "b.json")
    bucket.run("convert", tmp_path / "b.json", "-o", f"{bucket.url}/c.parq", "--record-size", "5")
    bucket.run("convert", f"{bucket.url}/c.parq/", "-o", tmp_path / "d.json")
    refs = [json.loads((tmp_path / name).read_text())["refs"] for name in ("b.json", "d.json")]
    assert refs[0] == refs[1] and len(refs[0]) > 12
    bucket.run("select", f"{bucket.url}/a.parq", "-o", f"{bucket.url}/e.parq", "--include", "tas")
    bucket.run("merge", f"{bucket.url}/e.parq", f"{bucket.url}/a.parq", "-o", f"{bucket.url}/f.json")
    xarray.testing.assert_equal(here(paths), bucket.dataset(f"{bucket.url}/f.json").load())
    bucket.run("rename", f"{bucket.url}/e.parq", "-o", f"{bucket.url}/g.parq", "--prefix", f"{bucket.url}/=/elsewhere/")
    run = bucket.run("inspect", f"{bucket.url}/g.parq", "--json")
    assert "/elsewhere/tas_2000.nc" in run.out


def test_what_is_there_is_kept(bucket, tmp_path):
    source = bucket.upload(CLIMATE, "data/climate.nc")
    for name in ("a.json", "a.parq"):
        bucket.run("scan", source, "-o", f"{bucket.url}/{name}")
    before = {key: bucket.service.client.head_object(Bucket=bucket.name, Key=key)["LastModified"] for key in bucket.keys()}
    bucket.service.set()
    run = bucket.run("build", source, "-o", f"{bucket.url}/a.parq", status=1)
    assert "the place already contains a reference set" in run.err and "--in-place" in run.err
    run = bucket.run("build", source, "-o", f"{bucket.url}/a.parq", "--overwrite", status=1)
    run = bucket.run("build", source, "-o", f"{bucket.url}/a.json", status=1)
    assert "--overwrite" in run.err
    run = bucket.run("scan", source, "-o", f"{bucket.url}/a.json", status=1)
    # Nothing was done for that.
    assert not [entry for entry in bucket.service.log() if "climate.nc" in entry["path"]]
    assert before == {key: bucket.service.client.head_object(Bucket=bucket.name, Key=key)["LastModified"]
                      for key in bucket.keys()}
    run = bucket.run("convert", f"{bucket.url}/a.parq", "-o", f"{bucket.url}/a.parq", "--in-place", status=2)
    assert "cannot be rewritten in place" in run.err
    run = bucket.run("combine", source, "-o", f"{bucket.url}/a.parq", "--append", status=2)
    assert "another place" in run.err
    bucket.run("scan", source, "-o", f"{bucket.url}/a.json", "--overwrite")
    bucket.run("scan", source, "-o", f"{bucket.url}/a.parq", "--in-place", "--record-size", "2")
    with xarray.open_dataset(CLIMATE, engine="h5netcdf") as local:
        xarray.testing.assert_equal(local.load(), bucket.dataset(f"{bucket.url}/a.parq").load())
    run = bucket.run("convert", f"{bucket.url}/a.json", "-o", f"{bucket.url}/data/", "--overwrite", status=1)
    assert "a place of its own" in run.err and "data/climate.nc" in bucket.keys()


def test_appending(bucket, tmp_path):
    paths = series(tmp_path, 3)
    urls = [bucket.upload(path, path.name) for path in paths]
    bucket.run("build", *urls[:2], "-o", f"{bucket.url}/a.json", "--concat-dim", "time")
    bucket.run("scan", urls[2], "-o", f"{bucket.url}/c.json")
    bucket.run("combine", f"{bucket.url}/c.json", "-o", f"{bucket.url}/a.json", "--append", "--concat-dim", "time")
    xarray.testing.assert_equal(here(paths), bucket.dataset(f"{bucket.url}/a.json").load())
    # What stands in for appending to a set of many objects.
    bucket.run("build", *urls[:2], "-o", f"{bucket.url}/b.parq", "--concat-dim", "time")
    bucket.run("combine", f"{bucket.url}/b.parq", f"{bucket.url}/c.json", "-o", f"{bucket.url}/d.parq", "--concat-dim", "time")
    xarray.testing.assert_equal(here(paths), bucket.dataset(f"{bucket.url}/d.parq").load())


def test_a_plan_in_several_processes(bucket, tmp_path):
    paths = series(tmp_path, 4)
    refs = []
    for path in paths:
        refs.append(f"{bucket.url}/refs/{path.name}.json")
        bucket.run("scan", bucket.upload(path, path.name), "-o", refs[-1])
    plan, out = f"{bucket.url}/plan.json", f"{bucket.url}/all.parq"
    bucket.run("plan", f"{bucket.url}/refs/*.json", "-o", plan, "--record-size", "3", "--inline-threshold", "0")
    count = int(bucket.run("execute", plan, "--count").out)
    assert count > 4
    workers = [subprocess.Popen([command.KERCHUNK, "execute", plan, "--partitions", f"{first}:{min(first + 2, count)}", "-o", out],
                                env=bucket.env, stderr=subprocess.PIPE, text=True) for first in range(0, count, 2)]
    for worker in workers[:-1]:
        assert worker.wait(60) == 0, worker.stderr.read()
    assert workers[-1].wait(60) == 0
    assert "all.parq/.zmetadata" not in bucket.keys()
    bucket.run("execute", plan, "--finish", "-o", out)
    assert not [key for key in bucket.keys() if ".partial" in key]
    xarray.testing.assert_equal(here(paths), bucket.dataset(out).load())


def many(path, count=30_000):
    """A reference set in JSON of many partitions."""
    refs = {".zgroup": '{"zarr_format":2}', "a/.zarray": json.dumps({
        "shape": [count], "chunks": [1], "dtype": "|u1", "compressor": None, "fill_value": None, "filters": None, "order": "C",
        "zarr_format": 2})}
    refs |= {f"a/{n}": ["s3://elsewhere/x", n, 1] for n in range(count)}
    path.write_text(json.dumps({"version": 1, "refs": refs}))
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped(bucket, tmp_path, number):
    refs, out = many(tmp_path / "many.json"), f"{bucket.url}/out.parq"
    arguments = ["combine", refs, "-o", out, "--record-size", "50", "--quiet", "--inline-threshold", "0"]
    process = subprocess.Popen([command.KERCHUNK, *map(str, arguments)], env=bucket.env)
    deadline = time.monotonic() + 60
    while len(bucket.keys("out.parq/a/")) < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    status = process.wait(60)
    left = bucket.keys("out.parq/")
    assert "out.parq/.zmetadata" not in left
    assert not bucket.uploads()
    if number != signal.SIGKILL:
        assert status == 130 and left == []
        return
    assert status == -signal.SIGKILL and [key for key in left if ".partial" in key]
    run = bucket.run("inspect", out, status=1)
    assert ".zmetadata" in run.err
    # Other work is told; the same goes on with what is missing.
    run = bucket.run("convert", refs, "-o", out, "--record-size", "20", status=1)
    assert "--overwrite" in run.err
    # What was on its way when the process went may come later.
    before, left = left, bucket.keys("out.parq/")
    while before != left:
        time.sleep(1)
        before, left = left, bucket.keys("out.parq/")
    stamps = {key: bucket.service.client.head_object(Bucket=bucket.name, Key=key)["ETag"] for key in left if "refs." in key}
    bucket.service.set()
    bucket.run(*arguments)
    put = {entry["path"] for entry in bucket.service.log() if entry["method"] == "PUT" and "refs." in entry["path"]}
    assert len(put) == 600 - len(stamps) and not [path for path in put if path.split("/", 2)[2] in stamps]
    bucket.run("convert", out, "-o", tmp_path / "back.json")
    back, there = (json.loads(path.read_text())["refs"] for path in (tmp_path / "back.json", refs))
    assert {key: back[key] for key in there if key.startswith("a/") and key != "a/.zarray"} == {
        key: there[key] for key in there if key.startswith("a/") and key != "a/.zarray"}


def test_what_fails_leaves_nothing(bucket, tmp_path):
    refs = many(tmp_path / "many.json", 500)
    for number in range(1, 30, 4):
        # Requests that are refused from the start: those that look, those that write, those that clean up.
        bucket.service.set(fail=f"{number}:400:InvalidRequest")
        run = command.kerchunk("convert", refs, "-o", f"{bucket.url}/out.parq", "--record-size", "20", env=bucket.env)
        bucket.service.set()
        assert run.status == 1 and "error" in run.err
        assert "out.parq/.zmetadata" not in bucket.keys()
    bucket.service.set()
    bucket.run("convert", refs, "-o", f"{bucket.url}/out.parq", "--record-size", "20", "--overwrite")
    assert len(bucket.keys("out.parq/a/")) == 25


def test_a_folder_is_no_file(bucket):
    bucket.upload(CLIMATE, "data/climate.nc")
    run = bucket.run("scan", f"{bucket.url}/data/", "-o", "-", status=1)
    assert "this is a folder" in run.err


def test_round_trips(bucket, tmp_path):
    refs = many(tmp_path / "many.json", 4000)
    bucket.run("convert", refs, "-o", f"{bucket.url}/a.parq", "--record-size", "100")
    bucket.service.set()
    bucket.run("convert", f"{bucket.url}/a.parq", "-o", tmp_path / "b.json")
    asked = [entry["path"].split("?")[0].split("/", 2)[2] for entry in bucket.service.log()]
    # Each file once; the state of the metadata again where modification times leave a doubt.
    assert sorted(path for path in asked if "refs." in path) == sorted(f"a.parq/a/refs.{n}.parq" for n in range(40))
    assert asked.count("a.parq/.zmetadata") <= 20 and len(asked) <= 65


@pytest.mark.parametrize("kind", ["pax.tar", "plain.zip"])
def test_members_of_archives_in_buckets(bucket, tmp_path, kind):
    paths = series(tmp_path, 3)
    scheme = kind[-3:]
    outer = bucket.upload(archive(tmp_path, kind, [(f"in/{path.name}", path) for path in paths]), f"data/{kind}")
    bucket.run("scan", f"{scheme}://in/{paths[1].name}::{outer}", "-o", f"{bucket.url}/one.json",
               "--inline-threshold", "0")
    refs = json.loads(bucket.service.client.get_object(Bucket=bucket.name, Key="one.json")["Body"].read())["refs"]
    assert {value[0] for value in refs.values() if isinstance(value, list)} == {outer}
    with xarray.open_dataset(paths[1], engine="h5netcdf") as local:
        xarray.testing.assert_equal(local.load(), bucket.dataset(f"{bucket.url}/one.json").load())
    bucket.run("build", f"{scheme}://in/*.nc::{outer}", "-o", f"{bucket.url}/all.parq", "--concat-dim", "time")
    xarray.testing.assert_equal(here(paths), bucket.dataset(f"{bucket.url}/all.parq").load())
