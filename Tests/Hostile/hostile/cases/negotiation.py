"""The manifest exchange, and control records: offers, selections, and JSON that is not what it seems."""

from __future__ import annotations

import json
from typing import Any

from .. import bodies
from ..bodies import compact
from ..command import MISMATCH, NO_CODEC, OK, PEER_FAILED, PEER_LEFT, VIOLATION
from ..peer import OFFER
from ..receiver import ReceiverPeer
from ..sender import SenderPeer
from ..trial import Registry, Trial

registry = Registry()

# MARK: The sender's offer

# By key of the offer: a value, and the statuses it may lead to.
OFFERS: dict[str, tuple[dict[str, Any], set[int]]] = {
    "no ciphers": ({"ciphers": []}, {VIOLATION, NO_CODEC}),
    "ciphers missing": ({"ciphers": ...}, {VIOLATION}),
    "ciphers as text": ({"ciphers": "aes-256-gcm"}, {VIOLATION}),
    "ciphers as names": ({"ciphers": ["aes-256-gcm"]}, {VIOLATION}),
    "ciphers as an object": ({"ciphers": {"name": "aes-256-gcm"}}, {VIOLATION}),
    "65 ciphers": ({"ciphers": [{"name": "aes-256-gcm"}] * 65}, {VIOLATION}),
    "64 times the same cipher": ({"ciphers": [{"name": "aes-256-gcm"}] * 64}, {OK, VIOLATION}),
    "only an unknown cipher": ({"ciphers": [{"name": "rot13"}]}, {NO_CODEC}),
    "the cipher none": ({"ciphers": [{"name": "none"}]}, {NO_CODEC}),
    "a cipher's name in upper case": ({"ciphers": [{"name": "AES-256-GCM"}]}, {VIOLATION, NO_CODEC}),
    "a cipher's name of 65 bytes": ({"ciphers": [{"name": "a" * 65}]}, {VIOLATION}),
    "a cipher's name that is empty": ({"ciphers": [{"name": ""}]}, {VIOLATION}),
    "a cipher's name with a zero": ({"ciphers": [{"name": "aes-256-gcm\0"}]}, {VIOLATION}),
    "a cipher's name with an escape": ({"ciphers": [{"name": "\x1b[31m"}]}, {VIOLATION}),
    "a cipher's name that is a number": ({"ciphers": [{"name": 256}]}, {VIOLATION}),
    "a cipher without a name": ({"ciphers": [{}]}, {VIOLATION}),
    "parameters that are text": ({"ciphers": [{"name": "aes-256-gcm", "parameters": {"x": "y"}}]}, {OK, VIOLATION}),
    "parameters beyond 2^63": (
        {"ciphers": [{"name": "aes-256-gcm", "parameters": {"x": 1 << 63, "y": -(1 << 70)}}]},
        {OK, VIOLATION},
    ),
    "20,000 parameters are too long": (
        {"ciphers": [{"name": "aes-256-gcm", "parameters": {str(n): n for n in range(20_000)}}]},
        {VIOLATION},
    ),
    "only an unknown digest": ({"digests": [{"name": "md5"}]}, {NO_CODEC}),
    "digests missing": ({"digests": ...}, {VIOLATION}),
    "no digests": ({"digests": []}, {VIOLATION, NO_CODEC}),
    "compressors missing": ({"compressors": ...}, {VIOLATION}),
    "an unknown compressor": ({"compressors": [{"name": "zip-bomb"}]}, {OK}),
    "no chunk sizes": ({"chunk_sizes": []}, {VIOLATION, NO_CODEC}),
    "chunk sizes missing": ({"chunk_sizes": ...}, {VIOLATION}),
    "chunks of 0": ({"chunk_sizes": [0]}, {VIOLATION, NO_CODEC}),
    "chunks of 16383": ({"chunk_sizes": [16383]}, {VIOLATION, NO_CODEC}),
    "chunks of 1 MiB and a byte": ({"chunk_sizes": [(1 << 20) + 1]}, {VIOLATION, NO_CODEC}),
    "chunks of -1": ({"chunk_sizes": [-1]}, {VIOLATION, NO_CODEC}),
    "chunks of 2^63": ({"chunk_sizes": [1 << 63]}, {VIOLATION, NO_CODEC}),
    "chunks of 10^500": ({"chunk_sizes": [10**500]}, {VIOLATION, NO_CODEC}),
    "chunks of 65536.5": ({"chunk_sizes": [65536.5]}, {VIOLATION, NO_CODEC}),
    "chunks of text": ({"chunk_sizes": ["65536"]}, {VIOLATION, NO_CODEC}),
    "chunk sizes as a number": ({"chunk_sizes": 65536}, {VIOLATION}),
    "the right chunk size as number 65": ({"chunk_sizes": [1] * 64 + [65536]}, {VIOLATION, NO_CODEC}),
    "the right chunk size as number 64": ({"chunk_sizes": [1] * 63 + [65536]}, {OK}),
    "no connections": ({"connections": 0}, {OK}),
    "connections of -1": ({"connections": -1}, {OK, VIOLATION}),
    "connections as text": ({"connections": "1"}, {VIOLATION}),
    "connections of 2^32": ({"connections": 1 << 32}, {OK, VIOLATION}),
    "connections missing": ({"connections": ...}, {OK}),
}


