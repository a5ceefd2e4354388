# SPDX-License-Identifier: Apache-2.0
"""Texts and characters that were never written, groups that use what lies above them, virtual datasets of all kinds:
as netCDF4, h5py and xarray show them."""
import importlib.util
import json
import os

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr

from command import kerchunk

FORMS = {
    "json": ("refs.json", ()), "parquet": ("refs.parq", ()), "zarr3": ("refs.json", ("--zarr-format", "3")),
    "none embedded": ("refs.json", ("--fill-limit", "0")),
}


def opened(path, group=None, **options):
    storage = dict(fo=str(path), remote_protocol="file")
    if not str(path).endswith(".json"):
        storage.update(target_protocol="file", lazy=True)
    return xr.open_dataset("reference://", engine="zarr", group=group,
                           backend_kwargs=dict(consolidated=True, storage_options=storage), **options)


def scanned(path, out, *options):
    run = kerchunk("scan", path, "-o", out, "--overwrite", *options)
    assert run.status == 0, run.err
    return "".join(line for line in run.err.splitlines(True) if not line.startswith("1 file scanned in "))


def texts(values):
    return [None if isinstance(one, float) else one.decode() if isinstance(one, bytes) else str(one)
            for one in np.asarray(values).ravel().tolist()]


def raw(path, group=None):
    with netCDF4.Dataset(path) as file:
        holder = file[group] if group else file
        found = {}
        for name, variable in holder.variables.items():
            variable.set_auto_maskandscale(False)
            variable.set_auto_chartostring(False)
            found[name] = np.asarray(variable[...])
        return found


@pytest.fixture(scope="module")
def unwritten(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("texts") / "texts.nc")
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("t", None)
        d.createDimension("y", 3)
        d.createDimension("n", 2)

        def text(holder, name, dimensions, fill=None, chunks=None, **written):
            variable = holder.createVariable(name, str, dimensions, fill_value=fill, chunksizes=chunks)
            for index, value in written.items():
                variable[int(index[1:])] = value

        text(d, "records", ("t",), "N/A", (1,), _2="z")
        text(d, "no_fill", ("t",), None, (1,), _2="z")
        text(d, "one_chunk", ("t",), "N/A", (4,), _2="z")
        text(d, "short", ("t",), "N/A", (1,), _0="q")
        text(d, "short_in_chunk", ("t",), "N/A", (4,), _0="q")
        text(d, "never", ("t",), "N/A", (4,))
        text(d, "contiguous", ("y",), "N/A")
        text(d, "scalar", (), "N/A")
        text(d, "empty_fill", ("y",), "", None, _1="b")
        text(d, "filled", ("y",), "ñ/A", None, _0="ñ/A", _1="", _2="c")
        variable = d.createVariable("table", str, ("t", "y"), fill_value="N/A", chunksizes=(1, 2))
        variable[2, 1] = "q"
        variable = d.createVariable("other_missing", str, ("t",), fill_value="N/A", chunksizes=(1,))
        variable.missing_value = "z"
        variable[1], variable[2] = "a", "z"
        text(d.createGroup("g"), "records", ("t",), "N/A", (1,), _2="z")
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("group", [None, "g"])
def test_texts_that_were_never_written(unwritten, form, group, tmp_path):
    name, options = FORMS[form]
    warnings = scanned(unwritten, tmp_path / name, *options)
    assert "zarr-format" not in warnings
    plain = opened(tmp_path / name, group, decode_cf=False)
    decoded = opened(tmp_path / name, group)
    native = xr.open_dataset(unwritten, engine="netcdf4", group=group)
    for variable, values in raw(unwritten, group).items():
        assert texts(plain[variable].values) == texts(values), variable
        assert texts(decoded[variable].values) == texts(native[variable].values), variable


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_texts_told_by_a_codec(unwritten, zarr_format, tmp_path):
    pytest.importorskip("swift_kerchunk.codecs")
    if zarr_format == 3:
        pytest.importorskip("swift_kerchunk.zarr_codecs")
    try:
        scanned(unwritten, tmp_path / "refs.json", "--vlen-encode", "encode", "--codecs", "all", "--zarr-format", zarr_format)
        plain = opened(tmp_path / "refs.json", decode_cf=False)
        found = {name: texts(plain[name].values) for name in ("records", "one_chunk", "short", "table")}
    except ImportError as problem:
        pytest.skip(f"the library is not there: {problem}")
    want = raw(unwritten)
    assert found == {name: texts(want[name]) for name in found}


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_characters_that_were_never_written(form, tmp_path):
    path = str(tmp_path / "characters.nc")
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("t", None)
        d.createDimension("n", 4)
        d.createDimension("one", 1)
        for label, fill in (("x", b"x"), ("blank", b" "), ("nul", b"\0"), ("none", None)):
            for dimensions, chunks in ((("t",), (1,)), (("t", "one"), (1, 1)), (("t", "n"), (2, 4))):
                variable = d.createVariable(f"{label}{len(chunks)}{chunks[-1]}", "S1", dimensions, fill_value=fill,
                                            chunksizes=chunks)
                variable[2] = np.full(variable.shape[1:], b"q")
            variable = d.createVariable(f"{label}_short", "S1", ("t", "n"), fill_value=fill, chunksizes=(2, 4))
            variable[0] = np.array(list("abcd"), "S1")
    out = tmp_path / FORMS[form][0]
    assert scanned(path, out) == ""
    decoded, native = opened(out), xr.open_dataset(path, engine="netcdf4")
    for name, values in raw(path).items():
        assert texts(opened(out, decode_cf=False)[name].values) == texts(values), name
        assert texts(decoded[name].values) == texts(native[name].values), name


