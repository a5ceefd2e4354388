# SPDX-License-Identifier: Apache-2.0
"""Combinations that are cut off: readers see the old set or the new one, whole; the next run ends the work and tidies up."""
import base64
import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import h5py
import numpy as np
import pytest

from command import KERCHUNK, kerchunk

INPUTS, STEPS, WIDTH = 40, 50, 40  # 80,000 references, 80 partitions
MOMENTS = 20
OPTIONS = ["--concat-dim", "time", "--record-size", "1000", "--quiet"]


def _inline(values):
    return "base64:" + base64.b64encode(values.tobytes()).decode()


def _array(shape, chunks, dtype):
    return json.dumps({"shape": shape, "chunks": chunks, "dtype": dtype, "compressor": None, "fill_value": None, "filters": None,
                       "order": "C", "zarr_format": 2})


def _inputs(folder, offset):
    """Reference sets of a series; `offset` is part of every reference."""
    folder.mkdir()
    for number in range(INPUTS):
        refs = {".zgroup": '{"zarr_format":2}',
                "time/.zarray": _array([STEPS], [STEPS], "<f8"), "time/.zattrs": '{"_ARRAY_DIMENSIONS":["time"]}',
                "time/0": _inline(np.arange(STEPS, dtype="<f8") + STEPS * number),
                "tas/.zarray": _array([STEPS, WIDTH], [1, 1], "<f4"), "tas/.zattrs": '{"_ARRAY_DIMENSIONS":["time","x"]}'}
        for step in range(STEPS):
            for place in range(WIDTH):
                # far above what is embedded
                refs[f"tas/{step}.{place}"] = [f"s3://bucket/{number}.nc", offset + 10_000 * (step * WIDTH + place), 9_000 + place]
        (folder / f"in_{number:03d}.json").write_text(json.dumps({"version": 1, "refs": refs}))
    return sorted(folder.iterdir())


def _same(one, other):
    """Whether two trees have the same files with the same bytes."""
    def files(root):
        return sorted(os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names)

    names = files(one)
    return names == files(other) and not any(filecmp.cmpfiles(one, other, names, shallow=False)[1:])


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Two series, what an undisturbed run makes of them, and how long it takes."""
    folder = tmp_path_factory.mktemp("killed")
    old, new = _inputs(folder / "old", 0), _inputs(folder / "new", 7)
    result = {}
    for name, paths in (("old", old), ("new", new)):
        start = time.monotonic()
        run = kerchunk("combine", *paths, "-o", folder / f"{name}.parq", *OPTIONS, *MEMORY)
        assert run.status == 0, run.err
        result[name] = (paths, folder / f"{name}.parq", time.monotonic() - start)
    return result


# so little that inputs go to the disk, too
MEMORY = ["--memory", "100k"]


def _started(paths, out, *more):
    return subprocess.Popen([KERCHUNK, "combine", *map(str, paths), "-o", str(out), *OPTIONS, *MEMORY, *more],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _killed(paths, out, after, *more):
    """A run that is killed after so many seconds, and its exit status."""
    process = _started(paths, out, *more)
    time.sleep(after)
    process.kill()
    return process.wait(timeout=30)


def _seed(request):
    seed = int(os.environ.get("KERCHUNK_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed} of {request.node.name} (KERCHUNK_SEED={seed} repeats it)")
    return random.Random(seed)


def test_a_killed_run_leaves_nothing_or_all(tmp_path, sets, request):
    paths, expected, duration = sets["new"]
    moments = _seed(request)
    cut_off = 0
    for _ in range(MOMENTS):
        out = tmp_path / "out.parq"
        status = _killed(paths, out, moments.uniform(0, 1.1 * duration))
        cut_off += status != 0
        assert not out.exists() or _same(out, expected), "a reader sees half a set"
        if not out.exists():
            run = kerchunk("combine", *paths, "-o", out, *OPTIONS, *MEMORY)
            assert run.status == 0, run.err
        assert _same(out, expected)
        # A run that was killed behind its last step has no successor to tidy up.
        if status == 0:
            assert os.listdir(tmp_path) == ["out.parq"]
        else:
            run = kerchunk("combine", *paths, "-o", out, "--overwrite", *OPTIONS, *MEMORY)
            assert run.status == 0, run.err
            assert os.listdir(tmp_path) == ["out.parq"], "left behind"
            assert _same(out, expected)
        shutil.rmtree(out)
    assert cut_off > 0


def test_replacing_shows_the_old_set_or_the_new_one(tmp_path, sets, request):
    old_paths, old, _ = sets["old"]
    paths, new, duration = sets["new"]
    moments = _seed(request)
    for _ in range(MOMENTS):
        out = tmp_path / "out.parq"
        shutil.copytree(old, out)
        status = _killed(paths, out, moments.uniform(0, 1.1 * duration), "--overwrite")
        assert _same(out, old) or _same(out, new), f"a reader sees a mix (status {status})"
        run = kerchunk("combine", *paths, "-o", out, "--overwrite", *OPTIONS, *MEMORY)
        assert run.status == 0, run.err
        assert _same(out, new)
        assert os.listdir(tmp_path) == ["out.parq"], "left behind"
        shutil.rmtree(out)


def test_a_reader_never_misses_the_set_that_is_replaced(tmp_path, sets):
    paths, new, _ = sets["new"]
    out = tmp_path / "out.parq"
    shutil.copytree(sets["old"][1], out)
    missed = []
    ended = threading.Event()

    def look():
        while not ended.is_set():
            try:
                json.loads((out / ".zmetadata").read_text())
            except OSError as error:
                missed.append(error)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for _ in range(3):
            assert kerchunk("combine", *paths, "-o", out, "--overwrite", *OPTIONS, *MEMORY).status == 0
    finally:
        ended.set()
        reader.join()
    assert not missed, missed[:3]
    assert _same(out, new)


def test_an_interrupted_run_tidies_up(tmp_path, sets, request):
    paths, expected, duration = sets["new"]
    moments = _seed(request)
    statuses = set()
    for number, wait in [(signal.SIGINT, 0), (signal.SIGTERM, 0)] * 2 + [(signal.SIGINT, 1), (signal.SIGTERM, 1)] * 3:
        out = tmp_path / "out.parq"
        process = _started(paths, out)
        # not before the signal is watched for: where something is written, it is
        while process.poll() is None and not os.listdir(tmp_path):
            time.sleep(0.001)
        time.sleep(wait * moments.uniform(0, duration))
        process.send_signal(number)
        status = process.wait(timeout=30)
        statuses.add(status)
        assert status in (0, 130)
        if status == 130:
            assert os.listdir(tmp_path) == [], "left behind"
        else:
            assert _same(out, expected)
            shutil.rmtree(out)
    assert 130 in statuses


def test_the_second_of_two_runs_says_so(tmp_path, sets):
    paths, expected, _ = sets["new"]
    out = tmp_path / "out.parq"
    for _ in range(20):
        command = [KERCHUNK, "combine", *map(str, paths), "-o", str(out), *OPTIONS, *MEMORY]
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        errors = [run.communicate(timeout=60)[1] for run in runs]
        statuses = sorted(run.returncode for run in runs)
        assert statuses in ([0, 0], [0, 1]), (statuses, errors)
        assert _same(out, expected)
        assert os.listdir(tmp_path) == ["out.parq"]
        shutil.rmtree(out)
        if any("another run is writing the same output" in error for error in errors):
            return
        assert statuses == [0, 0] or any("exists" in error for error in errors), errors
    pytest.fail("the two runs never met")


@pytest.fixture
def files(tmp_path):
    """HDF5 files that make a series."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(30):
        with h5py.File(folder / f"f_{number:02d}.h5", "w") as f:
            time_ = f.create_dataset("time", data=np.arange(20.0) + 20 * number)
            time_.make_scale("time")
            tas = f.create_dataset("tas", data=np.full((20, 50), number, "<f4"), chunks=(1, 50))
            tas.dims[0].attach_scale(time_)
    return sorted(folder.iterdir())


