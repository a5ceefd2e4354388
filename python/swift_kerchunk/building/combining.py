# SPDX-License-Identifier: Apache-2.0
"""Many files or datasets along dimensions into one: what users call."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from swift_kerchunk._core.calls import Progress
from swift_kerchunk.building import local
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.building.options import Access, BuildOptions, Details
from swift_kerchunk.building.plan import CombinedDataset, Plan
from swift_kerchunk.dataset.opening import scan_options
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.issues import OnIssue

if TYPE_CHECKING:
    from typing_extensions import Unpack


def combine(
    inputs: Iterable[Any],
    concat_dim: Sequence[str] | str = (),
    *,
    output: str | os.PathLike[str] | None = None,
    inline_threshold: int = 500,
    zarr_format: Literal[2, 3] = 2,
    record_size: int = 100_000,
    append: bool = False,
    append_wait: float = 600,
    overwrite: bool = False,
    scratch: str | os.PathLike[str] | None = None,
    memory: int = 256 << 20,
    jobs: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    remote_options: Mapping[str, Any] | None = None,
    remote_protocol: str | None = None,
    output_options: Mapping[str, Any] | None = None,
    on_issue: OnIssue = "warn",
    progress: Progress | None = None,
    client: Any = None,
    on_error: Literal["raise", "skip"] = "raise",
    retries: int = 2,
    batch_size: int | None = None,
    **joining: Unpack[Details],
) -> VirtualDataset:
    """Join many datasets along dimensions into one.

    Without options it finds the dimension whose coordinate differs from input to input. Inputs land where their coordinate
    values say, whatever their order. What does not fit is told at once, for all inputs.

    Parameters
    ----------
    inputs : iterable
        Datasets, dicts of references, or paths, URLs and patterns of reference sets.
    concat_dim : str or sequence of str
        Dimensions to join along, outermost first.
    output : str or os.PathLike, optional
        Write the result there, partition by partition: Parquet where it ends in ``.parq``, ``.parquet`` or ``/``, else JSON.
        In Parquet a run that was cut off goes on with what is missing.
    inline_threshold : int
        Embed chunks of fewer stored bytes; 0 embeds none.
    zarr_format : {2, 3}
        Zarr version of the result.
    record_size : int
        Chunks of one Parquet file of `output`.
    append : bool
        Append the inputs to `output`, which exists.
    append_wait : float
        Seconds to wait for other runs that append to the same output.
    overwrite : bool
        Replace an `output` that exists.
    scratch : str or os.PathLike, optional
        A directory for what does not fit into memory.
    memory : int
        Bytes of references that are kept in memory, about.
    jobs : int, optional
        Threads; by default as many as cores, or 32 where some inputs are remote.
    storage_options : mapping, optional
        How inputs are reached, as fsspec takes it.
    remote_options, remote_protocol : optional
        How the files behind references are reached; by default as inputs are.
    output_options : mapping, optional
        How `output` is reached; by default as inputs are.
    on_issue : {"warn", "raise", "ignore"}
        What becomes of what cannot be represented.
    progress : callable, optional
        Gets what is counted, how many are done, and how many there are.
    client : distributed.Client or str, optional
        Who does the work: a cluster of Dask, whose workers write `output` themselves; the name of one of Dask's schedulers on
        this machine (``"threads"``, ``"processes"``); ``"dask"`` for the one that Dask would use. By default threads of this
        process.
    on_error : {"raise", "skip"}
        What becomes of inputs that cannot be used: with ``"skip"`` they are left out, and listed in the result's `left_out`
        and among its issues.
    retries : int
        How often a cluster tries a task again.
    batch_size : int, optional
        Inputs of one task.
    identical_dim : str or sequence of str
        Variables that are taken from the first input, without a look at the others.
    coord : mapping
        Where the values of a dimension come from: ``"data:VARIABLE"``, ``"cf:VARIABLE"``, ``"attr:NAME"``,
        ``"vattr:VARIABLE:NAME"``, ``"index"``, ``"varname"``, ``"date:FORM:VARIABLE"`` for texts, ``"regex:PATTERN"`` and
        ``"date:FORM:PATTERN"`` on the input's name, a compiled pattern, a function of the input's number and name, a
        constant, or a list with a value (or list of values) for each input. Values may be dates.
    coord_dtype : mapping
        Types of coordinates, as numpy writes them.
    order : {"coordinates", "input"}
        Inputs land where their values say, or as they are given.
    duplicates : {"error", "first", "last"}
        Inputs with the same coordinate values.
    absent : {"error", "union", "intersection"}
        Variables that some inputs lack.
    fill_value : mapping
        Fill values of variables without one that get gaps.
    load_threshold : int
        Bytes up to which a variable that cannot be joined by reference is read and written inline.
    load : sequence of str
        Variables to read and write inline whatever their size.
    subchunk : bool
        Cut uncompressed chunks where inputs would meet inside them.
    override : sequence of {"units", "packing", "fill", "coordinates", "values"}
        What not to compare; values that differ there are then wrong or lost, as the plan's decisions say.
    kerchunk_rules : bool
        Go by the rules of kerchunk's ``MultiZarrToZarr``.
    drop : sequence of str
        Variables to leave out of all inputs.
    rename, rename_dim : mapping
        Variables and dimensions of all inputs that get other names.
    set_attr : mapping
        Attributes of the result: ``"NAME"`` or ``"VARIABLE:NAME"``, and the value.
    delete_attr : sequence of str
        Attributes to delete from the result.

    Returns
    -------
    VirtualDataset
        The combination, or the set that was written to `output`.
    """
    options = BuildOptions.checked(
        output=output, inline_threshold=inline_threshold, zarr_format=zarr_format, record_size=record_size, append=append,
        append_wait=append_wait, overwrite=overwrite, scratch=scratch, memory=memory, jobs=jobs, on_issue=on_issue,
        on_error=on_error, retries=retries, batch_size=batch_size,
        access=Access(storage_options, remote_options, remote_protocol, output_options))
    return _run(inputs, {**joining, "concat_dim": concat_dim}, options, client, progress)


def build(
    files: Iterable[Any],
    concat_dim: Sequence[str] | str = (),
    *,
    output: str | os.PathLike[str] | None = None,
    scan: Mapping[str, Any] | None = None,
    inline_threshold: int = 500,
    zarr_format: Literal[2, 3] = 2,
    record_size: int = 100_000,
    append: bool = False,
    append_wait: float = 600,
    overwrite: bool = False,
    scratch: str | os.PathLike[str] | None = None,
    memory: int = 256 << 20,
    jobs: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    output_options: Mapping[str, Any] | None = None,
    on_issue: OnIssue = "warn",
    progress: Progress | None = None,
    client: Any = None,
    on_error: Literal["raise", "skip"] = "raise",
    retries: int = 2,
    batch_size: int | None = None,
    **joining: Unpack[Details],
) -> VirtualDataset:
    """Scan files and join them into one reference set, on many threads.

    Parameters
    ----------
    files : iterable
        Paths, URLs and patterns of files, or open files; reference sets are taken as they are.
    scan : mapping, optional
        Options of `swift_kerchunk.scan`: ``group``, ``max_chunk_size``, ``codecs``, …
    scratch : str or os.PathLike, optional
        A directory where what was scanned stays until the output is there: a run that was cut off does not scan it again.
    concat_dim, output, inline_threshold, zarr_format, record_size, append, append_wait, overwrite, memory, jobs, \