async def nothing(trial: Trial[SenderPeer]) -> None:
    """An empty transfer, which is a success."""
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()


def offers() -> None:
    for name, (changes, statuses) in OFFERS.items():

        async def script(trial: Trial[SenderPeer], changes: dict[str, Any] = changes) -> None:
            offer = {key: value for key, value in {**OFFER, **changes}.items() if value is not ...}
            await trial.peer.handshake()
            await trial.peer.exchange({"type": "manifest", "resume": True, "offer": offer})
            await nothing(trial)

        registry.add("receive", f"offer: {name}", statuses, script)


offers()

RIGHT = compact({"type": "manifest", "resume": True, "offer": OFFER})
MANIFESTS: dict[str, tuple[bytes, set[int]]] = {
    "empty": (b"", {VIOLATION}),
    "no JSON": (b"manifest", {VIOLATION}),
    "an array": (b"[" + RIGHT + b"]", {VIOLATION}),
    "null": (b"null", {VIOLATION}),
    "not UTF-8": (RIGHT[:-1] + b',"x":"\xff\xfe"}', {VIOLATION, OK}),
    "UTF-16": (RIGHT.decode().encode("utf-16"), {VIOLATION, OK}),
    "with a byte order mark": (b"\xef\xbb\xbf" + RIGHT, {VIOLATION, OK}),
    "with something behind it": (RIGHT + b"{}", {VIOLATION}),
    "with a comma too many": (RIGHT[:-1] + b",}", {VIOLATION, OK}),
    "with a comment": (b"/* */" + RIGHT, {VIOLATION}),
    "with a zero behind it": (RIGHT + b"\0", {VIOLATION}),
    "with NaN": (RIGHT[:-1] + b',"x":NaN}', {VIOLATION}),
    "with 1e999": (RIGHT[:-1] + b',"x":1e999}', {VIOLATION, OK}),
    "with half a surrogate": (RIGHT[:-1] + b',"x":"\\ud800"}', {VIOLATION, OK}),
    "with a number of 60,000 digits": (RIGHT[:-1] + b',"x":' + b"9" * 60_000 + b"}", {VIOLATION, OK}),
    "nested 30,000 times": (RIGHT[:-1] + b',"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", {VIOLATION, OK}),
    "nested 30,000 times, in objects": (
        RIGHT[:-1] + b',"x":' + b'{"":' * 12_000 + b"0" + b"}" * 12_000 + b"}",
        {VIOLATION, OK},
    ),
    "nested and cut off": (RIGHT[:-1] + b',"x":' + b"[" * 60_000, {VIOLATION}),
    "above 64 KiB": (RIGHT[:-1] + b',"x":"' + b"x" * 65536 + b'"}', {VIOLATION}),
    "of exactly 64 KiB": (RIGHT[:-1] + b',"x":"' + b"x" * (65536 - len(RIGHT) - 7) + b'"}', {OK}),
    "with two offers, the right one first": (RIGHT[:-1] + b',"offer":{}}', {VIOLATION, OK}),
    "with two offers, the right one last": (b'{"offer":{},' + RIGHT[1:], {VIOLATION, OK}),
    "with two types": (RIGHT[:-1] + b',"type":"end"}', {VIOLATION, OK}),
    "with OFFER for offer": (RIGHT.replace(b'"offer"', b'"OFFER"'), {VIOLATION}),
    "with Resume for resume": (RIGHT.replace(b'"resume"', b'"Resume"'), {VIOLATION}),
    "without resume": (RIGHT.replace(b'"resume":true,', b""), {VIOLATION}),
    "with resume as text": (RIGHT.replace(b"true", b'"true"'), {VIOLATION}),
    "with resume as 1": (RIGHT.replace(b"true", b"1"), {VIOLATION}),
    "without an offer": (b'{"type":"manifest","resume":true}', {VIOLATION}),
    "with null for the offer": (b'{"type":"manifest","resume":true,"offer":null}', {VIOLATION}),
    "with an array for the offer": (b'{"type":"manifest","resume":true,"offer":[]}', {VIOLATION}),
    "of another type": (RIGHT.replace(b'"manifest"', b'"manifesto"'), {VIOLATION}),
    "that is a receiver's": (b'{"type":"receiver_manifest","selection":{}}', {VIOLATION}),
    "that is `working`": (b'{"type":"working"}', {VIOLATION}),
    "that is the end": (compact({"type": "end", **bodies.Tree().totals()}), {VIOLATION}),
    "with escapes in its keys": (RIGHT.replace(b'"offer"', b'"\\u006fffer"'), {OK, VIOLATION}),
    "with white space": (json.dumps(json.loads(RIGHT), indent=8).encode(), {OK}),
    "with its keys in another order": (json.dumps(json.loads(RIGHT), sort_keys=True).encode(), {OK}),
}


def manifests() -> None:
    for name, (manifest, statuses) in MANIFESTS.items():

        async def script(trial: Trial[SenderPeer], manifest: bytes = manifest) -> None:
            await trial.peer.handshake()
            trial.peer.manifest = manifest
            await trial.peer.control(manifest)
            answer = await trial.peer.next(bodies.CONTROL)
            trial.peer.receiver_manifest = answer[1:]
            trial.peer.selection = json.loads(answer[1:])["selection"]
            trial.peer.change_keys()
            await nothing(trial)

        registry.add("receive", f"manifest: {name}", statuses, script)


manifests()

# MARK: The receiver's selection

SELECTIONS: dict[str, tuple[dict[str, Any], set[int]]] = {
    "a cipher that was not offered": ({"cipher": "rot13"}, {VIOLATION}),
    "the cipher none": ({"cipher": "none"}, {VIOLATION}),
    "no cipher": ({"cipher": ...}, {VIOLATION}),
    "a cipher that is null": ({"cipher": None}, {VIOLATION}),
    "a cipher that is a number": ({"cipher": 1}, {VIOLATION}),
    "a cipher in upper case": ({"cipher": "AES-256-GCM"}, {VIOLATION}),
    "a cipher with a zero behind it": ({"cipher": "aes-256-gcm\0"}, {VIOLATION}),
    "a digest that was not offered": ({"digest": "md5"}, {VIOLATION}),
    "no digest": ({"digest": ...}, {VIOLATION}),
    "the digest none": ({"digest": "none"}, {VIOLATION}),
    "a compressor that was not offered": ({"compressor": "lzma"}, {VIOLATION}),
    "no compressor": ({"compressor": ...}, {VIOLATION}),
    "chunks that were not offered": ({"chunk_size": 16384}, {VIOLATION}),
    "chunks of 0": ({"chunk_size": 0}, {VIOLATION}),
    "chunks of 1": ({"chunk_size": 1}, {VIOLATION}),
    "chunks of -1": ({"chunk_size": -1}, {VIOLATION}),
    "chunks of 2^63": ({"chunk_size": 1 << 63}, {VIOLATION}),
    "chunks of 2^64 - 1": ({"chunk_size": (1 << 64) - 1}, {VIOLATION}),
    "chunks of 1 TiB": ({"chunk_size": 1 << 40}, {VIOLATION}),
    "chunks of text": ({"chunk_size": "65536"}, {VIOLATION}),
    "no connections": ({"connections": 0}, {VIOLATION}),
    "9 connections": ({"connections": 9}, {VIOLATION}),
    "connections of 2^40": ({"connections": 1 << 40}, {VIOLATION}),
    "connections of -1": ({"connections": -1}, {VIOLATION}),
    "connections as text": ({"connections": "1"}, {VIOLATION}),
}
RIGHT_SELECTION = compact(
    {
        "type": "receiver_manifest",
        "selection": {
            "cipher": "aes-256-gcm",
            "compressor": "zstd",
            "digest": "xxh128",
            "chunk_size": 1048576,
            "connections": 1,
        },
    }
)
RECEIVER_MANIFESTS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"hm",
    "an array": b"[]",
    "without a selection": b'{"type":"receiver_manifest"}',
    "with SELECTION for selection": RIGHT_SELECTION.replace(b'"selection"', b'"SELECTION"'),
    "with Cipher for cipher": RIGHT_SELECTION.replace(b'"cipher"', b'"Cipher"'),
    "with text for the selection": b'{"type":"receiver_manifest","selection":"aes-256-gcm"}',
    "above 64 KiB": RIGHT_SELECTION[:-1] + b',"x":"' + b"x" * 65536 + b'"}',
    "nested and cut off": RIGHT_SELECTION[:-1] + b',"x":' + b"[" * 60_000,
    "that is the sender's own": b'{"type":"manifest","resume":true,"offer":{}}',
    "that is `working`": b'{"type":"working"}',
    "that is the receipt": compact({"type": "receipt", **bodies.Tree().totals()}),
    "of an unknown type": b'{"type":"hm"}',
}


