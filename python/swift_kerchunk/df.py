# SPDX-License-Identifier: Apache-2.0
"""kerchunk's `kerchunk.df`: references as Parquet."""
from __future__ import annotations

from swift_kerchunk._kerchunk.parquet import get_variables, refs_to_dataframe

__all__ = ["get_variables", "refs_to_dataframe"]
