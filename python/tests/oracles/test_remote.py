# SPDX-License-Identifier: Apache-2.0
"""Files behind HTTP, through the command: the same references as of local ones, logins, faults, memory."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

import command

SCRIPT = os.path.join(command.REPOSITORY, "python", "tests", "servers", "fault_server.py")
NAMES = ["netcdf4/climate.nc", "netcdf3/classic.nc", "hdf5/chunks_btree1.h5", "hdf5/chunks_btree2.h5", "hdf5/chunks_extensible_array_paged.h5",
         "hdf5/chunks_fixed_array_paged.h5", "hdf5/groups_dense.h5", "hdf5/links_external.h5", "hdf5/external_raw.h5",
         "hdf5/contiguous_large.h5"]
NAMES = [name for name in NAMES if os.path.exists(os.path.join(command.FIXTURES, name))]


@contextlib.contextmanager
def serving(*arguments, scheme="http"):
    process = subprocess.Popen([sys.executable, SCRIPT, "--root", command.FIXTURES, *arguments], stdout=subprocess.PIPE,
                               text=True)
    try:
        yield f"{scheme}://127.0.0.1:{process.stdout.readline().split()[1]}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server():
    with serving() as url:
        yield url


def log(url):
    return json.load(urllib.request.urlopen(url + "/log"))["requests"]


def references(run, path):
    assert run.status == 0, run.err
    with open(path) as file:
        return json.load(file)["refs"]


@pytest.mark.parametrize("name", NAMES)
def test_references_are_those_of_the_local_file(server, tmp_path, name):
    local = os.path.join(command.FIXTURES, name)
    here = references(command.kerchunk("scan", local, "-o", tmp_path / "a.json"), tmp_path / "a.json")
    url = f"{server}/files/{name}"
    there = references(command.kerchunk("scan", url, "-o", tmp_path / "b.json"), tmp_path / "b.json")
    folder, place = os.path.dirname(local), os.path.dirname(url)
    assert json.loads(json.dumps(here).replace(os.path.realpath(folder), place).replace(folder, place)) == there


def test_many_files_give_a_report_with_requests(server, tmp_path):
    run = command.kerchunk("scan", *(f"{server}/files/{name}?x=1" for name in NAMES), "-o", tmp_path / "out", "--json")
    assert run.status == 0, run.err
    report = json.loads(run.out)
    assert all(entry["requests"] >= 1 and entry["bytes"] > 0 for entry in report["files"])
    assert report["stats"]["requests"] == sum(entry["requests"] for entry in report["files"])
    assert all("?" not in entry["output"] for entry in report["files"])


def test_all_commands_read_urls(server, tmp_path):
    url = f"{server}/files/{NAMES[0]}"
    refs = tmp_path / "refs.json"
    run = command.kerchunk("scan", url, "-o", refs, "--stats")
    assert run.status == 0 and "stats: 1 request in 1 batch, " in run.err
    # The header is one request; coordinates are read as well.
    run = command.kerchunk("inspect", url, "--stats")
    assert run.status == 0 and "stats: " in run.err
    run = command.kerchunk("inspect", url, "--json", "--stats")
    assert json.loads(run.out)["stats"]["requests"] <= 8
    run = command.kerchunk("verify", refs, "--read", "5", "--json")
    assert run.status == 0 and json.loads(run.out)["ok"], run.out
    run = command.kerchunk("inline", refs, "-o", tmp_path / "inline.json", "--threshold", "100000")
    assert run.status == 0, run.err
    run = command.kerchunk("build", url, "-o", tmp_path / "cube.json", "--stats")
    assert run.status == 0, run.err


def test_reference_sets_behind_urls(tmp_path):
    with open(os.path.join(tmp_path, "refs.json"), "w") as file:
        json.dump({"version": 1, "refs": {".zgroup": '{"zarr_format":2}'}}, file)
    with serving("--root", str(tmp_path)) as url:
        run = command.kerchunk("inspect", url + "/files/refs.json", "--json")
        assert run.status == 0 and json.loads(run.out)["format"] == "kerchunk JSON", run.err


def test_a_login_on_another_host(server, tmp_path):
    """What NASA's Earthdata does: the host of the data sends to that of logins, which knows the password of .netrc, sets a
    cookie there, and sends back."""
    port = server.rsplit(":", 1)[1]
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    with serving() as data:
        back = f"{data.replace('127.0.0.1', 'localhost')}/files/{NAMES[0]}"
        login = f"http://127.0.0.1:{port}/files/x?login=me:secret%26redirect={back}"
        url = f"{back}?redirect={login}"
        environment = dict(os.environ, NETRC=str(netrc), NO_PROXY="*")
        run = command.kerchunk("scan", url, "-o", tmp_path / "a.json", "--header", "X-Token: own", env=environment)
        assert run.status == 0, run.err
        asked = [entry for entry in log(server) if "login=" in entry["path"]]
        assert asked and all("X-Token" not in entry["headers"] for entry in asked)
        assert all(entry["headers"]["Authorization"].startswith("Basic ") for entry in asked)
        seen = log(data)
        assert all("Authorization" not in entry["headers"] for entry in seen)
        assert all(entry["headers"].get("X-Token") == "own" for entry in seen)


def test_cookies_are_kept_for_their_host(server, tmp_path):
    url = f"{server}/files/{NAMES[0]}"
    first = url.replace("127.0.0.1", "me:secret@127.0.0.1") + "?login=me:secret&cookie=1&redirect=" + url
    second = f"{server}/files/{NAMES[1]}?login=me:secret&cookie=1"
    run = command.kerchunk("scan", first, second, "-o", tmp_path / "out", "--jobs", "1")
    assert run.status == 0, run.err


def test_a_proxy_of_the_environment(server, tmp_path):
    """A proxy is asked for the whole URL; ours knows nothing of such, but its log shows that it was asked."""
    environment = {key: value for key, value in os.environ.items() if key.lower() not in ("no_proxy", "http_proxy")}
    run = command.kerchunk("scan", "http://data.invalid/x.nc", "-o", tmp_path / "a.json",
                           env=dict(environment, http_proxy=server))
    assert run.status == 1 and "404" in run.err
    assert any(entry["path"] == "http://data.invalid/x.nc" for entry in log(server))


def test_errors_name_the_file_and_no_secret(server, tmp_path):
    url = f"{server.replace('http://', 'http://me:hidden@')}/files/absent.nc?token=hidden"
    run = command.kerchunk("scan", url, "-o", tmp_path / "a.json")
    assert run.status == 1
    assert run.err == ("error: the server answered 404 Not Found: \"no such file here\"\n"
                       f"  in {server}/files/absent.nc\n")
    run = command.kerchunk("scan", f"{server}/files/{NAMES[0]}?html", "-o", tmp_path / "a.json")
    assert run.status == 1 and "the server sent a web page, not the file: \"Please log in\"" in run.err


def test_wrong_options_are_usage(server, tmp_path):
    for arguments, words in [(["--storage-option", "anom=true"], "unknown storage option \"anom\""),
                             (["--storage-option", "timeout"], "write options of stores as name=value"),
                             (["--header", "X"], "takes 'Name: value'"), (["--concurrency", "0"], "from 1 to 1024")]:
        run = command.kerchunk("scan", f"{server}/files/x.nc", "-o", tmp_path / "a.json", *arguments)
        assert run.status == 2 and words in run.err, run.err
    run = command.kerchunk("scan", "ftp://host/x.nc", "-o", tmp_path / "a.json")
    assert run.status == 1 and "URLs that start with \"ftp://\" are not supported" in run.err


def test_an_interrupt_ends_it_soon(server, tmp_path):
    process = subprocess.Popen([command.KERCHUNK, "scan", f"{server}/made/1000?hang=30", "-o", str(tmp_path / "a.json")],
                               stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert time.monotonic() - start < 2
    assert "interrupted" in process.stderr.read()


def made(path, versions, unlimited, written=False, count=(100, 200)):
    """Two arrays of chunks of 16 KiB, their indexes between the chunks; sparse, unless chunks are written."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", libver=versions) as f:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((64, 64))
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        if not written:
            properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        shape = (count[0] * 64, count[1] * 64)
        largest = tuple(h5py.h5s.UNLIMITED if u else n for u, n in zip(unlimited, shape))
        for name in (b"a", b"b"):
            space = h5py.h5s.create_simple(shape, largest)
            dataset = h5py.Dataset(h5py.h5d.create(f.id, name, h5py.h5t.IEEE_F32LE, space, properties))
            for chunk in range(count[0] * count[1]) if written else ():
                row, column = divmod(chunk, count[1])
                dataset.id.write_direct_chunk((row * 64, column * 64), bytes(16384))


