"""What we use of uvicorn below its documented interface is there, and means what we take it for."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from zendesk_gupshup.worker.uvicorn_internals import HttpConnection, ListeningServer

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"


class Wire(asyncio.Transport):
    """The server's end of a connection from one address: what was written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 4711)})
        self.written, self.closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def state_of(connection: HttpConnection) -> tuple[bool, int, bool, bool]:
    return (
        connection.has_request,
        connection.requests_ahead,
        connection.response_started,
        connection.response_complete,
    )


def test_a_connection_tells_where_its_request_and_its_answer_are() -> None:
    async def talk() -> list[Any]:
        gate, begun = asyncio.Event(), asyncio.Event()

        async def app(request: Request) -> Response:
            await request.body()
            begun.set()
            await gate.wait()
            return PlainTextResponse("ok")

        config = uvicorn.Config(Starlette(routes=[Route("/", app, methods=["POST"])]), ws="none")
        config.load()
        connection, wire = HttpConnection(config, ServerState(), {}), Wire()
        connection.connection_made(wire)
        seen = [state_of(connection)]
        connection.data_received(HEAD)
        seen.append(state_of(connection))
        connection.data_received(b"ok")
        seen.append(state_of(connection))
        # One more request before the first one's answer.
        connection.data_received(HEAD)
        seen.append(state_of(connection))
        await begun.wait()
        connection.data_received(b"ok")
        gate.set()
        while wire.written.count(b"HTTP/1.1 200 OK") < 2 or not connection.response_complete:
            await asyncio.sleep(0)
        return [connection.client_address, seen, state_of(connection)]

    assert asyncio.run(talk()) == [
        "192.0.2.7",
        [(False, 0, False, False), (False, 0, False, False), (True, 0, False, False), (True, 1, False, False)],
        (False, 0, True, True),
    ]


def test_a_bad_request_is_answered_and_closed() -> None:
    async def talk() -> tuple[bytes, bool]:
        config = uvicorn.Config(Starlette(), ws="none")
        config.load()
        connection, wire = HttpConnection(config, ServerState(), {}), Wire()
        connection.connection_made(wire)
        connection.bad_request("The headers are too large.")
        return wire.written, wire.closed

    written, closed = asyncio.run(talk())
    assert (written.splitlines()[0], written.splitlines()[-1], closed) == (
        b"HTTP/1.1 400 Bad Request",
        b"The headers are too large.",
        True,
    )


def test_the_server_calls_once_it_accepts_connections() -> None:
    connected: list[tuple[str, int]] = []

    def listening(listener: socket.socket) -> None:
        with socket.create_connection(listener.getsockname(), timeout=20) as client:
            connected.append(client.getpeername())
        server.should_exit = True

    server = ListeningServer(uvicorn.Config(Starlette(), ws="none", loop="asyncio", log_config=None), listening)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        server.run(sockets=[listener])
    assert connected == [address]
