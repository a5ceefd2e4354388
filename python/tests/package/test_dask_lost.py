# SPDX-License-Identifier: Apache-2.0
"""Workers and clients that are killed where it hurts most: the output is that of one process, and nothing else is left."""
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid

import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from swift_kerchunk.building import workers
from trees import assert_same, tree

pytest.importorskip("distributed")

OPTIONS = {"record_size": 16, "inline_threshold": 0}
COUNT = 12


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of 40 chunks, and what one process makes of them."""
    folder = tmp_path_factory.mktemp("files")
    names = [str(folder / f"f{number:02}.nc") for number in range(COUNT)]
    for number, name in enumerate(names):
        xr.Dataset(
            {"tas": (("time", "x"), np.random.default_rng(number).random((4, 10)))},
            coords={"time": np.arange(4.0) + 4 * number, "x": np.arange(10.0)},
        ).to_netcdf(name, engine="h5netcdf", encoding={"tas": {"chunksizes": (1, 1)}})
    for form in ("parq", "json"):
        sk.build(names, "time", output=folder / f"one.{form}", **OPTIONS)
        sk.build(names[:8], "time", output=folder / f"first.{form}", **OPTIONS)
    return folder, names


def deadly(monkeypatch, name, mark, when):
    """Lets the worker that first runs the task `name` die: when it is done (None), or so many seconds after its start."""
    task = getattr(workers, name)

    # Pickled by value, as workers have no tests; `task` by its name.
    def run(*arguments):
        import os
        import signal
        import threading

        try:
            os.mkdir(mark)
        except FileExistsError:
            return task(*arguments)

        def die():
            os.kill(os.getpid(), signal.SIGKILL)

        if when is not None:
            threading.Timer(when, die).start()
        result = task(*arguments)
        if when is None:
            die()
        return result

    monkeypatch.setattr(workers, name, run)


# Each of these has workers of its own, and one is left: a nanny does not always start again what is killed while it starts.
@pytest.mark.parametrize("form, stage", [
    *(("parq", stage) for stage in ("options", "prepare", "scan", "join", "plan", "write", "finish", "clean")),
    ("json", "finish"),
])
def test_a_task_whose_worker_is_lost_when_it_is_done(files, mortals, tmp_path, monkeypatch, form, stage):
    folder, names = files
    deadly(monkeypatch, stage, str(tmp_path / "mark"), None)
    cube = sk.build(names, "time", output=tmp_path / f"out.{form}", client=mortals, batch_size=1, **OPTIONS)
    assert_same(tmp_path / f"out.{form}", folder / f"one.{form}")
    assert cube.sizes["time"] == 4 * COUNT
    assert sorted(os.listdir(tmp_path)) == ["mark", f"out.{form}"]


@pytest.mark.parametrize("seconds", [0, 0.003])
def test_a_worker_that_dies_while_it_writes(files, mortals, tmp_path, monkeypatch, seconds):
    folder, names = files
    deadly(monkeypatch, "write", str(tmp_path / "mark"), seconds)
    sk.build(names, "time", output=tmp_path / "out.parq", client=mortals, batch_size=1, **OPTIONS)
    assert_same(tmp_path / "out.parq", folder / "one.parq")
    assert sorted(os.listdir(tmp_path)) == ["mark", "out.parq"]


@pytest.mark.parametrize("form", ["parq", "json"])
@pytest.mark.parametrize("stage", ["write", "finish"])
def test_workers_that_are_lost_while_they_write_to_a_store(files, mortals, service, tmp_path, monkeypatch, form, stage):
    folder, names = files
    options = {"key": "test", "secret": "secret/+=", "client_kwargs": {"endpoint_url": service.url}}
    bucket = service.bucket(f"lost-{uuid.uuid4().hex}")
    deadly(monkeypatch, stage, str(tmp_path / "mark"), None)
    place = f"s3://{bucket}/out.{form}"
    cube = sk.build(names, "time", output=place, client=mortals, storage_options=options, batch_size=1, **OPTIONS)
    assert os.path.exists(tmp_path / "mark") == (form == "parq" or stage == "finish")
    assert cube.sizes["time"] == 4 * COUNT
    start = "out.parq/" if form == "parq" else "out.json"
    assert service.objects(bucket) == {start + name: content for name, content in tree(folder / f"one.{form}").items()}


@pytest.mark.parametrize("form", ["parq", "json"])
def test_another_set_at_the_place_is_no_own_one(files, service, tmp_path, monkeypatch, form):
    """Where finishing finds an output, it is taken for that of a lost worker only if it is the same."""
    _, names = files
    options = {"key": "test", "secret": "secret/+=", "endpoint_url": service.url}
    bucket = service.bucket(f"other-{uuid.uuid4().hex}")
    finish = workers.finish

    def meet_another(job, planned):
        other = sk.build(names[:3], "time", **OPTIONS)
        write = other.to_parquet if form == "parq" else other.to_json
        write(str(tmp_path / f"other.{form}"))
        for name, content in tree(tmp_path / f"other.{form}").items():
            service.client.put_object(Bucket=bucket, Key=f"out.{form}" + (f"/{name}" if name else ""), Body=content)
        return finish(job, planned)

    monkeypatch.setattr(workers, "finish", meet_another)
    with pytest.raises(sk.errors.OutputError):
        sk.build(names, "time", output=f"s3://{bucket}/out.{form}", client="sync", storage_options=options, **OPTIONS)


# Clients

CLIENT = """
import sys
import swift_kerchunk as sk
from distributed import Client, LocalCluster

