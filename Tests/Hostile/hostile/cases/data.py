"""Chunks, packs, ends of files, pages and transfers of a hostile sender."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from .. import bodies
from ..bodies import LARGEST, Entry, directory, file, link, metadata, page, stream
from ..command import CORRUPT, INCOMPLETE, MISMATCH, OK, PEER_LEFT, UNREADABLE, UNSAFE, VIOLATION
from ..sender import SenderPeer
from ..trial import Registry, Trial
from .pages import bomb

registry = Registry()
Sender = Trial[SenderPeer]
Bodies = Sequence[bytes | Callable[[Sender], bytes]]

CONTENT = b"0123456789"
MIB = 1 << 20

# The page that most cases send: positions 0 to 5.
ENTRIES = [
    file("a", CONTENT),
    file("b", CONTENT),
    directory("d"),
    link("l", "a"),
    stream("s", CONTENT),
    file("../bad", CONTENT),
]
A, B, DIRECTORY, LINK, STREAM, BAD = range(6)


def right_end(index: int, content: bytes = CONTENT) -> Callable[[Sender], bytes]:
    return lambda trial: bodies.file_end(index, len(content), trial.peer.digest(content))


def item(index: int, content: bytes = CONTENT, size: int | None = None, digest: bytes | None = None) -> Any:
    return (
        lambda trial: bodies.file_end_fields(
            index, len(content) if size is None else size, trial.peer.digest(content) if digest is None else digest
        )
        + content
    )


def packed(*items: Any, tail: bytes = b"", **more: Any) -> Callable[[Sender], bytes]:
    return lambda trial: bodies.pack([made(trial) for made in items] + [tail], **more)


async def play(trial: Sender, sent: Bodies) -> None:
    for body in sent:
        await trial.peer.body(body(trial) if callable(body) else body)


def violates(name: str, *sent: bytes | Callable[[Sender], bytes], statuses: Any = VIOLATION, **more: Any) -> None:
    """After the page and its answer these are sent, and the receiver must end the session."""

    async def script(trial: Sender) -> None:
        # What is whole and right may be in place.
        trial.peer.is_true(ENTRIES[A])
        trial.peer.is_true(ENTRIES[B])
        await trial.peer.open()
        await trial.peer.answered(page(ENTRIES))
        await play(trial, sent)
        await trial.peer.closed()

    registry.add("receive", name, statuses, script, **more)


# MARK: Chunks

violates("chunk: of no entry", bodies.chunk(6, CONTENT))
violates("chunk: of entry 2^64 - 1", bodies.chunk((1 << 64) - 1, CONTENT))
violates("chunk: of entry 2^63", bodies.chunk(1 << 63, CONTENT))
violates("chunk: of a directory", bodies.chunk(DIRECTORY, CONTENT))
violates("chunk: of a link", bodies.chunk(LINK, CONTENT))
violates("chunk: of a refused entry", bodies.chunk(BAD, CONTENT))
violates("chunk: begins behind the beginning", bodies.chunk(A, CONTENT, 5))
violates("chunk: begins at 2^64 - 1", bodies.chunk(A, CONTENT, (1 << 64) - 1))
violates("chunk: begins at 2^63 - 1", bodies.chunk(A, CONTENT, LARGEST))
violates("chunk: a short one, and not the last", bodies.chunk(A, b"01234"), bodies.chunk(A, b"56789", 5))
violates("chunk: leaves a gap", bodies.chunk(A, b"01234"), bodies.chunk(A, b"56789", 6))
violates("chunk: overlaps the one before", bodies.chunk(A, b"01234"), bodies.chunk(A, b"456789", 4))
violates("chunk: begins again", bodies.chunk(A, b"01234"), bodies.chunk(A, CONTENT))
violates("chunk: of a second file before the first has ended", bodies.chunk(A, b"01234"), bodies.chunk(B, b"01234"))
violates("chunk: after the end of its file", bodies.chunk(A, CONTENT), right_end(A), bodies.chunk(A, b"x", 10))
violates(
    "chunk: its file from the beginning, after its end",
    bodies.chunk(A, CONTENT),
    right_end(A),
    bodies.chunk(A, CONTENT),
)
violates("chunk: after its file failed", bodies.chunk(A, b"01"), bodies.file_failed(A), bodies.chunk(A, b"2", 2))
violates("chunk: larger than the chunk size", bodies.chunk(A, bytes(65537)))
violates("chunk: larger than the chunk size, compressed", bodies.chunk(A, bytes(65537), compress=True))
violates("chunk: of raw size 2^32 - 1", bodies.chunk(A, CONTENT, size=(1 << 32) - 1))
violates("chunk: of a raw size that is too small", bodies.chunk(A, CONTENT, size=9), statuses={VIOLATION, CORRUPT})
violates("chunk: of a raw size that is too large", bodies.chunk(A, CONTENT, size=11), statuses={VIOLATION, CORRUPT})
violates("chunk: of encoding 2", bodies.chunk(A, CONTENT, encoding=2))
violates("chunk: without a header", b"\x05")
violates("chunk: with half a header", bodies.chunk(A, CONTENT)[:23])
violates(
    "chunk: compressed, of a raw size that is too small",
    bodies.chunk(A, CONTENT, compress=True, size=9),
    statuses=CORRUPT,
)
violates(
    "chunk: compressed, of a raw size that is too large",
    bodies.chunk(A, CONTENT, compress=True, size=11),
    statuses=CORRUPT,
)
violates("chunk: compressed, it says", bodies.chunk(A, CONTENT, encoding=1), statuses=CORRUPT)
violates(
    "chunk: a bomb of 1 GiB",
    lambda trial: bodies.bulk(bodies.CHUNK, bomb(1 << 30), encoding=1, size=65536),
    statuses=CORRUPT,
)
violates("file end: of no entry", right_end(6))
violates("file end: of entry 2^64 - 1", right_end((1 << 64) - 1))
violates("file end: of a directory", right_end(DIRECTORY))
violates("file end: of a link", right_end(LINK))
violates("file end: of a refused entry", right_end(BAD))
violates("file end: without its data", right_end(A))
violates("file end: of a size below what came", bodies.chunk(A, CONTENT), right_end(A, b"012345678"))
violates("file end: of a size beyond what came", bodies.chunk(A, b"01234"), right_end(A))
violates("file end: of size 2^63", bodies.chunk(A, CONTENT), bodies.file_end(A, 1 << 63, bytes(32)))
violates("file end: of size 2^64 - 1", bodies.chunk(A, CONTENT), bodies.file_end(A, (1 << 64) - 1, bytes(32)))
violates("file end: twice", bodies.chunk(A, CONTENT), right_end(A), right_end(A))
violates("file end: of another file than the chunks", bodies.chunk(A, CONTENT), right_end(B))
violates("file end: with a digest of 65 bytes", bodies.chunk(A, CONTENT), bodies.file_end(A, 10, bytes(65)))
violates("file end: with a digest beyond its end", bodies.chunk(A, CONTENT), bodies.file_end(A, 10, bytes(32))[:-1])
violates("file end: with mode 0177777", bodies.chunk(A, CONTENT), bodies.file_end(A, 10, bytes(32), metadata(0xFFFF)))
violates("file end: of one byte", b"\x07")
violates("file failed: of no entry", bodies.file_failed(6))
violates("file failed: of entry 2^64 - 1", bodies.file_failed((1 << 64) - 1))
violates("file failed: of a directory", bodies.file_failed(DIRECTORY))
violates("file failed: twice", bodies.file_failed(A), bodies.file_failed(A))
violates("file failed: after the end of the file", bodies.chunk(A, CONTENT), right_end(A), bodies.file_failed(A))
violates("file failed: with a code of 65 bytes", bodies.file_failed(A, b"x" * 65))
violates("file failed: with a message of 401 bytes", bodies.file_failed(A, message=b"x" * 401))
violates("file failed: of one byte", b"\x08")

AGAIN_A = bodies.file_again(A)
violates("file again: before its file has begun", AGAIN_A)
violates("file again: of no entry", bodies.file_again(6))
violates("file again: of entry 2^64 - 1", bodies.file_again((1 << 64) - 1))
violates("file again: of a directory", bodies.file_again(DIRECTORY))
violates("file again: of a stream", bodies.chunk(STREAM, CONTENT), bodies.file_again(STREAM))
violates("file again: of another file than is coming", bodies.chunk(A, CONTENT), bodies.file_again(B))
violates("file again: after the end of its file", bodies.chunk(A, CONTENT), right_end(A), AGAIN_A)
violates("file again: after its file failed", bodies.chunk(A, CONTENT), bodies.file_failed(A), AGAIN_A)
violates("file again: of a file that came in a pack", packed(item(A)), AGAIN_A)
violates("file again: twice", bodies.chunk(A, CONTENT), AGAIN_A, bodies.chunk(A, CONTENT), AGAIN_A)
violates("file again: twice at once", bodies.chunk(A, CONTENT), AGAIN_A, AGAIN_A)
violates("file again: and goes on where it was", bodies.chunk(A, b"01234"), AGAIN_A, bodies.chunk(A, b"56789", 5))
violates("file again: and ends where it was", bodies.chunk(A, CONTENT), AGAIN_A, right_end(A))
violates("file again: of one byte", bodies.chunk(A, CONTENT), b"\x0d")
violates("file again: with a byte behind it", bodies.chunk(A, CONTENT), AGAIN_A + b"\0")

# MARK: Packs

violates("pack: of a directory", packed(item(DIRECTORY)))
violates("pack: of a link", packed(item(LINK)))
violates("pack: of a stream", packed(item(STREAM)))
violates("pack: of a refused entry", packed(item(BAD)))
violates("pack: of no entry", packed(item(6)))
violates("pack: of entry 2^64 - 1", packed(item((1 << 64) - 1)))
violates("pack: a file twice", packed(item(A), item(A)))
violates("pack: a file that came already", packed(item(A)), packed(item(A)))
violates("pack: while a file is open", bodies.chunk(A, b"01"), packed(item(B)))
violates("pack: the file that is open", bodies.chunk(A, b"01"), packed(item(A)))
violates("pack: an item beyond its end", packed(item(A, size=11)))
violates("pack: an item of 2^63 - 1 bytes", packed(item(A, size=LARGEST)))
violates("pack: an item of 2^63 bytes", packed(item(A, size=1 << 63)))
violates("pack: an item of 2^64 - 1 bytes", packed(item(A, size=(1 << 64) - 1)))
violates("pack: two items whose sizes add up to 2^64", packed(item(A, size=LARGEST), item(B, size=LARGEST)))
violates("pack: with a byte behind its items", packed(item(A), tail=b"\0"))
violates("pack: larger than the chunk size", packed(item(A, bytes(65536))))
violates("pack: larger than the chunk size, compressed", packed(item(A, bytes(65536)), compress=True))
violates("pack: of a raw size that is too large", packed(item(A), size=500), statuses={VIOLATION, CORRUPT})
violates("pack: of encoding 7", packed(item(A), encoding=7))
violates("pack: with a digest of 65 bytes", packed(item(A, digest=bytes(65))))
violates(
    "pack: a bomb of 1 GiB",
    lambda trial: bodies.bulk(bodies.PACK, bomb(1 << 30), encoding=1, size=65536),
    statuses=CORRUPT,
)

# MARK: Checks that nobody asked for

violates("checks: nobody asked", bodies.checks(0, [(A, bytes(32))]))
violates("checks: nobody asked, of none", bodies.checks(0, []))
violates("checks: of another page", bodies.checks(7, []))
violates("checks: of 2^32 - 1", bodies.checks(0, [], count=(1 << 32) - 1))

# MARK: Page ends

violates("page end: while a file is open", bodies.chunk(A, b"01"), bodies.page_end(0))
violates("page end: of another page", bodies.page_end(1))
violates("page end: of page 2^64 - 1", bodies.page_end((1 << 64) - 1))
violates("page end: of one byte", b"\x09")
violates("page end: twice", bodies.page_end(0), bodies.page_end(0))
violates("data after the page end", bodies.page_end(0), bodies.chunk(A, CONTENT))


def ends(
    name: str, statuses: Any, *sent: bytes | Callable[[Sender], bytes], placed: Sequence[Entry] = (), **more: Any
) -> None:
    """These bodies for the page `entries`, then its end and the transfer's, with what the page receipt says."""
    entries, gone = more.pop("entries", ENTRIES), more.pop("gone", set())
    asked_again: set[int] = set()

    async def script(trial: Sender) -> None:
        trial.true(*placed)
        await trial.peer.open()
        said = await trial.peer.answered(page(entries))
        await play(trial, sent)
        await trial.peer.body(bodies.page_end(0))
        while (said_last := await trial.peer.next(bodies.PAGE_RECEIPT, bodies.CHUNK_DIGESTS))[0] != bodies.PAGE_RECEIPT:
            # What is damaged is asked for once more, once, and is so again.
            size = len(trial.peer.digest(b""))
            why, index, _, _ = bodies.read_chunk_digests(said_last, size)
            trial.expect(why == 1 and index not in asked_again, f"chunk digests {why} of {index}")
            asked_again.add(index)
            await play(trial, [bodies.chunk(index, CONTENT), bodies.file_end(index, len(CONTENT), bytes(size))])
        _, digest, failures = bodies.read_page_receipt(said_last)
        failed = {index for index, _, _ in failures}
        for index, entry in enumerate(entries):
            is_placed = entry in placed or entry.kind in (bodies.DIRECTORY, bodies.LINK)
            if is_placed and index not in failed | gone and said.get(index, (0,))[0] == 0:
                trial.peer.tree.add(entry, len(entry.content), trial.peer.digest(entry.content))
        trial.expect(digest == trial.peer.tree.digest, f"the page receipt is that of another tree; {failures}")
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    registry.add("receive", name, statuses, script, **more)


