# SPDX-License-Identifier: Apache-2.0
"""Combinations in two steps on Dask's workers, as kerchunk's `auto_dask` makes them."""
from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from swift_kerchunk._kerchunk.multizarr import MultiZarrToZarr
from swift_kerchunk._optional import needed
from swift_kerchunk.errors import UsageError


def auto_dask(
    urls: list[str],
    single_driver: type,
    single_kwargs: Mapping[str, Any],
    mzz_kwargs: Mapping[str, Any],
    n_batches: int,
    remote_protocol: str | None = None,
    remote_options: Mapping[str, Any] | None = None,
    filename: str | None = None,
    output_options: Mapping[str, Any] | None = None,
) -> Any:
    """Make references of files, combine them in batches, and combine the results.

    Tasks run on the active Dask client, otherwise on threads or processes, as Dask is configured. If `single_driver` is
    a class of this package, tasks exchange packed datasets, which are smaller than dicts. ``preprocess`` is applied to
    the references of the files, ``postprocess`` to the result. `swift_kerchunk.build` needs no batches.

    Parameters
    ----------
    urls : list of str
        The files.
    single_driver : type
        A class with ``translate()``.
    single_kwargs : dict
        For that class, after the URL.
    mzz_kwargs : dict
        For `MultiZarrToZarr`.
    n_batches : int
        Number of batches, about the number of workers.
    remote_protocol : str
    remote_options : dict
        Storage options for the files when references are read.
    filename : str
        Write the result there as JSON.
    output_options : dict
        Storage options for it, as in fsspec.

    Returns
    -------
    dict
        ``{"version": 1, "refs": {…}}``
    """
    dask: Any = needed("dask", extra="dask", what="auto_dask")
    if not urls:
        raise UsageError("no input is given")
    batch_options = dict(mzz_kwargs)
    access = {"remote_protocol": remote_protocol, "remote_options": remote_options}
    last: dict[str, Any] = {"postprocess": batch_options.pop("postprocess", None)}
    threshold = batch_options.pop("inline_threshold", None)
    if threshold is not None:
        last["inline_threshold"] = threshold
    out = batch_options.pop("out", None)
    if out is not None:
        last["out"] = out
    for name in ("remote_protocol", "remote_options"):
        if name in batch_options:
            access[name] = batch_options.pop(name)
    dimensions = batch_options.get("concat_dims") or []
    dimensions = [dimensions] if isinstance(dimensions, str) else list(dimensions)
    dimensions += [name for name in batch_options.get("coo_map") or {} if name not in dimensions]
    # Batches have given variables their names already.
    last["concat_dims"] = [name for name in dimensions if name != "var"]
    for name in ("coo_dtypes", "identical_dims"):
        if name in batch_options:
            last[name] = batch_options[name]

    scanned = dask.delayed(_scanned)
    combined = dask.delayed(_combined)
    size = -(-len(urls) // max(1, n_batches))
    batches = [
        combined(urls[start : start + size], [scanned(url, single_driver, dict(single_kwargs)) for url in
                                              urls[start : start + size]], {**batch_options, **access})
        for start in range(0, len(urls), size)
    ]
    return dask.compute(dask.delayed(_finished)(batches, {**last, **access}, filename, output_options))[0]


def _scanned(url: str, driver: type, options: dict[str, Any]) -> Any:
    """One file, as a dataset where that is possible."""
    made = driver(url, **options)
    if "out" not in options and hasattr(made, "scan") and type(made).__module__.startswith("swift_kerchunk."):
        return made.scan()
    return made.translate()


def _combined(urls: list[str], inputs: list[Any], options: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # One batch may well have few values.
        warnings.filterwarnings("ignore", message="the concatenated coordinate .* has fewer than two values")
        return MultiZarrToZarr(urls, indicts=inputs, **{"inline_threshold": 0, **options})._plan()


def _finished(
    batches: Sequence[Any], options: dict[str, Any], filename: str | None, output_options: Mapping[str, Any] | None
) -> Any:
    return MultiZarrToZarr(batches, **options).translate(filename, output_options)
