"""A folder with the real binary, a relay when one is needed, and processes that are gone in the end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CODE = "482137-lusab-babad"


class Skipped(Exception):
    """A check that cannot be made here, and why."""


@dataclass
class Result:
    status: int
    output: str
    errors: str

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.output.splitlines()]

    def named(self, event: str) -> list[dict[str, object]]:
        return [line for line in self.events if line["event"] == event]

    def __str__(self) -> str:
        return f"status {self.status}\n{self.output[-3000:]}\n{self.errors[-3000:]}"


class Running:
    """A process that was started."""

    def __init__(self, process: subprocess.Popen[str]):
        self.process = process

    def result(self, timeout: float = 60) -> Result:
        try:
            output, errors = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            # With everything it has started, which holds its output open.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            output, errors = self.process.communicate()
            raise AssertionError(f"still running after {timeout} s\n{output[-2000:]}\n{errors[-2000:]}") from None
        return Result(self.process.returncode, output, errors)


class Workspace:
    def __init__(self, path: Path, binary: str, root: Path):
        self.path = path
        self.binary = str(Path(binary).resolve())
        self.root = root
        self.processes: list[subprocess.Popen[str]] = []
        names = ("P2P_COPY_", "SSL_", "http", "HTTP", "all_", "ALL_", "no_", "NO_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        self.environment |= {
            "LC_ALL": "C.UTF-8",
            "HOME": str(path),
            "P2P_COPY_CONFIG": "/dev/null",
            "P2P_COPY_RETRY_FOR": "0",
            "PATH": f"{Path(self.binary).parent}:{os.environ['PATH']}",
        }
        self.environment.pop("XDG_CONFIG_HOME", None)
        self.relay_url = ""

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()

    # Files

    def file(self, name: str | bytes, content: bytes) -> Path:
        path = Path(os.fsdecode(os.path.join(os.fsencode(self.path), os.fsencode(name))))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def tree(self, name: str = "src", large: int = 3_000_000) -> Path:
        """A few small files and a large one."""
        for index in range(5):
            self.file(f"{name}/small {index}", b"x" * index)
        self.file(f"{name}/sub/large", os.urandom(large))
        return self.path / name

    @staticmethod
    def content(root: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and path.name != ".p2p-copy-journal"
        }

    # Processes

    def start_program(self, words: Sequence[str], **environment: str) -> Running:
        process = subprocess.Popen(
            list(words),
            cwd=self.path,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return Running(process)

    def start(self, *arguments: str, **environment: str) -> Running:
        return self.start_program([self.binary, *arguments], **environment)

    def run(self, *arguments: str, **environment: str) -> Result:
        return self.start(*arguments, **environment).result()

    def relay(self, *arguments: str) -> str:
        """Starts a relay and gives its URL."""
        running = self.start("run-relay-server", "127.0.0.1", "0", "--no-tls", "--json", *arguments)
        assert running.process.stdout
        for line in running.process.stdout:
            event = json.loads(line)
            if event["event"] == "listening":
                self.relay_url = event["address"]
                return self.relay_url
        raise AssertionError(f"no relay: {running.result()}")

    def transfer(
        self, send: Sequence[str] = (), receive: Sequence[str] = (), *, paths: Sequence[str] = ("src",), **environment: str
    ) -> tuple[Result, Result]:
        """Sends through the relay, and receives; the environment is the sender's."""
        relay = ["--relay", self.relay_url or self.relay()]
        receiver = self.start("receive", *relay, "--wait", "30", *receive, P2P_COPY_CODE=CODE)
        sender = self.start("send", *relay, "--wait", "30", *send, *paths, P2P_COPY_CODE=CODE, **environment)
        return sender.result(), receiver.result()


def expect(condition: object, what: object) -> None:
    if not condition:
        raise AssertionError(str(what))


def need(*programs: str) -> None:
    """The programs are there. In CI the project's own setup has installed them: none is skipped."""
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise AssertionError(f"{program} is missing: scripts/setup.sh test installs it")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port: int, patience: float = 15) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")
