# SPDX-License-Identifier: Apache-2.0
"""Writes reference sets: by the library on this machine, through fsspec elsewhere."""
from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from swift_kerchunk._access.sources import RemoteOutput
from swift_kerchunk._access.storage import Storage
from swift_kerchunk._calling import warn
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.calls import Progress, Reply
from swift_kerchunk.errors import OutputError
from swift_kerchunk.issues import issues_of, report


class Form(NamedTuple):
    """A form of reference sets."""

    #: As messages call it: ``Parquet``.
    name: str
    #: Whether chunks lie in partitions that can be written one by one.
    is_partitioned: bool
    #: Zarr versions of the metadata that it can hold.
    zarr_formats: list[int]


def form_of(output: str) -> Form:
    """The form that an output of this name gets."""
    return Form(**calls.run("output_form", {"output": output}).document["form"])


def names_one_set(output: str) -> bool:
    """Whether a name ends as those of reference sets do, and is no folder for many."""
    return calls.run("output_form", {"output": output, "by_ending": True}).document["form"] is not None


#: Runs an operation on a dataset.
Run = Callable[..., Reply]


def save(
    run: Run, path: str | os.PathLike[str], form: Literal["json", "parquet"], options: dict[str, Any], overwrite: bool,
    storage_options: Mapping[str, Any] | None, progress: Progress | None,
) -> int:
    """Writes a dataset; the output appears whole or not at all.

    Returns
    -------
    int
        Number of references to chunks that were written.
    """
    output = os.fspath(path)
    request = {"form": form, "options": options, "overwrite": overwrite}
    storage = Storage(storage_options)
    if not storage.is_foreign(output):
        reply = run(
            "save", {**request, "output": output, "storage": storage.request}, progress=progress, leases=[storage.lease])
        return _count(reply, output)
    import tempfile

    import fsspec

    system, place = fsspec.core.url_to_fs(output, **(storage_options or {}))
    if not overwrite and system.exists(place):
        raise OutputError("the output already exists; overwrite=True replaces it", url=output)
    if form == "json":
        lease = Lease([RemoteOutput(system, place)])
        try:
            reply = run(
                "save", {**request, "output": output, "upload": lease.lent[0].number}, progress=progress,
                leases=[lease])
        finally:
            lease.close()
        return _count(reply, output)
    with tempfile.TemporaryDirectory(prefix="swift-kerchunk-") as folder:
        local = os.path.join(folder, "refs.parq")
        count = _count(run("save", {**request, "output": local}, progress=progress), output)
        upload(system, local, place)
    return count


def _count(reply: Reply, output: str) -> int:
    """How many references were written; warns of what the form cannot hold."""
    report(issues_of(reply.document["issues"]), output, "warn")
    return int(reply.document["references"])


#: Seconds after which it is told that others are waited for.
_PATIENCE = 3


@contextlib.contextmanager
def appending(place: str, wait: float) -> Iterator[None]:
    """Keeps other runs from appending to an output of this machine while it is read, added to and replaced.

    Parameters
    ----------
    place
        A path.
    wait
        Seconds to wait for others.

    Raises
    ------
    OutputError
        If others take longer.
    """
    first, rest = min(_PATIENCE, int(wait)), max(0, int(wait) - _PATIENCE)
    try:
        reply = calls.run("lock_output", {"output": place, "wait": first}, makes=1)
    except OutputError:
        if not rest:
            raise
        warn(f"waiting for another run that is appending to {place}")
        reply = calls.run("lock_output", {"output": place, "wait": rest}, makes=1)
    try:
        yield
    finally:
        reply.objects[0].close()


#: What a Parquet set consists of, beneath its place; a slash ends folders.
_PARTS = re.compile(r"(\.zmetadata|sources\.json|(.+/)?refs\.[0-9]+\.parq|(.+/)?\.partial-[^/]*)$")


def clear(system: Any, place: str) -> None:
    """Removes the Parquet set at `place` of a file system, and nothing else.

    Raises
    ------
    OutputError
        If anything else is there.
    """
    if not system.exists(place):
        return
    if system.isfile(place):
        raise OutputError("the output exists and is not a directory; remove it first", url=place)
    found = system.find(place)
    names = [name[len(place):].lstrip("/") for name in found]
    if not all(name.startswith(place) for name in found):
        raise OutputError("the file system lists files outside this directory, so nothing is replaced; choose another place", url=place)
    others = [name for name in names if not _PARTS.fullmatch(name)]
    if others:
        raise OutputError(
            f'the output is a directory with files that do not belong to a reference set, such as "{others[0]}"; it is not'
            " replaced: move them away, or choose another place", url=place)
    if names and ".zmetadata" not in names:
        raise OutputError(
            'the output is a directory without ".zmetadata"; it is not replaced, so choose another place', url=place)
    system.rm(place, recursive=True)


def upload(system: Any, local: str, place: str) -> None:
    """Copies a Parquet set to a file system: what makes it one comes last."""
    place = place.rstrip("/")
    clear(system, place)
    names = sorted(
        os.path.relpath(os.path.join(folder, name), local)
        for folder, _, files in os.walk(local) for name in files
    )
    last = ".zmetadata"
    parents = {posixpath.dirname(name) for name in names}
    for parent in sorted(parents):
        system.makedirs(posixpath.join(place, parent) if parent else place, exist_ok=True)
    some = [name for name in names if name != last]
    system.put([os.path.join(local, name) for name in some], [posixpath.join(place, name) for name in some])
    system.put_file(os.path.join(local, last), posixpath.join(place, last))
