# SPDX-License-Identifier: Apache-2.0
"""The command line: outputs, several inputs, exit statuses, reports, signals."""
import glob
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from command import FIXTURES, KERCHUNK, kerchunk

CLIMATE = os.path.join(FIXTURES, "netcdf4", "climate.nc")
GROUPS = os.path.join(FIXTURES, "netcdf4", "groups.nc")
NOT_HDF5 = os.path.join(FIXTURES, "broken", "not_hdf5.h5")
WITH_ISSUES = os.path.join(FIXTURES, "hdf5", "filters_unknown.h5")


def references(path):
    with open(path) as f:
        document = json.load(f)
    assert list(document)[:2] == ["version", "refs"], "the version stands first"
    assert document["version"] == 1
    return document["refs"]


def test_one_input_gives_one_file(tmp_path):
    out = tmp_path / "refs.json"
    run = kerchunk("scan", CLIMATE, "-o", out, "--inline-threshold", 0)
    assert run.status == 0, run.err
    refs = references(out)
    assert {"tas/.zarray", "time/.zattrs", ".zgroup", ".zmetadata"} <= set(refs)
    assert refs["tas/0.0.0"][0] == CLIMATE, "the URL is the absolute path"


def test_a_relative_input_gives_absolute_urls(tmp_path):
    shutil.copy(CLIMATE, tmp_path / "here.nc")
    assert kerchunk("scan", "here.nc", "-o", "refs.json", "--inline-threshold", 0, cwd=tmp_path).status == 0
    assert references(tmp_path / "refs.json")["tas/0.0.0"][0] == str(tmp_path / "here.nc")


def test_dash_is_standard_output():
    run = kerchunk("scan", CLIMATE, "-o", "-")
    assert run.status == 0
    assert json.loads(run.out)["refs"]["tas/.zarray"]


def test_report_goes_to_standard_error_when_references_go_to_standard_output():
    run = kerchunk("scan", CLIMATE, "-o", "-", "--json")
    assert json.loads(run.out)["version"] == 1
    assert json.loads(run.err)["files"][0]["error"] is None


def test_several_inputs_give_one_file_each(tmp_path):
    out = tmp_path / "refs"
    assert kerchunk("scan", CLIMATE, GROUPS, "-o", out).status == 0
    assert sorted(os.listdir(out)) == ["climate.nc.json", "groups.nc.json"]
    assert "g/b/.zarray" in references(out / "groups.nc.json")


def test_a_glob_that_the_shell_did_not_expand(tmp_path):
    pattern = os.path.join(FIXTURES, "netcdf4", "c*.nc")
    out = tmp_path / "refs"
    assert kerchunk("scan", pattern, "-o", out).status == 0
    assert sorted(os.listdir(out)) == sorted(os.path.basename(p) + ".json" for p in glob.glob(pattern))


def test_a_list_of_files(tmp_path):
    listing = tmp_path / "list.txt"
    listing.write_text(f"{CLIMATE}\n\n{GROUPS}\n")
    out = tmp_path / "refs"
    assert kerchunk("scan", "--files-from", listing, "-o", out).status == 0
    assert sorted(os.listdir(out)) == ["climate.nc.json", "groups.nc.json"]


def test_a_file_that_fails_does_not_stop_the_others(tmp_path):
    out = tmp_path / "refs"
    run = kerchunk("scan", NOT_HDF5, CLIMATE, tmp_path / "absent.nc", GROUPS, "-o", out, "--json")
    assert run.status == 1
    assert sorted(os.listdir(out)) == ["climate.nc.json", "groups.nc.json"]
    entries = {os.path.basename(e["input"]): e for e in run.report}
    assert set(entries) == {"not_hdf5.h5", "climate.nc", "absent.nc", "groups.nc"}
    assert entries["absent.nc"]["error"]["message"] and entries["not_hdf5.h5"]["error"]["message"]
    assert entries["climate.nc"]["error"] is None


def test_errors_are_sentences_on_standard_error(tmp_path):
    run = kerchunk("scan", NOT_HDF5, "-o", tmp_path / "out.json")
    assert run.status == 1
    assert "error:" in run.err and "not_hdf5.h5" in run.err
    assert not os.path.exists(tmp_path / "out.json")