@pytest.mark.parametrize("index, trips, requests, arguments", [
    ("btree1", 4, 720, (("earliest", "v108"), (True, False))),
    ("btree2", 5, 490, (("latest", "latest"), (True, True))),
    ("extensible_array", 6, 140, (("latest", "latest"), (True, False))),
    ("fixed_array", 4, 20, (("latest", "latest"), (False, False), True, (60, 60))),
    ("implicit", 2, 2, (("latest", "latest"), (False, False))),
])
def test_an_index_costs_round_trips_by_depth(tmp_path, index, trips, requests, arguments):
    made(tmp_path / "x.h5", *arguments)
    with serving("--root", str(tmp_path)) as url:
        run = command.kerchunk("scan", f"{url}/files/x.h5", "-o", tmp_path / "a.json", "--json")
    assert run.status == 0, run.err
    assert json.loads(run.out)["files"][0]["references"] in (40_000, 7_200)
    stats = json.loads(run.out)["stats"]
    assert stats["round_trips"] <= trips and stats["requests"] <= requests and stats["bytes"] < 4 << 20, stats


def test_variables_that_are_read_share_their_round_trips(tmp_path):
    """Fifty variables of strings, each in heaps of its own, far from each other."""
    h5py = pytest.importorskip("h5py")
    import numpy as np

    with h5py.File(tmp_path / "x.h5", "w") as f:
        for number in range(50):
            f[f"s{number}"] = np.array([f"text {number} {k}" for k in range(200)], dtype=object)
            f[f"big{number}"] = np.random.default_rng(number).random(50_000)
    with serving("--root", str(tmp_path), "--delay", "100") as url:
        start = time.monotonic()
        run = command.kerchunk("scan", f"{url}/files/x.h5", "-o", tmp_path / "a.json", "--json")
        took = time.monotonic() - start
    assert run.status == 0, run.err
    local = references(command.kerchunk("scan", tmp_path / "x.h5", "-o", tmp_path / "b.json"), tmp_path / "b.json")
    with open(tmp_path / "a.json") as file:
        there = json.load(file)["refs"]
    assert {key: value for key, value in there.items() if not isinstance(value, list)} == {
        key: value for key, value in local.items() if not isinstance(value, list)}
    # One after the other they would take more than a hundred times 0.1 s.
    assert took < 4, took
    assert json.loads(run.out)["stats"]["bytes"] < 1.2 * os.path.getsize(tmp_path / "x.h5")


