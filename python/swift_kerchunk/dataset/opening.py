# SPDX-License-Identifier: Apache-2.0
"""Files and reference sets into virtual datasets."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from swift_kerchunk._access.inputs import Input
from swift_kerchunk._access.storage import protocol_of, scan_names
from swift_kerchunk._calling import keywords_of, suggesting, unexpected
from swift_kerchunk._core import calls
from swift_kerchunk.dataset.references import json_bytes
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import UsageError
from swift_kerchunk.issues import OnIssue, report


@suggesting
def scan(
    file: Any,
    *,
    url: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    inline_threshold: int = 500,
    max_chunk_size: int | None = None,
    codecs: Literal["auto", "zarr", "all"] = "auto",
    vlen_encode: Literal["embed", "null", "leave", "encode"] = "embed",
    zarr_format: Literal[2, 3] = 2,
    fill_limit: int = 10_000,
    group: str = "/",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    links: bool = True,
    soft_links: bool = False,
    follow_external: bool = False,
    salvage: bool = False,
    on_issue: OnIssue = "warn",
) -> VirtualDataset:
    """Locate the chunks of a file.

    Parameters
    ----------
    file : str, os.PathLike, file object or bytes
        A path or URL, a file opened in binary mode, or the content itself.
    url : str, optional
        The URL of the file in references, if `file` is a file object without a name, or bytes.
    storage_options : mapping, optional
        Storage options for the file, as in fsspec.
    inline_threshold : int
        Embed chunks of fewer stored bytes; 0 embeds none.
    max_chunk_size : int, optional
        Split uncompressed contiguous data into chunks of at most this many bytes.
    codecs : {"auto", "zarr", "all"}
        Codecs that references may name. ``"auto"``: those of zarr and numcodecs, and those of this package where
        nothing else decodes the data, with a note in `VirtualDataset.notes`; ``"zarr"``: never those of this package,
        so some data are left out; ``"all"``: both.
    vlen_encode : {"embed", "null", "leave", "encode"}
        How to write variable-length strings.
    zarr_format : {2, 3}
        Zarr version of the references.
    fill_limit : int
        Missing chunks of one array that may be embedded as fill values.
    group : str
        The group that becomes the root.
    include, exclude : sequence of str
        Variables, by name or path, with ``*`` and ``?``.
    links : bool
        Whether every name of an object becomes a variable.
    soft_links : bool
        Whether soft links count as names if `links` is false.
    follow_external : bool
        Whether the file may name other files outside its own folder.
    salvage : bool
        Whether to use what is left of a truncated file; what is missing is reported as issues.
    on_issue : {"warn", "raise", "ignore"}
        What to do about data that cannot be represented; they are always listed in `VirtualDataset.issues`.

    Returns
    -------
    VirtualDataset

    Raises
    ------
    KerchunkError
        If nothing in the file can be used.
    """
    options = scan_options(
        inline_threshold=inline_threshold, max_chunk_size=max_chunk_size, codecs=codecs, vlen_encode=vlen_encode,
        zarr_format=zarr_format, fill_limit=fill_limit, group=group, include=include, exclude=exclude, links=links,
        soft_links=soft_links, follow_external=follow_external, salvage=salvage)
    dataset, _ = scanned(file, options, url=url, storage_options=storage_options)
    report(dataset.issues, dataset.name, on_issue)
    return dataset


def scanned(
    file: Any, options: dict[str, Any], *, url: str | None = None, storage_options: Mapping[str, Any] | None = None
) -> tuple[VirtualDataset, list[str]]:
    """A file that is scanned with the options that `scan_options` gives, and the names to include that it does not have."""
    if isinstance(file, (list, tuple, set)):
        raise TypeError(
            "scan takes one file: use swift_kerchunk.build to combine many into one dataset, or swift_kerchunk.scan_all to write references for each")
    source = Input(file, url=url, storage_options=storage_options)
    try:
        if source.url is None:
            raise UsageError("the file has no name for references to use: give url=")
        reply = calls.run(
            "scan", {"file": source.request, "options": options, "storage": source.storage.request},
            objects=source.objects, leases=source.leases, makes=1)
    finally:
        source.close()
    dataset = VirtualDataset(
        reply.objects[0], reply.document["issues"], source.url, storage_options=source.options,
        notes=reply.document["notes"])
    return dataset, list(reply.document["unmatched"])


#: Keywords of `scan` that are no options of the library's scan.
_ELSEWHERE = ("file", "url", "storage_options", "on_issue")


def scan_options(**options: Any) -> dict[str, Any]:
    """Keywords of `scan` as the library takes them.

    Raises
    ------
    TypeError
        For what is none of them.
    """
    known = [name for name in keywords_of(scan) if name not in _ELSEWHERE]
    known += sorted(scan_names().difference(known))
    for name in options:
        if name not in known and name != "allow_unmatched":
            raise unexpected("scan", name, known)
    for name in ("include", "exclude"):
        value = options.get(name, ())
        options[name] = [value] if isinstance(value, str) else list(value)
    return options


@suggesting
def open(
    refs: Any,
    *,
    storage_options: Mapping[str, Any] | None = None,
    remote_options: Mapping[str, Any] | None = None,
    remote_protocol: str | None = None,
    trust_local: bool = False,
    on_issue: OnIssue = "warn",
) -> VirtualDataset:
    """Open a reference set.

    Parameters
    ----------
    refs : dict, str, os.PathLike, file object, bytes or VirtualDataset
        References as kerchunk makes them, their JSON text as bytes, or the path or URL of a JSON file, Parquet set or
        packed dataset.
    storage_options : mapping, optional
        Storage options for the set itself, as in fsspec.
    remote_options, remote_protocol : optional
        Storage options and protocol for the files behind the references; by default those of the set.
    trust_local : bool
        Whether a set that comes over a network may name local files: ``docs/security.md``.
    on_issue : {"warn", "raise", "ignore"}
        What to do about references that cannot be understood.

    Returns
    -------
    VirtualDataset

    Raises
    ------
    KerchunkError
        Of kind ``"permission"`` if a set that comes over a network names local files.
    """
    if isinstance(refs, VirtualDataset):
        return refs
    value = json_bytes(refs) if isinstance(refs, Mapping) else refs
    source = Input(value, storage_options=storage_options, bare_protocol=remote_protocol, trust_local=trust_local)
    reply = calls.run(
        "open", {"file": source.request, "storage": source.storage.request}, objects=source.objects,
        leases=source.leases, makes=1)
    # Packed sets are read as they are used.
    dataset = VirtualDataset(
        reply.objects[0], reply.document["issues"], source.url or "references",
        storage_options=source.options if remote_options is None else remote_options, protocol=remote_protocol,
        leases=source.leases, notes=reply.document["notes"])
    dataset._target_options = dict(source.options or {})
    dataset._trusts_local = trust_local or source.url is None or protocol_of(source.url) in ("file", "memory")
    report(dataset.issues, dataset.name, on_issue)
    return dataset
