"""A relay and a peer in one, that writes down what the tool under test sends.

    record.py sender [REPLY]     pairs with a sender; REPLY is the JSON that answers its manifest
    record.py receiver MANIFEST  pairs with a receiver; MANIFEST is the JSON to begin with

Prints the port, and then, when the connection is over, a line for each message: text as it came; for data its
number and chained checksum, and the size and SHA-256 of its payload, decompressed if its file says so.
"""
import asyncio
import hashlib
import json
import sys

import zstandard
from websockets.asyncio.server import serve


def chunk_line(message, compression, previous):
    number, chain, payload = int.from_bytes(message[:8], "big"), message[8:40], message[40:]
    follows = hashlib.sha256(previous + payload).digest() == chain
    content, stated = payload, None
    if compression == "zstd":
        stated = zstandard.get_frame_parameters(payload).content_size
        content = zstandard.ZstdDecompressor().decompress(payload)
    digest = hashlib.sha256(content).hexdigest()
    return chain, f"chunk {number} chain {follows} stated {stated} bytes {len(content)} {digest}"


async def main(role, answer):
    done = asyncio.get_running_loop().create_future()

    async def handle(connection):
        lines, compression, chain = [], "none", b""
        try:
            lines.append(await connection.recv())
            if role == "sender":
                await connection.send('{"type":"ready"}')
            else:
                await connection.send(answer)
            async for message in connection:
                if isinstance(message, bytes):
                    chain, line = chunk_line(message, compression, chain)
                    lines.append(line)
                    continue
                lines.append(message)
                control = json.loads(message)
                if control["type"] == "manifest" and control["resume"]:
                    await connection.send(answer)
                elif control["type"] == "receiver_manifest":
                    await connection.send('{"type":"eof"}')
                elif control["type"] == "file":
                    compression, chain = control["compression"], b""
                elif control["type"] == "eof":
                    break
        finally:
            await connection.close()
            if not done.done():
                done.set_result(lines)

    async with serve(handle, "127.0.0.1", 0, max_size=2**21, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        lines = await done
    print(*lines, sep="\n", flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
