"""Sealed records, both ways: docs/protocol.md, "Records"."""

from __future__ import annotations

from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from .keys import SessionKeys, sha256

TAG = 16


class Cipher(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


CIPHERS: dict[str, type[AESGCM] | type[ChaCha20Poly1305]] = {
    "aes-256-gcm": AESGCM,
    "chacha20-poly1305": ChaCha20Poly1305,
}


class Direction:
    """The records of one direction: a key and IV, the next number, the chain."""

    def __init__(self, keys: SessionKeys, direction: int) -> None:
        self._keys, self.direction = keys, direction
        self.number, self.chain = 0, b""
        self.cipher: Cipher
        self.iv = 0
        self.use("bootstrap", "aes-256-gcm", b"")

    def use(self, label: str, cipher: str, context: bytes) -> None:
        self.cipher = CIPHERS[cipher](self._keys.derive(f"{label} key", self.direction, context, 32))
        self.iv = int.from_bytes(self._keys.derive(f"{label} iv", self.direction, context, 12), "big")

    def _nonce(self, number: int) -> bytes:
        return (self.iv ^ (number & (1 << 64) - 1)).to_bytes(12, "big")

    def seal(self, body: bytes) -> bytes:
        sealed = self.cipher.encrypt(self._nonce(self.number), body, None)
        self.chain = sha256(self.chain, sealed[-TAG:])
        record = self.number.to_bytes(8, "big") + self.chain + sealed
        self.number += 1
        return record

    def open(self, record: bytes) -> bytes:
        number, chain, sealed = int.from_bytes(record[:8], "big"), record[8:40], record[40:]
        expected = sha256(self.chain, sealed[-TAG:])
        if len(record) < 40 + TAG or number != self.number or chain != expected:
            raise ValueError("not the next record")
        try:
            body = self.cipher.decrypt(self._nonce(number), sealed, None)
        except InvalidTag:
            raise ValueError("the record does not open") from None
        self.number, self.chain = number + 1, chain
        return body
