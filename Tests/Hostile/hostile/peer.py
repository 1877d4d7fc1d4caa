"""What both roles have in common: meeting, the handshake's messages, records."""

from __future__ import annotations

import json
from typing import Any, Callable, Sequence

from . import bodies
from .bodies import Entry, Malformed, Tree
from .keys import SENDER, SPAKE2, Agreement, Code, SessionKeys, negotiation_hash
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
        # What the other side said of files that are gone on with, and nobody has looked at.
        self.chunk_digest_records: list[bytes] = []
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
        """The next body but `working` and counts of records; raises `Refused` for an `error`."""
        while True:
            message = await self.socket.receive(self.patience)
            if message.opcode != BINARY:
                content = json.loads(message.payload)
                raise Refused(content["type"].replace("_", "-"))
            body = self.incoming.open(message.payload)
            if body[0] == bodies.RECEIVED:
                if len(body) != 9 or int.from_bytes(body[1:], "big") > self.outgoing.number:
                    raise Malformed(f"a count of records {body.hex()}")
                continue
            if body[0] == bodies.CONTROL:
                content = json.loads(body[1:])
                if content["type"] == "error":
                    raise Refused(content["code"], content["message"])
                # The end of the list may come between the records of any page.
                if (
                    content["type"] in ("working", "stored")
                    or content["type"] == "manifest_end"
                    and bodies.CONTROL not in kinds
                    and kinds
                ):
                    continue
            if body[0] == bodies.CHUNK_DIGESTS and kinds and bodies.CHUNK_DIGESTS not in kinds:
                # They come while something else is waited for.
                self.chunk_digest_records.append(body)
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
        return bodies.file_digest(self.selection["digest"], content, self.selection["chunk_size"])

    def chunk_digests(self, content: bytes) -> list[bytes]:
        return bodies.chunk_digests_of(self.selection["digest"], content, self.selection["chunk_size"])

    async def closed(self) -> Gone:
        """Reads on until the other side has closed."""
        try:
            while True:
                await self.socket.receive(self.patience)
        except Gone as gone:
            return gone
