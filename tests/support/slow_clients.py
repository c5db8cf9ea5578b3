"""Clients that hold connections: each sends a byte now and then, or nothing, and comes back when it is turned away."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType

# How long one waits for an answer before it sends the next byte.
_NOW_AND_THEN = 0.2

Sends = Callable[[], AsyncIterator[bytes]]
POST = b"POST /webhooks/zendesk HTTP/1.1\r\nHost: x\r\n"


async def nothing() -> AsyncIterator[bytes]:
    """Connects, and that is all."""
    while True:
        yield b""


async def head() -> AsyncIterator[bytes]:
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "
    while True:
        yield b"a"


async def headers() -> AsyncIterator[bytes]:
    yield b"POST / HTTP/1.1\r\n"
    while True:
        yield b"X-A: b\r\n"


async def empty_lines() -> AsyncIterator[bytes]:
    while True:
        yield b"\r\n"


async def body() -> AsyncIterator[bytes]:
    yield POST + b"Content-Length: 60000\r\n\r\n"
    while True:
        yield b"b"


async def chunks() -> AsyncIterator[bytes]:
    yield POST + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"1\r\nb\r\n"


async def trailers() -> AsyncIterator[bytes]:
    yield POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nX-Slow: "
    while True:
        yield b"a"


async def body_nobody_asked_for() -> AsyncIterator[bytes]:
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
    while True:
        yield b"b"


async def continues() -> AsyncIterator[bytes]:
    yield POST + b"Content-Length: 60000\r\nExpect: 100-continue\r\n\r\n"
    while True:
        yield b""


async def second_head() -> AsyncIterator[bytes]:
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea"
    while True:
        yield b"a"


async def silent_after_an_answer() -> AsyncIterator[bytes]:
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    while True:
        yield b""


KINDS: dict[str, Sends] = {
    made.__name__: made
    for made in (nothing, head, headers, empty_lines, body, chunks, trailers, body_nobody_asked_for, continues,
                 second_head, silent_after_an_answer)
}  # fmt: skip


class SlowClients:
    """`with SlowClients(host, port, 400):` that many at once, of all kinds, until the block ends."""

    def __init__(self, host: str, port: int, count: int) -> None:
        self._address, self._count = (host, port), count
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ended = asyncio.Event()
        # By kind: how often one connected, and how often it was turned away.
        self.connected: Counter[str] = Counter()
        self.turned_away: Counter[str] = Counter()

    def __enter__(self) -> SlowClients:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(120)

    def _run(self) -> None:
        self._loop.run_until_complete(self._all())
        self._loop.close()

    async def _all(self) -> None:
        names = list(KINDS)
        tasks = [asyncio.create_task(self._one(names[n % len(names)])) for n in range(self._count)]
        await self._ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, kind: str) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(*self._address)
                self.connected[kind] += 1
                try:
                    await _talk(KINDS[kind](), reader, writer)
                finally:
                    writer.transport.abort()
            self.turned_away[kind] += 1


async def _talk(sends: AsyncIterator[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the other side ends it."""
    async for piece in sends:
        writer.write(piece)
        await writer.drain()
        # `wait_for` may lose a cancellation before Python 3.12.
        with suppress(TimeoutError):
            async with asyncio.timeout(_NOW_AND_THEN):
                while await reader.read(65536):
                    pass
                return
