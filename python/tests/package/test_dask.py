# SPDX-License-Identifier: Apache-2.0
"""Builds by workers of Dask, in processes of their own: the same bytes as by one process, whatever happens on the way."""
import json
import os
import signal
import uuid
import warnings

import numpy as np
import pytest

import swift_kerchunk as sk
from messages import Messages
from trees import assert_same, tree
from swift_kerchunk.building import cluster, options, schedulers, tasks, workers

distributed = pytest.importorskip("distributed")
netCDF4 = pytest.importorskip("netCDF4")

COUNT = 24


def write(path, number, rows=50, columns=40, second=False):
    """Two steps of time, from a day on; 4,000 chunks. With `second`, time is the second axis."""
    with netCDF4.Dataset(path, "w") as ds:
        sizes = {"time": 2, "y": rows, "x": columns}
        for name, size in sizes.items():
            ds.createDimension(name, None if name == "time" and not second else size)
        time = ds.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [2 * number, 2 * number + 1]
        ds.createVariable("y", "f4", ("y",))[:] = np.arange(rows)
        dims = ("y", "time", "x") if second else ("time", "y", "x")
        tas = ds.createVariable("tas", "f4", dims, chunksizes=[1, 1, 1])
        tas.units = "K"
        tas[:] = np.random.default_rng(number).random([sizes[name] for name in dims], dtype="f4")


@pytest.fixture(scope="module", params=[False, True], ids=["time first", "time second"])
def series(request, tmp_path_factory):
    """Files, and what one process makes of them."""
    folder = tmp_path_factory.mktemp("series")
    names = []
    for number in range(COUNT):
        names.append(str(folder / f"f{number:02}.nc"))
        write(names[-1], number, *((50, 40) if not request.param else (6, 5)), second=request.param)
    sk.build(names, "time", output=folder / "one.parq", record_size=500, inline_threshold=0)
    sk.build(names, "time", output=folder / "one.json", inline_threshold=0)
    return folder, names


OPTIONS = {"record_size": 500, "inline_threshold": 0}


@pytest.mark.parametrize("form", ["parq", "json"])
def test_the_set_is_that_of_one_process(series, client, tmp_path, form):
    folder, names = series
    seen = []
    out = tmp_path / f"out.{form}"
    dataset = sk.build(
        [str(folder / "f*.nc")], "time", output=out, client=client, progress=lambda *state: seen.append(state), **OPTIONS)
    assert_same(out, folder / f"one.{form}")
    assert os.listdir(tmp_path) == [out.name]
    assert ("inputs", COUNT, COUNT) in seen and (form == "json" or seen[-1][0] == "runs" and seen[-1][1] == seen[-1][2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with dataset.open() as data, netCDF4.Dataset(names[7]) as file:
            line = data["tas"].sel(time=file["time"][1].item() * np.timedelta64(1, "D") + np.datetime64("2000-01-01"))
            assert data.sizes["time"] == 2 * COUNT
            assert np.array_equal(line.isel(y=3).values, file["tas"][:].take(1, file["tas"].dimensions.index("time"))[3])


@pytest.mark.parametrize("scheduler", ["threads", "processes", "sync", "dask"])
def test_schedulers_of_one_machine(series, tmp_path, scheduler):
    folder, names = series
    out = tmp_path / "out.parq"
    seen = []
    sk.build(
        names, "time", output=out, client=scheduler, batch_size=7, progress=lambda *state: seen.append(state), **OPTIONS)
    assert_same(out, folder / "one.parq")
    assert ("inputs", COUNT, COUNT) in seen


def test_workers_with_several_threads(series, tmp_path):
    """In this process, too; what was scanned is in a folder that the user names."""
    folder, names = series
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=4, processes=False, dashboard_address=None, silence_logs=50) as local,
        distributed.Client(local),
    ):
        sk.build(
            names, "time", output=tmp_path / "out.parq", client="dask", scratch=tmp_path / "scratch", batch_size=1, **OPTIONS)
    assert_same(tmp_path / "out.parq", folder / "one.parq")
    assert os.listdir(tmp_path / "scratch") == []


