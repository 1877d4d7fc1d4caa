"""As much of RFC 6455 as peers and relays need, with everything in reach that a hostile one may want."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import struct
from dataclasses import dataclass

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Message:
    opcode: int
    payload: bytes

    @property
    def status(self) -> int | None:
        """That of a Close."""
        return int.from_bytes(self.payload[:2], "big") if len(self.payload) >= 2 else None


class Gone(Exception):
    """The other side closed, or the connection is lost. `status` is that of its Close, if there was one."""

    def __init__(self, status: int | None, reason: bytes = b"") -> None:
        super().__init__(f"closed with {status} {reason!r}")
        self.status = status
        self.reason = reason


class Quiet(Exception):
    """Nothing came in time."""


class WebSocket:
    """One end of a connection. A task reads all the time, so that pings and Closes are answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, masks: bool) -> None:
        self._reader, self._writer, self._masks = reader, writer, masks
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._is_closing = False
        self._end: Gone | None = None
        # Whether a Close of the other side is answered; some cases do not.
        self.answers_close = True
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, port: int, rendezvous: str) -> "WebSocket":
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            (
                f"GET /?rendezvous={rendezvous} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(f"no WebSocket: {head!r}")
        return cls(reader, writer, masks=True)

    @classmethod
    async def accept(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> "WebSocket":
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        key = next(
            line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: ")
        )
        assert fields[b"upgrade"] == b"websocket"
        accepted = base64.b64encode(hashlib.sha1(key + GUID).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
        )
        return cls(reader, writer, masks=False)

    # MARK: Sending

    def frame(self, opcode: int, payload: bytes, final: bool = True) -> bytes:
        # A mask of zeros is a mask: the payload stands as it is.
        masked, count = 0x80 if self._masks else 0, len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        if count < 126:
            head += bytes([masked | count])
        elif count < 65536:
            head += bytes([masked | 126]) + struct.pack(">H", count)
        else:
            head += bytes([masked | 127]) + struct.pack(">Q", count)
        return head + (bytes(4) if self._masks else b"") + payload

    async def raw(self, data: bytes) -> None:
        """Bytes of TCP, whatever they are."""
        if self._end is not None:
            raise self._end
        try:
            self._writer.write(data)
            await self._writer.drain()
        except (ConnectionError, RuntimeError) as error:
            raise self._end or Gone(None) from error

    async def send(self, opcode: int, payload: bytes) -> None:
        await self.raw(self.frame(opcode, payload))

    async def text(self, payload: str | bytes) -> None:
        await self.send(TEXT, payload.encode() if isinstance(payload, str) else payload)

    async def binary(self, payload: bytes) -> None:
        await self.send(BINARY, payload)

    async def close(self, status: int | None = 1000, reason: bytes = b"") -> None:
        """Sends a Close. What comes in answer is read by the task."""
        self._is_closing = True
        await self.send(CLOSE, b"" if status is None else status.to_bytes(2, "big") + reason)

    # MARK: Receiving

    async def receive(self, seconds: float = 60) -> Message:
        """The next message; raises `Gone` at the end and `Quiet` when nothing comes."""
        if self._end is not None and self._messages.empty():
            raise self._end
        try:
            message = await asyncio.wait_for(self._messages.get(), seconds)
        except asyncio.TimeoutError:
            raise Quiet() from None
        if message is None:
            assert self._end is not None
            raise self._end
        return message

    async def _read(self) -> None:
        end, message = Gone(None), b""
        opcode = 0
        try:
            while True:
                first, second = await self._reader.readexactly(2)
                count = second & 0x7F
                if count == 126:
                    count = int.from_bytes(await self._reader.readexactly(2), "big")
                elif count == 127:
                    count = int.from_bytes(await self._reader.readexactly(8), "big")
                mask = await self._reader.readexactly(4) if second & 0x80 else b""
                payload = await self._reader.readexactly(count)
                if any(mask):
                    key = int.from_bytes((mask * (count // 4 + 1))[:count], "big")
                    payload = (int.from_bytes(payload, "big") ^ key).to_bytes(count, "big")
                kind = first & 0x0F
                if kind == CLOSE:
                    end = Gone(int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005, payload[2:])
                    if self.answers_close and not self._is_closing:
                        self._is_closing = True
                        self._writer.write(self.frame(CLOSE, payload[:2]))
                        await self._writer.drain()
                    break
                if kind == PING:
                    self._writer.write(self.frame(PONG, payload))
                elif kind != PONG:
                    opcode, message = kind or opcode, message + payload
                    if first & 0x80:
                        self._messages.put_nowait(Message(opcode, message))
                        message = b""
        except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):
            pass
        finally:
            self._end = end
            self._messages.put_nowait(None)

    # MARK: Ending

    def reset(self) -> None:
        """Ends TCP with a reset, without a Close."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        if connection is not None and not self._writer.transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def pause(self) -> None:
        """Reads nothing any more."""
        self._reading.cancel()

    def dispose(self) -> None:
        self._reading.cancel()
        self._writer.transport.abort()
