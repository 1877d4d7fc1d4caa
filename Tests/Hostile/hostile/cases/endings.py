"""Peers that leave: after every step, by a Close, by a reset, and without answering."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable

from .. import bodies
from ..bodies import directory, file, link, page
from ..command import MISMATCH, OK, PEER_FAILED, PEER_LEFT, WRONG_CODE
from ..receiver import ReceiverPeer
from ..sender import SenderPeer
from ..trial import Registry, Trial

registry = Registry()
Step = Callable[[Trial[Any]], Awaitable[Any]]
CONTENT = b"0123456789" * 10
LARGE = CONTENT * 1000
ENTRIES = [directory("d"), file("d/a", LARGE), file("d/b", CONTENT), link("l", "d/a")]


async def says_end(trial: Trial[Any]) -> None:
    await trial.peer.control({"type": "end", **trial.peer.tree.totals()})


async def page_received(trial: Trial[Any]) -> None:
    await trial.peer.next(bodies.PAGE_RECEIPT)
    for entry in ENTRIES:
        trial.peer.tree.add(entry, len(entry.content), trial.peer.digest(entry.content))


# In the order of a transfer: each case goes on to one of these and leaves then.
OF_SENDER: dict[str, Step] = {
    "the hello and ready": lambda trial: trial.peer.meet(),
    "message 1": lambda trial: trial.peer.say(trial.peer.pake),
    "message 2": lambda trial: trial.peer.hear_pake(),
    "message 3": lambda trial: trial.peer.say(trial.peer.confirmation),
    "the manifests": lambda trial: trial.peer.exchange(),
    "a page": lambda trial: trial.peer.body(page(ENTRIES)),
    "the answer": lambda trial: trial.peer.next(bodies.ANSWER),
    "half a file": lambda trial: trial.peer.body(bodies.chunk(1, LARGE[:65536])),
    "a file's data": lambda trial: trial.peer.body(bodies.chunk(1, LARGE[65536:], 65536)),
    "a file's end": lambda trial: trial.peer.body(trial.peer.end_of(1, ENTRIES[1])),
    "a pack": lambda trial: trial.peer.body(bodies.pack([trial.peer.item(2, ENTRIES[2])])),
    "the page end": lambda trial: trial.peer.body(bodies.page_end(0)),
    "the page receipt": page_received,
    "manifest_end": lambda trial: trial.peer.control({"type": "manifest_end", "entries": 4, "files": 2, "bytes": 100100}),
    "the end": says_end,
    "the receipt": lambda trial: trial.peer.next_control("receipt"),
}


async def until_page_end(trial: Trial[Any]) -> None:
    while (await trial.peer.next())[0] != bodies.PAGE_END:
        pass


OF_RECEIVER: dict[str, Step] = {
    "message 1": lambda trial: _met(trial),
    "message 2": lambda trial: trial.peer.say(trial.peer.pake),
    "message 3": lambda trial: trial.peer.hear_confirmation(),
    "the manifest": lambda trial: trial.peer.hear_manifest(),
    "its own manifest": lambda trial: trial.peer.select(),
    "a page": lambda trial: trial.peer.next_page(),
    "the answer": lambda trial: trial.peer.body(bodies.answer(0)),
    "a piece of data": lambda trial: trial.peer.next(bodies.CHUNK, bodies.PACK),
    "the page end": until_page_end,
}


async def _met(trial: Trial[Any]) -> None:
    await trial.peer.meet()
    await trial.peer.hear_pake()


async def close_1000(trial: Trial[Any]) -> None:
    await trial.peer.socket.close(1000)


async def close_failed(trial: Trial[Any]) -> None:
    is_sender = isinstance(trial.peer, SenderPeer)
    await trial.peer.socket.close(4003 if is_sender else 4001, b"destination-unwritable")


async def reset(trial: Trial[Any]) -> None:
    trial.peer.socket.reset()


async def end_of_tcp(trial: Trial[Any]) -> None:
    trial.peer.socket.dispose()


async def half_a_frame(trial: Trial[Any]) -> None:
    await trial.peer.socket.raw(trial.peer.socket.frame(2, bytes(1000))[:500])
    trial.peer.socket.dispose()


WAYS: dict[str, Step] = {
    "Close 1000": close_1000,
    "a Close that says it failed": close_failed,
    "a reset": reset,
    "the end of TCP": end_of_tcp,
    "half a frame": half_a_frame,
}


def leaving() -> None:
    for command, steps in (("receive", OF_SENDER), ("send", OF_RECEIVER)):
        names = list(steps)
        for last in range(len(names)):
            for way_name, way in WAYS.items():

                async def script(
                    trial: Trial[Any], last: int = last, way: Step = way, steps: dict[str, Step] = steps
                ) -> None:
                    for name in names_of(steps)[: last + 1]:
                        await steps[name](trial)
                    await way(trial)

                registry.add(
                    command, f"after {names[last]}, {way_name}", statuses(command, names[last], way_name), script
                )


def names_of(steps: dict[str, Step]) -> list[str]:
    return list(steps)


def statuses(command: str, step: str, way: str) -> set[int]:
    if command == "receive":
        if step == "the receipt":
            # It was the last record: nothing behind it changes success.
            return {OK}
        if step == "the end":
            # The receipt may have gone out before.
            return {OK, PEER_LEFT}
        if step in ("message 1", "message 2"):
            # The receiver may have shown its confirmation, and somebody who leaves then may have guessed.
            return {PEER_LEFT, WRONG_CODE} if step == "message 1" else {WRONG_CODE}
        return {PEER_LEFT}
    # Of half a frame through the relay the sender sees a peer that vanished, too.
    return {PEER_FAILED} if way == "a Close that says it failed" else {PEER_LEFT}


leaving()

CLOSES: dict[int, tuple[int, int]] = {
    # Status: what the receiver and what the sender make of it.
    1001: (PEER_LEFT, PEER_LEFT),
    1003: (4, 4),
    1008: (4, 4),
    1009: (4, 4),
    1011: (PEER_LEFT, PEER_LEFT),
    1013: (4, 4),
    3000: (PEER_LEFT, PEER_LEFT),
    4001: (PEER_LEFT, PEER_FAILED),
    4002: (PEER_LEFT, PEER_LEFT),
    4003: (PEER_LEFT, PEER_LEFT),
    4999: (PEER_LEFT, PEER_LEFT),
}


def closes() -> None:
    for status, expected in CLOSES.items():
        for command in ("receive", "send"):
            for name, reason in {
                "": b"",
                ", with a reason of 123 bytes": b"x" * 123,
                ", with escapes": b"\x1b[31m\r\n",
            }.items():

                async def script(trial: Trial[Any], status: int = status, reason: bytes = reason) -> None:
                    await trial.peer.open()
                    await trial.peer.socket.close(status, reason)
                    await trial.peer.closed()

                usual = expected[0] if command == "receive" else expected[1]
                registry.add(
                    command,
                    f"Close {status}{name}",
                    {usual, PEER_LEFT, PEER_FAILED if command == "send" else PEER_LEFT},
                    script,
                )


closes()


def peer_failures() -> None:
    """A Close that says why: the same failure where it means the same at both peers."""
    for code, expected in {
        b"checksum-mismatch": {MISMATCH, PEER_FAILED},
        b"internal-error": {PEER_FAILED},
        b"cancelled": {PEER_FAILED},
        b"no-common-codec": {15, PEER_FAILED},
        b"hm": {PEER_FAILED},
        b"": {PEER_FAILED},
    }.items():

        async def script(trial: Trial[ReceiverPeer], code: bytes = code) -> None:
            await trial.peer.open()
            await trial.peer.next_page()
            await trial.peer.socket.close(4001, code)
            await trial.peer.closed()

        registry.add("send", f"Close 4001 for the reason {code.decode() or 'nothing'}", expected, script)


peer_failures()


def unanswered() -> None:
    """Closes of the command that nobody answers."""
    for command in ("receive", "send"):

        async def script(trial: Trial[Any]) -> None:
            await trial.peer.open()
            trial.peer.socket.answers_close = False
            await trial.peer.body(b"\xff")
            await trial.peer.closed()
            await asyncio.sleep(0.5)
            # Read nothing, say nothing, and stay.

        registry.add(command, "its Close is never answered", 7, script, direct=False)


unanswered()


@registry.case("receive", "nobody closes after the receipt", OK, slow=True)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.open()
    await trial.peer.finish()
    trial.peer.patience = 100
    await trial.peer.closed()


@registry.case("send", "an error record and then silence", PEER_FAILED, slow=True)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await trial.peer.open()
    await trial.peer.control({"type": "error", "code": "destination-unwritable", "message": "full"})
    trial.peer.socket.answers_close = False
    trial.peer.patience = 100
    await trial.peer.closed()


@registry.case(
    "send", "a receiver that fails while the sender has no room to send", {PEER_FAILED, PEER_LEFT}, slow=True
)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await trial.peer.open()
    await trial.peer.next_page()
    trial.peer.socket.pause()
    await trial.peer.control({"type": "error", "code": "destination-unwritable", "message": "full"})
    await trial.peer.socket.close(4001, b"destination-unwritable")
    await asyncio.sleep(1)
    trial.peer.socket.dispose()
