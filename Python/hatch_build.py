"""Puts the binary into the wheel, when it is told where it is.

``P2P_COPY_BINARY_TO_BUNDLE`` names it, or a directory that has it among the libraries it needs beside it. The wheel is
for ``P2P_COPY_WHEEL_PLATFORM`` then, ``manylinux_2_31_x86_64`` unless given. Without the first the wheel has no binary,
and is for every platform.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BinaryHook(BuildHookInterface):  # type: ignore[type-arg]
    """The hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the binary to what the wheel has."""
        named = os.environ.get("P2P_COPY_BINARY_TO_BUNDLE")
        # An editable install has the sources, and finds a binary as they do.
        if not named or version == "editable":
            return
        source = Path(named).resolve()
        files = sorted(source.iterdir()) if source.is_dir() else [source]
        if not any(file.name == "p2p-copy" for file in files):
            if source.is_dir() or not source.is_file():
                raise FileNotFoundError(f"P2P_COPY_BINARY_TO_BUNDLE: there is no p2p-copy at '{source}'")
            build_data["force_include"][str(source)] = "p2p_copy/bin/p2p-copy"
        else:
            for file in files:
                build_data["force_include"][str(file)] = f"p2p_copy/bin/{file.name}"
        platform = os.environ.get("P2P_COPY_WHEEL_PLATFORM", "manylinux_2_31_x86_64")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
