"""Seeded random damage to sessions that would succeed without it: one change in each."""

from __future__ import annotations

import json
import random
from typing import Any, Callable

from . import bodies
from .bodies import directory, file, link, metadata, stream
from .command import DOCUMENTED, OK
from .places import Places
from .receiver import ReceiverPeer
from .sender import SenderPeer
from .trial import Case, Trial

BIG = bytes(range(256)) * 300
# Every kind of record comes: chunks, packs, checks, a part that is continued, a link, a stream, a failure.
TREE = [
    directory("d", metadata=metadata(0o755)),
    file("d/a", b"hello", metadata=metadata(0o644, nanoseconds=500)),
    file("d/b", b"other content", metadata=metadata(0o600)),
    file("d/part", BIG, metadata=metadata(0o644)),
    file("d/same", b"the same", metadata=metadata(0o644)),
    file("empty", metadata=metadata(0o644)),
    file("changed", b"one", metadata=metadata(0o644)),
    link("d/l", "a", metadata=metadata(0o777)),
    stream("s", b"stream" * 100),
]
# How often something of a stage is sent in a whole session: where a change may happen.
STEPS = {"receive": {"text": 2, "body": 17, "record": 17}, "send": {"text": 1, "body": 5, "record": 5}}
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)


def bytes_changed(data: bytes, chance: random.Random) -> bytes:
    """One edit of bytes."""
    at = chance.randrange(len(data) + 1)
    count = min(len(data) - at, chance.choice((1, 1, 2, 4, 8, chance.randrange(1, 200))))
    edit = chance.randrange(9)
    if edit == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    if edit == 1 and at < len(data):
        return data[:at] + bytes([chance.choice(INTERESTING)]) + data[at + 1 :]
    if edit == 2:
        width = chance.choice((2, 4, 8))
        value = chance.choice(
            (0, 1, 2047, 2048, 65535, 1 << 31, (1 << 32) - 1, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
        )
        return data[:at] + (value % (1 << 8 * width)).to_bytes(width, "big") + data[at + width :]
    if edit == 3:
        return data[:at] + chance.randbytes(chance.randrange(1, 64)) + data[at:]
    if edit == 4:
        return data[:at] + data[at + count :]
    if edit == 5:
        return data[:at] + data[at : at + count] * chance.randrange(2, 20) + data[at + count :]
    if edit == 6:
        return data[:at]
    if edit == 7:
        return data[:at] + chance.randbytes(count) + data[at + count :]
    return data + chance.randbytes(chance.randrange(1, 300))


VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1 << 31,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    10**40,
    "",
    "x",
    "\0",
    "\x1b[31m",
    "0" * 64,
    [],
    {},
    [[[[]]]],
    "\u202e",
    "none",
    "../x",
    {"name": "none"},
    65536,
    "working",
    "end",
    "error",
    "receipt",
)


def json_changed(data: bytes, chance: random.Random) -> bytes:
    """One edit of JSON: of its text, or of a value or key somewhere inside."""
    edit = chance.randrange(5)
    if edit == 0:
        return bytes_changed(data, chance)
    message = json.loads(data)
    place = message
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return bytes_changed(data, chance)
        key = chance.choice(keys)
        if isinstance(place[key], (dict, list)) and place[key] and chance.random() < 0.7:
            place = place[key]
            continue
        break
    if edit == 1 and isinstance(place, dict) and isinstance(key, str):
        value = place.pop(key)
        place[chance.choice((key.upper(), key + "\0", key.capitalize(), "", key * 20))] = value
    elif edit == 2:
        del place[key]
    elif edit == 3 and isinstance(place, dict):
        # The same key twice.
        text = bodies.compact(message)
        inner = bodies.compact(place)
        twice = inner[:-1] + b"," + bodies.compact(key) + b":" + bodies.compact(chance.choice(VALUES)) + b"}"
        return text.replace(inner, twice, 1)
    else:
        place[key] = chance.choice(VALUES)
    return bodies.compact(message)


