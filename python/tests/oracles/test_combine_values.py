# SPDX-License-Identifier: Apache-2.0
"""Coordinates that are stored in other ways, dates in texts, and what advice and overrides do to values: held against xarray."""
import netCDF4
import numpy as np
import pytest
import xarray as xr

from command import kerchunk


def packed(path, numbers, dtype="i2", units="days since 2000-01-01", fill=None, seed=0, **packing):
    """A file with a packed time axis."""
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("time", None)
        ds.createDimension("x", 3)
        time = ds.createVariable("time", dtype, ("time",), fill_value=fill)
        time.set_auto_maskandscale(False)
        time.setncatts({"units": units, **packing})
        time[:] = numbers
        ds.createVariable("tas", "f4", ("time", "x"), chunksizes=(1, 3))[:] = np.random.default_rng(seed).random((len(numbers), 3))
    return path


def grid(path, start, kind="f8", form="NETCDF4", fill=None, is_packed=False, unit="K", tas="f4", shift=0.0):
    """Two steps on a grid with a coordinate, another one along two axes, and a scalar."""
    with netCDF4.Dataset(path, "w", format=form) as ds:
        for name, size in (("time", None), ("y", 2), ("x", 3)):
            ds.createDimension(name, size)
        time = ds.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [start, start + 1]
        ds.createVariable("lat", kind, ("y", "x"), fill_value=fill)[:] = np.arange(6).reshape(2, 3) / 2 + shift
        y = ds.createVariable("y", "i2" if is_packed else kind, ("y",))
        y.set_auto_maskandscale(False)
        if is_packed:
            y.scale_factor = 0.5
        y[:] = [2, 4] if is_packed else [1, 2]
        ds.createVariable("level", "i4" if kind == "f4" else "f8", ())[...] = 5
        values = ds.createVariable("tas", tas, ("time", "y", "x"), **({"chunksizes": (1, 2, 3)} if form == "NETCDF4" else {}))
        values.setncatts({"coordinates": "lat level", "units": unit})
        values[:] = np.random.default_rng(int(start)).random((2, 2, 3)) * 100
    return path


def chars(path, dimension, name, texts, length=None, seed=0):
    """A file with texts as characters."""
    length = length or len(texts[0])
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension(dimension, None)
        ds.createDimension("len", length)
        ds.createVariable(name, "S1", (dimension, "len"))[:] = [[c.encode() for c in text.ljust(length, "\0")] for text in texts]
        ds.createVariable("obs", "f4", (dimension,), chunksizes=(1,))[:] = np.random.default_rng(seed).random(len(texts))
    return path


def built(tmp_path, files, *options):
    """The dataset that is built, and what the command said."""
    out = tmp_path / "out.json"
    done = kerchunk("build", *files, "-o", out, "--overwrite", *options)
    assert done.status == 0, done.err
    return xr.open_dataset(
        "reference://", engine="zarr", backend_kwargs={"consolidated": False, "storage_options": {"fo": str(out)}}).load(), done.err


def refused(tmp_path, files, *options):
    done = kerchunk("build", *files, "-o", tmp_path / "out.json", "--overwrite", *options)
    assert done.status == 1
    return done.err


def opened(files, **options):
    return xr.open_mfdataset(
        files, **{"combine": "by_coords", "data_vars": "minimal", "coords": "minimal", "compat": "override", "combine_attrs": "override",
                  **options}).load()


def same(found, expected):
    xr.testing.assert_equal(found, expected)
    assert {name: found[name].dtype for name in found.variables} == {name: expected[name].dtype for name in expected.variables}


@pytest.mark.parametrize("one, two", [
    ({"numbers": [0, 1, 2], "scale_factor": 0.5, "add_offset": 10.0}, {"numbers": [6, 7], "scale_factor": 0.25, "add_offset": 10.0}),
    ({"numbers": [0, 1, 2], "scale_factor": 0.5, "add_offset": 10.0}, {"numbers": [3, 4], "scale_factor": 0.5, "add_offset": 10.0}),
    ({"numbers": [0, 1], "dtype": "i4", "scale_factor": 0.25, "add_offset": 0.0},
     {"numbers": [24, 36], "scale_factor": 0.5, "add_offset": 0.0, "units": "hours since 2000-01-01"}),
    ({"numbers": [0, 1], "dtype": "i4"}, {"numbers": [4, 5], "scale_factor": 0.5, "add_offset": 0.0}),
    ({"numbers": [0, 1 / 3], "dtype": "f4"}, {"numbers": [2 / 3, 1.1], "dtype": "f8"}),
    ({"numbers": [0, 1], "dtype": "i8"}, {"numbers": [2, 3], "dtype": ">i2"}),
])
def test_time_axes_are_joined_by_value(tmp_path, one, two):
    files = [packed(tmp_path / "a.nc", seed=1, **one), packed(tmp_path / "b.nc", seed=2, **two)]
    expected = opened(files)
    xr.testing.assert_equal(built(tmp_path, files)[0], expected)
    xr.testing.assert_equal(built(tmp_path, files[::-1], "--concat-dim", "time")[0], expected)