def test_report(tmp_path):
    out = tmp_path / "refs.json"
    run = kerchunk("scan", CLIMATE, "-o", out, "--json")
    entry, = run.report
    refs = references(out)
    assert entry["input"] == CLIMATE
    assert os.path.abspath(entry["output"]) == str(out)
    assert entry["arrays"] == 5 == sum(key.endswith("/.zarray") for key in refs)
    assert entry["references"] == sum(".z" not in key.rsplit("/", 1)[-1] for key in refs)
    assert entry["issues"] == [] and entry["error"] is None


def test_issues_are_told_and_strict_makes_them_fail(tmp_path):
    out = tmp_path / "refs.json"
    run = kerchunk("scan", WITH_ISSUES, "-o", out, "--codecs", "zarr", "--json")
    assert run.status == 0
    issues = run.report[0]["issues"]
    assert [i["object"] for i in issues] == ["/zfp"]
    assert issues[0]["reason"] and "remedy" in issues[0]
    plain = kerchunk("scan", WITH_ISSUES, "-o", out, "--overwrite", "--codecs", "zarr")
    assert plain.status == 0 and "/zfp" in plain.err
    strict = kerchunk("scan", WITH_ISSUES, "-o", out, "--overwrite", "--codecs", "zarr", "--strict")
    assert strict.status == 3 and "/zfp" in strict.err
    assert kerchunk("scan", CLIMATE, "-o", out, "--overwrite", "--strict").status == 0


def test_usage_errors_are_status_2(tmp_path):
    for arguments in (["scan"], ["scan", CLIMATE], ["scan", CLIMATE, "-o", tmp_path / "o", "--no-such-option"], ["nothing"],
                      ["scan", CLIMATE, "-o", tmp_path / "o", "--zarr-format", "4"],
                      ["scan", CLIMATE, "-o", tmp_path / "o", "--inline-threshold", "many"],
                      ["scan", CLIMATE, "-o", tmp_path / "o", "--inline-threshold", "-1"],
                      ["scan", CLIMATE, GROUPS, "-o", "-"]):
        run = kerchunk(*arguments)
        assert run.status == 2, f"{arguments}: {run.status} {run.err}"
        assert run.err


def test_an_existing_output_needs_overwrite(tmp_path):
    out = tmp_path / "refs.json"
    out.write_text("precious")
    for options in ([], ["--overwrite"]):
        assert kerchunk("scan", CLIMATE, "-o", out, *options).status not in (0, 3)
        assert out.read_text() == "precious", "not a reference set"
    out.write_text('{"version": 1, "refs": {}}')
    assert kerchunk("scan", CLIMATE, "-o", out).status not in (0, 3)
    assert kerchunk("scan", CLIMATE, "-o", out, "--overwrite").status == 0
    assert references(out)


def test_an_output_folder_that_is_not_there(tmp_path):
    run = kerchunk("scan", CLIMATE, "-o", tmp_path / "no" / "such" / "refs.json")
    assert run.status == 0 and references(tmp_path / "no" / "such" / "refs.json") or run.status == 1 and "no" in run.err


def test_include_and_exclude(tmp_path):
    out = tmp_path / "refs.json"

    def arrays(*options):
        assert kerchunk("scan", CLIMATE, "-o", out, "--overwrite", *options).status == 0
        return sorted(key[:-8] for key in references(out) if key.endswith("/.zarray"))

    assert arrays() == ["crs", "lat", "lon", "tas", "time"]
    assert arrays("--include", "tas") == ["tas"]
    assert arrays("--include", "tas", "--include", "time") == ["tas", "time"]
    assert arrays("--exclude", "crs", "--exclude", "tas") == ["lat", "lon", "time"]


def test_group(tmp_path):
    out = tmp_path / "refs.json"
    assert kerchunk("scan", GROUPS, "-o", out, "--group", "g").status == 0
    refs = references(out)
    assert "b/.zarray" in refs and "a/.zarray" not in refs
    assert json.loads(refs[".zattrs"])["note"] == "a group"
    missing = kerchunk("scan", GROUPS, "-o", out, "--overwrite", "--group", "nowhere")
    assert missing.status == 1 and "nowhere" in missing.err


def test_pipes_stay_quiet(tmp_path):
    run = kerchunk("scan", CLIMATE, GROUPS, "-o", tmp_path / "refs", "--quiet")
    assert (run.status, run.out, run.err) == (0, "", "")
    # without a terminal there is no progress bar either
    run = kerchunk("scan", CLIMATE, GROUPS, "-o", tmp_path / "again")
    assert "\r" not in run.err and "\x1b" not in run.err


