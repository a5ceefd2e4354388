# SPDX-License-Identifier: Apache-2.0
"""What may not be seen where the command speaks, what may not be sent, and what it may not wait for."""
import http.server
import json
import os
import shutil
import subprocess
import threading
import time

import pytest

import command
from test_remote import NAMES, key_pair, log, serving

HOSTILE = "a\x1b[31m\n\x9b\u202eb\x07"


@pytest.fixture(scope="module")
def server():
    with serving("--seconds", "600") as url:
        yield url


def is_clean(text, names=("s3cr3t", "pa55word")):
    return not any(name in text for name in names)


@pytest.mark.parametrize("path", ["absent.nc", NAMES[0]])
def test_no_output_of_a_command_has_a_secret(server, tmp_path, path):
    url = server.replace("http://", "http://me:pa55word@") + f"/files/{path}?X-Amz-Signature=s3cr3t"
    header = ["--header", "Authorization: Bearer s3cr3t"]
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    command.kerchunk("scan", url, "-o", a)
    runs = [
        command.kerchunk("scan", url, "-o", tmp_path / "c.json", *header),
        command.kerchunk("scan", url, url + "2", "-o", tmp_path / "out", "--json", *header),
        command.kerchunk("inspect", url, *header), command.kerchunk("inspect", url, "--json", *header),
        command.kerchunk("build", url, "-o", b, "--dry-run", *header),
        command.kerchunk("build", url, "-o", b, "--dry-run", "--json", *header),
        command.kerchunk("build", url, url, "-o", b, "--concat-dim", "time", *header),
        command.kerchunk("scan", url, "--frobnicate", url), command.kerchunk("convert", url, "-o", b),
        command.kerchunk("scan", f"{url}*", "-o", b),
    ]
    if a.exists():
        runs += [command.kerchunk("inspect", a), command.kerchunk("inspect", a, "--json"), command.kerchunk("verify", a),
                 command.kerchunk("verify", a, "--json", "--read", "3"), command.kerchunk("rename", a, "--from", url, "--to", "x")]
        assert "s3cr3t" in a.read_text()  # references keep what readers need
    for run in runs:
        assert is_clean(run.out + run.err), run
        assert run.status >= 0
    names = [name for folder in os.walk(tmp_path) for name in [*folder[1], *folder[2]]]
    assert all(map(is_clean, names))


def test_servers_that_say_secrets(server, tmp_path):
    url = f"{server}/files/x.nc?status=403&words=who+has+s3cr3t%0A%1b%5b31m&sig=s3cr3t"
    run = command.kerchunk("scan", url, "-o", tmp_path / "a.json")
    assert run.status == 1 and "who has ***" in run.err and is_clean(run.err) and "\x1b" not in run.err


