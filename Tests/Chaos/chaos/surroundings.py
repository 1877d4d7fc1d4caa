"""Disks that fill or become read-only, and networks whose interfaces go down: what only root can make."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import time
from pathlib import Path

from . import tree
from .processes import Process, Relay

LIMIT = 120.0
UNWRITABLE, PEER_FAILED, METADATA_REFUSED = 11, 17, 20


def command(*words: str) -> str:
    """Runs a command; returns what it complains of, nothing when it succeeds."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        return f"{words[0]} cannot be run: {error.strerror}"
    return "" if done.returncode == 0 else done.stderr.strip() or f"{words[0]} ended with {done.returncode}"


class Case:
    """A transfer in surroundings of its own; by its seed, and with nothing else that happens to it."""

    kind = ""

    def __init__(self, seed: int, binary: str, directory: Path) -> None:
        self.seed, self.binary, self.directory = seed, binary, directory
        self._random = random.Random(f"{self.kind} {seed}")
        self._source, self._out = directory / "source" / "tree", directory / "out"
        self._processes: list[Process] = []
        self.faults: list[str] = []
        self.content = 0
        self.what = ""

    async def run(self) -> None:
        raise NotImplementedError

    def _prepare(self, large: tuple[int, int]) -> None:
        self._source.parent.mkdir()
        self._out.mkdir()
        self.content = tree.make(os.fsencode(self._source), self._random, large, (50, 400))

    async def _relay(self) -> Relay:
        relay = Relay("relay", self.binary, self.directory)
        self._processes.append(relay)
        await relay.listen()
        return relay

    def _start(
        self, urls: tuple[str, str], wrappers: tuple[list[str], list[str]] = ([], []), suffix: str = ""
    ) -> list[Process]:
        """Starts sender and receiver; returns them in that order."""
        sending = [*wrappers[0], self.binary, "send", str(self._source), "--relay", urls[0]]
        receiving = [*wrappers[1], self.binary, "receive", "--out", str(self._out), "--relay", urls[1]]
        more = ["--retry-for", "60s", "--wait", "40"]
        peers = [
            Process(f"sender{suffix}", [*sending, *more], self.directory),
            Process(f"receiver{suffix}", [*receiving, *more, "--on-conflict", "overwrite"], self.directory),
        ]
        self._processes += peers
        for peer in reversed(peers):
            peer.start()
        return peers

    async def _ends(self, peers: list[Process], wanted: set[tuple[int, int]], why: str) -> None:
        """Waits for sender and receiver, and for such a pair of statuses."""
        ended = [await peer.ended(LIMIT) for peer in peers]
        if tuple(ended) not in wanted:
            said = "; ".join(f"the {peer.name} ended with {peer.status}: {peer.last_line}" for peer in peers)
            self.faults.append(f"{why} {said}")

    def _compare(self) -> None:
        if not self.faults:
            self.faults += tree.differences(os.fsencode(self._source), os.fsencode(self._out / "tree"), True)

    async def _end(self) -> None:
        for process in self._processes:
            await process.kill()

    def _received(self) -> int:
        """How many bytes of files are below the output directory."""
        total = 0
        for directory, _, files in os.walk(self._out):
            for name in files:
                try:
                    total += os.lstat(os.path.join(directory, name)).st_size
                except OSError:
                    pass
        return total

    @property
    def line(self) -> str:
        return f"{self.kind} {self.seed}: {'FAILED' if self.faults else 'ok'}, {self.content >> 20} MiB: {self.what}"


class Disk(Case):
    """An output directory on a small file system of its own."""

    def __init__(self, seed: int, binary: str, directory: Path) -> None:
        super().__init__(seed, binary, directory)
        self._mounted = False

    def _mount(self, size: int) -> None:
        complaint = command("mount", "-t", "tmpfs", "-o", f"size={size >> 10}k", "tmpfs", str(self._out))
        if complaint:
            raise RuntimeError(complaint)
        self._mounted = True

    def _remount(self, options: str) -> str:
        return command("mount", "-o", f"remount,{options}", str(self._out))

    async def _end(self) -> None:
        await super()._end()
        if self._mounted:
            complaint = command("umount", "--lazy", str(self._out))
            if complaint:
                self.faults.append(complaint)

    async def _again(self, url: str) -> None:
        self.faults += tree.dishonesty(os.fsencode(self._source), os.fsencode(self._out / "tree"))
        await self._ends(self._start((url, url), suffix="-again"), {(0, 0)}, "run again,")
        self._compare()


class FullDisk(Disk):
    """One that is full before everything is there, and is made larger."""

    kind = "full disk"

    async def run(self) -> None:
        self._prepare((5, 30))
        try:
            size = max(64 << 10, int(self.content * self._random.uniform(0.02, 0.95)))
            self.what = f"room for {size >> 20} MiB"
            self._mount(size)
            url = f"ws://127.0.0.1:{(await self._relay()).port}"
            await self._ends(self._start((url, url)), {(PEER_FAILED, UNWRITABLE)}, "with a full disk")
            complaint = self._remount(f"size={(self.content >> 10) * 2 + (64 << 10)}k")
            if complaint:
                raise RuntimeError(complaint)
            await self._again(url)
        finally:
            await self._end()


