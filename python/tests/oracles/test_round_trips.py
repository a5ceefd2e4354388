# SPDX-License-Identifier: Apache-2.0
"""`kerchunk convert` changes the form of references, never what they say: ours, kerchunk's and VirtualiZarr's."""
import concurrent.futures
import json
import logging
import os
import shutil
import warnings

import numpy as np
import pytest

import command
import reference_sets
from closing import LINES
from isolated import Crash, Hang, isolated
from locations import kerchunk_references
from test_reference_commands import assert_same, contents, opened

RECORD_SIZES = [3, 50, 100_000]
COLLECTIONS = {
    "fixtures": lambda: command.fixtures("hdf5", "netcdf4"),
    "corpus": lambda: command.corpus("netcdf4") + command.corpus("hdf5")[::8],
}


def said(path):
    return reference_sets.of_json(path) if path.endswith(".json") else reference_sets.of_parquet(path)


def convert(source, target, *options):
    run = command.kerchunk("convert", source, "-o", target, "--quiet", *options)
    assert run.status == 0, f"{source}: exit status {run.status}: {run.err[-2000:]}"


def there_and_back(path, folder, record_size):
    """(chunks, differences) of a JSON set by way of Parquet."""
    parquet, again = os.path.join(folder, "set.parq"), os.path.join(folder, "again.json")
    os.makedirs(folder)
    convert(path, parquet, "--record-size", record_size)
    convert(parquet, again)
    before = said(path)
    count = sum(not reference_sets.is_document(key) for key in before)
    found = [f"{form} {text}" for form, after in (("Parquet", said(parquet)), ("JSON", said(again)))
             for text in reference_sets.differences(after, before)]
    shutil.rmtree(folder)
    return count, found


def fits_directories(references):
    """Whether all names are short enough for a file system; Parquet has a directory for each."""
    return all(len(part.encode(errors="surrogateescape")) < 256 for key in references for part in key.split("/"))


@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_json_to_parquet_to_json(collection, tmp_path, request):
    files = COLLECTIONS[collection]()
    if not files:
        pytest.skip(command.CORPUS_ABSENT)
    scanned = command.scan_all(files, str(tmp_path), "--inline-threshold", 40)
    good = [s for s in scanned.values() if not s.error and fits_directories(s.references())]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda n: there_and_back(good[n].output, str(tmp_path / f"set{n}"), RECORD_SIZES[n % 3]),
                                range(len(good))))
    chunks = sum(count for count, _ in results)
    bad = [f"{os.path.basename(entry.path)} {text}" for entry, (_, found) in zip(good, results) for text in found]
    request.config.stash.setdefault(LINES, []).append(
        f"round trips {collection}: {chunks} chunks of {len(good)} files are the same behind Parquet")
    assert len(good) > 0.9 * len(files) and chunks > 1000
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:60])


# what others write

# kerchunk takes hours, or fails, on groups inside each other, some compounds and names that are no paths
NOT_FOR_KERCHUNK = ("deep_groups", "types_", "fill_values_types", "committed_", "shared_messages", "odd_names", "user_types")


def others_files():
    plain = [path for path in command.fixtures("hdf5") if not any(word in os.path.basename(path) for word in NOT_FOR_KERCHUNK)]
    return plain[::3] + command.fixtures("netcdf4") + command.corpus("netcdf4")


def by_kerchunk(path, target):
    from kerchunk.df import refs_to_dataframe

    references = kerchunk_references(path, 60)
    with open(target + ".json", "w") as f:
        json.dump({"version": 1, "refs": references}, f)
    refs_to_dataframe({"refs": references}, target + ".parq", record_size=20)


def by_virtualizarr(path, target):
    import virtualizarr
    import xarray as xr
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import LocalStore

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    registry = ObjectStoreRegistry({"file://": LocalStore()})
    virtual = virtualizarr.open_virtual_dataset("file://" + path, registry=registry, parser=virtualizarr.parsers.HDFParser(),
                                                loadable_variables=[], decode_times=False)
    # numbers that are loaded are inlined
    loaded = xr.Dataset({name: (v.dims, np.arange(v.size, dtype="f4").reshape(v.shape))
                         for name, v in list(virtual.variables.items())[:1] if v.ndim == 1 and v.dtype.kind in "if"})
    virtual = virtual.assign({name: v.variable for name, v in loaded.items()})
    virtual.vz.to_kerchunk(target + ".json", format="json")
    with open(target + ".json") as f:
        if any(key.endswith("/") for key in json.load(f)["refs"]):
            return  # it gives the chunk of a scalar no name, which its Parquet writer cannot take
    os.makedirs(target + ".parq")
    virtual.vz.to_kerchunk(target + ".parq", format="parquet", record_size=20)


@pytest.mark.parametrize("make", [by_kerchunk, by_virtualizarr], ids=lambda make: make.__name__.removeprefix("by_"))
def test_references_of_others_keep_their_meaning(make, tmp_path, request):
    files = others_files() if make == by_kerchunk else command.fixtures("netcdf4") + command.corpus("netcdf4")[::2]
    warm = ["kerchunk.hdf", "kerchunk.df", *(["virtualizarr"] if make == by_virtualizarr else [])]
    made = [str(tmp_path / str(n)) for n in range(len(files))]
    results = isolated(make, list(zip(files, made)), seconds=8 if make == by_kerchunk else 30, warm=warm)
    usable = [(path, target) for path, target, result in zip(files, made, results) if not isinstance(result, (Hang, Crash))]

    def compare(entry):
        path, target = entry
        found = []
        for source in [form for form in ("json", "parq") if os.path.exists(f"{target}.{form}")]:
            before = reference_sets.inside(said(f"{target}.{source}"))
            for form in ("json", "parq"):
                ours = f"{target}-{source}.{form}"
                convert(f"{target}.{source}", ours)
                found += [f"{os.path.basename(path)} from {source} to {form}: {text}"
                          for text in reference_sets.differences(said(ours), before)]
        return found, sum(not reference_sets.is_document(key) for key in before)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        compared = list(pool.map(compare, usable))
    bad = [text for found, _ in compared for text in found]
    request.config.stash.setdefault(LINES, []).append(
        f"references of {make.__name__[3:]}: {sum(n for _, n in compared)} chunks of {len(usable)} of {len(files)} files")
    # they fail on many files by themselves, and may be slow on a busy machine
    assert len(usable) >= 8
    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:60])


@pytest.mark.parametrize("make", [by_kerchunk, by_virtualizarr], ids=lambda make: make.__name__.removeprefix("by_"))
@pytest.mark.parametrize("name", ["climate.nc", "packed.nc", "times.nc", "attributes.nc"])
def test_values_through_references_of_others(make, name, tmp_path):
    target = str(tmp_path / "theirs")
    make(os.path.join(command.FIXTURES, "netcdf4", name), target)
    with open(target + ".json") as f:
        references = {key + "0" if key.endswith("/") else key: value for key, value in json.load(f)["refs"].items()}
    root = opened({"version": 1, "refs": references})
    right = {"": (dict(root.attrs), None)}
    # zarr itself shows no members where metadata are not consolidated
    for path in [key.removesuffix("/.zarray") for key in references if key.endswith("/.zarray")]:
        right[path] = (dict(root[path].attrs), np.asarray(root[path][...]))
    assert len(right) > 1
    for source in [form for form in ("json", "parq") if os.path.exists(f"{target}.{form}")]:
        for form in ("json", "parq"):
            ours = f"{target}-{source}.{form}"
            convert(f"{target}.{source}", ours)
            assert_same(contents(ours), right)
