# SPDX-License-Identifier: Apache-2.0
"""What the tasks of a build do, each on some worker: `swift_kerchunk.cluster` gives them out.

Any of them may be done twice, as a worker may be lost when its task is done, but before it can tell.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from swift_kerchunk._access.outputs import appending, form_of
from swift_kerchunk._access.storage import Storage, protocol_of
from swift_kerchunk.building import tasks
from swift_kerchunk.building import local
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.building.marks import Mark
from swift_kerchunk.building.options import Access, BuildOptions
from swift_kerchunk.building.tasks import TaskPlan
from swift_kerchunk.dataset.opening import open
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import CancelledError, KerchunkError, NotFoundError, OutputError, UsageError
from swift_kerchunk.issues import Failure, Issue, reason_of
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted

#: Issues and failures that are reported one by one; beyond it they are counted.
_MOST_REPORTED = 1000
#: Seconds in which a file that one worker wrote is seen by the others.
_PATIENCE = 10.0
#: Seconds after which a build that did not end is not at work any more.
_FORGOTTEN = 86_400


class Report(NamedTuple):
    """The result of a build.

    Attributes
    ----------
    references : int
        References to chunks in the output; with `append` those that were written, 0 where a worker that was lost had
        done it.
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


class Job(NamedTuple):
    """What is the same for all tasks."""

    token: str
    joining: Mapping[str, Any]
    #: Its `scratch` is a folder that all workers share; None where they share none.
    options: BuildOptions

    def __repr__(self) -> str:
        # what Dask writes into its logs
        return f"<job {self.token}>"

    @property
    def is_partitioned(self) -> bool:
        """Whether partitions of the output can be written one by one."""
        return form_of(self.output).is_partitioned

    @property
    def output(self) -> str:
        """Where workers write."""
        return str(self.options.output)

    @property
    def access(self) -> Access:
        """How inputs, the files behind references, and the output are reached."""
        return self.options.access


class Part(NamedTuple):
    """Summaries of some inputs; None where none of them can be used, or a set is appended to."""

    content: bytes | None
    inputs: int
    skipped: int
    failures: list[Failure]
    issues: list[Issue]
    #: The name of one of them: it tells how they are reached.
    name: str
    #: The names of those that can be used, where a set is appended to: it is one task that plans from all.
    names: tuple[str, ...] = ()


class Facts(NamedTuple):
    """What the client needs to know of a plan."""

    partitions: int
    inputs: int
    skipped: int
    failures: list[Failure]
    issues: list[Issue]
    report: dict[str, Any]


def options(job: Job) -> Job:
    """What all other tasks are told: where its worker is lost it is made again, also when the output is there already."""
    return job


def prepare(job: Job) -> None:
    """Sees that the output may be written, and makes the folder that workers share."""
    if job.options.append:
        open(job.output, on_issue="ignore")
    else:
        tasks.check_output(job.output, job.options)
    if job.options.scratch is not None:
        os.makedirs(job.options.scratch, exist_ok=True)
        Path(_marker(job)).touch()


def _marker(job: Job) -> str:
    return os.path.join(job.options.scratch or "", f"shared-{job.token}")


def _options(job: Job, name: str | None = None) -> BuildOptions:
    """What the library is told on this worker: where it keeps what it scans, and the threads of a task for inputs like `name`.

    Raises
    ------
    NotFoundError
        Where this worker does not see what another one wrote.
    """
    if job.options.scratch is not None:
        limit = time.monotonic() + _PATIENCE
        while not os.path.exists(_marker(job)):
            if time.monotonic() > limit:
                raise NotFoundError(
                    "this worker does not see the folder that another worker made: give scratch= and output= in a file system that all workers share", url=job.options.scratch)
            time.sleep(0.1)
            # Some file systems look again only when a folder is listed.
            with contextlib.suppress(OSError):
                os.listdir(job.options.scratch)
    scratch = None if job.options.scan is None else job.options.scratch or _own_folder(job.token)
    jobs = job.options.jobs if name is None else _jobs(job, name)
    return dataclasses.replace(job.options, scratch=scratch, jobs=jobs)


def _own_folder(token: str) -> str:
    """A folder that goes with this worker."""
    place = tempfile.gettempdir()
    try:
        from distributed import get_worker

        place = get_worker().local_directory
    except (ImportError, ValueError):
        pass
    return os.path.join(place, f"kerchunk-{token}")


def _jobs(job: Job, name: str) -> int:
    """Threads of one task: workers have several tasks, and what is remote waits most of the time."""
    return job.options.jobs or (1 if protocol_of(name) == "file" else 16)


def scan(job: Job, first: int, names: Sequence[str]) -> Part:
    """Summarizes a batch of inputs, `first` of which is the number among all."""
    options = _options(job, names[0])

    def summarize(first: int, names: Sequence[str]) -> tasks.Summary:
        return tasks.summarize(names, job.joining, options, first_index=first)

    def part(names: Sequence[str], content: bytes, issues: list[Issue]) -> Part:
        usable = tuple(names) if job.options.append else ()
        return Part(None if job.options.append else content, len(names), 0, [], issues[:_MOST_REPORTED], names[0], usable)

    try:
        return part(names, *summarize(first, names))
    except (CancelledError, UsageError):
        raise
    except (KerchunkError, OSError):
        if job.options.on_error == "raise":
            raise
    # One by one: what could be scanned is there already.
    parts: list[Part] = []
    for number, name in enumerate(names, first):
        try:
            parts.append(part([name], *summarize(number, [name])))
        except (CancelledError, UsageError):
            raise
        except (KerchunkError, OSError) as error:
            parts.append(Part(None, 0, 1, [Failure(shown(name), reason_of(error))], [], name))
    return join(*parts)


