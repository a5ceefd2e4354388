# SPDX-License-Identifier: Apache-2.0
"""Many datasets into one."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from swift_kerchunk._coordinates import evaluated
from swift_kerchunk._calling import warn
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.calls import Progress
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.inputs import location
from swift_kerchunk._core.outputs import appending, upload
from swift_kerchunk._core.storage import Storage, options_along, protocol_of
from swift_kerchunk._references import datasets_of
from swift_kerchunk.dataset import VirtualDataset
from swift_kerchunk.errors import KerchunkError, NotFoundError, OutputError, UsageError
from swift_kerchunk.issues import Failure, Issue, OnIssue, issues_of, reason_of, report
from swift_kerchunk.joining import Details, request_of
from swift_kerchunk.opening import open, scan_options
from swift_kerchunk.opening import scan as scan_file
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted, python_words

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Plan(dict[str, Any]):
    """What a combination is to do, as ``kerchunk combine --dry-run --json`` prints it; shown as text.

    Attributes
    ----------
    text : str
        The same for people: what lands where, what was decided and why, and what differs.
    """

    def __init__(self, document: Mapping[str, Any], text: str) -> None:
        super().__init__(document)
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from swift_kerchunk import notebook

        return notebook.plan(self)

    def __reduce__(self) -> Any:
        return Plan, (dict(self), self.text)


class CombinedDataset(VirtualDataset):
    """A dataset that was combined of others; its chunks are pulled from them when they are asked for.

    Attributes
    ----------
    plan : Plan
    """

    plan: Plan


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
        ``"date:FORM:PATTERN"`` on the input's name, a compiled pattern, a function of the input's number and name, a constant, or a list with a value (or list of
        values) for each input. Values may be dates.
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
    return _run(
        inputs, None, {**joining, "concat_dim": concat_dim}, output=output, inline_threshold=inline_threshold,
        zarr_format=zarr_format, record_size=record_size, append=append, append_wait=append_wait, overwrite=overwrite,
        scratch=scratch, memory=memory, jobs=jobs, storage_options=storage_options, remote_options=remote_options,
        remote_protocol=remote_protocol,
        output_options=output_options, on_issue=on_issue, progress=progress, client=client, on_error=on_error, retries=retries,
        batch_size=batch_size)


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
    options = scan_options(**{"inline_threshold": inline_threshold, **(scan or {}), "zarr_format": zarr_format})
    return _run(
        files, options, {**joining, "concat_dim": concat_dim}, output=output, inline_threshold=inline_threshold,
        zarr_format=zarr_format, record_size=record_size, append=append, append_wait=append_wait, overwrite=overwrite,
        scratch=scratch, memory=memory, jobs=jobs, storage_options=storage_options, remote_options=None, remote_protocol=None,
        output_options=output_options,
        on_issue=on_issue, progress=progress, client=client, on_error=on_error, retries=retries, batch_size=batch_size)


def _run(
    inputs: Iterable[Any], scan: dict[str, Any] | None, joining: Mapping[str, Any], *,
    output: str | os.PathLike[str] | None, inline_threshold: int, zarr_format: Literal[2, 3], record_size: int, append: bool,
    append_wait: float, overwrite: bool, scratch: str | os.PathLike[str] | None, memory: int, jobs: int | None,
    storage_options: Mapping[str, Any] | None, remote_options: Mapping[str, Any] | None, remote_protocol: str | None,
    output_options: Mapping[str, Any] | None, on_issue: OnIssue, progress: Progress | None, client: Any,
    on_error: Literal["raise", "skip"], retries: int,
    batch_size: int | None,
) -> VirtualDataset:
    """Joins files that are scanned with the options `scan`, or reference sets where there are none; here or on a cluster."""
    scratch = scratch_folder(scratch)
    if zarr_format != 2 and output is not None and os.fspath(output).endswith((".parq", ".parquet", "/")):
        raise UsageError("Parquet sets hold Zarr version 2 only: name the output .json, or use zarr_format=2")
    if on_error not in ("raise", "skip"):
        raise UsageError(f'on_error is "raise" or "skip", not {on_error!r}')
    if client is not None:
        from swift_kerchunk import cluster

        return cluster.combine(
            inputs, joining, client=client, output=output, scan=scan, inline_threshold=inline_threshold,
            zarr_format=zarr_format, record_size=record_size, append=append, append_wait=append_wait, overwrite=overwrite,
            scratch=scratch, jobs=jobs,
            on_error=on_error, retries=retries, batch_size=batch_size, storage_options=storage_options,
            remote_options=remote_options, remote_protocol=remote_protocol, output_options=output_options, on_issue=on_issue,
            progress=progress)
    settings: dict[str, Any] = {
        "zarr_format": zarr_format, "jobs": jobs, "inline_threshold": inline_threshold, "memory": memory,
        "scratch": scratch, "on_error": on_error,
    }
    if scan is not None:
        settings["scan"] = scan
    listed = InputList(inputs, storage_options, scan, remote_protocol=remote_protocol, on_error=on_error)
    return listed.run(
        request_of(evaluated(joining, listed.names, appends=append)), settings,
        {"record_size": record_size, "zarr_format": zarr_format, "jobs": jobs},
        output=output, append=append, append_wait=append_wait, overwrite=overwrite, remote_options=remote_options,
        remote_protocol=remote_protocol,
        output_options=output_options, on_issue=on_issue, progress=progress)


def scratch_folder(scratch: str | os.PathLike[str] | None) -> str | None:
    """A folder that users name, as an absolute path."""
    if scratch is None:
        return None
    folder = os.fspath(scratch)
    if protocol_of(folder) != "file":
        raise UsageError(
            f"scratch is a folder of this machine, or of a file system that all workers share, not {folder!r}: leave it out"
            " where workers share none, and each keeps what it scanned in a folder of its own")
    return os.path.abspath(folder.removeprefix("file://"))


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


def merge(inputs: Iterable[Any], *, zarr_format: Literal[2, 3] = 2, on_issue: OnIssue = "warn") -> VirtualDataset:
    """Put the variables of several datasets with the same coordinates together.

    Parameters
    ----------
    inputs : iterable
        Anything that `swift_kerchunk.open` takes. Arrays that several have must have the same values.
    zarr_format : {2, 3}
    on_issue : {"warn", "raise", "ignore"}
    """
    datasets = [open(one, on_issue=on_issue) for one in inputs]
    if len(datasets) < 2:
        raise UsageError("merge needs at least two inputs")
    storage = datasets[0]._storage()
    return _joined("merge", {"storage": storage.request, "zarr_format": zarr_format}, datasets, [storage.lease], on_issue)


def concat_arrays(
    inputs: Iterable[Any], array: str, axis: int | str = 0, *, zarr_format: Literal[2, 3] = 2,
    on_issue: OnIssue = "warn",
) -> VirtualDataset:
    """Join one array of several datasets along an axis.

    Parameters
    ----------
    inputs : iterable
        Anything that `swift_kerchunk.open` takes, in the order along the axis.
    array : str
        Its path.
    axis : int or str
        Its number, or the name of a dimension.
    zarr_format : {2, 3}
    on_issue : {"warn", "raise", "ignore"}
    """
    datasets = [open(one, on_issue=on_issue) for one in inputs]
    if len(datasets) < 2:
        raise UsageError("concat_arrays needs at least two inputs")
    request = {"array": array, "axis": axis, "zarr_format": zarr_format}
    return _joined("concat_arrays", request, datasets, [], on_issue)


def _joined(
    operation: str, request: dict[str, Any], datasets: list[VirtualDataset], leases: list[Lease], on_issue: OnIssue
) -> VirtualDataset:
    first = datasets[0]
    leases = [*leases, *(lease for dataset in datasets for lease in dataset._leases)]
    named = [{"dataset": place, "name": dataset.name} for place, dataset in enumerate(datasets)]
    reply = calls.run(
        operation, {**request, "inputs": named}, objects=[dataset._handle for dataset in datasets], leases=leases, makes=1)
    result = VirtualDataset(
        reply.objects[0], reply.document["issues"], counted(len(datasets), "input"), storage_options=first._storage_options,
        protocol=first._protocol, leases=leases)
    report(result.issues, result.name, on_issue)
    return result


def _tell(dataset: CombinedDataset, on_issue: OnIssue) -> None:
    """Says what was left out, and what was decided that may not be what was meant."""
    report(dataset.issues, dataset.name, on_issue)
    if on_issue != "ignore":
        for text in dataset.plan["warnings"]:
            warn(text)


class InputList:
    """The inputs of a combination, as the library takes them.

    Parameters
    ----------
    inputs
        As users give them.
    storage_options
        How they are reached.
    scan
        As `swift_kerchunk.opening.scan_options` gives it; without it inputs are reference sets.
    has_patterns
        Whether names may be patterns.
    remote_protocol
        The protocol of references without one.
    on_error
        What becomes of those that are opened here and cannot be used.
    """

    def __init__(
        self, inputs: Iterable[Any], storage_options: Mapping[str, Any] | None, scan: Mapping[str, Any] | None, *,
        has_patterns: bool = True, remote_protocol: str | None = None, on_error: Literal["raise", "skip"] = "raise",
    ) -> None:
        if isinstance(inputs, (str, os.PathLike)):
            inputs = [inputs]
        if not isinstance(inputs, Iterable):
            raise TypeError(f"expected paths, URLs, patterns, datasets or dicts of references, not {type(inputs).__name__}")
        inputs = list(inputs)
        chain = next((text for text in map(location, inputs) if text is not None and "::" in text), None)
        if chain is not None:
            storage_options = options_along(chain, storage_options)
        self.storage_options = storage_options
        self.objects: list[Handle] = []
        self.leases: list[Lease] = []
        self.named: list[dict[str, Any]] = []
        #: What was left out of those that are scanned here.
        self.issues: list[Issue] = []
        #: What cannot be used of those that are opened here.
        self.left_out: list[Failure] = []
        self.storage = Storage(storage_options, bare_protocol=remote_protocol)
        self.leases.append(self.storage.lease)
        dicts = iter(datasets_of(
            ((one, f"input {index}") for index, one in enumerate(inputs) if type(one) is dict),
            remote_options=storage_options, on_issue="ignore"))
        for index, one in enumerate(inputs):
            text = location(one)
            if text is not None:
                kind = "references" if scan is None else "file"
                self.named += [{kind: name} for name in (self.expanded(text) if has_patterns else [text])]
                continue
            try:
                if scan is not None and not isinstance(one, VirtualDataset) and hasattr(one, "read"):
                    dataset = scan_file(one, on_issue="ignore", **scan)
                    name = dataset.name
                    self.issues += [Issue(f"{shown(name)}{issue.object}", *issue[1:]) for issue in dataset.issues]
                else:
                    is_dict = type(one) is dict
                    dataset = next(dicts) if is_dict else open(one, storage_options=storage_options, on_issue="ignore")
                    name = dataset.name if one is dataset else f"input {index}"
            except (KerchunkError, OSError) as error:
                if on_error == "raise" or isinstance(error, UsageError):
                    raise
                self.left_out.append(Failure(f"input {index}", reason_of(error)))
                continue
            self.named.append({"dataset": len(self.objects), "name": name})
            self.objects.append(dataset._handle)
            self.leases += dataset._leases
        if not self.named:
            if self.left_out:
                raise KerchunkError(f"none of {counted(len(self.left_out), 'input')} can be used: {self.left_out[0].reason}")
            raise UsageError("no input is given")

    @property
    def names(self) -> list[str]:
        """What the library calls them."""
        return [str(one.get("name") or one.get("file") or one.get("references")) for one in self.named]

    def expanded(self, text: str) -> list[str]:
        """What a pattern matches; other names as they are."""
        if not any(character in text for character in "*?["):
            return [text]
        if protocol_of(text) in ("http", "https") and "*" not in text.partition("?")[0]:
            return [text]  # a question mark stands before a query there
        if protocol_of(text) != "file" and "::" not in text:
            import fsspec

            system, path = fsspec.core.url_to_fs(text, **(self.storage_options or {}))
            names = [str(system.unstrip_protocol(name)) for name in sorted(system.glob(path))]
            if not names:
                raise UsageError(f'nothing matches the pattern "{text}"')
            return names
        reply = calls.run(
            "expand", {"inputs": [text], "storage": self.storage.request}, leases=[self.storage.lease])
        names = reply.document["names"]
        self.issues += [Issue(one["object"], one["reason"], one["remedy"]) for one in reply.document["issues"]]
        return [str(name) for name in names]

    def run(
        self, request: dict[str, Any], settings: dict[str, Any], saving: dict[str, Any], *,
        output: str | os.PathLike[str] | None, append: bool, append_wait: float = 600, overwrite: bool,
        remote_options: Mapping[str, Any] | None, remote_protocol: str | None, output_options: Mapping[str, Any] | None,
        on_issue: OnIssue, progress: Progress | None,
    ) -> VirtualDataset:
        """The combination, or the set that was written to `output`."""
        options = self.storage_options if remote_options is None else remote_options
        if output is None:
            if append:
                raise UsageError("append needs output")
            dataset = self.combined(request, settings, options, remote_protocol, progress)
            _tell(dataset, on_issue)
            return dataset
        place = os.fspath(output)
        reached = self.storage_options if output_options is None else output_options
        storage = Storage(reached)
        if append and protocol_of(place) != "file":
            raise UsageError(
                "only sets in file systems of this machine are appended to: combine the set and the new inputs into another"
                " place", url=place)
        if storage.is_foreign(place):
            return self._run_elsewhere(
                place, reached, request, settings, saving, overwrite=overwrite, remote_options=options,
                remote_protocol=remote_protocol, on_issue=on_issue, progress=progress)
        settings = {**settings, "output": place}
        if append and not os.path.lexists(place.removeprefix("file://")):
            raise NotFoundError("there is no reference set to append to: leave append=True out the first time", url=place)
        if append:
            settings["append"] = place
        calls.run(
            "check_output", {"output": place, "overwrite": overwrite or append, "storage": storage.request},
            leases=[storage.lease])
        with appending(place, append_wait) if append else contextlib.nullcontext():
            dataset = self.combined(request, settings, options, remote_protocol, progress)
            _tell(dataset, on_issue)
            self.save(dataset, place, saving, storage, append=append, overwrite=overwrite, progress=progress)
        written = open(
            place, storage_options=reached, remote_options=options or {}, remote_protocol=remote_protocol,
            trust_local=True, on_issue="ignore")
        written.issues, written.left_out = dataset.issues, dataset.left_out
        return written

    def combined(
        self, request: dict[str, Any], settings: dict[str, Any], options: Mapping[str, Any] | None, protocol: str | None,
        progress: Progress | None,
    ) -> CombinedDataset:
        """The combination, with what could not be used of the inputs among its issues.

        Parameters
        ----------
        request, settings
            As ``docs/c-abi.md`` tells them.
        options, protocol
            How the files behind references are reached.
        """
        remote = Storage(options, protocol)
        leases = [*self.leases, remote.lease]
        reply = calls.run(
            "combine",
            {
                "inputs": self.named, "request": request, "settings": settings, "storage": self.storage.request,
                "remote_storage": remote.request,
            },
            objects=self.objects, leases=leases, makes=1, progress=progress)
        dataset = CombinedDataset(
            reply.objects[0], reply.document["issues"], f"{counted(len(self.named), 'input')} combined",
            storage_options=options, protocol=protocol, leases=leases, notes=reply.document["notes"])
        document = reply.document["plan"]
        for name in ("decisions", "warnings"):
            document[name] = [python_words(text) for text in document[name]]
        dataset.plan = Plan(document, python_words(reply.document["plan_text"]))
        dataset.left_out = self.left_out + [
            Failure(one["input"], python_words(one["reason"])) for one in reply.document["left_out"]]
        dataset.issues += [Issue(failure.input, failure.reason, None) for failure in dataset.left_out]
        dataset.issues += self.issues
        for one in reply.document["input_issues"]:
            dataset.issues += [Issue(f"{shown(one['input'])}{issue.object}", *issue[1:]) for issue in issues_of(one["issues"])]
        return dataset

    def save(
        self, dataset: CombinedDataset, place: str, saving: dict[str, Any], storage: Storage, *, append: bool,
        overwrite: bool, progress: Progress | None, note: str | None = None,
    ) -> int:
        """Writes a combination where the library can.

        Parameters
        ----------
        note
            With `append`: a file that is told what takes the place, right before it does.

        Returns
        -------
        int
            How many references were written.
        """
        reply = dataset._run(
            "save_combined",
            {
                "output": place, "options": saving, "overwrite": overwrite, "append": append, "note": note,
                "storage": storage.request,
            },
            leases=[storage.lease], progress=progress)
        return int(reply.document["references"])

    def _run_elsewhere(
        self, place: str, reached: Mapping[str, Any] | None, request: dict[str, Any], settings: dict[str, Any],
        saving: dict[str, Any], *, overwrite: bool, **others: Any,
    ) -> VirtualDataset:
        """Writes on this machine, and uploads what came of it."""
        import tempfile

        import fsspec

        system, path = fsspec.core.url_to_fs(place, **(reached or {}))
        if not overwrite and system.exists(path):
            raise OutputError("the output exists already; overwrite=True replaces it", url=place)
        with tempfile.TemporaryDirectory(prefix="swift-kerchunk-") as folder:
            local = os.path.join(folder, os.path.basename(place.rstrip("/")) + ("/" if place.endswith("/") else ""))
            written = self.run(
                request, settings, saving, output=local, append=False, overwrite=False, output_options=None, **others)
            if os.path.isdir(local):
                upload(system, local, path)
                # What was written goes with the folder.
                data = Handle.of_bytes(written.to_bytes())
                reply = calls.run("open", {"file": {"bytes": 0}}, objects=[data], makes=1)
                written._handle, written._leases = reply.objects[0], ()
            else:
                system.put_file(local, path)
            written.name = place
            return written
