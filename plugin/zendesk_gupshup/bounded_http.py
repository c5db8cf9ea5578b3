"""HTTP/1.1 for the web server: httptools' parser, which takes half of h11's time, with an end to what a head may be."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Bytes of a request that are no body: its line, headers, trailers, and what frames chunks.
LARGEST_HEAD = 65536


class BoundedHttp(HttpToolsProtocol):
    """One connection. By itself the parser keeps headers and trailers that never end, as long as they come."""

    # Of the request that comes just now.
    _head = 0

    def data_received(self, data: bytes) -> None:
        if self._head > LARGEST_HEAD:
            self.send_400_response("The headers are too large.")
            return
        # The body's part of it is taken off again as the parser finds it.
        self._head += len(data)
        super().data_received(data)

    def on_body(self, body: bytes) -> None:
        self._head = max(0, self._head - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = 0
        super().on_message_complete()
