"""A sender, step by step. Each step can be taken wrongly; `transfer` takes them all rightly."""

from __future__ import annotations

import json
from typing import Any, Sequence

from . import bodies
from .bodies import Entry, Malformed
from .keys import RECEIVER, SENDER, XWing, associated_data
from .peer import OFFER, Peer


class SenderPeer(Peer):
    role = SENDER
    resume = True

    async def meet(self) -> None:
        await self.hello()
        await self.hear("ready")

    @property
    def pake(self) -> dict[str, Any]:
        self.kem = getattr(self, "kem", None) or XWing()
        return {"type": "pake", "protocol": 2, "share": self.spake.share.hex(), "kem_key": self.kem.public.hex()}

    async def hear_pake(self) -> None:
        message = await self.hear("pake")
        ciphertext, share = bytes.fromhex(message["kem_ciphertext"]), bytes.fromhex(message["share"])
        if (len(ciphertext), len(share), message["protocol"]) != (1120, 65, 2):
            raise Malformed("message 2")
        data = associated_data(self.code.rendezvous, (2, 2), self.kem.public, ciphertext)
        self.agree(data, share, self.kem.decapsulate(ciphertext))
        self.is_right = bytes.fromhex(message["confirmation"]) == self.agreement.confirmations[RECEIVER]

    @property
    def confirmation(self) -> dict[str, Any]:
        return {"type": "pake_confirm", "confirmation": self.agreement.confirmations[SENDER].hex()}

    async def handshake(self) -> None:
        await self.meet()
        await self.say(self.pake)
        await self.hear_pake()
        if not self.is_right:
            raise Malformed("the receiver's confirmation")
        await self.say(self.confirmation)

    async def exchange(self, manifest: dict[str, Any] | bytes | None = None) -> None:
        message = manifest or {"type": "manifest", "resume": self.resume, "offer": OFFER}
        self.manifest = message if isinstance(message, bytes) else bodies.compact(message)
        await self.control(self.manifest)
        answer = await self.next(bodies.CONTROL)
        self.receiver_manifest = answer[1:]
        content = json.loads(self.receiver_manifest)
        if content["type"] != "receiver_manifest":
            raise Malformed(f"{content['type']} in place of the receiver's manifest")
        self.selection = content["selection"]
        self.change_keys()

    async def open(self) -> None:
        await self.handshake()
        await self.exchange()

    async def answered(self, body: bytes) -> dict[int, tuple[Any, ...]]:
        """Sends a page and takes the answer."""
        await self.body(body)
        return bodies.read_answer(await self.next(bodies.ANSWER))[1]

    def end_of(self, index: int, entry: Entry) -> bytes:
        self.is_true(entry)
        return bodies.file_end(index, len(entry.content), self.digest(entry.content), entry.metadata)

    def item(self, index: int, entry: Entry) -> bytes:
        """A pack item."""
        self.is_true(entry)
        fields = bodies.file_end_fields(index, len(entry.content), self.digest(entry.content), entry.metadata)
        return fields + entry.content

    async def whole(self, index: int, entry: Entry) -> None:
        """One file in chunks, from the beginning."""
        await self.from_offset(index, entry, 0)

    async def from_offset(self, index: int, entry: Entry, begin: int) -> None:
        for offset in range(begin, len(entry.content), self.selection["chunk_size"]):
            raw = entry.content[offset : offset + self.selection["chunk_size"]]
            await self.body(bodies.chunk(index, raw, offset, compress=len(raw) > 100))
        await self.body(self.end_of(index, entry))

    async def rest(self, index: int, entry: Entry, there: int) -> None:
        """What the receiver has nothing of, then the chunks that differ."""
        chunk_size, mine = self.selection["chunk_size"], self.chunk_digests(entry.content)
        theirs: list[bytes] = []
        while len(theirs) < -(-there // chunk_size):
            stashed = self.chunk_digest_records
            record = stashed.pop(0) if stashed else await self.next(bodies.CHUNK_DIGESTS)
            why, of, first, digests = bodies.read_chunk_digests(record, len(mine[0]))
            if (why, of, first) != (0, index, len(theirs)) or not digests:
                raise Malformed(f"chunk digests {why} of {of} from {first}")
            theirs += digests
        for number in [*range(len(theirs), len(mine)), *range(len(theirs))]:
            if number >= len(theirs) or mine[number] != theirs[number]:
                begin = number * chunk_size
                await self.body(bodies.chunk(index, entry.content[begin : begin + chunk_size], begin, compress=True))
        await self.body(self.end_of(index, entry))

    async def finish(self, failures: int = 0, **changes: Any) -> dict[str, Any]:
        """From the last page's receipt to the receiver's receipt."""
        listed = {**self.tree.totals(), "failures": 0}
        del listed["tree_digest"]
        await self.control({"type": "manifest_end", **listed})
        await self.control({"type": "end", **self.tree.totals(failures)}, **changes)
        return await self.next_control("receipt")

    async def page_of(self, entries: Sequence[Entry], first: int = 0, packs: bool = True) -> None:
        """One page, and everything that belongs to it, up to its receipt."""
        said = await self.answered(bodies.page(entries, first, compress=len(entries) > 3))
        done: dict[int, bool] = {}
        asked = [position for position, what in said.items() if what[0] == bodies.CHECK]
        if asked:
            digests = [(position, self.digest(entries[position].content)) for position in asked]
            await self.body(bodies.checks(first, digests))
            _, verdict = bodies.read_answer(await self.next(bodies.VERDICT))
            said = {**{key: what for key, what in said.items() if key not in asked}, **verdict}
        packed: list[bytes] = []
        for position, entry in enumerate(entries):
            what, *more = said.get(position, (0,))
            done[position] = what not in (bodies.SKIPPED, bodies.REFUSED)
            if entry.kind in (bodies.DIRECTORY, bodies.LINK) or what in (
                bodies.UNCHANGED,
                bodies.SKIPPED,
                bodies.REFUSED,
            ):
                continue
            if packs and what == 0 and entry.kind == bodies.FILE and 0 < len(entry.content) < 4096:
                packed.append(self.item(first + position, entry))
                continue
            if packed:
                await self.body(bodies.pack(packed, first))
                packed = []
            if what == bodies.CONTINUES:
                await self.rest(first + position, entry, *more)
            else:
                await self.whole(first + position, entry)
        if packed:
            await self.body(bodies.pack(packed, first, compress=True))
        await self.body(bodies.page_end(first))
        _, digest, failures = bodies.read_page_receipt(await self.next(bodies.PAGE_RECEIPT))
        for index, _, _ in failures:
            done[index - first] = False
        for position, entry in enumerate(entries):
            if done[position]:
                self.tree.add(entry, len(entry.content), self.digest(entry.content))
        if digest != self.tree.digest:
            raise Malformed("the page receipt's digest")

    async def transfer(self, entries: Sequence[Entry], page_size: int = 2048, packs: bool = True) -> None:
        await self.open()
        for first in range(0, len(entries), page_size):
            await self.page_of(entries[first : first + page_size], first, packs)
        receipt = await self.finish()
        # Says what was there before: nothing that the totals are about.
        receipt.pop("present_directories", None)
        if receipt != {"type": "receipt", **self.tree.totals()}:
            raise Malformed(f"the receipt {receipt}")
        await self.socket.close(1000)
        gone = await self.closed()
        if gone.status != 1000:
            raise Malformed(f"closed with {gone.status}")
