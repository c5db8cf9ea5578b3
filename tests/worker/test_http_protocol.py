"""The web server's own bounds, on a real socket: heads that do not end, bodies that come with them, pipelining."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from zendesk_gupshup.worker.http_protocol import LARGEST_HEAD, BoundedHttp

CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n"


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _config() -> uvicorn.Config:
    config = uvicorn.Config(Starlette(routes=[Route("/", _length, methods=["POST"])]), http=BoundedHttp, ws="none")
    config.load()
    return config


def answers(pieces: Sequence[bytes], most: int) -> bytes:
    """What comes back for the pieces, each sent when the one before has gone out, until `most` answers or the end."""

    async def talk() -> bytes:
        config, state = _config(), ServerState()
        server = await asyncio.get_running_loop().create_server(lambda: BoundedHttp(config, state, {}), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            got = b""
            while got.count(b"HTTP/1.1") < most or not got.rpartition(b"\r\n\r\n")[2]:
                more = await asyncio.wait_for(reader.read(65536), 20)
                if not more:
                    break
                got += more
            writer.close()
            return got

    return asyncio.run(talk())


class Line(asyncio.Transport):
    """The server's end of a connection: what is written to it, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True


def until_refused(start: bytes, filler: bytes) -> tuple[int, bytes]:
    """How many bytes of a head are taken before the connection is closed, and what is answered."""

    async def feed() -> tuple[int, bytes]:
        protocol, line = BoundedHttp(_config(), ServerState(), {}), Line()
        protocol.connection_made(line)
        taken = 0
        for piece in (start, *[filler] * 100):
            protocol.data_received(piece)
            if line.closed:
                break
            taken += len(piece)
        return taken, line.written

    return asyncio.run(feed())


@pytest.mark.parametrize(
    ("start", "filler"),
    [
        (b"POST / HTTP/1.1\r\nX-Long: ", b"a" * 4096),
        (b"POST / HTTP/1.1\r\nHost: x\r\n", b"abcd: 1234567890\r\n" * 256),
        (b"POST /", b"a" * 4096),
        (CHUNKED + b"1\r\nb\r\n0\r\nX-Long: ", b"a" * 4096),
        (CHUNKED + b"1\r\nb\r\n0\r\n", b"abcd: 1234567890\r\n" * 256),
    ],
    ids=["value", "headers", "url", "trailer", "trailers"],
)
def test_a_head_without_an_end_is_refused(start: bytes, filler: bytes) -> None:
    taken, answer = until_refused(start, filler)
    assert LARGEST_HEAD < taken <= LARGEST_HEAD + len(start) + len(filler)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"The headers are too large.")


def test_a_body_that_comes_with_its_head_does_not_count() -> None:
    got = answers([LENGTH.format(4 * LARGEST_HEAD).encode() + b"b" * 4 * LARGEST_HEAD], most=1)
    assert got.endswith(str(4 * LARGEST_HEAD).encode())


def test_a_body_in_chunks_does_not_count() -> None:
    got = answers([CHUNKED, *[b"1000\r\n" + b"b" * 4096 + b"\r\n"] * 64, b"0\r\n\r\n"], most=1)
    assert got.endswith(str(64 * 4096).encode())


def test_one_request_after_another_on_one_line() -> None:
    one = LENGTH.format(60_000).encode() + b"b" * 60_000
    got = answers([one * 3, LENGTH.format(2).encode() + b"ok"], most=4)
    assert got.count(b"HTTP/1.1 200 ") == 4