TWO = [file("a", CONTENT), file("b", CONTENT)]
HALF = file("half", bytes(40_000))
ends(
    "file end: with a wrong digest; the other file arrives",
    MISMATCH,
    bodies.chunk(0, CONTENT),
    bodies.file_end(0, 10, bytes(32)),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file end: with an empty digest",
    {MISMATCH, VIOLATION},
    bodies.chunk(0, CONTENT),
    bodies.file_end(0, 10, b""),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file end: with half a digest",
    {MISMATCH, VIOLATION},
    bodies.chunk(0, CONTENT),
    lambda trial: bodies.file_end(0, 10, trial.peer.digest(CONTENT)[:16]),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file end: with a digest and more",
    {MISMATCH, VIOLATION},
    bodies.chunk(0, CONTENT),
    lambda trial: bodies.file_end(0, 10, trial.peer.digest(CONTENT) + b"\0"),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file end: something behind it is ignored",
    OK,
    bodies.chunk(0, CONTENT),
    lambda trial: right_end(0)(trial) + b"\1" * 99,
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO,
    entries=TWO,
)
ends(
    "file end: a size that is not the page's",
    OK,
    bodies.chunk(0, b"01234"),
    right_end(0, b"01234"),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=[file("a", b"01234", size=10), TWO[1]],
    entries=[file("a", b"01234", size=10), TWO[1]],
)
ends(
    "file end: wrong content under the right digest",
    MISMATCH,
    bodies.chunk(0, b"0123456780"),
    right_end(0),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "pack: a wrong digest; the other file arrives",
    MISMATCH,
    packed(item(0, digest=bytes(32)), item(1)),
    placed=TWO[1:],
    entries=TWO,
)
ends("pack: with another index in its header", OK, packed(item(0), item(1), index=77), placed=TWO, entries=TWO)
ends("pack: in another order than the page", OK, packed(item(1), item(0)), placed=TWO, entries=TWO)
ends("pack: of no items", OK, packed(), packed(item(0), item(1)), placed=TWO, entries=TWO)
ends(
    "pack: compressed, of no items",
    OK,
    packed(compress=True),
    packed(item(0), item(1)),
    placed=TWO,
    entries=TWO,
)
ends(
    "chunk: of no bytes",
    OK,
    bodies.chunk(0, b""),
    bodies.chunk(0, CONTENT),
    bodies.chunk(0, b"", 10),
    right_end(0),
    packed(item(1)),
    placed=TWO,
    entries=TWO,
)
ends(
    "chunk: of no bytes, compressed",
    OK,
    bodies.chunk(0, b"", compress=True),
    bodies.chunk(0, CONTENT),
    right_end(0),
    packed(item(1)),
    placed=TWO,
    entries=TWO,
)
ends(
    "file again: and comes in another length",
    OK,
    bodies.chunk(0, b"01234 and more than there will be"),
    bodies.file_again(0),
    bodies.chunk(0, CONTENT),
    right_end(0),
    packed(item(1)),
    placed=TWO,
    entries=TWO,
)
ends(
    "file again: and comes in a pack, behind another file",
    OK,
    bodies.chunk(0, b"void"),
    bodies.file_again(0),
    bodies.chunk(1, CONTENT),
    right_end(1),
    packed(item(0)),
    placed=TWO,
    entries=TWO,
)
ends(
    "file again: and never comes",
    INCOMPLETE,
    bodies.chunk(0, CONTENT),
    bodies.file_again(0),
    packed(item(1)),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file again: and fails",
    {UNREADABLE, INCOMPLETE, PEER_LEFT},
    bodies.chunk(0, CONTENT),
    bodies.file_again(0),
    bodies.chunk(0, CONTENT),
    bodies.file_failed(0),
    packed(item(1)),
    placed=TWO[1:],
    entries=TWO,
    gone={0},
)
ends("page end: nothing came", INCOMPLETE, entries=ENTRIES[:4])
ends(
    "file failed: for all",
    {UNREADABLE, INCOMPLETE, PEER_LEFT},
    bodies.file_failed(0),
    bodies.file_failed(1),
    entries=TWO,
)
ends(
    "file failed: with an unknown code and escapes",
    {*range(6, 18)},
    bodies.file_failed(0, b"\x1b[31m", b"\x1b]0;owned\x07\r\n"),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file failed: with a code that is success's opposite",
    {*range(1, 18), 130},
    bodies.file_failed(0, b"cancelled", b""),
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "file failed: of a link, which is then not made",
    INCOMPLETE,
    bodies.file_failed(0),
    entries=[link("l", "a")],
    gone={0},
)
ends(
    "file failed: of an entry that was refused",
    {UNSAFE, INCOMPLETE},
    bodies.file_failed(0),
    entries=[file("../x", b"")],
)
ends(
    "file failed: something behind it is ignored",
    {UNREADABLE, INCOMPLETE},
    bodies.file_failed(0) + b"\0" * 50,
    bodies.chunk(1, CONTENT),
    right_end(1),
    placed=TWO[1:],
    entries=TWO,
)
ends(
    "pack: a file of more than a quarter of a chunk",
    OK,
    packed(item(0, HALF.content), item(1)),
    placed=[HALF, TWO[1]],
    entries=[HALF, TWO[1]],
)
