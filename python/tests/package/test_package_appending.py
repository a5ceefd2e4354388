# SPDX-License-Identifier: Apache-2.0
"""Appending from several places at once, and what is never removed for an output."""
import fcntl
import os
import threading

import fsspec
import netCDF4
import numpy as np
import pytest
import xarray as xr
from fsspec.implementations.reference import LazyReferenceMapper

import swift_kerchunk as sk
from swift_kerchunk.combine import MultiZarrToZarr
from swift_kerchunk.df import refs_to_dataframe
from swift_kerchunk.hdf import SingleHdf5ToZarr


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Five files of two steps, in chunks that hold hundreds of them."""
    folder = tmp_path_factory.mktemp("days")
    names = [str(folder / f"{number}.nc") for number in range(5)]
    for number, name in enumerate(names):
        with netCDF4.Dataset(name, "w") as ds:
            ds.createDimension("time", None)
            time = ds.createVariable("time", "f8", ("time",))
            time.units = "days since 2000-01-01"
            time[:] = ds.createVariable("obs", "f4", ("time",))[:] = np.arange(2.0) + 2 * number
    return names


@pytest.mark.parametrize("form", ["json", "parq"])
@pytest.mark.parametrize("client", [None, "threads"])
def test_threads_append_at_once(days, tmp_path, form, client):
    out = tmp_path / f"cube.{form}"
    sk.build(days[:1], "time", output=out)
    failures = []

    def append(name):
        try:
            sk.build([name], "time", output=out, append=True, client=client)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=append, args=(name,)) for name in days[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sk.open(out).open().obs.values.tolist() == list(range(10))
    assert os.listdir(tmp_path) == [out.name]


@pytest.mark.parametrize("form", ["json", "parq"])
def test_reference_sets_are_appended_as_values(days, tmp_path, form):
    out = tmp_path / f"cube.{form}"
    sk.combine([sk.scan(days[0])], "time", output=out)
    for name in days[1:]:
        sk.combine([sk.scan(name)], "time", output=out, append=True)
    assert sk.open(out).open().obs.values.tolist() == list(range(10))
    again = sk.combine([sk.scan(days[0])], "time", output=out, append=True, duplicates="first")
    assert again.sizes == {"time": 10}


def test_waiting_ends(days, tmp_path):
    out = tmp_path / "cube.json"
    sk.build(days[:1], "time", output=out)
    before = out.read_bytes()
    with open(f"{out}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(sk.errors.OutputError, match="another run is appending"):
            sk.build(days[1:], "time", output=out, append=True, append_wait=0)
        with pytest.warns(UserWarning, match="waiting for another run"):
            with pytest.raises(sk.errors.OutputError, match="another run is appending"):
                sk.build(days[1:], "time", output=out, append=True, append_wait=4)
    assert out.read_bytes() == before
    sk.build(days[1:], "time", output=out, append=True, append_wait=0)
    assert os.listdir(tmp_path) == ["cube.json"]


def test_a_set_that_changed_while_it_was_appended_to(days, tmp_path):
    """kerchunk's way reads at one time and writes at another."""
    out = str(tmp_path / "cube.parq")
    singles = [SingleHdf5ToZarr(name).translate() for name in days]
    mapper = LazyReferenceMapper.create(root=out, fs=fsspec.filesystem("file"), record_size=10)
    MultiZarrToZarr(singles[:1], concat_dims=["time"], out=mapper).translate()
    both = [MultiZarrToZarr.append([single], out, concat_dims=["time"]) for single in singles[1:3]]
    for one in both:
        one.first_pass()
    both[0].translate()
    with pytest.raises(sk.errors.ChangedError, match="another run changed"):
        both[1].translate()
    assert sk.open(out).open().obs.values.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_only_reference_sets_are_replaced(days, tmp_path, protocol):
    place = f"{tmp_path}/zarr.parq" if protocol == "file" else f"memory://{tmp_path}/zarr.parq"
    fs, root = fsspec.core.url_to_fs(place)
    refs = sk.scan(days[0])
    xr.Dataset({"tas": ("x", [1.0, 2.0])}).to_zarr(f"{tmp_path}/store", zarr_format=2, consolidated=True)
    fs.put(f"{tmp_path}/store", root, recursive=True)
    before = {name: fs.cat_file(name) for name in fs.find(root)}
    assert any(name.endswith(".zmetadata") for name in before)
    for write in (
        lambda: refs.to_parquet(place, overwrite=True), lambda: refs_to_dataframe(refs, place),
        lambda: sk.build(days, "time", output=place, overwrite=True),
    ):
        with pytest.raises(sk.errors.OutputError, match="do not belong to a reference set"):
            write()
        assert {name: fs.cat_file(name) for name in fs.find(root)} == before
    fs.rm(root, recursive=True)
    for _ in range(2):
        refs_to_dataframe(refs, place)
        assert fs.exists(f"{root}/.zmetadata")
