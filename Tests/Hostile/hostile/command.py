"""Real p2p-copy processes: started, awaited, and how they ended."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

OK, USAGE, RELAY_REFUSED, PEER_LEFT, VIOLATION, WRONG_CODE, MISMATCH = 0, 2, 4, 6, 7, 8, 9
UNREADABLE, UNWRITABLE, UNSAFE, EXISTS, INCOMPLETE, NO_CODEC, CORRUPT, PEER_FAILED = 10, 11, 12, 13, 14, 15, 16, 17
METADATA_REFUSED = 20

# Everything that docs/usage.md lists, but 1, which is a fault in the program, and what only a signal brings about.
DOCUMENTED = frozenset(
    {0}
    | {
        int(status)
        for status in re.findall(
            r"^\| (\d+) \| `", (Path(__file__).parents[3] / "docs" / "usage.md").read_text(), re.MULTILINE
        )
    }
) - {1, 22, 130}


@dataclass(frozen=True)
class Outcome:
    # Negative: the signal that killed it. None: it did not end.
    status: int | None
    # Bytes, at the peak.
    memory: int
    output: bytes
    is_terminal: bool = False

    def faults(self, statuses: frozenset[int], memory: int) -> list[str]:
        """What no peer may ever bring about, and what this one was not to bring about."""
        faults = []
        if self.status is None:
            faults.append("did not end by itself")
        elif self.status < 0:
            faults.append(f"was killed by {signal.Signals(-self.status).name}")
        elif self.status not in statuses:
            faults.append(f"ended with {self.status}, not {' or '.join(map(str, sorted(statuses)))}")
        # Linux counts the peak of the process that started it as the new one's own.
        allowed = max(memory, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        if self.memory > allowed:
            faults.append(f"used {self.memory >> 20} MiB of memory, more than {allowed >> 20}")
        if not self.is_terminal and any(byte < 32 and byte not in b"\n\t" or byte == 127 for byte in self.output):
            faults.append("printed control characters")
        return faults


class Command:
    # What has to be killed when the run is broken off.
    running: set[subprocess.Popen[bytes]] = set()

    def __init__(
        self, arguments: Sequence[str | bytes], environment: dict[str, str], output: Path, terminal: bool = False
    ) -> None:
        self._output, self._terminal = output, -1
        output.touch()
        if terminal:
            self._terminal, written = os.openpty()
            asyncio.get_running_loop().add_reader(self._terminal, self._copy_terminal)
        else:
            written = os.open(output, os.O_WRONLY)
        self._process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "P2P_COPY_RETRY_FOR": "0", **environment},
        )
        os.close(written)
        Command.running.add(self._process)
        self._descriptor = os.pidfd_open(self._process.pid)
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._descriptor, self._end)
        self._status: int | None = None
        self._memory = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        _, status, usage = os.wait4(self._process.pid, 0)
        self._status = self._process.returncode = os.waitstatus_to_exitcode(status)
        Command.running.discard(self._process)
        self._memory = usage.ru_maxrss * 1024
        self._ended.set_result(None)

    def _copy_terminal(self) -> None:
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            data = b""
        if data:
            with open(self._output, "ab") as file:
                file.write(data)
        else:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)

    @property
    def printed(self) -> bytes:
        return self._output.read_bytes()

    @property
    def has_ended(self) -> bool:
        return self._ended.done()

    async def finished(self, seconds: float) -> Outcome:
        """How it ended; one that has not after so long is killed."""
        done, _ = await asyncio.wait([self._ended], timeout=seconds)
        if not done:
            self._process.kill()
            await self._ended
            return Outcome(None, self._memory, self.printed, self._terminal >= 0)
        return Outcome(self._status, self._memory, self.printed, self._terminal >= 0)

    def terminate(self) -> None:
        if not self.has_ended:
            self._process.terminate()


class Relay:
    """The real relay, on a port of the system's choice."""

    def __init__(self, binary: str, directory: Path) -> None:
        self._command = Command(
            [binary, "run-relay-server", "127.0.0.1", "0", "--no-tls", "--drain", "0"], {}, directory / "relay.log"
        )
        self.port = 0

    async def start(self) -> None:
        for _ in range(400):
            words = self._command.printed.partition(b"Relay listening on ")[2].split()
            if words and b"\n" in self._command.printed:
                self.port = int(words[0].rstrip(b"/").rpartition(b":")[2])
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"the relay did not start: {self._command.printed!r}")

    async def stop(self) -> list[str]:
        """What is wrong about how it ended: it must have lived until now."""
        if self._command.has_ended:
            return ["the relay ended in the middle"]
        self._command.terminate()
        return [f"the relay {fault}" for fault in (await self._command.finished(60)).faults(frozenset({0}), 512 << 20)]