storage_options, output_options, on_issue, progress, client, on_error, retries, batch_size, **joining
        As for `swift_kerchunk.combine`.

    Returns
    -------
    VirtualDataset
        The combination, or the set that was written to `output`.
    """
    scanning = scan_options(**{"inline_threshold": inline_threshold, **(scan or {}), "zarr_format": zarr_format})
    options = BuildOptions.checked(
        output=output, inline_threshold=inline_threshold, zarr_format=zarr_format, record_size=record_size, append=append,
        append_wait=append_wait, overwrite=overwrite, scratch=scratch, memory=memory, jobs=jobs, on_issue=on_issue,
        on_error=on_error, retries=retries, batch_size=batch_size,
        scan=scanning, access=Access(storage_options, output_options=output_options))
    return _run(files, {**joining, "concat_dim": concat_dim}, options, client, progress)


def _run(
    inputs: Iterable[Any], joining: Mapping[str, Any], options: BuildOptions, client: Any, progress: Progress | None
) -> VirtualDataset:
    """Joins files that are scanned, or reference sets; here or on a cluster."""
    if client is not None:
        from swift_kerchunk.building import cluster

        return cluster.combine(inputs, joining, options, client=client, progress=progress)
    access = options.access
    listed = InputList(
        inputs, access.storage_options, options.scan, remote_protocol=access.remote_protocol, on_error=options.on_error)
    return local.run(listed, joining, options, progress)


def plan(
    inputs: Iterable[Any],
    concat_dim: Sequence[str] | str = (),
    *,
    scan: Mapping[str, Any] | None = None,
    zarr_format: Literal[2, 3] = 2,
    jobs: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    on_issue: OnIssue = "warn",
    progress: Progress | None = None,
    **joining: Unpack[Details],
) -> Plan:
    """Plan a combination, and write nothing.

    Parameters
    ----------
    inputs : iterable
        Datasets, dicts of references, or paths, URLs and patterns of files and reference sets.
    scan : mapping, optional
        Options of `swift_kerchunk.scan`.
    concat_dim, zarr_format, jobs, storage_options, on_issue, progress, **joining
        As for `swift_kerchunk.combine`.

    Returns
    -------
    Plan
        A dict that shows itself as text.
    """
    combined = build(
        inputs, concat_dim, scan=scan, zarr_format=zarr_format, jobs=jobs, storage_options=storage_options,
        on_issue=on_issue, progress=progress, **joining)
    assert isinstance(combined, CombinedDataset)
    return combined.plan
