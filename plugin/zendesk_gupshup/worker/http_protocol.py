"""HTTP/1.1 with time-outs and a largest head.

uvicorn has a time-out only for a connection that waits for its next request. A client that connects and sends nothing,
and a head or a body that never ends, would hold a connection for ever.
"""

from __future__ import annotations

import asyncio
import math
from http import HTTPStatus
from typing import Any, Literal

from .connection_limits import ConnectionLimiter
from .uvicorn_internals import Config, HttpConnection, ServerState

# Bytes of a request that are no body: its line, headers, trailers, and what frames chunks.
LARGEST_HEAD = 65536
# Requests on one connection that wait for the answers to those before them.
_MOST_PIPELINED = 16


class BoundedHttp(HttpConnection):
    """One connection. The parser by itself keeps headers and trailers in memory as long as they come."""

    # Bytes of the current request that are no body.
    _head = 0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limiter: ConnectionLimiter | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limiter = ConnectionLimiter() if limiter is None else limiter
        self.address = ""
        # What the client has to send next, and until when all of it must be here.
        self._next: Literal["request", "head", "body", "nothing"] = "request"
        self._deadline = math.inf
        # Until the first whole head, connecting and sending it have one time-out.
        self._new = True
        # Since when the client does not read what we write, and since when the connection is being closed.
        self._unread_since: float | None = None
        self._closing_since: float | None = None

    # --- What the limiter needs -----------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a whole request waits for our answer; then the client is not to blame."""
        return self.has_request

    def check(self, now: float) -> None:
        limits = self._limiter.limits
        if self.transport.is_closing():
            # The last bytes may wait for ever for the client to read them.
            self._closing_since = self._closing_since or now
            if now - self._closing_since >= limits.head:
                self.drop()
        elif self._unread_since is not None and now - self._unread_since >= limits.body:
            self._limiter.count_end("unread")
            self.drop()
        elif not self.busy and now >= self._deadline:
            self._end()

    def drop(self) -> None:
        self._limiter.remove(self)
        self.transport.abort()

    def _end(self) -> None:
        if self._next in ("head", "body") or self._new:
            self._limiter.count_end("body" if self._next == "body" else "head")
        if self._next == "request" or (self.response_started and self._next == "body"):
            self.transport.close()
        else:
            self._answer(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.")

    def _answer(self, status: HTTPStatus, text: str) -> None:
        """Answer and close, in place of the application, which may know of no request yet."""
        body = text.encode("ascii")
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode("ascii")
            + body
        )
        self.transport.close()

    # --- What happens on the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a transport with a socket, always
        super().connection_made(transport)
        self.address = self.client_address
        self._deadline = self.loop.time() + self._limiter.limits.head
        if not self._limiter.admit(self, self.loop):
            self._limiter.count_end("full")
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._limiter.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head > LARGEST_HEAD:
            self.bad_request("The headers are too large.")
            return
        # `on_body` takes the body's bytes off again.
        self._head += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        if self.requests_ahead >= _MOST_PIPELINED:
            # The parser makes a bad request of it, which closes the connection.
            raise ValueError("too many requests ahead of their answers")
        self._next = "head"
        if not self._new:
            self._deadline = self.loop.time() + self._limiter.limits.head
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._next, self._new = "body", False
        self._deadline = self.loop.time() + self._limiter.limits.body
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head = max(0, self._head - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = 0
        self._next, self._deadline = "nothing", math.inf
        super().on_message_complete()
        if self.response_complete:
            # The answer was complete before the request.
            self._await_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._limiter.touch(self)
        if self._next == "nothing":
            self._await_request()
        elif self._next == "head":
            # The client may have had to wait until we read on.
            self._deadline = self.loop.time() + self._limiter.limits.head

    def _await_request(self) -> None:
        self._next, self._deadline = "request", self.loop.time() + self._limiter.limits.idle

    def pause_writing(self) -> None:
        self._unread_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = None
        super().resume_writing()
