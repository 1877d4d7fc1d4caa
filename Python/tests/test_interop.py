"""The package of version 0.1 at the other end."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from support import PATIENCE, both, fresh_code, make_tree, random_bytes, repeated_bytes, tree

import p2p_copy
from p2p_copy import CompressMode

ORIGINAL_PYTHON = os.environ.get("P2P_COPY_ORIGINAL_PYTHON", "")

pytestmark = pytest.mark.skipif(
    not ORIGINAL_PYTHON,
    reason="P2P_COPY_ORIGINAL_PYTHON does not name a Python that has the package p2p-copy 0.1.2",
)

CHUNK = 1 << 20
LAYOUT = {
    "a.txt": b"hello",
    "dir/compressible.bin": repeated_bytes(2 * CHUNK + 5),
    "dir/sub/incompressible.bin": random_bytes(CHUNK + 1),
    "dir/sub/äöü.txt": "grün".encode(),
}


async def start(function: str, arguments: dict[str, Any]) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    process = await asyncio.create_subprocess_exec(
        ORIGINAL_PYTHON,
        str(Path(__file__).parent / "original.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"function": function, "arguments": arguments}).encode())
    process.stdin.close()
    return process


async def original(function: str, **arguments: Any) -> int:
    """Run a function of version 0.1 to its end."""
    process = await start(function, arguments)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    answer = json.loads(output.splitlines()[-1])
    assert answer["version"].startswith("0.1.")
    return int(answer["status"])


@asynccontextmanager
async def original_relay() -> AsyncIterator[str]:
    """Run the relay of version 0.1, which cannot choose a port of its own."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await start("run_relay", {"host": "127.0.0.1", "port": port, "use_tls": False})
    try:
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                break
            except OSError:
                await asyncio.sleep(0.05)
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.communicate()


async def from_here(
    relay: str, code: str, source: Path, out: Path, *, encrypt: bool, resume: bool = False
) -> list[int]:
    return await both(
        original("receive", server=relay, code=code, encrypt=encrypt, out=str(out)),
        p2p_copy.send(relay, code, [str(source)], encrypt=encrypt, resume=resume),
    )


async def to_here(
    relay: str, code: str, source: Path, out: Path, *, encrypt: bool, resume: bool = False, compress: str = "auto"
) -> list[int]:
    return await both(
        p2p_copy.receive(relay, code, encrypt=encrypt, out=str(out)),
        original(
            "send",
            server=relay,
            code=code,
            files=[str(source)],
            encrypt=encrypt,
            resume=resume,
            compress=compress,
        ),
    )


@pytest.mark.parametrize("encrypt", [False, True])
async def test_the_original_receives(relay: str, tmp_path: Path, out: Path, encrypt: bool) -> None:
    source = make_tree(tmp_path / "src", LAYOUT)
    assert await from_here(relay, fresh_code(), source, out, encrypt=encrypt) == [0, 0]
    assert tree(out / "src") == LAYOUT


@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize("compress", list(CompressMode))
async def test_the_original_sends(relay: str, tmp_path: Path, out: Path, encrypt: bool, compress: CompressMode) -> None:
    source = make_tree(tmp_path / "src", LAYOUT)
    assert await to_here(relay, fresh_code(), source, out, encrypt=encrypt, compress=compress.value) == [0, 0]
    assert tree(out / "src") == LAYOUT


@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize("direction", [from_here, to_here])
async def test_what_is_there_in_part_is_completed(
    relay: str, tmp_path: Path, out: Path, direction: Any, encrypt: bool
) -> None:
    source = make_tree(tmp_path / "src", LAYOUT)
    make_tree(
        out / "src",
        {
            "a.txt": LAYOUT["a.txt"],
            "dir/compressible.bin": LAYOUT["dir/compressible.bin"][:CHUNK],
            "dir/sub/incompressible.bin": b"B" + LAYOUT["dir/sub/incompressible.bin"][1:CHUNK],
        },
    )
    assert await direction(relay, fresh_code(), source, out, encrypt=encrypt, resume=True) == [0, 0]
    assert tree(out / "src") == LAYOUT


@pytest.mark.parametrize("direction", [from_here, to_here])
async def test_the_relay_of_the_original_serves(tmp_path: Path, out: Path, direction: Any) -> None:
    source = make_tree(tmp_path / "src", LAYOUT)
    async with original_relay() as relay:
        assert await direction(relay, fresh_code(), source, out, encrypt=True) == [0, 0]
    assert tree(out / "src") == LAYOUT


async def test_several_connections(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "src", LAYOUT)
    assert await from_here(relay, f"n=2=n{fresh_code()}", source, out, encrypt=False) == [0, 0]
    assert tree(out / "src") == LAYOUT


async def test_the_original_takes_what_is_no_list_for_what_this_does(relay: str) -> None:
    arguments: dict[str, Any] = {"server": relay, "code": fresh_code(), "files": "text", "compress": "auto"}
    here = await p2p_copy.send(arguments["server"], arguments["code"], arguments["files"])
    assert await original("send", **arguments) == here == 3
