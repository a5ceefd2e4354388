# SPDX-License-Identifier: Apache-2.0
"""What people see in a notebook, and what messages and mistakes say."""
import html.parser
import json
import pydoc
import subprocess
import sys

import numpy as np
import pytest

import swift_kerchunk as sk
from swift_kerchunk.dataset.chunk_picture import picture
from swift_kerchunk.issues import issues_of
from swift_kerchunk.wording import python_words

h5py = pytest.importorskip("h5py")
netCDF4 = pytest.importorskip("netCDF4")


class Texts(html.parser.HTMLParser):
    """The texts between tags, and a check that each tag that opens is closed in its order."""

    def __init__(self, markup):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.texts.append(data)


def series(folder, count=2):
    """Files of three days each."""
    paths = []
    for number in range(count):
        path = folder / f"day{number}.nc"
        with netCDF4.Dataset(path, "w") as file:
            for name, size in (("time", 3), ("lat", 40), ("lon", 60)):
                file.createDimension(name, size)
            time = file.createVariable("time", "f8", ("time",))
            time.units = "days since 2001-01-01"
            time[:] = np.arange(3) + 3 * number
            lat = file.createVariable("lat", "f8", ("lat",))
            lat[:] = np.linspace(-1, 1, 40)
            tas = file.createVariable("tas", "f4", ("time", "lat", "lon"), zlib=True, chunksizes=(1, 40, 30))
            tas.units = "<K> & more"
            tas[:] = np.random.default_rng(number).random((3, 40, 60))
        paths.append(str(path))
    return paths


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    return series(tmp_path_factory.mktemp("display"))


def test_a_dataset_shows_sizes_values_of_coordinates_and_references(days):
    dataset = sk.scan(days[0])
    texts = Texts(dataset._repr_html_()).texts
    text = "|".join(texts)
    assert "2001-01-01 2001-01-02 2001-01-03" in texts
    assert "-1.0 -0.9487179487179487" in text and "…" in text
    size = dataset.chunks("tas").length.sum() / 1024
    assert f"6 in files ({size:.2f} kiB)" in texts and "6 chunks of (1, 40, 30), 4.69 kiB each" in texts
    assert "shuffle, zlib" in texts and "float32" in texts and "<K> & more" in texts
    assert "<svg" in dataset._repr_html_()


def test_an_array_and_a_plan_show_themselves(days):
    dataset = sk.build(days)
    assert "(6, 40, 60)" in Texts(dataset.tas._repr_html_()).texts
    texts = Texts(dataset.plan._repr_html_()).texts
    assert {"time", "6", "2001-01-01", "2001-01-06", "joined", "Inputs (2)"} <= set(texts)


