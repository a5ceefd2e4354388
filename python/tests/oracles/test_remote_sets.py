# SPDX-License-Identifier: Apache-2.0
"""Reference sets behind HTTP, read as local ones; and outputs that web servers would not take."""
import json
import os
import shutil

import pytest

import command
from test_remote import log, serving

PLACES = 4000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same references in all forms; chunk n of `a` is byte n of a file, but for those around partition 7."""
    folder = tmp_path_factory.mktemp("sets")
    (folder / "data").write_bytes(bytes(n % 251 for n in range(PLACES)))
    array = {"shape": [PLACES], "chunks": [1], "dtype": "|u1", "compressor": None, "fill_value": None, "filters": None,
             "order": "C", "zarr_format": 2}
    refs = {".zgroup": '{"zarr_format":2}', "g/.zgroup": '{"zarr_format":2}', "a/.zarray": json.dumps(array),
            "g/o #1/.zarray": json.dumps(array | {"shape": [3]})}
    refs |= {f"a/{n}": [str(folder / "data"), n, 1] for n in range(PLACES) if not 650 <= n < 850}
    refs |= {f"g/o #1/{n}": f"{n}" for n in range(3)}
    (folder / "set.json").write_text(json.dumps({"version": 1, "refs": refs}))
    for name in ("set.json.zst", "set.json.gz", "set.parq"):
        run = command.kerchunk("convert", folder / "set.json", "-o", folder / name, "--record-size", "100")
        assert run.status == 0, run.err
    shutil.copytree(folder / "set.parq", folder / "plain")
    os.remove(folder / "set.parq" / "a" / "refs.7.parq")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with serving("--root", str(folder)) as url:
        yield url


def converted(place, output, *arguments):
    run = command.kerchunk("convert", place, "-o", output, "--overwrite", *arguments)
    assert run.status == 0, run.err
    return json.loads(output.read_text())["refs"]


@pytest.mark.parametrize("name", ["set.json", "set.json.zst", "set.json.gz", "set.parq", "set.parq/", "plain",
                                  "set.parq?token=1", "set.parq?rate=0.1&seed=3"])
def test_all_forms(folder, server, tmp_path, name):
    here = converted(folder / "set.json", tmp_path / "a.json")
    assert converted(f"{server}/files/{name}", tmp_path / "b.json") == here and len(here) > PLACES - 200
    run = command.kerchunk("inspect", f"{server}/files/{name}", "--json")
    assert run.status == 0 and json.loads(run.out)["totals"]["missing"] == 200, run.out + run.err
    run = command.kerchunk("verify", f"{server}/files/{name}", "--read", "30", "--json", "--trust-local")
    assert run.status == 0 and json.loads(run.out)["read"] == 30, run.out + run.err


def test_round_trips(server, tmp_path):
    before = len(log(server))
    run = command.kerchunk("inspect", f"{server}/files/plain/", "--stats")
    assert run.status == 0, run.err
    paths = [entry["path"].split("?")[0].split("/files/")[1] for entry in log(server)[before:] if "/files/" in entry["path"]]
    partitions = [path for path in paths if path.endswith(".parq")]
    # 40 partitions of one array, one of the other, each once; all were written before the metadata, or in the same second.
    assert sorted(partitions) == sorted({f"plain/a/refs.{n}.parq" for n in range(40)} | {"plain/g/o%20%231/refs.0.parq"})
    assert paths.count("plain/sources.json") == 1 and paths.count("plain/.zmetadata") <= 20


def test_what_is_not_there(server):
    for name in ("none.parq", "none/", "none.json", "none"):
        run = command.kerchunk("inspect", f"{server}/files/{name}")
        assert run.status == 1 and f"/files/{name}" in run.err and ("404" in run.err or ".zmetadata" in run.err), run.err


def test_forbidden_partitions_are_errors(server, folder, tmp_path):
    # The first three requests are for what opening needs.
    run = command.kerchunk("convert", f"{server}/files/plain/?status=403&after=1&times=1000", "-o", tmp_path / "a.json")
    assert run.status == 1 and "403" in run.err and not (tmp_path / "a.json").exists(), run.err


def test_many_sources_are_verified_together(folder, tmp_path):
    """Files behind 200 ms of latency, found only while partitions are read: no stamp is recorded."""
    with serving("--root", str(folder), "--delay", "100") as url:
        array = {"shape": [64], "chunks": [1], "dtype": "|u1", "compressor": None, "fill_value": None, "filters": None,
                 "order": "C", "zarr_format": 2}
        refs = {".zgroup": '{"zarr_format":2}', "a/.zarray": json.dumps(array)}
        refs |= {f"a/{n}": [f"{url}/files/data?n={n}", n, 1] for n in range(64)}
        (tmp_path / "a.json").write_text(json.dumps({"version": 1, "refs": refs}))
        run = command.kerchunk("convert", tmp_path / "a.json", "-o", tmp_path / "a.parq")
        assert run.status == 0, run.err
        run = command.kerchunk("verify", tmp_path / "a.parq", "--read", "64", "--json")
        assert run.status == 0 and json.loads(run.out)["read"] == 64, run.out + run.err
        # What the server saw at once, not how long it took.
        import urllib.request
        assert json.load(urllib.request.urlopen(url + "/log"))["most"] >= 8


@pytest.mark.parametrize("arguments", [
    ["scan", "FILE"], ["convert", "SET"], ["build", "FILE"], ["combine", "SET"], ["merge", "SET", "SET"], ["plan", "SET"],
    ["summarize", "SET"], ["select", "SET", "--include", "a"], ["execute", "PLAN"], ["inline", "SET", "--threshold", "1"]])
def test_web_servers_take_no_files(folder, server, tmp_path, arguments):
    names = {"FILE": f"{server}/files/data", "SET": f"{server}/files/set.json", "PLAN": f"{server}/files/none.json"}
    for name in ("out.json", "out.parq"):
        before = len(log(server))
        run = command.kerchunk(*[names.get(word, word) for word in arguments], "-o", f"{server}/files/{name}")
        assert run.status == 2 and "web servers take no files" in run.err, run.err
        # Before anything else was done.
        assert len([entry for entry in log(server)[before:] if "/files/" in entry["path"]]) == 0


def test_web_servers_list_no_files(server, tmp_path):
    run = command.kerchunk("scan", f"{server}/files/*.nc", "-o", tmp_path / "out")
    assert run.status == 2 and "--files-from" in run.err


def test_patterns_with_alternatives(folder, tmp_path):
    for name in ("a1", "a2", "b1"):
        shutil.copy(os.path.join(command.FIXTURES, "netcdf4", "climate.nc"), tmp_path / f"{name}.nc")
    run = command.kerchunk("scan", str(tmp_path / "{a[2-9],b1}.nc"), "-o", tmp_path / "out", "--durable")
    assert run.status == 0 and sorted(os.listdir(tmp_path / "out")) == ["a2.nc.json", "b1.nc.json"], run.err


def test_misspelt_names(folder, tmp_path):
    for option, value in (("--drop", "as"), ("--rename", "as=b"), ("--load", "as"), ("--rename-dim", "tiem=t")):
        run = command.kerchunk("combine", folder / "set.json", "-o", tmp_path / "x.json", option, value)
        assert run.status == 2 and f'"{value.split("=")[0]}"' in run.err, run.err
        assert not (tmp_path / "x.json").exists()
    run = command.kerchunk("combine", folder / "set.json", "-o", tmp_path / "x.json", "--drop", "none*", "--drop", "as")
    assert 'did you mean "a"?' in run.err
