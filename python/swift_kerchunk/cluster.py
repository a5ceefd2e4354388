# SPDX-License-Identifier: Apache-2.0
"""Builds of many tasks, for clusters: inputs are scanned and summarized in batches, planned once, and written in runs of
partitions. What is large stays on the workers and in the folder that they share: ``docs/dask.md``.
"""
from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from swift_kerchunk._core import tasks
from swift_kerchunk._core.storage import protocol_of
from swift_kerchunk._core.tasks import Access, Plan, Scanning
from swift_kerchunk.combining import InputList
from swift_kerchunk.dataset import VirtualDataset
from swift_kerchunk.errors import CancelledError, KerchunkError, NotFoundError, UsageError
from swift_kerchunk.issues import Issue, OnIssue, report
from swift_kerchunk.joining import request_of
from swift_kerchunk.opening import open
from swift_kerchunk.schedulers import Scheduler, scheduler_for

OnError = Literal["raise", "skip"]
#: Gets what is counted (``"inputs"``, then ``"runs"`` of partitions), how many are done, and how many there are.
Progress = Callable[[str, int, int], None]

#: Summaries that one task joins.
_BRANCHES = 16
#: Issues and failures that are reported one by one; beyond it they are counted.
_MOST_REPORTED = 1000
#: Seconds in which a file that one worker wrote is seen by the others.
_PATIENCE = 10.0


class Failure(NamedTuple):
    """An input that was left out, and why."""

    input: str
    reason: str


class Report(NamedTuple):
    """What came of a build.

    Attributes
    ----------
    references : int
        References to chunks in the output.
    inputs, skipped : int
        Inputs that are in the output, and that are not.
    failures : list of Failure
        The first 1,000 that are not.
    issues : list of Issue
        What else was left out; the first 1,000.
    partitions : int
        Files of references; 0 where the output is one file.
    plan : dict
        As ``kerchunk combine --dry-run --json`` prints it.
    """

    references: int
    inputs: int
    skipped: int
    failures: list[Failure]
    issues: list[Issue]
    partitions: int
    plan: dict[str, Any]


class _Job(NamedTuple):
    """What is the same for all tasks."""

    token: str
    joining: Mapping[str, Any]
    #: Options of the scan; None where inputs are reference sets.
    scan: Mapping[str, Any] | None
    output: str
    #: A folder that all workers share; None where they share none.
    scratch: str | None
    zarr_format: int
    inline_threshold: int
    record_size: int
    fill_missing: bool
    overwrite: bool
    on_error: OnError
    jobs: int | None
    access: Access

    @property
    def is_parquet(self) -> bool:
        return self.output.endswith((".parq", ".parquet", "/"))


class _Part(NamedTuple):
    """Summaries of some inputs; None where none of them can be used."""

    content: bytes | None
    inputs: int
    skipped: int
    failures: list[Failure]
    issues: list[Issue]
    #: The name of one of them: it tells how they are reached.
    name: str


class _Facts(NamedTuple):
    """What the client needs to know of a plan."""

    partitions: int
    inputs: int
    skipped: int
    failures: list[Failure]
    issues: list[Issue]
    report: dict[str, Any]


# What workers do


def _prepare(job: _Job) -> _Job:
    """Sees that the output may be written, and makes the folder that workers share."""
    tasks.check_output(job.output, overwrite=job.overwrite, access=job.access)
    if job.scratch is not None:
        os.makedirs(job.scratch, exist_ok=True)
        Path(_marker(job)).touch()
    return job


def _marker(job: _Job) -> str:
    return os.path.join(job.scratch or "", f"shared-{job.token}")


def _scanning(job: _Job) -> Scanning | None:
    """How this worker scans, and where it keeps what it finds."""
    if job.scratch is not None:
        limit = time.monotonic() + _PATIENCE
        while not os.path.exists(_marker(job)):
            if time.monotonic() > limit:
                raise NotFoundError(
                    "this worker does not see the folder that another one made: give scratch= and output= in a file system"
                    " that all workers share", url=job.scratch)
            time.sleep(0.1)
            # Some file systems look again only when a folder is listed.
            with contextlib.suppress(OSError):
                os.listdir(job.scratch)
    if job.scan is None:
        return None
    return Scanning(job.scan, job.scratch or _own_folder(job.token))


