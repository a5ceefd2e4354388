# SPDX-License-Identifier: Apache-2.0
"""Scripts for kerchunk, as its users write them. The test puts `swift_kerchunk` in the place of `kerchunk`.

A script finds `files` (netCDF-4 files of one series), `members` (files of an ensemble, whose names have numbers), `variables`
(files of one variable each), `classic` (a netCDF-3 file), `tree` (an HDF5 file with groups) and `folder`, where it may write. It leaves
`result`: references in any form, which are opened and compared, or a dataset, or plain values.
"""


SCRIPTS = {
    "one_file": """
import kerchunk.hdf
result = kerchunk.hdf.SingleHdf5ToZarr(files[0]).translate()
""",
    "inline_threshold": """
from kerchunk.hdf import SingleHdf5ToZarr
result = SingleHdf5ToZarr(files[0], inline_threshold=0).translate()
assert not [value for value in result["refs"].values() if isinstance(value, str) and value.startswith("base64:")]
""",
    "everything_inline": """
from kerchunk.hdf import SingleHdf5ToZarr
result = SingleHdf5ToZarr(files[0], inline_threshold=1 << 20).translate()
assert not [value for value in result["refs"].values() if isinstance(value, list)]
""",
    "open_file": """
from kerchunk.hdf import SingleHdf5ToZarr
with open(files[0], "rb") as file:
    result = SingleHdf5ToZarr(file, files[0], inline_threshold=300).translate()
""",
    "open_file_of_fsspec": """
import fsspec
from kerchunk.hdf import SingleHdf5ToZarr
with fsspec.open("file://" + files[0]) as file:
    result = SingleHdf5ToZarr(file, url="file://" + files[0], inline_threshold=0).translate()
assert result["refs"]["tas/0.0.0"][0] == "file://" + files[0]
""",
    "url_as_given": """
import os
from kerchunk.hdf import SingleHdf5ToZarr
os.chdir(os.path.dirname(files[0]))
name = os.path.basename(files[0])
refs = SingleHdf5ToZarr(name, inline_threshold=0).translate()["refs"]
result = {value[0] for value in refs.values() if isinstance(value, list)}
""",
    "h5py_file": """
import h5py
from kerchunk.hdf import SingleHdf5ToZarr
with h5py.File(files[0]) as file:
    result = SingleHdf5ToZarr(file, url=files[0]).translate()
""",
    "h5py_group": """
import h5py
from kerchunk.hdf import SingleHdf5ToZarr
with h5py.File(tree) as file:
    found = SingleHdf5ToZarr(file["model/run"], url=tree).translate()["refs"]
# only what is in the group, under its whole path; the root has the attributes of the group
import json
result = sorted(key for key in found if not key.endswith((".zgroup", ".zattrs"))), json.loads(found[".zattrs"])
""",
    "groups": """
import xarray as xr
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import refs_as_store
result = xr.open_dataset(
    refs_as_store(SingleHdf5ToZarr(tree).translate(), remote_protocol="file"), engine="zarr", group="model/run", consolidated=False,
    zarr_format=2)
""",
    "close": """
from kerchunk.hdf import SingleHdf5ToZarr
made = SingleHdf5ToZarr(files[0], error="raise", vlen_encode="embed", storage_options={})
result = made.translate(preserve_linked_dsets=False)
made.close()
""",
    "json_and_back": """
import json, os
from kerchunk.hdf import SingleHdf5ToZarr
result = os.path.join(folder, "one.json")
with open(result, "w") as file:
    file.write(json.dumps(SingleHdf5ToZarr(files[1]).translate()))
""",
    "out": """
from kerchunk.hdf import SingleHdf5ToZarr
mine = {"note/0": "kept"}
made = SingleHdf5ToZarr(files[0], out=mine).translate()
assert made["refs"] is mine and mine.pop("note/0") == "kept"
result = made
""",
    "in_parallel": """
import dask
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
tasks = [dask.delayed(lambda name: SingleHdf5ToZarr(name).translate())(name) for name in files]
result = MultiZarrToZarr(dask.compute(*tasks), concat_dims=["time"], remote_protocol="file").translate()
""",
    "time_series": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
singles = [SingleHdf5ToZarr(name).translate() for name in files]
result = MultiZarrToZarr(singles, concat_dims=["time"], identical_dims=["lat", "lon"]).translate()
""",
    "shuffled_series": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
singles = [SingleHdf5ToZarr(files[number]).translate() for number in (2, 0, 1)]
result = MultiZarrToZarr(singles, concat_dims="time", remote_protocol="file").translate()
""",
    "series_of_json_files": """
import json, os
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
names = []
for number, name in enumerate(files):
    names.append(os.path.join(folder, f"{number}.json"))
    with open(names[-1], "w") as file:
        json.dump(SingleHdf5ToZarr(name).translate(), file)
joined = MultiZarrToZarr(names, concat_dims=["time"], identical_dims=["lat", "lon"], target_options={}, remote_protocol="file")
result = os.path.join(folder, "all.json")
joined.translate(result, storage_options={"auto_mkdir": True})
""",
    "pattern_of_json_files": """
import json, os
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
for number, name in enumerate(files):
    with open(os.path.join(folder, f"s{number}.json"), "w") as file:
        json.dump(SingleHdf5ToZarr(name).translate(), file)
names = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("s"))
result = MultiZarrToZarr(names, concat_dims=["time"], remote_protocol="file").translate()
""",
    "cf_times": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
singles = [SingleHdf5ToZarr(name).translate() for name in files]
result = MultiZarrToZarr(singles, coo_map={"time": "cf:time"}, concat_dims=["time"], remote_protocol="file").translate()
""",
    "regular_expression": r"""
import re
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = MultiZarrToZarr(
    members, indicts=[SingleHdf5ToZarr(name).translate() for name in members], coo_map={"member": re.compile(r"_r(\d+)")},
    coo_dtypes={"member": "i4"}, concat_dims=["member"], identical_dims=["time", "lat", "lon"], remote_protocol="file").translate()
""",
    "function": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr

def member(index, fs, var, fn):
    assert var == "member" and fn == members[index]
    return int(fs.attrs["realization"]) * 10

result = MultiZarrToZarr(
    members, indicts=[SingleHdf5ToZarr(name).translate() for name in members], coo_map={"member": member},
    concat_dims=["member"], identical_dims=["time", "lat", "lon"], remote_protocol="file").translate()
""",
    "function_with_arrays": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in files], coo_map={"time": lambda index, fs, var, fn: fs["time"][...]},
    concat_dims=["time"], remote_protocol="file").translate()
