# SPDX-License-Identifier: Apache-2.0
"""Many files or datasets along dimensions into one: what users call."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from swift_kerchunk.building import local
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.building.options import (
    BuildKeywords, BuildOptions, CombineKeywords, PlanKeywords, joining_of, taking,
)
from swift_kerchunk.building.plan import CombinedDataset, Plan
from swift_kerchunk.dataset.opening import scan_options
from swift_kerchunk.dataset.virtual import VirtualDataset

if TYPE_CHECKING:
    from typing_extensions import Unpack


@taking(CombineKeywords)
def combine(
    inputs: Iterable[Any], concat_dim: Sequence[str] | str = (), **keywords: Unpack[CombineKeywords]
) -> VirtualDataset:
    """Join many datasets along dimensions into one.

    Without options it finds the dimension whose coordinate differs from input to input. Inputs land where their coordinate
    values say, whatever their order. All problems are reported together.

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
    joining = joining_of(keywords, CombineKeywords, concat_dim)
    return _run(inputs, joining, BuildOptions.given(keywords), keywords)


@taking(BuildKeywords)
def build(
    files: Iterable[Any], concat_dim: Sequence[str] | str = (), **keywords: Unpack[BuildKeywords]
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
    joining = joining_of(keywords, BuildKeywords, concat_dim)
    scan = {
        "inline_threshold": keywords.get("inline_threshold", BuildOptions.inline_threshold), **(keywords.get("scan") or {}),
        "zarr_format": keywords.get("zarr_format", BuildOptions.zarr_format),
    }
    return _run(files, joining, BuildOptions.given(keywords, scan=scan_options(**scan)), keywords)


def _run(
    inputs: Iterable[Any], joining: Mapping[str, Any], options: BuildOptions, keywords: Mapping[str, Any]
) -> VirtualDataset:
    """Joins files that are scanned, or reference sets; here or on a cluster."""
    client, progress = keywords.get("client"), keywords.get("progress")
    if client is not None:
        from swift_kerchunk.building import cluster

        return cluster.combine(inputs, joining, options, client=client, progress=progress)
    access = options.access
    listed = InputList(
        inputs, access.storage_options, options.scan, remote_protocol=access.remote_protocol, on_error=options.on_error)
    return local.run(listed, joining, options, progress)


@taking(PlanKeywords)
def plan(inputs: Iterable[Any], concat_dim: Sequence[str] | str = (), **keywords: Unpack[PlanKeywords]) -> Plan:
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
    joining_of(keywords, PlanKeywords)
    combined = build(inputs, concat_dim, **keywords)
    assert isinstance(combined, CombinedDataset)
    return combined.plan
