"""Opens pairs at a relay whose senders push data and whose receivers never read it.

usage: stalled_pairs.py PORT PAIRS    (runs until it is killed, ten minutes at most)
"""

import base64
import os
import select
import socket
import struct
import sys
import time


def connect(port, role, code):
    peer = socket.create_connection(("127.0.0.1", port))
    if role == "receiver":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    key = base64.b64encode(os.urandom(16)).decode()
    peer.sendall(
        f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += peer.recv(4096)
    assert b" 101 " in answer.split(b"\r\n")[0], answer
    hello = f'{{"type":"hello","code_hash_hex":"{code}","role":"{role}"}}'.encode()
    # A masking key of zeros leaves the payload as it is.
    assert len(hello) < 126
    peer.sendall(bytes([0x81, 0x80 | len(hello)]) + bytes(4) + hello)
    return peer


def main():
    port, pairs = int(sys.argv[1]), int(sys.argv[2])
    receivers, senders = [], []
    for index in range(pairs):
        receivers.append(connect(port, "receiver", f"{index:08x}"))
        senders.append(connect(port, "sender", f"{index:08x}"))
    payload = bytes(1 << 20)
    frame = bytes([0x82, 0x80 | 127]) + struct.pack(">Q", len(payload)) + bytes(4) + payload
    sent = {sender: 0 for sender in senders}
    for sender in senders:
        sender.setblocking(False)
    end = time.monotonic() + 600
    while time.monotonic() < end:
        _, writable, _ = select.select([], senders, [], 1)
        for sender in writable:
            offset = sent[sender] % len(frame)
            try:
                sent[sender] += sender.send(frame[offset:])
            except BlockingIOError:
                pass


if __name__ == "__main__":
    main()
