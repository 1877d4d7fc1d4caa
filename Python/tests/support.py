"""What the tests share."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
REPOSITORY = PROJECT.parent
SCHEMA = REPOSITORY / "docs" / "events.schema.json"

#: Longer than anything here takes, in seconds.
PATIENCE = 30.0


def fresh_code() -> str:
    """Return a code that no other test uses."""
    return f"{random.SystemRandom().randrange(10**6, 10**9)}-lusab-babad"


def make_tree(base: Path, layout: Mapping[str, bytes]) -> Path:
    """Make files with their directories."""
    for name, content in layout.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return base


def tree(base: Path) -> dict[str, bytes]:
    """Return the files below a directory, without what p2p-copy itself keeps there."""
    return {
        str(path.relative_to(base)): path.read_bytes()
        for path in sorted(base.rglob("*"))
        if path.is_file() and path.name != ".p2p-copy-journal"
    }


def random_bytes(count: int, seed: int = 1) -> bytes:
    """Return bytes that do not shrink."""
    return random.Random(seed).getrandbits(8 * count).to_bytes(count, "big") if count else b""


def repeated_bytes(count: int) -> bytes:
    """Return bytes that shrink."""
    return (b"AAAABBBBCCCCDDDDEEEE" * (count // 20 + 1))[:count]


def is_running(pid: int) -> bool:
    """Whether there is a process of a number, also one that has ended and was not waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def open_descriptors() -> set[str]:
    """Return what this process has open, but for what the system makes as it likes."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
        except OSError:
            continue
    return found


async def both(*work: Awaitable[Any]) -> list[Any]:
    """Wait for all, and raise what fails with the one that failed first; the others are cancelled and waited for."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return list(await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def outcomes(*work: Awaitable[Any]) -> list[Any]:
    """Wait for all, and return exceptions among the results."""
    return list(await asyncio.wait_for(asyncio.gather(*work, return_exceptions=True), PATIENCE))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        await asyncio.sleep(0.01)


def script(path: Path, text: str) -> Path:
    """Make a shell script."""
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return path


def python_environment() -> dict[str, str]:
    """Return an environment in which another Python finds the package."""
    return {**os.environ, "PYTHONPATH": str(PROJECT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}


def run_python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run this Python with the package."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=python_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        **options,
    )


def project_copy(directory: Path) -> Path:
    """Copy the project, without what tests and tools have left in it."""
    copy = directory / "project"
    shutil.copytree(
        PROJECT,
        copy,
        ignore=shutil.ignore_patterns("__pycache__", ".*", "bin", "dist", "build"),
    )
    return copy
