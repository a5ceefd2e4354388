# SPDX-License-Identifier: Apache-2.0
"""Codecs for Zarr version 3: a class for each of our own, made of what the library knows."""
from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from zarr.abc.codec import ArrayBytesCodec, BytesBytesCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer, NDBuffer
from zarr.registry import register_codec

from swift_kerchunk.codecs import table


class _LibraryCodec:
    """What codecs of the library have in common; `configuration` is theirs."""

    configuration: dict[str, Any]

    name: ClassVar[str] = ""
    #: As numcodecs, and metadata of Zarr version 2, name it.
    codec_id: ClassVar[str] = ""

    #: Encoded chunks have any size.
    is_fixed_size = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any:
        """The codec as metadata name it.

        Parameters
        ----------
        data : dict
            ``{"name": …, "configuration": {…}}``.
        """
        if data.get("name") != cls.name:
            raise ValueError(f"expected the codec {cls.name!r}, not {data.get('name')!r}")
        return cls(dict(data.get("configuration") or {}))  # type: ignore[call-arg]

    def to_dict(self) -> dict[str, Any]:
        """The codec as metadata name it."""
        return {"name": self.name, "configuration": dict(self.configuration)}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """It depends on the bytes."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The codec as numcodecs, and metadata of Zarr version 2, name it."""
        return {"id": self.codec_id, **self.configuration}


@dataclass(frozen=True)
class LibraryBytesCodec(_LibraryCodec, BytesBytesCodec):
    """A codec of the library, between bytes.

    Attributes
    ----------
    configuration : dict
        Its settings.
    """

    configuration: dict[str, Any]

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        decoded = await asyncio.to_thread(table.decoded, self.get_config(), chunk_bytes.as_numpy_array())
        buffer: Buffer = chunk_spec.prototype.buffer.from_bytes(decoded)
        return buffer

    async def _encode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer | None:
        encoded = await asyncio.to_thread(table.encode, self.get_config(), chunk_bytes.as_numpy_array())
        buffer: Buffer = chunk_spec.prototype.buffer.from_bytes(encoded)
        return buffer


@dataclass(frozen=True)
class LibraryValuesCodec(_LibraryCodec, ArrayBytesCodec):
    """A codec of the library, from numbers to bytes; the setting ``dtype`` is the array's own.

    Attributes
    ----------
    configuration : dict
        Its settings.
    """

    configuration: dict[str, Any]

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        dtype = chunk_spec.dtype.to_native_dtype()
        config = {**self.get_config(), "dtype": dtype.str}
        decoded = await asyncio.to_thread(table.decoded, config, chunk_bytes.as_numpy_array())
        values = np.frombuffer(decoded, dtype).reshape(chunk_spec.shape)
        buffer: NDBuffer = chunk_spec.prototype.nd_buffer.from_numpy_array(values)
        return buffer

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer | None:
        values = np.ascontiguousarray(chunk_array.as_numpy_array()).reshape(-1).view(np.uint8)
        encoded = await asyncio.to_thread(table.encode, self.get_config(), values)
        buffer: Buffer = chunk_spec.prototype.buffer.from_bytes(encoded)
        return buffer


#: What codecs of a stage are made of.
_BASES: dict[str, type[Any]] = {"bytes-bytes": LibraryBytesCodec, "array-bytes": LibraryValuesCodec}


def _class(entry: table.Entry) -> type[Any]:
    members = {
        "__doc__": entry.summary, "__module__": __name__, "name": entry.v3_names[0], "codec_id": entry.id,
    }
    return type(str(entry.class_name), (_BASES[entry.stage],), members)


#: All codecs of this module.
CODECS: tuple[type[Any], ...] = tuple(_class(entry) for entry in table.ours() if entry.v3_names)
globals().update({codec.__name__: codec for codec in CODECS})


def register() -> None:
    """Make the codecs known to zarr."""
    for codec in CODECS:
        register_codec(codec.name, codec)


register()
