# SPDX-License-Identifier: Apache-2.0
"""Names that Unicode writes in two ways ("é" in one code point, and in two) are two names, as in JSON, HDF5, Zarr and Python."""
import json

import fsspec
import h5py
import numpy as np
import pytest
import xarray as xr

from command import kerchunk

ONE, TWO = "\u00e9", "e\u0301"


def run(*arguments, status=0):
    result = kerchunk(*arguments)
    assert result.status == status, f"exit status {result.status}: {result.err[-2000:]}"
    return result


def opened(references):
    if str(references).endswith(".parq"):
        return xr.open_dataset(
            "reference://", engine="zarr",
            backend_kwargs={"storage_options": {"fo": str(references), "remote_protocol": "file"}, "consolidated": False})
    return xr.open_dataset(str(references), engine="kerchunk")


def write_hdf5(path):
    with h5py.File(path, "w", track_order=True) as file:
        for number, name in enumerate((ONE, TWO)):
            dimension = file.create_dataset("x" + name, data=np.arange(3 + number))
            dimension.make_scale("x" + name)
            values = file.create_dataset(name, data=np.arange(3 + number) * 10.0 + number, chunks=(2,))
            values.dims[0].attach_scale(dimension)
            values.attrs[ONE], values.attrs[TWO] = "composed", "decomposed"
            group = file.create_group("g" + name)
            group.attrs["number"] = number
            group["v"] = np.full(2, number)
            file.attrs[name] = number
    return path


def same(found, path):
    """What xarray reads through references is what h5py reads from the file."""
    with h5py.File(path) as file:
        assert {ONE, TWO, "x" + ONE, "x" + TWO} <= set(found.variables)
        for name in (ONE, TWO):
            np.testing.assert_array_equal(found[name].values, file[name][:])
            assert found[name].dims == ("x" + name,)
            assert (found[name].attrs[ONE], found[name].attrs[TWO]) == ("composed", "decomposed")
            assert found.attrs[name] == file.attrs[name]


@pytest.fixture
def file(tmp_path):
    return write_hdf5(tmp_path / "two.h5")


def test_members_of_hdf5(file, tmp_path):
    output = tmp_path / "two.json"
    result = run("scan", file, "-o", output)
    assert "left out" not in result.err
    same(opened(output), file)
    references = json.loads(output.read_text())["refs"]
    for number, name in enumerate((ONE, TWO)):
        assert json.loads(references[f"g{name}/.zattrs"]) == {"number": number}
        assert f"g{name}/v/.zarray" in references


def test_json_to_parquet_and_back(file, tmp_path):
    first, parquet, last = (tmp_path / name for name in ("a.json", "b.parq", "c.json"))
    run("scan", file, "-o", first)
    run("convert", first, "-o", parquet)
    same(opened(parquet), file)
    run("convert", parquet, "-o", last)
    one, other = (json.loads(path.read_text())["refs"] for path in (first, last))
    assert set(one) == set(other)
    for key, value in one.items():
        if key.endswith((".zarray", ".zattrs", ".zgroup")):
            assert json.loads(value) == json.loads(other[key])
        elif isinstance(value, list):
            assert value == other[key]
    run("verify", last)


def test_one_of_them_is_chosen(file, tmp_path):
    run("scan", file, "--include", TWO, "-o", tmp_path / "some.json")
    references = json.loads((tmp_path / "some.json").read_text())["refs"]
    assert f"{TWO}/.zarray" in references and f"{ONE}/.zarray" not in references
    run("scan", file, "--inline-threshold", "0", "-o", tmp_path / "all.json")
    run("inline", tmp_path / "all.json", "--array", ONE, "-o", tmp_path / "inline.json")
    references = json.loads((tmp_path / "inline.json").read_text())["refs"]
    assert isinstance(references[f"{TWO}/0"], list) and not isinstance(references[f"{ONE}/0"], list)


def test_merge(file, tmp_path):
    for number, name in enumerate((ONE, TWO)):
        run("scan", file, "--include", name, "--include", "x" + name, "-o", tmp_path / f"{number}.json")
    run("merge", tmp_path / "0.json", tmp_path / "1.json", "-o", tmp_path / "merged.json")
    found = opened(tmp_path / "merged.json")
    with h5py.File(file) as source:
        for name in (ONE, TWO):
            np.testing.assert_array_equal(found[name].values, source[name][:])


