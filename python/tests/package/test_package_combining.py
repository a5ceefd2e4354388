# SPDX-License-Identifier: Apache-2.0
"""Combinations, held against xarray."""
import datetime
import os
import pickle
import re
import shutil

import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from swift_kerchunk.building import tasks
from swift_kerchunk.building.options import BuildOptions


@pytest.fixture(scope="module")
def expected(series):
    parts = [xr.load_dataset(path, engine="h5netcdf") for path in series]
    return xr.concat(parts, "time", data_vars="minimal", coords="minimal", compat="override", join="override")


@pytest.mark.parametrize("form", ["datasets", "dicts", "json", "parquet", "packed", "mixed"])
def test_combining_is_what_xarray_makes_of_the_files(series, expected, tmp_path, form):
    datasets = [sk.scan(path) for path in series]
    for number, dataset in enumerate(datasets):
        dataset.to_json(tmp_path / f"{number}.json")
        dataset.to_parquet(tmp_path / f"{number}.parq")
        (tmp_path / f"{number}.kpack").write_bytes(dataset.to_bytes())
    inputs = {
        "datasets": datasets, "dicts": [dataset.to_dict() for dataset in datasets], "json": str(tmp_path / "*.json"),
        "parquet": [tmp_path / f"{number}.parq" for number in range(3)], "packed": [str(tmp_path / "?.kpack")],
        "mixed": [datasets[1], tmp_path / "2.json", datasets[0].to_dict()],
    }[form]
    combined = sk.combine(inputs, "time")
    xr.testing.assert_identical(combined.open().load(), expected)
    assert combined.sizes == {"time": 12, "x": 5}
    assert "joined from 3 inputs" in repr(combined.plan) and combined.plan["dimensions"][0]["name"] == "time"


@pytest.mark.parametrize("output", ["cube.parq", "cube.json", "cube.json.zst"])
def test_building(series, expected, tmp_path, output):
    counts = []
    built = sk.build(series, output=tmp_path / output, progress=lambda *count: counts.append(count))
    xr.testing.assert_identical(built.open().load(), expected)
    assert counts and {count[0] for count in counts} <= {"inputs", "chunks"}
    with pytest.raises(sk.errors.OutputError, match="exists"):
        sk.build(series, output=tmp_path / output)
    sk.build(series[:2], output=tmp_path / output, overwrite=True)
    assert sk.open(tmp_path / output).sizes["time"] == 8


def test_planning(series):
    for plan in (sk.plan(series), sk.plan([sk.scan(path) for path in series], "time")):
        assert plan["dimensions"][0]["length"] == 12 and "dimension time: 12 elements, 0 to 11" in repr(plan)
        again = pickle.loads(pickle.dumps(plan))
        assert again == plan and repr(again) == repr(plan)


def test_appending(series, expected, tmp_path):
    sk.build(series[:2], output=tmp_path / "cube.parq")
    appended = sk.build([series[2]], output=tmp_path / "cube.parq", append=True)
    xr.testing.assert_identical(appended.open().load(), expected)
    with pytest.raises(sk.errors.UsageError, match="append"):
        sk.build(series, append=True)


@pytest.mark.parametrize("name", ["cube.parq", "cube.json"])
def test_building_elsewhere(series, expected, name):
    import fsspec

    memory = fsspec.filesystem("memory")
    url = f"memory://outputs/{name}"
    try:
        built = sk.build(series, "time", output=url)
        assert memory.exists(url) and built.name == url
        xr.testing.assert_identical(built.open().load(), expected)
        opened = xr.open_dataset(
            "reference://", engine="zarr",
            backend_kwargs={"consolidated": True, "storage_options": {"fo": url, "remote_protocol": "file"}})
        xr.testing.assert_identical(opened.load(), expected)
        with pytest.raises(sk.errors.OutputError, match="exists"):
            sk.build(series, "time", output=url)
    finally:
        memory.rm("/outputs", recursive=True)


