"""Records that do not open, and bodies that no record may have."""

from __future__ import annotations

from typing import Any, Callable

from .. import bodies
from ..bodies import directory, file
from ..command import MISMATCH, OK, PEER_LEFT, RELAY_REFUSED, VIOLATION
from ..peer import Peer
from ..receiver import ReceiverPeer
from ..sender import SenderPeer
from ..records import Direction
from ..trial import Registry, Trial

registry = Registry()
Change = Callable[[bytes], bytes]


def flip(at: int) -> Change:
    return lambda record: (
        record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]
        if at >= 0
        else (record[:at] + bytes([record[at] ^ 1]) + (record[at + 1 :] if at != -1 else b""))
    )


DAMAGED: dict[str, Change] = {
    "a bit of the number": flip(7),
    "the number's first bit": lambda record: bytes([record[0] ^ 0x80]) + record[1:],
    "a number of ones": lambda record: b"\xff" * 8 + record[8:],
    "a bit of the chain": flip(8),
    "the chain's last bit": flip(39),
    "a chain of zeros": lambda record: record[:8] + bytes(32) + record[40:],
    "a bit of the body": flip(40),
    "a bit of the tag": flip(-16),
    "the tag's last bit": flip(-1),
    "no bytes": lambda record: b"",
    "one byte": lambda record: record[:1],
    "39 bytes": lambda record: record[:39],
    "40 bytes": lambda record: record[:40],
    "55 bytes": lambda record: record[:55],
    "no body, but a tag": lambda record: record[:40] + record[-16:],
    "a byte less": lambda record: record[:-1],
    "a byte more": lambda record: record + b"\0",
    "a byte more in the middle": lambda record: record[:50] + b"\0" + record[50:],
    "zeros of its length": lambda record: bytes(len(record)),
    "2 MiB of zeros": lambda record: bytes(2 << 20),
}


async def one_more(peer: Peer) -> bytes:
    """The next record that is due, rightly sealed."""
    if isinstance(peer, SenderPeer):
        return peer.outgoing.seal(bodies.page([directory("d")]))
    assert isinstance(peer, ReceiverPeer)
    index, _ = await peer.next_page()
    return peer.outgoing.seal(bodies.answer(index))


def damaged() -> None:
    for name, change in DAMAGED.items():

        async def script(trial: Trial[Any], change: Change = change) -> None:
            await trial.peer.open()
            await trial.peer.record(change(await one_more(trial.peer)))
            await trial.peer.closed()

        async def first(trial: Trial[Any], change: Change = change) -> None:
            await trial.peer.handshake()
            await trial.peer.record(change(trial.peer.outgoing.seal(bodies.control({"type": "working"}))))
            await trial.peer.closed()

        for command in ("receive", "send"):
            registry.add(command, f"record: {name}", MISMATCH, script)
        if "bit" in name or name in ("no bytes", "55 bytes"):
            for command in ("receive", "send"):
                registry.add(command, f"first record: {name}", MISMATCH, first)


damaged()


def both(name: str, status: int | set[int] = MISMATCH) -> Callable[[Any], Any]:
    def added(script: Any) -> Any:
        for command in ("receive", "send"):
            registry.add(command, f"record: {name}", status, script)
        return script

    return added


WORKING = bodies.control({"type": "working"})


@both("twice")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    record = trial.peer.outgoing.seal(WORKING)
    await trial.peer.record(record)
    await trial.peer.record(record)
    await trial.peer.closed()


@both("two that changed places")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    first, second = trial.peer.outgoing.seal(WORKING), trial.peer.outgoing.seal(WORKING)
    await trial.peer.record(second)
    await trial.peer.record(first)
    await trial.peer.closed()


@both("one left out")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    trial.peer.outgoing.seal(WORKING)
    await trial.peer.record(trial.peer.outgoing.seal(WORKING))
    await trial.peer.closed()


@both("one left out, its number given to the next")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    chain = trial.peer.outgoing.chain
    trial.peer.outgoing.seal(WORKING)
    trial.peer.outgoing.number -= 1
    trial.peer.outgoing.chain = chain + b"x"
    await trial.peer.record(trial.peer.outgoing.seal(WORKING))
    await trial.peer.closed()


@both("one of its own comes back")
async def _(trial: Trial[Any]) -> None:
    own: list[bytes] = []
    opened = Direction.open

    def kept(direction: Direction, record: bytes) -> bytes:
        own.append(record)
        return opened(direction, record)

    trial.peer.handshake_done = None
    await trial.peer.handshake()
    trial.peer.incoming.open = lambda record: kept(trial.peer.incoming, record)  # type: ignore[method-assign]
    if isinstance(trial.peer, SenderPeer):
        await trial.peer.exchange()
    else:
        await trial.peer.hear_manifest()
        await trial.peer.select()
    await trial.peer.record(own[0])
    await trial.peer.closed()


