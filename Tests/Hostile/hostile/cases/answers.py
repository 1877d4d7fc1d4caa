"""What a hostile receiver answers, decides and acknowledges."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Sequence

from .. import bodies
from ..bodies import (
    CHECK,
    COMPLETE,
    CONTINUES,
    LARGEST,
    REFUSED,
    SKIPPED,
    UNCHANGED,
    Entry,
    answer,
    continues,
    page_receipt,
    refused,
    says,
    verdict,
)
from ..command import DOCUMENTED, OK, PEER_LEFT, VIOLATION
from ..receiver import ReceiverPeer
from ..trial import Registry, Trial

registry = Registry()
Receiver = Trial[ReceiverPeer]
FAILED = DOCUMENTED - {OK}


class Positions:
    """Where the source's entries are in the only page."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.of = {entry.path: position for position, entry in enumerate(entries)}
        self.file, self.big = self.of[b"a"], self.of[b"d/big"]
        self.directory, self.link = self.of[b"d"], self.of[b"l"]
        self.count = len(entries)
        self.big_size = entries[self.big].size or 0


Made = Callable[[Positions], bytes]


def answers(name: str, made: Made | bytes, statuses: Any = VIOLATION, **more: Any) -> None:
    """The answer to the only page."""

    async def script(trial: Receiver) -> None:
        await trial.peer.open()
        _, entries = await trial.peer.next_page()
        await trial.peer.body(made(Positions(entries)) if callable(made) else made)
        await trial.peer.closed()

    registry.add("send", f"answer: {name}", statuses, script, **more)


DIGEST = bytes(16)
answers("to page 1", answer(1))
answers("to page 2^64 - 1", answer((1 << 64) - 1))
answers("cut off", answer(0)[:-1])
answers("with a byte behind it", answer(0) + b"\0")
answers("of 2^32 - 1 entries, it says", answer(0, count=(1 << 32) - 1))
answers("of 2049 entries", answer(0, [says(position, SKIPPED) for position in range(2049)]))
answers("of one entry more than it has", lambda at: answer(0, [says(at.file, SKIPPED)], count=2))
answers("about the position behind the last", lambda at: answer(0, [says(at.count, SKIPPED)]))
answers("about position 2047", answer(0, [says(2047, SKIPPED)]))
answers("about position 2048", answer(0, [says(2048, SKIPPED)]))
answers("about position 2^32 - 1", answer(0, [says((1 << 32) - 1, SKIPPED)]))
answers("in descending order", answer(0, [says(1, SKIPPED), says(0, SKIPPED)]))
answers("about one twice", answer(0, [says(0, SKIPPED), says(0, SKIPPED)]))
answers("0", answer(0, [says(0, 0)]))
answers("7", answer(0, [says(0, 7)]))
answers("255", answer(0, [says(0, 255)]))
answers("continues, without more", lambda at: answer(0, [says(at.file, CONTINUES)]))
answers("continues at 0", lambda at: answer(0, [continues(at.file, 0)]))
answers("continues at 2^63", lambda at: answer(0, [continues(at.file, 1 << 63)]))
answers("continues at 2^64 - 1", lambda at: answer(0, [continues(at.file, (1 << 64) - 1)]))
answers("continues at less than a chunk", lambda at: answer(0, [continues(at.file, 1)]))
answers("continues at a byte before the end", lambda at: answer(0, [continues(at.big, at.big_size - 1)]))
answers("continues at a byte behind the end", lambda at: answer(0, [continues(at.big, at.big_size + 1)]))
answers("continues at a chunk behind the end", lambda at: answer(0, [continues(at.big, at.big_size + (1 << 20))]))
answers("continues, a directory", lambda at: answer(0, [continues(at.directory, 1)]))
answers("continues, a link", lambda at: answer(0, [continues(at.link, 1)]))
answers("check a directory", lambda at: answer(0, [says(at.directory, CHECK)]))
answers("check a link", lambda at: answer(0, [says(at.link, CHECK)]))
answers("unchanged, a file", lambda at: answer(0, [says(at.file, UNCHANGED)]))
answers("unchanged, a directory", lambda at: answer(0, [says(at.directory, UNCHANGED)]))
answers("complete by times, a directory", lambda at: answer(0, [says(at.directory, COMPLETE)]))
answers("complete by times, a link", lambda at: answer(0, [says(at.link, COMPLETE)]))
for option in (["--no-resume"], ["--checksum"], ["--no-metadata"], ["--digest", "sha256"]):
    answers(
        f"complete by times, with {' '.join(option)}",
        lambda at: answer(0, [says(at.file, COMPLETE)]),
        arguments=option,
    )
