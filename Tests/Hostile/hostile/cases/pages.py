"""Pages: counts, sizes, indices and sums that lie."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

import zstandard

from .. import bodies
from ..bodies import LARGEST, directory, file, link, metadata, page, u8, u16, u32, u64
from ..command import CORRUPT, INCOMPLETE, METADATA_REFUSED, MISMATCH, OK, PEER_LEFT, UNWRITABLE, VIOLATION
from ..peer import OFFER
from ..sender import SenderPeer
from ..trial import Registry, Trial

registry = Registry()
Sender = Trial[SenderPeer]

# MARK: Pages that are none

X = file("x", b"x")
RAW = bodies.page_raw([X])
ZEROS = zstandard.ZstdCompressor(level=3)


def bomb(size: int) -> bytes:
    compressor = ZEROS.compressobj()
    block = bytes(1 << 20)
    return b"".join(compressor.compress(block) for _ in range(size >> 20)) + compressor.flush()


def framed(header: bytes, payload: bytes = b"") -> bytes:
    return b"\x28\xb5\x2f\xfd" + header + payload


def raw_page(raw: bytes, **more: Any) -> bytes:
    return bodies.bulk(bodies.PAGE, raw, **more)


def entry(kind: int, path: bytes = b"x", about: bytes = b"\0", rest: bytes = b"") -> bytes:
    return u32(1) + u8(kind) + u16(len(path)) + path + about + rest


BROKEN: dict[str, tuple[bytes | Callable[[], bytes], set[int]]] = {
    "of no entries": (raw_page(u32(0)), {VIOLATION}),
    "of no bytes": (raw_page(b""), {VIOLATION}),
    "without a header": (b"\x01", {VIOLATION}),
    "with half a header": (page([X])[:20], {VIOLATION}),
    "with 2049 entries": (page([file(f"{n}") for n in range(2049)]), {VIOLATION}),
    "with 2^32 - 1 entries, it says": (raw_page(u32((1 << 32) - 1) + RAW[4:]), {VIOLATION}),
    "with one entry more than it has": (raw_page(u32(2) + RAW[4:]), {VIOLATION}),
    "with one entry less than it has": (raw_page(u32(1) + RAW[4:] + RAW[4:]), {VIOLATION}),
    "with a byte behind it": (raw_page(RAW + b"\0"), {VIOLATION}),
    "cut off": (raw_page(RAW[:-1]), {VIOLATION}),
    "from index 1": (page([X], 1), {VIOLATION}),
    "from index 2^64 - 1": (page([X], (1 << 64) - 1), {VIOLATION}),
    "of 262145 bytes": (raw_page(bytes(262145)), {VIOLATION}),
    "whose raw size is too small": (page([X], size=len(RAW) - 1), {VIOLATION, CORRUPT}),
    "whose raw size is too large": (page([X], size=len(RAW) + 1), {VIOLATION, CORRUPT}),
    "whose raw size is 0": (page([X], size=0), {VIOLATION, CORRUPT}),
    "whose raw size is 2^32 - 1": (page([X], size=(1 << 32) - 1), {VIOLATION, CORRUPT}),
    "of encoding 2": (page([X], encoding=2), {VIOLATION}),
    "of encoding 255": (page([X], encoding=255), {VIOLATION}),
    "compressed, of a raw size too small": (page([X], compress=True, size=len(RAW) - 1), {CORRUPT}),
    "compressed, of a raw size too large": (page([X], compress=True, size=len(RAW) + 1), {CORRUPT}),
    "compressed, of raw size 0": (page([X], compress=True, size=0), {CORRUPT, VIOLATION}),
    "compressed, it says": (page([X], encoding=1), {CORRUPT}),
    "compressed to nothing": (raw_page(b"", encoding=1, size=10), {CORRUPT}),
    "of two frames": (
        raw_page(zstandard.compress(RAW) + zstandard.compress(b"y"), encoding=1, size=len(RAW) + 1),
        {CORRUPT},
    ),
    "of a skippable frame and one that is right": (
        raw_page(b"\x50\x2a\x4d\x18" + b"\4\0\0\0abcd" + zstandard.compress(RAW), encoding=1, size=len(RAW)),
        {CORRUPT},
    ),
    "of a frame and a byte": (raw_page(zstandard.compress(RAW) + b"\0", encoding=1, size=len(RAW)), {CORRUPT}),
    "of half a frame": (raw_page(zstandard.compress(RAW)[:-3], encoding=1, size=len(RAW)), {CORRUPT}),
    "a bomb of 1 GiB": (lambda: raw_page(bomb(1 << 30), encoding=1, size=262144), {CORRUPT}),
    "a bomb of 1 GiB that says so": (lambda: raw_page(bomb(1 << 30), encoding=1, size=1 << 30), {VIOLATION}),
    # Frame headers: window descriptor, no content size; then a block of the RLE kind, 128 KiB.
    "a frame with a window of 3.75 TiB": (
        raw_page(framed(b"\x00\xff", b"\x03\x00\x10\x00"), encoding=1, size=262144),
        {CORRUPT},
    ),
    "a frame that says 2^64 - 2 bytes": (
        raw_page(framed(b"\xe0" + b"\xfe" + b"\xff" * 7, b"\x03\x00\x10\x00"), encoding=1, size=262144),
        {CORRUPT},
    ),
    "a frame with a dictionary": (
        raw_page(framed(b"\x03\x58\x01\x02\x03\x04", b"\x03\x00\x10\x00"), encoding=1, size=262144),
        {CORRUPT},
    ),
    "of type 4": (raw_page(entry(4)), {VIOLATION}),
    "of type 255": (raw_page(entry(255, rest=u64(0))), {VIOLATION}),
    "with metadata 2": (raw_page(entry(0, about=b"\2" + bytes(14), rest=u64(0))), {VIOLATION}),
    "with mode 010000": (raw_page(entry(0, about=metadata(0o10000), rest=u64(0))), {VIOLATION}),
    "with mode 0177777": (raw_page(entry(0, about=metadata(0xFFFF), rest=u64(0))), {VIOLATION}),
    "with 10^9 nanoseconds": (raw_page(entry(0, about=metadata(0o644, 0, 10**9), rest=u64(0))), {VIOLATION}),
    "with 2^32 - 1 nanoseconds": (
        raw_page(entry(0, about=metadata(0o644, 0, (1 << 32) - 1), rest=u64(0))),
        {VIOLATION},
    ),
    "with a path of 4096 bytes": (raw_page(entry(0, path=b"x/" * 2048, rest=u64(0))), {VIOLATION}),
    "with a path of 65535 bytes": (raw_page(entry(0, path=b"x" * 65535, rest=u64(0))), {VIOLATION}),
    "with a path beyond its end": (raw_page(u32(1) + u8(0) + u16(500) + b"x"), {VIOLATION}),
    "with a target of 4096 bytes": (raw_page(entry(2, rest=u16(4096) + b"x" * 4096)), {VIOLATION}),
    "with a file of 2^63 bytes": (page([file("x", size=1 << 63)]), {VIOLATION}),
    "with a file of 2^64 - 1 bytes": (page([file("x", size=(1 << 64) - 1)]), {VIOLATION}),
}


def broken() -> None:
    for name, (body, statuses) in BROKEN.items():

        async def script(trial: Sender, body: bytes | Callable[[], bytes] = body) -> None:
            await trial.peer.open()
            await trial.peer.body(body() if callable(body) else body)
            await trial.peer.closed()

        registry.add("receive", f"page {name}", statuses, script)


broken()


@registry.case("receive", "page: compressed without a compressor", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.handshake()
    await trial.peer.exchange({"type": "manifest", "resume": True, "offer": {**OFFER, "compressors": []}})
    trial.expect(trial.peer.selection["compressor"] == "none", "a compressor was selected that was not offered")
    await trial.peer.body(page([X], compress=True))
    await trial.peer.closed()


@registry.case("receive", "page: the same again", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page([X]))
    await trial.peer.body(page([X]))
    await trial.peer.closed()


@registry.case("receive", "page: a gap before the second", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page([X]))
    await trial.peer.body(page([file("y")], 2))
    await trial.peer.closed()


@registry.case("receive", "page: nine without a receipt", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    for index in range(9):
        await trial.peer.body(page([file(f"{index}")], index))
    await trial.peer.closed()


def sums(terminal: bool) -> None:
    """Totals that no u64 holds. On a terminal there is a progress line, which divides by them."""

    async def full_window(trial: Sender) -> None:
        await trial.peer.open()
        for number in range(8):
            entries = [file(f"{number}-{at}", size=LARGEST) for at in range(2048)]
            await trial.peer.answered(page(entries, number * 2048))
        await asyncio.sleep(0.3)
        await trial.peer.socket.close(1000)
        await trial.peer.closed()

    async def none_comes(trial: Sender) -> None:
        await trial.peer.open()
        await trial.peer.answered(page([file(name, size=LARGEST) for name in "abc"]))
        await asyncio.sleep(0.3)
        await trial.peer.body(bodies.page_end(0))
        await trial.peer.next(bodies.PAGE_RECEIPT)
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    async def one_comes(trial: Sender) -> None:
        await trial.peer.open()
        here = file("here", b"here")
        entries = [file("a", size=LARGEST), file("b", size=LARGEST), file("c", size=9), here]
        await trial.peer.answered(page(entries))
        await trial.peer.whole(3, here)
        await asyncio.sleep(0.3)
        await trial.peer.body(bodies.page_end(0))
        _, digest, failures = bodies.read_page_receipt(await trial.peer.next(bodies.PAGE_RECEIPT))
        trial.peer.tree.add(here, 4, trial.peer.digest(b"here"))
        trial.expect(digest == trial.peer.tree.digest, "the page receipt's digest is another one")
        trial.expect([index for index, _, _ in failures] == [0, 1, 2], f"the failures are {failures}")
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    async def some_of_it(trial: Sender) -> None:
        # Exactly 2^63: what is left of it once some of it is there has no place in 64 bits with a sign.
        await trial.peer.open()
        await trial.peer.answered(page([file("a", size=LARGEST), file("b", size=1)]))
        for number in range(8):
            await trial.peer.body(bodies.chunk(0, bytes(1000), number * 1000))
            await asyncio.sleep(0.15)
        await trial.peer.control({"type": "manifest_end", "entries": 2, "files": 2, "bytes": LARGEST})
        await asyncio.sleep(0.3)
        await trial.peer.socket.close(1000)
        await trial.peer.closed()

    async def totals(trial: Sender) -> None:
        await trial.peer.open()
        for _ in range(3):
            await trial.peer.control(
                {"type": "manifest_end", "entries": LARGEST, "files": LARGEST, "bytes": LARGEST, "failures": LARGEST}
            )
        await asyncio.sleep(0.3)
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    for name, status, script in (
        # Where the file system says how much is free, what cannot fit is refused at once.
        ("eight pages of 2048 files of 2^63 - 1 bytes", {PEER_LEFT, UNWRITABLE}, full_window),
        ("three files of 2^63 - 1 bytes, none of which comes", {INCOMPLETE, UNWRITABLE}, none_comes),
        ("2^64 bytes and a few more, of which one file comes", {INCOMPLETE, UNWRITABLE}, one_comes),
        ("2^63 bytes, of which a few come", {PEER_LEFT, UNWRITABLE}, some_of_it),
        ("2^63 - 1 of everything, three times", {OK, INCOMPLETE, MISMATCH, VIOLATION}, totals),
    ):
        where = ", on a terminal" if terminal else ""
        registry.add("receive", f"sums: {name}{where}", status, script, terminal=terminal)


sums(terminal=False)
sums(terminal=True)


def times() -> None:
    for name, seconds in {"-2^63": -(1 << 63), "2^63 - 1": LARGEST, "-1": -1, "2^40": 1 << 40}.items():

        async def script(trial: Sender, seconds: int = seconds) -> None:
            about = metadata(0o644, seconds, 999_999_999)
            entries = [file("a", b"a", metadata=about), directory("d", metadata=about), link("l", "a", metadata=about)]
            trial.true(entries[0])
            await trial.peer.open()
            await trial.peer.page_of(entries)
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        # A file system need not have such times. The content is in place all the same.
        registry.add(
            "receive", f"page: times of {name} seconds", {OK, UNWRITABLE, INCOMPLETE, METADATA_REFUSED}, script
        )


times()
