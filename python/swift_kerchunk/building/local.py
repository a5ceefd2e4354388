# SPDX-License-Identifier: Apache-2.0
"""Combinations that this process makes, on threads of the library."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from swift_kerchunk._access.outputs import appending, upload
from swift_kerchunk._access.storage import Storage, protocol_of
from swift_kerchunk._calling import warn
from swift_kerchunk._core import calls
from swift_kerchunk._core.calls import Progress
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.building.coordinates import with_values
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.building.options import Access, BuildOptions, request_of
from swift_kerchunk.building.plan import CombinedDataset, Plan
from swift_kerchunk.dataset.opening import open
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import NotFoundError, OutputError, UsageError
from swift_kerchunk.issues import Failure, Issue, OnIssue, issues_of, report
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted, python_words


def run(
    inputs: InputList, joining: Mapping[str, Any], options: BuildOptions, progress: Progress | None
) -> VirtualDataset:
    """The combination, or the set that was written to the output."""
    joining = with_values(joining, inputs.names, appends=options.append)
    # Parts of a chain have options of their own.
    access = options.access._replace(storage_options=inputs.storage_options)
    if options.output is None:
        if options.append:
            raise UsageError("append=True needs output=")
        dataset = combined(inputs, joining, options.settings(), access, progress)
        _tell(dataset, options.on_issue)
        return dataset
    place = options.output
    if options.append and protocol_of(place) != "file":
        raise UsageError(
            "only sets in local file systems can be appended to: combine the set and the new inputs into another place", url=place)
    if access.output_storage().is_foreign(place):
        return _written_elsewhere(inputs, joining, options, access, progress)
    return _written(inputs, joining, options, access, progress)


def _written(
    inputs: InputList, joining: Mapping[str, Any], options: BuildOptions, access: Access, progress: Progress | None
) -> VirtualDataset:
    place, append, overwrite = str(options.output), options.append, options.overwrite
    storage = access.output_storage()
    settings = {**options.settings(), "output": place}
    if append and not os.path.lexists(place.removeprefix("file://")):
        raise NotFoundError("there is no reference set to append to: leave out append=True the first time", url=place)
    if append:
        settings["append"] = place
    calls.run(
        "check_output", {"output": place, "overwrite": overwrite or append, "storage": storage.request},
        leases=[storage.lease])
    with appending(place, options.append_wait) if append else contextlib.nullcontext():
        dataset = combined(inputs, joining, settings, access, progress)
        _tell(dataset, options.on_issue)
        save(dataset, place, options.saving(), storage, overwrite=overwrite, progress=progress)
    written = open(
        place, storage_options=access.output, remote_options=access.remote or {}, remote_protocol=access.remote_protocol,
        trust_local=True, on_issue="ignore")
    written.issues, written.left_out = dataset.issues, dataset.left_out
    return written


def _written_elsewhere(
    inputs: InputList, joining: Mapping[str, Any], options: BuildOptions, access: Access, progress: Progress | None
) -> VirtualDataset:
    """Writes on this machine, and uploads what came of it."""
    import fsspec

    place = str(options.output)
    system, path = fsspec.core.url_to_fs(place, **(access.output or {}))
    if not options.overwrite and system.exists(path):
        raise OutputError("the output already exists; overwrite=True replaces it", url=place)
    with tempfile.TemporaryDirectory(prefix="swift-kerchunk-") as folder:
        local = os.path.join(folder, os.path.basename(place.rstrip("/")) + ("/" if place.endswith("/") else ""))
        written = _written(
            inputs, joining, dataclasses.replace(options, output=local, overwrite=False),
            access._replace(output_options=None), progress)
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


def combined(
    inputs: InputList, joining: Mapping[str, Any], settings: dict[str, Any], access: Access,
    progress: Progress | None = None,
) -> CombinedDataset:
    """The combination, with what could not be used of the inputs among its issues.

    Parameters
    ----------
    joining
        As `swift_kerchunk.building.options.Joining`.
    settings
        As ``docs/c-abi.md`` tells them.
    access
        How the files behind references are reached.
    """
    remote = Storage(access.remote, access.remote_protocol)
    leases = [*inputs.leases, remote.lease]
    reply = calls.run(
        "combine",
        {
            "inputs": inputs.named, "request": request_of(joining), "settings": settings, "storage": inputs.storage.request,
            "remote_storage": remote.request,
        },
        objects=inputs.objects, leases=leases, makes=1, progress=progress)
    dataset = CombinedDataset(
        reply.objects[0], reply.document["issues"], f"{counted(len(inputs.named), 'input')} combined",
        storage_options=access.remote, protocol=access.remote_protocol, leases=leases, notes=reply.document["notes"])
    document = reply.document["plan"]
    for name in ("decisions", "warnings"):
        document[name] = [python_words(text) for text in document[name]]
    dataset.plan = Plan(document, python_words(reply.document["plan_text"]))
    dataset.left_out = inputs.left_out + [
        Failure(one["input"], python_words(one["reason"])) for one in reply.document["left_out"]]
    dataset.issues += [Issue(failure.input, failure.reason, None) for failure in dataset.left_out]
    dataset.issues += inputs.issues
    for one in reply.document["input_issues"]:
        dataset.issues += [Issue(f"{shown(one['input'])}{issue.object}", *issue[1:]) for issue in issues_of(one["issues"])]
    return dataset


def save(
    dataset: CombinedDataset, place: str, saving: dict[str, Any], storage: Storage, *, overwrite: bool,
    progress: Progress | None = None, note: str | None = None,
) -> int:
    """Writes a combination where the library can.

    Parameters
    ----------
    note
        Where inputs are appended to what is at `place`: a file that is told what takes the place, right before it does.

    Returns
    -------
    int
        How many references were written.
    """
    reply = dataset._run(
        "save_combined",
        {
            "output": place, "options": saving, "overwrite": overwrite, "note": note, "storage": storage.request,
        },
        leases=[storage.lease], progress=progress)
    return int(reply.document["references"])


def _tell(dataset: CombinedDataset, on_issue: OnIssue) -> None:
    """Says what was left out, and what was decided that may not be what was meant."""
    report(dataset.issues, dataset.name, on_issue)
    if on_issue != "ignore":
        for text in dataset.plan["warnings"]:
            warn(text)