def join(*parts: Part) -> Part:
    """Several parts as one, in their order."""
    contents = [part.content for part in parts if part.content is not None]
    return Part(
        tasks.join(contents) if len(contents) > 1 else (contents[0] if contents else None),
        sum(part.inputs for part in parts), sum(part.skipped for part in parts),
        [failure for part in parts for failure in part.failures][:_MOST_REPORTED],
        [issue for part in parts for issue in part.issues][:_MOST_REPORTED], parts[0].name,
        tuple(name for part in parts for name in part.names))


def _check_inputs(part: Part) -> None:
    if part.inputs == 0:
        listed = "\n".join(f"  {failure.input}: {failure.reason}" for failure in part.failures[:10])
        raise KerchunkError(f"none of {counted(part.skipped, 'input')} can be used:\n{listed}")


def plan(job: Job, part: Part) -> tuple[TaskPlan, Part]:
    _check_inputs(part)
    assert part.content is not None
    plan = tasks.plan([part.content], job.joining, _options(job, part.name))
    return plan, part._replace(content=None)


def facts(planned: tuple[TaskPlan, Part]) -> Facts:
    plan, part = planned
    return Facts(
        plan.partitions, part.inputs, part.skipped, part.failures, (part.issues + plan.issues)[:_MOST_REPORTED], plan.report)


def write(job: Job, planned: tuple[TaskPlan, Part], first: int, end: int) -> int:
    plan, part = planned
    return tasks.execute(plan.task, job.output, (first, end), _options(job, "file"))


def finish(job: Job, planned: tuple[TaskPlan, Part]) -> int:
    """Puts the output into its place, or writes what has no partitions."""
    plan, _ = planned
    options = _options(job)
    mark = Mark(job.token, job.output, job.options.scratch)
    if mark.found is not None:
        return int(mark.found) if mark.found >= 0 else _references_in(_opened(job))
    mark.note(-1)
    try:
        if job.is_partitioned:
            count = tasks.finish(plan.task, job.output, options)
        else:
            count = tasks.execute(plan.task, job.output, options=options)
    except OutputError:
        if protocol_of(job.output) == "file":
            raise
        written = _written_before(job, plan, options)
        if written is None:
            raise
        return _references_in(written)
    mark.note(count)
    return count


def _opened(job: Job) -> VirtualDataset:
    return open(job.output, storage_options=job.access.output, trust_local=True, on_issue="ignore")


def _written_before(job: Job, plan: TaskPlan, options: BuildOptions) -> VirtualDataset | None:
    """What is at the place of an output in a store, if it is what this build makes: a worker that was lost has written it."""
    with tempfile.TemporaryDirectory(prefix="swift-kerchunk-") as folder:
        again = os.path.join(folder, os.path.basename(job.output.rstrip("/")) + ("/" if job.output.endswith("/") else ""))
        tasks.execute(plan.task, again, options=dataclasses.replace(options, jobs=None))
        there = _opened(job)
        return there if there.to_bytes() == open(again, on_issue="ignore").to_bytes() else None


def _references_in(dataset: VirtualDataset) -> int:
    return sum(int((~dataset.chunks(path).is_missing).sum()) for path in dataset)


def append(job: Job, part: Part) -> Report:
    """Appends what was scanned, as one process does it."""
    _check_inputs(part)
    with appending(job.output, job.options.append_wait):
        return _append(job, part)


def _append(job: Job, part: Part) -> Report:
    options = dataclasses.replace(_options(job, part.name), on_error="raise")
    mark = Mark(job.token, job.output, job.options.scratch)
    done, is_unknown = mark.appended
    if done is not None:
        return Report(*done)
    inputs = InputList(
        part.names, job.access.storage_options, job.options.scan, has_patterns=False,
        remote_protocol=job.access.remote_protocol)
    settings = {**options.settings(), "output": job.output, "append": job.output}
    combined = local.combined(inputs, job.joining, settings, job.access)
    if is_unknown and any("first" not in dimension for dimension in combined.plan["dimensions"]):
        raise OutputError(
            "a worker was lost during an append, and another run has since changed the output: check whether it contains these inputs, as no coordinate shows it", url=job.output)
    told = Report(
        0, part.inputs, part.skipped, part.failures, combined.issues[:_MOST_REPORTED], 0, dict(combined.plan))
    mark.note(tuple(told))
    written = local.save(
        combined, job.output, options.saving(), Storage(), overwrite=False, note=mark.successor)
    told = told._replace(references=written)
    mark.note(tuple(told))
    return told


def clean(job: Job) -> None:
    """Removes what workers shared, unless others append to the same output meanwhile: then the last one does."""
    if job.options.scratch is None:
        return
    if job.options.append:
        leave(job)
        if _is_shared(job.options.scratch):
            return
    shutil.rmtree(job.options.scratch, ignore_errors=True)


def leave(job: Job) -> None:
    """Removes what only this build has in the folder that workers share; what was scanned stays."""
    if job.options.scratch is not None:
        for name in (f"shared-{job.token}", f"done-{job.token}", f"done-{job.token}.next"):
            Path(job.options.scratch, name).unlink(missing_ok=True)


def _is_shared(folder: str) -> bool:
    """Whether another build is at work in a folder; those of clients that were killed are forgotten after a day."""
    now = time.time()
    try:
        return any(now - marker.stat().st_mtime < _FORGOTTEN for marker in Path(folder).glob("shared-*"))
    except FileNotFoundError:
        return True
