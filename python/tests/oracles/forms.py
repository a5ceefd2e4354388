# SPDX-License-Identifier: Apache-2.0
"""Values of what no type of Zarr holds, compared in the forms that docs/differences.md ("What Zarr cannot hold") names."""
import json

import h5py
import numpy as np

import arrays

EXPANDED = 64  # elements of an array member up to which each is a field of its own


def leaves(dtype, prefix=""):
    """(name in Zarr, how to take it from an array of `dtype`) for the members of a compound, nested ones included."""
    for name in dtype.names:
        member = dtype.fields[name][0]
        yield from leaf(member, prefix + name, lambda values, name=name: values[name])


def leaf(dtype, name, take):
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        count = int(np.prod(shape))
        if count > EXPANDED:
            yield name, dtype, take
            return
        for index in range(count):
            place = np.unravel_index(index, shape)
            yield from leaf(base, f"{name}.{index}", lambda values, place=place: take(values)[(..., *place)])
    elif dtype.names is not None:
        for inner, kind, further in leaves(dtype, name + "."):
            yield inner, kind, lambda values, further=further: further(take(values))
    else:
        yield name, dtype, take


def plain(file, value):
    """A value as JSON shows it."""
    if isinstance(value, (h5py.Reference, h5py.RegionReference)):
        return path(file, value)
    if isinstance(value, np.ndarray):
        return [plain(file, v) for v in value]
    if isinstance(value, np.void) and value.dtype.names:
        return {name: plain(file, value[name]) for name in value.dtype.names}
    if isinstance(value, (bytes, str)):
        return arrays.text(value)
    return value.item() if isinstance(value, np.generic) else value


def path(file, reference):
    return file[reference].name if reference else ""


def same_object(file, shown, reference):
    """Whether `shown` is a path of what the reference points to; an object may have several."""
    if not reference:
        return shown == ""
    return shown in file and file[shown] == file[reference]


def difference(dataset, got):
    """How the array that Zarr shows differs from the dataset, or None."""
    file, dtype = dataset.file, dataset.dtype
    got = np.asarray(got)
    if dataset.shape is None:
        return "a null dataspace has no values to show"
    want = dataset[()]
    if dtype.subdtype is not None:  # its axes are those of the array
        dtype = dtype.subdtype[0]
    if dtype.names is None:
        if dtype.kind == "O" and dataset.shape == () and not dataset.dtype.subdtype:
            one = np.empty((), object)
            one[()] = want
            want = one
        return element_difference(file, dtype, np.asarray(want), got)
    if got.dtype.names is None:
        return f"type {got.dtype} for a compound"
    expected = {}
    for name, kind, take in leaves(dtype):
        while name in expected:
            name += "_"
        expected[name] = (kind, take)
    names = [name for name in got.dtype.names if not name.startswith("_pad")]
    if sorted(names) != sorted(expected):
        return f"members {names}, not {list(expected)}"
    for name, (kind, take) in expected.items():
        differs = element_difference(file, kind, np.asarray(take(want)), got[name])
        if differs:
            return f"member {name}: {differs}"
    return None


def element_difference(file, dtype, want, got):
    if dtype.subdtype is not None:  # a long array member: its bytes
        return None if want.tobytes() == got.tobytes() else "bytes of an array member differ"
    if want.shape != got.shape:
        return f"shape {got.shape}, not {want.shape}"
    if dtype.kind == "O":
        for one, other in zip(want.ravel(), got.ravel()):
            shown = arrays.text(other)
            if isinstance(one, (h5py.Reference, h5py.RegionReference)):
                if not same_object(file, shown, one):
                    return f"reference {shown!r}, not {path(file, one)!r}"
            elif h5py.check_vlen_dtype(dtype) and not h5py.check_string_dtype(dtype):
                if repr(json.loads(shown)) != repr(plain(file, one)):
                    return f"sequence {shown[:80]!r}, not {plain(file, one)!r}"[:200]
            elif shown.rstrip("\0") != arrays.text(one):
                return f"text {shown!r}, not {arrays.text(one)!r}"
        return None
    if dtype.kind in "fc" and dtype.itemsize > 16 or dtype.kind == "f" and dtype.itemsize == 16:
        return None if np.array_equal(want, got.astype(want.dtype), equal_nan=True) else "values differ"
    want = np.asarray(want, arrays.base(dtype))
    if want.dtype.kind == got.dtype.kind and want.dtype.itemsize == got.dtype.itemsize:
        want = want.astype(got.dtype)
    return arrays.difference(want, got)
