# SPDX-License-Identifier: Apache-2.0
"""Finds the package and its library in the repository, unless they are installed."""
import contextlib
import gc
import os
import sys

import pytest

import stores
from places import REPOSITORY

try:
    import swift_kerchunk  # noqa: F401
except ImportError:
    sys.path.insert(0, os.path.join(REPOSITORY, "python"))

if "SWIFT_KERCHUNK_LIBRARY" not in os.environ:
    for folder in (".build-library", ".build-test"):
        library = os.path.join(REPOSITORY, folder, "release", "libKerchunkCABI.so")
        if os.path.exists(library):
            os.environ["SWIFT_KERCHUNK_LIBRARY"] = library
            break

# no test asks the machine for credentials
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# for processes that tests start
os.environ["PYTHONPATH"] = os.pathsep.join(
    path for path in (os.path.join(REPOSITORY, "python"), os.environ.get("PYTHONPATH")) if path)


@pytest.fixture
def without_collection():
    """No garbage collection, for tests that run kerchunk: it waits, with the lock of h5py, for a thread of zarr's, and where that
    collects objects of h5py it waits for the lock."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@contextlib.contextmanager
def two_workers():
    """Two workers of Dask, each a process."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    with two_workers() as client:
        yield client


@pytest.fixture
def mortals():
    """Workers of one test, which it may kill."""
    with two_workers() as client:
        yield client


@pytest.fixture(scope="module")
def service():
    """An S3 service."""
    pytest.importorskip("boto3")
    pytest.importorskip("moto")
    with stores.started() as service:
        yield service


@pytest.fixture(scope="session")
def series(tmp_path_factory):
    """Three netCDF-4 files that follow each other in time."""
    import numpy as np
    import xarray as xr

    folder = tmp_path_factory.mktemp("series")
    paths = []
    for number in range(3):
        path = folder / f"part_{number}.nc"
        xr.Dataset(
            {"tas": (("time", "x"), np.arange(20.0).reshape(4, 5) + 100 * number, {"units": "K"})},
            coords={"time": np.arange(4) + 4 * number, "x": np.arange(5) * 0.5}, attrs={"title": "a series"},
        ).to_netcdf(path, engine="h5netcdf", encoding={"tas": {"chunksizes": (2, 5), "zlib": True}})
        paths.append(str(path))
    return paths


@pytest.fixture(scope="session")
def hierarchy(tmp_path_factory):
    """A netCDF-4 file with groups."""
    import numpy as np
    import xarray as xr

    path = str(tmp_path_factory.mktemp("hierarchy") / "groups.nc")
    xr.Dataset({"a": ("x", np.arange(3))}).to_netcdf(path, engine="h5netcdf")
    xr.Dataset({"b": ("y", np.arange(4.0))}).to_netcdf(path, engine="h5netcdf", group="model/run", mode="a")
    return path


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """An HDF5 file with a million chunks."""
    import h5py

    path = str(tmp_path_factory.mktemp("large") / "million.h5")
    with h5py.File(path, "w", libver="latest") as file:
        space = h5py.h5s.create_simple((1000, 1000))
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, 1))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        h5py.h5d.create(file.id, b"z", h5py.h5t.STD_U8LE, space, properties)
    return path
