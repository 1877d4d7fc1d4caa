"""A run of the binary: its lines, the end of what it said to a person, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Union

from ._binary import find_binary
from ._version import __version__
from .errors import InternalError, P2PCopyError, VersionMismatch, error_class, error_class_for_status
from .events import Command, EntryFailed, Error, Event, Summary, parse_event

#: How long a process may take to end in order after SIGINT, in seconds. A second signal ends it at once.
GRACE = 5.0

#: How long it may take after SIGTERM then, before it is killed.
SECOND_GRACE = 2.0

_READ_SIZE = 1 << 16
_TAIL_SIZE = 1 << 14

#: How the binary ends an error that says how many entries failed, each of which it has named before.
_SEE_ABOVE = "; see above"

#: An argument of a command.
Argument = Union[str, bytes]


class BinaryProcess:
    """A running binary.

    It is in a session of its own: what a terminal sends when somebody presses Ctrl-C comes to Python alone, which ends
    the process in order, and there is no terminal on which the binary could ask for anything.
    """

    def __init__(self, path: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.path = path
        self.stdin = process.stdin
        self._stdout = process.stdout
        self._process = process
        self._tail = bytearray()
        self._tail_reader = asyncio.ensure_future(self._keep_tail(process.stderr))

    @classmethod
    async def start(
        cls,
        arguments: Sequence[Argument],
        *,
        environment: Mapping[str, str] | None = None,
        has_input: bool = False,
    ) -> BinaryProcess:
        """Start the binary.

        Args:
            arguments: Its arguments.
            environment: Variables that it has besides those of this process.
            has_input: Whether its standard input is a pipe; otherwise it has none.

        Raises:
            BinaryNotFound: There is no binary.
            OSError: It cannot be started.

        """
        path = find_binary()
        process = await asyncio.create_subprocess_exec(
            path,
            *arguments,
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        return cls(path, process)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, a negative number for the signal that ended it; ``None`` while it runs."""
        return self._process.returncode

    @property
    def tail(self) -> str:
        """The end of what it printed on standard error."""
        return self._tail.decode("utf-8", "backslashreplace").strip()

    async def read(self) -> bytes:
        """Return what it prints on standard output next; empty at its end."""
        return await self._stdout.read(_READ_SIZE)

    async def lines(self) -> AsyncIterator[bytes]:
        """Return the lines that it prints on standard output, however long they are."""
        rest = bytearray()
        while True:
            piece = await self.read()
            if not piece:
                break
            searched = len(rest)
            rest += piece
            end = rest.find(b"\n", searched)
            start = 0
            while end >= 0:
                yield bytes(rest[start:end])
                start = end + 1
                end = rest.find(b"\n", start)
            del rest[:start]
        if rest:
            yield bytes(rest)

    async def events(self) -> AsyncIterator[Event]:
        """Return the events that it prints, and make sure that it is of this package's version.

        Raises:
            VersionMismatch: It is not.
            InternalError: A line is no event.

        """
        is_first = True
        async for line in self.lines():
            try:
                event = parse_event(line)
            except ValueError as error:
                raise InternalError(
                    f"{self.path} printed something that is no event ({error}): {line[:200]!r}", output=self.tail
                ) from error
            if is_first:
                await self._check_first(event)
                is_first = False
            yield event
        if is_first:
            await self._explain_silence()

    async def wait(self) -> int:
        """Wait for its end, and for the end of its standard error.

        Returns:
            The exit status.

        """
        status = await self._process.wait()
        await asyncio.wait([self._tail_reader])
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def end(self, first: int = signal.SIGINT, grace: float = GRACE) -> None:
        """End it in order, at once when it takes too long, and wait for that.

        Whoever reads its output goes on reading meanwhile, or calls :meth:`drain`. When the caller is cancelled, the
        process is killed, and is gone all the same when this returns.

        Args:
            first: The signal to begin with.
            grace: How long it may take after that, in seconds.

        """
        ending = asyncio.ensure_future(self._end(first, grace))
        cancellation: asyncio.CancelledError | None = None
        while not ending.done():
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError as error:
                cancellation = error
                self.send_signal(signal.SIGKILL)
        if cancellation is not None:
            raise cancellation
        ending.result()

    async def _end(self, first: int, grace: float) -> None:
        for number, patience in ((first, grace), (signal.SIGTERM, SECOND_GRACE), (signal.SIGKILL, None)):
            self.send_signal(number)
            waiting = asyncio.ensure_future(self.wait())
            # Not cancelled when time is over: the next round waits for the same.
            await asyncio.wait([waiting], timeout=patience)
            if waiting.done():
                break
            waiting.cancel()
        await self.close_input()

    async def drain(self) -> None:
        """Read its standard output to the end, and drop it."""
        while await self.read():
            pass

    async def close_input(self) -> None:
        """Close its standard input, if it has one. Before its end that means: this was all."""
        if self.stdin is None:
            return
        self.stdin.close()
        # What could not be written any more has no reader.
        with contextlib.suppress(OSError):
            await self.stdin.wait_closed()

    async def _keep_tail(self, stream: asyncio.StreamReader) -> None:
        while True:
            piece = await stream.read(_READ_SIZE)
            if not piece:
                return
            self._tail += piece
            del self._tail[:-_TAIL_SIZE]

    async def _check_first(self, event: Event) -> None:
        if isinstance(event, Command):
            if event.version != __version__:
                raise version_mismatch(self.path, event.version)
        elif isinstance(event, Error):
            # What it says of its arguments comes before its version; another version may not know them.
            await self._check_by_asking()
        else:
            raise InternalError(f"{self.path} began with the event '{event.event}'", output=self.tail)

    async def _explain_silence(self) -> None:
        """Tell why no event came, when that is so for a binary that is too old for any."""
        status = await self.wait()
        if status in (2, 64):
            await self._check_by_asking()

    async def _check_by_asking(self) -> None:
        found = await ask_version(self.path)
        if found is not None and found != __version__:
            raise version_mismatch(self.path, found)
        if found is None and self.returncode in (2, 64):
            raise version_mismatch(self.path, None)