class Change:
    """Damages the step of a session that its seed chooses, and leaves the others as they are."""

    def __init__(self, command: str, chance: random.Random) -> None:
        self._chance = chance
        # Most of them where the most is decided: in what stands in records.
        self._stage = chance.choices(("text", "body", "record"), (2, 7, 1))[0]
        self._step = chance.randrange(STEPS[command][self._stage])
        self._seen = 0
        self._kept: bytes | None = None

    def __call__(self, stage: str, data: bytes) -> list[bytes]:
        if stage != self._stage:
            return [data]
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return [data, kept]
        self._seen += 1
        if self._seen != self._step + 1:
            return [data]
        fate = self._chance.randrange(20)
        if fate == 0:
            return []
        if fate == 1:
            return [data, data]
        if fate == 2:
            # It comes behind the next one.
            self._kept = data
            return []
        if fate == 3:
            return [self._chance.randbytes(self._chance.randrange(0, 200)), data]
        if stage == "text":
            return [json_changed(data, self._chance)]
        if stage == "body" and data[:1] == b"\0" and self._chance.random() < 0.8:
            return [b"\0" + json_changed(data[1:], self._chance)]
        if stage == "body" and self._chance.random() < 0.1:
            return [bytes([self._chance.randrange(15)]) + data[1:]]
        return [bytes_changed(data, self._chance)]


def prepare(places: Places) -> None:
    (places.out / "d").mkdir()
    (places.out / "d" / ".part.p2p-copy-partial").write_bytes(BIG[:30_000])
    (places.out / "d" / "same").write_bytes(b"the same")
    (places.out / "changed").write_bytes(b"two")


async def sends(trial: Trial[SenderPeer]) -> None:
    peer = trial.peer
    # Whatever is damaged: these are the contents that a file may have in the end, under whichever name.
    for entry in TREE:
        peer.is_true(entry)
    await peer.open()
    await peer.page_of(TREE[:5], 0)
    await peer.page_of(TREE[5:], 5)
    await peer.control({"type": "working"})
    await peer.finish()
    await peer.socket.close(1000)
    await peer.closed()


async def receives(trial: Trial[ReceiverPeer]) -> None:
    await trial.peer.transfer({b"d/big": (bytes(range(256)) * 1024)[:1000], b"a": b"hello"})


def quits(script: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The peer does not wait long for what a damaged session may never bring, and leaves at anything that is not right."""

    async def quitting(trial: Trial[Any]) -> None:
        trial.peer.patience = 1.5
        try:
            await script(trial)
        except Exception:
            if hasattr(trial.peer, "socket"):
                trial.peer.socket.dispose()

    return quitting


def all_mutations(count: int, seed: int) -> list[Case]:
    """As many of each role."""
    cases = []
    for number in range(count):
        for command, script in (("receive", sends), ("send", receives)):
            chance = random.Random(f"{seed}/{command}/{number}")
            case = Case(
                f"mutation {number} of seed {seed}",
                command,
                quits(script),
                DOCUMENTED,
                is_mutation=True,
                prepare=prepare if command == "receive" else None,
                tamper=Change(command, chance),
                arguments=["--on-conflict", "overwrite"] if command == "receive" else [],
                may_replace=command == "receive",
            )
            if command == "receive":
                case.check = is_all_there
            cases.append(case)
    return cases


def is_all_there(trial: Trial[Any], outcome: Any) -> None:
    """0 says that the tree is in place, whatever was damaged."""
    if outcome.status != OK:
        return
    for entry in TREE:
        if entry.kind in (bodies.FILE, bodies.STREAM):
            path = trial.places.out / entry.path.decode()
            trial.expect(
                path.is_file() and path.read_bytes() == entry.content, f"ended with 0, and {entry.path!r} is not right"
            )
