# SPDX-License-Identifier: Apache-2.0
"""Combinations in several steps, for many processes.

Workers summarize inputs (`summarize`), and keep what they scanned in a scratch directory; summaries are joined (`join`)
in any shape of tree; someone plans from them (`plan`); workers execute runs of partitions (`execute`); someone puts the
output into its place (`finish`). What passes between them are bytes: a few kilobytes for each input, and the plan.
"""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from swift_kerchunk._access.storage import Storage
from swift_kerchunk._core import calls
from swift_kerchunk._core.calls import Progress
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.building.options import Access, BuildOptions, request_of
from swift_kerchunk.errors import UsageError
from swift_kerchunk.issues import Issue, issues_of
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted


class TaskPlan(NamedTuple):
    """What is to be done, for anyone who has `task` and can open the inputs by their names."""

    #: The plan for the library.
    task: bytes
    #: Partitions of the output in Parquet, numbered from 0.
    partitions: int
    #: As ``kerchunk combine --dry-run --json`` prints it.
    report: dict[str, Any]
    #: The same for people.
    text: str
    issues: list[Issue]

    def __repr__(self) -> str:
        return f"<plan of {counted(self.partitions, 'partition')}>\n{self.text}"


class Summary(NamedTuple):
    """What planning needs of some inputs, and what of them could not be used."""

    content: bytes
    issues: list[Issue]


def _storage(access: Access) -> tuple[dict[str, Any], list[Any]]:
    storage = Storage(access.storage_options, bare_protocol=access.remote_protocol)
    remote = Storage(access.remote, access.remote_protocol)
    return {"storage": storage.request, "remote_storage": remote.request}, [storage.lease, remote.lease]


def summarize(
    names: Sequence[str], joining: Mapping[str, Any], options: BuildOptions = BuildOptions(), *, first_index: int = 0,
    progress: Progress | None = None,
) -> Summary:
    """What planning needs of some inputs.

    Parameters
    ----------
    names
        Paths or URLs.
    joining
        As `swift_kerchunk.building.options.Joining`; the same for all.
    first_index
        The number of the first of these among all inputs.
    options
        Whether and how inputs are scanned, and how they are reached.
    """
    storage, leases = _storage(options.access)
    reply = calls.run(
        "summarize",
        {
            "inputs": [{"references" if options.scan is None else "file": name} for name in names],
            "request": request_of(joining), "settings": {**options.planning(), "first_index": first_index},
            **storage,
        },
        leases=leases, makes=1, progress=progress)
    issues = [
        Issue(f"{shown(one['input'])}{issue.object}", *issue[1:])
        for one in reply.document["input_issues"] for issue in issues_of(one["issues"])
    ]
    return Summary(bytes(reply.objects[0].content()), issues)


def join(summaries: Sequence[bytes | Summary]) -> bytes:
    """Several summaries as one, in which what they have in common is written once."""
    objects = [Handle.of_bytes(one.content if isinstance(one, Summary) else one) for one in summaries]
    reply = calls.run("join_summaries", {"summaries": list(range(len(objects)))}, objects=objects, makes=1)
    return bytes(reply.objects[0].content())


def plan(
    summaries: Sequence[bytes | Summary], joining: Mapping[str, Any], options: BuildOptions = BuildOptions()
) -> TaskPlan:
    """Plans inputs that were summarized, in the order of the summaries."""
    storage, leases = _storage(options.access)
    objects = [Handle.of_bytes(one.content if isinstance(one, Summary) else one) for one in summaries]
    reply = calls.run(
        "plan",
        {
            "summaries": list(range(len(objects))), "request": request_of(joining), "record_size": options.record_size,
            "are_files": options.scan is not None, "settings": options.planning(),
            **storage,
        },
        objects=objects, leases=leases, makes=1)
    document = reply.document
    return TaskPlan(
        bytes(reply.objects[0].content()), document["partitions"], document["plan"], document["plan_text"],
        issues_of(document["issues"]))


def check_output(output: str, options: BuildOptions) -> None:
    """Sees that an output may be written.

    Raises
    ------
    OutputError
        Where it exists already.
    UsageError
        Where the library does not reach the store, so that its workers cannot write there.
    """
    storage = options.access.output_storage()
    if storage.is_foreign(output):
        option = storage.unknown_option(output)
        what, change = ("protocol", "write") if option is None else (f'storage option "{option}"', "leave it out, write")
        raise UsageError(
            f"only fsspec knows this {what}, but the workers of a cluster write with the library itself: {change} to a path or to"
            " another store (s3://, gs://, az://), or build in one process, without client=", url=output)
    calls.run(
        "check_output", {"output": output, "overwrite": options.overwrite, "storage": storage.request},
        leases=[storage.lease])


def execute(
    task: bytes, output: str, partitions: tuple[int, int] | None = None, options: BuildOptions = BuildOptions(), *,
    progress: Progress | None = None,
) -> int:
    """Writes the partitions from the first up to the second, without it, beside the place of `output`; or all of `output`.

    Returns
    -------
    int
        How many references they hold.
    """
    part = {"overwrite": options.overwrite} if partitions is None else {"first": partitions[0], "end": partitions[1]}
    return _execute("execute", task, {"output": os.fspath(output), **part}, options, progress)


def finish(task: bytes, output: str, options: BuildOptions = BuildOptions()) -> int:
    """Puts the output into its place, when all partitions are written.

    Returns
    -------
    int
        How many references it has.
    """
    return _execute("finish", task, {"output": os.fspath(output), "overwrite": options.overwrite}, options, None)


def _execute(
    operation: str, task: bytes, request: dict[str, Any], options: BuildOptions, progress: Progress | None
) -> int:
    storage, leases = _storage(options.access)
    if options.access.output_options is not None:
        written = options.access.output_storage()
        storage["output_storage"] = written.request
        leases.append(written.lease)
    saving = {"fill_missing": options.fill_missing, "jobs": options.jobs}
    reply = calls.run(
        operation, {"task": 0, "options": saving, **options.scanning(), **request, **storage},
        objects=[Handle.of_bytes(task)], leases=leases, progress=progress)
    return int(reply.document["references"])
