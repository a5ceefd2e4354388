# SPDX-License-Identifier: Apache-2.0
"""GRIB messages as chunks: in numcodecs, in references as kerchunk writes them, and in Zarr 3; eccodes is not needed."""
import base64
import json
import os

import numcodecs
import numpy as np
import pytest
import xarray as xr
import zarr
from places import FIXTURES

import swift_kerchunk.codecs
import swift_kerchunk.zarr_codecs  # noqa: F401

with open(os.path.join(FIXTURES, "grib", "grib.json")) as file:
    CASES = {case["name"]: case for case in json.load(file)}
with open(os.path.join(FIXTURES, "grib", "grib.bin"), "rb") as file:
    CONTENT = file.read()


def piece(place):
    return CONTENT[place[0] : place[0] + place[1]]


def message(name):
    return piece(CASES[name]["message"])


def values(name, key="values"):
    return np.frombuffer(piece(CASES[name][key]), "<f8")


@pytest.mark.parametrize("name", [
    "simple_1_12_bits", "simple_2_bitmap", "ccsds_12_bits", "jpeg_16_bits", "hand_png_16_bits",
    "hand_complex_order_2_missing_2", "second_order_1", "spectral_complex_1",
])
def test_numcodecs_decodes_messages(name):
    double = numcodecs.get_codec({"id": "grib", "var": "t", "dtype": "float64"}).decode(message(name))
    assert double.dtype == np.float64
    np.testing.assert_array_equal(double, values(name))
    single = numcodecs.get_codec({"id": "grib", "var": "t"}).decode(message(name))
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, values(name).astype("f4"))
    out = np.empty(len(double))
    numcodecs.get_codec({"id": "grib", "var": "t", "dtype": "float64"}).decode(message(name), out)
    np.testing.assert_array_equal(out, double)


def test_fields_and_rows_have_settings():
    for field in range(3):
        codec = numcodecs.get_codec({"id": "swift_kerchunk.grib", "var": "t", "dtype": "float64", "field": field})
        name = f"fields_grid_again_{field}"
        np.testing.assert_array_equal(codec.decode(message(name)), values(name))
    name = "hand_alternating"
    turned = numcodecs.get_codec({"id": "grib", "var": "t", "dtype": "float64"}).decode(message(name))
    np.testing.assert_array_equal(turned, values(name))
    config = {"id": "swift_kerchunk.grib", "var": "t", "dtype": "float64", "rows": "stored"}
    stored = numcodecs.get_codec(config).decode(message(name)).reshape(11, 17)
    np.testing.assert_array_equal(stored[1::2, ::-1], turned.reshape(11, 17)[1::2])


def test_coordinates_are_computed():
    for key in ("latitude", "longitude"):
        found = numcodecs.get_codec({"id": "grib", "var": key}).decode(message("regular_ll_2"))
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, values("regular_ll_2", f"{key}s"))
        found = numcodecs.get_codec({"id": "grib", "var": key}).decode(message("lambert_2"))
        np.testing.assert_allclose(found, values("lambert_2", f"{key}s"), rtol=0, atol=1e-9)


def references(name, shape):
    """As kerchunk's scan_grib writes them."""
    inline = "base64:" + base64.b64encode(message(name)).decode()
    refs = {".zgroup": '{"zarr_format": 2}', ".zattrs": '{"coordinates": "latitude longitude"}'}
    for variable in ("t", "latitude", "longitude"):
        refs[f"{variable}/.zarray"] = json.dumps({
            "zarr_format": 2, "shape": shape, "chunks": shape, "dtype": "<f8", "order": "C", "fill_value": None,
            "compressor": None, "filters": [{"id": "grib", "var": variable, "dtype": "float64"}]})
        refs[f"{variable}/.zattrs"] = json.dumps({"_ARRAY_DIMENSIONS": ["y", "x"]})
        refs[f"{variable}/0.0"] = inline
    return {"version": 1, "refs": refs}


def test_references_of_kerchunk_are_read_without_eccodes():
    name = "simple_2_12_bits"
    opened = xr.open_dataset(
        "reference://", engine="zarr", backend_kwargs={
            "storage_options": {"fo": references(name, [11, 17])}, "consolidated": False})
    np.testing.assert_array_equal(opened["t"].values.ravel(), values(name))
    assert opened["latitude"].values[0, 0] == 60 and opened["longitude"].values[3, 16] == 16


def test_an_array_of_zarr_3():
    name = "complex_12_bits_bitmap"
    store = zarr.storage.MemoryStore()
    document = {
        "zarr_format": 3, "node_type": "array", "shape": [11, 17], "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [11, 17]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": "NaN",
        "codecs": [{"name": "swift_kerchunk.grib", "configuration": {"var": "t", "dtype": "float32"}}],
        "attributes": {}, "dimension_names": ["y", "x"]}
    async def fill():
        prototype = zarr.core.buffer.default_buffer_prototype()
        await store.set("zarr.json", prototype.buffer.from_bytes(json.dumps(document).encode()))
        await store.set("c/0/0", prototype.buffer.from_bytes(message(name)))

    zarr.core.sync.sync(fill())
    array = zarr.open_array(store, mode="r")
    np.testing.assert_array_equal(array[...], values(name).astype("f4").reshape(11, 17))


def test_damage_is_an_error():
    codec = swift_kerchunk.codecs.GRIBCodec(var="t", dtype="float64")
    with pytest.raises(swift_kerchunk.KerchunkError, match="GRIB"):
        codec.decode(message("simple_2_12_bits")[:100])
    with pytest.raises(swift_kerchunk.KerchunkError, match="only decoding"):
        codec.encode(np.zeros(3))
    with pytest.raises(swift_kerchunk.KerchunkError, match="matrix"):
        codec.decode(message("matrix_2"))