""",
    "dates": """
import numpy as np
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in members], concat_dims=["issued"], identical_dims=["time", "lat", "lon"],
    coo_map={"issued": [f"2001-0{1 + number}-01" for number in range(len(members))]}, coo_dtypes={"issued": "M8[ns]"},
    remote_protocol="file").translate()
""",
    "attribute": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in members], coo_map={"member": "attr:realization"}, concat_dims=["member"],
    identical_dims=["time", "lat", "lon"], remote_protocol="file").translate()
""",
    "attribute_of_a_variable": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in members], coo_map={"height": "vattr:tas:height"}, concat_dims=["height"],
    identical_dims=["time", "lat", "lon"], remote_protocol="file").translate()
""",
    "index_and_list": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
singles = [SingleHdf5ToZarr(name).translate() for name in members]
one = MultiZarrToZarr(singles, coo_map={"n": "INDEX"}, concat_dims=["n"], identical_dims=["time"], remote_protocol="file")
two = MultiZarrToZarr(singles, coo_map={"n": [5, 6, 7]}, concat_dims=["n"], identical_dims=["time"], remote_protocol="file")
result = [one.translate(), two.translate()]
""",
    "names_of_variables": r"""
import re
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = MultiZarrToZarr(
    variables, indicts=[SingleHdf5ToZarr(name).translate() for name in variables], coo_map={"var": re.compile(r"v_(\w+)\.nc")},
    concat_dims=["var"], identical_dims=["lat", "lon"], remote_protocol="file").translate()
""",
    "changes": """
import json
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr, drop

def before(refs):
    attributes = json.loads(refs["tas/.zattrs"])
    refs["tas/.zattrs"] = json.dumps({**attributes, "note": "changed"})
    return drop("lon")(refs)

def after(refs):
    refs[".zattrs"] = json.dumps({"made": "here"})
    return refs

result = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in files], concat_dims=["time"], remote_protocol="file", preprocess=before,
    postprocess=after).translate()
""",
    "step_by_step": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
