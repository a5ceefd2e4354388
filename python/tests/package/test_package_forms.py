# SPDX-License-Identifier: Apache-2.0
"""Forms of reference sets: which one an output gets, and what is known of the one that is there."""
import numpy as np
import pytest
import xarray as xr

import swift_kerchunk as sk
from swift_kerchunk._core import calls
from swift_kerchunk._access.outputs import form_of, names_one_set


@pytest.mark.parametrize(("name", "form"), [
    ("a.json", "JSON"), ("a", "JSON"), ("a.json.zst", "JSON"), ("a.parq", "Parquet"), ("a/", "Parquet"), ("aparq", "Parquet"),
    ("a.json.parq", "JSON"), ("s3://bucket/a.parquet", "Parquet"), ("a.kpack", "packed"),
])
def test_names_of_outputs_tell_their_form(name, form):
    found = form_of(name)
    assert found.name == form
    assert found.is_partitioned == (form == "Parquet")
    assert found.zarr_formats == ([2] if form == "Parquet" else [2, 3])


def test_names_of_folders_for_many_have_no_ending():
    assert [name for name in ("a.json", "a.parq", "a.kpack", "a.json.gz", "a", "a/", "parq") if names_one_set(name)] == [
        "a.json", "a.parq", "a.kpack", "a.json.gz"]


def test_each_form_says_what_it_is(tmp_path):
    assert calls.run("info").document["forms"] == ["json", "parquet", "packed"]
    files = []
    for day in range(2):
        files.append(str(tmp_path / f"{day}.nc"))
        xr.Dataset({"tas": ("time", np.array([day], "f4"))}, {"time": [day]}).to_netcdf(files[-1], engine="h5netcdf")
    for ending, is_partitioned in ((".json", False), (".parq", True), (".kpack", False)):
        output = str(tmp_path / f"all{ending}")
        sk.build(files, output=output)
        opened = sk.open(output)
        assert opened._description["is_partitioned"] is is_partitioned
        assert opened.open().tas.values.tolist() == [0, 1]
    with pytest.raises(sk.errors.UsageError, match="Parquet sets can only hold Zarr version 2"):
        sk.build(files, output=str(tmp_path / "v3.parq"), zarr_format=3)
