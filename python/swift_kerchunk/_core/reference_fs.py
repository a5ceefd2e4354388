# SPDX-License-Identifier: Apache-2.0
"""What fsspec's reference file system needs to know to read a dataset."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from swift_kerchunk._core.storage import protocol_of


def reference_options(
    references: Any, urls: Iterable[str], options: Mapping[str, Any], protocol: str | None
) -> dict[str, Any]:
    """Arguments of `fsspec.implementations.reference.ReferenceFileSystem`.

    Parameters
    ----------
    references
        A dict, or the path of a reference set.
    urls
        The files that chunks lie in.
    options, protocol
        How these are reached: what fsspec calls ``remote_options`` and ``remote_protocol``.
    """
    arguments: dict[str, Any] = {"fo": references}
    protocols = sorted({protocol_of(url) for url in urls if "://" in url or not protocol} | ({protocol} if protocol else set()))
    if len(protocols) == 1:
        arguments["remote_protocol"] = protocols[0]
        # Options are for what is remote.
        arguments["remote_options"] = dict(options) if protocols[0] != "file" else {}
    elif protocols:
        import fsspec

        arguments["fs"] = {
            one: fsspec.filesystem(one, **({} if one in ("file", "local") else dict(options))) for one in protocols
        }
    return arguments
