# SPDX-License-Identifier: Apache-2.0
"""JSON references read by the GDAL of rasterio's wheel, where there is one of GDAL 3.11 or later (rasterio 1.5, Python 3.12).

Known limits of GDAL 3.12, whoever wrote the set: no fletcher32, none of numcodecs' codecs in Zarr 3 metadata, no chunks that
compression made larger, no scalars, no templates; Parquet sets only with its Parquet driver, which the wheel lacks.
"""
import h5py
import numpy as np
import pytest

from command import kerchunk

rasterio = pytest.importorskip("rasterio")
if tuple(map(int, rasterio.__gdal_version__.split(".")[:2])) < (3, 11):
    pytest.skip("GDAL reads references since 3.11", allow_module_level=True)

WAYS = {
    "scan": [["scan"]],
    "nothing inlined": [["scan", "--inline-threshold", "0"]],
    "by way of Parquet": [["scan", "--record-size", "3"], ["convert"]],
    "inlined arrays": [["scan"], ["inline", "--array", "deflate", "--array", "g/*"]],
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Three steps of 40 × 60 in two chunks each, the last step not written."""
    path = str(tmp_path_factory.mktemp("gdal") / "source.nc")
    with h5py.File(path, "w") as f:
        for name, length in (("t", 3), ("y", 40), ("x", 60)):
            f[name] = np.arange(float(length))
            f[name].make_scale(name)
        for name, dtype, options in (("shuffle", "<f4", {"compression": "gzip", "shuffle": True}), ("raw", "<f8", {}),
                                     ("deflate", "<i2", {"compression": "gzip", "fillvalue": -9}),
                                     ("swapped", ">i4", {"compression": "gzip"})):
            dataset = f.create_dataset(name, (3, 40, 60), dtype, chunks=(1, 20, 60), **options)
            dataset[:2] = np.arange(4800).reshape(2, 40, 60) // 3
            for axis, dimension in enumerate("tyx"):
                dataset.dims[axis].attach_scale(f[dimension])
        f["deflate"].attrs["_FillValue"] = np.int16(-9)
        f.create_dataset("g/two", data=np.arange(24, dtype="<f4").reshape(4, 6), chunks=(2, 3))
    return path


@pytest.mark.parametrize("way", list(WAYS))
def test_gdal_reads_json(source, tmp_path, way):
    path = source
    for number, (command, *options) in enumerate(WAYS[way]):
        out = str(tmp_path / f"{number}.{'parq' if '--record-size' in options else 'json'}")
        assert kerchunk(command, path, "-o", out, *options).status == 0
        path = out
    with h5py.File(source) as f:
        for name in ("shuffle", "raw", "deflate", "swapped"):
            for step in range(3):
                with rasterio.open(f'ZARR:"{path}":/{name}:{step}') as band:
                    np.testing.assert_array_equal(band.read(1), f[name][step], err_msg=f"{name} {step}")
        with rasterio.open(f'ZARR:"{path}":/deflate:2') as band:
            assert band.nodata == -9
        with rasterio.open(f'ZARR:"{path}":/g/two') as band:
            np.testing.assert_array_equal(band.read(1), f["g/two"][()])
        with rasterio.open(f'ZARR:"{path}":/y') as band:
            np.testing.assert_array_equal(band.read(1)[0], f["y"][()])