def test_texts_of_hdf5_with_a_fill_value(tmp_path):
    path = str(tmp_path / "texts.h5")
    with h5py.File(path, "w") as d:
        text = h5py.string_dtype()
        d.create_dataset("records", shape=(4,), chunks=(1,), dtype=text, fillvalue="N/A")[2] = "z"
        d.create_dataset("many", shape=(400,), chunks=(1,), dtype=text, fillvalue="N/A")[399] = "z"
        d.create_dataset("fixed", shape=(4,), chunks=(1,), dtype="S4", fillvalue=b"none")[2] = b"z"
        members = np.dtype([("a", "i4"), ("s", "S3")])
        d.create_dataset("records_of_both", shape=(3,), chunks=(1,), dtype=members,
                         fillvalue=np.array((7, b"N/A"), members))[1] = (1, b"he")
    with h5py.File(path, "r+") as d:  # h5py reads texts with a fill value only where it may write
        want = {name: d[name].asstr()[()] if d[name].dtype.kind == "O" else d[name][()] for name in d}
    warnings = scanned(path, tmp_path / "refs.json", "--fill-limit", "100")
    assert "/many" in warnings and warnings.count("warning") == 1
    found = opened(tmp_path / "refs.json", decode_cf=False)
    for name, values in want.items():
        if values.dtype.names:
            assert found[name].values.tobytes() == values.tobytes()
        else:
            assert texts(found[name].values) == texts(values), name


def test_missing_value_of_zarr_3(unwritten, tmp_path):
    scanned(unwritten, tmp_path / "refs.json", "--zarr-format", "3")
    with open(tmp_path / "refs.json") as f:
        refs = json.load(f)["refs"]
    assert json.loads(refs["records/zarr.json"])["attributes"] == {"missing_value": "N/A"}
    assert json.loads(refs["records/zarr.json"])["fill_value"] == "N/A"
    assert json.loads(refs["other_missing/zarr.json"])["attributes"] == {"missing_value": ["N/A", "z"]}


# MARK: Groups