def test_what_was_scanned_is_not_scanned_again(tmp_path, files):
    out, scratch = tmp_path / "out.parq", tmp_path / "scratch"
    whole = tmp_path / "whole.parq"
    assert kerchunk("build", *files, "-o", whole, "--concat-dim", "time", "--inline-threshold", "0", "--quiet").status == 0
    command = ["build", *files, "-o", out, "--concat-dim", "time", "--inline-threshold", "0", "--quiet", "--scratch", scratch]
    # The last file cannot be read: the run ends with an error when the others are scanned.
    whole_file, status = files[-1].read_bytes(), os.stat(files[-1])
    files[-1].write_bytes(b"no HDF5" + whole_file[7:])
    assert kerchunk(*command).status == 1
    assert len(os.listdir(scratch)) == len(files) - 1
    files[-1].write_bytes(whole_file)
    os.utime(files[-1], ns=(status.st_atime_ns, status.st_mtime_ns))
    # Those that were scanned are no HDF5 any more, of the same size and time: whoever scans them again fails.
    for path in files[:-1]:
        status = os.stat(path)
        with open(path, "r+b") as f:
            f.write(b"no HDF5")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    run = kerchunk(*command)
    assert run.status == 0, run.err
    assert _same(out, whole)
    assert not scratch.exists() or os.listdir(scratch) == []


def test_a_killed_build_goes_on(tmp_path, files, request):
    moments = _seed(request)
    whole = tmp_path / "whole.parq"
    start = time.monotonic()
    assert kerchunk("build", *files, "-o", whole, "--concat-dim", "time", "--quiet").status == 0
    duration = time.monotonic() - start
    for _ in range(10):
        work = tmp_path / "work"
        work.mkdir()
        command = [KERCHUNK, "build", *map(str, files), "-o", str(work / "out.parq"), "--concat-dim", "time", "--quiet",
                   "--scratch", str(work / "scratch")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0, 2 * duration))
        process.kill()
        process.wait()
        assert not (work / "out.parq").exists() or _same(work / "out.parq", whole)
        if not (work / "out.parq").exists():
            run = kerchunk(*command[1:])
            assert run.status == 0, run.err
        assert _same(work / "out.parq", whole)
        shutil.rmtree(work)