class ReadOnlyDisk(Disk):
    """One that becomes read-only on the way, and writable again."""

    kind = "read-only disk"

    async def run(self) -> None:
        self._prepare((5, 30))
        try:
            self._mount(self.content * 2 + (64 << 20))
            url = f"ws://127.0.0.1:{(await self._relay()).port}"
            peers = self._start((url, url))
            position = int(self.content * self._random.uniform(0, 0.7))
            # The system refuses it while a file is open for writing: between two files it is possible.
            while peers[1].runs and (self._received() < position or self._remount("ro")):
                await asyncio.sleep(0)
            if await peers[1].ended(LIMIT) == 0:
                self.what = "it was done before"
                await self._ends(peers, {(0, 0)}, "with a disk that became read-only after the end")
            else:
                self.what = f"at {self._received() >> 20} MiB"
                # Only modes and times may be missing, when it was late.
                wanted = {(PEER_FAILED, UNWRITABLE), (METADATA_REFUSED, METADATA_REFUSED)}
                await self._ends(peers, wanted, "with a read-only disk")
            complaint = self._remount("rw")
            if complaint:
                raise RuntimeError(complaint)
            await self._again(url)
        finally:
            await self._end()


class Network(Case):
    """Sender, relay and receiver in network namespaces of their own, whose interfaces go down and up again."""

    kind = "network"

    async def run(self) -> None:
        self._prepare((100, 250))
        name = f"chaos{os.getpid()}"
        ends = [f"{name}s", f"{name}r"]
        middle = f"{name}m"
        try:
            self._build(middle, ends)
            relay = Relay("relay", self.binary, self.directory, ["ip", "netns", "exec", middle], "0.0.0.0")
            self._processes.append(relay)
            await relay.listen()
            urls = (f"ws://10.77.0.1:{relay.port}", f"ws://10.77.1.1:{relay.port}")
            peers = self._start(urls, (["ip", "netns", "exec", ends[0]], ["ip", "netns", "exec", ends[1]]))
            for _ in range(self._random.choice([1, 1, 2])):
                which = self._random.choice([[0], [1], [0, 1]])
                position = self._received() + int(self.content * self._random.uniform(0.02, 0.4))
                while all(peer.runs for peer in peers) and self._received() < position:
                    await asyncio.sleep(0.01)
                seconds = self._random.uniform(3, 10)
                for number in which:
                    self._must("ip", "-n", ends[number], "link", "set", "up0", "down")
                names = " and ".join(("sender", "receiver")[number] for number in which)
                self.what += f"{', ' if self.what else ''}{names} {seconds:.1f} s"
                await asyncio.sleep(seconds)
                for number in which:
                    self._must("ip", "-n", ends[number], "link", "set", "up0", "up")
            begun = time.monotonic()
            await self._ends(peers, {(0, 0)}, "after interfaces were down")
            self.what += f"; done {time.monotonic() - begun:.1f} s after the last"
            self._compare()
        finally:
            await self._end()
            for namespace in [middle, *ends]:
                command("ip", "netns", "del", namespace)

    def _build(self, middle: str, ends: list[str]) -> None:
        for namespace in [middle, *ends]:
            self._must("ip", "netns", "add", namespace)
            self._must("ip", "-n", namespace, "link", "set", "lo", "up")
        for number, namespace in enumerate(ends):
            inner = f"down{number}"
            self._must(
                "ip", "-n", middle, "link", "add", inner, "type", "veth", "peer", "name", "up0", "netns", namespace
            )
            self._must("ip", "-n", middle, "address", "add", f"10.77.{number}.1/24", "dev", inner)
            self._must("ip", "-n", namespace, "address", "add", f"10.77.{number}.2/24", "dev", "up0")
            self._must("ip", "-n", middle, "link", "set", inner, "up")
            self._must("ip", "-n", namespace, "link", "set", "up0", "up")

    @staticmethod
    def _must(*words: str) -> None:
        complaint = command(*words)
        if complaint:
            raise RuntimeError(f"{' '.join(words)}: {complaint}")


def missing(kind: type[Case], directory: Path) -> str:
    """Why cases of a kind cannot be run here; nothing when they can."""
    if os.geteuid() != 0:
        return "that needs root"
    if issubclass(kind, Disk):
        place = directory / "probe"
        place.mkdir()
        try:
            return command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)) or command(
                "umount", str(place)
            )
        finally:
            place.rmdir()
    name = f"chaos{os.getpid()}p"
    return command("ip", "netns", "add", name) or command("ip", "netns", "del", name)
