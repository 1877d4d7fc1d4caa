"""Somebody between two real processes, who does not know the code: a relay that changes what it passes on."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from dataclasses import dataclass
from typing import Any, Callable, Iterable

from .. import p256
from ..bodies import compact
from ..command import DOCUMENTED, MISMATCH, OK, PEER_FAILED, PEER_LEFT, RELAY_REFUSED, VIOLATION, WRONG_CODE, Command
from ..keys import SPAKE2, XWing
from ..peer import changed
from ..places import Places
from ..trial import MEMORY, Surroundings
from ..websocket import BINARY, TEXT, Gone, WebSocket

FROM_SENDER, FROM_RECEIVER = 0, 1
FAILED = DOCUMENTED - {OK}

# From whom, which message of that side it is (from 0), its opcode and payload; what is passed on in its place.
Filter = Callable[[int, int, int, bytes], list[tuple[int, bytes]]]
CONTENT = bytes(range(256)) * 2000


@dataclass
class BetweenCase:
    name: str
    make_filter: Callable[[], Filter]
    sender: frozenset[int]
    receiver: frozenset[int]
    slow: bool = False
    is_mutation: bool = False
    outcome: str = ""

    @property
    def title(self) -> str:
        return f"between: {self.name}"

    async def run(self, surroundings: Surroundings) -> list[str]:
        places = Places(surroundings.place(self.name))
        code = surroundings.codes.popleft()
        (places.source / "a").write_bytes(CONTENT)
        (places.source / "b").write_bytes(b"small")
        places.remember()
        ends: dict[str, asyncio.Future[WebSocket]] = {
            role: asyncio.get_running_loop().create_future() for role in ("sender", "receiver")
        }

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            socket = await WebSocket.accept(reader, writer)
            ends[json.loads((await socket.receive(60)).payload)["role"]].set_result(socket)

        server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 22)
        relay = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        commands = [
            Command(
                [surroundings.binary, *arguments, "--relay", relay, *rest],
                {"P2P_COPY_CODE": code.text},
                places.root / log,
            )
            for arguments, rest, log in (
                (["send"], [str(places.source) + "/."], "log-sender"),
                (["receive"], ["--out", str(places.out)], "log-receiver"),
            )
        ]
        pumps: list[asyncio.Task[None]] = []
        try:
            both = [await asyncio.wait_for(ends[role], 60) for role in ("sender", "receiver")]
            passes = self.make_filter()
            pumps = [asyncio.create_task(pump(both[side], both[1 - side], side, passes)) for side in (0, 1)]
            for socket in both:
                await socket.text('{"type":"ready","protocol":2}')
            outcomes = [await command.finished(200) for command in commands]
            self.outcome = " and ".join(str(outcome.status) for outcome in outcomes)
            faults = []
            for who, outcome, expected in zip(("sender", "receiver"), outcomes, (self.sender, self.receiver)):
                faults += [f"the {who} {fault}" for fault in outcome.faults(expected, MEMORY)]
            faults += places.faults({b"a": {CONTENT}, b"b": {b"small"}}, may_replace=False)
            if outcomes[0].status == 0 or outcomes[1].status == 0:
                for name, content in (("a", CONTENT), ("b", b"small")):
                    path = places.out / name
                    if not path.is_file() or path.read_bytes() != content:
                        faults.append(f"somebody ended with 0, and {name} is not in place")
            if faults:
                faults += [f"it printed: {outcome.output.decode('utf-8', 'replace')[-400:]}" for outcome in outcomes]
            return faults
        finally:
            surroundings.codes.append(code)
            for task in pumps:
                task.cancel()
            for end in ends.values():
                if end.done():
                    end.result().dispose()
            server.close()
            shutil.rmtree(places.root, ignore_errors=True)


async def pump(source: WebSocket, target: WebSocket, side: int, passes: Filter) -> None:
    number = 0
    try:
        while True:
            try:
                message = await source.receive(300)
            except Gone as gone:
                if gone.status is None:
                    target.dispose()
                else:
                    await target.close(gone.status if gone.status != 1005 else None, gone.reason)
                return
            for opcode, payload in passes(side, number, message.opcode, message.payload):
                if opcode == RESET:
                    source.reset()
                    target.reset()
                    return
                await target.send(opcode, payload)
            number += 1
    except Gone:
        return


RESET = -1


class Between:
    def __init__(self) -> None:
        self.cases: list[Any] = []


registry = Between()


def between(
    name: str, make_filter: Callable[[], Filter], sender: Iterable[int], receiver: Iterable[int], **more: Any
) -> None:
    registry.cases.append(BetweenCase(name, make_filter, frozenset(sender), frozenset(receiver), **more))


def at(side: int, number: int, change: Callable[[bytes], list[tuple[int, bytes]]]) -> Callable[[], Filter]:
    """Changes one message; messages 0 and up of each side are its texts of the handshake, then its records."""

    def passes(from_side: int, count: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
        return change(payload) if (from_side, count) == (side, number) else [(opcode, payload)]

    return lambda: passes


def text(side: int, number: int, **changes: Any) -> Callable[[], Filter]:
    return at(side, number, lambda payload: [(TEXT, compact(changed(json.loads(payload), changes)))])


between("nothing is changed", at(0, 999, lambda payload: []), {OK}, {OK})

# MARK: The handshake. Sender: message 1 is 0, message 3 is 1, records from 2. Receiver: message 2 is 0, records from 1.

STRANGER = p256.encode(p256.multiply(p256.G, 99)).hex()


def flipped(key: str) -> Callable[[bytes], list[tuple[int, bytes]]]:
    def change(payload: bytes) -> list[tuple[int, bytes]]:
        message = json.loads(payload)
        value = message[key]
        message[key] = (
            value[: 100 % len(value)] + ("0" if value[100 % len(value)] != "0" else "1") + value[100 % len(value) + 1 :]
        )
        return [(TEXT, compact(message))]

    return change


# Both may be told apart only by what they end with: one cannot go on, and the other loses its peer.
WRONG = {WRONG_CODE, VIOLATION, PEER_LEFT}
between("the sender's share is another one", text(0, 0, share=STRANGER), {WRONG_CODE}, {WRONG_CODE})
between("the receiver's share is another one", text(1, 0, share=STRANGER), {WRONG_CODE}, {WRONG_CODE})
between("a digit of the KEM key", at(0, 0, flipped("kem_key")), WRONG, WRONG)
between("a digit of the KEM ciphertext", at(1, 0, flipped("kem_ciphertext")), {WRONG_CODE}, {WRONG_CODE})
between("a digit of the receiver's confirmation", at(1, 0, flipped("confirmation")), {WRONG_CODE}, {WRONG_CODE})
between(
    "a digit of the sender's confirmation",
    at(0, 1, flipped("confirmation")),
    {WRONG_CODE, PEER_FAILED, PEER_LEFT},
    {WRONG_CODE},
)
between("the KEM key is the attacker's", text(0, 0, kem_key=XWing().public.hex()), WRONG, WRONG)
between(
    "the KEM ciphertext is the attacker's",
    text(1, 0, kem_ciphertext=XWing.encapsulate(XWing().public)[0].hex()),
    {WRONG_CODE},
    {WRONG_CODE},
)
between("the sender's protocol is 1", text(0, 0, protocol=1), FAILED, {VIOLATION})
between("the receiver's protocol is 3", text(1, 0, protocol=3), {VIOLATION}, FAILED)
between("message 1 twice", at(0, 0, lambda payload: [(TEXT, payload)] * 2), FAILED, {WRONG_CODE})
between("message 2 twice", at(1, 0, lambda payload: [(TEXT, payload)] * 2), {VIOLATION, WRONG_CODE}, FAILED)
between("message 3 twice", at(0, 1, lambda payload: [(TEXT, payload)] * 2), FAILED, {VIOLATION})
between("message 2 is dropped", at(1, 0, lambda payload: []), {PEER_LEFT}, {WRONG_CODE}, slow=True)
between("message 3 is dropped", at(0, 1, lambda payload: []), {PEER_LEFT, WRONG_CODE, PEER_FAILED}, {WRONG_CODE})
between(
    "wrong_code for message 2", at(1, 0, lambda payload: [(TEXT, b'{"type":"wrong_code"}')]), {WRONG_CODE}, {WRONG_CODE}
)
between("wrong_code for message 3", at(0, 1, lambda payload: [(TEXT, b'{"type":"wrong_code"}')]), FAILED, {WRONG_CODE})
between(
    "an error of the relay for message 2",
    at(1, 0, lambda payload: [(TEXT, b'{"type":"error","code":"shutting-down","message":"\\u001b[31mno"}')]),
    {RELAY_REFUSED},
    {WRONG_CODE},
)


def reflected() -> Filter:
    """What the sender says comes back as the receiver's, and the other way round, with the fields that fit."""

    def passes(side: int, number: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
        if (side, number) != (FROM_RECEIVER, 0):
            return [(opcode, payload)]
        message = json.loads(payload)
        message["share"] = kept["share"]
        return [(TEXT, compact(message))]

    kept: dict[str, str] = {}

    def remembering(side: int, number: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
        if (side, number) == (FROM_SENDER, 0):
            kept.update(json.loads(payload))
        return passes(side, number, opcode, payload)

    return remembering


between("the sender's own share is its answer", reflected, {WRONG_CODE}, {WRONG_CODE})


def guesses() -> Filter:
    """The attacker answers in place of the receiver with a guess."""
    spake = SPAKE2(1, b"a guess".ljust(48))

    def passes(side: int, number: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
        if (side, number) == (FROM_RECEIVER, 0):
            return [
                (
                    TEXT,
                    compact({**json.loads(payload), "share": spake.share.hex(), "confirmation": secrets.token_hex(32)}),
                )
            ]
        return [(opcode, payload)]

    return passes


between("a guess in place of the receiver", guesses, {WRONG_CODE}, {WRONG_CODE})

# MARK: Records


def flip(payload: bytes) -> list[tuple[int, bytes]]:
    return [(BINARY, payload[:50] + bytes([payload[50] ^ 4]) + payload[51:])]


# The sender's records: 2 the manifest, 3 the page, 4 and on data. The receiver's: 1 its manifest, 2 the answer, 3 and on receipts.
PLACES = {
    "manifest": (0, 2),
    "selection": (1, 1),
    "page": (0, 3),
    "answer": (1, 2),
    "data": (0, 4),
    "page receipt": (1, 3),
}
CHANGES: dict[str, Callable[[bytes], list[tuple[int, bytes]]]] = {
    "with a bit changed": flip,
    "twice": lambda payload: [(BINARY, payload)] * 2,
    "dropped": lambda payload: [(BINARY, bytes(0))],
    "cut off": lambda payload: [(BINARY, payload[:-1])],
    "as a text": lambda payload: [(TEXT, b'{"type":"hm"}')],
    "wrong_code in its place": lambda payload: [(TEXT, b'{"type":"wrong_code"}')],
    "wrong_code behind it": lambda payload: [(BINARY, payload), (TEXT, b'{"type":"wrong_code"}')],
    "a reset in its place": lambda payload: [(RESET, b"")],
}


def records() -> None:
    for place, (side, number) in PLACES.items():
        for name, change in CHANGES.items():
            damaged = {MISMATCH, VIOLATION}
            lost = {MISMATCH, PEER_LEFT, PEER_FAILED, VIOLATION}
            if name == "a reset in its place":
                damaged = lost = {PEER_LEFT}
            if name == "as a text" or "wrong_code" in name:
                # Nothing of the receiver has opened when it comes in place of its first record: there it means what it says,
                # since a receiver that does not take message 3 says it then. Of a sender it is never right among records.
                first = place == "selection" and name == "wrong_code in its place"
                damaged = {WRONG_CODE} if first else {VIOLATION}
                lost = lost | ({WRONG_CODE} if first else set())
            if place == "page receipt" and name in ("twice", "wrong_code behind it"):
                # With the record that came whole the sender may say its `end` before it reads what is behind it, and then the
                # receiver has everything and ends in good order. That both files are in place is checked wherever 0 is.
                lost = lost | {OK}
            sides = (damaged, lost) if side == FROM_RECEIVER else (lost, damaged)
            between(f"the {place}, {name}", at(side, number, change), *sides)


records()


def swapped() -> Filter:
    kept: list[bytes] = []

    def passes(side: int, number: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
        if (side, number) == (FROM_SENDER, 4):
            kept.append(payload)
            return []
        if (side, number) == (FROM_SENDER, 5):
            return [(BINARY, payload), (BINARY, kept[0])]
        return [(opcode, payload)]

    return passes


between("two records of data change places", swapped, {MISMATCH, PEER_LEFT, PEER_FAILED}, {MISMATCH})


def mirrored() -> Filter:
    kept: list[bytes] = []

    def passes(side: int, number: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
        if (side, number) == (FROM_SENDER, 2):
            kept.append(payload)
        if (side, number) == (FROM_RECEIVER, 1):
            return [(BINARY, kept[0])]
        return [(opcode, payload)]

    return passes


between("the sender's first record comes back to it", mirrored, {MISMATCH}, {MISMATCH, PEER_LEFT, PEER_FAILED})


def replayed() -> Callable[[], Filter]:
    """Records of an earlier session of the same code, under the keys of which nobody is any more."""
    earlier: dict[tuple[int, int], bytes] = {}

    def make() -> Filter:
        is_first = not earlier

        def passes(side: int, number: int, opcode: int, payload: bytes) -> list[tuple[int, bytes]]:
            if is_first:
                earlier[side, number] = payload
                return [(opcode, payload)]
            if side == FROM_SENDER and (side, number) in earlier:
                return [(opcode, earlier[side, number])]
            return [(opcode, payload)]

        return passes

    return make


class Replayed(BetweenCase):
    async def run(self, surroundings: Surroundings) -> list[str]:
        code = surroundings.codes[0]
        first = BetweenCase("the session that is recorded", self.make_filter, frozenset({OK}), frozenset({OK}))
        faults = await first.run(surroundings)
        # The same code again.
        surroundings.codes.remove(code)
        surroundings.codes.appendleft(code)
        return faults + await super().run(surroundings)


registry.cases.append(
    Replayed(
        "a whole recorded session is played to the receiver", replayed(), frozenset(FAILED), frozenset({WRONG_CODE})
    )
)
