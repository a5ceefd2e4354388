# SPDX-License-Identifier: Apache-2.0
"""HTTP/2, by the library h2: many ranges at once in few connections, streams that fail alone, connections that the server ends."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

import command

pytest.importorskip("h2")
trustme = pytest.importorskip("trustme")
xarray = pytest.importorskip("xarray")

SCRIPT = os.path.join(command.REPOSITORY, "python", "tests", "servers", "http2_server.py")
CHUNKS = 400


class There:
    def __init__(self, url, authority, log_file):
        self.url, self.authority, self.log_file = url, authority, log_file
        # Some environments name certificates of their own.
        plain = {name: value for name, value in os.environ.items()
                 if name not in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR")}
        self.plain = plain | {"NO_PROXY": "*"}
        self.env = self.plain | {"SSL_CERT_FILE": authority}

    def log(self):
        with open(self.log_file) as file:
            return [json.loads(line) for line in file]

    def run(self, *arguments):
        run = command.kerchunk(*arguments, env=self.env)
        assert run.status == 0, run.err
        return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A certificate, its authority, and a file whose small chunks lie far apart, larger ones between them."""
    folder = tmp_path_factory.mktemp("http2")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    with h5py.File(folder / "x.h5", "w", libver=("earliest", "v108")) as f:
        f["time"] = np.arange(float(CHUNKS))
        f["time"].make_scale("time")
        data = f.create_dataset("data", (CHUNKS, 200), "f8", chunks=(1, 200), maxshape=(None, 200), compression=1)
        between = f.create_dataset("between", (CHUNKS, 80_000), "u1", chunks=(1, 80_000), maxshape=(None, 80_000))
        random = np.random.default_rng(1)
        for row in range(CHUNKS):
            data[row] = random.random(200)
            between[row] = row % 256
            f.flush()
        for array in (data, between):
            array.dims[0].attach_scale(f["time"])
    return folder


@contextlib.contextmanager
def serving(folder, **options):
    log = folder / "log"
    log.write_text("")
    process = subprocess.Popen([sys.executable, SCRIPT, folder / "server.pem", folder, log,
                                *(f"{name}={value}" for name, value in options.items())],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield There(f"https://127.0.0.1:{process.stdout.readline().split()[1]}", str(folder / "authority.pem"), log)
    finally:
        process.kill()
        process.wait()


def equal_values(there, tmp_path):
    """Chunks come through the same transport, as inline data, which anybody can read."""
    refs, inlined = tmp_path / "refs.json", tmp_path / "inlined.json"
    there.run("scan", there.url + "/x.h5", "-o", refs)
    there.run("inline", refs, "-o", inlined, "--threshold", "10000")
    found = json.loads(inlined.read_text())["refs"]
    found = {key: value for key, value in found.items() if not key.startswith("between/")}
    assert not [key for key, value in found.items() if isinstance(value, list)]
    read = xarray.open_dataset("reference://", engine="zarr", chunks=None, backend_kwargs={
        "consolidated": False, "storage_options": {"fo": found, "skip_instance_cache": True}})
    with h5py.File(os.path.join(os.path.dirname(there.authority), "x.h5")) as f:
        for name in ("data", "time"):
            np.testing.assert_array_equal(read[name].values, f[name][:])


def test_ranges_share_few_connections(folder, tmp_path):
    with serving(folder) as there:
        equal_values(there, tmp_path)
        log = there.log()
        local = tmp_path / "local.json"
        there.run("scan", folder / "x.h5", "-o", local)
        here, away = (json.loads(path.read_text())["refs"] for path in (local, tmp_path / "refs.json"))
        assert json.loads(json.dumps(here).replace(str(folder), there.url)) == away
    assert len(log) > CHUNKS
    # One connection for each of the two commands, with many streams at once.
    assert len({entry["connection"] for entry in log}) == 2
    assert max(entry["open"] for entry in log) > 30


def test_a_server_that_allows_few_streams(folder, tmp_path):
    with serving(folder, streams=4) as there:
        equal_values(there, tmp_path)
        log = there.log()
    assert 2 <= max(entry["open"] for entry in log) <= 4


@pytest.mark.parametrize("fault", ["goaway", "drop"])
def test_a_server_that_ends_connections(folder, tmp_path, fault):
    """What it leaves unanswered is asked again in another connection."""
    with serving(folder, **{fault: 50}) as there:
        equal_values(there, tmp_path)
        log = there.log()
    assert len({entry["connection"] for entry in log}) >= CHUNKS // 50
    assert len({entry["range"] for entry in log}) > CHUNKS


@pytest.mark.parametrize("fault", [{"reset": 17}, {"refuse": 11}, {"busy": 13}, {"reset": 19, "refuse": 23, "streams": 10}])
def test_streams_that_fail_alone(folder, tmp_path, fault):
    with serving(folder, **fault) as there:
        equal_values(there, tmp_path)
        log = there.log()
    assert len({entry["range"] for entry in log}) < len(log)
    # libcurl leaves a connection in which a stream was refused.
    assert "refuse" in fault or len({entry["connection"] for entry in log}) < 10


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_certificates_are_named_by_the_environment(folder, tmp_path, name):
    with serving(folder) as there:
        arguments = ["scan", there.url + "/x.h5", "-o", tmp_path / "a.json"]
        run = command.kerchunk(*arguments, env=there.plain)
        assert run.status == 1 and "certificate" in run.err and "SSL_CERT_FILE" in run.err, run.err
        run = command.kerchunk(*arguments, env=there.plain | {name: str(folder / "none.pem")})
        assert run.status == 1 and "none.pem" in run.err, run.err
        run = command.kerchunk(*arguments, env=there.plain | {name: there.authority})
        assert run.status == 0, run.err


def test_an_interrupt_ends_open_streams(folder, tmp_path):
    """Hundreds of them wait for a server that allows one at a time."""
    with serving(folder, streams=1) as there:
        there.run("scan", there.url + "/x.h5", "-o", tmp_path / "a.json")
        before = len(there.log())
        process = subprocess.Popen([command.KERCHUNK, "inline", tmp_path / "a.json", "-o", tmp_path / "b.json", "--threshold",
                                    "10000"], env=there.env, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while len(there.log()) < before + 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert "interrupted" in process.stderr.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json"]
