"""Codes, SPAKE2, X-Wing and the keys of a session: docs/protocol.md from "Code and rendezvous" to "Keys"."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import lru_cache

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from . import p256

M = p256.decompress("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
N = p256.decompress("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")

SENDER, RECEIVER = 0, 1
IDENTITIES = (b"p2p-copy/2 sender", b"p2p-copy/2 receiver")


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(key: bytes, info: bytes, count: int) -> bytes:
    block, output = b"", b""
    while len(output) < count:
        block = mac(key, block + info + bytes([len(output) // 32 + 1]))
        output += block
    return output[:count]


def hkdf(secret: bytes, salt: bytes, info: bytes, count: int) -> bytes:
    return expand(mac(salt or bytes(32), secret), info, count)


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


@lru_cache(maxsize=None)
def argon2id(secret: bytes, salt: bytes, count: int) -> bytes:
    return hash_secret_raw(secret, salt, time_cost=3, memory_cost=65536, parallelism=4, hash_len=count, type=Type.ID)


@dataclass(frozen=True)
class Code:
    text: str

    def _parts(self) -> tuple[bytes, bytes]:
        before, dash, behind = self.text.encode().partition(b"-")
        return (before, behind) if dash else (b"", before)

    @property
    def rendezvous(self) -> str:
        channel, secret = self._parts()
        if "-" not in self.text:
            return argon2id(secret, b"p2p-copy/2 rendezvous", 32).hex()
        return sha256(b"p2p-copy/2 rendezvous", b"\0", channel).hex()

    @property
    def password(self) -> bytes:
        channel, secret = self._parts()
        return self.stretch(secret, sha256(b"p2p-copy/2 kdf", b"\0", channel)[:16], 48)

    @staticmethod
    def stretch(secret: bytes, salt: bytes, count: int) -> bytes:
        return argon2id(secret, salt, count)


class QuickCode(Code):
    """As the command in QuickCommand stretches it: not at all."""

    @staticmethod
    def stretch(secret: bytes, salt: bytes, count: int) -> bytes:
        return hkdf(secret, salt, b"", count)


@lru_cache(maxsize=None)
def blinds(w: int) -> tuple[p256.Point, p256.Point]:
    """w*M and w*N: what hides the sender's and the receiver's point."""
    return p256.multiply(M, w), p256.multiply(N, w)


class SPAKE2:
    """One run of RFC 9382, as the sender (A) or the receiver (B)."""

    def __init__(self, role: int, password: bytes, scalar: int | None = None) -> None:
        self.role = role
        self.w = int.from_bytes(password, "big") % p256.ORDER
        self.scalar = secrets.randbelow(p256.ORDER - 1) + 1 if scalar is None else scalar
        self.share = p256.encode(p256.add(blinds(self.w)[role], p256.multiply(p256.G, self.scalar)))

    def finish(self, other_share: bytes, associated_data: bytes) -> "Agreement":
        other_blind = blinds(self.w)[1 - self.role]
        point = p256.add(p256.decode(other_share), p256.negate(other_blind))
        key = p256.encode(p256.multiply(point, self.scalar))
        shares = (self.share, other_share) if self.role == SENDER else (other_share, self.share)
        parts = [*IDENTITIES, *shares, key, self.w.to_bytes(32, "big")]
        transcript = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
        digest = sha256(transcript)
        keys = hkdf(digest[16:], b"", b"ConfirmationKeys" + associated_data, 32)
        return Agreement(digest[:16], shares, (mac(keys[:16], transcript), mac(keys[16:], transcript)))


@dataclass(frozen=True)
class Agreement:
    shared_key: bytes
    shares: tuple[bytes, bytes]
    # The sender's and the receiver's.
    confirmations: tuple[bytes, bytes]


class XWing:
    """draft-connolly-cfrg-xwing-kem-06: ML-KEM-768 and X25519."""

    def __init__(self) -> None:
        self._lattice = MLKEM768PrivateKey.generate()
        self._curve = X25519PrivateKey.generate()
        self.public = self._lattice.public_key().public_bytes_raw() + self._curve.public_key().public_bytes_raw()

    def decapsulate(self, ciphertext: bytes) -> bytes:
        return self._combine(
            self._lattice.decapsulate(ciphertext[:1088]),
            self._curve.exchange(X25519PublicKey.from_public_bytes(ciphertext[1088:])),
            ciphertext[1088:],
            self.public[1184:],
        )

    @classmethod
    def encapsulate(cls, public: bytes) -> tuple[bytes, bytes]:
        """The ciphertext and the secret."""
        lattice_secret, lattice_ciphertext = MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
        ephemeral = X25519PrivateKey.generate()
        curve_ciphertext = ephemeral.public_key().public_bytes_raw()
        curve_secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public[1184:]))
        secret = cls._combine(lattice_secret, curve_secret, curve_ciphertext, public[1184:])
        return lattice_ciphertext + curve_ciphertext, secret

    @staticmethod
    def _combine(lattice_secret: bytes, curve_secret: bytes, curve_ciphertext: bytes, curve_public: bytes) -> bytes:
        label = b"\\.//^\\"
        return hashlib.sha3_256(lattice_secret + curve_secret + curve_ciphertext + curve_public + label).digest()


def associated_data(rendezvous: str, protocols: tuple[int, int], kem_key: bytes, kem_ciphertext: bytes) -> bytes:
    return sha256(
        b"p2p-copy/2 handshake",
        b"\0",
        rendezvous.encode(),
        u32(protocols[0]),
        u32(protocols[1]),
        kem_key,
        kem_ciphertext,
    )


class SessionKeys:
    def __init__(self, data: bytes, agreement: Agreement, kem_secret: bytes) -> None:
        sender, receiver = agreement.confirmations
        salt = sha256(b"p2p-copy/2 transcript", b"\0", data, *agreement.shares, receiver, sender)
        self.secret = hkdf(agreement.shared_key + kem_secret, salt, b"p2p-copy/2 session", 32)

    def derive(self, label: str, direction: int, context: bytes, count: int) -> bytes:
        info = b"p2p-copy/2 " + label.encode() + b"\0" + bytes([direction]) + u32(0) + u32(0) + context
        return expand(self.secret, info, count)


def negotiation_hash(manifest: bytes, receiver_manifest: bytes) -> bytes:
    return sha256(
        b"p2p-copy/2 negotiation", b"\0", u32(len(manifest)), manifest, u32(len(receiver_manifest)), receiver_manifest
    )
