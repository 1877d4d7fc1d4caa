"""A transfer that runs, and what it says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, TypeVar, cast

from ._process import Argument, BinaryProcess, end_and_drain, failure, silent_failure
from ._source import Content, pieces
from .errors import InternalError
from .events import EntryFailed, Error, Event, Progress, Started, Summary

__all__ = ["ProgressCallback", "Transfer"]

#: Gets how far a transfer is.
ProgressCallback = Callable[[Progress], Any]

#: How many events wait for whoever iterates; beyond that the oldest are dropped.
EVENT_LIMIT = 10_000

#: How many failed entries an exception names.
FAILURE_LIMIT = 100

_AnyEvent = TypeVar("_AnyEvent", bound=Event)


class Transfer:
    """A transfer: a context manager, an iterator over its events, and something to await.

    ``await transfer`` runs it to its end and returns the :class:`~p2p_copy.events.Summary`. Within ``async with`` it
    runs beside what stands there::

        async with send_files(["results"], relay=relay, code=code) as transfer:
            async for event in transfer:
                print(event)

    Leaving the block waits for the end of the transfer, and raises what it fails with. When the block is left by an
    exception, or its task is cancelled, the transfer is ended: the binary gets SIGINT, tells the other side, and is
    gone when the block is.

    Events wait for whoever iterates. Of one who is more than 10,000 events behind the oldest are dropped, as the binary
    does by itself when nobody reads: ``lost_events`` says how many. A receipt lists every entry in any case.

    """

    def __init__(
        self,
        arguments: Sequence[Argument],
        *,
        code: str | None = None,
        content: Content | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        """Make a transfer that is not started yet.

        Args:
            arguments: The arguments of the binary.
            code: The code. It goes to the binary by its environment, where nobody else sees it.
            content: What to send by standard input.
            progress: Gets how far the transfer is, at most four times a second, and once more when everything is in
                place. What has a method ``close`` is closed at the end.

        """
        self._arguments = list(arguments)
        self._code = code
        self._content = content
        self._progress = progress
        self._process: BinaryProcess | None = None
        self._task: asyncio.Task[Summary] | None = None
        self._feeding: asyncio.Task[None] | None = None
        self._content_error: Exception | None = None
        self._events: deque[Event] = deque()
        self._first: dict[type[Event], Event] = {}
        self._failures: list[EntryFailed] = []
        self._started: Started | None = None
        self._error: Error | None = None
        self._is_told = False
        self._lost_events = 0
        #: What the transfer came to; ``None`` until then.
        self.summary: Summary | None = None

    async def __aenter__(self) -> Transfer:
        """Start it."""
        if self._task is not None:
            raise RuntimeError("a transfer can be run once")
        # In Python 3.9 it belongs to a loop from its making on.
        self._arrival = asyncio.Event()
        self._process = await BinaryProcess.start(
            self._arguments,
            environment={} if self._code is None else {"P2P_COPY_CODE": self._code},
            has_input=self._content is not None,
        )
        self._task = asyncio.ensure_future(self._follow(self._process))
        self._task.add_done_callback(self._finish)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for its end, or end it when an exception leaves the block."""
        task, _ = self._running()
        if kind is None:
            if not self._is_told:
                try:
                    await self.result()
                except asyncio.CancelledError:
                    await self._end()
                    raise
        elif not task.done():
            await self._end()

    def __await__(self) -> Generator[Any, None, Summary]:
        """Run it to its end."""
        return self.run().__await__()

    async def run(self) -> Summary:
        """Run it to its end, as awaiting it does: a coroutine, which is what :func:`asyncio.create_task` takes.

        Returns:
            What the transfer came to.

        Raises:
            P2PCopyError: It failed; the class says how.

        """
        async with self:
            return await self.result()

    async def result(self) -> Summary:
        """Wait for the end.

        Returns:
            What the transfer came to.

        Raises:
            P2PCopyError: It failed; the class says how.

        """
        task, _ = self._running()
        try:
            return await asyncio.shield(task)
        finally:
            self._is_told = self._is_told or task.done()

    async def cancel(self) -> None:
        """End it: the other side is told, and ends as well. :meth:`result` raises :exc:`~p2p_copy.Cancelled` then."""
        await self._end()

    async def stop(self) -> None:
        """Stop it so that it can be gone on with: the other side waits for the same transfer to be run again.

        :meth:`result` raises :exc:`~p2p_copy.Stopped` then.
        """
        await self._end(signal.SIGTERM)

    def __aiter__(self) -> Transfer:
        """Return the transfer, which is its own iterator."""
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            P2PCopyError: There is no further one, since the transfer has failed.

        """
        task, _ = self._running()
        while not self._events:
            if task.done():
                self._is_told = True
                # Raises what it failed with.
                task.result()
                raise StopAsyncIteration
            await self._next_arrival()
        return self._events.popleft()

    async def first(self, kind: type[_AnyEvent]) -> _AnyEvent:
        """Wait for the first event of a class, also one that was there already.

        Raises:
            P2PCopyError: The transfer has failed before that.
            LookupError: It has ended without one.

        """
        task, _ = self._running()
        while kind not in self._first:
            if task.done():
                self._is_told = True
                task.result()
                raise LookupError(f"the transfer had no event '{kind.event}'")
            await self._next_arrival()
        return cast(_AnyEvent, self._first[kind])

    @property
    def lost_events(self) -> int:
        """How many events were dropped, here and by the binary."""
        return self._lost_events + (0 if self.summary is None else self.summary.lost_events)

    @property
    def pid(self) -> int:
        """The number of the binary's process."""
        return self._running()[1].pid

    def _running(self) -> tuple[asyncio.Task[Summary], BinaryProcess]:
        if self._task is None or self._process is None:
            raise RuntimeError("the transfer is not started: use 'async with', or await it")
        return self._task, self._process

    async def _next_arrival(self) -> None:
        # Setting an event wakes everybody who waits, however soon somebody clears it again.
        self._arrival.clear()
        await self._arrival.wait()

    async def _end(self, first: int = signal.SIGINT) -> None:
        task, process = self._running()
        try:
            await process.end(first)
        finally:
            # It has read everything up to the end of the process.
            await asyncio.wait([task])

    async def _follow(self, process: BinaryProcess) -> Summary:
        """Read everything that the binary says."""
        try:
            if self._content is not None:
                self._feeding = asyncio.ensure_future(self._feed(process, self._content))
            async for event in process.events():
                self._take(event)
            status = await process.wait()
        except BaseException:
            await end_and_drain(process)
            raise
        finally:
            await self._stop_feeding()
            await process.close_input()
        return self._outcome(status, process)

    def _outcome(self, status: int, process: BinaryProcess) -> Summary:
        if self._content_error is not None:
            raise self._content_error
        if self._error is not None:
            raise failure(self._error, process, self._failures, self.summary)
        if status != 0:
            raise silent_failure(status, process, self._failures, self.summary)
        if self.summary is None:
            raise InternalError(f"the binary {process.path} ended well and gave no summary", output=process.tail)
        self._show_end(self.summary)
        return self.summary

    def _take(self, event: Event) -> None:
        if isinstance(event, Progress):
            if self._progress is not None:
                self._progress(event)
        elif isinstance(event, Started):
            self._started = event
        elif isinstance(event, Summary):
            self.summary = event
        elif isinstance(event, Error):
            self._error = event
        elif isinstance(event, EntryFailed) and len(self._failures) < FAILURE_LIMIT:
            self._failures.append(event)
        self._first.setdefault(type(event), event)
        if len(self._events) >= EVENT_LIMIT:
            self._events.popleft()
            self._lost_events += 1
        self._events.append(event)
        self._arrival.set()

    def _show_end(self, summary: Summary) -> None:
        """Say that everything is in place, which comes after the last progress."""
        if self._progress is None:
            return
        if self._started is not None:
            files, count = self._started.files, self._started.bytes
        else:
            # The size of a stream is known at its end only.
            files, count = summary.complete_files, summary.transferred_bytes
        self._progress(
            Progress(
                datetime.now(timezone.utc),
                bytes=count,
                transferred_bytes=summary.transferred_bytes,
                files=files,
                is_total_known=True,
                total_bytes=count,
                total_files=files,
            )
        )

    def _finish(self, task: asyncio.Task[Summary]) -> None:
        self._arrival.set()
        if not task.cancelled():
            # Whoever wants to know gets it; nobody has to.
            task.exception()
        close = getattr(self._progress, "close", None)
        if close is not None:
            close()

    async def _feed(self, process: BinaryProcess, content: Content) -> None:
        """Write content to the binary's standard input, no faster than it reads."""
        stream = process.stdin
        assert stream is not None
        source = cast("AsyncGenerator[bytes, None]", pieces(content))
        try:
            async for piece in source:
                try:
                    stream.write(piece)
                    await stream.drain()
                except OSError:
                    # It has ended, or reads no more, and says why itself.
                    return
        except Exception as error:
            # The end of its input would say that this was all.
            self._content_error = error
            await process.end()
            return
        finally:
            await source.aclose()
        await process.close_input()

    async def _stop_feeding(self) -> None:
        if self._feeding is None:
            return
        self._feeding.cancel()
        await asyncio.wait([self._feeding])
        with contextlib.suppress(asyncio.CancelledError):
            self._feeding.result()
