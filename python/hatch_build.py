# SPDX-License-Identifier: Apache-2.0
"""Builds the Swift library for a wheel, and tells which systems the wheel is for.

SWIFT_KERCHUNK_LIBRARY takes a library that is built already; SWIFT_KERCHUNK_SCRATCH names the build folder.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def platform_tag(library: str) -> str:
    """The systems that a library runs on: on Linux by the newest glibc that it asks for."""
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if not platform.startswith("linux_"):
        return platform
    with open(library, "rb") as file:
        versions = re.findall(rb"\x00GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\x00)", file.read())
    major, minor = max((int(major), int(minor)) for major, minor in versions)
    return f"manylinux_{major}_{minor}_{platform.removeprefix('linux_')}"


class LibraryHook(BuildHookInterface[Any]):
    """Puts the library into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        repository = os.path.dirname(os.path.abspath(self.root))
        library = os.environ.get("SWIFT_KERCHUNK_LIBRARY")
        if not library:
            script = os.path.join(repository, "Scripts", "library")
            if not os.path.exists(script):
                raise RuntimeError("the Swift sources are not beside this folder: build in the repository of swift-kerchunk")
            if shutil.which("swift") is None:
                raise RuntimeError("building the library takes Swift 6.2 or newer, and there is no swift on the path")
            library = subprocess.run([script], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        name = "libKerchunkCABI" + (".dylib" if sys.platform == "darwin" else ".so")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag(library)}"
        included = {library: f"swift_kerchunk/{name}"}
        for text in ("LICENSE", "NOTICE"):
            included[os.path.join(repository, text)] = f"swift_kerchunk/{text}"
        if version == "editable":
            shutil.copyfile(library, os.path.join(self.root, "swift_kerchunk", name))
        else:
            build_data["force_include"].update(included)