def test_groups_strings_scalars_and_empty_arrays_show_themselves(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/b/<i>"] = np.arange(5)
        file["text"] = ["a", "b"]
        file["scalar"] = 3.0
        file.create_dataset("empty", shape=(0, 4), dtype="f4")
        file.attrs["title"] = "</div>"
    texts = Texts(sk.scan(tmp_path / "a.h5")._repr_html_()).texts
    assert "Group /a/b" in texts and "<i>" in texts and "</div>" in texts


@pytest.mark.parametrize(
    "shape, chunks, lines", [((10,), (5,), 1), ((10, 20), (5, 5), 1 + 3), ((4, 10, 20), (2, 5, 20), 2 + 2), ((10,), (10,), 0)])
def test_a_picture_has_a_line_for_each_chunk_that_ends(shape, chunks, lines):
    assert picture(shape, chunks).count("<line") == lines


def test_a_picture_of_many_chunks_is_small_and_of_none_is_empty():
    assert len(picture((10**9, 10**9, 10**9), (1, 1, 1))) < 20_000
    assert picture((), ()) == "" and picture((0, 3), (1, 3)) == ""


def test_a_set_that_is_read_lazily_is_not_read_to_be_shown(days, tmp_path):
    sk.build(days, output=tmp_path / "cube.parq")
    opened = sk.open(tmp_path / "cube.parq")
    assert "References" not in Texts(opened._repr_html_()).texts and "(6, 40, 60) in 12 chunks" in Texts(opened._repr_html_()).texts


def test_arrays_are_attributes(days):
    dataset = sk.scan(days[0])
    assert dataset.tas.path == "tas" and "tas" in dir(dataset) and not hasattr(dataset, "nothing")
    assert dataset._ipython_key_completions_() == list(dataset)


@pytest.mark.parametrize("ask", [lambda dataset: dataset["tass"], lambda dataset: dataset.chunks("tass")])
def test_an_array_that_is_not_there_is_a_key_error_with_names_that_are_near(days, ask):
    with pytest.raises(KeyError, match="no array 'tass'; did you mean 'tas'?"):
        ask(sk.scan(days[0]))


def test_an_unknown_keyword_is_a_type_error_with_names_that_are_near(days):
    with pytest.raises(TypeError, match="'concat_dims'; did you mean 'concat_dim'"):
        sk.build(days, concat_dims="time")
    with pytest.raises(TypeError, match="not int"):
        sk.build(5)


@pytest.mark.parametrize("text, words", [
    ("the output already exists; --overwrite replaces it", "the output already exists; overwrite=True replaces it"),
    ("--duplicates first or last takes one of them", 'duplicates="first" or "last" takes one of them'),
    ("--absent union keeps it, --absent intersection leaves it out", 'absent="union" keeps it, absent="intersection" leaves it out'),
    ("give them with --coord day=…", 'give them with coord={"day": …}'),
    ("--fill-value tas=VALUE gives one", 'fill_value={"tas": VALUE} gives one'),
    ("--zarr-format 3 says both; or raise --fill-limit", "zarr_format=3 says both; or raise fill_limit"),
    ("--coord-dtype makes them one dtype", "coord_dtype makes them one dtype"),
    ("issues, which --strict does not allow", 'issues, which on_issue="raise" does not allow'),
    ("--storage-option region=… names it", 'storage_options={"region": …} names it'),
    ("or --anon uses no credentials", 'or storage_options={"anon": True} uses no credentials'),
    ('no "a--b" and no -- here', 'no "a--b" and no -- here'),
])
def test_options_of_the_command_become_keywords(text, words):
    assert python_words(text) == words


def test_refusals_of_a_combination_are_value_errors_in_python_words(days, tmp_path):
    with pytest.raises(ValueError, match='duplicates="first" or "last" takes one of them'):
        sk.combine([sk.scan(days[0])] * 2, "time")
    sk.scan(days[0]).to_json(tmp_path / "a.json")
    with pytest.raises(OSError, match="overwrite=True replaces it"):
        sk.scan(days[0]).to_json(tmp_path / "a.json")


def test_remedies_of_issues_are_keywords():
    reason, remedy = "its codec is not zarr's", "--codecs all writes references that swift_kerchunk's codecs read"
    (issue,) = issues_of([{"object": "/data", "reason": reason, "remedy": remedy}])
    assert str(issue) == f"/data: {reason} (codecs=\"all\" writes references that swift_kerchunk's codecs read)"


@pytest.mark.parametrize("package, call, extra", [
    ("xarray", "sk.scan(path).open()", "xarray"),
    ("zarr", "sk.scan(path).open()", "xarray"),
    ("dask", "sk.build([path], 'time', client='threads', output=path + '.json')", "dask"),
    ("virtualizarr", "import swift_kerchunk.virtualizarr", "virtualizarr"),
])
def test_a_package_that_is_missing_is_named_with_its_extra(days, package, call, extra):
    script = f"""
import sys
sys.modules[{package!r}] = None
import swift_kerchunk as sk
path = {days[0]!r}
try:
    {call}
except ImportError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True)
    assert f"needs {package}, which is not installed: pip install 'swift-kerchunk[{extra}]'" in run.stdout, run.stderr


def test_help_of_combine_is_the_functions():
    text = pydoc.plain(pydoc.render_doc(sk.combine))
    assert text.startswith("Python Library Documentation: function combine") and "concat_dim" in text


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_was_opened_is_written_again_as_zarr(days, tmp_path, zarr_format):
    xarray = pytest.importorskip("xarray")
    opened = sk.build(days).open()
    opened.to_zarr(tmp_path / "copy.zarr", zarr_format=zarr_format)
    with xarray.open_mfdataset(days, combine="by_coords") as files, xarray.open_zarr(tmp_path / "copy.zarr") as copy:
        assert copy.load().equals(files.load())


def test_names_that_scripts_use_are_there():
    from swift_kerchunk import combine, hdf

    assert hdf.has_visititems_links() is True
    assert hdf.lggr.name == "h5-to-zarr" and combine.logger.name == "kerchunk.combine"
    assert json.loads(json.dumps({"x": combine.MultiZarrToZarr.__name__})) == {"x": "MultiZarrToZarr"}
