# SPDX-License-Identifier: Apache-2.0
import os

import pytest

import command
from closing import LINES


def pytest_collection_modifyitems(config, items):
    if not os.access(command.KERCHUNK, os.X_OK):
        raise pytest.UsageError(f"there is no {command.KERCHUNK}: build it (swift build -c release) or set KERCHUNK")


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("values through references")
        for line in lines:
            terminalreporter.write_line(line)
