#!/usr/bin/env python3
"""Computes protocol2.json, the known answers of protocol 2, without any of this package's code.

    python3 -m venv venv
    venv/bin/pip install argon2-cffi==25.1.0 cryptography==50.0.2 kyber-py==1.2.0
    venv/bin/python generate.py > protocol2.json

P-256, SPAKE2 (RFC 9382), HKDF (RFC 5869) and X-Wing (draft-connolly-cfrg-xwing-kem-06) are written out below; Argon2id,
AES-256-GCM, X25519 and ML-KEM-768 come from the packages above.
"""
import hashlib
import hmac
import json

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from kyber_py.ml_kem import ML_KEM_768


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(key, info, count):
    block, output = b"", b""
    while len(output) < count:
        block = mac(key, block + info + bytes([len(output) // 32 + 1]))
        output += block
    return output[:count]


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


# MARK: P-256, affine coordinates

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(left, right):
    if left is None:
        return right
    if right is None:
        return left
    if left[0] == right[0]:
        if (left[1] + right[1]) % P == 0:
            return None
        slope = (3 * left[0] * left[0] - 3) * pow(2 * left[1], -1, P) % P
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, P) % P
    x = (slope * slope - left[0] - right[0]) % P
    return x, (slope * (left[0] - x) - left[1]) % P


def multiply(point, scalar):
    result = None
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decompress(text):
    data = bytes.fromhex(text)
    x = int.from_bytes(data[1:], "big")
    y = pow((x * x * x - 3 * x + B) % P, (P + 1) // 4, P)
    return x, y if y % 2 == data[0] % 2 else P - y


def encode(point):
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def negate(point):
    return point[0], P - point[1]


M = decompress("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
N = decompress("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")

# MARK: X-Wing


def x25519_public(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def xwing(seed, encapsulation_seed):
    expanded = hashlib.shake_256(seed).digest(96)
    kem_public, kem_private = ML_KEM_768.key_derive(expanded[:64])
    private = X25519PrivateKey.from_private_bytes(expanded[64:])
    public = x25519_public(private)
    secret_m, ciphertext_m = ML_KEM_768._encaps_internal(kem_public, encapsulation_seed[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(encapsulation_seed[32:])
    ciphertext_x = x25519_public(ephemeral)
    secret_x = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    assert ML_KEM_768.decaps(kem_private, ciphertext_m) == secret_m
    secret = hashlib.sha3_256(secret_m + secret_x + ciphertext_x + public + b"\\.//^\\").digest()
    return kem_public + public, ciphertext_m + ciphertext_x, secret


# MARK: The session

code = b"4821-lusab-babad"
channel, secret = code.split(b"-", 1)
rendezvous = sha256(b"p2p-copy/2 rendezvous", b"\0", channel).hex()
password_salt = sha256(b"p2p-copy/2 kdf", b"\0", channel)[:16]
password = hash_secret_raw(
    secret, password_salt, time_cost=3, memory_cost=65536, parallelism=4, hash_len=48, type=Type.ID)
w = int.from_bytes(password, "big") % ORDER
whole_code_rendezvous = hash_secret_raw(
    b"no channel", b"p2p-copy/2 rendezvous", time_cost=3, memory_cost=65536, parallelism=4, hash_len=32,
    type=Type.ID).hex()

x = int.from_bytes(sha256(b"scalar of the sender"), "big") % ORDER
y = int.from_bytes(sha256(b"scalar of the receiver"), "big") % ORDER
sender_share = encode(add(multiply(M, w), multiply(G, x)))
receiver_share = encode(add(multiply(N, w), multiply(G, y)))
key = multiply(add(multiply(N, w), multiply(G, y)), x)
key = add(key, negate(multiply(N, x * w % ORDER)))
assert key == multiply(G, x * y % ORDER)

kem_seed = sha256(b"seed of the key encapsulation")
kem_key, kem_ciphertext, kem_secret = xwing(
    kem_seed, sha256(b"encapsulation, part 1") + sha256(b"encapsulation, part 2"))

associated_data = sha256(
    b"p2p-copy/2 handshake", b"\0", rendezvous.encode(), u32(2), u32(2), kem_key, kem_ciphertext)

# RFC 9382, section 3.3: every part behind its length, u64 little endian.
transcript = b"".join(
    len(part).to_bytes(8, "little") + part
    for part in [
        b"p2p-copy/2 sender", b"p2p-copy/2 receiver", sender_share, receiver_share, encode(key), w.to_bytes(32, "big")])
digest = sha256(transcript)
shared_key, confirmation_secret = digest[:16], digest[16:]
confirmation_keys = expand(mac(bytes(32), confirmation_secret), b"ConfirmationKeys" + associated_data, 32)
sender_confirmation = mac(confirmation_keys[:16], transcript)
receiver_confirmation = mac(confirmation_keys[16:], transcript)

transcript_salt = sha256(
    b"p2p-copy/2 transcript", b"\0", associated_data, sender_share, receiver_share, receiver_confirmation,
    sender_confirmation)
session = expand(mac(transcript_salt, shared_key + kem_secret), b"p2p-copy/2 session", 32)

manifest = b'{"type":"manifest","resume":true,"offer":{}}'
receiver_manifest = b'{"type":"receiver_manifest","selection":{}}'
negotiation = sha256(
    b"p2p-copy/2 negotiation", b"\0", u32(len(manifest)), manifest, u32(len(receiver_manifest)), receiver_manifest)


def derive(purpose, direction, connection=0, epoch=0, context=b"", count=32):
    info = b"p2p-copy/2 " + purpose.encode() + b"\0" + bytes([direction]) + u32(connection) + u32(epoch) + context
    return expand(session, info, count)


keys = []
for purpose in ["bootstrap key", "bootstrap iv", "data key", "data iv", "lane confirmation"]:
    for direction in [0, 1]:
        for connection, epoch in [(0, 0), (3, 7)]:
            for context in [b"", negotiation]:
                count = 12 if purpose.endswith("iv") else 32
                keys.append({
                    "purpose": purpose, "direction": direction, "connection": connection, "epoch": epoch,
                    "context_hex": context.hex(),
                    "key_hex": derive(purpose, direction, connection, epoch, context, count).hex()})

# Two records from sender to receiver: one under the bootstrap key, one under the data key. Number and chain go on.
records, chain = [], b""
for number, (kind, context, body) in enumerate([
    ("bootstrap", b"", b"\0" + manifest), ("data", negotiation, bytes(range(100)))]):
    iv = int.from_bytes(derive(kind + " iv", 0, context=context, count=12), "big")
    sealed = AESGCM(derive(kind + " key", 0, context=context)).encrypt((iv ^ number).to_bytes(12, "big"), body, None)
    chain = sha256(chain, sealed[-16:])
    records.append({
        "key": kind, "body_hex": body.hex(), "chain_hex": chain.hex(),
        "record_hex": (u64(number) + chain + sealed).hex()})


# A lane that was dialled again: lane 0, epoch 2. The sender has 5 of the receiver's records, the receiver 300 of the
# sender's. Key and ciphertext of the encapsulation are those from above.
resumption = expand(session, b"p2p-copy/2 resumption\0" + negotiation, 32)
lane, epoch, sender_has, receiver_has = 0, 2, 5, 300
lane_rendezvous = expand(resumption, b"p2p-copy/2 lane\0" + u32(lane) + u32(epoch), 32).hex()
lane_transcript = sha256(
    b"p2p-copy/2 lane exchange\0", lane_rendezvous.encode(), u32(lane), u32(epoch), u64(sender_has), u64(receiver_has),
    kem_key, kem_ciphertext)
lane_session = expand(mac(lane_transcript, resumption + kem_secret), b"p2p-copy/2 lane session", 32)
lane_confirmations = [
    mac(expand(lane_session, b"p2p-copy/2 lane confirmation\0" + bytes([direction]) + bytes(8), 32), lane_transcript)
    for direction in [0, 1]]
lane_data_key = expand(
    lane_session, b"p2p-copy/2 data key\0" + bytes([0]) + u32(lane) + u32(epoch) + negotiation, 32)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


print(json.dumps({
    "about": "Known answers of protocol 2, made by generate.py, which says how each is computed.",
    "code": code.decode(),
    "rendezvous": rendezvous,
    "whole_code": "no channel",
    "whole_code_rendezvous": whole_code_rendezvous,
    "password_salt_hex": password_salt.hex(),
    "password_hex": password.hex(),
    "w_hex": w.to_bytes(32, "big").hex(),
    "sender_scalar_hex": x.to_bytes(32, "big").hex(),
    "receiver_scalar_hex": y.to_bytes(32, "big").hex(),
    "constant_m_hex": encode(M).hex(),
    "constant_n_hex": encode(N).hex(),
    "sender_blind_hex": encode(multiply(M, w)).hex(),
    "receiver_blind_hex": encode(multiply(N, w)).hex(),
    "sender_share_hex": sender_share.hex(),
    "receiver_share_hex": receiver_share.hex(),
    "kem_seed_hex": kem_seed.hex(),
    "kem_key_hex": kem_key.hex(),
    "kem_ciphertext_hex": kem_ciphertext.hex(),
    "kem_secret_hex": kem_secret.hex(),
    "associated_data_hex": associated_data.hex(),
    "shared_key_hex": shared_key.hex(),
    "sender_confirmation_hex": sender_confirmation.hex(),
    "receiver_confirmation_hex": receiver_confirmation.hex(),
    "transcript_salt_hex": transcript_salt.hex(),
    "session_hex": session.hex(),
    "manifest": manifest.decode(),
    "receiver_manifest": receiver_manifest.decode(),
    "negotiation_hash_hex": negotiation.hex(),
    "keys": keys,
    "records": records,
    "lane": {
        "resumption_hex": resumption.hex(),
        "rendezvous": lane_rendezvous,
        "transcript_hex": lane_transcript.hex(),
        "sender_confirmation_hex": lane_confirmations[0].hex(),
        "receiver_confirmation_hex": lane_confirmations[1].hex(),
        "data_key_hex": lane_data_key.hex(),
        "offer": compact({
            "type": "lane", "lane": lane, "epoch": epoch, "received": sender_has, "kem_key": kem_key.hex()}),
        "answer": compact({
            "type": "lane", "received": receiver_has, "kem_ciphertext": kem_ciphertext.hex(),
            "confirmation": lane_confirmations[1].hex()}),
        "confirm": compact({"type": "lane_confirm", "confirmation": lane_confirmations[0].hex()}),
    },
    "messages": {
        "hello": compact({"type": "hello", "code_hash_hex": rendezvous, "role": "sender", "protocol": 2}),
        "sender_pake": compact({
            "type": "pake", "protocol": 2, "share": sender_share.hex(), "kem_key": kem_key.hex()}),
        "receiver_pake": compact({
            "type": "pake", "protocol": 2, "share": receiver_share.hex(), "kem_ciphertext": kem_ciphertext.hex(),
            "confirmation": receiver_confirmation.hex()}),
        "confirm": compact({"type": "pake_confirm", "confirmation": sender_confirmation.hex()}),
        "wrong_code": compact({"type": "wrong_code"}),
    },
}, indent=2))
