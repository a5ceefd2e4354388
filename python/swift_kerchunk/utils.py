# SPDX-License-Identifier: Apache-2.0
"""kerchunk's `kerchunk.utils`: changes of reference sets."""
from __future__ import annotations

from swift_kerchunk._kerchunk.changes import dereference_archives, do_inline, inline_array, subchunk
from swift_kerchunk._kerchunk.dicts import (  # noqa: F401
    _encode_for_JSON, consolidate, encode_fill_value, rename_target, rename_target_files, templateize,
    translate_refs_serializable,
)
from swift_kerchunk._kerchunk.drivers import class_factory
from swift_kerchunk._kerchunk.stores import dict_to_store, fs_as_store, refs_as_fs, refs_as_store

__all__ = [
    "class_factory", "consolidate", "dereference_archives", "dict_to_store", "do_inline",
    "encode_fill_value", "fs_as_store", "inline_array", "refs_as_fs", "refs_as_store", "rename_target", "rename_target_files",
    "subchunk", "templateize", "translate_refs_serializable",
]
