# SPDX-License-Identifier: Apache-2.0
"""The arrays of an HDF5 file as h5py reads them, and whether Zarr can hold them.

The rule of representation, by what h5py says of the type:

| h5py | Zarr |
|---|---|
| Booleans (an enum FALSE, TRUE), integers, floats of 2, 4, 8 bytes, complex numbers, either byte order | the same |
| other enums, bit fields, Booleans of more than one byte | their integers |
| numbers of odd precision | the value, in the machine type of their size (h5py may widen it) |
| `S` | `S`, every byte; text padded with spaces keeps them (h5py strips them) |
| variable-length text | variable-length text; compared as text |
| opaque | `V`; with numpy's tag, its times |
| a compound of such members | the same members, pads named `_pad…` between them |
| an array type | further dimensions |
| (Zarr 3 only) big-endian | numbers in the machine's order: its types have none; compounds with such members cannot be held |
| nested compounds, array members, variable-length members or sequences, references, 16-byte floats, no elements (null dataspace) | cannot be held: some readable form, or an issue |
"""
import os

import h5py
import hdf5plugin  # noqa: F401  (its filters, for h5py)
import numpy as np

LARGEST = 64 << 20  # bytes of an array that is compared as a whole
DIMENSION_ONLY = b"This is a netCDF dimension but not a netCDF variable"


def is_netcdf4(file):
    """Whether a netCDF library wrote the file."""
    if "_NCProperties" in file.attrs:
        return True
    found = []

    def look(name, item):
        if isinstance(item, h5py.Dataset) and (
            {"_Netcdf4Dimid", "_Netcdf4Coordinates"} & set(item.attrs) or is_dimension_only(item)
        ):
            found.append(name)
            return True

    try:
        file.visititems(look)
    except (OSError, RuntimeError, KeyError):  # an object that the library cannot open
        pass
    return bool(found)


def is_dimension_only(dataset):
    try:
        if dataset.attrs.get("CLASS") not in (b"DIMENSION_SCALE", "DIMENSION_SCALE"):
            return False
        name = dataset.attrs.get("NAME", b"")
    except OSError:
        return False
    return (name.encode() if isinstance(name, str) else bytes(name)).startswith(DIMENSION_ONLY)


def walk(file, most_paths=8):
    """(paths, dataset, kind of link) for each link to a dataset: `paths` are its names by all ways to its group."""
    root = file["/"]
    ways = {}  # group object → paths
    queue = [("", root, ())]
    groups = []
    while queue:
        path, group, above = queue.pop(0)
        key = (group.id.fileno if hasattr(group.id, "fileno") else 0, h5py.h5o.get_info(group.id).addr)
        if key in above:
            continue
        if key not in ways:
            groups.append((key, group))
        known = ways.setdefault(key, [])
        if len(known) >= most_paths:
            continue
        known.append(path)
        for name in list(group):
            try:
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.HardLink) and group.get(name, getclass=True) is h5py.Group:
                    queue.append((f"{path}/{name}", group[name], (*above, key)))
            except Exception:  # what h5py cannot follow, it cannot read
                continue
    for key, group in groups:
        for name in list(group):
            try:
                link = group.get(name, getlink=True)
                item = group[name]
            except Exception:  # what h5py cannot follow, it cannot read
                continue
            if isinstance(item, h5py.Dataset):
                yield [f"{path}/{name}" for path in ways[key]], item, type(link).__name__


def holdable(dtype, zarr_format=2, member=False):
    """Whether zarr-python 3 has the type (`member`: inside a compound)."""
    if dtype.subdtype is not None:
        return not member and holdable(dtype.subdtype[0], zarr_format)
    if dtype.names is not None:
        return not member and all(holdable(dtype[name], zarr_format, True) for name in dtype.names)
    if member and zarr_format == 3 and dtype.str[0] == ">":
        return False
    if h5py.check_string_dtype(dtype) and dtype.kind == "O":
        return not member
    if dtype.kind in "iub":
        return True
    if dtype.kind in "fc":
        return dtype.itemsize in ((2, 4, 8) if dtype.kind == "f" else (8, 16))
    return dtype.kind in "SVMm" and dtype.itemsize > 0


def base(dtype):
    """The type that Zarr should show: Booleans and numbers instead of enums, no metadata of h5py's."""
    if dtype.names is not None:
        return np.dtype({"names": list(dtype.names), "formats": [base(dtype[n]) for n in dtype.names],
                         "offsets": [dtype.fields[n][1] for n in dtype.names], "itemsize": dtype.itemsize})
    if dtype.subdtype is not None:
        return np.dtype((base(dtype.subdtype[0]), dtype.subdtype[1]))
    return dtype if dtype.kind == "O" else np.dtype(dtype.str)