@pytest.fixture(scope="module")
def orbits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orbits")
    paths = []
    for day in range(3):
        paths.append(str(folder / f"orbit{day}.nc"))
        with netCDF4.Dataset(paths[-1], "w") as d:
            d.createDimension("time", None)
            d.createDimension("x", 3)
            time = d.createVariable("time", "f8", ("time",), chunksizes=(1,))
            time.units = "days since 2000-01-01"
            time.long_name = "moment"
            time[:] = [day]
            product = d.createGroup("PRODUCT")
            product.createDimension("y", 4)
            product.createVariable("y", "i4", ("y",))[:] = range(4)
            no2 = product.createVariable("no2", "f4", ("time", "y", "x"), chunksizes=(1, 4, 3), zlib=True)
            no2[0] = np.arange(12).reshape(4, 3) + 100 * day
            support = product.createGroup("SUPPORT")
            sza = support.createVariable("sza", "f4", ("time", "y", "x"), chunksizes=(1, 2, 3), zlib=True)
            sza[0] = np.arange(12).reshape(4, 3) + 100 * day + 0.5
            support.createVariable("short", "f4", ("time",), chunksizes=(1,), fill_value=-1)
    return paths


@pytest.mark.parametrize("group", ["PRODUCT", "/PRODUCT/SUPPORT", "PRODUCT/SUPPORT/"])
def test_a_group_has_the_dimensions_above_it(orbits, group, tmp_path):
    assert scanned(orbits[0], tmp_path / "group.json", "--group", group) == ""
    scanned(orbits[0], tmp_path / "whole.json")
    want = xr.open_dataset(orbits[0], engine="netcdf4", group=group)
    found = opened(tmp_path / "group.json")
    xr.testing.assert_identical(found.drop_attrs(), want.drop_attrs())
    xr.testing.assert_identical(found, opened(tmp_path / "whole.json", group.strip("/")))


def test_a_group_counts_its_unnamed_dimensions_as_the_whole_file(tmp_path):
    path = str(tmp_path / "unnamed.h5")
    with h5py.File(path, "w") as d:
        d["a/first"] = np.zeros((2, 3))
        d["b/second"] = np.zeros((4, 2, 4))
    scanned(path, tmp_path / "group.json", "--group", "b")
    want = xr.open_dataset(path, engine="h5netcdf", group="b", phony_dims="sort")
    assert opened(tmp_path / "group.json").second.dims == want.second.dims


@pytest.mark.parametrize("group", ["/PRODUCT", "PRODUCT/SUPPORT"])
def test_groups_are_joined_in_the_order_of_a_coordinate_above(orbits, group, tmp_path):
    out = tmp_path / "joined.json"
    run = kerchunk("build", *orbits[::-1], "-o", out, "--group", group, "--concat-dim", "time")
    assert run.status == 0, run.err
    assert "a group above" in run.err
    want = xr.open_mfdataset(orbits, group=group, combine="nested", concat_dim="time", engine="netcdf4",
                             data_vars="minimal", coords="minimal", compat="override")
    xr.testing.assert_equal(opened(out).load(), want.load())


@pytest.mark.parametrize("selector", ["data:/time", "data:time", "cf:/time"])
def test_a_coordinate_of_another_group_is_taken_along(orbits, selector, tmp_path):
    out = tmp_path / "joined.json"
    options = ("--group", "PRODUCT/SUPPORT", "--concat-dim", "time")
    run = kerchunk("build", *orbits[1:], "-o", out, *options, "--coord", f"time={selector}")
    assert run.status == 0, run.err
    # The set has the coordinate now, so that what is appended takes it as well.
    run = kerchunk("build", orbits[0], "-o", out, *options, "--append")
    assert run.status == 0, run.err
    found = opened(out)
    assert found.time.values.astype("M8[D]").astype(str).tolist() == ["2000-01-01", "2000-01-02", "2000-01-03"]
    assert found.time.attrs["long_name"] == "moment"
    assert found.sza.values[:, 0, 0].tolist() == [0.5, 100.5, 200.5]
    run = kerchunk("build", orbits[0], "-o", out, *options, "--append")
    assert run.status != 0 and "both have time = 2000-01-01" in run.err
    run = kerchunk("build", *orbits, "-o", tmp_path / "no.json", *options, "--coord", "time=data:/nothing")
    assert run.status != 0 and 'no variable "/nothing"' in run.err


# MARK: Virtual datasets

NUMBERS = {
    "i1": [-128, -1, 0, 1, 127], "u1": [0, 1, 127, 128, 255], "i2": [-32768, -1, 0, 5, 32767],
    ">i4": [-2**31, -1, 0, 70000, 2**31 - 1], "i8": [-2**63, -300, 0, 300, 2**62], "u8": [0, 5, 300, 2**63, 2**64 - 1],
    "f4": [-1e30, -1.7, 0.1, 2.9, 3e9], ">f8": [1.1, 2.2, -3.3, 1e30, 1e19],
}


