# SPDX-License-Identifier: Apache-2.0
"""Codecs for Zarr version 3: those of our own that references name.

Installing the package registers them; ``import swift_kerchunk.zarr_codecs`` does it where the package is not installed.
"""
from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

from zarr.abc.codec import BytesBytesCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer
from zarr.registry import register_codec

from swift_kerchunk import outside_codecs
from swift_kerchunk._core import codecs as library


@dataclass(frozen=True)
class LibraryCodec(BytesBytesCodec):
    """A codec of the library, between bytes.

    Attributes
    ----------
    configuration : dict
        Its settings.
    """

    configuration: dict[str, Any]

    name: ClassVar[str] = ""
    @property
    def is_fixed_size(self) -> bool:  # type: ignore[override]
        """Encoded chunks have any size."""
        return False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LibraryCodec:
        """The codec as metadata name it.

        Parameters
        ----------
        data : dict
            ``{"name": …, "configuration": {…}}``.
        """
        if data.get("name") != cls.name:
            raise ValueError(f"expected the codec {cls.name!r}, not {data.get('name')!r}")
        return cls(dict(data.get("configuration") or {}))

    def to_dict(self) -> dict[str, Any]:
        """The codec as metadata name it."""
        return {"name": self.name, "configuration": dict(self.configuration)}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """It depends on the bytes."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The codec as numcodecs, and metadata of Zarr version 2, name it."""
        return {"id": self.name, **self.configuration}

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        decoded = await asyncio.to_thread(self._decoded, chunk_bytes.as_numpy_array())
        buffer: Buffer = chunk_spec.prototype.buffer.from_bytes(decoded)
        return buffer

    def _decoded(self, stored: Any) -> Any:
        return library.decode(self.get_config(), stored)

    async def _encode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer | None:
        encoded = await asyncio.to_thread(library.encode, self.get_config(), chunk_bytes.as_numpy_array())
        buffer: Buffer = chunk_spec.prototype.buffer.from_bytes(encoded)
        return buffer


class LZF(LibraryCodec):
    """LZF, the filter 32000 of HDF5."""

    name = "swift_kerchunk.lzf"


class LZ4(LibraryCodec):
    """LZ4 in the frame of HDF5's filter 32004."""

    name = "swift_kerchunk.lz4"


class BitShuffle(LibraryCodec):
    """Bitshuffle with LZ4, Zstandard or alone, the filter 32008 of HDF5."""

    name = "swift_kerchunk.bitshuffle"


class Szip(LibraryCodec):
    """Szip, the filter 4 of HDF5."""

    name = "swift_kerchunk.szip"


class NBit(LibraryCodec):
    """N-bit, the filter 5 of HDF5."""

    name = "swift_kerchunk.nbit"


class ScaleOffset(LibraryCodec):
    """Scale-offset, the filter 6 of HDF5."""

    name = "swift_kerchunk.scaleoffset"


class Integer(LibraryCodec):
    """Integers of which only some bits count."""

    name = "swift_kerchunk.integer"


class HeapStrings(LibraryCodec):
    """Ids of HDF5's heap as the texts that they stand for, in the form of ``vlen-utf8``."""

    name = "swift_kerchunk.heap_strings"


class ZFP(LibraryCodec):
    """ZFP, the filter 32013 of HDF5; the Python package imagecodecs (or zfpy) decodes it."""

    name = "swift_kerchunk.zfp"

    def _decoded(self, stored: Any) -> Any:
        return memoryview(outside_codecs.zfp(self.configuration, stored))


class Blosc2(LibraryCodec):
    """Frames of Blosc 2, the filter 32026 of HDF5; the Python package blosc2 decodes them."""

    name = "swift_kerchunk.blosc2"

    def _decoded(self, stored: Any) -> Any:
        return memoryview(outside_codecs.blosc2(self.configuration, stored))


class JPEGLS(LibraryCodec):
    """Images in JPEG-LS, the filter 32018 of HDF5 (FCIDECOMP); the Python package imagecodecs decodes them."""

    name = "swift_kerchunk.jpegls"

    def _decoded(self, stored: Any) -> Any:
        return memoryview(outside_codecs.jpegls(self.configuration, stored))


#: All codecs of this module.
CODECS: tuple[type[LibraryCodec], ...] = (
    LZF, LZ4, BitShuffle, Szip, NBit, ScaleOffset, Integer, HeapStrings, ZFP, Blosc2, JPEGLS,
)


def register() -> None:
    """Make the codecs known to zarr."""
    for codec in CODECS:
        register_codec(codec.name, codec)


register()
