# SPDX-License-Identifier: Apache-2.0
"""What users get wrong: each mistake ends soon, with a status, with a message that says what, where and what to do, and without
leaving anything."""
import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import tarfile
import threading
import time

import pytest

import command
from test_remote import serving

CLIMATE = os.path.join(command.FIXTURES, "netcdf4", "climate.nc")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AZURE_", "GOOGLE", "SSL_CERT"))}
ENVIRONMENT |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}


@contextlib.contextmanager
def port(reply=None):
    """A port where nobody listens, or where `reply` is all that is said."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if reply is not None:
            listener.listen(20)

            def answer():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        connection.recv(4096)
                        connection.sendall(reply)
                        connection.close()

            threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mistakes")
    shutil.copy(CLIMATE, folder / "x.nc")
    (folder / "empty.nc").write_bytes(b"")
    (folder / "page.html").write_text("<!DOCTYPE html><html><title>Index of /data</title></html>")
    (folder / "text.nc").write_text("hello\n")
    (folder / "folder").mkdir()
    with tarfile.open(folder / "a.tar", "w") as tar:
        for name in ("x.nc", "d/y.nc", "d/z.nc"):
            tar.add(CLIMATE, name)
    with tarfile.open(folder / "a.tar.gz", "w:gz") as tar:
        tar.add(CLIMATE, "x.nc")
    with serving("--root", str(folder)) as url, port() as closed, port(b"SSH-2.0-x\r\n") as other:
        yield {"L": str(folder), "U": url + "/files", "T": url.replace("http:", "https:") + "/files", "C": closed, "O": other}


ONCE = ["--storage-option", "retries=0"]


@pytest.mark.parametrize("arguments, status, words", [
    # Hosts, ports and URLs.
    (["scan", "http://no-such-host.invalid/x.nc", *ONCE], 1, "Could not resolve host: no-such-host.invalid"),
    (["scan", "http://{C}/x.nc", *ONCE], 1, "Failed to connect to 127.0.0.1 port"),
    (["scan", "http://{O}/x.nc", *ONCE], 1, "the server there is not a web server"),
    (["scan", "{T}/x.nc", *ONCE], 1, "use http:// for a server without encryption"),
    (["scan", "http://127.0.0.1:99999/x.nc", *ONCE], 1, "in http://127.0.0.1:99999/x.nc"),
    (["scan", "http://"], 1, "the URL has no host"),
    (["scan", "ftp://host/x.nc"], 1, 'URLs that start with "ftp://" are not supported; supported are: '),
    (["scan", "s3://"], 1, "the URL has no bucket: write s3://bucket/key"),
    (["scan", "s3://b/x.nc", "--endpoint-url", "localhost:1"], 1, "is a URL such as https://host"),
    (["scan", "az://c/x.nc"], 1, "the URL has no storage account"),
    # What servers answer.
    (["scan", "{U}/none.nc"], 1, "the server answered 404 Not Found"),
    (["scan", "{U}/"], 1, "the server answered 404 Not Found"),
    (["scan", "{U}/x.nc?status=403"], 1, "the server answered 403 Forbidden"),
    (["scan", "{U}/x.nc?status=500", *ONCE], 1, "the server answered 500 Internal Server Error"),
    (["scan", "{U}/x.nc?status=503&retry_after=1000"], 1, "it asks to wait 1000 seconds"),
    (["scan", "{U}/x.nc?status=404&words=%1b%5B31m%C2%9B31mred"], 1, '404 Not Found: "***"'),
    (["scan", "{U}/x.nc?html"], 1, 'the server sent a web page, not the file: "Please log in"'),
    (["scan", "{U}/page.html"], 1, 'it is text that starts with "<!DOCTYP", a web page'),
    (["scan", "{U}/text.nc"], 1, 'it is text that starts with "hello"'),
    (["scan", "{U}/empty.nc"], 1, "the file is empty"),
    (["scan", "{U}/x.nc?redirect=ftp://x/y", *ONCE], 1, 'the server redirects to "ftp://x/y", which is not a web address'),
    (["scan", "{U}/x.nc?redirect=file:///etc/passwd", *ONCE], 1, 'the server redirects to "file:///etc/passwd", which is not a web address'),
    (["scan", "{U}/*.nc"], 2, "web servers do not list their files"),
    (["inspect", "{U}/page.html"], 1, "a web page"),
    (["inspect", "{U}/none.parq"], 1, "this is not a reference set in Parquet"),
    (["combine", "{U}/none.json", "{U}/text.nc"], 1, "2 inputs cannot be used"),
    # Files and folders.
    (["scan", "{L}/folder"], 1, "this is a directory, not a file"),
    (["inspect", "{L}/folder"], 1, 'there is no ".zmetadata" in it'),
    (["scan", "{L}/none*.nc"], 2, "nothing matches the pattern"),
    (["scan", "memory://x.nc"], 1, "there is no such object in memory"),
    # Chains.
    (["scan", "tar://x.nc"], 2, "write tar://MEMBER::ARCHIVE for a file in an archive"),
    (["scan", "tar://none.nc::{L}/a.tar"], 1, 'the archive has no member "none.nc"; it has "x.nc"'),
    (["scan", "tar://../x.nc::{L}/a.tar"], 1, "the archive has no member"),
    (["scan", "tar://{{none,no}}.nc::{L}/a.tar"], 2, "nothing matches the pattern"),
    (["scan", "tar://x.nc::{L}/a.tar.gz"], 1, "decompress it"),
    (["scan", "{L}/a.tar"], 1, "'tar://*.nc::"),
    (["scan", "zip://x.nc::{L}/a.tar"], 1, "not a ZIP archive"),
    (["scan", "zip://x.nc::{U}/none.zip"], 1, "404 Not Found"),
    (["scan", "gzip://x.nc::{L}/a.tar.gz"], 2, 'unknown part "gzip" in the name'),
    (["scan", "simplecache::"], 2, "the name does not say where"),
    # Options.
    (["scan", "{U}/x.nc", "--storage-option", "nonsense=1"], 2, 'unknown storage option "nonsense"'),
    (["scan", "{U}/x.nc", "--storage-option", "timeout=x"], 1, "must be a number from 1 to 86400"),
    (["scan", "{U}/x.nc", "--header", "A: b\nC: d"], 1, "line breaks"),
    (["scan", "{U}/x.nc", "--concurrency", "0"], 2, "must be a number from 1 to 1024"),
])
def test_inputs(places, tmp_path, arguments, status, words):
    run = command.kerchunk(*(argument.format(**places) for argument in arguments),
                           *(["-o", "out.json"] if arguments[0] != "inspect" else []), cwd=tmp_path, env=ENVIRONMENT, timeout=30)
    assert run.status == status and words in run.err, run.err
    assert "error: " in run.err and "\x1b" not in run.err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("verb", ["scan", "build", "convert"])
@pytest.mark.parametrize("output, words", [
    ("{U}/o.json", "web servers take no files"), ("{U}/o.parq", "web servers take no files"),
    ("memory://o.json", "is lost when this process ends"), ("tar://o.json::{L}/a.tar", "cannot write into archives"),
    ("ftp://host/o.json", "are not supported"), ("s3://b/o.json", "Failed to connect"), ("s3://b/o.parq", "Failed to connect"),
    ("/dev/full", "already exists"), ("{L}/x.nc", "already exists")])
def test_outputs(places, tmp_path, verb, output, words):
    source = CLIMATE
    if verb == "convert":
        source = os.path.join(places["L"], "refs.json")
        assert command.kerchunk("scan", CLIMATE, "-o", source, "--overwrite").status == 0
    run = command.kerchunk(verb, source, "-o", output.format(**places), "--anon", "--endpoint-url", "http://{C}".format(**places),
                           *ONCE, cwd=tmp_path, env=ENVIRONMENT, timeout=30)
    assert run.status in (1, 2) and words in run.err, run.err
    assert os.listdir(tmp_path) == []


def test_outputs_named_by_file_urls(tmp_path):
    for name in ("new/deep/o.json", "other/o.parq", "many/"):
        inputs = [CLIMATE] if name != "many/" else [CLIMATE, shutil.copy(CLIMATE, tmp_path / "x.nc")]
        run = command.kerchunk("scan", *inputs, "-o", f"file://{tmp_path}/{name}", cwd=tmp_path)
        assert run.status == 0, run.err
    assert sorted(os.listdir(tmp_path)) == ["many", "new", "other", "x.nc"]
    assert sorted(os.listdir(tmp_path / "many")) == ["climate.nc.json", "x.nc.json"]


@pytest.mark.parametrize("verb", ["scan", "build", "convert", "inline", "merge", "plan", "execute"])
@pytest.mark.parametrize("name", ["o.json", "o.parq"])
def test_a_folder_that_is_not_there_is_made(tmp_path, verb, name):
    refs, other, plan = (tmp_path / one for one in ("refs.json", "other.json", "plan.json"))
    assert command.kerchunk("scan", CLIMATE, "-o", refs).status == 0
    assert command.kerchunk("scan", CLIMATE, "-o", other).status == 0
    assert command.kerchunk("plan", refs, "-o", plan, "--concat-dim", "time").status == 0
    inputs = {"scan": [CLIMATE], "build": [CLIMATE, "--concat-dim", "time"], "inline": [refs, "--threshold", "9"],
              "merge": [refs, other], "plan": [refs, "--concat-dim", "time"], "execute": [plan]}.get(verb, [refs])
    run = command.kerchunk(verb, *inputs, "-o", tmp_path / "a" / "b" / name)
    assert run.status == 0, run.err
    assert os.listdir(tmp_path / "a" / "b") == [name]


def test_folders_that_were_made_go_with_an_output_that_fails(tmp_path):
    # A source that is gone is seen only when values are read, behind the start of the output.
    source = shutil.copy(CLIMATE, tmp_path / "x.nc")
    assert command.kerchunk("scan", source, "-o", tmp_path / "x.json", "--inline-threshold", "0").status == 0
    os.remove(source)
    run = command.kerchunk("inline", tmp_path / "x.json", "-o", tmp_path / "a" / "b" / "o.json", "--threshold", "10000000")
    assert run.status == 1, run.err
    assert os.listdir(tmp_path) == ["x.json"]


def test_alternatives_in_archives(places, tmp_path):
    run = command.kerchunk("scan", "tar://{d/{z,y},x,none}.nc::a.tar", "-o", tmp_path, cwd=places["L"])
    assert run.status == 0, run.err
    assert sorted(os.listdir(tmp_path)) == ["x.nc.json", "y.nc.json", "z.nc.json"]
    run = command.kerchunk("scan", "tar://{*.nc,d/z*}::a.tar", "-o", tmp_path, "--overwrite", "--json", cwd=places["L"])
    assert [entry["input"] for entry in run.report] == ["tar://x.nc::a.tar", "tar://d/z.nc::a.tar"]


@pytest.mark.parametrize("name", ["o.json", "o.parq"])
def test_limits_of_the_user(tmp_path, name):
    process = subprocess.run([command.KERCHUNK, "scan", CLIMATE, "-o", name], cwd=tmp_path, capture_output=True, text=True,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)), timeout=30)
    assert process.returncode == 1 and "File too large" in process.stderr, process.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("arguments", [
    ["scan", "{U}/x.nc?hang=20", "-o", "o.json"], ["build", "{U}/x.nc?hang=20", "-o", "o.parq"],
    ["scan", "{U}/x.nc?status=503", "-o", "o.json"], ["inspect", "{U}/x.nc?hang=20"],
    ["scan", "tar://x.nc::{U}/a.tar?hang=20", "-o", "o.json"]])
def test_an_interrupt_leaves_nothing(places, tmp_path, arguments, number):
    process = subprocess.Popen([command.KERCHUNK, *(argument.format(**places) for argument in arguments)], cwd=tmp_path,
                               env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    time.sleep(0.7)
    process.send_signal(number)
    assert process.wait(10) == 130
    assert "interrupted" in process.stderr.read()
    assert os.listdir(tmp_path) == []