def test_reference_sets_are_combined(series, client, tmp_path):
    folder, names = series
    refs = []
    for number, name in enumerate(names):
        refs.append(tmp_path / f"{number:02}.{'parq' if number % 2 else 'json'}")
        dataset = sk.scan(name, inline_threshold=0)
        (dataset.to_parquet if number % 2 else dataset.to_json)(refs[-1])
    sk.combine(refs, "time", output=tmp_path / "one.parq", **OPTIONS)
    sk.combine(refs, "time", output=tmp_path / "out.parq", client=client, **OPTIONS)
    assert_same(tmp_path / "out.parq", tmp_path / "one.parq")


def test_coordinates_of_names_and_lists(series, client, tmp_path):
    """What depends on the name of an input, or on its number."""
    folder, names = series
    rules = {
        "concat_dim": ["run"], "coord": {"run": r"regex:f(\d+)"}, "coord_dtype": {"run": "i4"},
        "override": ["coordinates", "values"],
    }
    lists = {**rules, "coord": {"run": list(range(100, 100 + COUNT))}}
    del lists["coord_dtype"]
    for number, how in enumerate([rules, lists, {**lists, "coord": {"run": "index"}}]):
        sk.build(names, output=tmp_path / f"one{number}.parq", **how, **OPTIONS)
        sk.build(names, output=tmp_path / f"out{number}.parq", client=client, batch_size=5, **how, **OPTIONS)
        assert_same(tmp_path / f"out{number}.parq", tmp_path / f"one{number}.parq")


class Killer:
    """Kills a worker once, while something is counted."""

    def __init__(self, client, what, which):
        self.client, self.what, self.which = client, what, which
        self.killed = []

    def __call__(self, what, done, total):
        if what == self.what and not self.killed and done >= total // 3:
            pids = sorted(self.client.run(os.getpid).values())
            self.killed.append(pids[self.which])
            os.kill(pids[self.which], signal.SIGKILL)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("what", ["inputs", "runs"])
def test_a_worker_that_is_killed_changes_nothing(series, mortals, tmp_path, what, which):
    folder, names = series
    killer = Killer(mortals, what, which)
    sk.build(names, "time", output=tmp_path / "out.parq", client=mortals, batch_size=1, progress=killer, **OPTIONS)
    assert len(killer.killed) == 1
    assert_same(tmp_path / "out.parq", folder / "one.parq")
    assert os.listdir(tmp_path) == ["out.parq"]


def test_finishing_twice_is_finishing_once(series, tmp_path, monkeypatch):
    """A worker may be lost when all is done, but before it can tell."""
    folder, names = series
    finish, counts = workers.finish, []

    def twice(job, planned):
        counts.extend([finish(job, planned), finish(job, planned)])
        return counts[-1]

    monkeypatch.setattr(workers, "finish", twice)
    for form in ("parq", "json"):
        sk.build(names, "time", output=tmp_path / f"out.{form}", client="sync", **OPTIONS)
        assert_same(tmp_path / f"out.{form}", folder / f"one.{form}")
    assert len(set(counts)) == 1 and len(counts) == 4


class Crash(Exception):
    pass


