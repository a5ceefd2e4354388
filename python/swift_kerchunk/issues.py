# SPDX-License-Identifier: Apache-2.0
"""What was left out, and what becomes of that."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from swift_kerchunk._calling import warn
from swift_kerchunk.errors import IssuesError, KerchunkError
from swift_kerchunk.shown import shown
from swift_kerchunk.wording import counted, python_words

OnIssue = Literal["warn", "raise", "ignore"]


class Issue(NamedTuple):
    """Something that was left out, and why."""

    object: str
    reason: str
    remedy: str | None

    def __str__(self) -> str:
        text = f"{self.object}: {self.reason}"
        return f"{text} ({self.remedy})" if self.remedy else text


class Note(NamedTuple):
    """A useful fact about a dataset in which nothing is wrong."""

    text: str
    remedy: str | None

    def __str__(self) -> str:
        return f"{self.text} ({self.remedy})" if self.remedy else self.text


class Failure(NamedTuple):
    """An input that was left out, and why."""

    input: str
    reason: str


def reason_of(error: Exception) -> str:
    """Why an input cannot be used, without the input itself."""
    if not isinstance(error, KerchunkError):
        return str(error)
    return f"{error.message} (in {error.object})" if error.object else error.message


class IssueWarning(UserWarning):
    """Something was left out of a dataset; `VirtualDataset.issues` lists what."""


def report(issues: Sequence[Issue], name: str, on_issue: OnIssue) -> None:
    """Warns of issues, or raises them."""
    if on_issue not in ("warn", "raise", "ignore"):
        raise ValueError(f'on_issue must be "warn", "raise" or "ignore", not {on_issue!r}')
    if not issues or on_issue == "ignore":
        return
    # What is the same of many things is said once.
    places: dict[tuple[str, str | None], int] = {}
    first: list[Issue] = []
    for issue in issues:
        remedy = issue.remedy and issue.remedy.replace(issue.object.rpartition("/")[2] or "/", "…")
        if (issue.reason, remedy) not in places:
            first.append(issue)
        places[issue.reason, remedy] = places.get((issue.reason, remedy), -1) + 1
    lines = [
        f"  {shown(str(issue))}" + (f", and the same of {more} more" if more else "")
        for issue, more in zip(first, places.values())
    ]
    listed = "\n".join(lines[:10])
    more = f"\n  and {len(lines) - 10} more" if len(lines) > 10 else ""
    text = f"{counted(len(issues), 'thing')} of {shown(name)} left out or changed:\n{listed}{more}"
    if on_issue == "raise":
        error = IssuesError(text, url=name)
        error.issues = list(issues)
        raise error
    warn(text, IssueWarning)


def issues_of(documents: Iterable[dict[str, Any]]) -> list[Issue]:
    """Issues as the library tells them."""
    return [
        Issue(one["object"], python_words(one["reason"]), one["remedy"] and python_words(one["remedy"])) for one in documents
    ]


def notes_of(documents: Iterable[dict[str, Any]]) -> list[Note]:
    """Notes as the library tells them."""
    return [Note(python_words(one["text"]), one["remedy"] and python_words(one["remedy"])) for one in documents]
