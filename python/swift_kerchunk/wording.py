# SPDX-License-Identifier: Apache-2.0
"""Messages of the library, which name options as the command spells them, in Python's words."""
from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_WORD = r"[^\s,;:()=\"']*[^\s,;:()=\"'.]"
#: ``NAME``, ``NAME or OTHER``
_VALUE = re.compile(rf"[ =](\"[^\"]*\"|{_WORD})(?: or ({_WORD})(?= takes))?")
#: ``NAME=VALUE``, ``NAME=…``
_PAIR = re.compile(rf" ({_WORD})=(\"[^\"]*\"|…|{_WORD})")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

#: Commands that messages name, and what does the same here.
_COMMANDS = {
    "scan": "swift_kerchunk.scan", "build": "swift_kerchunk.build", "combine": "swift_kerchunk.combine",
    "convert": "swift_kerchunk.open(…).to_json", "inspect": "swift_kerchunk.open(…).inspect", "plan": "swift_kerchunk.plan",
    "merge": "swift_kerchunk.merge",
}
_COMMAND = re.compile(r'"kerchunk (' + "|".join(_COMMANDS) + r')"')

#: Options that are keywords with ``True`` here.
_FLAGS = frozenset((
    "append", "durable", "fill-missing", "follow-external", "in-place", "kerchunk-rules", "overwrite", "pretty", "salvage",
    "skip-existing", "soft-links", "subchunk", "templates", "trust-local",
))
#: Options that take a value of their own.
_VALUED = frozenset((
    "absent", "array", "array-size", "codecs", "compress", "concat-dim", "concurrency", "drop", "duplicates", "exclude",
    "fill-limit", "group", "identical-dim", "include", "inline-threshold", "jobs", "load", "load-threshold", "max-chunk-size",
    "memory", "on-error", "order", "override", "record-size", "scratch", "threshold", "vlen-encode", "zarr-format",
))
#: Options that are mappings here.
_MAPPINGS = frozenset(("coord", "coord-dtype", "fill-value", "prefix", "rename", "rename-dim", "set-attr"))
#: Options of the command that are spelled in another way here.
_SPELLED = {
    "anon": "storage_options={\"anon\": True}",
    "no-links": "links=False",
    "no-stamps": "record_sources=False",
    "profile": "storage_options={\"profile\": …}",
    "requester-pays": "storage_options={\"requester_pays\": True}",
    "strict": "on_issue=\"raise\"",
}


def python_words(text: str) -> str:
    """`text` with options of the command as keywords: ``--duplicates first`` becomes ``duplicates="first"``, and commands as
    functions.

    Parameters
    ----------
    text : str
        A message, a reason or a remedy of the library.
    """
    text = _COMMAND.sub(lambda match: _COMMANDS[match[1]], text)
    if "--" not in text:
        return text
    pieces, end = [], 0
    while match := _OPTION.search(text, end):
        pieces.append(text[end : match.start()])
        spelled, end = _keyword(match[1], text, match.end())
        pieces.append(spelled)
    return "".join(pieces) + text[end:]


def _keyword(option: str, text: str, end: int) -> tuple[str, int]:
    """An option as Python spells it, and where what was read of the text ends."""
    if option in _SPELLED:
        return _SPELLED[option], end
    name = option.replace("-", "_")
    if option == "storage-option":
        pair = _PAIR.match(text, end)
        return (f"storage_options={{{_value(pair[1])}: {_value(pair[2])}}}", pair.end()) if pair else ("storage_options", end)
    if option in _FLAGS:
        return f"{name}=True", end
    if option in _MAPPINGS:
        pair = _PAIR.match(text, end)
        return (f"{name}={{{_text(pair[1])}: {_value(pair[2])}}}", pair.end()) if pair else (name, end)
    if option in _VALUED and (value := _VALUE.match(text, end)) and value[1] not in _VERBS:
        other = f" or {_value(value[2])}" if value[2] else ""
        return f"{name}={_value(value[1])}{other}", value.end()
    return name, end


#: What follows an option in a sentence, and is no value of it.
_VERBS = frozenset("allows and are does gives goes has is keeps makes may must or reads says takes to with would writes".split())


def _value(word: str) -> str:
    if word == "…" or word == "VALUE" or _NUMBER.fullmatch(word):
        return word
    return {"true": "True", "false": "False"}.get(word) or _text(word)


def _text(word: str) -> str:
    return word if word.startswith('"') else f'"{word}"'


def counted(count: int, noun: str) -> str:
    """``1 input``, ``1,000 inputs``, ``2 entries``."""
    if count != 1:
        noun = noun[:-1] + "ies" if noun.endswith("y") else noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
    return f"{count:,} {noun}"


def near(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'tas'?``, or which names there are; empty where there are none.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.
    """
    names = list(known)
    if alike := near_only(name, names):
        return alike
    if not names:
        return ""
    return "; there are: " + ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


def near_only(name: str, known: Iterable[str]) -> str:
    """The same, empty where none is alike.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.
    """
    names = list(known)
    alike = difflib.get_close_matches(name, names, n=3) or [one for one in names if len(name) > 1 and one.startswith(name)][:3]
    return "; did you mean " + " or ".join(map(repr, alike)) + "?" if alike else ""
