# SPDX-License-Identifier: Apache-2.0
"""Where chunks lie: by our references, by h5py, and by kerchunk."""
import json
import os

import arrays


def is_chunk(key):
    return key.rsplit("/", 1)[-1] not in (".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json")


def by_references(references):
    """array → chunk key → (offset, size), for chunks that are ranges of files."""
    found = {}
    for key, value in references.items():
        if is_chunk(key):
            name, _, index = key.rpartition("/")
            known = found.setdefault("/" + name, {})
            if isinstance(value, list) and len(value) == 3:
                known[index] = tuple(value)
    return found


def by_h5py(path, most_chunks=20000):
    """array → chunk key → (offset, size, filter mask), for arrays whose elements lie in the file itself."""
    arrays.environment()
    import h5py

    found = {}
    with h5py.File(path, "r") as file:
        block = file.userblock_size
        for paths, dataset, link in arrays.walk(file):
            if arrays.is_dimension_only(dataset):
                continue
            if link == "ExternalLink" or dataset.shape is None or dataset.external or dataset.is_virtual:
                continue
            known = {}
            kind = dataset.id.get_type()
            # an array type adds dimensions
            further = [0] * (len(kind.get_array_dims()) if isinstance(kind, h5py.h5t.TypeArrayID) else 0)
            if dataset.chunks is None:
                offset = dataset.id.get_offset()
                if offset is not None and dataset.size:
                    known[".".join("0" * max(dataset.ndim + len(further), 1))] = (offset, dataset.id.get_storage_size(), 0)
            else:
                grid = [-(-n // c) for n, c in zip(dataset.shape, dataset.chunks)]
                total = 1
                for n in grid:
                    total *= n
                if total > most_chunks:
                    continue
                for number in range(total):
                    index, rest = [], number
                    for n in reversed(grid):
                        index.insert(0, rest % n)
                        rest //= n
                    info = dataset.id.get_chunk_info_by_coord(tuple(i * c for i, c in zip(index, dataset.chunks)))
                    if info.byte_offset is not None:
                        known[".".join(map(str, index + further))] = (info.byte_offset, info.size, info.filter_mask)
            for name in paths:
                found[name] = known
        return found, block


def is_in_place(path, name, index, place):
    """Whether libhdf5, when it reads this chunk, gets the bytes at our place.

    That is the last word where a dimension that is not the first is unlimited: there libhdf5 reports wrong coordinates for
    the chunks of extensible arrays, though it reads them rightly.
    """
    import h5py

    with h5py.File(path, "r") as file, open(path, "rb") as raw:
        dataset = file[name]
        if dataset.chunks is None or None not in (dataset.maxshape or ())[1:]:
            return False
        origin = tuple(int(i) * c for i, c in zip(index.split("."), dataset.chunks))
        try:
            _, stored = dataset.id.read_direct_chunk(origin)
        except (OSError, RuntimeError, ValueError):
            return False
        raw.seek(place[0])
        return len(stored) == place[1] and raw.read(place[1]) == stored


def against_h5py(path, output):
    """(compared, differences) of the ranges in a reference file with those that h5py reports."""
    truth, _ = by_h5py(path)
    with open(output, encoding="utf-8", errors="surrogateescape") as f:
        ours = by_references(json.load(f)["refs"])
    compared, differences = 0, []
    for name, known in truth.items():
        for index, place in ours.get(arrays.display(name), ours.get(name, {})).items():
            if os.path.abspath(place[0]) != os.path.abspath(path):
                differences.append(f"{name}/{index} lies in {place[0]}")
                continue
            compared += 1
            if known.get(index, ())[:2] != place[1:] and is_in_place(path, name, index, place[1:]):
                continue
            if index not in known:
                differences.append(f"{name}/{index} is at {place[1:]}, h5py has no such chunk")
            elif known[index][:2] != place[1:]:
                differences.append(f"{name}/{index} is at {place[1:]}, not {known[index][:2]}")
    return compared, differences


def kerchunk_references(path, threshold=0):
    """The references that kerchunk makes of a file."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    arrays.environment()
    import kerchunk.hdf

    scanner = kerchunk.hdf.SingleHdf5ToZarr(path, inline_threshold=threshold, error="warn")
    references = scanner.translate()
    scanner.close()
    return {key: value.decode("latin-1") if isinstance(value, bytes) else value
            for key, value in references["refs"].items()}