joined = MultiZarrToZarr([SingleHdf5ToZarr(name).translate() for name in files], concat_dims=["time"], remote_protocol="file")
assert joined.coos is None
found = sorted(joined.first_pass()["time"])
assert sorted(joined.coos["time"]) == found
joined.store_coords()
assert "time/.zarray" in joined.out and "tas/.zarray" not in joined.out
joined.second_pass()
assert joined.translate() == joined.translate()
result = [found, joined.translate()]
""",
    "append": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
singles = [SingleHdf5ToZarr(name).translate() for name in files]
first = MultiZarrToZarr(singles[:2], concat_dims=["time"], remote_protocol="file").translate()
result = MultiZarrToZarr.append(singles[2:], first, concat_dims=["time"], remote_protocol="file").translate()
""",
    "parquet": """
import os
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
from kerchunk.df import refs_to_dataframe
refs = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in files], concat_dims=["time"], remote_protocol="file").translate()
result = os.path.join(folder, "all.parq")
refs_to_dataframe(refs, result, record_size=5)
""",
    "mapper": """
import os, fsspec
from fsspec.implementations.reference import LazyReferenceMapper
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.combine import MultiZarrToZarr
result = os.path.join(folder, "mapper.parq")
out = LazyReferenceMapper.create(result, fs=fsspec.filesystem("file"), record_size=4)
made = MultiZarrToZarr(
    [SingleHdf5ToZarr(name).translate() for name in files], concat_dims=["time"], remote_protocol="file", out=out).translate()
assert made is out
out.flush()
assert sorted(key for key in out if key.startswith("tas/") and ".z" not in key) == [f"tas/{number}.0.0" for number in range(9)]
""",
    "auto_dask": """
import os
from kerchunk.combine import auto_dask, drop
from kerchunk.hdf import SingleHdf5ToZarr
result = os.path.join(folder, "tree.json")
auto_dask(
    files, SingleHdf5ToZarr, {"inline_threshold": 0},
    {"concat_dims": ["time"], "preprocess": drop("lon"), "postprocess": lambda refs: {**refs, ".zattrs": '{"made": "last"}'}},
    n_batches=2, remote_protocol="file", filename=result)
""",
    "auto_dask_of_json": """
import json, os
from kerchunk.combine import JustLoad, auto_dask
from kerchunk.hdf import SingleHdf5ToZarr
names = []
for number, name in enumerate(files):
    names.append(os.path.join(folder, f"{number}.json"))
    with open(names[-1], "w") as file:
        json.dump(SingleHdf5ToZarr(name).translate(), file)
result = auto_dask(names, JustLoad, {}, {"concat_dims": ["time"]}, 2, remote_protocol="file")
""",
    "merge_vars": """
from kerchunk.combine import merge_vars
from kerchunk.hdf import SingleHdf5ToZarr
result = merge_vars([SingleHdf5ToZarr(name).translate() for name in (files[0], extra)])
""",
    "concatenate_arrays": """
from kerchunk.combine import concatenate_arrays
from kerchunk.hdf import SingleHdf5ToZarr
result = concatenate_arrays([SingleHdf5ToZarr(name).translate() for name in files], path="tas", axis=0, check_arrays=True)
""",
    "netcdf3": """
from kerchunk.netCDF3 import NetCDF3ToZarr
result = NetCDF3ToZarr(classic, inline_threshold=0).translate()
""",
    "netcdf3_inlined": """
from kerchunk.netCDF3 import netcdf_recording_file
result = netcdf_recording_file(classic, inline_threshold=200, version=1).translate()
""",
    "do_inline": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import consolidate, do_inline
