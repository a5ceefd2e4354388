# SPDX-License-Identifier: Apache-2.0
"""Damaged and truncated files end in an error or an issue: never in a signal, a hang or much memory."""
import os

import pytest

import command

SECONDS = 10  # for one file

# small files that hold many kinds of structures
TO_TRUNCATE = ["hdf5/superblock_v0.h5", "hdf5/superblock_latest.h5", "hdf5/sizes_4_8_latest.h5", "hdf5/groups_dense.h5",
               "hdf5/attributes_dense.h5", "hdf5/shared_messages_list.h5", "hdf5/chunks_btree2.h5",
               "hdf5/chunks_extensible_array.h5", "hdf5/types_text.h5", "netcdf4/groups.nc",
               "netcdf3/classic.nc", "netcdf3/cdf5.nc", "netcdf3/times.nc", "netcdf3/record_single_char.nc"]


def check_error(entry, path):
    """An error says what happened, and where."""
    error = entry["error"]
    assert os.path.basename(path) in (entry["input"] or ""), entry
    assert error["message"] and error["kind"], entry
    assert "offset" in error and "object" in error, entry
    assert error["offset"] is None or 0 <= error["offset"] <= 2**64, entry


def scan(paths, out, *options):
    listing = out + ".txt"
    with open(listing, "w") as f:
        f.write("".join(p + "\n" for p in paths))
    os.makedirs(out, exist_ok=True)
    run = command.measured("scan", "--files-from", listing, "-o", out, "--json", *options,
                           timeout=SECONDS + 0.2 * len(paths))
    assert run.status in (0, 1), f"exit status {run.status}: {run.err[-2000:]}"
    assert run.peak < command.GIBIBYTE, f"{run.peak >> 20} MiB"
    report = run.report
    assert len(report) == len(paths)
    assert (run.status == 1) == any(e["error"] for e in report)
    for entry in report:
        if entry["error"]:
            check_error(entry, entry["input"])
            assert entry["output"] is None or not os.path.exists(entry["output"]), "an output for a file that failed"
    return {os.path.basename(e["input"]): e for e in report}


@pytest.mark.parametrize("path", command.fixtures("broken"), ids=os.path.basename)
def test_each_broken_fixture_alone(path, tmp_path):
    run = command.measured("scan", path, "-o", str(tmp_path / "out.json"), "--json", timeout=SECONDS)
    assert run.status in (0, 1), f"exit status {run.status}: {run.err[-2000:]}"
    assert run.peak < command.GIBIBYTE
    entry, = run.report
    assert bool(entry["error"]) == (run.status == 1)
    if entry["error"]:
        check_error(entry, path)
        told = command.kerchunk("scan", path, "-o", tmp_path / "out.json", timeout=SECONDS)
        assert told.status == 1 and os.path.basename(path) in told.err, "the sentence for people names the file, too"
        if entry["error"]["offset"] is not None:
            assert str(entry["error"]["offset"]) in told.err
    else:
        # damage that was passed over must be told, unless nobody refers to it
        harmless = {"chunk_tree_sibling.h5", "filter_count.h5"}
        assert entry["issues"] or os.path.basename(path) in harmless, "damage was passed over in silence"


def test_files_that_are_no_hdf5_are_errors(tmp_path):
    names = ["not_hdf5.h5", "zero_bytes.h5", "text_pretends_hdf5.h5", "superblock_root_outside.h5", "superblock_sizes.h5",
             "checksum_superblock.h5"]
    found = scan([os.path.join(command.FIXTURES, "broken", n) for n in names], str(tmp_path / "out"))
    assert not [n for n in names if not found[n]["error"]]
    assert found["checksum_superblock.h5"]["error"]["offset"] is not None


def test_files_that_are_no_netcdf3_are_errors(tmp_path):
    names = ["header_cut", "version", "absent_list", "tag", "type", "dimension_number", "rank", "record_second",
             "begin_in_header", "overlap", "overlap_records", "size_overflow", "attribute_huge", "entries_huge"]
    found = scan([os.path.join(command.FIXTURES, "broken", f"netcdf3_{n}.nc") for n in names], str(tmp_path / "out"))
    assert not [n for n in names if not found[f"netcdf3_{n}.nc"]["error"]]


def test_corpus_of_bad_files(tmp_path):
    paths = command.corpus("bad/hdf5", "bad/netcdf3")
    if not paths:
        pytest.skip(command.CORPUS_ABSENT)
    for path in paths:
        run = command.measured("scan", path, "-o", str(tmp_path / "out.json"), "--json", "--overwrite", timeout=SECONDS)
        assert run.status in (0, 1), f"{path}: exit status {run.status}: {run.err[-2000:]}"
        assert run.peak < command.GIBIBYTE, path
        entry, = run.report
        assert bool(entry["error"]) == (run.status == 1), path
        if entry["error"]:
            check_error(entry, path)


@pytest.mark.parametrize("name", TO_TRUNCATE)
def test_truncations(name, tmp_path):
    with open(os.path.join(command.FIXTURES, name), "rb") as f:
        whole = f.read()
    # every size of the first hundred bytes, then steps that no structure is a multiple of
    sizes = sorted({*range(0, min(100, len(whole)), 3), *range(100, len(whole), max(17, len(whole) // 300)), len(whole) - 1})
    paths = []
    for size in sizes:
        paths.append(str(tmp_path / f"{size:06d}.h5"))
        with open(paths[-1], "wb") as f:
            f.write(whole[:size])
    paths.append(str(tmp_path / "whole.h5"))
    with open(paths[-1], "wb") as f:
        f.write(whole)
    found = scan(paths, str(tmp_path / "out"))
    assert not found["whole.h5"]["error"]
    for size in sizes[: len(sizes) // 10]:
        entry = found[f"{size:06d}.h5"]
        # so short a piece cannot hold the root group with all that belongs to it
        assert entry["error"] or entry["issues"], f"{size} of {len(whole)} bytes passed for a sound file"
    complete = found["whole.h5"]
    for size in sizes:
        entry = found[f"{size:06d}.h5"]
        if not entry["error"] and not entry["issues"]:
            assert entry["arrays"] == complete["arrays"], f"arrays are missing from {size} bytes without a word"


@pytest.mark.parametrize("name", TO_TRUNCATE[:6] + TO_TRUNCATE[-3:])
def test_flipped_bytes(name, tmp_path):
    with open(os.path.join(command.FIXTURES, name), "rb") as f:
        whole = f.read()
    import random

    chance = random.Random(20260101)
    paths = []
    for number in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 8])):
            damaged[chance.randrange(8, len(whole))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        paths.append(str(tmp_path / f"{number:03d}.h5"))
        with open(paths[-1], "wb") as f:
            f.write(damaged)
    scan(paths, str(tmp_path / "out"))
