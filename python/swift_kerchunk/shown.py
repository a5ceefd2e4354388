# SPDX-License-Identifier: Apache-2.0
"""Names as messages may show them: URLs without what may be secret, no characters that a terminal acts upon."""
from __future__ import annotations

import re
import unicodedata

#: Object stores: a key may have "?", and a container stands before "@".
_KEYED = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl"})
_SIGNED = re.compile(r"signature=|sig=|token=|credential=|key=", re.IGNORECASE)
#: A URL in a sentence, whose end may be that of the sentence.
_URL = re.compile(r"([A-Za-z0-9+\-.:]+)://([^\s\"<>`]*?)(?=[,;.:)\]]*(?:[\s\"<>`]|$))")
#: Letters of Persian, and of emoji.
_JOINERS = "\u200c\u200d"


def _without_secrets(match: re.Match[str]) -> str:
    scheme, rest = match[1], match[2]
    if scheme.lower().startswith("file"):
        return match[0]
    # in a chain each part has its own
    head, link, tail = rest.rpartition("::")
    if link and "://" in tail:
        return f"{scheme}://{head}{link}{shown(tail)}"
    host, slash, path = rest.partition("/")
    if scheme.rpartition(":")[2].lower() in _KEYED:
        user, at, name = host.rpartition("@")
        rest = (name if at and ":" in user else host) + slash + path
        before, mark, query = rest.partition("?")
        rest = before if mark and _SIGNED.search(query) else rest
    else:
        rest = re.split(r"[?#]", host.rpartition("@")[2] + slash + path, maxsplit=1)[0]
    return f"{scheme}://{rest}"


def _escaped(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp") or (kind == "Cf" and character not in _JOINERS) or kind == "Cs":
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character


def escaped(text: str) -> str:
    """One line without characters that a terminal acts upon, or that turn the order of others around."""
    return text if text.isascii() and text.isprintable() else "".join(map(_escaped, text))


def shown(text: str) -> str:
    """A name or a sentence as a message may show it; one line."""
    return escaped(_URL.sub(_without_secrets, text) if "://" in text else text)


def shown_lines(text: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(map(shown, text.split("\n")))
