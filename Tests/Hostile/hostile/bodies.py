"""The bodies of records, written and read: docs/protocol.md, "Bodies" to "Control records", and the tree digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

import xxhash
import zstandard

CONTROL, PAGE, ANSWER, CHECKS, VERDICT, CHUNK, PACK, FILE_END, FILE_FAILED, PAGE_END = range(10)
PAGE_RECEIPT, RECEIVED, LANES, FILE_AGAIN, LANE_LOST, CHUNK_DIGESTS = range(10, 16)
FILE, DIRECTORY, LINK, STREAM = range(4)
CONTINUES, CHECK, UNCHANGED, SKIPPED, REFUSED, COMPLETE = range(1, 7)

# Nothing that a peer says about a size is above this.
LARGEST = (1 << 63) - 1

Digests = {"xxh128": lambda data: xxhash.xxh3_128_digest(data), "sha256": lambda data: hashlib.sha256(data).digest()}


def chunk_digests_of(name: str, content: bytes, chunk_size: int) -> list[bytes]:
    return [Digests[name](content[at : at + chunk_size]) for at in range(0, len(content), chunk_size)]


def file_digest(name: str, content: bytes, chunk_size: int) -> bytes:
    """That of a file: over the digests of its chunks, but for sha256."""
    if name == "sha256" or len(content) <= chunk_size:
        return Digests[name](content)
    return Digests[name](b"".join(chunk_digests_of(name, content, chunk_size)))


def u8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def bytes16(value: bytes) -> bytes:
    return u16(len(value)) + value


def metadata(mode: int | None = None, seconds: int = 1_700_000_000, nanoseconds: int = 0) -> bytes:
    if mode is None:
        return b"\0"
    return b"\1" + u16(mode) + seconds.to_bytes(8, "big", signed=True) + u32(nanoseconds)


@dataclass(frozen=True)
class Entry:
    """One entry of a page, and the content that goes with it."""

    kind: int
    path: bytes
    content: bytes = b""
    target: bytes = b""
    metadata: bytes = b"\0"
    # What the page says; the content's own unless it is given.
    size: int | None = None

    def encoded(self) -> bytes:
        output = u8(self.kind) + bytes16(self.path) + self.metadata
        if self.kind == FILE:
            output += u64(len(self.content) if self.size is None else self.size)
        if self.kind == LINK:
            output += bytes16(self.target)
        return output


def file(path: bytes | str, content: bytes = b"", **more: Any) -> Entry:
    return Entry(FILE, path.encode() if isinstance(path, str) else path, content, **more)


def directory(path: bytes | str, **more: Any) -> Entry:
    return Entry(DIRECTORY, path.encode() if isinstance(path, str) else path, **more)


def link(path: bytes | str, target: bytes | str, **more: Any) -> Entry:
    return Entry(
        LINK,
        path.encode() if isinstance(path, str) else path,
        target=target.encode() if isinstance(target, str) else target,
        **more,
    )


def stream(path: bytes | str, content: bytes = b"") -> Entry:
    return Entry(STREAM, path.encode() if isinstance(path, str) else path, content)


# MARK: From the sender


def control(message: dict[str, Any] | bytes) -> bytes:
    return b"\0" + (message if isinstance(message, bytes) else compact(message))


def compact(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def bulk(
    kind: int,
    raw: bytes,
    index: int = 0,
    offset: int = 0,
    compress: bool = False,
    size: int | None = None,
    encoding: int | None = None,
    reserved: int = 0,
) -> bytes:
    payload = zstandard.compress(raw) if compress else raw
    return (
        u8(kind)
        + u8(int(compress) if encoding is None else encoding)
        + u16(reserved)
        + u32(len(raw) if size is None else size)
        + u64(index)
        + u64(offset)
        + payload
    )


def page_raw(entries: Sequence[Entry], count: int | None = None) -> bytes:
    return u32(len(entries) if count is None else count) + b"".join(entry.encoded() for entry in entries)


def page(entries: Sequence[Entry], index: int = 0, **more: Any) -> bytes:
    return bulk(PAGE, page_raw(entries), index=index, **more)


def chunk(index: int, raw: bytes, offset: int = 0, **more: Any) -> bytes:
    return bulk(CHUNK, raw, index=index, offset=offset, **more)


def file_end_fields(index: int, size: int, digest: bytes, about: bytes = b"\0") -> bytes:
    return u64(index) + u64(size) + about + bytes16(digest)


def file_end(index: int, size: int, digest: bytes, about: bytes = b"\0") -> bytes:
    return u8(FILE_END) + file_end_fields(index, size, digest, about)


def pack(items: Iterable[bytes], index: int = 0, **more: Any) -> bytes:
    return bulk(PACK, b"".join(items), index=index, **more)


def failure(index: int, code: bytes = b"source-unreadable", message: bytes = b"gone") -> bytes:
    return u64(index) + bytes16(code) + bytes16(message)


def file_failed(index: int, code: bytes = b"source-unreadable", message: bytes = b"gone") -> bytes:
    return u8(FILE_FAILED) + failure(index, code, message)


def file_again(index: int) -> bytes:
    return u8(FILE_AGAIN) + u64(index)


def page_end(index: int) -> bytes:
    return u8(PAGE_END) + u64(index)


def checks(index: int, digests: Sequence[tuple[int, bytes]], count: int | None = None) -> bytes:
    return (
        u8(CHECKS)
        + u64(index)
        + u32(len(digests) if count is None else count)
        + b"".join(u32(position) + bytes16(digest) for position, digest in digests)
    )


# MARK: From the receiver


def continues(position: int, size: int) -> bytes:
    return u32(position) + u8(CONTINUES) + u64(size)


def chunk_digests(index: int, digests: Sequence[bytes], first: int = 0, why: int = 0, count: int | None = None) -> bytes:
    count = len(digests) if count is None else count
    return u8(CHUNK_DIGESTS) + u8(why) + u64(index) + u64(first) + u16(count) + b"".join(digests)


def says(position: int, what: int) -> bytes:
    return u32(position) + u8(what)


def refused(position: int, code: bytes = b"unsafe-path", message: bytes = b"no") -> bytes:
    return u32(position) + u8(REFUSED) + bytes16(code) + bytes16(message)


def answer(index: int, items: Sequence[bytes] = (), count: int | None = None, kind: int = ANSWER) -> bytes:
    return u8(kind) + u64(index) + u32(len(items) if count is None else count) + b"".join(items)


def verdict(index: int, items: Sequence[bytes] = (), count: int | None = None) -> bytes:
    return answer(index, items, count, VERDICT)


def page_receipt(index: int, digest: bytes, failures: Sequence[bytes] = (), count: int | None = None) -> bytes:
    return u8(PAGE_RECEIPT) + u64(index) + digest + u32(len(failures) if count is None else count) + b"".join(failures)


# MARK: Reading


class Malformed(Exception):
    """The command sent what docs/protocol.md does not allow."""


class Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._offset = data, 0

    def take(self, count: int) -> bytes:
        if self._offset + count > len(self._data):
            raise Malformed(f"{self._data[:64]!r} ends early")
        self._offset += count
        return self._data[self._offset - count : self._offset]

    def integer(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def bytes16(self) -> bytes:
        return self.take(self.integer(2))

    def metadata(self) -> bytes:
        flag = self.take(1)
        if flag not in (b"\0", b"\1"):
            raise Malformed("metadata")
        return flag + (self.take(14) if flag == b"\1" else b"")

    @property
    def is_at_end(self) -> bool:
        return self._offset == len(self._data)

    def finish(self) -> None:
        if not self.is_at_end:
            raise Malformed("something follows")


@dataclass(frozen=True)
class Bulk:
    kind: int
    index: int
    offset: int
    raw: bytes


def read_bulk(body: bytes, largest: int) -> Bulk:
    reader = Reader(body)
    kind, encoding, _, size = reader.integer(1), reader.integer(1), reader.integer(2), reader.integer(4)
    index, offset, payload = reader.integer(8), reader.integer(8), body[24:]
    if size > largest or encoding > 1:
        raise Malformed(f"a bulk header of {size} bytes with encoding {encoding}")
    raw = zstandard.decompress(payload, max_output_size=size) if encoding else payload
    if len(raw) != size:
        raise Malformed("the raw size")
    return Bulk(kind, index, offset, raw)


def read_page(raw: bytes) -> list[Entry]:
    reader, entries = Reader(raw), []
    for _ in range(reader.integer(4)):
        kind, path, about = reader.integer(1), reader.bytes16(), reader.metadata()
        size = reader.integer(8) if kind == FILE else None
        target = reader.bytes16() if kind == LINK else b""
        entries.append(Entry(kind, path, target=target, metadata=about, size=size))
    reader.finish()
    return entries


@dataclass(frozen=True)
class FileEnd:
    index: int
    size: int
    metadata: bytes
    digest: bytes


def read_file_end(reader: Reader) -> FileEnd:
    return FileEnd(reader.integer(8), reader.integer(8), reader.metadata(), reader.bytes16())


def read_answer(body: bytes) -> tuple[int, dict[int, tuple[Any, ...]]]:
    """The page's index, and by position what is said."""
    reader = Reader(body[1:])
    index, said = reader.integer(8), {}
    for _ in range(reader.integer(4)):
        position, what = reader.integer(4), reader.integer(1)
        more: tuple[Any, ...] = ()
        if what == CONTINUES:
            more = (reader.integer(8),)
        elif what == REFUSED:
            more = (reader.bytes16(), reader.bytes16())
        elif what not in (CHECK, UNCHANGED, SKIPPED, COMPLETE):
            raise Malformed(f"an answer of {what}")
        said[position] = (what, *more)
    reader.finish()
    return index, said


