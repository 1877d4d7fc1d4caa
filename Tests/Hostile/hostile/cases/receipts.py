"""What a hostile receiver acknowledges, and receivers that take nothing."""

from __future__ import annotations

import asyncio
import os
from typing import Any, Callable

from .. import bodies
from ..bodies import LARGEST, REFUSED, SKIPPED, Entry, answer, compact, page_receipt, refused, says
from ..command import MISMATCH, OK, PEER_FAILED, PEER_LEFT, VIOLATION
from ..receiver import ReceiverPeer
from ..places import Places
from ..trial import Registry, Trial

from .answers import Positions

registry = Registry()
Receiver = Trial[ReceiverPeer]

# MARK: Page receipts


async def to_page_end(trial: Receiver) -> list[Entry]:
    await trial.peer.open()
    _, entries = await trial.peer.next_page()
    await trial.peer.body(answer(0))
    while (await trial.peer.next())[0] != bodies.PAGE_END:
        pass
    for entry in entries:
        path = os.path.join(os.fsencode(trial.places.source), entry.path)
        content = b""
        if entry.kind == bodies.FILE:
            with open(path, "rb") as file:
                content = file.read()
        trial.peer.tree.add(entry, len(content), trial.peer.digest(content))
    return entries


def page_receipts(name: str, statuses: Any, made: Callable[[Positions, bytes], bytes]) -> None:
    async def script(trial: Receiver) -> None:
        at = Positions(await to_page_end(trial))
        await trial.peer.body(made(at, trial.peer.tree.digest))
        await trial.peer.closed()

    registry.add("send", f"page receipt: {name}", statuses, script)


page_receipts("with a digest of zeros", MISMATCH, lambda at, digest: page_receipt(0, bytes(32)))
page_receipts("with a bit changed", MISMATCH, lambda at, digest: page_receipt(0, bytes([digest[0] ^ 1]) + digest[1:]))
page_receipts("of page 1", VIOLATION, lambda at, digest: page_receipt(1, digest))
page_receipts("of page 2^64 - 1", VIOLATION, lambda at, digest: page_receipt((1 << 64) - 1, digest))
page_receipts("cut off", VIOLATION, lambda at, digest: page_receipt(0, digest)[:-1])
page_receipts("with a byte behind it", VIOLATION, lambda at, digest: page_receipt(0, digest) + b"\0")
page_receipts(
    "of 2^32 - 1 failures, it says", VIOLATION, lambda at, digest: page_receipt(0, digest, count=(1 << 32) - 1)
)
page_receipts(
    "with a failure of no entry", VIOLATION, lambda at, digest: page_receipt(0, digest, [bodies.failure(at.count)])
)
page_receipts(
    "with a failure of 2^64 - 1", VIOLATION, lambda at, digest: page_receipt(0, digest, [bodies.failure((1 << 64) - 1)])
)
page_receipts(
    "with a failure twice", VIOLATION, lambda at, digest: page_receipt(0, digest, [bodies.failure(at.file)] * 2)
)
page_receipts(
    "with failures in descending order",
    VIOLATION,
    lambda at, digest: page_receipt(0, digest, [bodies.failure(1), bodies.failure(0)]),
)
page_receipts(
    "with a code of 65 bytes", VIOLATION, lambda at, digest: page_receipt(0, digest, [bodies.failure(0, b"x" * 65)])
)
page_receipts(
    "with a message of 401 bytes",
    VIOLATION,
    lambda at, digest: page_receipt(0, digest, [bodies.failure(0, message=b"x" * 401)]),
)
page_receipts(
    "with a failure that its digest does not know of",
    MISMATCH,
    lambda at, digest: page_receipt(0, digest, [bodies.failure(at.file)]),
)


@registry.case("send", "page receipt: before the page end", VIOLATION)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    await trial.peer.next_page()
    await trial.peer.body(page_receipt(0, bytes(32)))
    await trial.peer.closed()


@registry.case("send", "page receipt: twice", VIOLATION)
async def _(trial: Receiver) -> None:
    await to_page_end(trial)
    await trial.peer.body(page_receipt(0, trial.peer.tree.digest))
    await trial.peer.body(page_receipt(0, trial.peer.tree.digest))
    await trial.peer.closed()


@registry.case("send", "page receipt: everything failed, with escapes", PEER_FAILED)
async def _(trial: Receiver) -> None:
    entries = await to_page_end(trial)
    trial.peer.tree = bodies.Tree()
    failures = [
        bodies.failure(index, b"\x1b[31m", b"\x1b]0;owned\x07\r\n\xff\xfe\xe2\x80\xae") for index in range(len(entries))
    ]
    await trial.peer.body(page_receipt(0, trial.peer.tree.digest, failures))
    await trial.peer.next_end()
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.closed()


# MARK: The receipt


def receipts(name: str, statuses: Any, change: Callable[[dict[str, Any]], dict[str, Any] | bytes]) -> None:
    async def script(trial: Receiver) -> None:
        await to_page_end(trial)
        await trial.peer.body(page_receipt(0, trial.peer.tree.digest))
        await trial.peer.next_end()
        changed = change({"type": "receipt", **trial.peer.tree.totals()})
        await trial.peer.control(changed)
        await trial.peer.closed()

    registry.add("send", f"receipt: {name}", statuses, script)