def selections() -> None:
    for name, (changes, statuses) in SELECTIONS.items():

        async def script(trial: Trial[ReceiverPeer], changes: dict[str, Any] = changes) -> None:
            await trial.peer.handshake()
            await trial.peer.hear_manifest()
            await trial.peer.select(**changes)
            await trial.peer.closed()

        registry.add("send", f"selection: {name}", statuses, script)
    for name, message in RECEIVER_MANIFESTS.items():

        async def whole(trial: Trial[ReceiverPeer], message: bytes = message) -> None:
            await trial.peer.handshake()
            await trial.peer.hear_manifest()
            await trial.peer.control(message)
            await trial.peer.closed()

        registry.add("send", f"receiver manifest: {name}", VIOLATION, whole)


selections()

# MARK: `error`, everywhere

ERRORS: dict[str, tuple[Any, int, int]] = {
    "of a full disk": ({"code": "destination-unwritable", "message": "full"}, PEER_LEFT, PEER_FAILED),
    "of an unknown code": ({"code": "hm", "message": "hm"}, PEER_LEFT, PEER_FAILED),
    "that says no-common-codec": ({"code": "no-common-codec", "message": "no"}, NO_CODEC, NO_CODEC),
    "that says checksum-mismatch": ({"code": "checksum-mismatch", "message": "no"}, MISMATCH, MISMATCH),
    "with escapes": ({"code": "usage", "message": "\x1b]0;owned\x07\r\n\x9b\u202e"}, PEER_LEFT, PEER_FAILED),
    "whose code has escapes": ({"code": "\x1b[2J", "message": ""}, PEER_LEFT, PEER_FAILED),
    "above 4096 bytes": ({"code": "usage", "message": "x" * 4097}, -1, -1),
    "without a code": ({"message": "x"}, -1, -1),
    "whose code is a number": ({"code": 8, "message": "x"}, -1, -1),
}


