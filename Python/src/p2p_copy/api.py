"""``send`` and ``receive`` as version 0.1 has them.

They speak protocol 1 unless told otherwise, so that the other side may be the package of version 0.1, and return its
numbers: 0 when everything was well, 3 for a sender and 4 for a receiver that failed. The reason is printed, as 0.1
does. A relay that cannot be reached, or refuses the connection, raises an exception, as in 0.1: it is a
:exc:`ConnectionError` here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from ._arguments import path_arguments, relay_arguments
from ._process import Argument
from .compressor import CompressMode
from .errors import BinaryNotFound, P2PCopyError, RelayRefused, RelayUnreachable, VersionMismatch
from .transfer import Transfer

__all__ = ["receive", "send"]

_SENDER_FAILED = 3
_RECEIVER_FAILED = 4

#: How long a sender of version 0.1 waits for the receiver, in seconds.
_SENDER_WAIT = 300

#: A receiver of version 0.1 waits for ever. This is the longest that the binary waits, 30 days in seconds.
_RECEIVER_WAIT = 30 * 86_400

#: What is no end of a transfer, but none at all.
_RAISED = (RelayUnreachable, RelayRefused, VersionMismatch, BinaryNotFound)


async def send(
    server: str,
    code: str,
    files: list[str],
    *,
    encrypt: bool = False,
    compress: CompressMode = CompressMode.auto,
    resume: bool = False,
    protocol: Literal[1, 2] = 1,
) -> int:
    """Send files and directories.

    What does not exist among ``files`` is named and left out, as are names of one character.

    Args:
        server: The relay, such as ``wss://relay.example.org:443``.
        code: The code; the receiver gives the same. Protocol 1 reads ``n=N=n`` at its beginning as N connections.
        files: A list of paths.
        encrypt: Whether to encrypt; the receiver says the same. Protocol 2 always does.
        compress: Whether to compress.
        resume: Whether to leave out what the receiver has, and to complete what it has in part. Protocol 2 always does.
        protocol: 1 for a receiver that may be of version 0.1; with 2 the receiver says so as well.

    Returns:
        0 when everything was sent, and with protocol 2 is in place; 3 when not.

    Raises:
        RelayUnreachable: The relay could not be reached.
        RelayRefused: It refused the connection.
        VersionMismatch: The binary is not of this package's version.
        BinaryNotFound: There is no binary.

    """
    paths = _existing(files)
    if not paths:
        _tell("send", "there is nothing to send")
        return _SENDER_FAILED
    arguments: list[Argument] = ["send", *_common(server, encrypt, protocol, _SENDER_WAIT)]
    arguments += ["--compress", CompressMode(compress).value]
    if resume and protocol == 1:
        arguments.append("--resume")
    return await _run("send", [*arguments, *path_arguments(paths)], code, _SENDER_FAILED)


async def receive(
    server: str,
    code: str,
    *,
    encrypt: bool = False,
    out: str | os.PathLike[str] | None = None,
    protocol: Literal[1, 2] = 1,
) -> int:
    """Receive what a sender with the same code sends.

    A file of the same name is overwritten, and completed when the sender resumes.

    Args:
        server: The relay, such as ``wss://relay.example.org:443``.
        code: The code; the sender gives the same.
        encrypt: Whether the sender encrypts. Protocol 2 always does.
        out: The directory to receive into, made when missing; the current one unless given.
        protocol: 1 for a sender that may be of version 0.1; with 2 the sender says so as well.

    Returns:
        0 when everything is in place; 4 when not.

    Raises:
        RelayUnreachable: The relay could not be reached.
        RelayRefused: It refused the connection.
        VersionMismatch: The binary is not of this package's version.
        BinaryNotFound: There is no binary.
        OSError: The directory cannot be made.

    """
    directory = Path(out or ".")
    directory.mkdir(parents=True, exist_ok=True)
    arguments: list[Argument] = ["receive", *_common(server, encrypt, protocol, _RECEIVER_WAIT)]
    arguments += ["--on-conflict", "overwrite", "--out", os.fsencode(directory)]
    return await _run("receive", arguments, code, _RECEIVER_FAILED)


def _common(server: str, encrypt: bool, protocol: Literal[1, 2], wait: int) -> list[Argument]:
    if protocol not in (1, 2):
        raise ValueError(f"there is no protocol {protocol!r}: 1 or 2")
    arguments = ["--json", "--quiet", "--protocol", str(protocol), *relay_arguments(server), "--wait", str(wait)]
    return [*arguments, "--encrypt"] if encrypt and protocol == 1 else arguments


async def _run(function: str, arguments: list[Argument], code: str, failed: int) -> int:
    try:
        await Transfer(arguments, code=code)
    except _RAISED:
        raise
    except P2PCopyError as error:
        for failure in error.failures:
            _tell(function, failure.message)
        _tell(function, str(error))
        return failed
    return 0


def _existing(files: Any) -> list[str]:
    """Return the paths that can be sent, each once, and name the others."""
    if not isinstance(files, list):
        _tell("send", "the paths to send are given as a list")
        return []
    paths: list[str] = []
    seen: list[Path] = []
    for file in files:
        name = os.fspath(file)
        # Somebody's text, taken apart into characters.
        if len(name) == 1:
            _tell("send", f"'{name}' is one character, and most likely no file: left out")
            continue
        path = Path(name).expanduser()
        if not path.exists():
            _tell("send", f"'{path}' does not exist: left out")
            continue
        real = path.resolve()
        if any(real == other or other in real.parents for other in seen):
            continue
        seen.append(real)
        paths.append(str(path))
    return paths


def _tell(function: str, message: str) -> None:
    print(f"[p2p_copy] {function}(): {message}")
