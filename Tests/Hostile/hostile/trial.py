"""A case: one hostile peer against one real process, and everything that has to hold afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import traceback
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Awaitable, Callable, Generic, Iterable, TypeVar

from .command import Command, Outcome
from .keys import Code, QuickCode
from .peer import Peer, Refused
from .places import Places
from .receiver import ReceiverPeer
from .sender import SenderPeer
from .websocket import Gone, WebSocket

# What a process may use at most. Argon2id alone takes 64 MiB, windows and queues some more.
MEMORY = 256 << 20

AnyPeer = TypeVar("AnyPeer", bound=Peer)


@dataclass
class Surroundings:
    """What all cases share."""

    binary: str
    directory: Path
    relay_port: int = 0
    # A code is used again when its last session is over: Argon2id is then paid for once on this side.
    codes: deque[Code] = field(default_factory=lambda: deque(Code(f"{7100 + n}-lusab-{n:03}") for n in range(24)))

    # The command without the cost of Argon2id, for mutations; or none, and they meet the real one.
    quick_binary: str | None = None

    def warm(self) -> None:
        for code in self.codes:
            code.password

    def place(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix="case-", dir=self.directory))


class Trial(Generic[AnyPeer]):
    """What a script has in its hands."""

    def __init__(self, peer: AnyPeer, places: Places) -> None:
        self.peer, self.places = peer, places
        # What has to be there after a success.
        self.needed: set[bytes] = set()
        self.faults: list[str] = []
        self.command: Command

    def true(self, *entries: Any) -> None:
        """These are files as the peer has them: with that content they may be in place, and after a 0 they must."""
        for entry in entries:
            self.peer.is_true(entry)
            self.needed.add(entry.path)

    def expect(self, holds: object, what: str) -> None:
        if not holds:
            self.faults.append(what)


Script = Callable[[Any], Awaitable[None]]


@dataclass
class Case:
    name: str
    # Of the process that is tried: "receive" or "send".
    command: str
    script: Script
    statuses: frozenset[int]
    arguments: list[str] = field(default_factory=list)
    prepare: Callable[[Places], None] | None = None
    # Straight to the process, without a relay between.
    direct: bool = False
    # For most of its time it waits for a time limit: it runs beside the others.
    slow: bool = False
    may_replace: bool = False
    # What may be said about it apart from statuses.
    check: Callable[[Trial[Any], Outcome], None] | None = None
    memory: int = MEMORY
    seconds: float = 100
    # What the peer does to everything that it sends.
    tamper: Any = None
    wants_receipt: bool = False
    has_out: bool = True
    # Whether its output is a terminal.
    terminal: bool = False
    is_mutation: bool = False
    # How it ended, for --verbose.
    outcome: str = ""

    @property
    def title(self) -> str:
        return f"{self.command}: {self.name}"

    def command_line(self, binary: str, port: int, places: Places) -> list[str]:
        relay = f"ws://127.0.0.1:{port}"
        arguments = self.arguments
        if self.wants_receipt:
            arguments = [*arguments, "--receipt", str(places.root / "log-receipt")]
        if self.command == "receive":
            out = ["--out", str(places.out)] if self.has_out else []
            return [binary, "receive", "--relay", relay, *out, *arguments]
        return [binary, "send", "--relay", relay, *arguments, str(places.source) + "/."]

    async def run(self, surroundings: Surroundings) -> list[str]:
        """What is wrong; nothing when all is well."""
        places = Places(surroundings.place(self.name))
        code = kept = surroundings.codes.popleft()
        binary = surroundings.binary
        if self.is_mutation and surroundings.quick_binary:
            code, binary = QuickCode(kept.text), surroundings.quick_binary
        server: _Direct | None = None
        try:
            if self.command == "send":
                (places.source / "a").write_bytes(b"hello")
                (places.source / "d").mkdir()
                (places.source / "d" / "big").write_bytes(bytes(range(256)) * 1024)
                (places.source / "l").symlink_to("a")
            if self.prepare:
                self.prepare(places)
            places.remember()
            port = surroundings.relay_port
            if self.direct:
                server = _Direct()
                port = await server.start()
            peer: Peer = (SenderPeer if self.command == "receive" else ReceiverPeer)(port, code, self.tamper)
            trial: Trial[Any] = Trial(peer, places)
            trial.command = Command(
                self.command_line(binary, port, places),
                {"P2P_COPY_CODE": code.text},
                places.root / "log",
                self.terminal,
            )
            if server:
                peer.socket = await server.accepted()
                await peer.socket.receive(60)
            return await self._observe(trial)
        finally:
            surroundings.codes.append(kept)
            if server:
                server.stop()
            shutil.rmtree(places.root, ignore_errors=True)

    async def _observe(self, trial: Trial[Any]) -> list[str]:
        try:
            await asyncio.wait_for(self.script(trial), 200 if self.slow else 90)
        except (Gone, Refused, ConnectionError):
            # It is what most of them end with. The status says whether it was right.
            pass
        except Exception:
            trial.faults.append(f"the script failed:\n{traceback.format_exc()}")
            if hasattr(trial.peer, "socket"):
                trial.peer.socket.dispose()
        outcome = await trial.command.finished(200 if self.slow else self.seconds)
        self.outcome = f"{outcome.status}, {outcome.memory >> 20} MiB"
        if hasattr(trial.peer, "socket"):
            trial.peer.socket.dispose()
        faults = trial.faults + outcome.faults(self.statuses, self.memory)
        faults += trial.places.faults(trial.peer.truth, self.may_replace, by_name=not self.is_mutation)
        if outcome.status == 0 and self.command == "receive":
            for path in trial.needed:
                if not os.path.isfile(os.path.join(os.fsencode(trial.places.out), path)):
                    faults.append(f"ended with 0 and {path!r} is not there")
        if self.check:
            self.check(trial, outcome)
            faults += [fault for fault in trial.faults if fault not in faults]
        if faults:
            faults.append("it printed: " + outcome.output.decode("utf-8", "replace").strip()[-600:])
        return faults


class _Direct:
    """A relay that consists of the peer itself."""

    def __init__(self) -> None:
        self._sockets: asyncio.Queue[WebSocket] = asyncio.Queue()
        self._server: asyncio.Server

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 22)
        return int(self._server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sockets.put_nowait(await WebSocket.accept(reader, writer))

    async def accepted(self) -> WebSocket:
        return await asyncio.wait_for(self._sockets.get(), 60)

    def stop(self) -> None:
        self._server.close()


class Registry:
    """All cases, in the order in which they were written down."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def add(self, command: str, name: str, statuses: Iterable[int] | int, script: Script, **more: Any) -> None:
        expected = frozenset({statuses} if isinstance(statuses, int) else statuses)
        self.cases.append(Case(name, command, script, expected, **more))

    def case(self, command: str, name: str, statuses: Iterable[int] | int, **more: Any) -> Callable[[Script], Script]:
        """A decorator for a script."""

        def added(script: Script) -> Script:
            self.add(command, name, statuses, script, **more)
            return script

        return added
