# SPDX-License-Identifier: Apache-2.0
"""Compares our references with kerchunk's: every difference gets the id of a rule in docs/differences.md."""
import json
import os

import arrays
from locations import by_h5py, by_references, is_chunk, is_in_place, kerchunk_references


def name_of(key):
    return "/" + key.rpartition("/")[0]


def rule_for_key(key, mine, theirs, facts):
    """Why one of the two lacks a key; None: no rule says so."""
    name = name_of(key)
    last = key.rpartition("/")[2]
    fact = facts.get(name, {})
    if key == ".zmetadata":
        return "consolidated"
    with_slashes = {n.replace("\\", "/") for n in facts if "\\" in n}
    if "\\" in key or any(n == name or n.startswith(name + "/") for n in with_slashes):
        return "backslash"
    if name in {"/" + n.rpartition("/")[0] for n in mine} - {"/" + n.rpartition("/")[0] for n in theirs}:
        # an array or group that only we have
        if fact.get("link") != "HardLink" or fact.get("names", 1) > 1:
            return "links"
        if fact.get("renamed"):
            return "non-coordinate"
        return "more-arrays"
    if key in theirs and name not in {"/" + n.rpartition("/")[0] for n in mine}:
        if fact.get("renamed_from"):
            return "non-coordinate"
        if fact.get("dimension_only"):
            return "dimension-only"
        return "issue" if fact.get("issue") else None
    if is_chunk(key):
        if fact.get("filled"):
            return "fill-inlined"
        if fact.get("virtual") or fact.get("external"):
            return "other-files"
        if fact.get("not_first_unlimited"):
            return "unlimited-not-first"
        if fact.get("text"):
            return "text"
        if fact.get("extended"):
            return "unlimited-length"
        if key in mine:
            return "more-chunks"
    return {".zattrs": "empty-attributes", ".zgroup": "groups"}.get(last)


def facts_of(path, issues, ours):
    """What h5py says of each array, as far as the rules need it."""
    import h5py

    arrays.environment()
    facts = {}
    with h5py.File(path, "r") as file:
        netcdf = arrays.is_netcdf4(file)
        for paths, dataset, link in arrays.walk(file):
            for name in paths:
                fact = {"link": link, "names": len(paths)}
                try:
                    fact["dimension_only"] = arrays.is_dimension_only(dataset)
                    fact["virtual"], fact["external"] = dataset.is_virtual, bool(dataset.external)
                    fact["text"] = dataset.dtype.kind == "O" or dataset.dtype.names is not None
                    fill = dataset.fillvalue
                    fact["filled"] = bool(_any(fill)) or "_FillValue" in dataset.attrs
                    limits = dataset.maxshape or ()
                    fact["not_first_unlimited"] = None in limits[1:]
                    fact["extended"] = netcdf and None in limits
                except Exception:
                    fact["text"] = True
                fact["issue"] = any("/" + (i["object"] or "").strip("/") == name for i in issues)
                shown = arrays.display(name)
                if netcdf and shown != name:
                    fact["renamed_from"] = True
                    facts[shown] = {**fact, "renamed": True}
                facts[name] = fact
    seen = {}
    with h5py.File(path, "r") as file:
        for paths, dataset, _ in arrays.walk(file):
            key = h5py.h5o.get_info(dataset.id).addr
            seen.setdefault(key, []).extend(paths)
    for names in seen.values():
        if len(names) > 1:
            for name in names:
                facts.get(name, {})["names"] = len(names)
    return facts


def _any(fill):
    import numpy as np

    try:
        return np.asarray(fill).tobytes().strip(b"\0")
    except Exception:
        return False


def compare(path, output, issues):
    """Counts of equal chunks, {rule: count}, and the unexplained differences."""
    theirs = kerchunk_references(path)
    with open(output, encoding="utf-8", errors="surrogateescape") as f:
        ours = json.load(f)["refs"]
    facts = facts_of(path, issues, ours)
    try:
        truth, _ = by_h5py(path)
    except Exception:
        truth = {}
    rules, unexplained, equal = {}, [], 0

    def count(rule, text):
        if rule is None:
            unexplained.append(text)
        else:
            rules[rule] = rules.get(rule, 0) + 1

    mine, other = by_references(ours), by_references(theirs)
    for name in mine.keys() & other.keys():
        for index in mine[name].keys() & other[name].keys():
            a, b = mine[name][index], other[name][index]
            if a[1:] == b[1:] and os.path.abspath(a[0]) == os.path.abspath(b[0]):
                equal += 1
                continue
            known = truth.get(name, {}).get(index)
            rule = None
            if facts.get(name, {}).get("external"):
                rule = "other-files"
            elif is_in_place(path, name, index, a[1:]):
                rule = "unlimited-not-first"
            count(rule, f"{name}/{index} is {a[1:]}, kerchunk has {b[1:]}, h5py {known}")
    for key in sorted(ours.keys() ^ theirs.keys()):
        count(rule_for_key(key, ours, theirs, facts), f"{key} is only in {'ours' if key in ours else 'kerchunk'}'s")
    for key in sorted(ours.keys() & theirs.keys()):
        if key.endswith(".zarray"):
            for member, rule in document_rules(json.loads(ours[key]), json.loads(theirs[key]), facts.get(name_of(key), {})):
                count(rule, f"{key} {member}")
    return equal, rules, unexplained


def document_rules(a, b, fact):
    """(what differs, the rule) for two array documents."""
    for member in sorted(a.keys() | b.keys()):
        x, y = a.get(member), b.get(member)
        if x == y:
            continue
        if member == "fill_value":
            yield f"fill {x!r}, kerchunk {y!r}", "fill-values"
        elif member in ("compressor", "filters"):
            if _codecs(a) == _codecs(b):
                yield "", "codec-form"
            elif fact.get("text"):
                yield "", "text"
            else:
                yield f"codecs {_codecs(a)}, kerchunk {_codecs(b)}", "codecs"
        elif member == "dtype":
            yield f"type {x}, kerchunk {y}", "types"
        elif member == "shape":
            yield f"shape {x}, kerchunk {y}", _shape_rule(fact)
        elif member == "chunks":
            different = fact.get("text") or fact.get("virtual") or fact.get("external") or fact.get("extended")
            yield f"chunks {x}, kerchunk {y}", "chunk-shapes" if different or 0 in a["shape"] or fact.get("issue") else None
        elif member == "dimension_separator":
            yield f"separator {x}, kerchunk {y}", None if {x, y} - {None, "."} else "codec-form"
        else:
            yield f"{member} {x}, kerchunk {y}", None


def _shape_rule(fact):
    if fact.get("virtual"):
        return "other-files"
    return "unlimited-length" if fact.get("extended") else "types" if fact.get("text") else None


def _codecs(document):
    found = [*(document.get("filters") or []), *([document["compressor"]] if document.get("compressor") else [])]
    return [c["id"] for c in found]
