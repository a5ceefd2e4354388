# SPDX-License-Identifier: Apache-2.0
"""Where things are in the repository."""
import os

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FIXTURES = os.path.join(REPOSITORY, "Fixtures")
