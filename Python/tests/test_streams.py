from __future__ import annotations

import asyncio
import io
import os
import socket
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import both, is_running, open_descriptors, outcomes, random_bytes, tree, until

from p2p_copy import (
    LimitExceeded,
    Progress,
    ReceiveOptions,
    SendOptions,
    UsageError,
    WrongCode,
    events,
    receive_bytes,
    receive_files,
    receive_stream,
    send_bytes,
    send_files,
    send_stream,
)

CONTENT = random_bytes(2_500_001)
LIMIT = 10_000_000


class AsyncFile:
    """A file object whose ``read`` and ``write`` are coroutine functions."""

    def __init__(self, content: bytes = b"") -> None:
        self.memory = io.BytesIO(content)

    async def read(self, size: int) -> bytes:
        await asyncio.sleep(0)
        return self.memory.read(size)

    async def write(self, piece: bytes) -> None:
        await asyncio.sleep(0)
        self.memory.write(piece)


async def async_pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(CONTENT), 100_000):
        await asyncio.sleep(0)
        yield CONTENT[start : start + 100_000]


def sources(directory: Path) -> dict[str, Any]:
    path = directory / "content"
    path.write_bytes(CONTENT)
    return {
        "bytes": CONTENT,
        "bytearray": bytearray(CONTENT),
        "memoryview": memoryview(CONTENT),
        "numbers": memoryview(CONTENT[:2_500_000]).cast("H"),
        "memory": io.BytesIO(CONTENT),
        "file": path.open("rb"),
        "unbuffered": path.open("rb", buffering=0),
        "async file": AsyncFile(CONTENT),
        "pieces": [CONTENT[:7], b"", CONTENT[7:]],
        "generator": (CONTENT[start : start + 1000] for start in range(0, len(CONTENT), 1000)),
        "async generator": async_pieces(),
        "nothing": b"",
    }


@pytest.mark.parametrize("kind", [
    "bytes", "bytearray", "memoryview", "numbers", "memory", "file", "unbuffered", "async file", "pieces", "generator",
    "async generator", "nothing",
])  # fmt: skip
async def test_content_of_every_kind_arrives(relay: str, tmp_path: Path, code: str, kind: str) -> None:
    available = sources(tmp_path)
    content = available.pop(kind)
    expected = {"nothing": b"", "numbers": CONTENT[:2_500_000]}.get(kind, CONTENT)
    try:
        sent, received = await both(
            send_stream(content, relay=relay, code=code), receive_bytes(max_bytes=LIMIT, relay=relay, code=code)
        )
    finally:
        for other in [content, *available.values()]:
            if isinstance(other, io.IOBase):
                other.close()
            elif hasattr(other, "aclose"):
                await other.aclose()
    assert received == expected
    assert sent.complete_files == 1


async def test_bytes_become_a_file_of_the_name_given(relay: str, out: Path, code: str) -> None:
    name = os.fsdecode(b"caf\xe9.bin")
    await both(send_bytes(CONTENT, name, relay=relay, code=code), receive_files(out, relay=relay, code=code))
    assert os.listdir(os.fsencode(out)) == [b"caf\xe9.bin"] or set(os.listdir(os.fsencode(out))) == {
        b"caf\xe9.bin",
        b".p2p-copy-journal",
    }
    assert (out / name).read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["memory", "file", "unbuffered", "socket", "async"])
async def test_content_goes_to_a_file_object_of_every_kind(relay: str, tmp_path: Path, code: str, kind: str) -> None:
    path = tmp_path / "received"
    here, there = socket.socketpair()
    collected = bytearray()

    def collect() -> None:
        while piece := there.recv(1 << 16):
            collected.extend(piece)

    reader = threading.Thread(target=collect)
    reader.start()
    makers: dict[str, Any] = {
        "memory": io.BytesIO,
        "file": lambda: path.open("wb"),
        "unbuffered": lambda: path.open("wb", buffering=0),
        # Takes only a part at a time, and waits for its reader.
        "socket": lambda: here.makefile("wb", buffering=0),
        "async": AsyncFile,
    }
    destination = makers[kind]()
    try:
        _, count = await both(
            send_bytes(CONTENT, "x", relay=relay, code=code), receive_stream(destination, relay=relay, code=code)
        )
        content = {"memory": lambda: destination.getvalue(), "async": lambda: destination.memory.getvalue()}.get(kind)
        received = content() if content is not None else b""
    finally:
        if isinstance(destination, io.IOBase):
            destination.close()
        here.close()
        reader.join()
        there.close()
    if kind in ("file", "unbuffered"):
        received = path.read_bytes()
    elif kind == "socket":
        received = bytes(collected)
    assert count == len(CONTENT)
    assert received == CONTENT


