# SPDX-License-Identifier: Apache-2.0
"""Exceptions of this package: one class for each kind of error, each also a fitting built-in exception."""
from __future__ import annotations

from typing import Any

from swift_kerchunk.shown import shown, shown_lines
from swift_kerchunk.wording import python_words


class KerchunkError(Exception):
    """Any error of this package.

    Attributes
    ----------
    kind : str
        For programs: ``"not-found"``, ``"malformed"``, …
    message : str
        One sentence.
    url, object, format : str or None
        The file, the object in it, and the file's format, if known.
    offset : int or None
        The position in the file, in bytes.
    is_transient : bool
        Whether trying again may help.
    """

    kind = "input"

    def __init__(
        self,
        message: str,
        *,
        text: str | None = None,
        url: str | None = None,
        object: str | None = None,
        format: str | None = None,
        offset: int | None = None,
        is_transient: bool = False,
    ) -> None:
        super().__init__(shown_lines(text or message))
        self.message = shown_lines(message)
        self.url = None if url is None else shown(url)
        self.object = object
        self.format = format
        self.offset = offset
        self.is_transient = is_transient

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> Any:
        return _again, (
            type(self),
            self.message,
            {
                "text": self.args[0],
                "url": self.url,
                "object": self.object,
                "format": self.format,
                "offset": self.offset,
                "is_transient": self.is_transient,
            },
        )


def _again(kind: type[KerchunkError], message: str, members: dict[str, Any]) -> KerchunkError:
    return kind(message, **members)


class NotFoundError(KerchunkError, FileNotFoundError):
    """A file, or something in it, does not exist."""

    kind = "not-found"


class AccessError(KerchunkError, PermissionError):
    """Something may not be read or written."""

    kind = "permission"


class InputError(KerchunkError, OSError):
    """An input cannot be read."""

    kind = "input"


class MalformedError(KerchunkError, ValueError):
    """A file breaks the rules of its format."""

    kind = "malformed"


class UnsupportedError(KerchunkError, NotImplementedError, ValueError):
    """Something is valid but not supported: a feature of a file, or a combination of inputs that do not fit."""

    kind = "unsupported"


class DuplicateError(KerchunkError, ValueError):
    """Several inputs of a combination have the same coordinate values, and no option says which one to use."""

    kind = "duplicate"


class UnrecognizedError(KerchunkError, ValueError):
    """A file has an unknown format."""

    kind = "unrecognized"


class ChangedError(KerchunkError, RuntimeError):
    """Something has changed."""

    kind = "changed"


class LimitError(KerchunkError, ValueError):
    """Something is larger than is allowed."""

    kind = "limit"


class UsageError(KerchunkError, ValueError):
    """Arguments are invalid."""

    kind = "usage"


class OutputError(KerchunkError, OSError):
    """An output cannot be written."""

    kind = "output"


class NetworkError(KerchunkError, ConnectionError):
    """A server could not be reached, or gave an invalid response."""

    kind = "network"


class CancelledError(KerchunkError):
    """The work was interrupted."""

    kind = "cancelled"


class IssuesError(KerchunkError, ValueError):
    """Something was left out, and that was not allowed.

    Attributes
    ----------
    issues : list of Issue
        What was left out, and why.
    """

    kind = "issues"
    issues: list[Any]

    def __init__(self, message: str, **members: Any) -> None:
        super().__init__(message, **members)
        self.issues = []


class LibraryError(ImportError):
    """The library of this package is missing, or does not belong to it."""


KINDS: dict[str, type[KerchunkError]] = {
    cls.kind: cls
    for cls in (
        NotFoundError, AccessError, InputError, MalformedError, UnsupportedError, DuplicateError, UnrecognizedError, ChangedError,
        LimitError, UsageError, OutputError, NetworkError, CancelledError, IssuesError,
    )
}


def from_document(document: dict[str, Any]) -> KerchunkError:
    """The exception for an error as the library tells it."""
    return KINDS.get(document["kind"], KerchunkError)(
        python_words(document["message"]),
        text=python_words(document["text"]),
        url=document["url"],
        object=document["object"],
        format=document["format"],
        offset=document["offset"],
        is_transient=document["is_transient"],
    )
