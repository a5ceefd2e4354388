# SPDX-License-Identifier: Apache-2.0
"""Dicts of references into the library and out of it: whatever they hold, by whatever way is fastest."""
import gc
import json
import marshal
import os
import pathlib
import random

import numpy as np
import pytest

import swift_kerchunk as sk
from places import FIXTURES
from swift_kerchunk._kerchunk import dicts as kerchunk_dicts
from swift_kerchunk.dataset import dicts as references
from swift_kerchunk._core import calls
from swift_kerchunk._core.handles import Handle
from swift_kerchunk._core.library import library

ZARRAY = {"chunks": [1], "compressor": None, "dtype": "|u1", "fill_value": None, "filters": None, "order": "C", "zarr_format": 2}


def array(*values, name="x"):
    return {
        ".zgroup": '{"zarr_format":2}', f"{name}/.zarray": json.dumps({**ZARRAY, "shape": [len(values)]}),
        f"{name}/.zattrs": '{"_ARRAY_DIMENSIONS":["n"]}', **{f"{name}/{index}": value for index, value in enumerate(values)},
    }


def chunks(refs, name="x"):
    return [value for key, value in refs.items() if key.startswith(name + "/") and ".z" not in key]


@pytest.mark.parametrize("value, expected", [
    (["u", 1, 2], ["u", 1, 2]),
    (["u"], ["u"]),
    (["a/ü \"\\\n.nc", 2**40, 2**33 + 1], ["a/ü \"\\\n.nc", 2**40, 2**33 + 1]),
    (["u", 2**62, 255], ["u", 2**62, 255]),
    (["u", 65535, 65536], ["u", 65535, 65536]),
    (["u", 2**31 - 1, 2**31], ["u", 2**31 - 1, 2**31]),
    (("u", 3, 4), ["u", 3, 4]),
    (["u", np.int64(3), np.uint32(4)], ["u", 3, 4]),
    ([pathlib.PurePosixPath("/a/b"), 3, 4], ["/a/b", 3, 4]),
    ("text", "text"),
    ("", ""),
    (b"text", "text"),
    (b"\xff\x00", "base64:/wA="),
    (b"base64:", "base64:YmFzZTY0Og=="),
    ("base64:/wA=", "base64:/wA="),
    ("base64:eA==", "x"),
    ("é", "base64:w6k="),
    ("\x00\x01", "\x00\x01"),
], ids=repr)
def test_every_kind_of_value(value, expected):
    for refs in (array(value), {"version": 1, "refs": array(value)}):
        assert chunks(references.references_of(references.dataset_of(refs))) == [expected]


def test_long_keys_and_many_urls():
    name = "a" * 300
    values = [[f"url {number % 700}", number, 1] for number in range(2000)]
    found = references.references_of(references.dataset_of(array(*values, name=name)))
    assert chunks(found, name) == values


def test_several_axes():
    refs = array(["u", 0, 1])
    refs["x/.zarray"] = json.dumps({**ZARRAY, "shape": [3, 2, 11], "chunks": [1, 1, 1]})
    refs["x/.zattrs"] = "{}"
    del refs["x/0"]
    expected = {f"x/{a}.{b}.{c}": ["u", 100 * a + 20 * b + c, 1] for a in range(3) for b in range(2) for c in range(11)}
    del expected["x/1.1.10"]
    found = references.references_of(references.dataset_of({**refs, **expected}))
    assert {key: value for key, value in found.items() if ".z" not in key} == expected


def test_templates_and_generated_references():
    refs = {
        "version": 1, "templates": {"u": "s3://bucket/"}, "gen": [
            {"key": "x/{{i}}", "url": "{{u}}{{i}}", "offset": "{{i * 10}}", "length": "10", "dimensions": {"i": {"stop": 3}}}],
        "refs": {key: value for key, value in array(1, 2, 3).items() if ".z" in key},
    }
    assert chunks(kerchunk_dicts.normalized(refs)) == [[f"s3://bucket/{number}", 10 * number, 10] for number in range(3)]


@pytest.mark.parametrize("name", sorted(os.listdir(os.path.join(FIXTURES, "netcdf4")))[:12])
def test_both_ways_out_are_the_same(name):
    dataset = sk.scan(os.path.join(FIXTURES, "netcdf4", name), on_issue="ignore")
    expected = dataset.to_dict()["refs"]
    del expected[".zmetadata"]
    assert references.references_of(dataset) == expected


