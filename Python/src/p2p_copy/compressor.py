"""How to compress, as 0.1 names it."""

from __future__ import annotations

from enum import Enum

__all__ = ["CompressMode"]


class CompressMode(str, Enum):
    """Whether files are compressed on their way."""

    #: Each file decides, by whether it shrinks.
    auto = "auto"
    #: Everything that shrinks at all.
    on = "on"
    #: Nothing.
    off = "off"
