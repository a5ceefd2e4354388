# SPDX-License-Identifier: Apache-2.0
"""What is not what a command takes: it says what it is, and which command takes it. Names that are not there: what is near."""
import bz2
import gzip
import lzma
import os
import shutil

import pytest

import command
from command import kerchunk

CLIMATE = os.path.join(command.FIXTURES, "netcdf4", "climate.nc")
GROUPS = os.path.join(command.FIXTURES, "netcdf4", "groups.nc")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    shutil.copy(CLIMATE, folder / "a.nc")
    shutil.copy(CLIMATE, folder / "b.nc")
    data = (folder / "a.nc").read_bytes()
    (folder / "a.nc.gz").write_bytes(gzip.compress(data))
    (folder / "a.nc.bz2").write_bytes(bz2.compress(data))
    (folder / "a.nc.xz").write_bytes(lzma.compress(data))
    (folder / "a.grib").write_bytes(b"GRIB\0\0\0\x02" + bytes(100))
    (folder / "bulletin.bin").write_bytes(b"\x01\r\r\n123\r\r\nHTXA85 KWBC 010000\r\r\nGRIB\0\0\x10\x01" + bytes(100))
    (folder / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + bytes(100))
    (folder / "a.hdf").write_bytes(b"\x0e\x03\x13\x01" + bytes(100))
    (folder / "a.fits").write_bytes(b"SIMPLE  =                    T".ljust(2880))
    (folder / "folder").mkdir()
    for name in ("x.nc", "y.nc"):
        shutil.copy(CLIMATE, folder / "folder" / name)
    (folder / "none").mkdir()
    (folder / "store.zarr").mkdir()
    (folder / "store.zarr" / "zarr.json").write_text('{"zarr_format":3,"node_type":"group"}')
    for output in ("r.json", "r.parq", "s.json"):
        assert kerchunk("scan", folder / "a.nc", "-o", folder / output).status == 0
    (folder / "refs").mkdir()
    shutil.copy(folder / "r.json", folder / "refs" / "r.json")
    return folder


@pytest.mark.parametrize("name, words", [
    ("a.nc.gz", "(gzip -d)"), ("a.nc.bz2", "(bzip2 -d)"), ("a.nc.xz", "(xz -d)"), ("a.grib", "this is a GRIB file"),
    ("bulletin.bin", "this is a GRIB file"), ("a.tif", "this is a TIFF file"), ("a.hdf", "this is an HDF4 file"),
    ("a.fits", "this is a FITS file"), ("folder", "it has 2 files that match the pattern 'folder/*.nc'"),
    ("store.zarr", "it is a Zarr store, which needs no references"), ("none", "it is empty")])
@pytest.mark.parametrize("verb", ["scan", "convert", "combine", "build", "inspect"])
def test_what_it_is(place, tmp_path, verb, name, words):
    run = kerchunk(verb, name, *([] if verb == "inspect" else ["-o", tmp_path / "o.json"]), cwd=place)
    assert run.status == 1 and words in run.err, run.err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("verb, name, words", [
    ("scan", "r.json", "this is already a reference set"), ("scan", "r.parq", "it is a reference set in Parquet"),
    ("convert", "a.nc", 'this is a data file (HDF5), not a reference set: "kerchunk scan" makes one of it'),
    ("combine", "a.nc", 'and "kerchunk build" scans and combines many files'),
    ("verify", "a.nc", 'this is a data file (HDF5), not a reference set'),
    ("convert", "refs", "it has 1 file that match the pattern 'refs/*.json'"),
    ("convert", "*.json", '"kerchunk combine" take patterns'), ("inspect", "*.nc", "as a pattern it may match many files")])
def test_which_command_takes_it(place, tmp_path, verb, name, words):
    run = kerchunk(verb, name, *([] if verb in ("inspect", "verify") else ["-o", tmp_path / "o.json"]), cwd=place)
    assert run.status == 1 and words in run.err, run.err


@pytest.mark.parametrize("inputs", [["a.nc", "b.nc"], ["?.nc"]])
@pytest.mark.parametrize("output", ["o.json", "o.json.zst", "o.parq", "o.parquet/"])
def test_several_files_into_one_set(place, tmp_path, inputs, output):
    run = kerchunk("scan", *(os.path.join(place, name) for name in inputs), "-o", output, cwd=tmp_path)
    assert run.status == 2 and '"kerchunk build" combines them into one' in run.err, run.err
    assert os.listdir(tmp_path) == []
    # What the message says is what helps.
    folder = run.err.split("-o ")[1].split('"')[0]
    assert kerchunk("scan", *(os.path.join(place, name) for name in inputs), "-o", folder, cwd=tmp_path).status == 0