result = consolidate(do_inline(SingleHdf5ToZarr(files[0], inline_threshold=0).translate(), 200, remote_protocol="file"))
""",
    "inline_array": """
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import consolidate, inline_array
refs = SingleHdf5ToZarr(files[0], inline_threshold=0).translate()
result = [consolidate(inline_array(refs, 50)), consolidate(inline_array(refs, 0, names=["tas"]))]
""",
    "rename_target": """
import os, shutil
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import rename_target
moved = os.path.join(folder, "moved.nc")
shutil.copy(files[0], moved)
result = rename_target(SingleHdf5ToZarr(files[0], inline_threshold=0).translate(), {files[0]: moved})
assert {value[0] for value in result["refs"].values() if isinstance(value, list)} == {moved}
""",
    "rename_target_files": """
import json, os, shutil
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import rename_target_files
moved, result = os.path.join(folder, "moved.nc"), os.path.join(folder, "moved.json")
shutil.copy(files[0], moved)
with open(os.path.join(folder, "in.json"), "w") as file:
    json.dump(SingleHdf5ToZarr(files[0]).translate(), file)
rename_target_files(os.path.join(folder, "in.json"), {files[0]: moved}, result)
""",
    "subchunk": """
from kerchunk.netCDF3 import NetCDF3ToZarr
from kerchunk.utils import consolidate, subchunk
result = consolidate(subchunk(NetCDF3ToZarr(classic, inline_threshold=0).translate(), "fixed", 2))
assert len([key for key in result["refs"] if key.startswith("fixed/") and ".z" not in key]) == 2
""",
    "small_helpers": """
import numpy as np
from kerchunk.df import get_variables
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import class_factory, encode_fill_value, templateize

def scan(url, inline_threshold, storage_options, word):
    return [url, inline_threshold, storage_options, word]

values = [(1.5, "f4"), (np.nan, "f8"), (np.inf, "f8"), (-np.inf, "f4"), (3, "u1"), (True, "?"), (1 + 2j, "c16"), (b"ab", "S3"), (None, "f4"),
          (np.datetime64("2001-01-01"), "M8[ns]"), (np.array([4.0]), "f8")]
result = [
    [str(encode_fill_value(value, np.dtype(kind))) for value, kind in values],
    templateize(["s3://bucket/one.nc", "s3://bucket/other.nc"]), templateize(["a", "b"]),
    class_factory(scan)("u", storage_options={"a": 1}, word="w").translate(),
    sorted(get_variables({".zgroup": "{}", "a/.zarray": "{}", "a/0": "x"}, consolidated=False)),
]
""",
    "zarr_store": """
import zarr
from kerchunk.hdf import SingleHdf5ToZarr
from kerchunk.utils import fs_as_store, refs_as_fs, refs_as_store
refs = SingleHdf5ToZarr(files[0]).translate()
stores = [refs_as_store(refs, remote_protocol="file"), fs_as_store(refs_as_fs(refs, remote_protocol="file"), read_only=True)]
result = [zarr.open_group(store, mode="r", zarr_format=2, use_consolidated=False)["tas"][:].tolist() for store in stores]
""",
}

#: Scripts that kerchunk 0.2.10 itself cannot run, why, and the script whose result they should have.
ONLY_HERE = {
    "mapper": ("it sets chunks of arrays before their metadata, which LazyReferenceMapper needs first", "time_series"),
}
