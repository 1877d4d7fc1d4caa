"""Receiving with protocol 2."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Protocol

from ._arguments import Relays, relay_arguments
from ._names import AnyPath
from ._process import BinaryProcess, check_version, end_and_drain, silent_failure
from .events import Progress
from .options import ReceiveOptions
from .transfer import ProgressCallback, Transfer

__all__ = ["receive_bytes", "receive_files", "receive_stream"]

_PROGRESS_INTERVAL = 0.25


class Writable(Protocol):
    """A file object that is open for writing bytes."""

    def write(self, piece: bytes, /) -> Any:
        """Write a piece, or return a coroutine that does."""


def receive_files(
    out: AnyPath = ".",
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: ReceiveOptions | None = None,
) -> Transfer:
    """Make a transfer that receives into a directory. Await it, or use it with ``async with``.

    Nothing is written outside the directory, whatever the sender names. A file gets its name when it is complete.

    Args:
        out: The directory; made when missing.
        relay: The relay, by its address or its name in the configuration, or several that the sides meet at; otherwise
            what ``P2P_COPY_RELAY`` or the configuration says.
        code: The code; otherwise ``P2P_COPY_CODE``.
        progress: Gets how far the transfer is, at most four times a second, and once more at the end.
        options: Everything else.

    Raises:
        P2PCopyError: When it is awaited: it failed; the class says how.

    """
    arguments = ["receive", "--json", "--quiet", *relay_arguments(relay), *(options or ReceiveOptions()).arguments()]
    return Transfer([*arguments, "--out", os.fsencode(out)], code=code, progress=progress)


async def receive_stream(
    destination: Writable,
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: ReceiveOptions | None = None,
) -> int:
    """Receive the one file that is sent, and write its content to a file object.

    The content comes from the binary's standard output, and no file is made: it can be of any length, and need not fit
    on a disk. It is written as it comes, no faster than the file object takes it. Only when this returns was it all,
    and as it was sent: **what was written before an exception is worth nothing**. There are no events for it, since
    standard output has no room for both.

    Args:
        destination: Where it is written; its ``write`` is called in a thread of its own, or is a coroutine function.
        relay: As for :func:`receive_files`.
        code: As for :func:`receive_files`.
        progress: Gets how many bytes have come, at most four times a second, and once more at the end.
        options: As for :func:`receive_files`; not all of them are for a stream.

    Returns:
        How many bytes were written.

    Raises:
        P2PCopyError: It failed; the class says how.

    """
    arguments = ["receive", "--stdout", "--quiet", *relay_arguments(relay), *(options or ReceiveOptions()).arguments()]
    process = await BinaryProcess.start(arguments, environment={} if code is None else {"P2P_COPY_CODE": code})
    writer = _Writer(destination)
    count = 0
    last = 0.0
    try:
        await check_version(process.path)
        while piece := await process.read():
            await writer.write(piece)
            count += len(piece)
            if progress is not None and time.monotonic() - last >= _PROGRESS_INTERVAL:
                last = time.monotonic()
                progress(_progress(count, is_complete=False))
        status = await process.wait()
        if status != 0:
            raise silent_failure(status, process)
        if progress is not None:
            progress(_progress(count, is_complete=True))
    except BaseException:
        await end_and_drain(process)
        raise
    finally:
        writer.close()
        close = getattr(progress, "close", None)
        if close is not None:
            close()
    return count


async def receive_bytes(
    *,
    max_bytes: int,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: ReceiveOptions | None = None,
) -> bytes:
    """Receive the one file that is sent into memory; see :func:`receive_stream`.

    Args:
        max_bytes: How many bytes to take at most; a sender that sends more ends the transfer with
            :exc:`~p2p_copy.LimitExceeded`.
        relay: As for :func:`receive_files`.
        code: As for :func:`receive_files`.
        progress: As for :func:`receive_stream`.
        options: As for :func:`receive_stream`; ``max_bytes`` is the one given here.

    Raises:
        P2PCopyError: It failed; the class says how.

    """
    memory = _Memory()
    limited = replace(options or ReceiveOptions(), max_bytes=max_bytes)
    await receive_stream(memory, relay=relay, code=code, progress=progress, options=limited)
    return b"".join(memory.pieces)


def _progress(count: int, *, is_complete: bool) -> Progress:
    return Progress(
        datetime.now(timezone.utc),
        bytes=count,
        transferred_bytes=count,
        files=1 if is_complete else 0,
        is_total_known=is_complete,
        total_bytes=count,
        total_files=1,
    )


class _Memory:
    """A destination that keeps what is written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    async def write(self, piece: bytes) -> None:
        self.pieces.append(piece)


class _Writer:
    """Writes to a file object all that it is given, in a thread of its own where that may block."""

    def __init__(self, destination: Writable) -> None:
        self._destination = destination
        self._executor: ThreadPoolExecutor | None = None

    async def write(self, piece: bytes) -> None:
        if inspect.iscoroutinefunction(self._destination.write):
            await self._destination.write(piece)
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "p2p_copy destination")
        loop = asyncio.get_running_loop()
        rest = memoryview(piece)
        while rest:
            count = await loop.run_in_executor(self._executor, self._destination.write, bytes(rest))
            if inspect.isawaitable(count):
                count = await count
            # One without a buffer says how much it took; what says nothing took it all.
            rest = rest[count if isinstance(count, int) else len(rest) :]

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False)
