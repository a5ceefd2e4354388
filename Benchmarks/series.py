# SPDX-License-Identifier: Apache-2.0
"""Reference sets that make series, for the benchmark of combining: as JSON, patched from a few templates, and as Parquet.

  python Benchmarks/series.py KIND COUNT [json|parquet]    makes a series, and prints its folder
"""
import base64
import json
import multiprocessing
import os
import shutil
import subprocess
import sys

import numpy as np

import inputs

# kind → variables, names of the axes, chunks of an input along them, which of the axes is joined
KINDS = {
    "first": (["tas"], ["time", "y", "x"], [100, 10, 10], 0),
    "variables": ([f"field{n}" for n in range(10)], ["time", "y", "x"], [10, 10, 10], 0),
    "second": (["tas"], ["level", "time", "x"], [100, 1, 100], 1),
    "last": (["tas"], ["level", "x", "time"], [100, 100, 1], 2),
}
VARIANTS = 8  # texts that differ in where chunks are
NUMBER = "@@@@@@"
VALUES = "%%VALUES%%"


def inline(values):
    return "base64:" + base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def array(shape, chunks, dtype, **more):
    return json.dumps({"shape": shape, "chunks": chunks, "dtype": dtype, "compressor": None, "fill_value": None, "filters": None,
                       "order": "C", "zarr_format": 2, **more})


def template(kind, variant):
    """The text of an input without its number, and the values of its time."""
    variables, names, grid, joined = KINDS[kind]
    url = f"s3://bench-bucket/archive/{kind}_{NUMBER}.nc"
    chunk = [1 if axis == joined or name == "level" else 18 for axis, name in enumerate(names)]
    shape = [n * c for n, c in zip(grid, chunk)]
    refs = {".zgroup": '{"zarr_format":2}', ".zattrs": json.dumps({"Conventions": "CF-1.8", "title": "made-up series"})}
    for name, length in zip(names, shape):
        attributes = {"_ARRAY_DIMENSIONS": [name]}
        if name == "time":
            attributes |= {"units": "hours since 1970-01-01", "calendar": "standard", "standard_name": "time"}
        refs[f"{name}/.zarray"] = array([length], [length], "<f8" if name == "time" else "<f4")
        refs[f"{name}/.zattrs"] = json.dumps(attributes)
        refs[f"{name}/0"] = VALUES if name == "time" else inline(np.linspace(0, 90, length, dtype="<f4"))
    offset = 20480
    for number, variable in enumerate(variables):
        refs[f"{variable}/.zarray"] = array(shape, chunk, "<f4", fill_value=1e20,
                                            filters=[{"id": "shuffle", "elementsize": 4}, {"id": "zlib", "level": 4}])
        refs[f"{variable}/.zattrs"] = json.dumps({"_ARRAY_DIMENSIONS": names, "units": "K", "cell_methods": "area: time: mean"})
        for index in np.ndindex(*grid):
            a, b, c = index
            size = 60000 + (a * 7919 + b * 104729 + c * 1299709 + number * 15485863 + variant * 32452843) % 40000
            refs[f"{variable}/{a}.{b}.{c}"] = [url, offset, size]
            offset += size
    return json.dumps({"version": 1, "refs": refs}), grid[joined]


def make_some(job):
    kind, folder, start, end = job
    texts = [template(kind, variant) for variant in range(VARIANTS)]
    for i in range(start, end):
        text, steps = texts[i % VARIANTS]
        text = text.replace(NUMBER, f"{i:06d}").replace(VALUES, inline(np.arange(steps, dtype="<f8") + steps * i))
        with open(os.path.join(folder, f"in_{i:05d}.json"), "w") as f:
            f.write(text)


def convert(job):
    kerchunk, source, target = job
    subprocess.run([kerchunk, "convert", source, "-o", target, "--record-size", "10000", "--jobs", "1", "--quiet"], check=True)


def jsons(kind, count):
    """The folder of a series of `count` inputs of 10,000 references as JSON."""
    folder = os.path.join(inputs.DATA, f"series_{kind}_json")
    os.makedirs(folder, exist_ok=True)
    present = len(os.listdir(folder))
    if present < count:
        step = max(1, (count - present + 7) // 8)
        jobs = [(kind, folder, start, min(start + step, count)) for start in range(present, count, step)]
        with multiprocessing.get_context("spawn").Pool() as pool:
            pool.map(make_some, jobs, chunksize=1)
    return folder


def parquets(kind, count, kerchunk):
    """The same as Parquet sets, made from the JSONs."""
    source = jsons(kind, count)
    folder = os.path.join(inputs.DATA, f"series_{kind}_parquet")
    os.makedirs(folder, exist_ok=True)
    jobs = [(kerchunk, os.path.join(source, f"in_{i:05d}.json"), os.path.join(folder, f"in_{i:05d}.parq")) for i in range(count)]
    with multiprocessing.get_context("spawn").Pool() as pool:
        pool.map(convert, [job for job in jobs if not os.path.exists(job[2])], chunksize=20)
    return folder


def remove(kind):
    for form in ("json", "parquet"):
        shutil.rmtree(os.path.join(inputs.DATA, f"series_{kind}_{form}"), ignore_errors=True)


def references():
    """A thousand reference sets of 1,000 chunks, one variable on ten steps of time."""
    folder = os.path.join(inputs.DATA, "refs")
    paths = [os.path.join(folder, f"in_{i:04d}.json") for i in range(1000)]
    if all(map(os.path.exists, paths)):
        return paths
    os.makedirs(folder, exist_ok=True)
    for i, path in enumerate(paths):
        axes = {"time": ("<f8", np.arange(10.0) + 10 * i, {"units": "hours since 1970-01-01", "calendar": "standard"}),
                "lat": ("<f4", np.linspace(-90, 90, 1800), {"units": "degrees_north"}),
                "lon": ("<f4", np.linspace(0, 360, 3600), {"units": "degrees_east"})}
        refs = {".zgroup": '{"zarr_format":2}', ".zattrs": json.dumps({"Conventions": "CF-1.8"})}
        for name, (dtype, values, attributes) in axes.items():
            refs[f"{name}/.zarray"] = array([len(values)], [len(values)], dtype)
            refs[f"{name}/.zattrs"] = json.dumps({"_ARRAY_DIMENSIONS": [name], **attributes})
            refs[f"{name}/0"] = inline(values.astype(dtype))
        refs["tas/.zarray"] = array([10, 1800, 3600], [1, 180, 360], "<f4", fill_value=1e20,
                                    filters=[{"id": "shuffle", "elementsize": 4}, {"id": "zlib", "level": 4}])
        refs["tas/.zattrs"] = json.dumps({"_ARRAY_DIMENSIONS": ["time", "lat", "lon"], "units": "K"})
        offset = 20480
        for t, y, x in np.ndindex(10, 10, 10):
            size = 60000 + (t * 7919 + y * 104729 + x * 1299709 + i * 15485863) % 40000
            refs[f"tas/{t}.{y}.{x}"] = [f"s3://bench-bucket/archive/tas_1hr_MODEL-X_historical_r1i1p1f1_gn_{i:06d}.nc", offset, size]
            offset += size
        with open(path, "w") as f:
            json.dump({"version": 1, "refs": refs}, f)
    return paths


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[3] == "parquet":
        import hdf5

        print(parquets(sys.argv[1], int(sys.argv[2]), hdf5.KERCHUNK))
    else:
        print(jsons(sys.argv[1], int(sys.argv[2])))
