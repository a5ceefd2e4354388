# SPDX-License-Identifier: Apache-2.0
"""Makes the files of this folder again: `python Fixtures/references/make_references.py`.

`sets/` holds JSON reference sets: by hand, by kerchunk and by VirtualiZarr. `expected/` holds what fsspec makes of each
(templates and `gen` expanded with Jinja): chunk keys, with ["range", url, offset, size], ["file", url] or
["inline", base64]. Tests/KerchunkReferencesTests compares our reader with that.
"""
import base64
import gzip
import json
import os
import shutil
import tempfile
import warnings

import fsspec
import h5py
import numcodecs
import numpy as np
from fsspec.implementations.reference import ReferenceFileSystem

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENTS = (".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json")


def zarray(shape, chunks, **more):
    return {"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "<f8", "fill_value": None, "order": "C",
            "filters": None, "compressor": None, **more}


def zarr_v3(shape, chunks, separator="/", name="default"):
    return {"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "float64",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
            "chunk_key_encoding": {"name": name, "configuration": {"separator": separator}},
            "fill_value": "NaN", "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "attributes": {}}


def by_hand():
    text = json.dumps
    yield "v0", {
        ".zgroup": text({"zarr_format": 2}), "a/.zarray": text(zarray([4, 2], [2, 1])),
        "a/.zattrs": text({"_ARRAY_DIMENSIONS": ["y", "x"]}),
        "a/0.0": ["s3://bucket/a.nc", 0, 16], "a/0.1": "base64:" + base64.b64encode(bytes(range(16))).decode(),
        "a/1.0": ["s3://bucket/b.nc"], "a/1.1": "sixteen bytes ..",
    }
    yield "v1", {"version": 1, "refs": {
        ".zgroup": {"zarr_format": 2}, "a/.zarray": zarray([4, 2], [2, 1]),
        "a/.zattrs": text({"_ARRAY_DIMENSIONS": ["y", "x"], "title": "\u00e9\u4e2d\U0001f600"}),
        "a/0.0": ["s3://bucket/a \"quoted\" {brace}.nc", 1 << 60, 16], "a/0.1": "tab\tquote\" back\\ slash",
        "a/1.0": ["https://host/{{not a template}}.nc", 5, 0], "g/.zgroup": text({"zarr_format": 2}),
        "g/s/.zarray": text(zarray([], [])), "g/s/0": ["s3://bucket/s.nc", 8, 8],
    }}
    yield "specification", {
        "version": 1, "templates": {"u": "server.domain/path", "f": "{{c}}"},
        "gen": [{"key": "gen_key/{{i}}", "url": "http://{{u}}_{{i}}", "offset": "{{(i + 1) * 1000}}",
                 "length": "1000", "dimensions": {"i": {"stop": 5}}}],
        "refs": {
            "gen_key/.zarray": text(zarray([5], [1])), "key/.zarray": text(zarray([5], [1])),
            "key/0": "data", "key/1": ["http://target_url", 10000, 100], "key/2": ["http://{{u}}", 10000, 100],
            "key/3": ["http://{{f(c='text')}}", 10000, 100], "key/4": ["http://target_url"],
        }}
    forms = ["{{u}}/1", "{{ u }}/2", "{{u}}{{v}}", "{{f(c='x')}}", '{{ f(c="y") }}', "{{g(a=1, b=2)}}", "{{g(a='p', b=u)}}",
             "{single} {{u}}", "{{u|upper}}", "{{u ~ '/' ~ 3}}", "{{ f(c='%03d' % 7) }}", "{{- u -}} /t", "{{h(n=4)}}",
             "}} {{v}}", "{{'{{'}}", "{{u}}\n"]
    yield "templates", {
        "version": 1, "templates": {"u": "s3://bucket/folder", "v": "/v", "f": "gs://b/{{c}}.nc", "g": "{{a}}-{{ b }}.grib",
                                    "h": "{{n * 2 + 1}}/{{ '%02d' % n }}"},
        "refs": {"a/.zarray": text(zarray([len(forms)], [1])),
                 **{f"a/{i}": [form, 100 * i, 10] for i, form in enumerate(forms)}}}
    yield "gen", {
        "version": 1, "templates": {"b": "s3://bucket"},
        "gen": [
            {"key": "a/{{t}}.{{x}}", "url": "{{b}}/{{'%04d' % (1990 + t)}}/{{ '{:02d}'.format(x) }}.nc",
             "offset": "{{ t * 100 + x ** 2 }}", "length": "{{ 100 // (x + 1) }}",
             "dimensions": {"t": {"start": 1, "stop": 4}, "x": [0, 2, 1]}},
            {"key": "n/{{i // 10}}", "url": "{{b}}/{{name}}_{{ \"%s-%02d\"|format(name, i) }}.nc",
             "dimensions": {"i": {"start": 40, "stop": -1, "step": -20}, "name": ["one", "two"]}},
            {"key": "m/{{-i + 3}}", "url": "{{b}}/{{i % 2}}{{-7 // 2}}{{-7 % 3}}{{7 / 2}}{{1.5 * i}}{{2 * (i - 1)}}",
             "offset": "{{i}}", "length": " {{i|string ~ 0}} ", "dimensions": {"i": {"stop": 4}}},
        ],
        "refs": {"a/.zarray": text(zarray([4, 3], [1, 1])), "a/1.0": ["overwritten", 0, 1], "a/0.0": ["stays", 0, 1],
                 "n/.zarray": text(zarray([5], [1])), "m/.zarray": text(zarray([7], [1]))}}
    yield "v3", {"version": 1, "refs": {
        "zarr.json": text({"zarr_format": 3, "node_type": "group", "attributes": {"title": "v3"}}),
        "a/zarr.json": text(zarr_v3([4, 3], [2, 1])), "a/c/0/0": ["s3://bucket/a.nc", 0, 16],
        "a/c/1/2": ["s3://bucket/a.nc", 16, 16], "d/zarr.json": text(zarr_v3([4, 3], [2, 1], ".")),
        "d/c.1.0": ["s3://bucket/d.nc", 0, 16], "e/zarr.json": text(zarr_v3([4, 3], [2, 1], ".", "v2")),
        "e/0.1": ["s3://bucket/e.nc", 0, 16], "s/zarr.json": text(zarr_v3([], [])), "s/c": ["s3://bucket/s.nc", 0, 8],
    }}
    yield "order", {"refs": {
        "b/0/1": ["s3://bucket/{{x}}.nc", 0, 8], "a/1": ["s3://bucket/a.nc", 8, 8], "a/0": "early",
        "deep/er/c/2": ["s3://bucket/c.nc", 1, 2],
        "a/.zarray": text(zarray([2], [1])), "b/.zarray": text(zarray([2, 2], [1, 1], dimension_separator="/")),
        "b/1/0": ["s3://bucket/{{x}}.nc", 8, 8],
        ".zmetadata": text({"zarr_consolidated_format": 1, "metadata": {"deep/er/c/.zarray": zarray([3], [1])}}),
        "deep/er/c/0": ["s3://bucket/c.nc", 3, 4],
    }, "templates": {"x": "late"}, "version": 1}
    yield "python", ('{"version": 1, "refs": {"a/.zarray": {"zarr_format": 2, "shape": [2], "chunks": [1], "dtype": "<f8",'
                     ' "fill_value": NaN, "order": "C", "filters": null, "compressor": null}, "a/.zattrs":'
                     ' "{\\"low\\": -Infinity, \\"high\\": Infinity, \\"none\\": NaN, \\"large\\": 18446744073709551615,'
                     ' \\"exact\\": 9007199254740993}", "a/0": ["s3://b/f.nc", 9007199254740993, 8],'
                     ' "a/1": ["s3://b/first.nc", 1, 1], "a/1": ["s3://b/last.nc", 2, 2]}}')


def hdf5(path, start):
    with h5py.File(path, "w", libver="latest") as file:
        time = file.create_dataset("time", data=np.arange(start, start + 4.0))
        time.make_scale("time")
        time.attrs["units"] = "days since 2000-01-01"
        x = file.create_dataset("x", data=np.arange(3.0))
        x.make_scale("x")
        data = file.create_dataset("t", shape=(4, 3), chunks=(2, 3), dtype="f4", compression="gzip", fillvalue=np.nan)
        data[...] = np.arange(12).reshape(4, 3) + start
        data.dims[0].attach_scale(time)
        data.dims[1].attach_scale(x)


def by_libraries():
    import kerchunk.combine
    import kerchunk.hdf
    import virtualizarr
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import LocalStore

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/f{number}.h5" for number in range(2)]
        singles = []
        for number, path in enumerate(paths):
            hdf5(path, 4 * number)
            with open(path, "rb") as file:
                url = f"s3://bucket/folder/f{number}.h5"
                singles.append(kerchunk.hdf.SingleHdf5ToZarr(file, url, inline_threshold=100).translate())
        yield "kerchunk_single", singles[0]
        yield "kerchunk_combined", kerchunk.combine.MultiZarrToZarr(
            singles, concat_dims=["time"], identical_dims=["x"]).translate()
        registry = ObjectStoreRegistry({"file://": LocalStore()})
        datasets = [virtualizarr.open_virtual_dataset(
            "file://" + path, registry=registry, parser=virtualizarr.parsers.HDFParser(), loadable_variables=["time", "x"])
            for path in paths]
        import xarray
        both = xarray.concat(datasets, dim="time", coords="minimal", compat="override", data_vars="minimal")
        both = both.vz.rename_paths(lambda path: "s3://bucket/folder/" + path.rsplit("/", 1)[1])
        yield "virtualizarr", both.vz.to_kerchunk(format="dict")


def expected(references, simple=False):
    """What fsspec makes of them."""
    if isinstance(references, str):
        references = json.loads(references)
    # The store is never asked.
    found = ReferenceFileSystem(fo=json.loads(json.dumps(references)), fs=fsspec.filesystem("memory"), simple_templates=simple).references
    chunks = {}
    for key, value in found.items():
        if key.rsplit("/", 1)[-1] in DOCUMENTS:
            continue
        if isinstance(value, (str, bytes)):
            value = value.encode() if isinstance(value, str) else value
            if value.startswith(b"base64:"):
                value = base64.b64decode(value[7:])
            chunks[key] = ["inline", base64.b64encode(value).decode()]
        else:
            chunks[key] = ["file", value[0]] if len(value) == 1 else ["range", *value]
    return chunks


def main():
    warnings.simplefilter("ignore")
    for folder in ("sets", "expected"):
        shutil.rmtree(f"{HERE}/{folder}", ignore_errors=True)
        os.makedirs(f"{HERE}/{folder}")
    for makers in (by_hand(), by_libraries()):
        for name, references in makers:
            text = references if isinstance(references, str) else json.dumps(references, default=lambda x: x.item())
            with open(f"{HERE}/sets/{name}.json", "w") as file:
                file.write(text)
            with open(f"{HERE}/expected/{name}.json", "w") as file:
                json.dump(expected(json.loads(text)), file, indent=1)
            if name == "kerchunk_combined":
                with open(f"{HERE}/sets/compressed.json.zst", "wb") as file:
                    file.write(numcodecs.Zstd(level=3).encode(text.encode()))
                with open(f"{HERE}/sets/compressed.json.gz", "wb") as file:
                    file.write(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
