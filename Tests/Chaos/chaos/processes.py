"""The processes of one run: peers that are started again by the same command, and relays on their ports."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

# All that are there, to be killed when everything is broken off.
running: set[subprocess.Popen[bytes]] = set()

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "LC_ALL": "C.UTF-8",
    "P2P_COPY_CODE": "4821-lusab-babad",
}


class Process:
    """A command, started as often as it is killed."""

    def __init__(self, name: str, arguments: list[str | bytes], directory: Path) -> None:
        self.name, self._arguments, self._directory = name, arguments, directory
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.ended_at: float | None = None

    def start(self) -> None:
        self._count += 1
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT
            )
        running.add(self._process)
        self.ended_at = None

    @property
    def log(self) -> Path:
        return self._directory / f"{self.name}-{self._count}.log"

    @property
    def status(self) -> int | None:
        """How it ended; `None` while it runs."""
        if self._process is None:
            return None
        status = self._process.poll()
        if status is not None and self.ended_at is None:
            self.ended_at = time.monotonic()
            running.discard(self._process)
        return status

    @property
    def runs(self) -> bool:
        return self._process is not None and self.status is None

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.runs:
            self._process.send_signal(number)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended(20)

    async def ended(self, seconds: float) -> int | None:
        """Waits for its end; returns how it ended, `None` when it did not."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return self.status

    @property
    def last_line(self) -> str:
        lines = self.log.read_bytes().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class Relay(Process):
    def __init__(
        self, name: str, binary: str, directory: Path, wrapper: list[str] = [], address: str = "127.0.0.1"
    ) -> None:
        super().__init__(name, [], directory)
        self._command, self.port = [*wrapper, binary, "run-relay-server", address], 0

    async def listen(self) -> None:
        """Starts it: at first on a port of the system's choice, then on the same."""
        self._arguments = [*self._command, str(self.port), "--no-tls", "--drain", "0"]
        self.start()
        for _ in range(400):
            printed = self.log.read_bytes()
            words = printed.partition(b"Relay listening on ")[2].split()
            if words and printed.endswith(b"\n"):
                self.port = int(words[0].rstrip(b"/").rpartition(b":")[2])
                return
            if self.status is not None:
                break
            await asyncio.sleep(0.05)
        raise RuntimeError(f"the relay did not start: {self.log.read_bytes()!r}")


def kill_all() -> None:
    for process in list(running):
        process.kill()
        process.wait()