def version_mismatch(path: str, found: str | None) -> VersionMismatch:
    """Return the error for a binary of another version."""
    what = "too old to say its version" if found is None else f"version {found}"
    return VersionMismatch(
        f"the binary {path} is {what}, and this package is version {__version__}: install the package again, or let "
        f"P2P_COPY_BINARY name a p2p-copy {__version__}",
        found=found,
        path=path,
    )


async def ask_version(path: str) -> str | None:
    """Return what a binary prints with ``--version``; ``None`` when it does not know that option.

    Raises:
        OSError: It cannot be started.

    """
    process = await asyncio.create_subprocess_exec(
        path,
        "--version",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    # What it was built from may stand behind it, and in further lines.
    words = output.decode("utf-8", "replace").split()
    return words[0] if process.returncode == 0 and words else None


async def check_version(path: str) -> None:
    """Make sure that a binary is of this package's version.

    Raises:
        VersionMismatch: It is not.
        OSError: It cannot be started.

    """
    found = await ask_version(path)
    if found != __version__:
        raise version_mismatch(path, found)


def failure(
    event: Error, process: BinaryProcess, failures: Sequence[EntryFailed] = (), summary: Summary | None = None
) -> P2PCopyError:
    """Return the exception for an error that the binary reported."""
    message, remedy = event.message, event.remedy
    if message.endswith(_SEE_ABOVE) and failures:
        # An exception is read alone.
        message = f"{message[: -len(_SEE_ABOVE)]}: {failures[0].message}"
        remedy = failures[0].remedy
    return error_class(event.code)(
        message,
        code=event.code,
        status=event.status,
        remedy=remedy,
        advice=event.advice,
        failures=failures,
        summary=summary,
        output=process.tail,
    )


def silent_failure(
    status: int, process: BinaryProcess, failures: Sequence[EntryFailed] = (), summary: Summary | None = None
) -> P2PCopyError:
    """Return the exception for an end without an error event: the binary died, or it prints none."""
    lines = process.tail.splitlines()
    complaints = [line for line in lines if line.startswith(("p2p-copy: ", "failed: "))]
    kind = error_class_for_status(status)
    if status < 0:
        kind, message = InternalError, f"the binary {process.path} was ended by {_signal_name(-status)}"
    elif complaints:
        message = "; ".join(line.split(": ", 1)[1] for line in complaints[-3:])
    else:
        message = f"the binary {process.path} ended with status {status} and said " + (
            f"'{lines[-1]}'" if lines else "nothing"
        )
    return kind(message, failures=failures, summary=summary, output=process.tail)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


async def run_command(arguments: Sequence[Argument], *, accepted_with: type[Event] | None = None) -> list[Event]:
    """Run a command that transfers nothing.

    Args:
        arguments: Its arguments; ``--json`` is among them.
        accepted_with: An event that is an answer, whatever the exit status.

    Returns:
        Its events.

    Raises:
        P2PCopyError: It did not end with 0, and gave no such event.

    """
    process = await BinaryProcess.start(arguments)
    events: list[Event] = []
    try:
        async for event in process.events():
            events.append(event)
        status = await process.wait()
    except BaseException:
        await end_and_drain(process)
        raise
    if status == 0 or (accepted_with is not None and any(isinstance(event, accepted_with) for event in events)):
        return events
    for event in reversed(events):
        if isinstance(event, Error):
            raise failure(event, process)
    raise silent_failure(status, process)


async def end_and_drain(process: BinaryProcess, first: int = signal.SIGINT) -> None:
    """End a process whose output nobody reads any more."""
    draining = asyncio.ensure_future(process.drain())
    try:
        await process.end(first)
    finally:
        await asyncio.wait([draining])
