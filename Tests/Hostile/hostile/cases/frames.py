"""WebSocket frames that nobody may send, straight to the process."""

from __future__ import annotations

from typing import Any

from ..command import PEER_LEFT, RELAY_REFUSED, VIOLATION
from ..trial import Registry, Trial

registry = Registry()

FRAMES: dict[str, bytes] = {
    "a reserved bit": b"\xc2\x01x",
    "a reserved opcode": b"\x83\x01x",
    "a reserved control opcode": b"\x8b\x00",
    "a masked frame from a server": b"\x82\x81\0\0\0\0x",
    "a Ping in fragments": b"\x09\x01x",
    "a Ping of 126 bytes": b"\x89\x7e\x00\x7e" + bytes(126),
    "a continuation of nothing": b"\x80\x01x",
    "a message within a message": b"\x02\x01x\x82\x01x",
    "a length of 2^63": b"\x82\x7f\x80" + bytes(7),
    "a length of 2^62": b"\x82\x7f\x40" + bytes(7) + bytes(1000),
    "a length of 2^64 - 1": b"\x82\x7f" + b"\xff" * 8,
    "3 MiB": b"\x82\x7f" + (3 << 20).to_bytes(8, "big") + bytes(3 << 20),
    "fragments of 3 MiB": b"\x02\x7f"
    + (1 << 20).to_bytes(8, "big")
    + bytes(1 << 20)
    + 2 * (b"\x00\x7f" + (1 << 20).to_bytes(8, "big") + bytes(1 << 20)),
    "a Close of one byte": b"\x88\x01x",
    "a Close with status 999": b"\x88\x02\x03\xe7",
    "a Close with status 1005": b"\x88\x02\x03\xed",
    "a Close with status 65535": b"\x88\x02\xff\xff",
    "a Close whose reason is no UTF-8": b"\x88\x04\x03\xe8\xff\xfe",
    "a Close with escapes in its reason": b"\x88\x0c\x0f\xa1\x1b]0;owned\x07",
    "a text that is no UTF-8": b"\x81\x02\xff\xfe",
    "no WebSocket at all": b"HTTP/1.1 200 OK\r\n\r\n" * 10,
}


def frames() -> None:
    for command in ("receive", "send"):
        for name, data in FRAMES.items():

            async def script(trial: Trial[Any], data: bytes = data, command: str = command) -> None:
                await trial.peer.socket.text('{"type":"ready","protocol":2}')
                if command == "receive":
                    await trial.peer.say(trial.peer.pake)
                    await trial.peer.hear_pake()
                    await trial.peer.say(trial.peer.confirmation)
                else:
                    await trial.peer.hear_pake()
                    await trial.peer.say(trial.peer.pake)
                    await trial.peer.hear_confirmation()
                await trial.peer.socket.raw(data)
                # A frame that is not complete in the end is one that was cut off.
                await trial.peer.socket.receive(0.5)
                trial.peer.socket.dispose()

            registry.add(command, f"frame: {name}", {RELAY_REFUSED, PEER_LEFT, VIOLATION, 17}, script, direct=True)


frames()
