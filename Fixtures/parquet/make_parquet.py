# SPDX-License-Identifier: Apache-2.0
"""Makes the files of this folder again: `python Fixtures/parquet/make_parquet.py`.

`tables/` holds one partition, 100 rows of four columns, as different writers and settings store it. Row i is

    missing                      where i % 10 == 3
    inline, i % 7 times byte i   where i % 10 == 7
    a whole file                 where i % 20 == 5
    100 + i bytes from byte 1000 i of s3://bucket/f<i // 8>.nc otherwise.

`sets/` holds whole reference sets. Tests/KerchunkReferencesTests compares with the rules, not with bytes.
"""
import json
import os
import shutil
import warnings

import fsspec
import kerchunk.df
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.reference import LazyReferenceMapper

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 100


def row(i):
    """path, offset, size, raw"""
    if i % 10 == 3:
        return None, None, None, None
    if i % 10 == 7:
        return None, None, None, bytes([i]) * (i % 7)
    path = f"s3://bucket/f{i // 8}.nc"
    return (path, 0, 0, None) if i % 20 == 5 else (path, 1000 * i, 100 + i, None)


TABLE = [row(i) for i in range(ROWS)]


def arrow(nulls=False, integers=pa.int64(), required=False):
    paths, offsets, sizes, raws = zip(*TABLE)
    if not nulls:
        offsets, sizes = ([value or 0 for value in column] for column in (offsets, sizes))
    fields = [pa.field("path", pa.string()), pa.field("offset", integers, nullable=not required),
              pa.field("size", integers, nullable=not required), pa.field("raw", pa.binary())]
    return pa.table([pa.array(paths, pa.string()), pa.array(offsets, integers), pa.array(sizes, integers),
                     pa.array(raws, pa.binary())], schema=pa.schema(fields))


def pandas():
    paths, offsets, sizes, raws = zip(*TABLE)
    return pd.DataFrame({
        "path": np.array(paths, "O"), "offset": np.array([value or 0 for value in offsets], "int64"),
        "size": np.array([value or 0 for value in sizes], "int64"), "raw": np.array(raws, "O")})


def make_tables(folder):
    def by_arrow(name, table=None, **settings):
        settings.setdefault("compression", "none")
        pq.write_table(table or arrow(), os.path.join(folder, f"arrow_{name}.parq"), **settings)

    deltas = {"path": "DELTA_BYTE_ARRAY", "offset": "DELTA_BINARY_PACKED", "size": "DELTA_BINARY_PACKED",
              "raw": "DELTA_LENGTH_BYTE_ARRAY"}
    for compression in ("none", "snappy", "gzip", "zstd", "lz4"):
        by_arrow(f"dictionary_{compression}", compression=compression)
        by_arrow(f"plain_v2_{compression}", compression=compression, use_dictionary=False, data_page_version="2.0")
    by_arrow("plain_v1", use_dictionary=False)
    by_arrow("dictionary_v2", data_page_version="2.0", compression="zstd")
    by_arrow("old_dictionary", version="1.0")
    by_arrow("delta", use_dictionary=False, column_encoding=deltas)
    by_arrow("delta_v2", use_dictionary=False, column_encoding=deltas, data_page_version="2.0", compression="zstd")
    by_arrow("delta_path_lengths", use_dictionary=False,
             column_encoding={**deltas, "path": "DELTA_LENGTH_BYTE_ARRAY", "raw": "DELTA_BYTE_ARRAY"})
    by_arrow("small_pages", use_dictionary=False, data_page_size=64, write_batch_size=7)
    by_arrow("small_dictionary_pages", data_page_size=16, write_batch_size=7)
    by_arrow("dictionary_overflow", dictionary_pagesize_limit=64, write_batch_size=10)
    by_arrow("row_groups", row_group_size=13, compression="snappy")
    by_arrow("nulls", arrow(nulls=True))
    by_arrow("required", arrow(required=True))
    by_arrow("int32", arrow(integers=pa.int32()))
    by_arrow("double", arrow(nulls=True, integers=pa.float64()))
    by_arrow("page_index", write_page_index=True, write_page_checksum=True)
    by_arrow("no_statistics", write_statistics=False)
    by_arrow("large_types", arrow().cast(pa.schema([("path", pa.large_string()), ("offset", pa.int64()),
                                                     ("size", pa.int64()), ("raw", pa.large_binary())])))

    def by_fastparquet(name, frame, **settings):
        settings.setdefault("compression", "zstd")
        frame.to_parquet(os.path.join(folder, f"fastparquet_{name}.parq"), engine="fastparquet", index=False,
                         object_encoding={"raw": "bytes", "path": "utf8"}, has_nulls=["path", "raw"], **settings)

    for compression in ("zstd", "snappy", "gzip", None):
        by_fastparquet(f"plain_{compression}".lower(), pandas(), compression=compression, stats=False)
    by_fastparquet("category", pandas().astype({"path": "category"}), stats=False)
    by_fastparquet("row_groups", pandas(), row_group_offsets=30)
    floats = pandas()
    floats.loc[floats["path"].isna(), ["offset", "size"]] = np.nan
    by_fastparquet("double", floats)


def references():
    """Row i of the table as chunk i of the array `x`, and a nested scalar."""
    array = {"shape": [ROWS], "chunks": [1], "dtype": "<f8", "compressor": None, "filters": None, "fill_value": -1.0,
             "order": "C", "zarr_format": 2}
    refs = {".zgroup": {"zarr_format": 2}, ".zattrs": {"title": "a set"}, "x/.zarray": array,
            "x/.zattrs": {"_ARRAY_DIMENSIONS": ["x"]}, "g/.zgroup": {"zarr_format": 2},
            "g/s/.zarray": {**array, "shape": [], "chunks": []}, "g/s/.zattrs": {"_ARRAY_DIMENSIONS": []},
            "g/s/0": ["s3://bucket/s.nc", 8, 8]}
    for i, (path, offset, size, raw) in enumerate(TABLE):
        if raw is not None:
            refs[f"x/{i}"] = raw
        elif path is not None:
            refs[f"x/{i}"] = [path] if size == 0 else [path, offset, size]
    return {key: json.dumps(value) if isinstance(value, dict) else value for key, value in refs.items()}


def make_sets(folder):
    fs = fsspec.filesystem("file")
    for name, threshold in (("mapper", 10), ("mapper_category", 0)):
        mapper = LazyReferenceMapper.create(os.path.join(folder, name + ".parq"), fs=fs, record_size=30,
                                            categorical_threshold=threshold)
        for key, value in references().items():
            mapper[key] = value.encode() if isinstance(value, str) else value
        mapper.flush()
    kerchunk.df.refs_to_dataframe(references(), os.path.join(folder, "kerchunk.parq"), record_size=30)
    make_short(os.path.join(folder, "short.parq"))


def make_short(root):
    """As GDAL writes: the last partition ends with the last chunk; offset and size are null where a chunk is missing."""
    os.makedirs(os.path.join(root, "x"))
    table = arrow(nulls=True)
    for k in range(4):
        if k != 2:  # partitions without a file are missing chunks
            pq.write_table(table.slice(30 * k, 30), os.path.join(root, "x", f"refs.{k}.parq"), compression="zstd",
                           row_group_size=30)
    metadata = {key: json.loads(value) for key, value in references().items()
                if ".z" in key and not key.startswith("g/")}
    with open(os.path.join(root, ".zmetadata"), "w") as file:
        json.dump({"metadata": metadata, "record_size": 30}, file)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for folder, make in (("tables", make_tables), ("sets", make_sets)):
        path = os.path.join(HERE, folder)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        make(path)