def test_names_of_files_and_variables_are_escaped(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / (HOSTILE + ".h5")
    with h5py.File(path, "w") as file:
        file[HOSTILE] = [1, 2]
        file[HOSTILE].attrs["units"] = HOSTILE
        file.create_dataset("odd" + HOSTILE, (2,), h5py.h5t.STD_REF_OBJ)
    refs = tmp_path / "a.json"
    runs = [
        command.kerchunk("scan", path, "-o", refs), command.kerchunk("scan", path, "-o", refs),
        command.kerchunk("scan", path, tmp_path / ("absent" + HOSTILE), "-o", tmp_path / "out", "--json"),
        command.kerchunk("scan", tmp_path / ("absent" + HOSTILE), path, "-o", tmp_path / "out2"),
        command.kerchunk("inspect", path), command.kerchunk("inspect", path, "--json"),
        command.kerchunk("build", path, "-o", tmp_path / "b.json", "--dry-run"),
        command.kerchunk("build", path, "-o", tmp_path / "b.json", "--dry-run", "--json"),
        command.kerchunk("select", refs, "--include", HOSTILE + "x", "-o", tmp_path / "c.json"),
    ]
    os.remove(path)
    runs += [command.kerchunk("verify", refs), command.kerchunk("verify", refs, "--json"),
             command.kerchunk("inline", refs, "-o", tmp_path / "d.json", "--threshold", "1000")]
    for run in runs:
        text = run.out + run.err
        assert not set(text) & (set(HOSTILE) - set("ab[31m\n")), text
        assert "[31m\n" not in text, text
    assert any("a\\x1b[31m\\n\\x9b\\u202eb\\x07" in run.out for run in runs)
    assert f"{HOSTILE}/.zarray" in json.loads(refs.read_text())["refs"]


def test_slow_servers_are_given_up(server, tmp_path):
    url = f"{server}/files/{NAMES[0]}?drip=1"
    start = time.monotonic()
    run = command.kerchunk("scan", url, "-o", tmp_path / "a.json", "--storage-option", "timeout=2", "--storage-option", "retries=0")
    assert run.status == 1 and "too slow" in run.err and "timeout" in run.err
    assert time.monotonic() - start < 20


def test_slow_and_honest_servers_are_read(server, tmp_path):
    url = f"{server}/files/{NAMES[1]}?drip=20000"
    run = command.kerchunk("scan", url, "-o", tmp_path / "a.json", "--storage-option", "timeout=1")
    assert run.status == 0, run.err


def netrc(tmp_path, text):
    (tmp_path / "netrc").write_text(text)
    return dict(os.environ, NETRC=str(tmp_path / "netrc"), NO_PROXY="*")


def authorizations(entries):
    return {entry["headers"].get("Authorization") for entry in entries}


def test_the_login_for_any_host_goes_to_the_one_that_was_named(tmp_path):
    environment = netrc(tmp_path, "default login me password secret\n")
    with serving() as first, serving() as second:
        target = f"{second.replace('127.0.0.1', 'localhost')}/files/{NAMES[1]}"
        run = command.kerchunk("scan", f"{first}/files/x?redirect={target}", "-o", tmp_path / "a.json", env=environment)
        assert run.status == 0, run.err
        assert authorizations(log(first)) == {"Basic bWU6c2VjcmV0"}
        assert authorizations(log(second)) == {None}


def test_hosts_that_references_name_get_no_login_for_any_host(tmp_path):
    with serving() as server:
        url, refs = f"{server}/files/{NAMES[1]}", tmp_path / "a.json"
        assert command.kerchunk("scan", url, "-o", refs, "--inline-threshold", "0").status == 0
        scanned = len(log(server))
        run = command.kerchunk("verify", refs, "--read", "2", env=netrc(tmp_path, "default login me password secret\n"))
        assert run.status == 0, run.err
        run = command.kerchunk("verify", refs, env=netrc(tmp_path, "machine 127.0.0.1 login me password secret\n"))
        assert run.status == 0, run.err
        sent = [entry["headers"].get("Authorization") for entry in log(server)[scanned:]]
        assert sent[0] is None and sent[-1] == "Basic bWU6c2VjcmV0"


@pytest.mark.parametrize("target", [
    "http://169.254.169.254/latest/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://2852039166/",
    "http://metadata.google.internal/computeMetadata/"])
def test_redirects_to_the_link_are_refused(server, tmp_path, target):
    start = time.monotonic()
    run = command.kerchunk("scan", f"{server}/files/x.nc?redirect={target}", "-o", tmp_path / "a.json",
                           env={**os.environ, "NO_PROXY": "*"})
    assert run.status == 1 and "redirects to a link-local address" in run.err, run.err
    assert time.monotonic() - start < 5


def test_redirects_to_files_are_refused(server, tmp_path):
    run = command.kerchunk("scan", f"{server}/files/x.nc?redirect=file:///etc/hostname", "-o", tmp_path / "a.json")
    assert run.status == 1 and 'redirects to "file:///etc/hostname", which is not a web address' in run.err, run.err


def test_credentials_do_not_leave_encryption(server, tmp_path):
    pair = key_pair(tmp_path)
    plain = f"{server}/files/{NAMES[1]}"
    with serving("--tls", str(pair), scheme="https") as safe:
        arguments = [f"{safe}/files/x?redirect={plain}", "--storage-option", "verify=false"]
        run = command.kerchunk("scan", *arguments, "-o", tmp_path / "a.json")
        assert run.status == 0, run.err
        for more in (["--header", "X-Key: own"], ["--header", "Authorization: Bearer s3cr3t"]):
            run = command.kerchunk("scan", *arguments, "-o", tmp_path / "b.json", *more)
            assert run.status == 1 and "redirects from https to http with credentials" in run.err, run.err
        run = command.kerchunk("scan", arguments[0] + "%3Fsig=s3cr3t", *arguments[1:], "-o", tmp_path / "b.json")
        assert run.status == 1 and "from https to http" in run.err and is_clean(run.err), run.err


def test_a_bucket_that_is_listed_for_ever(tmp_path):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version, count = "HTTP/1.1", 0

        def log_message(self, *_):
            pass

        def do_GET(self):
            Handler.count += 1
            text = (f"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t{Handler.count}"
                    f"</NextContinuationToken><Contents><Key>data/{Handler.count}.nc</Key><Size>1</Size></Contents>"
                    "</ListBucketResult>").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        run = command.kerchunk("scan", "s3://bucket/data/*.nc", "-o", tmp_path, "--anon", "--endpoint-url",
                               f"http://127.0.0.1:{server.server_port}")
        assert run.status == 1 and "is incomplete and does not continue" in run.err, run.err
    finally:
        server.shutdown()


@pytest.mark.parametrize("prefix", ["simplecache::", "blockcache::", "filecache::", "cached::"])
def test_caches_of_fsspec_are_passed_over(server, tmp_path, prefix):
    url = f"{server}/files/{NAMES[0]}"
    run = command.kerchunk("scan", prefix + url, "-o", tmp_path / "a.json", "--inline-threshold", "0")
    assert run.status == 0, run.err
    refs = json.loads((tmp_path / "a.json").read_text())["refs"]
    assert {value[0] for value in refs.values() if isinstance(value, list)} == {url}
    cached = {key: [prefix + value[0], *value[1:]] if isinstance(value, list) else value for key, value in refs.items()}
    (tmp_path / "b.json").write_text(json.dumps({"version": 1, "refs": cached}))
    run = command.kerchunk("verify", tmp_path / "b.json", "--read", "5")
    assert run.status == 0, run.out
    inlined = []
    for name in ("a", "b"):
        run = command.kerchunk("inline", tmp_path / f"{name}.json", "-o", tmp_path / f"{name}2.json", "--threshold", "100000")
        assert run.status == 0, run.err
        inlined.append(json.loads((tmp_path / f"{name}2.json").read_text())["refs"])
    assert inlined[0] == inlined[1]


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    """A file with a million chunks, and its references."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path_factory.mktemp("million") / "large.h5"
    with h5py.File(path, "w", libver="latest") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, 1))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        h5py.h5d.create(file.id, b"z", h5py.h5t.STD_U8LE, h5py.h5s.create_simple((1000, 1000)), properties)
    references = path.with_suffix(".json")
    assert command.kerchunk("scan", path, "-o", references).status == 0
    return {"scan": path, "convert": references}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize("work", ["scan", "convert"])
@pytest.mark.parametrize("megabytes", [60, 120])
def test_a_limit_of_memory_ends_in_a_sentence(million, tmp_path, work, megabytes):
    result = subprocess.run(
        ["bash", "-c", f'ulimit -v {megabytes * 1000}; exec "$0" "$@"', command.KERCHUNK, work, million[work], "-o",
         tmp_path / "out.parq"], capture_output=True, text=True, timeout=120)
    assert result.returncode in (0, 1), result.stderr[-1000:]
    if result.returncode == 1:
        assert "error: out of memory: this process may use" in result.stderr and "(ulimit -v)" in result.stderr
