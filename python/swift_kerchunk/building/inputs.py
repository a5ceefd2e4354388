# SPDX-License-Identifier: Apache-2.0
"""The inputs of a combination, as the library takes them."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from swift_kerchunk._access.inputs import location
from swift_kerchunk._access.storage import Storage, options_along, protocol_of
from swift_kerchunk._core import calls
from swift_kerchunk._core.callbacks import Lease
from swift_kerchunk._core.handles import Handle
from swift_kerchunk.building.options import OnError
from swift_kerchunk.dataset.dicts import datasets_of
from swift_kerchunk.dataset.opening import open, scan as scan_file
from swift_kerchunk.dataset.virtual import VirtualDataset
from swift_kerchunk.errors import KerchunkError, UsageError
from swift_kerchunk.issues import Failure, Issue, reason_of
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted


class InputList:
    """Paths, URLs, patterns, datasets and dicts of references: those that only Python knows are opened here.

    Parameters
    ----------
    inputs
        As users give them.
    storage_options
        How they are reached.
    scan
        As returned by `swift_kerchunk.dataset.opening.scan_options`; without it inputs are reference sets.
    has_patterns
        Whether names may be patterns.
    remote_protocol
        The protocol of references without one.
    on_error
        What becomes of those that are opened here and cannot be used.
    """

    def __init__(
        self, inputs: Iterable[Any], storage_options: Mapping[str, Any] | None, scan: Mapping[str, Any] | None, *,
        has_patterns: bool = True, remote_protocol: str | None = None, on_error: OnError = "raise",
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