def _own_folder(token: str) -> str:
    """A folder that goes with this worker."""
    place = tempfile.gettempdir()
    try:
        from distributed import get_worker

        place = get_worker().local_directory
    except (ImportError, ValueError):
        pass
    return os.path.join(place, f"kerchunk-{token}")


def _jobs(job: _Job, name: str) -> int:
    """Threads of one task: workers have several tasks, and what is remote waits most of the time."""
    return job.jobs or (1 if protocol_of(name) == "file" else 16)


def _scan(job: _Job, first: int, names: Sequence[str]) -> _Part:
    """Summarizes a batch of inputs, `first` of which is the number among all."""
    scanning = _scanning(job)

    def summarize(first: int, names: Sequence[str]) -> tasks.Summary:
        return tasks.summarize(
            names, job.joining, first_index=first, zarr_format=job.zarr_format, jobs=_jobs(job, names[0]),
            scanning=scanning, access=job.access)

    try:
        content, issues = summarize(first, names)
        return _Part(content, len(names), 0, [], issues[:_MOST_REPORTED], names[0])
    except (CancelledError, UsageError):
        raise
    except (KerchunkError, OSError):
        if job.on_error == "raise":
            raise
    # One by one: what could be scanned is there already.
    parts: list[_Part] = []
    for number, name in enumerate(names, first):
        try:
            content, issues = summarize(number, [name])
            parts.append(_Part(content, 1, 0, [], issues, name))
        except (CancelledError, UsageError):
            raise
        except (KerchunkError, OSError) as error:
            parts.append(_Part(None, 0, 1, [Failure(name, str(error))], [], name))
    return _join(*parts)


def _join(*parts: _Part) -> _Part:
    """Several parts as one, in their order."""
    contents = [part.content for part in parts if part.content is not None]
    return _Part(
        tasks.join(contents) if len(contents) > 1 else (contents[0] if contents else None),
        sum(part.inputs for part in parts), sum(part.skipped for part in parts),
        [failure for part in parts for failure in part.failures][:_MOST_REPORTED],
        [issue for part in parts for issue in part.issues][:_MOST_REPORTED], parts[0].name)


def _plan(job: _Job, part: _Part) -> tuple[Plan, _Part]:
    if part.content is None:
        shown = "\n".join(f"  {failure.input}: {failure.reason}" for failure in part.failures[:10])
        raise KerchunkError(f"none of {part.skipped} inputs can be used:\n{shown}")
    plan = tasks.plan(
        [part.content], job.joining, record_size=job.record_size,
        inline_threshold=job.inline_threshold, zarr_format=job.zarr_format, jobs=_jobs(job, part.name),
        scanning=_scanning(job), access=job.access)
    return plan, part._replace(content=None)


def _facts(planned: tuple[Plan, _Part]) -> _Facts:
    plan, part = planned
    return _Facts(
        plan.partitions, part.inputs, part.skipped, part.failures, (part.issues + plan.issues)[:_MOST_REPORTED], plan.report)


def _write(job: _Job, planned: tuple[Plan, _Part], first: int, end: int) -> int:
    plan, part = planned
    return tasks.execute(
        plan.task, job.output, (first, end), fill_missing=job.fill_missing, jobs=_jobs(job, "file"),
        scanning=_scanning(job), access=job.access)


