# SPDX-License-Identifier: Apache-2.0
"""Many files, each into a reference set of its own."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, Literal, NamedTuple

from swift_kerchunk._access.inputs import location
from swift_kerchunk._access.outputs import names_one_set
from swift_kerchunk._access.storage import Storage, protocol_of
from swift_kerchunk._calling import keywords_of, unexpected
from swift_kerchunk._core import calls
from swift_kerchunk._core.calls import Progress
from swift_kerchunk.building.inputs import InputList
from swift_kerchunk.dataset.opening import scan, scan_options, scanned
from swift_kerchunk.errors import KerchunkError, OutputError, UsageError
from swift_kerchunk.issues import Failure, Issue, OnIssue, reason_of, report
from swift_kerchunk.wording import counted


class ScanReport(NamedTuple):
    """The result of a scan of many files.

    Attributes
    ----------
    written : dict
        Maps each scanned input to its output.
    skipped : dict
        Maps inputs that have not changed since their outputs were written to these outputs, which are kept.
    left_out : list of Failure
        The inputs that could not be used, and why.
    issues : list of Issue
        What could not be represented.
    references : int
        References to chunks that were written.
    """

    written: dict[str, str]
    skipped: dict[str, str]
    left_out: list[Failure]
    issues: list[Issue]
    references: int


class _One(NamedTuple):
    """What came of one file."""

    references: int = 0
    issues: tuple[Issue, ...] = ()
    unmatched: tuple[str, ...] = ()
    is_skipped: bool = False


def scan_all(
    files: Iterable[Any],
    output: str | os.PathLike[str],
    *,
    on_error: Literal["raise", "skip"] = "raise",
    skip_existing: bool = False,
    overwrite: bool = False,
    jobs: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    output_options: Mapping[str, Any] | None = None,
    on_issue: OnIssue = "warn",
    progress: Progress | None = None,
    **options: Any,
) -> ScanReport:
    """Scan many files, and write the references of each as JSON, like ``kerchunk scan``.

    Parameters
    ----------
    files : iterable
        Paths, URLs and patterns.
    output : str or os.PathLike
        The directory for the outputs, which are named after their inputs: ``<file name>.json``.
    on_error : {"raise", "skip"}
        What to do with files that cannot be used: with ``"skip"`` they are left out, and listed in the report.
    skip_existing : bool
        Keep outputs whose files have not changed since; scan new and changed files.
    overwrite : bool
        Replace outputs that exist.
    jobs : int, optional
        Files to scan at the same time; by default the number of cores, or 32 if some are remote.
    storage_options, output_options : mapping, optional
        Storage options for inputs and outputs, as in fsspec; those of the outputs default to those of the inputs.
    on_issue : {"warn", "raise", "ignore"}
        What to do about data that cannot be represented.
    progress : callable, optional
        Called with ``"inputs"``, how many are done, and how many there are.
    **options
        For `swift_kerchunk.scan`: ``include``, ``group``, ``inline_threshold``, …

    Returns
    -------
    ScanReport

    Raises
    ------
    KerchunkError
        If a file cannot be used and `on_error` is ``"raise"``, or if no file can be used; written outputs stay.
    """
    known = keywords_of(scan)
    for name in options:
        if name not in known or name in ("file", "url"):
            raise unexpected("scan_all", name, sorted({*known, *keywords_of(scan_all)} - {"file", "url"}))
    if on_error not in ("raise", "skip"):
        raise UsageError(f'on_error must be "raise" or "skip", not {on_error!r}')
    given = [files] if isinstance(files, (str, os.PathLike)) else list(files)
    if any(location(one) is None for one in given):
        raise UsageError("scan_all only takes paths and URLs, since outputs are named after them")
    names = list(dict.fromkeys(InputList(given, storage_options, {}).names))
    place = os.fspath(output)
    if names_one_set(place.rstrip("/")) and not os.path.isdir(place):
        raise UsageError(
            "several inputs cannot be written to one reference set here: swift_kerchunk.build combines them into one; to write one for each, name a directory", url=place)
    outputs = calls.run("output_names", {"inputs": names, "directory": place}).document["outputs"]
    reached = storage_options if output_options is None else output_options

    def one(name: str, output: str) -> _One:
        known = _known(name, output, storage_options, reached) if skip_existing else "absent"
        if known == "current":
            return _One(is_skipped=True)
        if known != "outdated" and not overwrite:
            storage = Storage(reached)
            if not storage.is_foreign(output):
                calls.run("check_output", {"output": output, "storage": storage.request}, leases=[storage.lease])
        dataset, unmatched = scanned(
            name, scan_options(**options, allow_unmatched=len(names) > 1), storage_options=storage_options)
        if on_issue == "raise":
            report(dataset.issues, name, on_issue)
        try:
            dataset.to_json(output, overwrite=overwrite or known == "outdated", storage_options=reached)
        except OutputError:
            # Another process may have been faster.
            if skip_existing and _known(name, output, storage_options, reached) == "current":
                return _One(is_skipped=True)
            raise
        count = sum(len(dataset.chunks(path)) - int(dataset.chunks(path).is_missing.sum()) for path in dataset)
        return _One(count, tuple(dataset.issues), tuple(unmatched))

    width = jobs or (32 if any(protocol_of(name) != "file" for name in names) else os.cpu_count() or 1)
    found: dict[str, _One | KerchunkError | OSError] = {}
    pool = ThreadPoolExecutor(width, thread_name_prefix="kerchunk-scan")
    try:
        running: dict[Future[_One], str] = {
            pool.submit(one, name, output): name for name, output in zip(names, outputs)}
        for done, future in enumerate(as_completed(running), 1):
            try:
                found[running[future]] = future.result()
            except UsageError:
                raise
            except (KerchunkError, OSError) as error:
                if on_error == "raise":
                    raise
                found[running[future]] = error
            if progress is not None:
                progress("inputs", done, len(names))
    finally:
        pool.shutdown(cancel_futures=True)
    told, unmatched = _gathered(names, outputs, found)
    if unmatched:
        # Says what the first file has instead.
        scanned(names[0], scan_options(**{**options, "include": unmatched[:1]}), storage_options=storage_options)
    left = [Issue(failure.input, failure.reason, None) for failure in told.left_out]
    report(left + told.issues, counted(len(names), "input"), "ignore" if on_issue == "raise" else on_issue)
    return told


def _known(name: str, output: str, storage_options: Mapping[str, Any] | None, reached: Mapping[str, Any] | None) -> str:
    """What is at the place of an output: ``"absent"``, ``"current"``, ``"outdated"`` or ``"other"``."""
    storage, place = Storage(storage_options), Storage(reached)
    if place.is_foreign(output) or storage.is_foreign(name):
        raise UsageError("skip_existing only works for files and outputs that the library accesses itself, without fsspec", url=output)
    reply = calls.run(
        "known_output",
        {"output": output, "input": name, "storage": storage.request, "output_storage": place.request},
        leases=[storage.lease, place.lease])
    return str(reply.document["state"])


def _gathered(
    names: list[str], outputs: list[str], found: dict[str, _One | KerchunkError | OSError]
) -> tuple[ScanReport, list[str]]:
    """The report, and the names to include that none of the scanned files has."""
    told = ScanReport({}, {}, [], [], 0)
    references = 0
    unmatched: set[str] | None = None
    for name, output in zip(names, outputs):
        one = found[name]
        if not isinstance(one, _One):
            told.left_out.append(Failure(name, reason_of(one)))
        elif one.is_skipped:
            told.skipped[name] = output
        else:
            told.written[name] = output
            references += one.references
            told.issues.extend(Issue(f"{name}{issue.object}", *issue[1:]) for issue in one.issues)
            unmatched = set(one.unmatched) if unmatched is None else unmatched & set(one.unmatched)
    if told.left_out and not told.written and not told.skipped:
        shown = "\n".join(f"  {failure.input}: {failure.reason}" for failure in told.left_out[:10])
        raise KerchunkError(f"none of {counted(len(names), 'input')} can be used:\n{shown}")
    return told._replace(references=references), sorted(unmatched or ())
