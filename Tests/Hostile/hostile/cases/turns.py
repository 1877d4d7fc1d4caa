"""The handshake: messages out of turn, unknown ones, and peers that leave or say nothing."""

from __future__ import annotations

from typing import Any, Awaitable, Callable

from .. import bodies
from ..command import OK, PEER_LEFT, RELAY_REFUSED, VIOLATION, WRONG_CODE
from ..receiver import ReceiverPeer
from ..sender import SenderPeer
from ..trial import Registry, Trial

from .handshake import heard, met

registry = Registry()
Step = Callable[[Trial[Any]], Awaitable[None]]

# MARK: Out of turn

WRONG_TURNS: dict[str, tuple[dict[str, Any] | bytes, set[int]]] = {
    "pake_confirm": ({"type": "pake_confirm", "confirmation": "00" * 32}, {VIOLATION}),
    "wrong_code": ({"type": "wrong_code"}, {WRONG_CODE}),
    "an error of the relay": ({"type": "error", "code": "bad-frame", "message": "\x1b[31mno\r\n"}, {RELAY_REFUSED}),
    "an error without a code": ({"type": "error"}, {RELAY_REFUSED, VIOLATION}),
    "bytes": (b"\0" * 100, {VIOLATION}),
    "no bytes": (b"", {VIOLATION}),
}


def out_of_turn() -> None:
    for name, (message, statuses) in WRONG_TURNS.items():
        for command, step in (("receive", met), ("send", heard)):

            async def script(trial: Trial[Any], message: dict[str, Any] | bytes = message, step: Step = step) -> None:
                await step(trial)
                if isinstance(message, bytes):
                    await trial.peer.socket.binary(message)
                else:
                    await trial.peer.say(message)
                await trial.peer.closed()

            registry.add(command, f"handshake: {name} out of turn", statuses, script)


out_of_turn()


@registry.case("receive", "handshake: message 2 in place of message 1", VIOLATION)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.meet()
    await trial.peer.say(trial.peer.pake, kem_key=..., kem_ciphertext="00" * 1120, confirmation="00" * 32)
    await trial.peer.closed()


async def confirmed(trial: Trial[Any]) -> None:
    """The receiver has said message 2."""
    await trial.peer.meet()
    await trial.peer.say(trial.peer.pake)
    await trial.peer.hear_pake()


# All of these come after the receiver has shown its confirmation, and are possible guesses.
INSTEAD_OF_MESSAGE_3: dict[str, Step] = {}


def instead(name: str) -> Callable[[Step], Step]:
    def added(step: Step) -> Step:
        async def script(trial: Trial[Any]) -> None:
            await confirmed(trial)
            await step(trial)
            await trial.peer.closed()

        registry.add("receive", f"handshake: after message 2, {name}", WRONG_CODE, script)
        return step

    return added


@instead("wrong_code")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.say({"type": "wrong_code"})


@instead("message 1 again")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.say(trial.peer.pake)


@instead("a record")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.body(bodies.control({"type": "manifest"}))


@instead("an error of the relay")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.say({"type": "error", "code": "shutting-down", "message": "no"})


@instead("no JSON")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.say("{")


@instead("16 unknown messages")
async def _(trial: Trial[Any]) -> None:
    for _ in range(16):
        await trial.peer.say({"type": "hm"})


@instead("Close 1000")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.socket.close(1000)


@instead("Close 4003")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.socket.close(4003, b"cancelled")


@instead("a Close without a status")
async def _(trial: Trial[Any]) -> None:
    await trial.peer.socket.close(None)


@instead("a reset")
async def _(trial: Trial[Any]) -> None:
    trial.peer.socket.reset()


# MARK: Unknown messages


def unknown_messages() -> None:
    # What the relay says counts, too: `waiting` and `ready`.
    for count, statuses in ((13, {OK}), (16, {VIOLATION})):

        async def to_receiver(trial: Trial[SenderPeer], count: int = count) -> None:
            await trial.peer.meet()
            for number in range(count):
                await trial.peer.say({"type": f"unknown-{number}", "x": [{}]})
            await trial.peer.say(trial.peer.pake)
            await trial.peer.hear_pake()
            await trial.peer.say(trial.peer.confirmation)
            await trial.peer.exchange()
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        async def to_sender(trial: Trial[ReceiverPeer], count: int = count) -> None:
            await heard(trial)
            for number in range(count):
                await trial.peer.say({"type": f"unknown-{number}", "x": [{}]})
            await trial.peer.say(trial.peer.pake)
            await trial.peer.hear_confirmation()
            await trial.peer.hear_manifest()
            await trial.peer.select()
            await trial.peer.receive_all({})

        registry.add("receive", f"handshake: {count} unknown messages", statuses, to_receiver)
        registry.add("send", f"handshake: {count} unknown messages", statuses, to_sender)


unknown_messages()


@registry.case("receive", "handshake: a message of exactly 16 KiB, in upper case and with unknown keys", OK)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.meet()
    pake = trial.peer.pake
    pake["share"], pake["kem_key"] = pake["share"].upper(), pake["kem_key"].upper()
    pake["x"] = ""
    pake["x"] = "x" * (16384 - len(bodies.compact(pake)))
    await trial.peer.say(pake)
    await trial.peer.hear_pake()
    await trial.peer.say(trial.peer.confirmation)
    await trial.peer.exchange()
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()


@registry.case("send", "handshake: text that is no UTF-8", {VIOLATION, RELAY_REFUSED, PEER_LEFT}, direct=True)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await trial.peer.socket.text('{"type":"ready","protocol":2}')
    await trial.peer.hear("pake")
    await trial.peer.socket.text(b'{"type":"pake","share":"\xff\xfe"}')
    await trial.peer.closed()


# MARK: Silence: what was dropped on the way


@registry.case("receive", "handshake: message 1 never comes", PEER_LEFT, slow=True, direct=True)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.socket.text('{"type":"ready","protocol":2}')
    await _until_end(trial)


@registry.case("receive", "handshake: message 3 never comes", WRONG_CODE, slow=True)
async def _(trial: Trial[SenderPeer]) -> None:
    await confirmed(trial)
    await _until_end(trial)


@registry.case("send", "handshake: message 2 never comes", PEER_LEFT, slow=True)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await heard(trial)
    await _until_end(trial)


@registry.case("receive", "the manifest never comes", PEER_LEFT, slow=True)
async def _(trial: Trial[SenderPeer]) -> None:
    await trial.peer.handshake()
    await _until_end(trial)


@registry.case("send", "the selection never comes", PEER_LEFT, slow=True)
async def _(trial: Trial[ReceiverPeer]) -> None:
    await trial.peer.handshake()
    await _until_end(trial)


async def _until_end(trial: Trial[Any]) -> None:
    trial.peer.patience = 180
    await trial.peer.closed()