@pytest.mark.parametrize("what", ["inputs", "runs"])
def test_a_second_run_goes_on(series, client, tmp_path, what):
    folder, names = series
    out = tmp_path / "out.parq"

    def crash(kind, done, total):
        if kind == what and done >= total // 2:
            raise Crash

    with pytest.raises(Crash):
        sk.build(names, "time", output=out, client=client, progress=crash, **OPTIONS)
    assert not out.exists()

    def scans():
        return {
            name: os.stat(tmp_path / "out.parq.work" / name).st_ino for name in os.listdir(tmp_path / "out.parq.work")
            if name.endswith(".kpack")
        }

    before, during = scans(), {}
    assert len(before) >= COUNT // 2

    def look(kind, done, total):
        if kind == "inputs" and done == total:
            during.update(scans())

    sk.build(names, "time", output=out, client=client, progress=look, **OPTIONS)
    assert {name: during[name] for name in before} == before
    assert_same(out, folder / "one.parq")
    assert os.listdir(tmp_path) == ["out.parq"]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Six files; one is cut off, and one is no file at all."""
    folder = tmp_path_factory.mktemp("broken")
    names = []
    for number in range(6):
        names.append(str(folder / f"f{number}.nc"))
        write(names[-1], number, 4, 3)
    os.truncate(names[2], 100)
    with open(names[4], "w") as file:
        file.write("no data")
    return names


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_inputs_that_fail(broken, client, tmp_path, batch_size):
    out = tmp_path / "out.parq"
    with pytest.raises(sk.KerchunkError, match=r"f[24]\.nc"):
        sk.build(broken, "time", output=out, client=client, batch_size=batch_size, **OPTIONS)
    assert not out.exists()
    rest = [broken[number] for number in (0, 1, 3, 5)]
    sk.build(rest, "time", output=tmp_path / "rest.parq", **OPTIONS)
    for who in (client, None, "sync"):
        with pytest.warns(sk.IssueWarning) as told:
            dataset = sk.build(
                broken, "time", output=out, client=who, batch_size=batch_size, on_error="skip", overwrite=True, **OPTIONS)
        assert [issue.object for issue in dataset.issues] == [broken[2], broken[4]]
        assert "2 things" in str(told[0].message) and broken[2] in str(told[0].message)
        assert_same(out, tmp_path / "rest.parq")
    with pytest.raises(sk.KerchunkError, match="none of 2 inputs"):
        sk.build([broken[2], broken[4]], output=tmp_path / "no.parq", client=client, on_error="skip")


def test_what_stands_against_a_combination_is_told(series, client, tmp_path):
    _, names = series
    with pytest.raises(sk.KerchunkError, match="both have"):
        sk.build([names[0], names[1], names[0]], "time", output=tmp_path / "out.parq", client=client)
    assert not (tmp_path / "out.parq").exists()


def test_an_output_that_exists_is_kept(series, client, tmp_path):
    _, names = series
    out = tmp_path / "out.parq"
    out.mkdir()
    with pytest.raises(sk.errors.OutputError, match="overwrite"):
        sk.build(names, "time", output=out, client=client)
    assert os.listdir(tmp_path) == ["out.parq"] and not os.listdir(out)
    sk.build(names, "time", output=out, client=client, overwrite=True, **OPTIONS)
    assert (out / ".zmetadata").exists()


def test_workers_without_a_shared_folder(series, client, tmp_path, monkeypatch):
    """Each scans what it needs again."""
    folder, names = series
    monkeypatch.setattr(cluster, "_shared_folder", lambda output, scratch: None)
    sk.build(names, "time", output=tmp_path / "out.parq", client=client, **OPTIONS)
    assert_same(tmp_path / "out.parq", folder / "one.parq")


def test_workers_write_to_a_store(series, client, tmp_path):
    """S3 on this machine: each partition is written by the worker that made it."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    folder, names = series
    bucket = f"bucket-{uuid.uuid4().hex}"  # those of a process share what they hold
    server.start()
    try:
        host, port = server.get_host_and_port()
        options = {"key": "test", "secret": "test", "endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
        import boto3

        store = boto3.client(
            "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test")
        store.create_bucket(Bucket=bucket)
        dataset = sk.build(names, "time", output=f"s3://{bucket}/out.parq", client=client, storage_options=options, **OPTIONS)
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [entry["Key"] for page in pages for entry in page["Contents"]]
        written = {
            key.removeprefix("out.parq/"): store.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
        assert written == tree(folder / "one.parq")
        assert dataset["tas"].shape == sk.open(folder / "one.parq")["tas"].shape
        with pytest.raises(sk.errors.OutputError):
            sk.build(names, "time", output=f"s3://{bucket}/out.parq", client=client, storage_options=options, **OPTIONS)
        with pytest.raises(sk.errors.UsageError, match="one process"):
            sk.build(names, "time", output="memory://out.parq", client=client)
    finally:
        server.stop()


def test_a_folder_that_a_worker_does_not_see_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE", 0.2)
    job = workers.Job("token", {}, options.BuildOptions(
        scan={}, output=str(tmp_path / "out.parq"), scratch=str(tmp_path / "elsewhere")))
    with pytest.raises(sk.errors.NotFoundError, match="all workers share"):
        workers._options(job)


@pytest.mark.parametrize("arguments", [
    {"output": None}, {"on_error": "ignore"}, {"batch_size": 0}, {"client": "nobody"}, {"client": 5},
    {"zarr_format": 3}, {"scratch": "s3://bucket/scratch"},
])
def test_what_makes_no_sense_is_refused(series, tmp_path, arguments):
    _, names = series
    with pytest.raises(sk.errors.UsageError):
        sk.build(names, "time", **{"output": tmp_path / "out.parq", "client": "sync", **arguments})
    assert not os.listdir(tmp_path)


def test_datasets_in_memory_are_no_inputs_of_workers(series, tmp_path):
    _, names = series
    with pytest.raises(sk.errors.UsageError, match="paths or URLs"):
        sk.combine([sk.scan(names[0])], output=tmp_path / "out.parq", client="sync")


def test_summaries_are_joined_in_any_tree(series):
    _, names = series
    told = options.BuildOptions(scan={"inline_threshold": 0})
    joining = {"concat_dim": "time"}
    whole = tasks.summarize(names, joining, told).content
    parts = [tasks.summarize([name], joining, told, first_index=number).content
             for number, name in enumerate(names)]
    pairs = [tasks.join(parts[number : number + 2]) for number in range(0, COUNT, 2)]
    # What inputs share is written once, however they came together.
    assert tasks.join([tasks.join(pairs[:5]), tasks.join(pairs[5:])]) == tasks.join([whole]) == tasks.join(parts)
    assert len(tasks.join(parts)) < sum(map(len, parts)) / 2


def test_summaries_that_make_no_sense_are_refused(series):
    _, names = series
    good = json.loads(tasks.summarize(names[:2], {}, options.BuildOptions(scan={})).content)
    tasks.join([json.dumps(good).encode()])

    def refused(change):
        bad = json.loads(json.dumps(good))
        change(bad)
        with pytest.raises(sk.KerchunkError):
            tasks.join([json.dumps(bad).encode()])

    refused(lambda bad: bad.update(summaries=1))
    refused(lambda bad: bad.pop("values"))
    for number in (-1, len(good["schemas"]), "0", None, 10**30):
        refused(lambda bad: bad["inputs"][0]["variables"][0].update(schema=number))
    refused(lambda bad: bad["inputs"][1]["indexes"].update(time=len(good["values"])))
    refused(lambda bad: bad["inputs"][1]["groups"].append(len(good["groups"])))
    refused(lambda bad: bad["inputs"][0]["variables"][0]["shape"].append(1))
    refused(lambda bad: bad["values"][0].update(values="?"))
    text = json.dumps(good).encode()
    for length in range(0, len(text), 101):
        with pytest.raises(sk.KerchunkError):
            tasks.join([text[:length]])


def test_nothing_large_passes_the_scheduler(series, client, tmp_path, monkeypatch):
    folder, names = series
    messages = Messages(monkeypatch.setattr)
    client.submit(len, bytes(300_000), pure=False).result()
    assert messages.largest > 300_000  # the counter counts
    messages.largest = messages.total = 0
    cluster.build(
        names, {"concat_dim": "time"}, client=client, output=tmp_path / "out.parq", scan={"inline_threshold": 0},
        batch_size=2, **OPTIONS)
    assert_same(tmp_path / "out.parq", folder / "one.parq")
    size = os.path.getsize(folder / "one.json")
    assert messages.total > 0
    if "second" not in os.path.basename(folder) and size > 1_000_000:
        assert size > 20 * messages.largest
    assert messages.largest < 64_000, messages.largest


def test_clients_that_cannot_wait_are_refused():
    class Asynchronous:
        asynchronous = True

        def submit(self): ...
        def scheduler_info(self): ...

    with pytest.raises(sk.errors.UsageError, match="synchronous"):
        schedulers.scheduler_for(Asynchronous(), 0)


def test_importing_the_package_imports_no_dask():
    import subprocess
    import sys

    names = ("dask", "distributed", "fsspec", "zarr", "xarray", "numcodecs", "virtualizarr")
    code = f"import swift_kerchunk, sys, json; print(json.dumps([n for n in {names} if n in sys.modules]))"
    assert json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) == []
