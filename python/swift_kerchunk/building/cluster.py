# SPDX-License-Identifier: Apache-2.0
"""Builds of many tasks, for clusters: inputs are scanned and summarized in batches, planned once, and written in runs of
partitions. What is large stays on the workers and in the folder that they share: ``docs/dask.md``.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from swift_kerchunk._access.inputs import location
from swift_kerchunk._access.storage import protocol_of
from swift_kerchunk._core.calls import Progress
from swift_kerchunk.building import workers
from swift_kerchunk.building.coordinates import with_values
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.building.options import BuildOptions, ClusterKeywords, joining_of, request_of, taking
from swift_kerchunk.building.schedulers import Scheduler, scheduler_for
from swift_kerchunk.building.workers import Report
from swift_kerchunk.dataset.opening import open
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import UsageError
from swift_kerchunk.issues import Issue, report
from swift_kerchunk.wording import counted

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: Summaries that one task joins.
_BRANCHES = 16


@taking(ClusterKeywords)
def build(
    names: Sequence[str], joining: Mapping[str, Any], *, client: Any, output: str | os.PathLike[str],
    **keywords: Unpack[ClusterKeywords],
) -> Report:
    """Build a reference set by the workers of a scheduler.

    Parameters
    ----------
    names : sequence of str
        Inputs, by names that mean the same for all workers.
    joining : mapping
        As `swift_kerchunk.building.options.Joining`.
    client : distributed.Client or str
        A cluster; the name of one of Dask's schedulers; ``"dask"`` for the one that Dask would use; None for this
        thread.
    output : str or os.PathLike
        Where workers write: a path in a file system that they share, or the URL of a store.
    scan : mapping, optional
        As returned by `swift_kerchunk.dataset.opening.scan_options`; without it inputs are reference sets.
    scratch : str or os.PathLike, optional
        A folder that all workers share, for what they scanned; by default beside the output.
    append : bool
        Append to `output`, which is a path: workers scan, and one of them appends.
    append_wait : float
        Seconds to wait for other runs that append to the same output.
    batch_size : int, optional
        Inputs per task.
    on_error : {"raise", "skip"}
        What to do with inputs that cannot be used.
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
    joining_of(keywords, ClusterKeywords)
    return _built(names, joining, BuildOptions.given({**keywords, "output": output}), client, keywords.get("progress"))


def _built(
    names: Sequence[str], joining: Mapping[str, Any], options: BuildOptions, client: Any, progress: Progress | None
) -> Report:
    if options.batch_size is not None and options.batch_size < 1:
        raise UsageError(f"batch_size must be at least 1, not {options.batch_size}")
    if not names:
        raise UsageError("no input is given")
    place = str(options.output)
    if protocol_of(place) == "file":
        tail = "/" if place.endswith("/") else ""
        place = os.path.abspath(place.removeprefix("file://")) + tail
    job = workers.Job(
        uuid.uuid4().hex[:12], dict(joining),
        dataclasses.replace(options, output=place, scratch=_shared_folder(place, options.scratch)))
    if options.append:
        _check_appending(job)
    scheduler = scheduler_for(client, options.retries)
    try:
        return _run(job, names, scheduler, progress)
    except Exception:
        if options.append:
            with contextlib.suppress(Exception):
                scheduler.result(scheduler.submit("leave", workers.leave, job))
        raise
    finally:
        scheduler.cancel()


def _check_appending(job: workers.Job) -> None:
    if protocol_of(job.output) != "file":
        raise UsageError(
            "workers can only append to a set in a file system that they all share: combine the set and the new inputs into another place", url=job.output)
    by_number = [
        name for name, value in (job.joining.get("coord") or {}).items()
        if isinstance(value, (list, tuple)) or str(value).lower() == "index" or hasattr(value, "tolist")
    ]
    if by_number and job.options.on_error == "skip":
        raise UsageError(
            f'the values of "{by_number[0]}" depend on the number of the input, which changes if an input is left out:'
            ' append with on_error="raise"')


