"""The handshake: both roles get shares, keys and confirmations that they must not take, and peers that leave."""

from __future__ import annotations

import json
from typing import Any, Awaitable, Callable

from .. import p256
from ..command import VIOLATION, WRONG_CODE
from ..keys import Code, RECEIVER, SENDER, SPAKE2, XWing, associated_data, blinds
from ..receiver import ReceiverPeer
from ..sender import SenderPeer
from ..trial import Registry, Trial

registry = Registry()
Step = Callable[[Trial[Any]], Awaitable[None]]

POINT = p256.encode(p256.multiply(p256.G, 12345))

# What stands in place of a share, or of a whole field, and of which both roles must say that it is none.
SHARES: dict[str, Any] = {
    "of another form": (b"\x05" + POINT[1:]).hex(),
    "in hybrid form": (bytes([6 + (POINT[64] & 1)]) + POINT[1:]).hex(),
    "compressed": (bytes([2 + (POINT[64] & 1)]) + POINT[1:33]).hex(),
    "beside the curve": (POINT[:64] + bytes([POINT[64] ^ 1])).hex(),
    "of zeros": (b"\x04" + bytes(64)).hex(),
    "the identity": "00",
    "the identity in 65 bytes": bytes(65).hex(),
    "with coordinates beyond the prime": (b"\x04" + b"\xff" * 64).hex(),
    "one byte short": POINT[:64].hex(),
    "one byte long": POINT.hex() + "00",
    "empty": "",
    "not hexadecimal": "zz" * 65,
    "with an odd digit": POINT.hex() + "0",
    "with blanks": " ".join(f"{byte:02x}" for byte in POINT),
    "a number": 4,
    "null": None,
    "an array": [POINT.hex()],
    "missing": ...,
}

PROTOCOLS: dict[str, Any] = {
    "0": 0,
    "1": 1,
    "3": 3,
    "-2": -2,
    "2 + 2^32": 2 + (1 << 32),
    "10^400": 10**400,
    "text": "2",
    "2.5": 2.5,
    "null": None,
    "an array": [2],
    "missing": ...,
}

KEM_KEYS: dict[str, Any] = {
    "one byte short": "00" * 1215,
    "one byte long": "00" * 1217,
    "empty": "",
    "not hexadecimal": "zz" * 1216,
    "a number": 7,
    "beyond the modulus": "ff" * 1216,
}

KEM_CIPHERTEXTS: dict[str, Any] = {
    "one byte short": "00" * 1119,
    "one byte long": "00" * 1121,
    "empty": "",
    "not hexadecimal": "zz" * 1120,
    "a number": 7,
    "missing": ...,
}

# Texts where a message of the handshake should be. `{}` stands for a right message.
TEXTS: dict[str, Any] = {
    "is empty": "",
    "is no JSON": "hello",
    "is an array": "[]",
    "is a number": "17",
    "is null": "null",
    "is a string": '"pake"',
    "is cut off": lambda right: right[:-1],
    "has something behind it": lambda right: right + "}",
    "is nested 7000 times": '{"type":"pake","x":' + "[" * 7000 + "]" * 7000 + "}",
    "is nested and cut off": '{"type":"pake","x":' + "[" * 15000,
    "is above 16 KiB": lambda right: right[:-1] + ',"x":"' + "x" * 16384 + '"}',
    "has a type that is a number": lambda right: right.replace('"pake"', "1"),
    "has its keys in upper case": lambda right: right.replace('"share"', '"SHARE"'),
}


def texts(command: str, step: Step, extra: frozenset[int]) -> None:
    for name, text in TEXTS.items():

        async def script(trial: Trial[Any], text: Any = text) -> None:
            await step(trial)
            right = json.dumps(trial.peer.pake, separators=(",", ":"))
            await trial.peer.say(text(right) if callable(text) else text)
            await trial.peer.closed()

        registry.add(command, f"handshake: a message that {name}", {VIOLATION} | extra, script)


def fields(command: str, step: Step, key: str, values: dict[str, Any]) -> None:
    for name, value in values.items():

        async def script(trial: Trial[Any], value: Any = value) -> None:
            await step(trial)
            await trial.peer.say(trial.peer.pake, **{key: value})
            await trial.peer.closed()

        statuses = {VIOLATION}
        registry.add(command, f"handshake: {key} {name}", statuses, script)


async def met(trial: Trial[Any]) -> None:
    """A sender may say message 1."""
    await trial.peer.meet()


async def heard(trial: Trial[Any]) -> None:
    """A receiver may say message 2."""
    await trial.peer.meet()
    await trial.peer.hear_pake()


for one_command, one_step in (("receive", met), ("send", heard)):
    fields(one_command, one_step, "share", SHARES)
    fields(one_command, one_step, "protocol", PROTOCOLS)
    texts(one_command, one_step, frozenset())
fields("receive", met, "kem_key", KEM_KEYS)
fields("send", heard, "kem_ciphertext", KEM_CIPHERTEXTS)


@registry.case("receive", "handshake: a share that makes K the identity", VIOLATION)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.meet()
    blind = p256.encode(blinds(trial.peer.spake.w)[SENDER])
    await trial.peer.say(trial.peer.pake, share=blind.hex())
    await trial.peer.closed()