def _finish(job: _Job, planned: tuple[Plan, _Part]) -> int:
    """Puts the output into its place, or writes what has no partitions."""
    plan, part = planned
    scanning = _scanning(job)
    done = None if job.scratch is None else Path(job.scratch) / f"finished-{job.token}"
    if done is not None and done.exists():
        # A worker that was lost had finished.
        return int(done.read_text())
    if job.is_parquet:
        count = tasks.finish(
            plan.task, job.output, overwrite=job.overwrite, fill_missing=job.fill_missing, scanning=scanning,
            access=job.access)
    else:
        count = tasks.execute(
            plan.task, job.output, overwrite=job.overwrite, jobs=job.jobs, scanning=scanning, access=job.access)
    if done is not None:
        done.write_text(str(count))
    return count


def _clean(job: _Job) -> None:
    """Removes what workers shared."""
    if job.scratch is not None:
        shutil.rmtree(job.scratch, ignore_errors=True)


# What the client does


def build(
    names: Sequence[str],
    joining: Mapping[str, Any],
    *,
    client: Any,
    output: str | os.PathLike[str],
    scan: Mapping[str, Any] | None = None,
    inline_threshold: int = 500,
    zarr_format: int = 2,
    record_size: int = 100_000,
    fill_missing: bool = False,
    overwrite: bool = False,
    scratch: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    batch_size: int | None = None,
    on_error: OnError = "raise",
    retries: int = 2,
    access: Access = Access(),
    progress: Progress | None = None,
) -> Report:
    """Build a reference set by the workers of a scheduler.

    Parameters
    ----------
    names : sequence of str
        Inputs, by names that mean the same for all workers.
    joining : mapping
        As `swift_kerchunk.joining.Joining`.
    client : distributed.Client or str
        A cluster; the name of one of Dask's schedulers; ``"dask"`` for the one that Dask would use; None for this thread.
    output : str or os.PathLike
        Where workers write: a path in a file system that they share, or the URL of a store.
    scan : mapping, optional
        As `swift_kerchunk.opening.scan_options` gives it; without it inputs are reference sets.
    scratch : str or os.PathLike, optional
        A folder that all workers share, for what they scanned; by default beside the output.
    batch_size : int, optional
        Inputs of one task.
    on_error : {"raise", "skip"}
        What becomes of inputs that cannot be used.
    retries : int
        How often a cluster tries a task again.
    progress : callable, optional
        Called as tasks are done.
    inline_threshold, zarr_format, record_size, fill_missing, overwrite, jobs, access
        As for `swift_kerchunk.build`.

    Returns
    -------
    Report
    """
    if on_error not in ("raise", "skip"):
        raise UsageError(f'on_error is "raise" or "skip", not {on_error!r}')
    if batch_size is not None and batch_size < 1:
        raise UsageError(f"batch_size is at least 1, not {batch_size}")
    if not names:
        raise UsageError("no input is given")
    if scratch is not None and protocol_of(os.fspath(scratch)) != "file":
        raise UsageError(f"scratch is a folder that all workers share, not {os.fspath(scratch)!r}")
    place = os.fspath(output)
    if protocol_of(place) == "file":
        tail = "/" if place.endswith("/") else ""
        place = os.path.abspath(place.removeprefix("file://")) + tail
    job = _Job(
        token=uuid.uuid4().hex[:12], joining=dict(joining), scan=None if scan is None else dict(scan), output=place,
        scratch=_shared_folder(place, scratch), zarr_format=zarr_format, inline_threshold=inline_threshold,
        record_size=record_size, fill_missing=fill_missing, overwrite=overwrite, on_error=on_error, jobs=jobs,
        access=access)
    if zarr_format != 2 and job.is_parquet:
        raise UsageError("Parquet sets hold Zarr version 2 only: name the output .json, or use zarr_format=2")
    scheduler = scheduler_for(client, retries)
    try:
        return _run(job, names, scheduler, batch_size, progress)
    finally:
        scheduler.cancel()