def combine(
    inputs: Iterable[Any], joining: Mapping[str, Any], options: BuildOptions, *, client: Any, progress: Progress | None
) -> VirtualDataset:
    """`swift_kerchunk.combine` and `swift_kerchunk.build` by the workers of a scheduler."""
    output, access = options.output, options.access
    if output is None:
        raise UsageError("workers write the output themselves: give output=")
    inputs = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    if any(location(one) is None for one in inputs):
        raise UsageError("workers open the inputs themselves: give their paths or URLs")
    names = InputList(inputs, access.storage_options, options.scan).names
    joining = with_values(joining, names, appends=options.append)
    request_of(joining)
    names = [os.path.abspath(name.removeprefix("file://")) if protocol_of(name) == "file" else name for name in names]
    done = _built(names, joining, options, client, progress)
    written = open(
        output, storage_options=access.output, remote_options=access.remote or {}, remote_protocol=access.remote_protocol,
        trust_local=True, on_issue="ignore")
    skipped = [Issue(failure.input, failure.reason, None) for failure in done.failures]
    if done.skipped > len(skipped):
        skipped.append(Issue("…", f"{counted(done.skipped - len(skipped), 'more input')} left out", None))
    written.issues = skipped + done.issues
    written.left_out = done.failures
    report(written.issues, output, options.on_issue)
    return written


def _shared_folder(output: str, scratch: str | None) -> str | None:
    """The folder that workers share, the same in a second attempt."""
    base = output.rstrip("/")
    if scratch is not None:
        return os.path.join(scratch, os.path.basename(base) + ".work")
    return base + ".work" if protocol_of(output) == "file" else None


def _run(job: workers.Job, names: Sequence[str], scheduler: Scheduler, progress: Progress | None) -> Report:
    # Made by one task and passed from worker to worker, however long it is.
    shared = scheduler.submit("options", workers.options, job)
    scheduler.forget([scheduler.submit("prepare", workers.prepare, shared)])
    size = job.options.batch_size or max(1, min(64, -(-len(names) // (8 * scheduler.width()))))
    starts = range(0, len(names), size)

    def counter(what: str, total: int, each: int = 1) -> Callable[[int], None] | None:
        return None if progress is None else lambda done: progress(what, min(done * each, total), total)

    parts = scheduler.each(
        "scan", workers.scan, ((shared, start, list(names[start : start + size])) for start in starts),
        counter("inputs", len(names), size))
    summaries = list(parts)
    while len(parts) > 1:
        parts = scheduler.each("join", workers.join, list(_groups(parts, _BRANCHES)))
        summaries += parts
    if job.options.append:
        appended = scheduler.submit("append", workers.append, shared, parts[0])
        done: Report = scheduler.result(appended)
        _clean(scheduler, shared, [*summaries, appended])
        return done
    plan = scheduler.submit("plan", workers.plan, shared, parts[0])
    told = scheduler.submit("facts", workers.facts, plan)
    facts: workers.Facts = scheduler.result(told)
    scheduler.forget(summaries)
    if job.is_partitioned:
        runs = list(_ranges(facts.partitions, 8 * scheduler.width()))
        scheduler.each(
            "write", workers.write, ((shared, plan, first, end) for first, end in runs), counter("runs", len(runs)),
            keep=False)
    finished = scheduler.submit("finish", workers.finish, shared, plan)
    references: int = scheduler.result(finished)
    _clean(scheduler, shared, [plan, told, finished])
    return Report(
        references, facts.inputs, facts.skipped, facts.failures, facts.issues, facts.partitions if job.is_partitioned else 0,
        facts.report)


def _clean(scheduler: Scheduler, shared: Any, done: Iterable[Any]) -> None:
    """Removes what workers shared; nothing is made again then where it is lost."""
    scheduler.forget(done)
    scheduler.result(scheduler.submit("clean", workers.clean, shared))


def _groups(parts: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(parts), size):
        yield parts[start : start + size]


def _ranges(count: int, pieces: int) -> Iterable[tuple[int, int]]:
    """At most `pieces` runs that together are all numbers below `count`."""
    pieces = min(pieces, count)
    edges = [count * piece // pieces for piece in range(pieces + 1)] if pieces else []
    return zip(edges, edges[1:])
