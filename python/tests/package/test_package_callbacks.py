# SPDX-License-Identifier: Apache-2.0
"""Files and file systems of Python behind the library."""
import io
import signal
import subprocess
import sys

import fsspec
import h5py
import pytest

import swift_kerchunk as sk


class Failing(io.BytesIO):
    """A file that raises at one of its reads."""

    def __init__(self, content, error, after=0):
        super().__init__(content)
        self.error, self.after = error, after

    def read(self, size=-1):
        if self.after == 0:
            raise self.error
        self.after -= 1
        return super().read(size)


@pytest.fixture
def memory(series):
    system = fsspec.filesystem("memory")
    with open(series[0], "rb") as file:
        system.pipe("/bucket/a.nc", file.read())
    yield system
    system.rm("/bucket", recursive=True)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """An HDF5 file of several reads: so many chunks of a byte that the metadata do not come with them."""
    path = str(tmp_path_factory.mktemp("embedded") / "small_chunks.h5")
    with h5py.File(path, "w", libver="latest") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, 1))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple((700, 700))
        h5py.h5d.create(file.id, b"z", h5py.h5t.STD_U8LE, space, properties)
    return path


def content(path):
    with open(path, "rb") as file:
        return file.read()


@pytest.mark.parametrize("error", [RuntimeError("the disk is gone"), OSError(5, "I/O"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("after", [0, 1])
def test_what_a_read_raises_is_raised_again(embedded, error, after):
    with pytest.raises(type(error)) as caught:
        sk.scan(Failing(content(embedded), error, after), url="file")
    assert caught.value is error


def test_a_failed_read_leaves_nothing_behind(series):
    from swift_kerchunk._core import callbacks

    known = dict(callbacks._lent)
    for _ in range(100):
        with pytest.raises(RuntimeError):
            sk.scan(Failing(content(series[0]), RuntimeError("no")), url="file")
    assert callbacks._lent.items() <= known.items()  # what tests before this one left may be gone
    assert len(callbacks._failures) <= 64


def test_a_file_that_ends_too_early(series):
    class Short(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 10)) if self.tell() < 100 else b""

    with pytest.raises(EOFError, match="ends"):
        sk.scan(Short(content(series[0])), url="file")


def test_a_file_object_keeps_its_place(series):
    with open(series[0], "rb") as file:
        file.seek(7)
        assert sk.scan(file).urls == [series[0]]
        assert file.tell() == 7


def test_pieces_of_short_reads_are_put_together(series):
    class Slow(io.RawIOBase):
        name = series[0]

        def __init__(self):
            self.file = io.BytesIO(content(series[0]))

        def seek(self, *place):
            return self.file.seek(*place)

        def tell(self):
            return self.file.tell()

        def read(self, size=-1):
            return self.file.read(min(size, 1000))

    assert sk.scan(Slow()).to_dict() == sk.scan(series[0]).to_dict()


def test_fsspec_reads_what_the_library_does_not_know(memory, series):
    dataset = sk.scan("memory://bucket/a.nc", inline_threshold=0)
    assert dataset.urls == ["memory://bucket/a.nc"]
    expected = sk.scan(series[0], inline_threshold=0).rename_sources({series[0]: "memory://bucket/a.nc"})
    assert dataset.to_dict() == expected.to_dict()
    assert (dataset.open().tas.values == sk.scan(series[0]).open().tas.values).all()
    assert dataset.verify(read=4)["ok"]
    assert dataset.inline(10**6).urls == [] and dataset.inline(10**6).chunks("tas").is_inline.all()
    with pytest.raises(FileNotFoundError):
        sk.scan("memory://bucket/none.nc")


def test_batches_of_ranges_are_one_call(memory, monkeypatch):
    calls = []
    original = type(memory).cat_ranges

    def cat_ranges(self, paths, starts, ends, **arguments):
        calls.append(len(paths))
        return original(self, paths, starts, ends, **arguments)

    monkeypatch.setattr(type(memory), "cat_ranges", cat_ranges)
    sk.scan("memory://bucket/a.nc", inline_threshold=0)
    reads = len(calls)
    assert 0 < reads <= 3
    calls.clear()
    sk.scan(memory.open("/bucket/a.nc"), inline_threshold=0)
    assert len(calls) == reads


def test_errors_of_a_file_system_are_raised_as_they_are(memory, monkeypatch):
    def cat_ranges(self, *arguments, **others):
        raise ConnectionResetError("the other end hung up")

    monkeypatch.setattr(type(memory), "cat_ranges", cat_ranges)
    with pytest.raises(ConnectionResetError, match="hung up"):
        sk.scan("memory://bucket/a.nc")


def test_a_dataset_reads_through_its_file_system_when_it_is_used(memory):
    inlined = sk.scan("memory://bucket/a.nc", inline_threshold=0).inline(10**6)
    memory.rm("/bucket/a.nc")
    with pytest.raises(FileNotFoundError):
        inlined.to_dict()
    memory.pipe("/bucket/a.nc", b"")  # the fixture removes it


def test_outputs_through_fsspec(memory, series):
    dataset = sk.scan(series[0])
    for place, write in (("out.json", dataset.to_json), ("out.json.zst", dataset.to_json), ("out.parq", dataset.to_parquet)):
        url = f"memory://bucket/{place}"
        write(url)
        with pytest.raises(sk.errors.OutputError, match="exists"):
            write(url)
        write(url, overwrite=True)
    assert sk.open("memory://bucket/out.json").to_dict() == dataset.to_dict()
    assert sk.open("memory://bucket/out.json.zst").to_dict() == dataset.to_dict()
    names = {path.removeprefix("/bucket/out.parq/") for path in memory.find("/bucket/out.parq")}
    assert {".zmetadata", "tas/refs.0.parq"} <= names


def test_interrupting_a_scan(series, tmp_path):
    program = f"""
import io, signal, time, swift_kerchunk as sk
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let background jobs ignore it
class Slow(io.BytesIO):
    def read(self, size=-1):
        print("reading", flush=True)
        time.sleep(0.3)
        return super().read(min(size, 1))
try:
    sk.scan(Slow(open({series[0]!r}, "rb").read()), url="file")
except KeyboardInterrupt:
    assert len(sk.scan({series[0]!r})) == 3  # the library still works
    print("interrupted", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert rest.splitlines()[-1] == "interrupted" and process.returncode == 0