def opened(*sets):
    """What the library makes of marshalled sets: a reply."""
    named = [{"bytes": place, "name": f"set {place}"} for place in range(len(sets))]
    return calls.run(
        "open_marshalled", {"sets": named}, objects=[Handle.of_bytes(data) for data in sets], makes=len(sets))


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_prefix_of_marshalled_references_is_refused(version):
    url = "u" * 3
    data = marshal.dumps({"version": 1, "refs": array([url, 1, 2], [url, 5, 2], "x", b"\xff", 3.5, None, True, 2**40)}, version)
    for length in range(len(data)):
        reply = opened(data[:length])
        assert "refused" in reply.document["sets"][0], length


def test_damaged_marshalled_references_do_no_harm():
    shared = ["ü", 2**40, 1]
    data = marshal.dumps({"version": 1, "refs": array(["u", 1, 2], "x", shared, shared, b"a")}, 4)
    generator = random.Random(7)
    for _ in range(2000):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 3)):
            damaged[generator.randrange(len(data))] = generator.randrange(256)
        try:
            opened(bytes(damaged))
        except sk.KerchunkError:
            pass


@pytest.mark.parametrize(
    "data", [b"[\x01\x00\x00\x00" * 1000 + b"N", b"{" + b"u\x01\x00\x00\x00a{" * 1000], ids=["lists", "dicts"])
def test_nested_beyond_reason_is_refused(data):
    assert "refused" in opened(data).document["sets"][0]


def test_an_object_that_holds_itself_is_refused():
    ring = ["u", 1, 2]
    ring.append(ring)
    assert "refused" in opened(marshal.dumps(array(ring), 4)).document["sets"][0]


def test_numbers_of_numpy_are_no_bytes():
    refs = {"version": np.int64(1), "refs": array(["u", np.uint64(5), np.int64(8)], np.bytes_(b"ab"))}
    assert chunks(references.references_of(references.dataset_of(refs))) == [["u", 5, 8], "ab"]


def test_objects_that_stand_in_several_places_are_written_in_each():
    url, value = "https://example.org/ü.nc", "some text"
    place = [url, 2**33, 7]
    refs = array(place, place, [url, 3, 4], value, value, ["https://example.org/other.nc", 1, 1], place)
    found = references.references_of(references.dataset_of(refs))
    assert chunks(found) == chunks(refs)


def test_many_sets_come_in_their_order_whatever_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(references, "_BATCH_COUNT", 3)
    sets = []
    for number in range(20):
        refs = array(["u", number, 1], b"\xff\x00")
        if number % 7 == 3:  # what only JSON can say
            refs["x/0"] = ["u", np.int64(number), 1]
        sets.append((dict(refs) if number % 5 else sk.open(array(["u", number, 1], "x")), f"set {number}"))
    found = references.datasets_of(sets)
    assert [dataset.chunks("x").offset[0] for dataset in found] == list(range(20))
    assert [found[number].name for number in (1, 3, 19)] == ["set 1", "set 3", "set 19"]


def test_an_error_in_one_of_many_sets_frees_the_others(monkeypatch):
    monkeypatch.setattr(references, "_BATCH_COUNT", 1)
    gc.collect()
    before = library().kerchunk_object_count()
    sets = [(array(["u", 1, 1]), "good")] * 2 + [(array(["u", -1, 1]), "the bad one")] + [(array(["u", 1, 1]), "good")] * 5
    with pytest.raises(sk.KerchunkError, match="the bad one"):
        references.datasets_of(sets)
    gc.collect()
    assert library().kerchunk_object_count() == before


@pytest.mark.parametrize("name", ["x", "n" * 234, "n" * 300, "a/b/" + "ü" * 120])
def test_many_sources_and_numbers_of_all_widths_come_out(name):
    numbers = [number + more for bits in (0, 8, 16, 31, 32, 40, 56, 62) for number in [2**bits] for more in (-1, 0, 1)]
    urls = [f"s3://bucket/{number}.nc" for number in range(300)]
    values = [[urls[place % 300], numbers[place % 24], numbers[place * 7 % 24]] for place in range(700)]
    refs = array(*values, name=name)
    assert sk.open(refs).to_dict()["refs"].items() >= {
        f"{name}/{place}": value for place, value in enumerate(values)}.items()
    assert chunks(references.references_of(references.dataset_of(refs)), name) == values
