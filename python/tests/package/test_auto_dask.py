# SPDX-License-Identifier: Apache-2.0
"""`auto_dask` by worker processes, beside kerchunk's own."""
import copy
import json
import os

import numpy as np
import pytest
import xarray as xr

from swift_kerchunk import combine, hdf

kerchunk_combine = pytest.importorskip("kerchunk.combine")
kerchunk_hdf = pytest.importorskip("kerchunk.hdf")
pytest.importorskip("distributed")

COUNT = 7


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("auto")
    names = []
    for number in range(COUNT):
        names.append(str(folder / f"run_{number}.nc"))
        values = np.random.default_rng(number).random((2, 3, 5))
        xr.Dataset(
            {"tas": (("time", "y", "x"), values), "scratch": (("time",), np.full(2, number))},
            coords={"time": ("time", np.arange(2.0) + 2 * number, {"units": "days since 2000-01-01"}), "y": np.arange(3.0),
                    "x": np.arange(5.0)},
            attrs={"title": "a run"},
        ).to_netcdf(names[-1], engine="h5netcdf", encoding={
            "tas": {"chunksizes": (1, 3, 5), "zlib": True}, "time": {"chunksizes": (1,)}, "scratch": {"chunksizes": (1,)}})
    return names


def values(refs):
    with xr.open_dataset("reference://", engine="zarr", backend_kwargs={
            "consolidated": False, "storage_options": {"fo": refs, "remote_protocol": "file"}}) as found:
        return found.load()


def noting(folder):
    """Functions for both packages; each call leaves a file with its process and what it found."""

    def preprocess(refs):
        import os
        import uuid

        with open(os.path.join(folder, f"pre-{uuid.uuid4().hex}"), "w") as file:
            file.write(f"{os.getpid()} {sum(key.startswith('tas/') and '.z' not in key for key in refs)}")
        for key in [key for key in refs if key.startswith("scratch/")]:
            del refs[key]
        return refs

    def postprocess(refs):
        import json
        import os
        import uuid

        with open(os.path.join(folder, f"post-{uuid.uuid4().hex}"), "w") as file:
            file.write(f"{os.getpid()} {sum(key.startswith('tas/') and '.z' not in key for key in refs)}")
        attributes = refs[".zattrs"]
        refs[".zattrs"] = json.dumps({**json.loads(attributes), "note": "done"})
        return refs

    return {"preprocess": preprocess, "postprocess": postprocess}


def notes(folder, kind):
    found = []
    for name in os.listdir(folder):
        if name.startswith(kind):
            with open(os.path.join(folder, name)) as file:
                found.append(tuple(map(int, file.read().split())))
    return found


@pytest.mark.parametrize("batches", [1, 3, COUNT, 100])
def test_the_dataset_is_that_of_kerchunk(files, client, tmp_path, without_collection, batches):
    made = {}
    for name, module, driver in (
        ("ours", combine, hdf.SingleHdf5ToZarr), ("theirs", kerchunk_combine, kerchunk_hdf.SingleHdf5ToZarr),
    ):
        folder = tmp_path / name
        folder.mkdir()
        options = {"concat_dims": ["time"], "identical_dims": ["y", "x"], "inline_threshold": 10, **noting(str(folder))}
        filename = str(tmp_path / f"{name}.json")
        result = module.auto_dask(
            files, driver, {"inline_threshold": 0}, dict(options), n_batches=batches, remote_protocol="file",
            filename=filename, output_options={})
        with open(filename) as file:
            written = json.load(file)
        assert written["refs"].keys() == result["refs"].keys() and result["version"] == 1
        made[name] = values(result)
        xr.testing.assert_identical(values(written), made[name])
    xr.testing.assert_identical(made["ours"], made["theirs"])
    assert made["ours"].attrs == {"title": "a run", "note": "done"} and "scratch" not in made["ours"]
    # Each file once, before it is in a batch; the result once, when it is whole; all of it by workers.
    pids = set(client.run(os.getpid).values())
    for name in made:
        before, after = notes(tmp_path / name, "pre"), notes(tmp_path / name, "post")
        assert [count for _, count in before] == [2] * COUNT and {pid for pid, _ in before} <= pids
        assert [count for _, count in after] == [2 * COUNT] and after[0][0] in pids
    assert np.array_equal(made["ours"]["tas"][2 * 3].values, np.random.default_rng(3).random((2, 3, 5))[0])


def test_arguments_stay_as_they_are(files, client):
    single, options = {"inline_threshold": 0}, {
        "concat_dims": ["time", "run"], "coo_map": {"run": 7}, "identical_dims": ["y", "x"], "inline_threshold": 100,
        "postprocess": len}
    before = copy.deepcopy([single, options])
    del options["postprocess"], before[1]["postprocess"]
    combine.auto_dask(files, hdf.SingleHdf5ToZarr, single, options, 2, "file")
    assert [single, options] == before


def test_coordinates_of_names_and_types(files, client, without_collection):
    import re

    results = []
    for module, driver in ((combine, hdf.SingleHdf5ToZarr), (kerchunk_combine, kerchunk_hdf.SingleHdf5ToZarr)):
        results.append(values(module.auto_dask(
            files, driver, {}, {
                "concat_dims": ["run"], "coo_map": {"run": re.compile(r"run_(\d+)")}, "coo_dtypes": {"run": "i4"},
                "identical_dims": ["y", "x", "time"]}, 3, "file")))
    xr.testing.assert_identical(*results)
    assert results[0]["run"].values.tolist() == list(range(COUNT)) and results[0]["tas"].sizes["run"] == COUNT


def test_references_that_are_there_already(files, client, tmp_path, without_collection):
    names = []
    for number, name in enumerate(files):
        names.append(str(tmp_path / f"{number}.json"))
        with open(names[-1], "w") as file:
            json.dump(hdf.SingleHdf5ToZarr(name).translate(), file)
    options = {"concat_dims": ["time"], "identical_dims": ["y", "x"]}
    ours = combine.auto_dask(names, combine.JustLoad, {}, dict(options), 3, "file")
    theirs = kerchunk_combine.auto_dask(names, kerchunk_combine.JustLoad, {}, copy.deepcopy(options), 3, "file")
    xr.testing.assert_identical(values(ours), values(theirs))


def test_a_broken_file_is_named(files, client, tmp_path):
    broken = tmp_path / "broken.nc"
    broken.write_text("no data")
    with pytest.raises(Exception, match="broken.nc"):
        combine.auto_dask([*files, str(broken)], hdf.SingleHdf5ToZarr, {}, {"concat_dims": ["time"]}, 2, "file")
