# SPDX-License-Identifier: Apache-2.0
"""JSON reference sets that we read and write again mean what fsspec makes of the originals.

The sets are those of Fixtures/references; KERCHUNK_JSON_SAMPLES names a directory with what we made of them, else
`swift test` writes it.
"""
import glob
import gzip
import json
import os
import subprocess
import sys

import numcodecs
import pytest

from command import REPOSITORY

FIXTURES = os.path.join(REPOSITORY, "Fixtures", "references")
sys.path.insert(0, FIXTURES)
from make_references import expected  # noqa: E402

NAMES = sorted(os.path.basename(path)[:-5] for path in glob.glob(f"{FIXTURES}/sets/*.json"))
VARIANTS = ["plain.json", "pretty.json", "templates.json", "packed.json.zst", "packed.json.gz"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    known = os.environ.get("KERCHUNK_JSON_SAMPLES")
    if known and os.path.exists(os.path.join(known, "v0.plain.json")):
        return known
    directory = str(tmp_path_factory.mktemp("json"))
    subprocess.run(["swift", "test", "--filter", "jsonSamplesForOtherReadersAreWritten"], cwd=REPOSITORY, check=True,
                   env={**os.environ, "KERCHUNK_JSON_SAMPLES": directory}, capture_output=True)
    return directory


def load(path):
    with open(path, "rb") as file:
        stored = file.read()
    if path.endswith(".zst"):
        stored = numcodecs.Zstd().decode(stored)
    if path.endswith(".gz"):
        stored = gzip.decompress(stored)
    return json.loads(stored)


def with_dots(chunks):
    """Chunk keys as we write them: indices joined by dots, whatever the metadata of the original asked for."""
    def key(name):
        parts = name.split("/")
        start = next(i for i, part in enumerate(parts) if part.replace(".", "").isdigit() or part.split(".")[0] == "c"
                     and i > 0)
        indices = [part for part in ".".join(parts[start:]).split(".") if part != "c"]
        return "/".join([*parts[:start], ".".join(indices) or "0"])
    return {key(name): value for name, value in chunks.items()}


def unmistakable(chunks):
    """Chunk keys below a group named c would be taken for those of Zarr v3."""
    return {key.replace("deep/er/c/", "deep/er/C/"): value for key, value in chunks.items()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("simple", [True, False])
def test_rewritten_sets_mean_what_fsspec_reads(samples, name, variant, simple):
    with open(f"{FIXTURES}/expected/{name}.json") as file:
        original = with_dots(unmistakable(json.load(file)))
    ours = unmistakable(expected(load(f"{samples}/{name}.{variant}"), simple=simple))
    assert ours == original


@pytest.mark.parametrize("name", NAMES)
def test_expected_values_are_todays(name):
    with open(f"{FIXTURES}/sets/{name}.json") as file, open(f"{FIXTURES}/expected/{name}.json") as other:
        assert expected(json.load(file)) == json.load(other)
