# SPDX-License-Identifier: Apache-2.0
"""What a combination is to do, and what comes of it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swift_kerchunk.dataset.virtual import VirtualDataset


class Plan(dict[str, Any]):
    """The plan of a combination, as printed by ``kerchunk combine --dry-run --json``; its repr is text.

    Attributes
    ----------
    text : str
        The same for people: what goes where, what was decided and why, and what differs.
    """

    def __init__(self, document: Mapping[str, Any], text: str) -> None:
        super().__init__(document)
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from swift_kerchunk.dataset import notebook

        return notebook.plan(self, self.text)

    def __reduce__(self) -> Any:
        return Plan, (dict(self), self.text)


class CombinedDataset(VirtualDataset):
    """A dataset combined from others; its chunks are fetched from them on demand.

    Attributes
    ----------
    plan : Plan
    """

    plan: Plan
