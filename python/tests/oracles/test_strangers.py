# SPDX-License-Identifier: Apache-2.0
"""Reference sets that come over a network, and references that others cannot use: docs/security.md."""
import contextlib
import json
import os
import subprocess
import sys
import tarfile

import netCDF4
import numpy as np
import pytest

import command

SCRIPT = os.path.join(command.REPOSITORY, "python", "tests", "servers", "fault_server.py")


@contextlib.contextmanager
def serving(folder):
    process = subprocess.Popen([sys.executable, SCRIPT, "--root", str(folder), "--seconds", "900"], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().split()[1]}/files"
    finally:
        process.kill()
        process.wait()


def run(*arguments, status=0, cwd=None):
    result = command.kerchunk(*arguments, cwd=cwd)
    assert result.status == status, (arguments, result.status, result.out, result.err)
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the server has: a file, and sets that name one of this machine in many ways."""
    here = tmp_path_factory.mktemp("here")
    folder = tmp_path_factory.mktemp("web")
    for place in (here / "secret.nc", folder / "open.nc"):
        with netCDF4.Dataset(place, "w") as d:
            d.createDimension("x", 1000)
            d.createVariable("x", "f8", ("x",))[:] = np.arange(1000)
    run("scan", here / "secret.nc", "-o", folder / "absolute.json", "--inline-threshold", 0)
    document = json.loads((folder / "absolute.json").read_text())
    del document["sources"]
    path = str(here / "secret.nc")
    text = json.dumps(document)
    for name, other in {"relative": "secret.nc", "file": f"file://{path}", "upper": f"FILE://{path}",
                        "cached": f"simplecache::{path}", "chained": f"simplecache::file://{path}",
                        "archive": f"tar://secret.nc::{here}/a.tar", "memory": "memory://secret.nc",
                        "local": f"local://{path}", "unknown": f"xyz://{path}"}.items():
        (folder / f"{name}.json").write_text(text.replace(json.dumps(path), json.dumps(other)))
    document["templates"] = {"u": path}
    (folder / "template.json").write_text(json.dumps(document).replace(f'[{json.dumps(path)}', '["{{u}}"'))
    run("convert", folder / "absolute.json", "-o", folder / "set.parq")
    with tarfile.open(folder / "sets.tar", "w") as tar:
        tar.add(folder / "absolute.json", "absolute.json")
    return folder, path


@pytest.fixture(scope="module")
def server(folder):
    with serving(folder[0]) as url:
        yield url


SETS = ["absolute.json", "relative.json", "file.json", "upper.json", "cached.json", "chained.json", "archive.json",
        "memory.json", "local.json", "unknown.json", "template.json", "set.parq"]


@pytest.mark.parametrize("name", SETS)
def test_local_names_of_foreign_sets_are_refused(name, server, folder, tmp_path):
    result = run("inline", f"{server}/{name}", "-o", tmp_path / "a.json", "--array", "x", status=1,
                 cwd=os.path.dirname(folder[1]))
    assert "names a local file" in result.err and "--trust-local" in result.err, result.err
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("arguments", [
    ["verify", "{}", "--read", 3], ["verify", "{}"], ["combine", "{}", "{}?x=1", "-o", "OUT"], ["build", "{}", "-o", "OUT"],
    ["subchunk", "{}", "-o", "OUT", "--variable", "x", "--factor", 2], ["dereference", "{}", "-o", "OUT"],
    ["plan", "{}", "-o", "OUT"], ["merge", "{}", "{}?x=1", "-o", "OUT"]], ids=lambda a: " ".join(map(str, a[:3])))
def test_all_readers_refuse(arguments, server, tmp_path):
    words = [str(word).format(f"{server}/absolute.json").replace("OUT", str(tmp_path / "o.json")) for word in arguments]
    result = run(*words, status=1)
    assert "names a local file" in result.err, result.err
    if arguments[0] in ("verify", "subchunk"):
        run(*words, "--trust-local")


def test_members_of_archives_from_there_are_foreign(server, tmp_path):
    result = run("inline", f"tar://absolute.json::{server}/sets.tar", "-o", tmp_path / "a.json", "--array", "x", status=1)
    assert "names a local file" in result.err


def test_foreign_sets_of_foreign_files_and_own_sets_are_read(server, folder, tmp_path):
    run("rename", f"{server}/absolute.json", "-o", folder[0] / "good.json", "--map", f"{folder[1]}={server}/open.nc",
        "--overwrite")
    for place in (f"{server}/good.json", folder[0] / "absolute.json", folder[0] / "set.parq"):
        run("inline", place, "-o", tmp_path / "a.json", "--array", "x", "--overwrite")
        run("verify", place, "--read", 1)
    run("inline", f"{server}/set.parq", "-o", tmp_path / "a.json", "--array", "x", "--overwrite", "--trust-local")


@pytest.mark.parametrize("name", ["absolute.json", "set.parq"])
def test_what_reads_nothing_warns(name, server, tmp_path):
    assert "secret.nc" in run("inspect", f"{server}/{name}").out
    result = run("convert", f"{server}/{name}", "-o", tmp_path / "a.json")
    assert result.err.startswith("warning: the reference set comes over a network and names a local file")


@pytest.mark.parametrize("name", ["absolute.json", "relative.json", "set.parq"])
def test_python_refuses_them(name, server):
    sk = pytest.importorskip("swift_kerchunk")
    with pytest.raises(Exception) as caught:
        sk.open(f"{server}/{name}").open().x.values
    chain, error = [], caught.value
    while error is not None:
        chain.append(str(error))
        error = error.__cause__ or error.__context__
    assert any("names a local file" in text for text in chain), chain
    if name != "relative.json":
        opened = sk.open(f"{server}/{name}", trust_local=True).open()
        assert opened.x.values.tolist() == list(range(1000))
    with pytest.raises(Exception):
        sk.open(f"{server}/{name}").inline(arrays=["x"])


# ---------------------------------------------------------------- references that nobody can use
def issues_of(url, output, *options):
    result = command.kerchunk("scan", url, "-o", output, "--json", "--overwrite", "--inline-threshold", 0, *options)
    return result.status, [issue["reason"] + " | " + issue["remedy"] for issue in result.report[0]["issues"]]


def test_a_server_without_parts_is_an_issue(server, tmp_path):
    out = tmp_path / "o.json"
    assert issues_of(f"{server}/open.nc", out) == (0, [])
    status, (reason,) = issues_of(f"{server}/open.nc?no_range", out)
    assert status == 0 and "does not serve parts of files" in reason and "copy the file" in reason
    assert issues_of(f"{server}/open.nc?no_range", out, "--strict")[0] == 3
    # what is embedded needs no server
    assert issues_of(f"{server}/open.nc?no_range", out, "--strict", "--inline-threshold", "1MB") == (0, [])


@pytest.mark.parametrize("query, name", [
    ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=SECRET", "X-Amz-Signature"), ("AWSAccessKeyId=SECRET&Expires=1",
     "AWSAccessKeyId"), ("Signature=SECRET", "Signature"), ("sv=2024&sig=SECRET", "sig"),
    ("X-Goog-Signature=SECRET", "X-Goog-Signature"), ("a=1&token=SECRET", "token"), ("TOKEN=SECRET", "TOKEN")])
def test_signed_urls_are_issues_that_do_not_repeat_the_secret(query, name, server, tmp_path):
    status, (reason,) = issues_of(f"{server}/open.nc?{query}", tmp_path / "o.json")
    assert status == 0 and f"a credential in its query ({name})" in reason and "expires" in reason
    assert "SECRET" not in reason and "s3://" in reason and "kerchunk rename" in reason
    assert issues_of(f"{server}/open.nc?{query}", tmp_path / "o.json", "--strict")[0] == 3


def test_the_advice_of_signed_urls_holds(server, tmp_path):
    url = f"{server}/open.nc?sig=SECRET&b=1"
    assert len(issues_of(url, tmp_path / "o.json")[1]) == 1
    (tmp_path / "map.json").write_text(json.dumps({url: f"{server}/open.nc"}))
    run("rename", tmp_path / "o.json", "-o", tmp_path / "n.json", "--map-file", tmp_path / "map.json")
    assert "SECRET" not in (tmp_path / "n.json").read_text()
    run("verify", tmp_path / "n.json", "--read", 1)


@pytest.mark.parametrize("query", ["x=1", "tokens=3", "versionId=abc", "sig", "b=token=1", "signatures=1"])
def test_other_queries_are_none(query, server, tmp_path):
    assert issues_of(f"{server}/open.nc?{query}", tmp_path / "o.json") == (0, [])
