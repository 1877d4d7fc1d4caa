"""Sending with protocol 2."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ._arguments import Relays, one_or_more, path_arguments, relay_arguments
from ._names import AnyPath
from ._source import Content
from .options import SendOptions
from .transfer import ProgressCallback, Transfer

__all__ = ["send_bytes", "send_files", "send_stream"]


def send_files(
    paths: AnyPath | Iterable[AnyPath],
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: SendOptions | None = None,
) -> Transfer:
    """Make a transfer that sends files and directories. Await it, or use it with ``async with``.

    A file arrives under its own name, a directory ``d`` as ``d/…`` with everything below it.

    Args:
        paths: What to send, one path or several.
        relay: The relay, by its address or its name in the configuration, or several that the sides meet at; otherwise
            what ``P2P_COPY_RELAY`` or the configuration says, and without that a relay inside the sender. What the
            other side needs then is the event :class:`~p2p_copy.events.Code`.
        code: The code; otherwise ``P2P_COPY_CODE``. With the relay inside the sender one is made when there is none.
        progress: Gets how far the transfer is, at most four times a second, and once more at the end.
        options: Everything else.

    Raises:
        P2PCopyError: When it is awaited: it failed; the class says how.

    """
    arguments = ["send", "--json", "--quiet", *relay_arguments(relay), *(options or SendOptions()).arguments()]
    return Transfer([*arguments, *path_arguments(one_or_more(paths))], code=code, progress=progress)


def send_stream(
    content: Content,
    *,
    name: AnyPath = "stdin",
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: SendOptions | None = None,
) -> Transfer:
    """Make a transfer that sends content as one file.

    What the content has is read no faster than it travels; a ``read`` that blocks does so in a thread of its own. When
    the content raises an exception, the transfer ends, nothing gets its name at the receiver, and the exception is
    raised here. A stream cannot be resumed.

    Args:
        content: Bytes, a file object open for reading bytes, or pieces of bytes, asynchronous or not.
        name: The name of the file at the receiver.
        relay: As for :func:`send_files`.
        code: As for :func:`send_files`.
        progress: As for :func:`send_files`.
        options: As for :func:`send_files`; not all of them are for a stream.

    Raises:
        P2PCopyError: When it is awaited: it failed; the class says how.

    """
    arguments = ["send", "--json", "--quiet", *relay_arguments(relay), *(options or SendOptions()).arguments()]
    arguments += ["--stdin-name", os.fsencode(name), "--", "-"]
    return Transfer(arguments, code=code, content=content, progress=progress)


def send_bytes(
    content: bytes | bytearray | memoryview,
    name: AnyPath,
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: SendOptions | None = None,
) -> Transfer:
    """Make a transfer that sends bytes as one file; see :func:`send_stream`."""
    return send_stream(content, name=name, relay=relay, code=code, progress=progress, options=options)
