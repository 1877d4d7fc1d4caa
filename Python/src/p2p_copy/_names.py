"""Names of files are bytes; in Python they are text, with ``surrogateescape`` for what is not UTF-8."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Union

#: What names a file here: text, bytes, or a path object.
AnyPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def read_name(fields: Mapping[str, Any], key: str) -> str | None:
    """Read a name from a JSON object, where it stands as text under ``key`` or in hexadecimal under ``key_hex``.

    Returns:
        The name as :func:`os.fsdecode` makes it, so that :func:`os.fsencode` gives the same bytes again; ``None`` when
        there is neither.

    """
    text = fields.get(key)
    if text is not None:
        return os.fsdecode(str(text).encode("utf-8"))
    digits = fields.get(f"{key}_hex")
    return None if digits is None else os.fsdecode(bytes.fromhex(digits))


def shown(name: str | PurePath) -> str:
    r"""Return a name as it is safe to show: control characters escaped, bytes that are not UTF-8 as ``\xff``."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
