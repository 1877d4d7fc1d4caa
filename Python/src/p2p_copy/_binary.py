"""Where the binary is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .errors import BinaryNotFound

#: The variable that names another binary than the one of this package.
VARIABLE = "P2P_COPY_BINARY"

_NAME = "p2p-copy"


def find_binary() -> str:
    """Return where the binary is: what ``P2P_COPY_BINARY`` names, the one in this package, or the one in ``PATH``.

    Raises:
        BinaryNotFound: There is none, or what the variable names cannot be executed.

    """
    named = os.environ.get(VARIABLE)
    if named:
        path = os.path.abspath(named)
        if not _is_executable(path):
            raise BinaryNotFound(f"{VARIABLE} names '{named}', which is no file that can be executed")
        return path
    bundled = str(Path(__file__).resolve().parent / "bin" / _NAME)
    if _is_executable(bundled):
        return bundled
    for directory in os.get_exec_path():
        found = shutil.which(_NAME, path=directory)
        if found is not None and not _is_python_script(found):
            return os.path.abspath(found)
    raise BinaryNotFound(
        f"this installation of the package has no binary, and there is none in PATH: install a wheel that has one, or "
        f"name a p2p-copy with {VARIABLE}"
    )


def _is_executable(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _is_python_script(path: str) -> bool:
    """Whether a file is a command such as this package's own, which would start itself for ever."""
    try:
        with open(path, "rb") as file:
            head = file.read(1024)
    except OSError:
        return False
    return head.startswith(b"#!") and b"python" in head
