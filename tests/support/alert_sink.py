"""A service that takes Apprise's messages as JSON, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class AlertSink:
    """`url` is what goes into the URLs file; `status` is what the service answers from now on."""

    def __init__(self, port: int) -> None:
        self.url = f"json://user:a-secret-of-this-test@127.0.0.1:{port}/hook"
        self.received: list[dict[str, Any]] = []
        self.status = 200
        self.arrived = threading.Event()

    @property
    def bodies(self) -> list[str]:
        return [str(one["message"]) for one in self.received]


@contextmanager
def alert_sink() -> Iterator[AlertSink]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if sink.status == 200:
                sink.received.append(json.loads(body))
                sink.arrived.set()
            self.send_response(sink.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink = AlertSink(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