def virtual(d, name, shape, dtype, parts, fill=0):
    layout = h5py.VirtualLayout(shape, dtype)
    for place, source in parts:
        layout[place] = source
    d.create_virtual_dataset(name, layout, fillvalue=fill)


def assert_as_h5py(path, out, *options, absent=()):
    warnings = scanned(path, out, *options)
    found = opened(out, decode_cf=False)
    with h5py.File(path) as d:
        for name in d:
            if name in absent:
                assert name not in found
            else:
                np.testing.assert_array_equal(found[name].values, d[name][()], name)
    return warnings


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("virtual")
    with h5py.File(folder / "numbers.h5", "w") as d:
        for dtype, values in NUMBERS.items():
            d.create_dataset(dtype, data=np.array(values, dtype), chunks=(5,), compression="gzip")
        d.create_dataset("part", shape=(4,), chunks=(2,), dtype="i2", fillvalue=-5)[0] = 1
        d.create_dataset("large", data=np.arange(300_000, dtype=">f8"), chunks=(100_000,))
        d.create_dataset("text", data=np.array([b"ab", b"hello"]))
    return folder


def test_virtual_datasets_of_other_number_types(sources):
    with h5py.File(sources / "every.h5", "w", libver="latest") as d:
        for source in NUMBERS:
            for target in NUMBERS:
                virtual(d, f"{source} as {target}", (5,), target,
                        [(slice(0, 5), h5py.VirtualSource("numbers.h5", source, (5,), dtype=source))])
        virtual(d, "parts", (6,), "i4", [(slice(0, 4), h5py.VirtualSource("numbers.h5", "part", (4,), dtype="i2"))], 9)
        virtual(d, "mixed", (11,), "f8", [
            (slice(0, 5), h5py.VirtualSource("numbers.h5", "i1", (5,), dtype="i1")),
            (slice(5, 10), h5py.VirtualSource("numbers.h5", ">f8", (5,), dtype=">f8"))], 2.5)
    assert assert_as_h5py(sources / "every.h5", sources / "every.json") == ""


def test_large_virtual_datasets_of_other_types(sources):
    with h5py.File(sources / "large.h5", "w", libver="latest") as d:
        whole = slice(0, 300_000)
        virtual(d, "swapped", (300_000,), "<f8",
                [(whole, h5py.VirtualSource("numbers.h5", "large", (300_000,), dtype=">f8"))], 1.5)
        virtual(d, "narrower", (300_000,), "<f4",
                [(whole, h5py.VirtualSource("numbers.h5", "large", (300_000,), dtype=">f8"))])
        virtual(d, "letters", (2,), "S3", [(slice(0, 2), h5py.VirtualSource("numbers.h5", "text", (2,), dtype="S5"))], b"")
    warnings = assert_as_h5py(sources / "large.h5", sources / "large.json", absent=("narrower", "letters"))
    assert "too large to convert" in warnings and "cannot be converted" in warnings
    with open(sources / "large.json") as f:
        assert os.path.basename(json.load(f)["refs"]["swapped/2"][0]) == "numbers.h5"


def test_virtual_datasets_of_virtual_datasets(tmp_path):
    os.makedirs(tmp_path / "below" / "deep")

    def file(name):
        return h5py.File(tmp_path / name, "w", libver="latest")

    with file("below/deep/leaf.h5") as d:
        d.create_dataset("v", data=np.arange(6.0), chunks=(3,))
    with file("below/middle.h5") as d:
        virtual(d, "v", (6,), "f8", [
            (slice(0, 3), h5py.VirtualSource("deep/leaf.h5", "v", (6,))[0:3]),
            (slice(3, 6), h5py.VirtualSource("deep/gone.h5", "v", (3,)))], -3)
    with file("top.h5") as d:
        virtual(d, "v", (14,), "f8", [
            (slice(0, 6), h5py.VirtualSource("below/middle.h5", "v", (6,))),
            (slice(6, 12), h5py.VirtualSource("below/deep/leaf.h5", "v", (6,)))], 5)
        d["step0"] = np.arange(4.0)
        for step in range(1, 21):
            before = h5py.VirtualSource(".", f"step{step - 1}", (4,))
            virtual(d, f"step{step}", (4,), "f8", [(slice(0, 2), before[0:2]), (slice(2, 4), before[2:4])])
        virtual(d, "round", (4,), "f8", [(slice(0, 4), h5py.VirtualSource("top.h5", "round", (4,)))])
    warnings = assert_as_h5py(tmp_path / "top.h5", tmp_path / "top.json", absent=("round",))
    assert "deep/gone.h5" in warnings and "contains itself" in warnings