def test_the_same_packed_time_is_a_duplicate_and_a_missing_one_is_refused(tmp_path):
    a = packed(tmp_path / "a.nc", [0, 2], scale_factor=0.5)
    assert "2000-01-02" in refused(tmp_path, [a, packed(tmp_path / "b.nc", [4, 5], scale_factor=0.25)])
    for more in ({"scale_factor": 0.5}, {}):
        message = refused(tmp_path, [a, packed(tmp_path / "c.nc", [9, -1], fill=-1, **more)])
        assert "c.nc" in message and "missing" in message


@pytest.mark.parametrize("other", [
    {"form": "NETCDF3_CLASSIC"}, {"form": "NETCDF3_64BIT_OFFSET", "kind": "f4"}, {"kind": "f4"}, {"fill": np.nan, "is_packed": True}])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_coordinates_that_are_the_same_are_those_of_the_first_input(tmp_path, kind, other):
    files = [grid(tmp_path / "a.nc", 0, kind=kind), grid(tmp_path / "b.nc", 2, **other)]
    same(built(tmp_path, files)[0], opened(files))
    same(built(tmp_path, files, "--concat-dim", "time")[0], opened(files))


def test_other_coordinates_are_refused_with_what_helps(tmp_path):
    files = [grid(tmp_path / "a.nc", 0), grid(tmp_path / "b.nc", 2, kind="f4", shift=0.1)]
    message = refused(tmp_path, files)
    assert '"/lat"' in message and "--identical-dim lat" in message and "drops the others" in message
    found, notes = built(tmp_path, files, "--override", "values")
    assert "without comparison" in notes
    assert np.array_equal(found.lat, opened(files[:1]).lat)


def test_chunks_in_another_byte_order_are_refused_or_loaded(tmp_path):
    files = [grid(tmp_path / "a.nc", 0), grid(tmp_path / "b.nc", 2, form="NETCDF3_CLASSIC")]
    small = ["--load-threshold", "0"]
    message = refused(tmp_path, files, *small, "--load", "time")
    assert "byte order" in message and "<f4" in message and ">f4" in message and "--load tas" in message
    same(built(tmp_path, files, *small, "--load", "time,tas")[0], opened(files))


@pytest.mark.parametrize("lengths", [(4, 4), (4, 8), (8, 4)])
def test_characters_are_coordinates(tmp_path, lengths):
    texts = [["aa", "ab"], ["b", "cc"]]
    files = [chars(tmp_path / f"{i}.nc", "station", "station", texts[i], lengths[i], i) for i in (0, 1)]
    expected = xr.concat([xr.open_dataset(file) for file in files], "station")
    for inputs in (files, files[::-1]):
        found, _ = built(tmp_path, inputs)
        assert np.array_equal(found.station, expected.station) and np.array_equal(found.obs, expected.obs)
    message = refused(tmp_path, [files[0], chars(tmp_path / "2.nc", "station", "station", ["ab", "d"], 4)])
    assert '"ab"' in message and "--duplicates" in message


def test_files_of_wrf_are_placed_by_their_times(tmp_path):
    texts = [[f"2000-01-0{day}_{hour:02d}:00:00" for hour in (0, 12)] for day in (1, 2, 3)]
    files = [chars(tmp_path / f"{i}.nc", "Time", "Times", texts[i], seed=i) for i in range(3)]
    expected = xr.concat([xr.open_dataset(file) for file in files], "Time")
    found, notes = built(tmp_path, [files[2], files[0], files[1]])
    same(found, expected)
    assert "dates in /Times" in notes
    dated, _ = built(tmp_path, files[::-1], "--coord", "Time=date:%Y-%m-%d_%H:%M:%S:Times")
    dates = np.array([text.replace("_", "T") for text in sum(texts, [])], "M8[ns]")
    assert np.array_equal(dated.Time, dates) and np.array_equal(dated.obs, expected.obs)
    again = chars(tmp_path / "again.nc", "Time", "Times", ["2000-01-03_12:00:00", "2000-01-04_00:00:00"], seed=9)
    assert "2000-01-03_12:00:00" in refused(tmp_path, [*files, again], "--concat-dim", "Time")
    kept, _ = built(tmp_path, [*files, again], "--concat-dim", "Time", "--duplicates", "last")
    assert np.array_equal(kept.obs, np.concatenate([expected.obs[:5], xr.open_dataset(again).obs]))
    assert "is not a date of the form" in refused(tmp_path, files, "--coord", "Time=date:%Y-%m-%d %H:Times")


def scaled(path, start, scale, offset):
    with netCDF4.Dataset(path, "w") as ds:
        ds.createDimension("time", None)
        time = ds.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [start, start + 1]
        tas = ds.createVariable("tas", "i2", ("time",), chunksizes=(2,), fill_value=-1)
        tas.set_auto_maskandscale(False)
        tas.setncatts({"scale_factor": scale, "add_offset": offset})
        tas[:] = [start, 7]
    return path


