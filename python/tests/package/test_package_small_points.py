# SPDX-License-Identifier: Apache-2.0
"""What calls say in passing: misspelt keywords, warnings and where they point, what pickles and reprs keep."""
import copy
import json
import pickle
import warnings

import numpy as np
import pytest
import swift_kerchunk as sk
import xarray as xr


def write(path, days, units="K"):
    time = ("time", np.array(days, "f8"), {"units": "days since 2001-01-01"})
    field = (("time", "x"), np.repeat(np.array(days, "f4"), 2).reshape(-1, 2), {"units": units})
    xr.Dataset({"tas": field}, coords={"time": time}).to_netcdf(
        path, unlimited_dims=["time"], encoding={"tas": {"chunksizes": (1, 2)}, "time": {"chunksizes": (1,)}})
    return str(path)


@pytest.fixture
def days(tmp_path):
    return [write(tmp_path / "a.nc", [0, 1, 2]), write(tmp_path / "b.nc", [6, 7, 8])]


def test_pickles_keep_what_was_left_out(days, tmp_path):
    (tmp_path / "c.nc").write_bytes(b"nothing")
    with pytest.warns(sk.IssueWarning):
        cube = sk.build([*days, tmp_path / "c.nc"], "time", on_error="skip")
    assert [one.input for one in cube.left_out] == [str(tmp_path / "c.nc")]
    for other in (pickle.loads(pickle.dumps(cube)), copy.copy(cube), cube.select(include=["tas"]), cube.inline(10)):
        assert other.left_out == cube.left_out and other.issues == cube.issues
    assert pickle.loads(pickle.dumps(cube)).plan == cube.plan


def test_reprs_tell_of_days_that_are_missing(days):
    cube = sk.build(days, "time")
    assert "1 irregular step: 3 days are missing: 2001-01-04 to 2001-01-06" in repr(cube)
    assert "1 irregular step" in cube._repr_html_() and "3 days are missing" in cube._repr_html_()
    assert "irregular" not in repr(sk.build(days[:1], "time"))


def test_overrides_warn(tmp_path):
    days = [write(tmp_path / "a.nc", [0]), write(tmp_path / "b.nc", [1], units="degC")]
    with pytest.warns(UserWarning, match='override="units"') as caught:
        sk.build(days, "time", override="units")
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sk.build(days, "time", override="units", on_issue="ignore")
        sk.build(days[:1], "time", override="units")


@pytest.mark.parametrize(("arguments", "told"), [
    ({"prefix": {"/nowhere": "s3://bucket"}}, "/nowhere"), ({"map": {"/a.nc": "/b.nc"}}, "/a.nc"),
])
def test_renaming_what_is_not_there_warns(days, tmp_path, arguments, told):
    cube = sk.build(days, "time", inline_threshold=0)
    sets = [cube, sk.open(cube.to_dict())]
    cube.to_parquet(tmp_path / "o.parq")
    sets.append(sk.open(tmp_path / "o.parq"))
    for one in sets:
        with pytest.warns(UserWarning, match=f"no reference points to '{told}'") as caught:
            one.rename_sources(**arguments)
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            renamed = one.rename_sources(prefix={str(tmp_path): "s3://bucket"})
        assert sorted(renamed.urls) == ["s3://bucket/a.nc", "s3://bucket/b.nc"]


def nothing(file):
    file.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    return str(file)


def test_warnings_point_to_the_caller(days, tmp_path):
    bad = nothing(tmp_path / "bad.nc")
    calls = [
        lambda: sk.build([*days, bad], "time", on_error="skip"),
        lambda: sk.build([*days, bad], "time", on_error="skip", output=tmp_path / "o.json"),
        lambda: sk.scan_all([*days, bad], tmp_path / "out", on_error="skip"),
        lambda: sk.build([*days, bad], "time", on_error="skip", client="threads", output=tmp_path / "p.json"),
    ]
    for call in calls:
        with pytest.warns(UserWarning) as caught:
            call()
        assert {one.filename for one in caught} == {__file__}


@pytest.mark.parametrize(("call", "meant"), [
    (lambda file, out: sk.scan(file, inline_treshold=1), "inline_threshold"),
    (lambda file, out: sk.scan_all([file], out, inclde=["tas"]), "include"),
    (lambda file, out: sk.scan_all([file], out, overwite=True), "overwrite"),
    (lambda file, out: sk.build([file], "time", scan={"grup": "/a"}), "group"),
    (lambda file, out: sk.plan([file], "time", scan={"salvge": True}), "salvage"),
    (lambda file, out: sk.build([file], "time", ouput=out), "output"),
    (lambda file, out: sk.combine([file], "time", duplicate="first"), "duplicates"),
    (lambda file, out: sk.open({}, storage_option={}), "storage_options"),
])
def test_misspelt_keywords(days, tmp_path, call, meant):
    with pytest.raises(TypeError, match=f"did you mean '{meant}'"):
        call(days[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_misspelt_coordinates(days):
    with pytest.raises(ValueError, match='did you mean "time"'):
        sk.build(days, "time", coord={"tiem": "index"})
    with pytest.warns(UserWarning, match='"tiem" becomes a new dimension.*did you mean "time"'):
        sk.build(days, coord={"tiem": "index"}, identical_dim=["time"])


def test_datasets_take_no_attributes(days):
    cube = sk.scan(days[0])
    with pytest.raises(AttributeError, match="cannot set attribute 'tas'"):
        cube.tas = 1
    with pytest.raises(AttributeError, match="is immutable"):
        cube.history = "mine"
    cube.name = "mine"
    assert cube.tas.shape == (3, 2)


def test_duplicates_are_an_error_of_their_own(days):
    with pytest.raises(sk.errors.DuplicateError, match='duplicates="first"') as caught:
        sk.build([days[0], days[0]], "time")
    assert isinstance(caught.value, ValueError) and caught.value.kind == "duplicate"
    assert sk.plan([days[0], days[0]], "time", duplicates="first")["dropped"] == [
        {"input": days[0], "kept": days[0], "dimensions": ["time"], "count": 3}]


def test_appending_keeps_the_zarr_version(days, tmp_path):
    out = tmp_path / "o.json"
    sk.build(days[:1], "time", output=out, zarr_format=3)
    with pytest.raises(ValueError, match="zarr_format=3"):
        sk.build(days[1:], "time", output=out, append=True)
    sk.build(days[1:], "time", output=out, append=True, zarr_format=3)
    assert "zarr.json" in json.loads(out.read_text())["refs"]


def test_signatures_show_the_keywords_of_the_table_with_the_defaults_of_a_run():
    import dataclasses
    import inspect

    from swift_kerchunk import cluster
    from swift_kerchunk.building import options

    defaults = {field.name: field.default for field in dataclasses.fields(options.BuildOptions)}
    tables = {
        sk.combine: options.CombineKeywords, sk.build: options.BuildKeywords, sk.plan: options.PlanKeywords,
        cluster.build: options.ClusterKeywords,
    }
    for function, keywords in tables.items():
        shown = inspect.signature(function).parameters
        table = set(keywords.__annotations__) - set(options.Details.__annotations__)
        assert table <= set(shown)
        for name in table - {"output"}:
            assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY
            assert shown[name].default == defaults.get(name), name
        for name in table & set(defaults):
            assert name in function.__doc__, name
    assert shown["output"].default is inspect.Parameter.empty
    with pytest.raises(TypeError, match="did you mean 'batch_size'"):
        cluster.build([], {}, client=None, output="k.parq", batchsize=1)