def read_chunk_digests(body: bytes, digest_size: int) -> tuple[int, int, int, list[bytes]]:
    """Why, the file's index, the first chunk, the digests."""
    reader = Reader(body[1:])
    why, index, first = reader.integer(1), reader.integer(8), reader.integer(8)
    digests = [reader.take(digest_size) for _ in range(reader.integer(2))]
    reader.finish()
    return why, index, first, digests


def read_checks(body: bytes) -> tuple[int, dict[int, bytes]]:
    reader = Reader(body[1:])
    index = reader.integer(8)
    digests = {reader.integer(4): reader.bytes16() for _ in range(reader.integer(4))}
    reader.finish()
    return index, digests


def read_failure(reader: Reader) -> tuple[int, bytes, bytes]:
    return reader.integer(8), reader.bytes16(), reader.bytes16()


def read_page_receipt(body: bytes) -> tuple[int, bytes, list[tuple[int, bytes, bytes]]]:
    reader = Reader(body[1:])
    index, digest = reader.integer(8), reader.take(32)
    failures = [read_failure(reader) for _ in range(reader.integer(4))]
    reader.finish()
    return index, digest, failures


# MARK: The tree digest


class Tree:
    """What is in place, in the order of the manifest: totals and digest."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.entries = self.files = self.bytes = 0

    def add(self, entry: Entry, size: int = 0, digest: bytes = b"") -> None:
        kind = FILE if entry.kind == STREAM else entry.kind
        self._hash.update(u8(kind) + u32(len(entry.path)) + entry.path)
        if kind == FILE:
            self._hash.update(u64(size) + u8(len(digest)) + digest)
            self.files += 1
            self.bytes += size
        if kind == LINK:
            self._hash.update(u32(len(entry.target)) + entry.target)
        self.entries += 1

    @property
    def digest(self) -> bytes:
        return self._hash.copy().digest()

    def totals(self, failures: int = 0) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "files": self.files,
            "bytes": self.bytes,
            "failures": failures,
            "tree_digest": self.digest.hex(),
        }
