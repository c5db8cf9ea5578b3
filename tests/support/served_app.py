"""An ASGI app on a port of this machine, served by a thread for as long as a test needs it."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from zendesk_sandbox.quick_server import QuickServer


class ServedApp:
    """A base class: `listen` when it is made, `serve` once there is an app, then `with`."""

    def listen(self) -> int:
        """The port."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        return int(self._socket.getsockname()[1])

    def serve(self, app: ASGIApp) -> None:
        config = uvicorn.Config(app, log_level="error", lifespan="off", date_header=False, timeout_graceful_shutdown=1)
        self._server = QuickServer(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join(10)
        self._socket.close()
