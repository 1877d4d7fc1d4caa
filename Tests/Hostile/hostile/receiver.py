"""A receiver, step by step. Each step can be taken wrongly; `transfer` takes them all rightly."""

from __future__ import annotations

import json
from typing import Any, Sequence

from . import bodies
from .bodies import Entry, Malformed
from .keys import RECEIVER, SENDER, XWing, associated_data
from .peer import Peer, changed


class ReceiverPeer(Peer):
    role = RECEIVER

    async def meet(self) -> None:
        await self.hello()

    async def hear_pake(self) -> None:
        message = await self.hear("pake")
        self.kem_key, self.other_share = bytes.fromhex(message["kem_key"]), bytes.fromhex(message["share"])
        if (len(self.kem_key), len(self.other_share), message["protocol"]) != (1216, 65, 2):
            raise Malformed("message 1")
        self.kem_ciphertext, secret = XWing.encapsulate(self.kem_key)
        data = associated_data(self.code.rendezvous, (2, 2), self.kem_key, self.kem_ciphertext)
        self.agree(data, self.other_share, secret)

    @property
    def pake(self) -> dict[str, Any]:
        return {
            "type": "pake",
            "protocol": 2,
            "share": self.spake.share.hex(),
            "kem_ciphertext": self.kem_ciphertext.hex(),
            "confirmation": self.agreement.confirmations[RECEIVER].hex(),
        }

    async def hear_confirmation(self) -> None:
        message = await self.hear("pake_confirm")
        if bytes.fromhex(message["confirmation"]) != self.agreement.confirmations[SENDER]:
            raise Malformed("the sender's confirmation")

    async def handshake(self) -> None:
        await self.meet()
        await self.hear_pake()
        await self.say(self.pake)
        await self.hear_confirmation()

    async def hear_manifest(self) -> None:
        content = await self.next(bodies.CONTROL)
        self.manifest = content[1:]
        self.offer = json.loads(self.manifest)
        if self.offer["type"] != "manifest":
            raise Malformed(f"{self.offer['type']} in place of the manifest")

    # What it selects, if not the first that is offered.
    chunk_size: int | None = None

    @property
    def choice(self) -> dict[str, Any]:
        offer = self.offer["offer"]
        compressors = [item["name"] for item in offer["compressors"] if item["name"] == "zstd"]
        return {
            "cipher": offer["ciphers"][0]["name"],
            "compressor": (compressors or ["none"])[0],
            "digest": offer["digests"][0]["name"],
            "chunk_size": self.chunk_size or offer["chunk_sizes"][0],
            "connections": 1,
        }

    async def select(self, message: dict[str, Any] | bytes | None = None, **changes: Any) -> None:
        selection = changed(self.choice, changes)
        message = message or {"type": "receiver_manifest", "selection": selection}
        self.receiver_manifest = message if isinstance(message, bytes) else bodies.compact(message)
        await self.control(self.receiver_manifest)
        # With what the sender can agree to, if that is not it.
        self.selection = {**self.choice, **{key: value for key, value in selection.items() if key == "digest"}}
        if selection.get("cipher") in ("aes-256-gcm", "chacha20-poly1305"):
            self.selection["cipher"] = selection["cipher"]
        self.change_keys()

    async def open(self) -> None:
        await self.handshake()
        await self.hear_manifest()
        await self.select()

    async def next_end(self) -> None:
        """Passes over the end of the list, if that is still to come, and takes the end."""
        while json.loads((await self.next(bodies.CONTROL))[1:])["type"] != "end":
            pass

    async def next_page(self) -> tuple[int, list[Entry]]:
        page = bodies.read_bulk(await self.next(bodies.PAGE), 262144)
        return page.index, bodies.read_page(page.raw)

    async def transfer(self, has: dict[bytes, bytes] | None = None, skips: Sequence[bytes] = ()) -> dict[bytes, bytes]:
        """Receives into memory, one page at a time. Of `has` each file is continued, or checked if it is complete."""
        await self.open()
        return await self.receive_all(has or {}, skips)

    async def receive_all(self, has: dict[bytes, bytes], skips: Sequence[bytes] = ()) -> dict[bytes, bytes]:
        received: dict[bytes, bytes] = {}
        pages: list[_OpenPage] = []
        failed = 0
        while True:
            body = await self.next()
            kind = body[0]
            if kind == bodies.PAGE:
                page = bodies.read_bulk(body, 262144)
                pages.append(_OpenPage(page.index, bodies.read_page(page.raw)))
                await self.body(self._answer(pages[-1], has, skips))
                for index, mine in pages[-1].continued.items():
                    for first, digest in enumerate(self.chunk_digests(mine)):
                        await self.body(bodies.chunk_digests(index, [digest], first))
            elif kind == bodies.CHECKS:
                index, digests = bodies.read_checks(body)
                page_open = next(item for item in pages if item.first == index)
                await self.body(self._verdict(page_open, digests, has))
            elif kind == bodies.CHUNK:
                piece = bodies.read_bulk(body, self.selection["chunk_size"])
                page_open = _find(pages, piece.index)
                page_open.append(piece)
            elif kind == bodies.PACK:
                reader = bodies.Reader(bodies.read_bulk(body, self.selection["chunk_size"]).raw)
                while not reader.is_at_end:
                    end = bodies.read_file_end(reader)
                    page_open = _find(pages, end.index)
                    page_open.content[end.index] = reader.take(end.size)
                    self._complete(page_open, end, has)
            elif kind == bodies.FILE_END:
                end = bodies.read_file_end(bodies.Reader(body[1:]))
                self._complete(_find(pages, end.index), end, has)
            elif kind == bodies.FILE_AGAIN:
                reader = bodies.Reader(body[1:])
                index = reader.integer(8)
                reader.finish()
                page_open = _find(pages, index)
                if index not in page_open.content or index in page_open.done or index in page_open.again:
                    raise Malformed("a file that comes once more, and was not coming or did before")
                del page_open.content[index]
                page_open.again.add(index)
            elif kind == bodies.FILE_FAILED:
                index, _, _ = bodies.read_failure(bodies.Reader(body[1:]))
                _find(pages, index).failed.add(index)
                failed += 1
            elif kind == bodies.PAGE_END:
                await self.body(self._receipt(pages.pop(0), received))
            elif kind == bodies.CONTROL:
                content = json.loads(body[1:])
                if content["type"] == "end":
                    if pages or content != {"type": "end", **self.tree.totals(failed)}:
                        raise Malformed(f"the end {content}, not {self.tree.totals(failed)}")
                    break
                if content["type"] != "manifest_end":
                    raise Malformed(content["type"])
            else:
                raise Malformed(f"a body of kind {kind}")
        await self.control({"type": "receipt", **self.tree.totals(0)})
        gone = await self.closed()
        if gone.status != 1000:
            raise Malformed(f"closed with {gone.status}")
        return received

    def _answer(self, page: "_OpenPage", has: dict[bytes, bytes], skips: Sequence[bytes]) -> bytes:
        items = []
        for position, entry in enumerate(page.entries):
            mine = has.get(entry.path)
            if entry.path in skips:
                page.not_wanted.add(page.first + position)
                items.append(bodies.says(position, bodies.SKIPPED))
            elif mine is not None and entry.kind == bodies.FILE and self.offer["resume"]:
                if len(mine) == entry.size:
                    items.append(bodies.says(position, bodies.CHECK))
                elif whole := len(mine) // self.selection["chunk_size"] * self.selection["chunk_size"]:
                    page.continued[page.first + position] = mine[:whole]
                    items.append(bodies.continues(position, whole))
        return bodies.answer(page.first, items)

    def _verdict(self, page: "_OpenPage", digests: dict[int, bytes], has: dict[bytes, bytes]) -> bytes:
        items = []
        for position, digest in digests.items():
            mine = has[page.entries[position].path]
            if digest == self.digest(mine):
                items.append(bodies.says(position, bodies.UNCHANGED))
                page.done[page.first + position] = (len(mine), digest, mine)
        return bodies.verdict(page.first, items)

    def _complete(self, page: "_OpenPage", end: bodies.FileEnd, has: dict[bytes, bytes]) -> None:
        whole = page.content.get(end.index)
        if whole is None:
            whole = page.continued.get(end.index, b"")
        if len(whole) != end.size or self.digest(whole) != end.digest:
            raise Malformed("a file's size or digest")
        page.done[end.index] = (end.size, end.digest, whole)

    def _receipt(self, page: "_OpenPage", received: dict[bytes, bytes]) -> bytes:
        failures = []
        for index, entry in enumerate(page.entries, page.first):
            if index in page.not_wanted or index in page.failed:
                continue
            if entry.kind in (bodies.FILE, bodies.STREAM):
                if index not in page.done:
                    failures.append(bodies.failure(index, b"incomplete", b"it did not come"))
                    continue
                size, digest, received[entry.path] = page.done[index]
                self.tree.add(entry, size, digest)
            else:
                received[entry.path] = entry.target
                self.tree.add(entry)
        return bodies.page_receipt(page.first, self.tree.digest, failures)


class _OpenPage:
    def __init__(self, first: int, entries: list[Entry]) -> None:
        self.first, self.entries = first, entries
        self.not_wanted: set[int] = set()
        self.failed: set[int] = set()
        self.again: set[int] = set()
        self.continued: dict[int, bytes] = {}
        self.content: dict[int, bytes] = {}
        self.done: dict[int, tuple[int, bytes, bytes]] = {}

    def append(self, piece: bodies.Bulk) -> None:
        before = self.content.get(piece.index, self.continued.get(piece.index, b""))
        end = piece.offset + len(piece.raw)
        if piece.offset != len(before) and (piece.index not in self.continued or end > len(before)):
            raise Malformed("a chunk that does not follow the one before")
        self.content[piece.index] = before[: piece.offset] + piece.raw + before[end:]


def _find(pages: Sequence[_OpenPage], index: int) -> _OpenPage:
    for page in pages:
        if page.first <= index < page.first + len(page.entries):
            return page
    raise Malformed(f"data for {index}, of no open page")
