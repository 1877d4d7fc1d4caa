"""Pages: counts, sizes and indices that lie, and names and links that lead where they must not."""
from __future__ import annotations

import asyncio
import os
from typing import Any, Callable

import zstandard

from .. import bodies
from ..bodies import LARGEST, Entry, directory, file, link, metadata, page, stream, u8, u16, u32, u64
from ..command import (
    CORRUPT, EXISTS, INCOMPLETE, METADATA_REFUSED, MISMATCH, OK, PEER_LEFT, UNSAFE, UNWRITABLE, USAGE, VIOLATION)
from ..peer import OFFER, SenderPeer
from ..places import PARTIAL, Places
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
        raw_page(zstandard.compress(RAW) + zstandard.compress(b"y"), encoding=1, size=len(RAW) + 1), {CORRUPT}),
    "of a skippable frame and one that is right": (
        raw_page(b"\x50\x2a\x4d\x18" + b"\4\0\0\0abcd" + zstandard.compress(RAW), encoding=1, size=len(RAW)),
        {CORRUPT}),
    "of a frame and a byte": (raw_page(zstandard.compress(RAW) + b"\0", encoding=1, size=len(RAW)), {CORRUPT}),
    "of half a frame": (raw_page(zstandard.compress(RAW)[:-3], encoding=1, size=len(RAW)), {CORRUPT}),
    "a bomb of 1 GiB": (lambda: raw_page(bomb(1 << 30), encoding=1, size=262144), {CORRUPT}),
    "a bomb of 1 GiB that says so": (lambda: raw_page(bomb(1 << 30), encoding=1, size=1 << 30), {VIOLATION}),
    # Frame headers: window descriptor, no content size; then a block of the RLE kind, 128 KiB.
    "a frame with a window of 3.75 TiB": (
        raw_page(framed(b"\x00\xff", b"\x03\x00\x10\x00"), encoding=1, size=262144), {CORRUPT}),
    "a frame that says 2^64 - 2 bytes": (
        raw_page(framed(b"\xe0" + b"\xfe" + b"\xff" * 7, b"\x03\x00\x10\x00"), encoding=1, size=262144), {CORRUPT}),
    "a frame with a dictionary": (
        raw_page(framed(b"\x03\x58\x01\x02\x03\x04", b"\x03\x00\x10\x00"), encoding=1, size=262144), {CORRUPT}),
    "of type 4": (raw_page(entry(4)), {VIOLATION}),
    "of type 255": (raw_page(entry(255, rest=u64(0))), {VIOLATION}),
    "with metadata 2": (raw_page(entry(0, about=b"\2" + bytes(14), rest=u64(0))), {VIOLATION}),
    "with mode 010000": (raw_page(entry(0, about=metadata(0o10000), rest=u64(0))), {VIOLATION}),
    "with mode 0177777": (raw_page(entry(0, about=metadata(0xFFFF), rest=u64(0))), {VIOLATION}),
    "with 10^9 nanoseconds": (raw_page(entry(0, about=metadata(0o644, 0, 10**9), rest=u64(0))), {VIOLATION}),
    "with 2^32 - 1 nanoseconds": (raw_page(entry(0, about=metadata(0o644, 0, (1 << 32) - 1), rest=u64(0))), {VIOLATION}),
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
            await trial.peer.control({
                "type": "manifest_end", "entries": LARGEST, "files": LARGEST, "bytes": LARGEST, "failures": LARGEST})
        await asyncio.sleep(0.3)
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    for name, status, script in (
        ("eight pages of 2048 files of 2^63 - 1 bytes", PEER_LEFT, full_window),
        ("three files of 2^63 - 1 bytes, none of which comes", INCOMPLETE, none_comes),
        ("2^64 bytes and a few more, of which one file comes", INCOMPLETE, one_comes),
        ("2^63 bytes, of which a few come", PEER_LEFT, some_of_it),
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
        registry.add("receive", f"page: times of {name} seconds", {OK, UNWRITABLE, INCOMPLETE, METADATA_REFUSED}, script)


times()

# MARK: Names

UNSAFE_NAMES: dict[str, bytes] = {
    "that is empty": b"",
    "from the root": b"/p2p-copy-hostile-root",
    "of the root": b"/",
    "above": b"..",
    "below the one above": b"../outside/made",
    "below the one above, in the middle": b"d/../../outside/made",
    "that comes back": b"d/..",
    "that comes back from nowhere": b"no/../x",
    "of the directory itself": b".",
    "behind the directory itself": b"./x",
    "with the directory itself in the middle": b"d/./x",
    "with an empty component": b"d//x",
    "with a slash at its end": b"x/",
    "with a zero": b"x\0y",
    "with a zero behind two dots": b"..\0/x",
    "of 256 bytes": b"x" * 256,
    "with a component of 256 bytes": b"d/" + b"x" * 256 + b"/y",
    "of 257 components": b"/".join([b"d"] * 257),
    "reserved for partial files": b".x" + PARTIAL,
    "below one reserved for partial files": b".x" + PARTIAL + b"/x",
    "with a reserved one in the middle": b"d/.x" + PARTIAL + b"/x/y",
}


def kinds_of(path: bytes) -> dict[str, Entry]:
    return {"file": file(path, b"bad"), "directory": directory(path), "link": link(path, "good"), "stream": stream(path)}


def unsafe_names() -> None:
    for name, path in UNSAFE_NAMES.items():
        for kind, bad in kinds_of(path).items():
            async def script(trial: Sender, bad: Entry = bad) -> None:
                good = file("good", b"good")
                trial.true(good)
                await trial.peer.open()
                said = await trial.peer.answered(page([bad, good]))
                trial.expect(said.get(0, (0,))[:2] == (bodies.REFUSED, b"unsafe-path"), f"the answer is {said}")
                await trial.peer.whole(1, good)
                await trial.peer.body(bodies.page_end(0))
                await trial.peer.next(bodies.PAGE_RECEIPT)
                trial.peer.tree.add(good, 4, trial.peer.digest(b"good"))
                await trial.peer.finish()
                trial.expect((trial.places.out / "good").read_bytes() == b"good", "the rest did not arrive")
                await trial.peer.socket.close()
                await trial.peer.closed()

            registry.add("receive", f"name {name}, a {kind}", UNSAFE, script)


unsafe_names()


@registry.case("receive", "name from the root that exists outside", UNSAFE)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    path = os.fsencode(trial.places.outside / "made")
    said = await trial.peer.answered(page([file(path, b"x"), directory(path), link(path, "x")]))
    trial.expect(all(said[at][0] == bodies.REFUSED for at in range(3)), f"the answer is {said}")
    await trial.peer.body(bodies.page_end(0))
    await trial.peer.next(bodies.PAGE_RECEIPT)
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()


@registry.case("receive", "name: data for a refused one all the same", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page([file("../outside/made", b"x")]))
    await trial.peer.whole(0, file("../outside/made", b"x"))
    await trial.peer.closed()


ODD_NAMES: dict[str, bytes] = {
    "of escapes": b"\x1b[31m\x1b]0;owned\x07", "with a line end": b"a\nreceived b (1 B)\r", "not UTF-8": b"\xff\xfe\xc3\x28",
    "written backwards": "\u202egpj.exe".encode(), "with a backslash": b"..\\..\\x", "that begins with a dash": b"-rf",
    "of 255 bytes": b"x" * 255, "just not reserved": PARTIAL, "with a colon": b"C:\\x", "of 3 dots": b"...",
    "with C1 controls": "\u009b31m".encode(), "of 256 components": b"/".join([b"d"] * 256), "of a blank": b" ",
}


def odd_names() -> None:
    for name, path in ODD_NAMES.items():
        async def script(trial: Sender, path: bytes = path) -> None:
            trial.true(file(path, b"odd"))
            await trial.peer.transfer([file(path, b"odd")])

        registry.add("receive", f"name {name} is taken as it is", OK, script)


odd_names()


def refuses_many() -> None:
    async def script(trial: Sender) -> None:
        await trial.peer.open()
        for number in range(20):
            first = number * 2048
            said = await trial.peer.answered(page([file(f"../x{first + at}") for at in range(2048)], first))
            trial.expect(len(said) == 2048, "not all were refused")
            await trial.peer.body(bodies.page_end(first))
            await trial.peer.next(bodies.PAGE_RECEIPT)
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    registry.add("receive", "40,960 unsafe names", UNSAFE, script)


refuses_many()

# MARK: Links

UNSAFE_TARGETS: dict[str, tuple[bytes, bytes]] = {
    "that is empty": (b"l", b""),
    "from the root": (b"l", b"/etc/passwd"),
    "of the root": (b"l", b"/"),
    "with a zero": (b"l", b"x\0y"),
    "above": (b"l", b".."),
    "outside": (b"l", b"../outside/canary"),
    "with two dots behind a name": (b"l", b"d/../x"),
    "with two dots behind names": (b"l", b"d/d/../../../outside"),
    "above, from below": (b"d/l", b"../../outside"),
    "above, behind blanks that are no names": (b"l", b".//.././outside"),
    "above, at its end": (b"d/l", b"../.."),
}


def unsafe_targets() -> None:
    for name, (path, target) in UNSAFE_TARGETS.items():
        async def script(trial: Sender, path: bytes = path, target: bytes = target) -> None:
            await trial.peer.open()
            said = await trial.peer.answered(page([link(path, target)]))
            trial.expect(said.get(0, (0,))[:2] == (bodies.REFUSED, b"unsafe-path"), f"the answer is {said}")
            await trial.peer.body(bodies.page_end(0))
            await trial.peer.next(bodies.PAGE_RECEIPT)
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        registry.add("receive", f"link to a target {name}", UNSAFE, script)


unsafe_targets()


async def two_pages(trial: Sender, first: list[Entry], second: list[Entry]) -> dict[int, tuple[Any, ...]]:
    """The first is finished, the second gets its answer; of the second everything is tried that was not refused."""
    await trial.peer.open()
    await trial.peer.page_of(first)
    start = len(first)
    said = await trial.peer.answered(page(second, start))
    failed = set()
    for position, item in enumerate(second):
        if said.get(position, (0,))[0] in (bodies.REFUSED, bodies.SKIPPED):
            failed.add(position)
        elif item.kind == bodies.FILE:
            await trial.peer.whole(start + position, item)
    await trial.peer.body(bodies.page_end(start))
    _, _, failures = bodies.read_page_receipt(await trial.peer.next(bodies.PAGE_RECEIPT))
    failed |= {index - start for index, _, _ in failures}
    for position, item in enumerate(second):
        if position not in failed:
            trial.peer.tree.add(item, len(item.content), trial.peer.digest(item.content))
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()
    return said


SHADOWED = {UNSAFE, EXISTS, INCOMPLETE, UNWRITABLE}


@registry.case("receive", "link: a file through a link that came before", SHADOWED)
async def _(trial: Sender) -> None:
    await two_pages(trial, [directory("d"), link("l", "d")], [file("l/x", b"x")])
    trial.expect(not (trial.places.out / "d" / "x").exists(), "it was written through the link")


@registry.case("receive", "link: a directory where a link to one is", SHADOWED | {OK})
async def _(trial: Sender) -> None:
    await two_pages(trial, [directory("d"), link("l", "d")], [directory("l", metadata=metadata(0o777)), file("l/x", b"x")])
    trial.expect(not (trial.places.out / "d" / "x").exists(), "it was written through the link")


@registry.case("receive", "link: a link through a link that came before", SHADOWED)
async def _(trial: Sender) -> None:
    await two_pages(trial, [directory("d"), link("l", "d")], [link("l/up", "..")])


@registry.case("receive", "link: a file of the link's own name", SHADOWED, may_replace=True)
async def _(trial: Sender) -> None:
    trial.true(file("good", b"good"))
    await two_pages(trial, [file("good", b"good"), link("l", "good")], [file("l", b"bad!")])
    trial.expect((trial.places.out / "good").read_bytes() == b"good", "the file that it leads to was changed")


@registry.case("receive", "link: a link and a file below it in one page", {OK, *SHADOWED})
async def _(trial: Sender) -> None:
    # Links are made at the page's end: the directory is there first.
    trial.true(file("l/x", b"x"))
    trial.needed.clear()
    await two_pages(trial, [directory("d")], [link("l", "d"), file("l/x", b"x")])
    trial.expect(not (trial.places.out / "d" / "x").exists(), "it was written through the link")


def link_outside(places: Places) -> None:
    (places.out / "l").symlink_to("../outside")
    (places.out / "c").symlink_to("../outside/canary")


@registry.case("receive", "link: that was there before and leads outside", SHADOWED, prepare=link_outside)
async def _(trial: Sender) -> None:
    await two_pages(
        trial, [file("good")], [
            file("l/x", b"x"), directory("l/d"), link("l/l", "x"), file("l/canary", b"x"), file("c", b"x"),
            directory("l", metadata=metadata(0o777))])


@registry.case(
    "receive", "link: that was there before and leads outside, under overwrite", SHADOWED, prepare=link_outside,
    arguments=["--on-conflict", "overwrite"], may_replace=True)
async def _(trial: Sender) -> None:
    trial.true(file("c", b"x"))
    trial.needed.clear()
    await two_pages(trial, [file("good")], [file("l/x", b"x"), file("l/canary", b"x"), file("c", b"x")])


def link_as_partial(places: Places) -> None:
    (places.out / ".a.p2p-copy-partial").symlink_to("../outside/canary")
    os.link(places.outside / "canary", places.out / ".b.p2p-copy-partial")
    (places.out / ".c.p2p-copy-partial").symlink_to("/dev/full")


@registry.case("receive", "link: partial files that are links to other files", OK, prepare=link_as_partial)
async def _(trial: Sender) -> None:
    entries = [file(name, b"canary\n" + b"x" * 70_000) for name in "abc"]
    trial.true(*entries)
    await trial.peer.transfer(entries, packs=False)


# MARK: One name for two

TWICE: dict[str, list[Entry]] = {
    "a file and a file": [file("x", b"first"), file("x", b"second")],
    "a file and a directory": [file("x", b"first"), directory("x")],
    "a file and what is below it": [file("x", b"first"), file("x/y", b"second")],
    "a directory and a file": [directory("x"), file("x", b"second")],
    "a link and a file": [file("y", b"first"), link("x", "y"), file("x", b"second")],
    "a file and a link": [file("x", b"first"), link("x", "y")],
    "two links": [link("x", "a"), link("x", "b")],
    "two directories": [directory("x", metadata=metadata(0o700)), directory("x", metadata=metadata(0o777))],
}


def twice() -> None:
    for name, entries in TWICE.items():
        for policy in ("fail", "overwrite", "skip", "rename"):
            for pages in (1, 2):
                async def script(trial: Sender, entries: list[Entry] = entries, pages: int = pages) -> None:
                    # Whichever it is: what is in place has the content of one of them.
                    for item in entries:
                        trial.peer.is_true(item)
                    await trial.peer.open()
                    step = len(entries) if pages == 1 else 1
                    for first in range(0, len(entries), step):
                        await trial.peer.page_of(entries[first:first + step], first)
                    await trial.peer.finish()
                    await trial.peer.socket.close()
                    await trial.peer.closed()

                # A 0 would say that both are in place: only where one name for two means one thing, or a new name.
                shares = name in ("two directories",) or policy in ("rename", "skip")
                statuses = {EXISTS, UNSAFE, INCOMPLETE, UNWRITABLE, VIOLATION} | ({OK} if shares else set())
                registry.add(
                    "receive", f"one name for {name}, {policy}, in {pages} page{'s' * (pages > 1)}", statuses, script,
                    arguments=["--on-conflict", policy])


twice()

# MARK: Modes


def private_directory(places: Places) -> None:
    (places.out / ".ssh").mkdir(mode=0o700)
    (places.out / ".ssh" / "id").write_bytes(b"secret")
    (places.out / "group").mkdir()
    (places.out / "group").chmod(0o2770)


def modes_of_existing() -> None:
    for policy in ("fail", "overwrite", "skip", "rename"):
        async def script(trial: Sender) -> None:
            entries = [
                directory(".ssh", metadata=metadata(0o777)), directory("group", metadata=metadata(0o777)),
                file(".ssh/new", b"new", metadata=metadata(0o666))]
            trial.true(entries[2])
            await trial.peer.open()
            await trial.peer.page_of(entries)
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        registry.add(
            "receive", f"modes 0777 for directories that were there, {policy}", OK, script, prepare=private_directory,
            arguments=["--on-conflict", policy])


modes_of_existing()


@registry.case("receive", "modes with setuid, setgid and sticky bits", OK)
async def _(trial: Sender) -> None:
    entries = [
        file("a", b"a", metadata=metadata(0o6777)), directory("d", metadata=metadata(0o6755)),
        file("d/empty", b"", metadata=metadata(0o4755))]
    trial.true(entries[0], entries[2])
    await trial.peer.transfer(entries)
    for name in ("a", "d", "d/empty"):
        trial.expect(not (trial.places.out / name).stat().st_mode & 0o6000, f"{name} has a set-id bit")


@registry.case("receive", "a directory of mode 0, and what is in it", {OK, INCOMPLETE, UNWRITABLE})
async def _(trial: Sender) -> None:
    entries = [directory("d", metadata=metadata(0)), file("d/a", b"a", metadata=metadata(0))]
    trial.true(entries[1])
    await trial.peer.transfer(entries)


def existing_file(places: Places) -> None:
    (places.out / "mine").write_bytes(b"mine")
    (places.out / "dir").mkdir()
    (places.out / "dir" / "kept").write_bytes(b"kept")


def existing() -> None:
    for policy, status in (("fail", EXISTS), ("skip", OK)):
        async def script(trial: Sender) -> None:
            await trial.peer.open()
            await trial.peer.page_of([file("mine", b"other"), link("mine", "x"), directory("dir")])
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        registry.add(
            "receive", f"files that were there, {policy}", status, script, prepare=existing_file,
            arguments=["--on-conflict", policy])

    async def wrong(trial: Sender) -> None:
        await trial.peer.open()
        await trial.peer.answered(page([file("mine", b"other")]))
        await trial.peer.body(bodies.chunk(0, b"other"))
        await trial.peer.body(bodies.file_end(0, 5, bytes(32)))
        await trial.peer.body(bodies.page_end(0))
        _, _, failures = bodies.read_page_receipt(await trial.peer.next(bodies.PAGE_RECEIPT))
        trial.expect([code for _, code, _ in failures] == [b"checksum-mismatch"], f"the failures are {failures}")
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    registry.add(
        "receive", "a file that was there stays when the new one is damaged, overwrite", 9, wrong, prepare=existing_file,
        arguments=["--on-conflict", "overwrite"])


existing()


@registry.case("receive", "standard output: a directory, a link, two files", {USAGE, INCOMPLETE}, arguments=["--stdout"], has_out=False)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.page_of([directory("d"), link("l", "d"), file("a", b"a"), file("b", b"b")])
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()