receipts("as it should be", OK, lambda right: right)
receipts("with unknown keys", OK, lambda right: {"x": [[]], **right, "TREE_DIGEST": "00"})
receipts("with its digest in upper case", OK, lambda right: {**right, "tree_digest": right["tree_digest"].upper()})
receipts("without failures", OK, lambda right: {key: value for key, value in right.items() if key != "failures"})
receipts("with a failure", PEER_FAILED, lambda right: {**right, "failures": 1})
receipts("with 2^63 - 1 failures", PEER_FAILED, lambda right: {**right, "failures": LARGEST})
receipts(
    "TREE_DIGEST for tree_digest",
    VIOLATION,
    lambda right: {("TREE_DIGEST" if key == "tree_digest" else key): value for key, value in right.items()},
)
receipts(
    "Bytes for bytes",
    VIOLATION,
    lambda right: {("Bytes" if key == "bytes" else key): value for key, value in right.items()},
)
receipts(
    "a wrong digest and then the right one",
    {OK, MISMATCH, VIOLATION},
    lambda right: b'{"tree_digest":"' + b"00" * 32 + b'",' + compact(right)[1:],
)
receipts("empty", VIOLATION, lambda right: b"{}")
receipts("its type alone", VIOLATION, lambda right: {"type": "receipt"})


def wrong_totals() -> None:
    for key in ("entries", "files", "bytes", "failures"):
        for name, value in {
            "one more": None,
            "0": 0,
            "-1": -1,
            "2^63": 1 << 63,
            "2^64 - 1": (1 << 64) - 1,
            "2^63 - 1": LARGEST,
            "text": "4",
            "1.5": 1.5,
            "10^400": 10**400,
        }.items():
            if key == "failures" and name in ("one more", "0", "2^63 - 1"):
                continue
            receipts(
                f"{key} {name}",
                {MISMATCH, VIOLATION} | ({PEER_FAILED} if key == "failures" else set()),
                lambda right, key=key, value=value: {**right, key: right[key] + 1 if value is None else value},
            )
    for name, digest in {
        "of zeros": "00" * 32,
        "too short": "00" * 31,
        "too long": "00" * 33,
        "empty": "",
        "a number": 1,
        "null": None,
    }.items():
        receipts(
            f"tree_digest {name}", {MISMATCH, VIOLATION}, lambda right, digest=digest: {**right, "tree_digest": digest}
        )


wrong_totals()


@registry.case("send", "receipt: before anything was sent", VIOLATION)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.closed()


@registry.case("send", "receipt: in place of the page's", VIOLATION)
async def _(trial: Receiver) -> None:
    await to_page_end(trial)
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.closed()


@registry.case("send", "receipt: before the end was sent", VIOLATION)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    await trial.peer.next_page()
    await trial.peer.body(answer(0))
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.closed()


@registry.case("send", "receipt: records and a reset behind it", OK)
async def _(trial: Receiver) -> None:
    await to_page_end(trial)
    await trial.peer.body(page_receipt(0, trial.peer.tree.digest))
    await trial.peer.next_end()
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.record(bytes(1000))
    await trial.peer.socket.text("x")
    await asyncio.sleep(0.2)
    trial.peer.socket.reset()


@registry.case("send", "receipt: none, but a Close 1000", PEER_LEFT)
async def _(trial: Receiver) -> None:
    await to_page_end(trial)
    await trial.peer.body(page_receipt(0, trial.peer.tree.digest))
    await trial.peer.next_end()
    await trial.peer.socket.close(1000)
    await trial.peer.closed()


# MARK: Decisions that are allowed, and what the sender says of them


@registry.case("send", "everything is skipped", OK)
async def _(trial: Receiver) -> None:
    await decided(trial, [SKIPPED])


@registry.case("send", "everything is refused, with escapes", PEER_FAILED)
async def _(trial: Receiver) -> None:
    await decided(trial, [REFUSED])


async def decided(trial: Receiver, what: list[int]) -> None:
    await trial.peer.open()
    _, entries = await trial.peer.next_page()
    items = [
        says(position, SKIPPED) if what == [SKIPPED] else refused(position, b"unsafe-path", b"\x1b[2J\r\n")
        for position in range(len(entries))
    ]
    await trial.peer.body(answer(0, items))
    await trial.peer.next(bodies.PAGE_END)
    await trial.peer.body(page_receipt(0, trial.peer.tree.digest))
    await trial.peer.next_end()
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.closed()


def many_files(places: Places) -> None:
    for number in range(5000):
        (places.source / f"f{number:05}").touch()


@registry.case("send", "answer: to the second page before the first", VIOLATION, prepare=many_files)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    first, entries = await trial.peer.next_page()
    await trial.peer.body(answer(first + len(entries)))
    await trial.peer.closed()


@registry.case("send", "answers and receipts to all pages without waiting", VIOLATION, prepare=many_files)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    for number in range(3):
        await trial.peer.body(answer(number * 2048))
        await trial.peer.body(page_receipt(number * 2048, bytes(32)))
    await trial.peer.closed()


# MARK: Slowly, and not at all


def much(places: Places) -> None:
    with open(places.source / "much", "wb") as file:
        file.truncate(64 << 20)


@registry.case(
    "send",
    "a receiver that takes nothing any more",
    PEER_LEFT,
    slow=True,
    prepare=much,
    arguments=["--compress", "off"],
)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    await trial.peer.next_page()
    await trial.peer.body(answer(0))
    trial.peer.socket.pause()
    await asyncio.sleep(20)
    trial.peer.socket.reset()


@registry.case("send", "a silent receiver", PEER_LEFT, slow=True)
async def _(trial: Receiver) -> None:
    await trial.peer.open()
    await trial.peer.next_page()
    trial.peer.patience = 180
    await trial.peer.closed()
