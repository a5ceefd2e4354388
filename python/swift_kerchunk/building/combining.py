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
    """Combine many datasets into one, along dimensions.

    Without options it finds the dimension whose coordinate differs from input to input. Inputs land where their
    coordinate values say, whatever their order. All problems are reported together.

    Parameters
    ----------
    inputs : iterable
        Datasets, dicts of references, or paths, URLs and patterns of reference sets.
    concat_dim : str or sequence of str
        Dimensions to concatenate along, outermost first.
    output : str or os.PathLike, optional
        Write the result there, partition by partition: Parquet if it ends in ``.parq``, ``.parquet`` or ``/``,
        otherwise JSON. In Parquet an interrupted run continues with the missing partitions.
    inline_threshold : int
        Embed chunks of fewer stored bytes; 0 embeds none.
    zarr_format : {2, 3}
        Zarr version of the result.
    record_size : int
        Chunks per Parquet file of `output`.
    append : bool
        Append the inputs to `output`, which must exist.
    append_wait : float
        Seconds to wait for other runs that append to the same output.
    overwrite : bool
        Replace an existing `output`.
    scratch : str or os.PathLike, optional
        A directory for what does not fit into memory.
    memory : int
        Approximate number of bytes of references to keep in memory.
    jobs : int, optional
        Number of threads; by default the number of cores, or 32 if some inputs are remote.
    storage_options : mapping, optional
        Storage options for the inputs, as in fsspec.
    remote_options, remote_protocol : optional
        Storage options and protocol for the files behind references; by default those of the inputs.
    output_options : mapping, optional
        Storage options for `output`; by default those of the inputs.
    on_issue : {"warn", "raise", "ignore"}
        What to do about data that cannot be represented.
    progress : callable, optional
        Called with what is counted, how many are done, and how many there are.
    client : distributed.Client or str, optional
        Who does the work: a Dask cluster, whose workers write `output` themselves; the name of a local Dask scheduler
        (``"threads"``, ``"processes"``); or ``"dask"`` for the one that Dask would use. By default threads of this
        process.
    on_error : {"raise", "skip"}
        What to do with inputs that cannot be used: with ``"skip"`` they are left out, and listed in `left_out` and
        `issues` of the result.
    retries : int
        How often a cluster tries a task again.
    batch_size : int, optional
        Inputs per task.
    identical_dim : str or sequence of str
        Variables that are taken from the first input, without a look at the others.
    coord : mapping
        Where the values of a dimension come from: ``"data:VARIABLE"``, ``"cf:VARIABLE"``, ``"attr:NAME"``,
        ``"vattr:VARIABLE:NAME"``, ``"index"``, ``"varname"``, ``"date:FORM:VARIABLE"`` for strings, ``"regex:PATTERN"``
        and ``"date:FORM:PATTERN"`` on the input's name, a compiled pattern, a function of the input's number and name,
        a constant, or a list with a value (or list of values) for each input. Values may be dates.
    coord_dtype : mapping
        Dtypes of coordinates, as numpy writes them.
    order : {"coordinates", "input"}
        Place inputs by their coordinate values, or in the order given.
    duplicates : {"error", "first", "last"}
        What to do with inputs that have the same coordinate values.
    absent : {"error", "union", "intersection"}
        What to do with variables that some inputs lack.
    fill_value : mapping
        Fill values for variables that have none and get gaps.
    load_threshold : int
        Bytes up to which a variable that cannot be joined by reference is read and written inline.
    load : sequence of str
        Variables to read and write inline whatever their size.
    subchunk : bool
        Cut uncompressed chunks where inputs would meet inside them.
    override : sequence of {"units", "packing", "fill", "coordinates", "values"}
        Checks to skip; values that differ are then wrong or lost, as the decisions of the plan say.
    kerchunk_rules : bool
        Follow the rules of kerchunk's ``MultiZarrToZarr``.
    drop : sequence of str
        Variables to leave out of all inputs.
    rename, rename_dim : mapping
        New names for variables and dimensions of all inputs.
    set_attr : mapping
        Attributes of the result: ``"NAME"`` or ``"VARIABLE:NAME"``, and the value.
    delete_attr : sequence of str
        Attributes to delete from the result.

    Returns
    -------
    VirtualDataset
        The combination, or the set written to `output`.
    """
    joining = joining_of(keywords, CombineKeywords, concat_dim)
    return _run(inputs, joining, BuildOptions.given(keywords), keywords)


@taking(BuildKeywords)
def build(
    files: Iterable[Any], concat_dim: Sequence[str] | str = (), **keywords: Unpack[BuildKeywords]
) -> VirtualDataset:
    """Scan files and combine them into one reference set, on many threads.

    Parameters
    ----------
    files : iterable
        Paths, URLs and patterns of files, or open files; reference sets are taken as they are.
    scan : mapping, optional
        Options of `swift_kerchunk.scan`: ``group``, ``max_chunk_size``, ``codecs``, …
    scratch : str or os.PathLike, optional
        A directory where scans are kept until the output is written, so that an interrupted run does not scan again.
    concat_dim, output, inline_threshold, zarr_format, record_size, append, append_wait, overwrite, memory, jobs, \
storage_options, output_options, on_issue, progress, client, on_error, retries, batch_size, **joining
        As for `swift_kerchunk.combine`.

    Returns
    -------
    VirtualDataset
        The combination, or the set written to `output`.
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
        A dict whose repr is readable text.
    """
    joining_of(keywords, PlanKeywords)
    combined = build(inputs, concat_dim, **keywords)
    assert isinstance(combined, CombinedDataset)
    return combined.plan
