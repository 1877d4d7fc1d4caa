"""Content that is sent from memory or from a file object: it goes to the binary's standard input."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, Union

_PIECE_SIZE = 1 << 18


class Readable(Protocol):
    """A file object that is open for reading bytes."""

    def read(self, size: int, /) -> Any:
        """Return at most so many bytes, or a coroutine that does; empty at the end."""


#: What can be sent as one file: bytes, a file object open for reading bytes (also one whose ``read`` is a coroutine
#: function), or pieces of bytes.
Content = Union[bytes, bytearray, memoryview, Readable, Iterable[bytes], AsyncIterable[bytes]]


async def pieces(content: Content) -> AsyncIterator[bytes | memoryview]:
    """Return content piece by piece. What blocks is read in a thread of its own.

    Raises:
        TypeError: It is no content, or reads as text.

    """
    if isinstance(content, (bytes, bytearray, memoryview)):
        whole = memoryview(content).cast("B")
        for start in range(0, len(whole), _PIECE_SIZE):
            yield whole[start : start + _PIECE_SIZE]
        return
    if isinstance(content, AsyncIterable) and not hasattr(content, "read"):
        async for piece in content:
            yield _checked(piece)
        return
    executor = ThreadPoolExecutor(1, "p2p_copy source")
    try:
        async for piece in _blocking_pieces(content, executor):
            yield _checked(piece)
    finally:
        # Not waited for: a read that never returns would hold up everything else.
        executor.shutdown(wait=False)


async def _blocking_pieces(content: Any, executor: ThreadPoolExecutor) -> AsyncIterator[Any]:
    loop = asyncio.get_running_loop()
    if hasattr(content, "read"):
        if inspect.iscoroutinefunction(content.read):
            while piece := await content.read(_PIECE_SIZE):
                yield piece
            return
        while piece := await loop.run_in_executor(executor, content.read, _PIECE_SIZE):
            # A file object of some library may have a coroutine where nothing says so.
            piece = await piece if inspect.isawaitable(piece) else piece
            if not piece:
                return
            yield piece
        return
    iterator = iter(content)
    end = object()
    while (piece := await loop.run_in_executor(executor, next, iterator, end)) is not end:
        yield piece


def _checked(piece: Any) -> bytes | memoryview:
    if isinstance(piece, str):
        raise TypeError("the content reads as text: open the file in binary mode, or encode what is sent")
    return piece if isinstance(piece, bytes) else memoryview(piece).cast("B")
