# SPDX-License-Identifier: Apache-2.0
"""What the makers of fixtures share: a registry of files, and the HDF5 calls that h5py does not wrap.

A maker is a function that writes one file; its docstring is the line that README.md shows for it.
"""
import ctypes
import os
import sys

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
LATEST = ("latest", "latest")
EARLIEST = ("earliest", "v108")
V18 = ("v108", "v108")
REGISTRY = []  # (folder, file name, maker, beside)


def fixture(name, folder="hdf5", beside=()):
    """Registers a maker of `folder/name`; `beside` names further files that it writes in the same folder."""

    def register(make):
        REGISTRY.append((folder, name, make, beside))
        return make

    return register


def run(makers, wanted=()):
    """Makes the files of one script (all of them, or those whose names contain a word of `wanted`)."""
    for folder, name, make, beside in REGISTRY:
        if make.__module__ != makers or (wanted and not any(word in name for word in wanted)):
            continue
        path = os.path.join(HERE, folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for stale in (path, *(os.path.join(HERE, folder, other) for other in beside)):
            if os.path.exists(stale):
                os.remove(stale)
        # relative names inside files (external data, virtual sources) are meant relative to the folder
        os.chdir(os.path.dirname(path))
        try:
            make(path)
        except Exception as error:
            sys.exit(f"{name}: {type(error).__name__}: {error}")


# ---------------------------------------------------------------- the HDF5 library that h5py has loaded
def _library():
    for line in open("/proc/self/maps"):
        path = line.split()[-1]
        if "h5py" in path and "libhdf5-" in path:
            return ctypes.CDLL(path)
    return ctypes.CDLL("libhdf5.so")  # an h5py that was built on the system's library


_lib = None


def hdf5(function, *arguments):
    """Calls a function of libhdf5; h5py identifiers and integers pass as hid_t (64 bits)."""
    global _lib
    _lib = _lib or _library()
    call = getattr(_lib, function)
    call.restype = ctypes.c_int64 if function.startswith(("H5Tc", "H5Pcreate")) else ctypes.c_int
    values = [ctypes.c_int64(a.id) if hasattr(a, "id") else a for a in arguments]
    result = call(*values)
    if result < 0:
        raise RuntimeError(f"{function} failed")
    return result


def create_file(path, libver=EARLIEST, prepare=None):
    """A new file whose creation properties `prepare(fcpl)` may set."""
    properties = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    if prepare:
        prepare(properties)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    bounds = {"earliest": h5py.h5f.LIBVER_EARLIEST, "v108": h5py.h5f.LIBVER_V18, "v110": h5py.h5f.LIBVER_V110,
              "latest": h5py.h5f.LIBVER_LATEST}
    access.set_libver_bounds(bounds[libver[0]], bounds[libver[1]])
    return h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, fcpl=properties, fapl=access))


def create_dataset(group, name, datatype, shape, maxshape=None, chunks=None, prepare=None, data=None):
    """A dataset through the low-level interface; `prepare(dcpl)` sets what h5py's own call does not offer."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_obj_track_times(False)
    if chunks:
        properties.set_chunk(chunks)
    if prepare:
        prepare(properties)
    if not isinstance(datatype, h5py.h5t.TypeID):
        datatype = h5py.h5t.py_create(np.dtype(datatype), logical=True)
    unlimited = None if maxshape is None else tuple(
        h5py.h5s.UNLIMITED if n is None else n for n in maxshape)
    space = h5py.h5s.create_simple(shape, unlimited) if shape != () else h5py.h5s.create(h5py.h5s.SCALAR)
    dataset = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), datatype, space, properties))
    if data is not None:
        dataset[...] = data
    return dataset


def ramp(shape, dtype="<i4", start=1):
    """Distinct values, none of them zero, in C order."""
    return (np.arange(int(np.prod(shape))) + start).reshape(shape).astype(dtype)
