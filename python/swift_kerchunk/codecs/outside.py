# SPDX-License-Identifier: Apache-2.0
"""What other Python packages decode: ZFP, Blosc 2 and JPEG-LS, as HDF5's filters store them."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def zfp(settings: Mapping[str, Any], data: Any) -> Any:
    """Undo HDF5's filter 32013.

    Parameters
    ----------
    settings : mapping
        ``header``: the start of each stream in hexadecimal, which HDF5 keeps apart from the chunks.
    data : bytes-like
        A chunk.
    """
    stream = bytes.fromhex(settings["header"]) + bytes(data)
    try:
        from zfpy import decompress_numpy
    except ImportError:
        try:
            from imagecodecs import zfp_decode as decompress_numpy
        except ImportError:
            raise ImportError("ZFP needs another package: pip install imagecodecs") from None
    return np.ascontiguousarray(decompress_numpy(stream)).reshape(-1).view(np.uint8)


def blosc2(_: Mapping[str, Any], data: Any) -> Any:
    """Undo HDF5's filter 32026.

    Parameters
    ----------
    data : bytes-like
        A chunk: a frame, of one block of bytes or of an array of several dimensions.
    """
    try:
        import blosc2 as package
    except ImportError:
        raise ImportError("Blosc 2 needs another package: pip install blosc2") from None
    frame = bytes(data)
    super_chunk = package.schunk_from_cframe(frame, copy=True)
    if "b2nd" in super_chunk.meta:
        return np.ascontiguousarray(package.ndarray_from_cframe(frame, copy=True)[...]).reshape(-1).view(np.uint8)
    return np.frombuffer(
        b"".join(super_chunk.decompress_chunk(number) for number in range(super_chunk.nchunks)), np.uint8)


def jpegls(_: Mapping[str, Any], data: Any) -> Any:
    """Undo HDF5's filter 32018, FCIDECOMP.

    Parameters
    ----------
    data : bytes-like
        A chunk: an image in JPEG-LS, with a component for each plane.
    """
    try:
        from imagecodecs import jpegls_decode
    except ImportError:
        raise ImportError("JPEG-LS needs another package: pip install imagecodecs") from None
    image = jpegls_decode(bytes(data))
    planes = image if image.ndim < 3 else image.transpose(2, 0, 1)
    return np.ascontiguousarray(planes).reshape(-1).view(np.uint8)


#: By codec.
DECODERS: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "swift_kerchunk.zfp": zfp, "swift_kerchunk.blosc2": blosc2, "swift_kerchunk.jpegls": jpegls,
}