answers("refused, with a code of 65 bytes", lambda at: answer(0, [refused(at.file, b"x" * 65)]))
answers("refused, with a message of 401 bytes", lambda at: answer(0, [refused(at.file, message=b"x" * 401)]))
answers("refused, cut off", lambda at: answer(0, [says(at.file, REFUSED)]))
answers("a verdict in its place", verdict(0))
answers("a page receipt in its place", page_receipt(0, bytes(32)))
answers(
    "continues, though it does not resume",
    lambda at: answer(0, [continues(at.file, 1)]),
    arguments=["--no-resume"],
)
answers("check, though it does not resume", lambda at: answer(0, [says(at.file, CHECK)]), arguments=["--no-resume"])
answers(
    "unchanged, though it does not resume", lambda at: answer(0, [says(at.link, UNCHANGED)]), arguments=["--no-resume"]
)


def after_answer(
    name: str, statuses: Any, said: Made | bytes, step: Callable[[Receiver, Positions], Awaitable[None]], **more: Any
) -> None:
    async def script(trial: Receiver) -> None:
        await trial.peer.open()
        _, entries = await trial.peer.next_page()
        at = Positions(entries)
        await trial.peer.body(said(at) if callable(said) else said)
        await step(trial, at)
        await trial.peer.closed()

    registry.add("send", name, statuses, script, **more)


def body(made: Made | bytes) -> Callable[[Receiver, Positions], Awaitable[None]]:
    async def step(trial: Receiver, at: Positions) -> None:
        await trial.peer.body(made(at) if callable(made) else made)

    return step


after_answer("answer: twice", VIOLATION, answer(0), body(answer(0)))
after_answer("answer: to a page that never was", VIOLATION, answer(0), body(answer(4)))
after_answer("verdict: nobody asked", VIOLATION, answer(0), body(verdict(0)))
after_answer(
    "verdict: nobody asked, about a file", VIOLATION, answer(0), body(lambda at: verdict(0, [says(at.file, UNCHANGED)]))
)


# MARK: What the sender still sends


async def whole_of(trial: Receiver, index: int) -> bytes:
    """Takes chunks until a file's end; the offset that they began at and what they were."""
    content, begin = b"", None
    while True:
        data = await trial.peer.next(bodies.CHUNK, bodies.FILE_END, bodies.PACK, bodies.PAGE_END)
        if data[0] == bodies.CHUNK:
            piece = bodies.read_bulk(data, trial.peer.selection["chunk_size"])
            if piece.index == index:
                begin = piece.offset if begin is None else begin
                content += piece.raw
        elif data[0] == bodies.FILE_END:
            end = bodies.read_file_end(bodies.Reader(data[1:]))
            if end.index == index:
                trial.expect(end.size == (begin or 0) + len(content), f"an end of {end.size} bytes")
                trial.expect(begin in (0, None), f"it began at {begin}")
                return content