@registry.case("send", "handshake: a share that makes K the identity", VIOLATION)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await heard(trial)
    blind = p256.encode(blinds(trial.peer.spake.w)[RECEIVER])
    await trial.peer.say(trial.peer.pake, share=blind.hex())
    await trial.peer.closed()


@registry.case("receive", "handshake: an X25519 part of order 1", {VIOLATION, WRONG_CODE})
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.meet()
    await trial.peer.say(trial.peer.pake, kem_key=(XWing().public[:1184] + bytes(32)).hex())
    await trial.peer.hear("pake")
    await trial.peer.say({"type": "pake_confirm", "confirmation": "00" * 32})


@registry.case("send", "handshake: an X25519 part of order 1", {VIOLATION, WRONG_CODE})
async def _(trial: Trial[ReceiverPeer]) -> None:
    await heard(trial)
    await trial.peer.say(trial.peer.pake, kem_ciphertext=(trial.peer.kem_ciphertext[:1088] + bytes(32)).hex())
    await trial.peer.closed()


@registry.case("send", "handshake: the sender's own share comes back", WRONG_CODE)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await heard(trial)
    await trial.peer.say(trial.peer.pake, share=trial.peer.other_share.hex())
    await trial.peer.closed()


@registry.case("send", "handshake: message 1 comes back", VIOLATION)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await trial.peer.meet()
    message = await trial.peer.hear("pake")
    await trial.peer.say(message)
    await trial.peer.closed()


CONFIRMATIONS: dict[str, Any] = {
    "of zeros": "00" * 32,
    "one byte short": "00" * 31,
    "one byte long": "00" * 33,
    "empty": "",
}
NO_CONFIRMATIONS: dict[str, Any] = {"not hexadecimal": "zz" * 32, "a number": 1, "missing": ...}


def confirmations() -> None:
    for name, value in (CONFIRMATIONS | NO_CONFIRMATIONS).items():

        async def to_receiver(trial: Trial[SenderPeer], value: Any = value) -> None:
            await trial.peer.meet()
            await trial.peer.say(trial.peer.pake)
            await trial.peer.hear_pake()
            await trial.peer.say(trial.peer.confirmation, confirmation=value)
            await trial.peer.closed()

        async def to_sender(trial: Trial[ReceiverPeer], value: Any = value) -> None:
            await heard(trial)
            await trial.peer.say(trial.peer.pake, confirmation=value)
            await trial.peer.closed()

        # A receiver has shown its own by then: whatever ends the session may have been a guess.
        registry.add("receive", f"handshake: confirmation {name}", WRONG_CODE, to_receiver)
        registry.add(
            "send", f"handshake: confirmation {name}", VIOLATION if name in NO_CONFIRMATIONS else WRONG_CODE, to_sender
        )


confirmations()


@registry.case("receive", "handshake: its own confirmation comes back", WRONG_CODE)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.meet()
    await trial.peer.say(trial.peer.pake)
    await trial.peer.hear_pake()
    own = trial.peer.agreement.confirmations[RECEIVER].hex()
    await trial.peer.say(trial.peer.confirmation, confirmation=own)
    await trial.peer.closed()


@registry.case("send", "handshake: the confirmation that the sender itself will say", WRONG_CODE)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await heard(trial)
    own = trial.peer.agreement.confirmations[SENDER].hex()
    await trial.peer.say(trial.peer.pake, confirmation=own)
    await trial.peer.closed()


def wrong_guess(trial: Trial[Any]) -> None:
    channel = trial.peer.code.text.partition("-")[0]
    trial.peer.code = Code(channel + "-wrong-guess")
    trial.peer.spake = SPAKE2(trial.peer.role, Code("7100-wrong-guess").password)


@registry.case("receive", "handshake: another code of the same channel", WRONG_CODE)
async def _(trial: Trial[SenderPeer]) -> None:
    wrong_guess(trial)
    await trial.peer.meet()
    await trial.peer.say(trial.peer.pake)
    await trial.peer.hear_pake()
    trial.expect(not trial.peer.is_right, "the confirmations agree, and the codes do not")
    await trial.peer.say(trial.peer.confirmation)
    await trial.peer.closed()


@registry.case("send", "handshake: another code of the same channel", WRONG_CODE)
async def _(trial: Trial[ReceiverPeer]) -> None:
    wrong_guess(trial)
    await heard(trial)
    await trial.peer.say(trial.peer.pake)
    await trial.peer.hear_confirmation()


@registry.case("receive", "handshake: key and ciphertext of another protocol number", WRONG_CODE)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.meet()
    await trial.peer.say(trial.peer.pake)
    message = await trial.peer.hear("pake")
    ciphertext, share = bytes.fromhex(message["kem_ciphertext"]), bytes.fromhex(message["share"])
    data = associated_data(trial.peer.code.rendezvous, (2, 3), trial.peer.kem.public, ciphertext)
    trial.peer.agree(data, share, trial.peer.kem.decapsulate(ciphertext))
    await trial.peer.say(trial.peer.confirmation)
    await trial.peer.closed()


@registry.case("send", "handshake: a ciphertext that nobody made for this key", WRONG_CODE)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await heard(trial)
    await trial.peer.say(trial.peer.pake, kem_ciphertext=XWing.encapsulate(XWing().public)[0].hex())
    await trial.peer.closed()