def test_loading_is_named_first_and_overrides_say_how_far_values_are_off(tmp_path):
    files = [scaled(tmp_path / "a.nc", 0, 0.5, 0.0), scaled(tmp_path / "b.nc", 2, 0.25, 4.0)]
    options = ["--load-threshold", "0", "--load", "time"]
    message = refused(tmp_path, files, *options)
    assert message.index("--load tas") < message.index("--override packing")
    # 0.25 times -32768, less 4
    assert "off by up to 8196" in message
    xr.testing.assert_equal(built(tmp_path, files, *options, "--load", "tas")[0], opened(files))
    found, notes = built(tmp_path, files, *options, "--override", "packing")
    assert "off by up to 8196" in notes and found.tas.values.tolist() == [0.0, 3.5, 1.0, 3.5]


def test_overridden_units_leave_times_right(tmp_path):
    files = [packed(tmp_path / "a.nc", [0, 1], units="hours since 2000-01-01 00:00:00 UTC"),
             packed(tmp_path / "b.nc", [2, 3], units="hours since 2000-01-01 05:00:00 UTC", seed=1)]
    same(built(tmp_path, files, "--override", "units")[0], opened(files))
    twice = packed(tmp_path / "c.nc", [1, 2], units="hours since 2000-01-01 05:00:00 UTC")
    assert "different times" in refused(tmp_path, [files[0], twice], "--override", "units")
    degrees = [grid(tmp_path / "d.nc", 0), grid(tmp_path / "e.nc", 2, unit="degC")]
    assert "then read as \"K\"" in refused(tmp_path, degrees)
    assert "degC" in built(tmp_path, degrees, "--override", "units")[1]


def test_a_fill_value_that_is_given_says_what_it_does(tmp_path):
    files = [grid(tmp_path / "a.nc", 0, tas="i2"), grid(tmp_path / "b.nc", 2, tas="i2")]
    with netCDF4.Dataset(files[0], "a") as ds:
        ds.createVariable("pr", "i2", ("time",), chunksizes=(1,))[:] = [3, 4]
    assert "reads as missing everywhere" in refused(tmp_path, files, "--absent", "union", "--load-threshold", "0", "--load", "time")
    _, notes = built(tmp_path, files, "--absent", "union", "--fill-value", "pr=-9")
    assert "reads as missing" in notes


def test_small_variables_that_lack_a_joined_dimension_compare_by_value(tmp_path):
    """A line that all tiles of a row have, in other byte orders and float widths; the first input's are kept."""
    files = []
    for number, (order, width, form) in enumerate(((">", "f4", 0), ("<", "f4", 0), ("<", "f8", 1), (">", "f8", 1))):
        files.append(tmp_path / f"{number}.nc")
        with netCDF4.Dataset(files[-1], "w") as ds:
            ds.createDimension("y", 2)
            ds.createDimension("x", 2)
            endian = "big" if order == ">" else "little"
            y, x = divmod(number, 2)
            ds.createVariable("y", "f8", ("y",))[:] = [2 * y, 2 * y + 1]
            ds.createVariable("x", "f8", ("x",))[:] = [2 * x, 2 * x + 1]
            ds.createVariable("height", width, ("y",), endian=endian)[:] = [y + 0.5, np.nan]
            ds.createVariable("tas", "f4", ("y", "x"), chunksizes=(2, 2))[:] = number
    got, _ = built(tmp_path, files, "--concat-dim", "y,x")
    assert got["height"].dims == ("y",) and np.array_equal(got["height"].values, [0.5, np.nan, 1.5, np.nan], equal_nan=True)
    assert got["height"].dtype.itemsize == 4
    with netCDF4.Dataset(files[1], "a") as ds:
        ds["height"][:] = [0.25, np.nan]
    assert "other values" in refused(tmp_path, files, "--concat-dim", "y,x")


def test_a_fill_value_that_is_a_value_is_refused(tmp_path):
    files = [grid(tmp_path / "a.nc", 0), grid(tmp_path / "b.nc", 2)]
    cases = {"pr": ("i2", {}), "packed": ("i2", {"scale_factor": 0.5}), "exact": ("f4", {}), "name": (str, {})}
    with netCDF4.Dataset(files[0], "a") as ds:
        for name, (dtype, attributes) in cases.items():
            variable = ds.createVariable(name, dtype, ("time",))
            variable.set_auto_maskandscale(False)
            variable.setncatts(attributes)
            variable[:] = np.array(["a", "b"], object) if dtype is str else np.array([3, 4])
    for name, (dtype, _) in cases.items():
        taken, free = ("b", "?") if dtype is str else (4, -9)
        others = [f"{other}={'?' if kind is str else -9}" for other, (kind, _) in cases.items() if other != name]
        options = [option for one in others for option in ("--fill-value", one)]
        said = refused(tmp_path, files, "--absent", "union", "--fill-value", f"{name}={taken}", *options)
        assert "is a value in" in said and name in said
        built(tmp_path, files, "--absent", "union", "--fill-value", f"{name}={free}", *options)