async def test_an_archive_travels_through_without_a_file(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    (tmp_path / "a.txt").write_text("hello")
    read_end, write_end = os.pipe()

    def pack() -> None:
        with open(write_end, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|") as archive:
            archive.add(tmp_path / "a.txt", "a.txt")

    unpacked_read, unpacked_write = os.pipe()

    def unpack() -> None:
        with open(unpacked_read, "rb") as pipe, tarfile.open(fileobj=pipe, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member)
                assert content is not None
                out.mkdir(exist_ok=True)
                (out / member.name).write_bytes(content.read())
            # What comes behind the archive's end.
            while pipe.read(1 << 16):
                pass

    loop = asyncio.get_running_loop()
    packing = loop.run_in_executor(None, pack)
    unpacking = loop.run_in_executor(None, unpack)
    with open(read_end, "rb") as source, open(unpacked_write, "wb") as destination:
        await both(
            send_stream(source, name="a.tar", relay=relay, code=code),
            receive_stream(destination, relay=relay, code=code),
        )
    await packing
    await unpacking
    assert tree(out) == {"a.txt": b"hello"}


async def test_content_is_read_no_faster_than_it_travels(relay: str, code: str) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1 << 20
            yield bytes(1 << 20)

    options = SendOptions(limit_rate=1 << 20, compress="off")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(
            both(
                send_stream(endless(), relay=relay, code=code, options=options),
                receive_bytes(max_bytes=1 << 40, relay=relay, code=code),
            ),
            2,
        )
    # What the pipe, this process and the binary hold: not what there could be in two seconds.
    assert 0 < taken <= 150 << 20


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("kind", [OSError, ConnectionResetError, ValueError])
async def test_content_that_fails_is_not_taken_for_its_end(
    relay: str, out: Path, code: str, kind: type[Exception], is_async: bool
) -> None:
    class Broken:
        count = 0

        def read(self, size: int) -> bytes:
            self.count += 1
            if self.count > 3:
                raise kind("the disk is gone")
            return bytes(size)

    class AsyncBroken(Broken):
        async def read(self, size: int) -> bytes:  # type: ignore[override]
            return Broken.read(self, size)

    before = open_descriptors()
    sent, received = await outcomes(
        send_stream(AsyncBroken() if is_async else Broken(), name="x", relay=relay, code=code),
        receive_files(out, relay=relay, code=code),
    )
    assert type(sent) is kind
    assert str(sent) == "the disk is gone"
    assert isinstance(received, Exception)
    assert not (out / "x").exists()
    await until(lambda: open_descriptors() <= before)


@pytest.mark.parametrize("content", [io.StringIO("text"), ["text"]])
async def test_text_is_refused(relay: str, out: Path, code: str, content: Any) -> None:
    receiving = asyncio.ensure_future(receive_files(out, relay=relay, code=code, options=ReceiveOptions(wait=1)).run())
    with pytest.raises(TypeError, match="binary mode"):
        await send_stream(content, relay=relay, code=code)
    await asyncio.wait([receiving])
    assert receiving.exception() is not None


async def test_what_fails_without_events_has_its_exception_too(relay: str, tmp_path: Path, code: str) -> None:
    channel = code.split("-")[0]
    _, wrong = await outcomes(
        send_bytes(b"a", "a", relay=relay, code=f"{channel}-lusab-babad"),
        receive_bytes(max_bytes=LIMIT, relay=relay, code=f"{channel}-lusab-babid"),
    )
    assert isinstance(wrong, WrongCode)
    assert (wrong.code, wrong.status) == ("wrong-code", 8)
    assert "the code differs" in wrong.message
    assert "p2p-copy:" in wrong.output

    _, limited = await outcomes(
        send_bytes(CONTENT, "a", relay=relay, code=code), receive_bytes(max_bytes=1000, relay=relay, code=code)
    )
    assert isinstance(limited, LimitExceeded)

    (tmp_path / "folder").mkdir()
    _, folder = await outcomes(
        send_files(tmp_path / "folder", relay=relay, code=code),
        receive_bytes(max_bytes=LIMIT, relay=relay, code=code),
    )
    assert isinstance(folder, UsageError)


async def test_a_destination_that_fails_ends_the_transfer(relay: str, code: str) -> None:
    class Full:
        def write(self, piece: bytes) -> int:
            raise OSError("no space left")

    before = open_descriptors()
    _, received = await outcomes(
        send_bytes(CONTENT, "a", relay=relay, code=code), receive_stream(Full(), relay=relay, code=code)
    )
    assert isinstance(received, OSError)
    assert str(received) == "no space left"
    await until(lambda: open_descriptors() <= before)


async def test_progress_of_a_stream_counts_its_bytes(relay: str, code: str) -> None:
    seen: list[Progress] = []
    await both(
        send_bytes(CONTENT, "a", relay=relay, code=code),
        receive_bytes(max_bytes=LIMIT, relay=relay, code=code, progress=seen.append),
    )
    assert seen[0].fraction is None
    assert (seen[-1].bytes, seen[-1].fraction) == (len(CONTENT), 1)


async def test_a_read_that_never_returns_holds_nothing_up(relay: str, code: str) -> None:
    here, there = socket.socketpair()
    with here, there, here.makefile("rb", buffering=0) as silent:
        transfer = send_stream(silent, relay=relay, code=code)
        task = asyncio.ensure_future(transfer.run())
        await until(lambda: transfer._process is not None)
        await transfer.first(events.Waiting)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
        assert not is_running(transfer.pid)
        there.shutdown(socket.SHUT_RDWR)