@pytest.mark.parametrize("arguments, status, words", [
    (["scna", "a.nc"], 2, 'there is no command "scna"; did you mean "scan"?'),
    (["help", "cmobine"], 2, 'did you mean "combine"?'), (["zzzz"], 2, '"kerchunk --help" lists them'),
    (["a.nc"], 2, "a command must come first: kerchunk scan a.nc -o OUT"),
    (["scan", "a.nc", "-o", "{o}", "--includ", "tas"], 2, "Did you mean '--include'?"),
    (["scan", "a.nc", "-o", "{o}", "--concat-dim", "time"], 2, 'It is an option of "kerchunk build", "kerchunk combine"'),
    (["scan", "a.nc", "-o", "{o}", "--include", "tsa"], 1, 'no variable matches "tsa"; did you mean "tas"?'),
    (["scan", "a.nc", "-o", "{o}", "--include", "tas", "--include", "tmie"], 1, 'no variable matches "tmie"'),
    (["scan", "a.nc", "-o", "{o}", "--include", "w*"], 1, 'no variable matches "w*"; there are: '),
    (["scan", GROUPS, "-o", "{o}", "--group", "/gg"], 1, 'there is no group "/gg"; did you mean "/g"?'),
    (["scan", "a.nc", "-o", "{o}", "--group", "/gg"], 1, "the file has no groups"),
    (["inline", "r.json", "-o", "{o}", "--array", "tsa"], 2, 'did you mean "tas"?'),
    (["subchunk", "r.json", "-o", "{o}", "--variable", "tsa", "--factor", "2"], 2, 'did you mean "tas"?'),
    (["concat-arrays", "r.json", "s.json", "-o", "{o}", "--array", "tsa"], 2, 'did you mean "tas"?'),
    (["concat-arrays", "r.json", "s.json", "-o", "{o}", "--array", "tas", "--axis", "tmie"], 2, 'did you mean "time"?'),
    (["inspect", "r.json", "--variable", "tsa"], 2, 'did you mean "tas"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "tiem"], 2, 'to concatenate along "tiem"; did you mean "time"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "run"], 2, "give its values with --coord run=…"),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "time", "--coord", "time=data:tmie"], 1, 'did you mean "time"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "time", "--identical-dim", "lta"], 2, 'did you mean "lat"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "time", "--coord-dtype", "tiem=i4"], 2, 'did you mean "time"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "time", "--fill-value", "tsa=0"], 2, 'did you mean "tas"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "time", "--set-attr", "tsa:units=K"], 2, 'did you mean "tas"?'),
    (["combine", "r.json", "-o", "{o}", "--concat-dim", "time", "--override", "pakcing"], 2, 'did you mean "packing"?'),
])
def test_what_was_meant(place, tmp_path, arguments, status, words):
    run = kerchunk(*(one.format(o=tmp_path / "o.json") for one in arguments), cwd=place)
    assert run.status == status and words in run.err, run.err
    assert os.listdir(tmp_path) == []


def test_files_of_a_series_need_not_have_the_same_variables(place, tmp_path):
    other = os.path.join(command.FIXTURES, "netcdf4", "groups.nc")
    run = kerchunk("scan", place / "a.nc", other, "-o", tmp_path / "out", "--include", "tas", "--include", "/a")
    assert run.status == 0, run.err
    # A name that none of them has is a mistake all the same.
    run = kerchunk("scan", place / "a.nc", place / "b.nc", "-o", tmp_path / "more", "--include", "tas", "--include", "tiem")
    assert run.status == 2 and 'no variable matches "tiem"; did you mean "time"?' in run.err
    run = kerchunk("scan", place / "a.nc", place / "b.nc", "-o", tmp_path / "none", "--include", "tsa")
    assert run.status == 1 and run.err.count("did you mean") == 1 and not (tmp_path / "none").exists()


def test_names_of_programs():
    version = open(os.path.join(os.path.dirname(command.FIXTURES), "VERSION")).read().strip()
    assert kerchunk("--version").out == f"swift-kerchunk {version}\n"
    text = kerchunk("--help").out
    for heading, verb in (("MAKING REFERENCES", "scan"), ("CHANGING THEM", "convert"), ("LOOKING AT DATASETS", "inspect")):
        assert f"\n  {verb} " in text.split(heading)[1].split("\n\n")[0]
