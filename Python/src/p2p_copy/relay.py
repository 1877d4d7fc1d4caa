"""A relay, for tests and for a network of one's own."""

from __future__ import annotations

import asyncio
import os
import signal
from types import TracebackType
from typing import Any

from ._loop import LoopThread
from ._names import AnyPath
from ._process import GRACE, Argument, BinaryProcess, end_and_drain, failure, silent_failure
from .errors import RelayNotStarted
from .events import Error, Listening

__all__ = ["Relay"]


class Relay:
    """A relay that runs as long as the context: ``with Relay() as relay``, or ``async with``.

    Without arguments it listens on loopback, at a port that the system chooses, without TLS; it is there for
    connections as soon as the context is entered::

        with Relay() as relay:
            print(relay.url)  # ws://127.0.0.1:41775

    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        certfile: AnyPath | None = None,
        keyfile: AnyPath | None = None,
        drain: int = 0,
        log_level: str = "error",
    ) -> None:
        """Make a relay that is not started yet.

        Args:
            host: The address to listen on: ``localhost`` for loopback, ``0.0.0.0`` or ``::`` for every one.
            port: The port; 0 for a free one.
            certfile: The certificate with its chain, a PEM file. With it the relay speaks TLS.
            keyfile: The certificate's private key, a PEM file.
            drain: How long transfers that run may go on when the context ends, in seconds.
            log_level: What the relay keeps for an error message: ``info`` says what happens, ``error`` what fails.

        """
        arguments: list[Argument] = ["run-relay-server", host, str(port), "--json", "--log-level", log_level]
        arguments += ["--drain", str(drain)]
        if certfile is None and keyfile is None:
            arguments.append("--no-tls")
        for name, path in (("--certfile", certfile), ("--keyfile", keyfile)):
            if path is not None:
                arguments += [name, os.fsencode(path)]
        self._arguments = arguments
        self._drain = drain
        self._process: BinaryProcess | None = None
        self._listening: asyncio.Future[str] | None = None
        self._run: asyncio.Task[None] | None = None
        self._url: str | None = None
        self._thread: LoopThread | None = None

    @property
    def url(self) -> str:
        """The relay's address, such as ``ws://127.0.0.1:41775``.

        Raises:
            RuntimeError: The relay does not run.

        """
        if self._url is None:
            raise RuntimeError("the relay does not run: use it with 'with' or 'async with'")
        return self._url

    async def __aenter__(self) -> Relay:
        """Start it, and wait until it listens.

        Raises:
            RelayNotStarted: It cannot start.

        """
        if self._process is not None:
            raise RuntimeError("the relay runs already")
        process = await BinaryProcess.start(self._arguments)
        self._process = process
        self._listening = asyncio.get_running_loop().create_future()
        self._run = asyncio.ensure_future(self._follow(process, self._listening))
        try:
            started: set[asyncio.Future[Any]] = {self._listening, self._run}
            await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
            if not self._listening.done():
                self._run.result()
                raise RelayNotStarted(f"the relay ended before it listened: {process.tail}")
        except BaseException:
            await self._stop()
            raise
        self._url = self._listening.result()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and wait until it is gone."""
        await self._stop()

    async def wait_closed(self) -> None:
        """Wait until it has ended by itself.

        Raises:
            P2PCopyError: It did not end well.

        """
        if self._run is None:
            raise RuntimeError("the relay does not run: use it with 'with' or 'async with'")
        await asyncio.shield(self._run)

    def __enter__(self) -> Relay:
        """Start it, and wait until it listens.

        Raises:
            RelayNotStarted: It cannot start.

        """
        self._thread = LoopThread("p2p_copy relay")
        try:
            self._thread.run(self.__aenter__())
        except BaseException:
            self._thread.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and wait until it is gone."""
        assert self._thread is not None
        try:
            self._thread.run(self._stop())
        finally:
            self._thread.close()

    async def _follow(self, process: BinaryProcess, listening: asyncio.Future[str]) -> None:
        reported: Error | None = None
        try:
            async for event in process.events():
                if isinstance(event, Listening) and not listening.done():
                    listening.set_result(event.address)
                elif isinstance(event, Error):
                    reported = event
            status = await process.wait()
        except BaseException:
            await end_and_drain(process)
            raise
        if reported is not None:
            raise failure(reported, process)
        if status != 0:
            raise silent_failure(status, process)

    async def _stop(self) -> None:
        process, run = self._process, self._run
        if process is None or run is None:
            return
        try:
            await process.end(signal.SIGTERM, self._drain + GRACE)
        finally:
            await asyncio.wait([run])
            if not run.cancelled():
                # What it failed with has been told by now, or there is nobody to tell.
                run.exception()
            self._process = self._run = self._url = None
