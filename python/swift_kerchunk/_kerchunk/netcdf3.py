# SPDX-License-Identifier: Apache-2.0
"""References of netCDF-3 files."""
from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import Any

from swift_kerchunk._kerchunk.dicts import fill
from swift_kerchunk._kerchunk.hdf5 import named_as_given
from swift_kerchunk.dataset.opening import scan
from swift_kerchunk.dataset.virtual import VirtualDataset


class NetCDF3ToZarr:
    """References of one netCDF-3 file: classic, 64-bit offset or 64-bit data.

    Unlike kerchunk's class this is not a `scipy.io.netcdf_file`.

    Parameters
    ----------
    filename : str or os.PathLike
        Path or URL of the file.
    storage_options : dict
        Storage options for it, as in fsspec.
    inline_threshold : int
        Embed whole variables of fewer bytes; 0 embeds none.
    max_chunk_size : int
        Split variables into chunks of at most this many bytes; 0 does not split.
    out : mutable mapping or LazyReferenceMapper
        Receives the references.
    **kwargs
        ``version``, and ``mmap=False``, ``mode="r"``, ``maskandscale=False``: other values are errors.
    """

    def __init__(
        self,
        filename: Any,
        storage_options: Mapping[str, Any] | None = None,
        inline_threshold: int | None = 100,
        max_chunk_size: int = 0,
        out: MutableMapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("version", None)
        for name, value in {"mmap": False, "mode": "r", "maskandscale": False}.items():
            if kwargs.pop(name, value) != value:
                raise ValueError(f"{name} must be {value!r} when references are made")
        if kwargs:
            raise TypeError(f"unexpected keyword arguments: {', '.join(kwargs)}")
        self.filename = os.fspath(filename)
        self.storage_options = storage_options
        self.threshold = inline_threshold
        self.max_chunk_size = max_chunk_size
        self.out = out

    def scan(self) -> VirtualDataset:
        """Return the references as a dataset of this package, which is faster to pass on than a dict."""
        dataset = scan(
            self.filename, storage_options=self.storage_options, inline_threshold=0,
            max_chunk_size=self.max_chunk_size or None)
        if self.threshold and self.threshold > 0:
            dataset = dataset.inline(array_size=self.threshold)
        return named_as_given(dataset, self.filename)

    def translate(self) -> Any:
        """Make the references.

        Returns
        -------
        dict
            ``{"version": 1, "refs": {…}}``, or `out` if that is a `LazyReferenceMapper`.
        """
        filled = fill(self.out, self.scan())
        return {"version": 1, "refs": filled} if isinstance(filled, dict) else filled


#: Its first name.
netcdf_recording_file = NetCDF3ToZarr
