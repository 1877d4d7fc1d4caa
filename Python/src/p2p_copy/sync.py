"""The same without ``await``: each function and each transfer runs in a thread of its own until it is done.

So it does where an event loop runs in the caller's thread already, as in a notebook. Callbacks for progress are called
in that other thread. Ctrl-C ends a transfer in order, and is raised when the binary is gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Literal, TypeVar

from . import api, commands, receiving, sending
from ._arguments import Relays
from ._loop import LoopThread
from ._names import AnyPath
from ._source import Content
from .commands import Cleaning, Listing, Verification
from .compressor import CompressMode
from .events import Codec, Event, Setting, Status, Summary
from .options import ReceiveOptions, SendOptions
from .receipts import Receipt
from .receiving import Writable
from .transfer import ProgressCallback
from .transfer import Transfer as AsyncTransfer

__all__ = [
    "Transfer",
    "clean",
    "codecs",
    "list_files",
    "make_code",
    "receive",
    "receive_bytes",
    "receive_files",
    "receive_stream",
    "send",
    "send_bytes",
    "send_files",
    "send_stream",
    "settings",
    "status",
    "verify",
]

_Result = TypeVar("_Result")
_AnyEvent = TypeVar("_AnyEvent", bound=Event)


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    thread = LoopThread("p2p_copy")
    try:
        return thread.run(work)
    finally:
        thread.close()


class Transfer:
    """A transfer: a context manager, and an iterator over its events.

    ``transfer.result()`` runs it to its end and returns the summary. Within ``with`` it runs beside what stands there::

        with send_files(["results"], relay=relay, code=code) as transfer:
            for event in transfer:
                print(event)

    See :class:`p2p_copy.Transfer`, which does the work.
    """

    def __init__(self, make: Callable[[], AsyncTransfer]) -> None:
        """Make a transfer that is not started yet.

        Args:
            make: Makes the transfer that does the work.

        """
        self._transfer = make()
        self._thread: LoopThread | None = None

    def __enter__(self) -> Transfer:
        """Start it."""
        self._thread = LoopThread("p2p_copy transfer")
        try:
            self._thread.run(self._transfer.__aenter__())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for its end, or end it when an exception leaves the block."""
        try:
            self._running().run(self._transfer.__aexit__(kind, error, trace))
        finally:
            self._close()

    def __iter__(self) -> Iterator[Event]:
        """Return the transfer, which is its own iterator."""
        return self

    def __next__(self) -> Event:
        """Return the next event.

        Raises:
            P2PCopyError: There is no further one, since the transfer has failed.

        """
        try:
            return self._running().run(self._transfer.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def result(self) -> Summary:
        """Wait for the end; run it first, when it is not started.

        Raises:
            P2PCopyError: It failed; the class says how.

        """
        if self._thread is not None:
            return self._thread.run(self._transfer.result())
        if self._transfer.summary is not None:
            return self._transfer.summary
        with self:
            return self.result()

    def first(self, kind: type[_AnyEvent]) -> _AnyEvent:
        """Wait for the first event of a class, also one that was there already.

        Raises:
            P2PCopyError: The transfer has failed before that.
            LookupError: It has ended without one.

        """
        return self._running().run(self._transfer.first(kind))

    def cancel(self) -> None:
        """End it: the other side is told, and ends as well."""
        self._running().run(self._transfer.cancel())

    def stop(self) -> None:
        """Stop it so that it can be gone on with: the other side waits for the same transfer to be run again."""
        self._running().run(self._transfer.stop())

    @property
    def summary(self) -> Summary | None:
        """What the transfer came to; ``None`` until then."""
        return self._transfer.summary

    @property
    def lost_events(self) -> int:
        """How many events were dropped, here and by the binary."""
        return self._transfer.lost_events

    @property
    def pid(self) -> int:
        """The number of the binary's process."""
        return self._transfer.pid

    def _running(self) -> LoopThread:
        if self._thread is None:
            raise RuntimeError("the transfer does not run: use 'with'")
        return self._thread

    def _close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()


def send(
    server: str,
    code: str,
    files: list[str],
    *,
    encrypt: bool = False,
    compress: CompressMode = CompressMode.auto,
    resume: bool = False,
    protocol: Literal[1, 2] = 1,
) -> int:
    """Send files and directories as version 0.1 does; see :func:`p2p_copy.send`."""
    return _run(api.send(server, code, files, encrypt=encrypt, compress=compress, resume=resume, protocol=protocol))


def receive(
    server: str,
    code: str,
    *,
    encrypt: bool = False,
    out: str | os.PathLike[str] | None = None,
    protocol: Literal[1, 2] = 1,
) -> int:
    """Receive as version 0.1 does; see :func:`p2p_copy.receive`."""
    return _run(api.receive(server, code, encrypt=encrypt, out=out, protocol=protocol))


def send_files(
    paths: AnyPath | Iterable[AnyPath],
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: SendOptions | None = None,
) -> Transfer:
    """Make a transfer that sends files and directories; see :func:`p2p_copy.send_files`."""
    return Transfer(lambda: sending.send_files(paths, relay=relay, code=code, progress=progress, options=options))


def send_stream(
    content: Content,
    *,
    name: AnyPath = "stdin",
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: SendOptions | None = None,
) -> Transfer:
    """Make a transfer that sends content as one file; see :func:`p2p_copy.send_stream`."""
    return Transfer(
        lambda: sending.send_stream(content, name=name, relay=relay, code=code, progress=progress, options=options)
    )


def send_bytes(
    content: bytes | bytearray | memoryview,
    name: AnyPath,
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: SendOptions | None = None,
) -> Transfer:
    """Make a transfer that sends bytes as one file; see :func:`p2p_copy.send_bytes`."""
    return send_stream(content, name=name, relay=relay, code=code, progress=progress, options=options)


def receive_files(
    out: AnyPath = ".",
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: ReceiveOptions | None = None,
) -> Transfer:
    """Make a transfer that receives into a directory; see :func:`p2p_copy.receive_files`."""
    return Transfer(lambda: receiving.receive_files(out, relay=relay, code=code, progress=progress, options=options))


def receive_stream(
    destination: Writable,
    *,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: ReceiveOptions | None = None,
) -> int:
    """Receive one file, and write its content to a file object; see :func:`p2p_copy.receive_stream`."""
    return _run(receiving.receive_stream(destination, relay=relay, code=code, progress=progress, options=options))


def receive_bytes(
    *,
    max_bytes: int,
    relay: Relays | None = None,
    code: str | None = None,
    progress: ProgressCallback | None = None,
    options: ReceiveOptions | None = None,
) -> bytes:
    """Receive one file into memory; see :func:`p2p_copy.receive_bytes`."""
    return _run(
        receiving.receive_bytes(max_bytes=max_bytes, relay=relay, code=code, progress=progress, options=options)
    )


def make_code() -> str:
    """Return a fresh code; see :func:`p2p_copy.make_code`."""
    return _run(commands.make_code())


def list_files(paths: AnyPath | Iterable[AnyPath], *, options: SendOptions | None = None) -> Listing:
    """Return what would be sent; see :func:`p2p_copy.list_files`."""
    return _run(commands.list_files(paths, options=options))


def verify(directory: AnyPath, receipt: Receipt | AnyPath, *, signer: AnyPath | None = None) -> Verification:
    """Compare a directory with a receipt; see :func:`p2p_copy.verify`."""
    return _run(commands.verify(directory, receipt, signer=signer))


def status(directory: AnyPath) -> Status:
    """Return what transfers have left in an output directory; see :func:`p2p_copy.status`."""
    return _run(commands.status(directory))


def clean(directory: AnyPath, *, dry_run: bool = False, older_than: float = 0) -> Cleaning:
    """Remove what transfers have left in an output directory; see :func:`p2p_copy.clean`."""
    return _run(commands.clean(directory, dry_run=dry_run, older_than=older_than))


def codecs() -> tuple[Codec, ...]:
    """Return the codecs that the binary has; see :func:`p2p_copy.codecs`."""
    return _run(commands.codecs())


def settings() -> tuple[Setting, ...]:
    """Return what holds where no option says otherwise; see :func:`p2p_copy.settings`."""
    return _run(commands.settings())
