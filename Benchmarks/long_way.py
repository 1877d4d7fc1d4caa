"""A way of 40 ms: a TCP proxy that delays each direction by 20 ms and lets so many bytes of a connection be under way at once.

long_way.py PORT WINDOW: prints the port it listens on; forwards to PORT on loopback.
"""

import asyncio
import sys

DELAY = 0.020


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, window: int) -> None:
    loop = asyncio.get_running_loop()
    room = window
    changed = asyncio.Event()

    def deliver(data: bytes) -> None:
        if not writer.is_closing():
            writer.write(data)

    def settle(count: int) -> None:
        nonlocal room
        room += count
        changed.set()

    try:
        while True:
            while room <= 0:
                changed.clear()
                await changed.wait()
            data = await reader.read(min(room, 1 << 18))
            if not data:
                break
            room -= len(data)
            loop.call_later(DELAY, deliver, data)
            # The sender hears of it after another delay.
            loop.call_later(2 * DELAY, settle, len(data))
        await asyncio.sleep(DELAY + 0.01)
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()


async def main() -> None:
    port, window = int(sys.argv[1]), int(sys.argv[2])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        await asyncio.gather(pump(reader, there[1], window), pump(there[0], writer, window), return_exceptions=True)
        for each in (writer, there[1]):
            each.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