def combine(
    inputs: Iterable[Any],
    joining: Mapping[str, Any],
    *,
    client: Any,
    output: str | os.PathLike[str] | None,
    append: bool,
    scan: Mapping[str, Any] | None,
    storage_options: Mapping[str, Any] | None,
    remote_options: Mapping[str, Any] | None,
    remote_protocol: str | None,
    on_issue: OnIssue,
    **options: Any,
) -> VirtualDataset:
    """`swift_kerchunk.combine` and `swift_kerchunk.build` by the workers of a scheduler.

    Parameters
    ----------
    inputs, joining, client, output, append, scan, storage_options, remote_options, remote_protocol, on_issue, **options
        As for these, and for `build`.
    """
    if output is None:
        raise UsageError("workers write the output themselves: give output=")
    if append:
        raise UsageError("appending is done by one process: leave out client= and on_error=")
    request_of(joining)
    listed = InputList("references" if scan is None else "file", inputs, storage_options)
    names = [one for named in listed.named for one in named.values() if isinstance(one, str)]
    if listed.objects:
        raise UsageError("workers open the inputs themselves: give their paths or URLs")
    names = [os.path.abspath(name.removeprefix("file://")) if protocol_of(name) == "file" else name for name in names]
    done = build(
        names, joining, client=client, output=output, scan=scan,
        access=Access(storage_options, remote_options, remote_protocol), **options)
    written = open(
        output, storage_options=storage_options,
        remote_options=storage_options if remote_options is None else remote_options, remote_protocol=remote_protocol,
        on_issue="ignore")
    skipped = [Issue(failure.input, failure.reason, None) for failure in done.failures]
    if done.skipped > len(skipped):
        skipped.append(Issue("…", f"{done.skipped - len(skipped)} more inputs were left out", None))
    written.issues = skipped + done.issues
    report(written.issues, os.fspath(output), on_issue, stacklevel=4)
    return written


def _shared_folder(output: str, scratch: str | os.PathLike[str] | None) -> str | None:
    """The folder that workers share, the same in a second attempt."""
    base = output.rstrip("/")
    if scratch is not None:
        return os.path.join(os.path.abspath(os.fspath(scratch).removeprefix("file://")), os.path.basename(base) + ".work")
    return base + ".work" if protocol_of(output) == "file" else None


def _run(
    job: _Job, names: Sequence[str], scheduler: Scheduler, batch_size: int | None, progress: Progress | None
) -> Report:
    # Made by one task and passed from worker to worker, however long it is.
    shared = scheduler.submit("prepare", _prepare, job)
    size = batch_size or max(1, min(64, -(-len(names) // (8 * scheduler.width()))))
    starts = range(0, len(names), size)

    def counter(what: str, total: int, each: int = 1) -> Callable[[int], None] | None:
        return None if progress is None else lambda done: progress(what, min(done * each, total), total)

    parts = scheduler.each(
        "scan", _scan, ((shared, start, list(names[start : start + size])) for start in starts),
        counter("inputs", len(names), size))
    summaries = list(parts)
    while len(parts) > 1:
        parts = scheduler.each("join", _join, list(_groups(parts, _BRANCHES)))
        summaries += parts
    plan = scheduler.submit("plan", _plan, shared, parts[0])
    facts: _Facts = scheduler.result(scheduler.submit("facts", _facts, plan))
    scheduler.forget(summaries)
    if job.is_parquet:
        runs = list(_ranges(facts.partitions, 8 * scheduler.width()))
        scheduler.each(
            "write", _write, ((shared, plan, first, end) for first, end in runs), counter("runs", len(runs)),
            keep=False)
    references: int = scheduler.result(scheduler.submit("finish", _finish, shared, plan))
    scheduler.result(scheduler.submit("clean", _clean, shared))
    return Report(
        references, facts.inputs, facts.skipped, facts.failures, facts.issues, facts.partitions if job.is_parquet else 0,
        facts.report)


def _groups(parts: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(parts), size):
        yield parts[start : start + size]


def _ranges(count: int, pieces: int) -> Iterable[tuple[int, int]]:
    """At most `pieces` runs that together are all numbers below `count`."""
    pieces = min(pieces, count)
    edges = [count * piece // pieces for piece in range(pieces + 1)] if pieces else []
    return zip(edges, edges[1:])
