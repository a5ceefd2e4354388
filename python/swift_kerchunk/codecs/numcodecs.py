# SPDX-License-Identifier: Apache-2.0
"""Codecs for numcodecs, which Zarr version 2 uses: a class for each that numcodecs lacks, made of what the library knows."""
from __future__ import annotations

import ast
from typing import Any

import numcodecs
import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_contiguous_ndarray_like, ndarray_copy

from swift_kerchunk.codecs import table


class LibraryCodec(Codec):  # type: ignore[misc]
    """A codec of the library.

    Parameters
    ----------
    **settings
        As the codec has them.
    """

    codec_id = ""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def get_config(self) -> dict[str, Any]:
        """The id and the settings, as they stand in metadata."""
        return {"id": self.codec_id, **self.settings}

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Decode one chunk.

        Parameters
        ----------
        buf, out
            As for `numcodecs.abc.Codec.decode`.
        """
        decoded = table.decoded(self.get_config(), ensure_contiguous_ndarray_like(buf))
        return ndarray_copy(np.frombuffer(decoded, np.uint8), out)

    def encode(self, buf: Any) -> Any:
        """Encode one chunk; not all codecs can.

        Parameters
        ----------
        buf
            As for `numcodecs.abc.Codec.encode`.
        """
        return np.frombuffer(table.encode(self.get_config(), ensure_contiguous_ndarray_like(buf)), np.uint8)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{type(self).__name__}({settings})"


class LibraryValuesCodec(LibraryCodec):
    """A codec of the library from numbers to bytes; the setting ``dtype`` says what they are."""

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Decode one chunk.

        Parameters
        ----------
        buf, out
            As for `numcodecs.abc.Codec.decode`.
        """
        # as kerchunk's codec: coordinates are doubles where no type is named, values are not
        coordinate = self.settings.get("var") in ("latitude", "longitude")
        dtype = self.settings.get("dtype") or ("float64" if coordinate else "float32")
        config = {**self.get_config(), "dtype": np.dtype(dtype).str}
        decoded = np.frombuffer(table.decoded(config, ensure_contiguous_ndarray_like(buf)), dtype)
        return decoded if out is None else ndarray_copy(decoded, out)


class FillStringsCodec(Codec):  # type: ignore[misc]
    """Ids of HDF5's heap as texts; kerchunk's older form of `HeapStrings`.

    Parameters
    ----------
    dtype : str
        Of the elements with their ids: the name of a type, or a list of fields.
    id_map : str or dict, optional
        What all texts become, or a text for each id.
    """

    codec_id = "fill_hdf_strings"

    def __init__(self, dtype: str, id_map: str | dict[str, str] | None = None) -> None:
        self.dtype = ast.literal_eval(dtype) if isinstance(dtype, str) and "[" in dtype else dtype
        self.id_map = id_map

    def get_config(self) -> dict[str, Any]:
        """The id and the settings, as they stand in metadata."""
        return {"id": self.codec_id, "dtype": str(self.dtype), "id_map": self.id_map}

    def _texts(self, ids: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        texts = np.empty(ids.shape, dtype=object)
        if isinstance(self.id_map, dict):
            texts[...] = [self.id_map[one if isinstance(one, str) else one.decode()] for one in ids.tolist()]
        else:
            texts[...] = self.id_map
        return texts

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Decode one chunk.

        Parameters
        ----------
        buf, out
            As for `numcodecs.abc.Codec.decode`; `out` is not used.
        """
        fields = self.dtype
        elements = np.frombuffer(buf, dtype=[tuple(one) for one in fields] if isinstance(fields, list) else fields)
        if elements.dtype.names is None:
            return self._texts(elements) if elements.dtype.kind in "SU" else elements.copy()
        names = elements.dtype.names
        is_text = {name: elements.dtype[name].kind in "SU" for name in names}
        decoded = np.empty(
            elements.shape, dtype=[(name, object if is_text[name] else elements.dtype[name]) for name in names])
        for name in names:
            decoded[name] = self._texts(elements[name]) if is_text[name] else elements[name]
        return decoded

    def encode(self, buf: Any) -> Any:
        """Encoding is not possible."""
        raise NotImplementedError("fill_hdf_strings only decodes")


class RecordArrayMember(Codec):  # type: ignore[misc]
    """One field of records; the id is kerchunk's.

    Parameters
    ----------
    member : str
        Name of the field.
    dtype : list
        Fields of the records.
    """

    codec_id = "record_member"

    def __init__(self, member: str, dtype: list[list[Any]]) -> None:
        self.member = member
        self.dtype = dtype

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Decode one chunk.

        Parameters
        ----------
        buf, out
            As for `numcodecs.abc.Codec.decode`.
        """
        records = np.frombuffer(buf, dtype=np.dtype([tuple(one) for one in self.dtype]))
        return ndarray_copy(records[self.member].copy(), out)

    def encode(self, buf: Any) -> Any:
        """Encoding is not possible."""
        raise NotImplementedError("record_member only decodes")


def _class(entry: table.Entry) -> type[LibraryCodec]:
    members = {"__doc__": entry.summary, "__module__": __name__, "codec_id": entry.id}
    base = LibraryValuesCodec if entry.stage == "array-bytes" else LibraryCodec
    return type(str(entry.class_name), (base,), members)


#: All codecs of this module.
CODECS: tuple[type[Codec], ...] = (*map(_class, table.ours()), FillStringsCodec, RecordArrayMember)
globals().update({codec.__name__: codec for codec in CODECS})


def register() -> None:
    """Make the codecs known to numcodecs."""
    for codec in CODECS:
        numcodecs.register_codec(codec)


register()