if __name__ == "__main__":
    address, output, what, *names = sys.argv[1:]
    if address == "own":
        client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50))
    else:
        client = Client(address)

    def wait(kind, done, total):
        if kind == what and done >= total // 3:
            print("now", flush=True)
            sys.stdin.read()

    sk.build(
        names, "time", output=output, client=client, batch_size=1, record_size=16, inline_threshold=0, progress=wait)
"""


@pytest.mark.parametrize("what", ["inputs", "runs"])
@pytest.mark.parametrize("whose", ["cluster of others", "own"])
def test_a_client_that_is_killed(files, client, tmp_path, what, whose):
    """Alone, or with its whole cluster; the same call then goes on, and leaves nothing behind."""
    folder, names = files
    out = tmp_path / "out.parq"
    script = tmp_path / "client.py"
    script.write_text(CLIENT)
    address = "own" if whose == "own" else client.scheduler.address
    process = subprocess.Popen(
        [sys.executable, str(script), address, str(out), what, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        assert process.stdout.readline() == "now\n"
    finally:
        os.killpg(process.pid, signal.SIGKILL) if whose == "own" else process.kill()
        process.wait()
    assert not out.exists() and (tmp_path / "out.parq.work").is_dir()
    sk.build(names, "time", output=out, client=client, batch_size=1, **OPTIONS)
    assert_same(out, folder / "one.parq")
    # What the first client had asked for may still come to its end.
    time.sleep(0.5)
    assert sorted(os.listdir(tmp_path)) == ["client.py", "out.parq"]


# Appending


@pytest.mark.parametrize("form", ["parq", "json"])
@pytest.mark.parametrize("who", ["cluster", "sync", None])
def test_appending_is_that_of_one_process(files, client, tmp_path, form, who):
    folder, names = files
    places = [tmp_path / f"{name}.{form}" for name in ("one", "out")]
    for place in places:
        (shutil.copytree if form == "parq" else shutil.copyfile)(folder / f"first.{form}", place)
    sk.build(names[8:], "time", output=places[0], append=True, **OPTIONS)
    seen = []
    broken = str(tmp_path / "broken.nc")
    with open(broken, "w") as file:
        file.write("no data")
    with pytest.warns(sk.IssueWarning, match="broken"):
        cube = sk.build(
            [*names[8:10], broken, *names[10:]], "time", output=places[1], append=True, on_error="skip",
            client=client if who == "cluster" else who, progress=lambda *state: seen.append(state), **OPTIONS)
    assert_same(places[1], places[0])
    assert [issue.object for issue in cube.issues] == [broken] and cube.sizes["time"] == 4 * COUNT
    assert ("inputs", 5, 5) in seen
    with xr.open_mfdataset(names, engine="h5netcdf", data_vars="minimal", coords="minimal", compat="override") as files_:
        xr.testing.assert_identical(cube.open().load(), files_.load())
    assert sorted(os.listdir(tmp_path)) == sorted(["broken.nc", *(place.name for place in places)])


@pytest.mark.parametrize("stage", ["scan", "append", "clean"])
@pytest.mark.parametrize("form", ["parq", "json"])
def test_a_worker_that_is_lost_when_it_has_appended(files, mortals, tmp_path, monkeypatch, stage, form):
    folder, names = files
    places = [tmp_path / f"{name}.{form}" for name in ("one", "out")]
    for place in places:
        (shutil.copytree if form == "parq" else shutil.copyfile)(folder / f"first.{form}", place)
    sk.build(names[8:], "time", output=places[0], append=True, **OPTIONS)
    deadly(monkeypatch, stage, str(tmp_path / "mark"), None)
    sk.build(names[8:], "time", output=places[1], append=True, client=mortals, batch_size=1, **OPTIONS)
    assert_same(places[1], places[0])
    assert sorted(os.listdir(tmp_path)) == sorted(["mark", *(place.name for place in places)])


def test_reference_sets_are_appended(files, client, tmp_path):
    folder, names = files
    refs = []
    for name in names[8:]:
        refs.append(str(tmp_path / (os.path.basename(name) + ".json")))
        sk.scan(name, inline_threshold=0).to_json(refs[-1])
    for place in ("one.parq", "out.parq"):
        shutil.copytree(folder / "first.parq", tmp_path / place)
    sk.combine(refs, "time", output=tmp_path / "one.parq", append=True, **OPTIONS)
    sk.combine(refs, "time", output=tmp_path / "out.parq", append=True, client=client, **OPTIONS)
    assert_same(tmp_path / "out.parq", tmp_path / "one.parq")


def test_what_cannot_be_appended(files, client, tmp_path):
    folder, names = files
    with pytest.raises(sk.errors.UsageError, match="combine the set and the new inputs into another"):
        sk.build(names[8:], "time", output="s3://bucket/cube.parq", append=True, client=client)
    for coord in ([1, 2, 3, 4], "index", np.arange(4)):
        with pytest.raises(sk.errors.UsageError, match='"run" depend on the number'):
            sk.build(
                names[8:], "run", output=folder / "first.parq", coord={"run": coord}, append=True, on_error="skip",
                client=client)
    with pytest.raises(sk.errors.NotFoundError):
        sk.build(names[8:], "time", output=tmp_path / "none.parq", append=True, client=client)
    assert not os.listdir(tmp_path)
    before = os.stat(folder / "first.parq")
    with pytest.raises(sk.KerchunkError, match="both have"):
        sk.build(names[7:], "time", output=folder / "first.parq", append=True, client=client, **OPTIONS)
    assert os.stat(folder / "first.parq") == before
    shutil.rmtree(folder / "first.parq.work")