def errors() -> None:
    for name, (error, receive_status, send_status) in ERRORS.items():
        for command, status in (("receive", receive_status), ("send", send_status)):

            async def after(trial: Trial[Any], error: Any = error) -> None:
                await trial.peer.open()
                await trial.peer.control({"type": "error", **error})
                await trial.peer.closed()

            async def before(trial: Trial[Any], error: Any = error) -> None:
                await trial.peer.handshake()
                if isinstance(trial.peer, ReceiverPeer):
                    await trial.peer.hear_manifest()
                await trial.peer.control({"type": "error", **error})
                await trial.peer.closed()

            left = PEER_LEFT if command == "receive" else PEER_FAILED
            statuses = {VIOLATION, left} if status < 0 else {status}
            registry.add(command, f"error: {name}", statuses, after)
            registry.add(command, f"error in place of the manifest: {name}", statuses, before)


errors()


def many_messages() -> None:
    async def script(trial: Trial[Any]) -> None:
        await trial.peer.open()
        for number in range(5000):
            await trial.peer.control({"type": "working" if number % 2 else "unknown", "x": number})
        if isinstance(trial.peer, SenderPeer):
            await nothing(trial)
        else:
            await trial.peer.receive_all({})

    for command in ("receive", "send"):
        registry.add(command, "control: 5000 of `working` and of unknown types", OK, script)


many_messages()

CONTROLS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"end",
    "an array": b"[]",
    "without a type": b"{}",
    "with a type that is a number": b'{"type":1}',
    "above 64 KiB": b'{"type":"hm","x":"' + b"x" * 65536 + b'"}',
    "nested and cut off": b'{"type":"hm","x":' + b"[" * 60_000,
    "of type manifest": RIGHT,
    "of type receiver_manifest": RIGHT_SELECTION,
    "of type Receipt with a zero": b'{"type":"receipt\\u0000"}x',
}


def controls() -> None:
    for command in ("receive", "send"):
        for name, message in CONTROLS.items():

            async def script(trial: Trial[Any], message: bytes = message) -> None:
                await trial.peer.open()
                await trial.peer.control(message)
                await trial.peer.closed()

            registry.add(command, f"control record: {name}", VIOLATION, script)


controls()