@both("under the key of the other direction")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    outgoing = trial.peer.outgoing
    outgoing.cipher, outgoing.iv = trial.peer.incoming.cipher, trial.peer.incoming.iv
    await trial.peer.record(outgoing.seal(WORKING))
    await trial.peer.closed()


@both("still under the bootstrap key")
async def _(trial: Trial[Any]) -> None:
    trial.peer.change_keys = lambda: None
    await trial.peer.open()
    await trial.peer.body(WORKING)
    await trial.peer.closed()


@both("under the data key before it is agreed on")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.handshake()
    trial.peer.outgoing.use("data", "aes-256-gcm", bytes(32))
    await trial.peer.body(WORKING)
    await trial.peer.closed()


@both("numbers that begin again with the new key")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    trial.peer.outgoing.number = 0
    await trial.peer.body(WORKING)
    await trial.peer.closed()


@both("a chain that begins again with the new key")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    trial.peer.outgoing.chain = b""
    await trial.peer.body(WORKING)
    await trial.peer.closed()


@both("the cipher that was not selected")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    trial.peer.outgoing.use("data", "chacha20-poly1305", b"")
    await trial.peer.body(WORKING)
    await trial.peer.closed()


# MARK: Texts among records


def among_records() -> None:
    for name, text in {
        "wrong_code": '{"type":"wrong_code"}',
        "ready": '{"type":"ready","protocol":2}',
        "no JSON": "x",
        "nothing": "",
        "an error of the relay": '{"type":"error","code":"shutting-down","message":"no"}',
        "an array nested 100,000 times": "[" * 100_000 + "]" * 100_000,
    }.items():

        async def script(trial: Trial[Any], text: str = text) -> None:
            await trial.peer.open()
            await trial.peer.record(await one_more(trial.peer))
            await trial.peer.socket.text(text)
            await trial.peer.closed()

        # Also `wrong_code`: this direction has opened a record, so the codes are the same, and who says so lies.
        both(f"the text {name} in the middle", VIOLATION)(script)


among_records()

# MARK: Bodies that nobody may send, and that one role may not

KINDS: dict[str, bytes] = {
    "an empty one": b"",
    "kind 15": b"\x0f",
    "a lane lost that is cut": b"\x0e" + bytes(7),
    "a count of records that is cut": b"\x0b" + bytes(7),
    "kind 255": b"\xff" * 100,
    "2 MiB of kind 200": b"\xc8" * ((2 << 20) - 56),
}
OF_SENDER: dict[str, bytes] = {
    "page": bodies.page([file("x", b"x")]),
    "checks": bodies.checks(0, []),
    "chunk": bodies.chunk(0, b"x"),
    "pack": bodies.pack([]),
    "file end": bodies.file_end(0, 0, b""),
    "file failed": bodies.file_failed(0),
    "page end": bodies.page_end(0),
    "file again": bodies.file_again(0),
}
OF_RECEIVER: dict[str, bytes] = {
    "answer": bodies.answer(0),
    "verdict": bodies.verdict(0),
    "page receipt": bodies.page_receipt(0, bytes(32)),
}


def kinds() -> None:
    for command, foreign in (("receive", OF_RECEIVER), ("send", OF_SENDER)):
        for name, body in {**KINDS, **{f"a {name}, which is its own": body for name, body in foreign.items()}}.items():

            async def script(trial: Trial[Any], body: bytes = body) -> None:
                await trial.peer.open()
                await trial.peer.body(body)
                await trial.peer.closed()

            registry.add(command, f"body: {name}", VIOLATION, script)


kinds()


def largest_messages() -> None:
    async def script(trial: Trial[Any]) -> None:
        await trial.peer.open()
        await trial.peer.record(bytes((2 << 20) + 1))
        await trial.peer.closed()

    for command in ("receive", "send"):
        registry.add(command, "message: 2 MiB and a byte, through the relay", {PEER_LEFT, RELAY_REFUSED}, script)


largest_messages()


@both("in frames of one byte, with empty ones between", {OK, PEER_LEFT})
async def _(trial: Trial[Any]) -> None:
    await trial.peer.open()
    record = await one_more(trial.peer)
    socket = trial.peer.socket
    frames = [socket.frame(2, record[:1], final=False), socket.frame(0, b"", final=False)]
    frames += [socket.frame(0, record[at : at + 1], final=False) for at in range(1, len(record))]
    await socket.raw(b"".join(frames) + socket.frame(0, b""))
    await trial.peer.next(*((bodies.ANSWER,) if isinstance(trial.peer, SenderPeer) else ()))
    await socket.close(1000)
    await trial.peer.closed()
