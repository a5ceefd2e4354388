# SPDX-License-Identifier: Apache-2.0
"""What reference sets say: documents and where each chunk lies, read with json and pyarrow alone."""
import base64
import glob
import json
import math
import os

import pyarrow.parquet as pq

DOCUMENTS = (".zarray", ".zattrs", ".zgroup", "zarr.json")


def is_document(key):
    return key.rsplit("/", 1)[-1] in DOCUMENTS


def document(value):
    """Canonical text: NaN is not equal to itself, and some members say the same in two ways."""
    value = json.loads(value) if isinstance(value, (str, bytes)) else dict(value)
    if "_ARRAY_DIMENSIONS" in value or not {"zarr_format", "shape"} & set(value):
        value = standard(value)
    if value.get("dimension_separator") == ".":
        del value["dimension_separator"]
    if value.get("attributes") == {}:  # VirtualiZarr; not a member of .zarray
        del value["attributes"]
    if "chunks" in value:  # of arrays without elements
        value["chunks"] = [max(n, 1) for n in value["chunks"]]
    if isinstance(value.get("fill_value"), str) and str(value["dtype"]).startswith("|S"):
        fill = base64.b64decode(value["fill_value"]).ljust(int(value["dtype"][2:]), b"\0")
        value["fill_value"] = base64.b64encode(fill).decode()
    return json.dumps(value, sort_keys=True)


def standard(attributes):
    """Attributes as references have them, in JSON that every parser takes: docs/differences.md, "NaN in attributes"."""
    found = {}
    for name, value in attributes.items():
        if name in ("_FillValue", "missing_value") and isinstance(value, float) and math.isnan(value):
            continue
        keeps = name in ("_FillValue", "missing_value", "scale_factor", "add_offset")
        found[name] = value if keeps else standard_number(value)
    return found


def standard_number(value):
    """NaN and the infinities as text, in lists, too."""
    if isinstance(value, list):
        return [standard_number(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def chunk(value):
    """("range", URL, offset, size), ("file", URL) or ("inline", bytes)."""
    if isinstance(value, list):
        return ("file", value[0]) if len(value) == 1 else ("range", *value)
    if isinstance(value, dict):
        value = json.dumps(value)
    if isinstance(value, str):
        value = base64.b64decode(value[7:]) if value.startswith("base64:") else value.encode()
    return ("inline", value)


def meaning(refs):
    """Key → document or chunk, of references as JSON has them, without the copies in `.zmetadata`.

    VirtualiZarr gives the chunk of a scalar no index.
    """
    return {key + "0" if key.endswith("/") else key: document(value) if is_document(key) else chunk(value)
            for key, value in refs.items() if key != ".zmetadata"}


def of_json(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return meaning(json.load(f)["refs"])


def grid(array):
    """How many chunks there are along each axis; a scalar has one of no axis."""
    return [-(-n // c) if n else 0 for n, c in zip(array["shape"], array["chunks"])]


def inside(found):
    """Without chunks behind the last one along some axis, which nothing reads."""
    grids = {key.removesuffix(".zarray"): grid(json.loads(value)) or [1] for key, value in found.items()
             if key.endswith("/.zarray")}

    def is_inside(key):
        folder, _, index = key.rpartition("/")
        return all(int(i) < n for i, n in zip(index.split("."), grids[folder + "/"], strict=True))
    return {key: value for key, value in found.items() if is_document(key) or is_inside(key)}


def of_parquet(root):
    """The same of a Parquet set, row by row."""
    with open(os.path.join(root, ".zmetadata")) as f:
        header = json.load(f)
    found = {key: document(value) for key, value in header["metadata"].items()}
    for key in [key for key in header["metadata"] if key.endswith("/.zarray")]:
        array, name = header["metadata"][key], key.removesuffix("/.zarray")
        lengths = grid(array) or [1]
        for file in glob.glob(os.path.join(glob.escape(os.path.join(root, name)), "refs.*.parq")):
            first = int(file.split(".")[-2]) * header["record_size"]
            for position, row in enumerate(pq.read_table(file).to_pylist(), first):
                if row["raw"] is not None:
                    value = ("inline", row["raw"])
                elif row["path"] is None:
                    continue
                else:
                    place = int(row["offset"] or 0), int(row["size"] or 0)
                    value = ("range", row["path"], *place) if any(place) else ("file", row["path"])
                if position >= math.prod(lengths):
                    continue
                index = []
                for n in reversed(lengths):
                    position, i = divmod(position, n)
                    index.insert(0, str(i))
                found[f"{name}/{'.'.join(index)}"] = value
    return found


def differences(got, wanted):
    """What two sets say differently; a group or an array without attributes needs no `.zattrs`."""
    keys = {key for key in {*got, *wanted} if got.get(key) != wanted.get(key)}
    return [f"{key}: {got.get(key)!r:.200}, not {wanted.get(key)!r:.200}" for key in sorted(keys)
            if not (key.endswith(".zattrs") and {got.get(key), wanted.get(key)} == {None, "{}"})]
