"""Both roles of protocol 2, step by step. Each step can be taken wrongly; `transfer` takes them all rightly."""
from __future__ import annotations

import json
from typing import Any, Callable, Sequence

from . import bodies
from .bodies import Entry, Malformed, Tree
from .keys import RECEIVER, SENDER, SPAKE2, Agreement, Code, SessionKeys, XWing, associated_data, negotiation_hash
from .records import Direction
from .websocket import BINARY, TEXT, Gone, WebSocket

# What is done to everything that is sent: to handshake messages ("text"), bodies ("body") and records ("record").
# One thing goes in, and what is sent in its place comes out.
Tamper = Callable[[str, bytes], Sequence[bytes]]

OFFER: dict[str, Any] = {
    "ciphers": [{"name": "aes-256-gcm"}, {"name": "chacha20-poly1305"}],
    "compressors": [{"name": "zstd", "parameters": {"level": 3}}],
    "digests": [{"name": "sha256"}, {"name": "xxh128"}],
    "chunk_sizes": [65536],
    "connections": 1,
}


class Refused(Exception):
    """The other side said `error`, or `wrong_code`."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def changed(message: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With other values; ... (Ellipsis) leaves a key out."""
    return {key: value for key, value in {**message, **changes}.items() if value is not ...}


class Peer:
    role = SENDER
    # How long a step waits for the other side.
    patience = 60.0

    def __init__(self, port: int, code: Code, tamper: Tamper | None = None) -> None:
        self.port, self.code = port, code
        self.tamper: Tamper = tamper or (lambda stage, data: [data])
        self.socket: WebSocket
        self.spake = SPAKE2(self.role, code.password)
        self.agreement: Agreement
        self.manifest = self.receiver_manifest = b""
        self.selection: dict[str, Any] = {}
        self.outgoing: Direction
        self.incoming: Direction
        self.tree = Tree()
        # What the files that a sender sent may be, by path.
        self.truth: dict[bytes, set[bytes]] = {}

    def is_true(self, entry: Entry) -> None:
        """With this content the file may be in place."""
        if entry.kind in (bodies.FILE, bodies.STREAM):
            self.truth.setdefault(entry.path, set()).add(entry.content)

    # MARK: Meeting

    async def hello(self, **changes: Any) -> None:
        self.socket = await WebSocket.connect(self.port, self.code.rendezvous)
        role = "sender" if self.role == SENDER else "receiver"
        hello = {"type": "hello", "code_hash_hex": self.code.rendezvous, "role": role, "protocol": 2}
        await self.socket.text(bodies.compact(changed(hello, changes)))

    async def say(self, message: dict[str, Any] | bytes | str, **changes: Any) -> None:
        """A message of the handshake."""
        if isinstance(message, dict):
            message = bodies.compact(changed(message, changes))
        for text in self.tamper("text", message.encode() if isinstance(message, str) else message):
            await self.socket.text(text)

    async def hear(self, *types: str) -> dict[str, Any]:
        """The next message of one of these types."""
        while True:
            message = await self.socket.receive(self.patience)
            if message.opcode != TEXT:
                raise Malformed("a record in the handshake")
            content = json.loads(message.payload)
            if content["type"] in types:
                return content
            if content["type"] == "wrong_code":
                raise Refused("wrong-code")
            if content["type"] == "error":
                raise Refused(content["code"], content["message"])
            if content["type"] not in ("waiting", "ready"):
                raise Malformed(f"{content['type']} in the handshake")

    def agree(self, data: bytes, other_share: bytes, kem_secret: bytes) -> None:
        self.agreement = self.spake.finish(other_share, data)
        keys = SessionKeys(data, self.agreement, kem_secret)
        self.keys = keys
        self.outgoing = Direction(keys, self.role)
        self.incoming = Direction(keys, 1 - self.role)

    # MARK: Records

    async def record(self, record: bytes) -> None:
        for changed_record in self.tamper("record", record):
            await self.socket.binary(changed_record)

    async def body(self, body: bytes) -> None:
        for changed_body in self.tamper("body", body):
            await self.record(self.outgoing.seal(changed_body))

    async def control(self, message: dict[str, Any] | bytes, **changes: Any) -> None:
        if isinstance(message, dict):
            message = changed(message, changes)
        await self.body(bodies.control(message))

    async def next(self, *kinds: int) -> bytes:
        """The next body but `working`; raises `Refused` for an `error`."""
        while True:
            message = await self.socket.receive(self.patience)
            if message.opcode != BINARY:
                content = json.loads(message.payload)
                raise Refused(content["type"].replace("_", "-"))
            body = self.incoming.open(message.payload)
            if body[0] == bodies.CONTROL:
                content = json.loads(body[1:])
                if content["type"] == "error":
                    raise Refused(content["code"], content["message"])
                # The end of the list may come between the records of any page.
                if content["type"] == "working" or content["type"] == "manifest_end" and bodies.CONTROL not in kinds and kinds:
                    continue
            if kinds and body[0] not in kinds:
                raise Malformed(f"a body of kind {body[0]}, not {kinds}")
            return body

    async def next_control(self, kind: str) -> dict[str, Any]:
        content = json.loads((await self.next(bodies.CONTROL))[1:])
        if content["type"] != kind:
            raise Malformed(f"{content['type']}, not {kind}")
        return content

    def change_keys(self) -> None:
        context = negotiation_hash(self.manifest, self.receiver_manifest)
        for direction in (self.outgoing, self.incoming):
            direction.use("data", self.selection["cipher"], context)

    def digest(self, content: bytes) -> bytes:
        return bodies.Digests[self.selection["digest"]](content)

    async def closed(self) -> Gone:
        """Reads on until the other side has closed."""
        try:
            while True:
                await self.socket.receive(self.patience)
        except Gone as gone:
            return gone


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
            raw = entry.content[offset:offset + self.selection["chunk_size"]]
            await self.body(bodies.chunk(index, raw, offset, compress=len(raw) > 100))
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
                bodies.UNCHANGED, bodies.SKIPPED, bodies.REFUSED
            ):
                continue
            if packs and what == 0 and entry.kind == bodies.FILE and 0 < len(entry.content) < 4096:
                packed.append(self.item(first + position, entry))
                continue
            if packed:
                await self.body(bodies.pack(packed, first))
                packed = []
            begin = 0
            if what == bodies.CONTINUES:
                size, digest = more
                begin = size if self.digest(entry.content[:size]) == digest and size <= len(entry.content) else 0
            await self.from_offset(first + position, entry, begin)
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
            await self.page_of(entries[first:first + page_size], first, packs)
        receipt = await self.finish()
        if receipt != {"type": "receipt", **self.tree.totals()}:
            raise Malformed(f"the receipt {receipt}")
        await self.socket.close(1000)
        gone = await self.closed()
        if gone.status != 1000:
            raise Malformed(f"closed with {gone.status}")


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
            "type": "pake", "protocol": 2, "share": self.spake.share.hex(), "kem_ciphertext": self.kem_ciphertext.hex(),
            "confirmation": self.agreement.confirmations[RECEIVER].hex()}

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

    @property
    def choice(self) -> dict[str, Any]:
        offer = self.offer["offer"]
        compressors = [item["name"] for item in offer["compressors"] if item["name"] == "zstd"]
        return {
            "cipher": offer["ciphers"][0]["name"], "compressor": (compressors or ["none"])[0],
            "digest": offer["digests"][0]["name"], "chunk_size": offer["chunk_sizes"][0], "connections": 1}

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
            elif kind == bodies.CHECKS:
                index, digests = bodies.read_checks(body)
                page_open = next(item for item in pages if item.first == index)
                await self.body(self._verdict(page_open, digests, has))
            elif kind == bodies.CHUNK:
                piece = bodies.read_bulk(body, self.selection["chunk_size"])
                page_open = _find(pages, piece.index)
                page_open.append(piece, has)
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
                elif 0 < len(mine):
                    items.append(bodies.continues(position, len(mine), self.digest(mine)))
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
            whole = has[page.entries[end.index - page.first].path] if end.size else b""
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
        self.content: dict[int, bytes] = {}
        self.done: dict[int, tuple[int, bytes, bytes]] = {}

    def append(self, piece: bodies.Bulk, has: dict[bytes, bytes]) -> None:
        before = self.content.get(piece.index, b"")
        if piece.index not in self.content and piece.offset:
            before = has[self.entries[piece.index - self.first].path]
        if piece.offset != len(before):
            raise Malformed("a chunk that does not follow the one before")
        self.content[piece.index] = before + piece.raw


def _find(pages: Sequence[_OpenPage], index: int) -> _OpenPage:
    for page in pages:
        if page.first <= index < page.first + len(page.entries):
            return page
    raise Malformed(f"data for {index}, of no open page")