# MARK: Filters that other packages undo

def test_jpegls(tmp_path):
    filters = pytest.importorskip("hdf5plugin")
    pytest.importorskip("imagecodecs")
    path = str(tmp_path / "images.h5")
    random = np.random.default_rng(0)
    with h5py.File(path, "w") as d:
        for name, dtype, shape, chunks in (
                ("bytes", "u1", (60, 40), (16, 16)), ("words", "u2", (60, 40), (20, 40)), ("signed", "i2", (60, 40), (16, 16)),
                ("planes", "u2", (3, 20, 40), (3, 20, 40)), ("slices", "u2", (3, 20, 40), (1, 20, 40))):
            # smooth, so that even bytes get smaller
            values = np.add.accumulate(random.integers(0, 3, shape), axis=-1).astype(dtype)
            d.create_dataset(name, data=values, chunks=chunks, **filters.FciDecomp())
    assert not scanned(path, tmp_path / "refs.json", "--codecs", "all")
    pytest.importorskip("swift_kerchunk.codecs")
    found = opened(tmp_path / "refs.json", decode_cf=False)
    with h5py.File(path) as d:
        for name in d:
            assert np.array_equal(found[name].values, d[name][...]), name


def test_zfp_and_blosc2(tmp_path):
    filters = pytest.importorskip("hdf5plugin")
    path = str(tmp_path / "filters.h5")
    values = np.random.default_rng(0).random((60, 40)).astype("f4")
    with h5py.File(path, "w") as d:
        d.create_dataset("frames", data=values, chunks=(16, 16), **filters.Blosc2(cname="zstd"))
        d.create_dataset("flat_frames", data=values.ravel(), chunks=(1000,), **filters.Blosc2(cname="lz4"))
        d.create_dataset("rate", data=values, chunks=(16, 16), **filters.Zfp(rate=16))
        d.create_dataset("exact", data=(values * 1000).astype("i4"), chunks=(16, 16), **filters.Zfp(reversible=True))
        d.create_dataset("swapped", data=values.astype(">f4"), chunks=(16, 16), **filters.Zfp(rate=16))
        d.create_dataset("other", data=values, chunks=(16, 16), **filters.SZ3(absolute=1e-3))
    packages = {"frames": ("blosc2",), "flat_frames": ("blosc2",), "rate": ("imagecodecs", "zfpy"),
                "exact": ("imagecodecs", "zfpy")}
    assert "--codecs auto" in scanned(path, tmp_path / "plain.json", "--codecs", "zarr")
    warnings = scanned(path, tmp_path / "refs.json")
    assert warnings.count("pip install swift-kerchunk blosc2 imagecodecs\n") == 1
    assert warnings.count("hdf5plugin") == 2
    with open(tmp_path / "refs.json") as f:
        arrays = {key.split("/")[0]: json.loads(text) for key, text in json.load(f)["refs"].items() if key.endswith("/.zarray")}
    assert arrays.keys() == packages.keys()
    assert arrays["frames"]["filters"] == [{"id": "swift_kerchunk.blosc2"}]
    try:
        import swift_kerchunk.codecs  # noqa: F401
    except ImportError:
        return
    found = opened(tmp_path / "refs.json", decode_cf=False)
    with h5py.File(path) as d:
        for name, choices in packages.items():
            if any(importlib.util.find_spec(one) for one in choices):
                np.testing.assert_array_equal(found[name].values, d[name][()], name)
