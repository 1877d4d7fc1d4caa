"""How a transfer is put on the binary's command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Union

from ._names import AnyPath
from ._process import Argument

#: One relay, or several that the sides meet at.
Relays = Union[str, Sequence[str]]


def relay_arguments(relay: Relays | None) -> list[Argument]:
    """Return the options that name relays; none where ``P2P_COPY_RELAY`` is to say which."""
    if relay is None:
        return []
    relays = [relay] if isinstance(relay, str) else list(relay)
    arguments: list[Argument] = []
    for each in relays:
        arguments += ["--relay", each]
    return arguments


def path_arguments(paths: Iterable[AnyPath]) -> list[Argument]:
    """Return paths as the command line has them, behind ``--``."""
    return ["--", *map(path_argument, paths)]


def path_argument(path: AnyPath) -> bytes:
    """Return a path so that the command takes it for one, and for the same."""
    name = os.fsencode(path)
    # Standard input otherwise.
    if name == b"-":
        return b"./-"
    # A relay otherwise. One slash leads to the same place.
    while b"://" in name:
        name = name.replace(b"://", b":/")
    return name


def one_or_more(paths: AnyPath | Iterable[AnyPath]) -> list[AnyPath]:
    """Return paths as a list, a single one alone in it."""
    if isinstance(paths, (str, bytes, os.PathLike)):
        return [paths]
    return list(paths)
