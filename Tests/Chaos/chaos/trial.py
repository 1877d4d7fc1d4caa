"""One run: what its seed says happens to a transfer, and everything that has to hold afterwards."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from . import tree
from .processes import Process, Relay
from .proxy import Figures, Proxy, Weather

# What may become of a process to which only such things happen: docs/usage.md. A connection that breaks off in a
# handshake may have been somebody's guess (8; 130 when it was stopped just then).
HONEST = frozenset({0, 3, 4, 5, 6, 8, 17, 22, 130})
# The limit for everything that a run does until its faults are over.
LIMIT = 120.0
# How long a peer may go on when the other one has ended for good.
FAREWELL = 8.0
# What SIGTERM leaves to a process, and some more for a machine that has other things to do.
STOPPING = 2.0 + 3.0


@dataclass
class Event:
    # "kill", "stop" (SIGTERM), "freeze" (SIGSTOP for a while).
    kind: str
    # "sender", "receiver", "both", "relay".
    victim: str
    # When so many bytes have gone from the sender.
    position: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.kind} {self.victim}"


class Trial:
    """A run by its seed."""

    def __init__(self, seed: int, binary: str, directory: Path, large: tuple[int, int]) -> None:
        self.seed, self.binary, self.directory = seed, binary, directory
        self._large = large
        self._random = random.Random(f"chaos {seed}")
        # Apart, so that what else happens by a seed stays as it was.
        self._connections = random.Random(f"connections {seed}").choice(["1", "auto", "2", "4", "8"])
        self._source, self._out = directory / "source" / "tree", directory / "out"
        self.figures = Figures()
        self.faults: list[str] = []
        self.content = 0
        self.ended: tuple[int | None, int | None] = (None, None)
        self.events: list[str] = []
        self.seconds = 0.0

    async def run(self) -> None:
        begun = time.monotonic()
        self._source.parent.mkdir()
        self._out.mkdir()
        # Not at the same time as what belongs to the other run: that is in the same process.
        self.content = await asyncio.to_thread(
            tree.make, os.fsencode(self._source), self._random, self._large, (50, 400)
        )
        relays = [Relay(f"relay{n}", self.binary, self.directory) for n in range(self._random.choice([1, 1, 1, 2]))]
        proxies: dict[str, list[Proxy]] = {"sender": [], "receiver": []}
        processes: list[Process] = [*relays]
        try:
            for relay in relays:
                await relay.listen()
            for role, some in proxies.items():
                for relay in relays:
                    weather = Weather.random(self._random, role == "sender", self.content)
                    some.append(Proxy(relay.port, weather, self.figures, role))
                    await some[-1].start()
            policy = self._random.choice(["fail", "overwrite"])
            ports = {role: [proxy.port for proxy in some] for role, some in proxies.items()}
            peers = self._peers(ports, policy, "")
            processes += peers.values()
            self.ended = await self._transfer(peers, relays, self._plan())
            sent = self.figures.sent
            if not self.faults and self.ended != (0, 0):
                await self._go_on(relays, processes)
            self.figures.sent = sent
            # A process that meets its own directories again leaves them as they are, unless it is to overwrite.
            whole = policy == "overwrite" or not self.figures.kills and self.ended == (0, 0)
            if not self.faults:
                self.faults += await asyncio.to_thread(
                    tree.differences, os.fsencode(self._source), os.fsencode(self._out / "tree"), whole
                )
        finally:
            for process in processes:
                await process.kill()
            for some in proxies.values():
                for proxy in some:
                    await proxy.stop()
        self.seconds = time.monotonic() - begun

    def _peers(self, ports: dict[str, list[int]], policy: str, suffix: str) -> dict[str, Process]:
        common: dict[str, list[str | bytes]] = {}
        for role, some in ports.items():
            common[role] = ["--retry-for", "60s", "--wait", "40", "--connections", self._connections]
            for port in some:
                common[role] += ["--relay", f"ws://127.0.0.1:{port}"]
        return {
            "receiver": Process(
                f"receiver{suffix}",
                [self.binary, "receive", "--out", str(self._out), "--on-conflict", policy, *common["receiver"]],
                self.directory,
            ),
            "sender": Process(
                f"sender{suffix}", [self.binary, "send", str(self._source), *common["sender"]], self.directory
            ),
        }

    def _plan(self) -> list[Event]:
        events = []
        for _ in range(self._random.choice([0, 1, 1, 2])):
            kind, victim = self._random.choice(
                [("kill", "sender"), ("kill", "receiver"), ("kill", "relay"), ("kill", "both"), ("stop", "sender")]
                + [("stop", "receiver"), ("freeze", "sender"), ("freeze", "receiver"), ("freeze", "relay")]
            )
            position = int(self.content * self._random.uniform(0, 0.95))
            events.append(Event(kind, victim, position, self._random.uniform(0.2, 2.5)))
        return sorted(events, key=lambda event: event.position)

    async def _transfer(
        self, peers: dict[str, Process], relays: list[Relay], plan: list[Event]
    ) -> tuple[int | None, int | None]:
        """Runs both peers, does what is planned, and waits for their ends."""
        for peer in peers.values():
            peer.start()
        sender, receiver = peers["sender"], peers["receiver"]
        end = time.monotonic() + LIMIT
        while sender.runs or receiver.runs:
            await asyncio.sleep(0.02)
            if plan and self.figures.sent >= plan[0].position:
                await self._happen(plan.pop(0), peers, relays)
            for one, other in ((sender, receiver), (receiver, sender)):
                if one.ended_at is None or not other.runs or time.monotonic() < one.ended_at + FAREWELL:
                    continue
                # It waits for somebody who will not come again.
                await self._stop(other)
            if time.monotonic() > end:
                self.faults += [f"the {name} did not end" for name, peer in peers.items() if peer.runs]
                break
        for name, peer in peers.items():
            if peer.status is not None and peer.status not in HONEST:
                self.faults.append(f"the {name} ended with {peer.status}: {peer.last_line}")
        if 0 in (sender.status, receiver.status) and not self.faults:
            # Whoever says 0 says that everything is in place.
            self.faults += await asyncio.to_thread(
                tree.differences, os.fsencode(self._source), os.fsencode(self._out / "tree"), False
            )
        if not self.faults:
            self.faults += await asyncio.to_thread(
                tree.dishonesty, os.fsencode(self._source), os.fsencode(self._out / "tree")
            )
        return sender.status, receiver.status

    async def _happen(self, event: Event, peers: dict[str, Process], relays: list[Relay]) -> None:
        victims = list(peers.values()) if event.victim == "both" else [peers.get(event.victim) or relays[0]]
        # Somebody who has ended for good is not run again.
        if not all(victim.runs for victim in victims):
            return
        self.events.append(str(event))
        if event.kind == "freeze":
            for victim in victims:
                victim.signal(signal.SIGSTOP)
            await asyncio.sleep(event.seconds)
            for victim in victims:
                victim.signal(signal.SIGCONT)
            return
        for victim in victims:
            self.figures.kills += 1
            if event.kind == "stop":
                await self._stop(victim)
            else:
                victim.signal(signal.SIGKILL)
                await victim.ended(20)
        self.figures.breaks()
        await asyncio.sleep(event.seconds / 2)
        for victim in victims:
            # One that was done at that moment stays so.
            if victim.status in HONEST - {22, 130}:
                continue
            if isinstance(victim, Relay):
                await victim.listen()
            else:
                victim.start()

    async def _stop(self, victim: Process) -> None:
        victim.signal(signal.SIGTERM)
        status = await victim.ended(STOPPING)
        if status is None:
            self.faults.append(f"the {victim.name} did not end within {STOPPING} s of SIGTERM")
            await victim.kill()
        elif status not in HONEST and status != -signal.SIGTERM:
            self.faults.append(f"the {victim.name} ended with {status} after SIGTERM: {victim.last_line}")

    async def _go_on(self, relays: list[Relay], processes: list[Process]) -> None:
        """Runs the two commands once more, and nothing happens to them."""
        for relay in relays:
            if not relay.runs:
                await relay.listen()
        ports = [relay.port for relay in relays]
        peers = self._peers({"sender": ports, "receiver": ports}, "overwrite", "-again")
        processes += peers.values()
        for peer in peers.values():
            peer.start()
        for name, peer in peers.items():
            status = await peer.ended(LIMIT / 2)
            if status != 0:
                self.faults.append(f"run again, the {name} ended with {status}: {peer.last_line}")

    @property
    def line(self) -> str:
        figures = self.figures
        done = "/".join("-" if status is None else str(status) for status in self.ended)
        what = ", ".join([f"{figures.cuts} cuts", f"{figures.stalls} stalls", *self.events])
        return (
            f"seed {self.seed}: {'FAILED' if self.faults else 'ok'}, {done}, {self.content >> 20} MiB,"
            f" {max(0, figures.sent - self.content) >> 10} KiB beyond, {self.seconds:.1f} s: {what}"
        )