def test_a_remote_file_names_files_of_its_own_folder_only(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "outer.h5", "w") as f:
        f["x"] = 1.5
    (tmp_path / "sub").mkdir()
    local = str(tmp_path / "outer.h5")
    with serving("--root", str(tmp_path)) as url:
        names = {"up": "../outer.h5", "local": local, "url": f"file://{local}", "chain": f"simplecache::{local}",
                 "dots": f"{url}/files/sub/%2e%2e/outer.h5", "near": "other.h5"}
        with h5py.File(tmp_path / "sub" / "names.h5", "w") as f:
            for key, name in names.items():
                f[key] = h5py.ExternalLink(name, "/x")
        with h5py.File(tmp_path / "sub" / "other.h5", "w") as f:
            f["x"] = 2.5
        for arguments in ([], ["--follow-external"]):
            run = command.kerchunk("scan", f"{url}/files/sub/names.h5", "-o", tmp_path / "a.json", "--overwrite", "--json",
                                   *arguments)
            assert run.status == 0, run.err
            with open(tmp_path / "a.json") as file:
                found = {key.split("/")[0] for key in json.load(file)["refs"] if key.endswith("/.zarray")}
            assert "near" in found
            assert not found & {"local", "url", "chain"}, found
            if not arguments:
                assert found == {"near"}


def key_pair(folder):
    """A key with its certificate (alone in ``own.pem``) for a server on this machine."""
    pair = folder / "pair.pem"
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                           "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pair, "-out", folder / "own.pem"],
                          capture_output=True)
    if made.returncode != 0:
        pytest.skip("no openssl")
    pair.write_bytes(pair.read_bytes() + (folder / "own.pem").read_bytes())
    return pair


def test_https_and_its_certificates(tmp_path):
    pair = key_pair(tmp_path)
    with serving("--tls", str(pair), scheme="https") as url:
        file = f"{url}/files/{NAMES[0]}"
        run = command.kerchunk("scan", file, "-o", tmp_path / "a.json")
        assert run.status == 1 and "certificate" in run.err, run.err
        run = command.kerchunk("scan", file, "-o", tmp_path / "a.json",
                               env=dict(os.environ, SSL_CERT_FILE=str(tmp_path / "own.pem")))
        assert run.status == 0, run.err
        run = command.kerchunk("scan", file, "-o", tmp_path / "b.json", "--storage-option", "verify=false")
        assert run.status == 0, run.err


def test_without_libcurl_local_files_are_read_and_urls_say_what_to_install(server, tmp_path):
    folder = tmp_path / "none"
    folder.mkdir()
    for name in ("libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"):
        (folder / name).write_text("")
    environment = dict(os.environ, LD_LIBRARY_PATH=str(folder))
    local = os.path.join(command.FIXTURES, NAMES[0])
    assert command.kerchunk("scan", local, "-o", tmp_path / "a.json", env=environment).status == 0
    run = command.kerchunk("scan", f"{server}/files/{NAMES[0]}", "-o", tmp_path / "b.json", env=environment)
    assert run.status == 1 and "apt install libcurl4" in run.err, run.err


def test_a_terabyte_takes_little_memory(tmp_path):
    """A sparse file of 1 TB, written here as its first part: 60,000 chunks of 16 MiB, with their index in front."""
    h5py = pytest.importorskip("h5py")
    import numpy as np

    chunk, count, path = 16 << 20, 60_000, tmp_path / "large.h5"
    with h5py.File(path, "w", libver="latest") as f:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, chunk))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        h5py.h5d.create(f.id, b"data", h5py.h5t.STD_U8LE, h5py.h5s.create_simple((count, chunk)), properties)
    size = os.path.getsize(path)
    assert size > 10 ** 12
    with serving("--root", str(tmp_path)) as url:
        run = command.measured("scan", f"{url}/files/large.h5", "-o", tmp_path / "a.json", "--json")
    assert run.status == 0, run.err
    entry = run.report[0]
    assert entry["references"] == count
    assert entry["bytes"] < 4 << 20
    assert run.peak < 200 << 20, run.peak
