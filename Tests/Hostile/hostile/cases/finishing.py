"""The end of a transfer, going on with a part, checks, and slow senders."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

from .. import bodies
from ..bodies import LARGEST, compact, file, page
from ..command import INCOMPLETE, MISMATCH, OK, PEER_LEFT, UNREADABLE, VIOLATION
from ..sender import SenderPeer
from ..places import Places
from ..trial import Registry, Trial
from .data import TWO, item, packed, play, right_end

registry = Registry()
Sender = Trial[SenderPeer]

# MARK: The end


def the_end(name: str, statuses: Any, change: Callable[[dict[str, Any]], bytes | dict[str, Any]]) -> None:
    async def script(trial: Sender) -> None:
        trial.true(TWO[0])
        await trial.peer.open()
        await trial.peer.page_of(TWO[:1])
        right = {"type": "end", **trial.peer.tree.totals()}
        changed = change(dict(right))
        await trial.peer.control(changed)
        await trial.peer.next_control("receipt")
        await trial.peer.socket.close()
        await trial.peer.closed()

    registry.add("receive", f"end: {name}", statuses, script)


def with_value(key: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda right: {name: content for name, content in {**right, key: value}.items() if content is not ...}


the_end("without manifest_end before", {OK, VIOLATION}, lambda right: right)
for one_key in ("entries", "files", "bytes", "failures"):
    for value_name, one_value in {
        "one more": 2 if one_key != "bytes" else 11,
        "-1": -1,
        "2^63": 1 << 63,
        "2^64 - 1": (1 << 64) - 1,
        "2^63 - 1": LARGEST,
        "text": "1",
        "1.5": 1.5,
        "null": None,
        "missing": ...,
        "10^400": 10**400,
    }.items():
        # Failures of the sender are its own to count: a number is believed.
        believed = one_key == "failures"
        expected = {VIOLATION, MISMATCH}
        if believed:
            expected |= {OK, INCOMPLETE, PEER_LEFT, UNREADABLE}
        the_end(f"{one_key} {value_name}", expected, with_value(one_key, one_value))
for value_name, one_value in {
    "of zeros": "00" * 32,
    "one byte short": "00" * 31,
    "one byte long": "00" * 33,
    "empty": "",
    "not hexadecimal": "zz" * 32,
    "null": None,
    "a number": 0,
    "missing": ...,
}.items():
    the_end(f"tree_digest {value_name}", {VIOLATION, MISMATCH}, with_value("tree_digest", one_value))
the_end("tree_digest in upper case", OK, lambda right: {**right, "tree_digest": right["tree_digest"].upper()})
the_end(
    "TREE_DIGEST for tree_digest",
    VIOLATION,
    lambda right: {("TREE_DIGEST" if key == "tree_digest" else key): value for key, value in right.items()},
)
the_end(
    "Entries for entries",
    VIOLATION,
    lambda right: {("Entries" if key == "entries" else key): value for key, value in right.items()},
)
the_end(
    "TREE_DIGEST beside tree_digest", OK, lambda right: {"TREE_DIGEST": "00" * 32, **right, "Tree_Digest": "00" * 32}
)
the_end(
    "the right digest and then a wrong one",
    {OK, VIOLATION, MISMATCH},
    lambda right: compact(right)[:-1] + b',"tree_digest":"' + b"00" * 32 + b'"}',
)
the_end(
    "a wrong digest and then the right one",
    {OK, VIOLATION, MISMATCH},
    lambda right: b'{"tree_digest":"' + b"00" * 32 + b'",' + compact(right)[1:],
)


@registry.case("receive", "end: while a page is open", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page(TWO))
    await trial.peer.control({"type": "end", **trial.peer.tree.totals()})
    await trial.peer.closed()


@registry.case("receive", "end: nothing was announced at all", OK)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.control({"type": "end", **trial.peer.tree.totals()})
    await trial.peer.next_control("receipt")
    await trial.peer.socket.close()
    await trial.peer.closed()


@registry.case("receive", "end: data behind it", {OK, VIOLATION, PEER_LEFT})
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.control({"type": "end", **trial.peer.tree.totals()})
    for _ in range(200):
        await trial.peer.body(page(TWO))
    await trial.peer.closed()


@registry.case("receive", "end: the receipt comes from the sender", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.control({"type": "receipt", **trial.peer.tree.totals()})
    await trial.peer.closed()


@registry.case(
    "receive", "end: every file failed at the sender, and it says that none did", {UNREADABLE, INCOMPLETE, MISMATCH}
)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page(TWO))
    await play(trial, [bodies.file_failed(0), bodies.file_failed(1), bodies.page_end(0)])
    await trial.peer.next(bodies.PAGE_RECEIPT)
    await trial.peer.finish(failures=0)
    await trial.peer.socket.close()
    await trial.peer.closed()


# MARK: Going on

# What is gone on with are whole chunks.
CHUNK = 65536
PART = bytes(range(250)) * 400


def with_part(places: Places) -> None:
    (places.out / ".a.p2p-copy-partial").write_bytes(PART[: CHUNK + 4464])
    (places.out / "b").write_bytes(PART)


def going_on(name: str, statuses: Any, step: Callable[[Sender], Any]) -> None:
    async def script(trial: Sender) -> None:
        trial.true(file("a", PART))
        trial.needed.clear()
        await trial.peer.open()
        said = await trial.peer.answered(page([file("a", PART), file("b", PART)]))
        trial.expect(said[0][:2] == (bodies.CONTINUES, CHUNK) and said[1] == (bodies.CHECK,), f"the answer is {said}")
        await step(trial)
        await trial.peer.closed()

    registry.add("receive", f"going on: {name}", statuses, script, prepare=with_part)


def sends(*sent: bytes | Callable[[Sender], bytes]) -> Callable[[Sender], Any]:
    async def step(trial: Sender) -> None:
        await play(trial, sent)

    return step


going_on("from another place", VIOLATION, sends(bodies.checks(0, [(1, bytes(32))]), bodies.chunk(0, PART[CHUNK - 1 :], CHUNK - 1)))
going_on(
    "from beyond the part", VIOLATION, sends(bodies.checks(0, [(1, bytes(32))]), bodies.chunk(0, PART[CHUNK + 1 :], CHUNK + 1))
)
going_on("in a pack", VIOLATION, sends(bodies.checks(0, [(1, bytes(32))]), packed(item(0, PART[:1000]))))
going_on("complete, it says", {VIOLATION, MISMATCH}, sends(bodies.checks(0, [(1, bytes(32))]), right_end(0, PART)))
going_on("data of a file that is still to be checked", VIOLATION, sends(bodies.chunk(1, PART[:CHUNK])))
going_on("a page end in place of checks", VIOLATION, sends(bodies.page_end(0)))
going_on("checks of nothing", VIOLATION, sends(bodies.checks(0, [])))
going_on("checks of the other file", VIOLATION, sends(bodies.checks(0, [(0, bytes(32))])))
going_on("checks of both files", VIOLATION, sends(bodies.checks(0, [(0, bytes(32)), (1, bytes(32))])))
going_on("checks of one file twice", VIOLATION, sends(bodies.checks(0, [(1, bytes(32)), (1, bytes(32))])))
going_on("checks of position 2048", VIOLATION, sends(bodies.checks(0, [(2048, bytes(32))])))
going_on("checks of position 2^32 - 1", VIOLATION, sends(bodies.checks(0, [((1 << 32) - 1, bytes(32))])))
going_on("checks with a digest of 65 bytes", VIOLATION, sends(bodies.checks(0, [(1, bytes(65))])))
going_on("checks of page 1", VIOLATION, sends(bodies.checks(1, [(1, bytes(32))])))
going_on("checks that are cut off", VIOLATION, sends(bodies.checks(0, [(1, bytes(32))])[:-1]))
going_on("checks with a byte behind them", VIOLATION, sends(bodies.checks(0, [(1, bytes(32))]) + b"\0"))
going_on("checks twice", VIOLATION, sends(bodies.checks(0, [(1, bytes(32))]), bodies.checks(0, [(1, bytes(32))])))
going_on(
    "data for a file of which the digest was empty",
    VIOLATION,
    sends(bodies.file_failed(1), bodies.checks(0, [(1, b"")]), bodies.chunk(1, PART[:CHUNK])),
)


@registry.case("receive", "going on: the part's digest fits, the rest is another file's", MISMATCH, prepare=with_part)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page([file("a", PART)]))
    end = right_end(0, PART)(trial)
    await play(trial, [bodies.chunk(0, b"x" * (len(PART) - CHUNK), CHUNK), end, bodies.page_end(0)])
    await trial.peer.next(bodies.CHUNK_DIGESTS)
    # Once more, and another one's again.
    why, _, _, digests = bodies.read_chunk_digests(await trial.peer.next(bodies.CHUNK_DIGESTS), 32)
    trial.expect(why == 1 and digests[0] == trial.peer.chunk_digests(PART)[0], f"digests {why}")
    await play(trial, [bodies.chunk(0, b"y" * (len(PART) - CHUNK), CHUNK), end])
    await trial.peer.next(bodies.PAGE_RECEIPT)
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()


# MARK: Slowly


@registry.case("receive", "a byte of the record each 10 ms, and then nothing", PEER_LEFT)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    record = trial.peer.outgoing.seal(page(TWO))
    data = trial.peer.socket.frame(2, record)
    for at in range(len(data) - 5):
        await trial.peer.socket.raw(data[at : at + 1])
        await asyncio.sleep(0.01)
    trial.peer.socket.reset()


@registry.case("receive", "a silent sender, in the middle of a file", PEER_LEFT, slow=True)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page(TWO))
    await trial.peer.body(bodies.chunk(0, b"01"))
    trial.peer.patience = 180
    await trial.peer.closed()
