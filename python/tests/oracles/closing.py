# SPDX-License-Identifier: Apache-2.0
"""What tests say at the end of a run, beside passing or failing."""
import pytest

LINES = pytest.StashKey()