def test_jobs_give_the_same(tmp_path):
    files = sorted(glob.glob(os.path.join(FIXTURES, "netcdf4", "*.nc")))
    for jobs in (1, 4):
        assert kerchunk("scan", *files, "-o", tmp_path / str(jobs), "--jobs", jobs).status == 0
    for path in files:
        name = os.path.basename(path) + ".json"
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "4" / name).read_bytes(), name


def test_scanning_twice_gives_the_same_bytes():
    assert kerchunk("scan", GROUPS, "-o", "-").out == kerchunk("scan", GROUPS, "-o", "-").out


def test_equal_names_from_different_folders_do_not_overwrite_each_other(tmp_path):
    for folder, source in (("a", CLIMATE), ("b", GROUPS)):
        (tmp_path / folder).mkdir()
        shutil.copy(source, tmp_path / folder / "same.nc")
    run = kerchunk("scan", tmp_path / "a" / "same.nc", tmp_path / "b" / "same.nc", "-o", tmp_path / "refs")
    written = os.listdir(tmp_path / "refs") if os.path.isdir(tmp_path / "refs") else []
    assert len(written) == 2 or run.status != 0, "one of two results is lost without a word"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_leaves_no_debris(tmp_path, number):
    inputs = tmp_path / "in"
    inputs.mkdir()
    source = os.path.join(FIXTURES, "hdf5", "chunks_fixed_array_paged.h5")
    listing = tmp_path / "list.txt"
    with open(listing, "w") as f:
        for i in range(6000):
            os.link(_copy(source, inputs), inputs / f"{i}.h5") if i else _copy(source, inputs)
            f.write(f"{inputs / f'{i}.h5' if i else inputs / 'source.h5'}\n")
    out = tmp_path / "refs"
    process = subprocess.Popen([KERCHUNK, "scan", "--files-from", listing, "-o", out, "--jobs", "1"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (out.is_dir() and len(os.listdir(out)) > 5):
        time.sleep(0.002)
    process.send_signal(number)
    process.communicate(timeout=10)
    written = os.listdir(out)
    assert process.returncode == 130, f"{process.returncode}, {len(written)} written"
    assert 0 < len(written) < 6000
    assert all(name.endswith(".h5.json") and not name.startswith(".") for name in written), "temporary files remain"
    for name in written[:: max(1, len(written) // 50)]:
        assert references(out / name)


def _copy(source, folder):
    target = folder / "source.h5"
    if not target.exists():
        shutil.copy(source, target)
    return target


def test_inspect_a_file():
    run = kerchunk("inspect", CLIMATE)
    assert run.status == 0
    for word in ("tas", "time", "lat", "float32", "units", "zlib"):
        assert word in run.out, run.out


def test_inspect_references_tells_the_same_dataset(tmp_path):
    out = tmp_path / "refs.json"
    assert kerchunk("scan", CLIMATE, "-o", out).status == 0
    run = kerchunk("inspect", out)
    assert run.status == 0
    for word in ("tas", "time", "lat", "float32", "units", "zlib"):
        assert word in run.out, run.out


def test_inspect_as_json(tmp_path):
    run = kerchunk("inspect", CLIMATE, "--json")
    assert run.status == 0
    assert "tas" in json.dumps(json.loads(run.out))


def test_inspect_what_is_not_there(tmp_path):
    assert kerchunk("inspect", tmp_path / "absent.nc").status == 1
    assert kerchunk("inspect", NOT_HDF5).status == 1


def test_help_and_version():
    version = open(os.path.join(os.path.dirname(FIXTURES), "VERSION")).read().strip()
    assert version in kerchunk("--version").out
    for arguments in (["--help"], ["scan", "--help"], ["inspect", "--help"]):
        run = kerchunk(*arguments)
        assert run.status == 0 and "kerchunk" in run.out
    text = kerchunk("scan", "--help").out
    for option in ("--inline-threshold", "--max-chunk-size", "--zarr-format", "--codecs", "--vlen-encode", "--fill-limit",
                   "--group", "--include", "--exclude", "--no-links", "--follow-external", "--strict", "--json", "--jobs",
                   "--overwrite", "--files-from", "--pretty", "--quiet"):
        assert option in text, option
    assert "kerchunk scan " in text.split("EXAMPLES")[-1] or "example" in text.lower()


def test_pretty_is_the_same_document(tmp_path):
    pretty = kerchunk("scan", CLIMATE, "-o", "-", "--pretty").out
    plain = kerchunk("scan", CLIMATE, "-o", "-").out
    assert json.loads(pretty) == json.loads(plain)
    assert pretty.count("\n") > plain.count("\n")
