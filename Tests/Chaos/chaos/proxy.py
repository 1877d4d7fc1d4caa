"""A TCP proxy that does to its connections what networks do, as a list of faults says."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, field

PIECE = 64 << 10
# What may be on its way through a proxy, in one direction.
WINDOW = 2 << 20
# After so many bytes over a new connection a transfer goes on again.
PROGRESS = 32 << 10


@dataclass
class Fault:
    # "reset", "end", "half" or "stall".
    kind: str
    # Whether it concerns what comes from the peer.
    is_outbound: bool
    # Behind so many bytes of a connection.
    position: int
    seconds: float = 0


@dataclass
class Weather:
    """How the way between a peer and its relay is."""

    faults: deque[Fault]
    # In seconds and bytes a second, for each direction: from the peer, to the peer.
    delays: tuple[float, float]
    rates: tuple[float, float]

    @staticmethod
    def calm() -> Weather:
        return Weather(deque(), (0, 0), (1e12, 1e12))

    @staticmethod
    def random(randomness: random.Random, carries_outbound: bool, total: int) -> Weather:
        """Weather for a proxy: `carries_outbound` where what the peer sends is the content."""
        faults: deque[Fault] = deque()
        for _ in range(randomness.choice([0, 1, 1, 2, 2, 3])):
            is_outbound = randomness.random() < (0.75 if carries_outbound else 0.25)
            if randomness.random() < 0.15:
                # Anywhere before the content: the upgrade, the handshake, what is negotiated.
                position = randomness.randint(1, 6_000)
            elif is_outbound == carries_outbound:
                position = randomness.randint(6_000, total)
            else:
                position = randomness.randint(2_000, 12_000)
            kind = randomness.choice(["reset", "reset", "end", "end", "half", "stall"])
            faults.append(Fault(kind, is_outbound, position, randomness.uniform(0.3, 2.5)))
        return Weather(
            faults,
            delays=(
                randomness.choice([0, randomness.uniform(0, 0.06)]),
                randomness.choice([0, randomness.uniform(0, 0.06)]),
            ),
            rates=(randomness.uniform(12e6, 60e6), randomness.uniform(12e6, 60e6)),
        )


@dataclass
class Figures:
    """What the proxies of one run have seen."""

    # From the sender to its relays.
    sent: int = 0
    cuts: int = 0
    stalls: int = 0
    kills: int = 0
    recoveries: list[float] = field(default_factory=list)
    # When something was done for which nothing has made up yet.
    broken_since: float | None = None

    def breaks(self) -> None:
        if self.broken_since is None:
            self.broken_since = time.monotonic()

    def progresses(self, begun: float) -> None:
        """A connection that began then carries content to the receiver."""
        if self.broken_since is not None and begun > self.broken_since:
            self.recoveries.append(time.monotonic() - self.broken_since)
            self.broken_since = None


class Proxy:
    """Listens on a port of its own and connects to a relay for each connection that comes."""

    def __init__(self, relay_port: int, weather: Weather, figures: Figures, role: str) -> None:
        self.relay_port, self.weather, self.figures, self.role = relay_port, weather, figures, role
        self.port = 0
        self._links: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=PIECE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for link in list(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            await self._link(reader, writer)
        except asyncio.CancelledError:
            # Only the end of the proxy does that, and nobody waits for this task but it.
            pass
        finally:
            self._links.discard(task)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            relay_reader, relay_writer = await asyncio.open_connection("127.0.0.1", self.relay_port, limit=PIECE)
        except OSError:
            reset(writer)
            return
        fault = self.weather.faults.popleft() if self.weather.faults else None
        begun = time.monotonic()
        outbound = Direction(reader, relay_writer, self, begun, fault, is_outbound=True)
        inbound = Direction(relay_reader, writer, self, begun, fault, is_outbound=False)
        pumps = {asyncio.create_task(one.run()) for one in (outbound, inbound)}
        how = "end"
        try:
            done, pending = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            how = next(iter(done)).result()
            if how == "end" and pending:
                # What is still on its way in the other direction may arrive.
                await asyncio.wait(pending, timeout=1)
        except asyncio.CancelledError:
            how = "reset"
            raise
        finally:
            for task in pumps:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for side in (writer, relay_writer):
                if how == "reset":
                    reset(side)
                else:
                    side.close()


class Direction:
    """What flows one way over one connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        proxy: Proxy,
        begun: float,
        fault: Fault | None,
        is_outbound: bool,
    ) -> None:
        self._reader, self._writer, self._proxy, self._begun = reader, writer, proxy, begun
        self._fault = fault if fault and fault.is_outbound == is_outbound else None
        side = 0 if is_outbound else 1
        self._delay, self._rate = proxy.weather.delays[side], proxy.weather.rates[side]
        self._counts = proxy.role == "sender" and is_outbound
        self._arrives = proxy.role == "receiver" and not is_outbound
        self._count = 0

    async def run(self) -> str:
        """Passes everything on; returns how it ended: "end", "cut" or "reset"."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WINDOW // PIECE)
        reading = asyncio.create_task(self._read(queue))
        try:
            return await self._write(queue)
        except (ConnectionError, OSError):
            return "reset"
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
        while True:
            try:
                data = await self._reader.read(PIECE)
            except OSError:
                data = b""
            await queue.put((time.monotonic() + self._delay, data))
            if not data:
                return

    async def _write(self, queue: asyncio.Queue[tuple[float, bytes]]) -> str:
        figures = self._proxy.figures
        allowed = time.monotonic()
        while True:
            due, data = await queue.get()
            wait = max(due, allowed) - time.monotonic()
            if wait > 0.001:
                await asyncio.sleep(wait)
            if not data:
                return "end"
            fault = self._fault
            if fault and self._count + len(data) >= fault.position:
                self._fault = None
                first = data[: fault.position - self._count]
                data = data[len(first) :]
                await self._pass(first)
                if fault.kind == "stall":
                    figures.stalls += 1
                    await asyncio.sleep(fault.seconds)
                else:
                    figures.cuts += 1
                    if self._count > PROGRESS:
                        figures.breaks()
                    if fault.kind == "reset":
                        return "reset"
                    if fault.kind == "end":
                        return "cut"
                    self._writer.write_eof()
                    # Whoever sends is not held up, and does not notice.
                    while data:
                        _, data = await queue.get()
                    return "end"
            await self._pass(data)
            allowed = max(allowed, time.monotonic() - 0.05) + len(data) / self._rate

    async def _pass(self, data: bytes) -> None:
        figures = self._proxy.figures
        self._writer.write(data)
        await self._writer.drain()
        self._count += len(data)
        if self._counts:
            figures.sent += len(data)
        if self._arrives and self._count > PROGRESS:
            figures.progresses(self._begun)


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection as a machine does that knows nothing of it."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()