def netcdf_shapes(path):
    """Variable path → shape as netCDF shows it; nothing if netCDF cannot read the file."""
    import netCDF4

    shapes = {}

    def collect(group, prefix):
        for name, variable in group.variables.items():
            shapes[f"{prefix}/{name}"] = variable.shape
        for name, inner in group.groups.items():
            collect(inner, f"{prefix}/{name}")

    try:
        with netCDF4.Dataset(path) as ds:
            collect(ds, "")
    except (OSError, RuntimeError, AttributeError, ValueError):
        return {}
    return shapes


def display(path):
    """A variable's name as netCDF shows it."""
    group, _, name = path.rpartition("/")
    return f"{group}/{name.removeprefix('_nc4_non_coord_')}"


def stored(dataset):
    """The type of a dataset as Zarr should show it."""
    dtype = dataset.dtype.subdtype[0] if dataset.dtype.subdtype else dataset.dtype
    kind = dataset.id.get_type()
    if dtype.kind == "b" and kind.get_size() > 1:
        return kind.get_super().dtype
    return base(dtype)


def is_odd_number(dataset):
    """Whether the type is a number that no machine has in this form."""
    kind = dataset.id.get_type()
    return isinstance(kind, (h5py.h5t.TypeFloatID, h5py.h5t.TypeIntegerID)) and (
        kind.get_precision() != 8 * kind.get_size() or kind.get_size() != dataset.dtype.itemsize
    )


def expected(dataset, shape=None):
    """The values, padded with the fill where netCDF shows a longer `shape`."""
    values = dataset[()]
    if shape is None or tuple(shape) == dataset.shape:
        return np.asarray(values, object if dataset.dtype.kind == "O" else stored(dataset))
    fill = dataset.fillvalue
    padded = np.full(shape, fill or b"", object) if dataset.dtype.kind == "O" else np.full(shape, fill, stored(dataset))
    padded[tuple(slice(0, n) for n in dataset.shape)] = values
    return padded


def text(value):
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")
    return "" if value is None or (isinstance(value, int) and value == 0) else str(value)


def is_space_padded(dataset):
    kind = dataset.id.get_type()
    return isinstance(kind, h5py.h5t.TypeStringID) and not kind.is_variable_str() \
        and kind.get_strpad() == h5py.h5t.STR_SPACEPAD


def difference(want, got, space_padded=False, odd_number=False, zarr_format=2):
    """How two arrays differ, or None: type, shape, then bits."""
    got = np.asarray(got)
    if zarr_format == 3 and want.dtype.str[0] == ">":
        want = want.astype(want.dtype.newbyteorder("="))
    if odd_number and want.dtype.kind == got.dtype.kind:
        got = got.astype(want.dtype)
    if space_padded and got.dtype == want.dtype:
        want, got = np.char.rstrip(want, b" "), np.char.rstrip(got, b" ").astype(want.dtype)
        want = want.astype(got.dtype)
    if want.shape != got.shape:
        return f"shape {got.shape}, not {want.shape}"
    if want.dtype.kind == "O":
        if got.dtype.kind not in "OUT":
            return f"type {got.dtype} for text"
        bad = [i for i, (a, b) in enumerate(zip(want.ravel(), got.ravel())) if text(a) != text(b)]
        if bad:
            return f"{len(bad)} texts differ, first {got.ravel()[bad[0]]!r}, not {text(want.ravel()[bad[0]])!r}"[:200]
        return None
    if want.dtype.names is not None:
        if got.dtype.names is None:
            return f"type {got.dtype} for a compound"
        names = [name for name in got.dtype.names if not name.startswith("_pad")]
        if sorted(names) != sorted(want.dtype.names):
            return f"members {names}, not {want.dtype.names}"
        for name in names:
            inner = difference(np.asarray(want[name]), np.asarray(got[name]))
            if inner:
                return f"member {name}: {inner}"
        return None
    if want.dtype != got.dtype:
        return f"type {got.dtype.str}, not {want.dtype.str}"
    if want.tobytes() != got.tobytes():
        a = np.frombuffer(want.tobytes(), "u1").reshape(-1, max(want.itemsize, 1))
        b = np.frombuffer(got.tobytes(), "u1").reshape(-1, max(want.itemsize, 1))
        bad = np.flatnonzero((a != b).any(axis=1))
        first = int(bad[0])
        return f"{len(bad)} of {want.size} values differ, at {first}: {got.ravel()[first]!r}, not {want.ravel()[first]!r}"
    return None


def environment():
    """External raw data lie beside the file."""
    os.environ["HDF5_EXTFILE_PREFIX"] = "${ORIGIN}"
