# SPDX-License-Identifier: Apache-2.0
"""The tutorial runs, and goes from files to a plot."""
import os

import installation
import pytest
from places import REPOSITORY

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("matplotlib")


def test_the_tutorial_runs(tmp_path, monkeypatch):
    path = os.path.join(REPOSITORY, "docs", "tutorial.ipynb")
    book = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "store it without outputs"
    # files of the kernel stay here
    (tmp_path / "installed").mkdir()
    monkeypatch.setenv("PYTHONPATH", installation.python_path(tmp_path / "installed"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    nbclient.NotebookClient(
        book, timeout=100, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    shown = [output["data"] for output in outputs if output.output_type in ("display_data", "execute_result")]
    assert any("image/png" in data for data in shown)
    assert any("swift_kerchunk.VirtualDataset" in data.get("text/plain", "") for data in shown)
    told = [output["text"] for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert told == [], told[0]
