# SPDX-License-Identifier: Apache-2.0
"""The types of the package are right, as mypy sees them."""
import os
import subprocess
import sys

import pytest

from places import REPOSITORY


def test_mypy_finds_nothing():
    pytest.importorskip("mypy")
    result = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=os.path.join(REPOSITORY, "python"), capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