def false_parts() -> None:
    for name, digest in (("zeros", DIGEST), ("the digest of something else", b"x" * 16)):

        async def step(trial: Receiver, at: Positions, digest: bytes = digest) -> None:
            count = -(-at.big_size // trial.peer.selection["chunk_size"])
            await trial.peer.body(bodies.chunk_digests(at.big, [digest] * count))
            content = await whole_of(trial, at.big)
            trial.expect(content == (trial.places.source / "d" / "big").read_bytes(), "not the whole file came")
            await trial.peer.socket.close(1000)

        after_answer(
            f"chunk digests: {name}, and all of it is sent",
            PEER_LEFT,
            lambda at: answer(0, [continues(at.big, at.big_size)]),
            step,
        )


false_parts()

# MARK: Chunk digests


def chunk_digests(name: str, made: Made | bytes, statuses: Any = VIOLATION) -> None:
    """What the receiver says of a file that it has all of, by what it answered."""
    after_answer(
        f"chunk digests: {name}", statuses, lambda at: answer(0, [continues(at.big, at.big_size)]), body(made)
    )


def listed(at: int, count: int = 1, **more: Any) -> bytes:
    return bodies.chunk_digests(at, [DIGEST] * count, **more)


chunk_digests("none", lambda at: listed(at.big, 0))
chunk_digests("more than there are", lambda at: listed(at.big, 1000))
chunk_digests("1025", lambda at: listed(at.big, 1025))
chunk_digests("65535, it says", lambda at: listed(at.big, count=1)[:18] + b"\xff\xff" + DIGEST)
chunk_digests("from the second on", lambda at: listed(at.big, first=1))
chunk_digests("from 2^64 - 1 on", lambda at: listed(at.big, first=(1 << 64) - 1))
chunk_digests("all of them twice", lambda at: listed(at.big, 1000, first=0))
chunk_digests("of a directory", lambda at: listed(at.directory))
chunk_digests("of a link", lambda at: listed(at.link))
chunk_digests("of a file that is wanted whole", lambda at: listed(at.file))
chunk_digests("cut off", lambda at: listed(at.big)[:-1])
chunk_digests("with a byte behind them", lambda at: listed(at.big) + b"\0")
chunk_digests("as damaged, before it came", lambda at: listed(at.big, why=1))
chunk_digests("as damaged, of no entry", lambda at: listed((1 << 64) - 1, why=1))
chunk_digests("for no reason there is", lambda at: listed(at.big, why=2))


# MARK: Verdicts


def verdicts(name: str, made: Made | bytes, statuses: Any = VIOLATION) -> None:
    async def step(trial: Receiver, at: Positions) -> None:
        await trial.peer.next(bodies.CHECKS)
        await trial.peer.body(made(at) if callable(made) else made)

    after_answer(f"verdict: {name}", statuses, lambda at: answer(0, [says(at.file, CHECK)]), step)


verdicts("of page 1", verdict(1))
verdicts("about a file that was not to be checked", lambda at: verdict(0, [says(at.big, UNCHANGED)]))
verdicts("about a directory", lambda at: verdict(0, [says(at.directory, SKIPPED)]))
verdicts("about position 2^32 - 1", verdict(0, [says((1 << 32) - 1, UNCHANGED)]))
verdicts("continues", lambda at: verdict(0, [continues(at.file, 1)]))
verdicts("check", lambda at: verdict(0, [says(at.file, CHECK)]))
verdicts("0", lambda at: verdict(0, [says(at.file, 0)]))
verdicts("complete by times", lambda at: verdict(0, [says(at.file, COMPLETE)]))
verdicts("about one twice", lambda at: verdict(0, [says(at.file, UNCHANGED)] * 2))
verdicts("cut off", lambda at: verdict(0, [says(at.file, UNCHANGED)])[:-1])
verdicts("of 2^32 - 1 entries, it says", verdict(0, count=(1 << 32) - 1))
verdicts("an answer in its place", answer(0))


async def verdict_and_leave(trial: Receiver, at: Positions) -> None:
    await trial.peer.body(verdict(0, [says(at.file, UNCHANGED)]))
    await trial.peer.socket.close(1000)


# The sender may have sent them by then, so that it cannot tell.
after_answer(
    "verdict: before the checks have come",
    {VIOLATION, PEER_LEFT},
    lambda at: answer(0, [says(at.file, CHECK)]),
    verdict_and_leave,
)
