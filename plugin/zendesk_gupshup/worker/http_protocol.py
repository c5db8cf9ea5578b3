"""HTTP/1.1 for the web server: httptools' parser, which takes half of h11's time, with an end to what a request may be.

uvicorn ends a connection only between two requests, and only one that has asked something before: a head or a body
that never ends, and whoever connects and says nothing, would be held for ever.
"""

from __future__ import annotations

import asyncio
import math
from http import HTTPStatus
from typing import Any, Literal

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .connection_limits import ConnectionLimiter

# Bytes of a request that are no body: its line, headers, trailers, and what frames chunks.
LARGEST_HEAD = 65536
# Requests on one connection that wait for the answers to those before them.
_MOST_AHEAD = 16


class BoundedHttp(HttpToolsProtocol):
    """One connection. By itself the parser keeps headers and trailers that never end, as long as they come."""

    # Of the request that comes just now.
    _head = 0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        door: ConnectionLimiter | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._door = ConnectionLimiter() if door is None else door
        self.address = ""
        # What comes next from the other side, and until when it has to be there whole.
        self._next: Literal["request", "head", "body", "nothing"] = "request"
        self._due = math.inf
        # Whether it has ever had an answer: until then connecting and sending a head are one wait.
        self._new = True
        # Since when it does not take what we write, and since when it is being closed.
        self._unread_since: float | None = None
        self._closing_since: float | None = None

    # --- What the door asks -----------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a whole request waits for our answer; then the other side is not to blame."""
        asked = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        return asked or bool(self.pipeline)

    def check(self, now: float) -> None:
        limits = self._door.limits
        if self.transport.is_closing():
            # What was written last may wait for ever for somebody to read it.
            self._closing_since = self._closing_since or now
            if now - self._closing_since >= limits.head:
                self.drop()
        elif self._unread_since is not None and now - self._unread_since >= limits.body:
            self._door.ended("unread")
            self.drop()
        elif not self.busy and now >= self._due:
            self._end()

    def drop(self) -> None:
        self._door.leave(self)
        self.transport.abort()

    def _end(self) -> None:
        if self._next in ("head", "body") or self._new:
            self._door.ended("body" if self._next == "body" else "head")
        if self._next == "request" or (self.cycle is not None and self.cycle.response_started and self._next == "body"):
            self.transport.close()
        else:
            self._answer(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.")

    def _answer(self, status: HTTPStatus, text: str) -> None:
        """Say why, and close; in place of the application, which may know of no request yet."""
        body = text.encode("ascii")
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode("ascii")
            + body
        )
        self.transport.close()

    # --- What happens on the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._due = self.loop.time() + self._door.limits.head
        if not self._door.enter(self, self.loop):
            self._door.ended("full")
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head > LARGEST_HEAD:
            self.send_400_response("The headers are too large.")
            return
        # The body's part of it is taken off again as the parser finds it.
        self._head += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= _MOST_AHEAD:
            # The parser makes a bad request of it, and ends the connection.
            raise ValueError("too many requests ahead of their answers")
        self._next = "head"
        if not self._new:
            self._due = self.loop.time() + self._door.limits.head
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._next, self._new = "body", False
        self._due = self.loop.time() + self._door.limits.body
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head = max(0, self._head - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = 0
        self._next, self._due = "nothing", math.inf
        super().on_message_complete()
        if self.cycle.response_complete:
            # The answer was there before the end of the request.
            self._wait_for_the_next()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._door.answered(self)
        if self._next == "nothing":
            self._wait_for_the_next()
        elif self._next == "head":
            # It may have waited for us to read on.
            self._due = self.loop.time() + self._door.limits.head

    def _wait_for_the_next(self) -> None:
        self._next, self._due = "request", self.loop.time() + self._door.limits.idle

    def pause_writing(self) -> None:
        self._unread_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = None
        super().resume_writing()
