"""HTTP/1.1 for the web server: httptools' parser, which takes half of h11's time, with an end to what a head may be."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Bytes of request line and headers; what arrives together with their last one is not counted.
LARGEST_HEAD = 65536


class BoundedHttp(HttpToolsProtocol):
    """One connection. By itself the parser keeps a head that never ends, as long as it comes."""

    # Bytes of a head that is not complete; `None` while a body comes.
    _head: int | None = 0

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            if self._head > LARGEST_HEAD:
                self.send_400_response("The headers are too large.")
                return
            self._head += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head = 0
        super().on_message_complete()