def test_steps_in_several_processes(series, expected, tmp_path):
    names = []
    for number, path in enumerate(series):
        names.append(str(tmp_path / f"{number}.kpack"))
        with open(names[-1], "wb") as file:
            file.write(sk.scan(path, inline_threshold=0).to_bytes())
    summaries = [tasks.summarize(names[:2], {}), tasks.summarize(names[2:], {}, first_index=2)]
    plan = pickle.loads(pickle.dumps(tasks.plan(summaries, {}, BuildOptions(record_size=1))))
    assert plan.partitions >= 6
    output = str(tmp_path / "cube.parq")
    for first in reversed(range(0, plan.partitions, 2)):
        tasks.execute(plan.task, output, (first, min(first + 2, plan.partitions)))
    assert not os.path.exists(output)
    tasks.finish(plan.task, output)
    xr.testing.assert_identical(sk.open(output).open().load(), expected)


def test_options(series):
    datasets = [sk.scan(path) for path in series]
    ran = sk.combine(datasets, "run", coord={"run": np.array([10, 20, 30])}, coord_dtype={"run": np.int16}, identical_dim="time",
                     set_attr={"note": "x", "temperature:units": "C"}, rename={"tas": "temperature"},
                     order="input")
    assert ran["temperature"].attrs["units"] == "C"
    assert ran["run"].dtype == np.int16 and ran.attrs["note"] == "x" and "temperature" in ran
    by_name = sk.combine(datasets, "part", coord={"part": r"regex:part_(\d+)"}, coord_dtype={"part": "i4"}, identical_dim=["time"])
    assert by_name.open().part.values.tolist() == [0, 1, 2]
    assert "tas" not in sk.combine(datasets, "time", drop="tas")
    with pytest.raises(TypeError, match="concat_dims"):
        sk.combine(datasets, concat_dims="time")
    with pytest.raises(sk.errors.UsageError, match='"order" must be one of "coordinates", "input"'):
        sk.combine(datasets, "time", order="up")
    with pytest.raises(sk.KerchunkError, match='duplicates="first" or "last"'):
        sk.combine([datasets[1], datasets[1]], "time")
    with pytest.raises(sk.KerchunkError, match='drop="time", with concat_dim="time", .*duplicates would drop'):
        sk.combine([datasets[0], datasets[0]], "time")
    with pytest.raises(sk.errors.UsageError, match="no input"):
        sk.combine([])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three files of the same times."""
    folder = tmp_path_factory.mktemp("runs")
    names = [str(folder / f"run_{number}_v{9 - number}.nc") for number in range(3)]
    for number, name in enumerate(names):
        xr.Dataset({"tas": ("x", np.arange(5.0) + number)}, coords={"x": np.arange(5)}).to_netcdf(name, engine="h5netcdf")
    return names


@pytest.mark.parametrize("who", [None, "cluster"])
@pytest.mark.parametrize("selector, values", [
    (re.compile(r"run_(\d)"), ["0", "1", "2"]),
    (re.compile(r"(?i)RUN_\d"), ["run_0", "run_1", "run_2"]),
    (lambda index, name: 10 * index + int(name[-4]), [9, 18, 27]),
    ([datetime.date(2001, 1, day) for day in (1, 2, 5)], ["2001-01-01", "2001-01-02", "2001-01-05"]),
    ([datetime.datetime(1900, 1, 1, hour) for hour in (1, 2, 3)], [f"1900-01-01T0{hour}" for hour in (1, 2, 3)]),
    (np.array(["2001-01-01T00:00:00.000001", "2001-01-01T00:00:00.000002", "2001-01-03"], "M8[us]"),
     ["2001-01-01T00:00:00.000001", "2001-01-01T00:00:00.000002", "2001-01-03"]),
    ([np.datetime64("2001-03"), np.datetime64("2001-04"), np.datetime64("2002")], ["2001-03-01", "2001-04-01", "2002-01-01"]),
], ids=["group", "flags", "function", "dates", "datetimes", "array", "months"])
def test_values_that_python_finds(runs, client, tmp_path, selector, values, who):
    cube = sk.build(
        runs, "run", coord={"run": selector}, output=tmp_path / "cube.parq", client=client if who else None,
        set_attr={"note": 1})
    found = cube.open().load()
    expected = np.array(values, "M8[ns]") if isinstance(values[0], str) and "-" in values[0] else values
    parts = [xr.load_dataset(name, engine="h5netcdf").expand_dims(run=[value]) for name, value in zip(runs, expected)]
    xr.testing.assert_equal(found, xr.concat(parts, "run"))
    assert cube.attrs == {"note": 1}


def test_values_that_python_cannot_find(runs):
    with pytest.raises(sk.errors.UsageError, match="'no_' for 'run' does not match .*run_0_v9"):
        sk.build(runs, "run", coord={"run": re.compile("no_")})
    with pytest.raises(sk.errors.UsageError, match="NaT"):
        sk.build(runs, "run", coord={"run": [np.datetime64("NaT")] * 3})
    with pytest.raises(sk.errors.UsageError, match="coord_dtype"):
        sk.build(runs, "run", coord={"run": [datetime.date(2001, 1, 1)] * 3}, coord_dtype={"run": "M8[ns]"})
    with pytest.raises(sk.errors.UsageError, match="cannot be appended"):
        sk.build(runs, "run", coord={"run": datetime.date(2001, 1, 1)}, output="cube.parq", append=True)


def test_open_files_are_built(series, expected):
    files = [open(path, "rb") for path in series]
    cube = sk.build([files[0], series[1], files[2]], "time", inline_threshold=0)
    xr.testing.assert_identical(cube.open().load(), expected)
    assert set(cube.urls) == set(series)
    for file in files:
        file.close()


def test_scratch_is_a_folder(series, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sk.errors.UsageError, match="leave it out"):
        sk.build(series, "time", scratch="s3://bucket/scratch", output="cube.parq")
    sk.build(series, "time", scratch=f"file://{tmp_path}/scratch", output="cube.parq")
    assert os.listdir(tmp_path) == ["cube.parq"]


def test_other_changes(series, tmp_path):
    dataset = sk.scan(series[0], inline_threshold=0)
    moved = tmp_path / "moved.nc"
    shutil.copyfile(series[0], moved)
    renamed = dataset.rename_sources(prefix={os.path.dirname(series[0]): str(tmp_path)})
    assert renamed.urls == [str(tmp_path / "part_0.nc")]
    assert not renamed.verify()["ok"] and dataset.verify(read=3)["ok"]
    merged = sk.merge([dataset.select(include="tas"), dataset.select(exclude="tas")])
    assert merged.to_dict()["refs"].keys() == dataset.to_dict()["refs"].keys()
    joined = sk.concat_arrays([sk.scan(path) for path in series], "tas", "time")
    assert joined["tas"].shape == (12, 5) and list(joined) == ["tas"]
    assert dataset.inspect("tas")["groups"][0]["variables"][0]["references"] == 2
    plain = tmp_path / "plain.nc"
    xr.Dataset({"v": (("y", "x"), np.arange(24.0).reshape(6, 4))}).to_netcdf(plain, engine="h5netcdf")
    fine = sk.scan(plain, inline_threshold=0).subchunk("v", 3)
    assert fine["v"].chunks == (2, 4) and (fine.open().v.values == np.arange(24.0).reshape(6, 4)).all()
    inlined = dataset.inline(arrays="tas").chunks("tas")
    assert len(inlined) == 1 and inlined.inline(0) == np.arange(20.0).tobytes()


def test_codecs():
    import numcodecs

    from swift_kerchunk.codecs import table as codecs

    data = np.arange(1000, dtype="<i4").tobytes()
    for codec in (numcodecs.Zlib(1), numcodecs.Zstd(1), numcodecs.LZ4(), numcodecs.Shuffle(4), numcodecs.Blosc()):
        assert bytes(codecs.decode(codec.get_config(), codec.encode(data))) == data
    both = [numcodecs.Shuffle(4), numcodecs.Zlib(1)]
    stored = data
    for codec in both:
        stored = codec.encode(stored)
    assert bytes(codecs.decode([codec.get_config() for codec in both], stored)) == data
    with pytest.raises(sk.errors.MalformedError):
        codecs.decode({"id": "zlib"}, b"not deflated")
    with pytest.raises(sk.errors.LimitError):
        codecs.decode({"id": "zlib"}, numcodecs.Zlib(1).encode(bytes(1000)), limit=100)
    with pytest.raises(sk.errors.UnsupportedError, match="nothing"):
        codecs.decode({"id": "nothing"}, b"")
