# SPDX-License-Identifier: Apache-2.0
"""Builds by the workers of a cluster that tell what came of them, and open nothing: ``docs/dask.md``."""
from __future__ import annotations

from swift_kerchunk._core.calls import Progress
from swift_kerchunk.building.cluster import build
from swift_kerchunk.building.options import Access, OnError
from swift_kerchunk.building.workers import Report
from swift_kerchunk.issues import Failure

__all__ = ["Access", "Failure", "OnError", "Progress", "Report", "build"]