@pytest.mark.parametrize("order", ["input", "coordinates"])
def test_labels_of_a_text_coordinate(order, tmp_path):
    labels = [["a", TWO], [ONE, "\u00fc"]]
    datasets = []
    for number, some in enumerate(labels):
        dataset = xr.Dataset(
            {"v": ("station", np.arange(2.0) + 2 * number)}, {"station": np.array([label.encode() for label in some])})
        dataset.to_netcdf(tmp_path / f"{number}.nc", engine="h5netcdf")
        datasets.append(xr.open_dataset(tmp_path / f"{number}.nc", engine="h5netcdf").load())
        datasets[-1].close()
        run("scan", tmp_path / f"{number}.nc", "-o", tmp_path / f"{number}.json")
    inputs = [tmp_path / "0.json", tmp_path / "1.json"]
    run("combine", *inputs, "--concat-dim", "station", "--order", order, "-o", tmp_path / "all.json")
    found = opened(tmp_path / "all.json")
    wanted = xr.concat(datasets, "station")
    assert found["v"].values.tolist() == wanted["v"].values.tolist()
    assert found["station"].values.tolist() == wanted["station"].values.tolist()


def test_variables_of_many_inputs(tmp_path):
    for number in range(2):
        with h5py.File(tmp_path / f"{number}.h5", "w") as source:
            time = source.create_dataset("t", data=np.array([number]))
            time.make_scale("t")
            for shift, name in enumerate((ONE, TWO)):
                values = source.create_dataset(name, data=np.array([10.0 * shift + number]), chunks=(1,))
                values.dims[0].attach_scale(time)
    run("build", tmp_path / "0.h5", tmp_path / "1.h5", "--concat-dim", "t", "-o", tmp_path / "all.json")
    found = opened(tmp_path / "all.json")
    assert (found[ONE].values.tolist(), found[TWO].values.tolist()) == ([0, 1], [10, 11])


def test_inputs(tmp_path):
    for number, name in enumerate((ONE, TWO)):
        xr.Dataset({"v": ("t", [float(number)])}, {"t": [number]}).to_netcdf(tmp_path / f"{name}.nc", engine="h5netcdf")
    paths = [tmp_path / f"{name}.nc" for name in (ONE, TWO)]
    run("scan", *paths, "-o", f"{tmp_path}/out/")
    for number, name in enumerate((ONE, TWO)):
        assert opened(tmp_path / "out" / f"{name}.nc.json")["v"].values == [number]
    run("build", *paths, "--concat-dim", "t", "--inline-threshold", "0", "-o", tmp_path / "all.json")
    assert opened(tmp_path / "all.json")["v"].values.tolist() == [0, 1]
    run("rename", tmp_path / "all.json", "--map", f"{paths[0]}=/new/one", "--map", f"{paths[1]}=/new/two", "-o", tmp_path / "new.json")
    references = json.loads((tmp_path / "new.json").read_text())["refs"]
    assert [references["v/0"][0], references["v/1"][0]] == ["/new/one", "/new/two"]


def test_folders_of_urls(tmp_path):
    """As fsspec reads them, with a template for each."""
    folders = [tmp_path / f"data of {name}" for name in (ONE, TWO)]
    references = {".zgroup": '{"zarr_format":2}', ".zattrs": "{}"}
    for number, folder in enumerate(folders):
        folder.mkdir()
        (folder / "file").write_bytes(np.array([number], "<i4").tobytes())
    array = {"zarr_format": 2, "shape": [2], "chunks": [1], "dtype": "<i4", "fill_value": None, "order": "C", "filters": None,
             "compressor": None}
    references |= {"v/.zarray": json.dumps(array), "v/.zattrs": '{"_ARRAY_DIMENSIONS": ["x"]}'}
    references |= {f"v/{number}": [f"{folder}/file", 0, 4] for number, folder in enumerate(folders)}
    (tmp_path / "plain.json").write_text(json.dumps({"version": 1, "refs": references}))
    run("convert", tmp_path / "plain.json", "--templates", "-o", tmp_path / "templates.json")
    written = json.loads((tmp_path / "templates.json").read_text())
    assert len(written["templates"]) == 2
    files = fsspec.filesystem("reference", fo=str(tmp_path / "templates.json"), remote_protocol="file", skip_instance_cache=True)
    assert [np.frombuffer(files.cat(f"v/{number}"), "<i4")[0] for number in (0, 1)] == [0, 1]
    assert opened(tmp_path / "templates.json")["v"].values.tolist() == [0, 1]
    run("convert", tmp_path / "templates.json", "-o", tmp_path / "plain again.json")
    assert json.loads((tmp_path / "plain again.json").read_text())["refs"]["v/1"] == references["v/1"]
