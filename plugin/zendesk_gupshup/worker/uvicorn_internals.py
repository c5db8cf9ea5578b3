"""All that we use of uvicorn below its documented interface: a connection's state, and the moment that it listens.

`tests/worker/test_uvicorn_internals.py` fails when a release of uvicorn changes what is here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

__all__ = ("Config", "HttpConnection", "ListeningServer", "ServerState")


class HttpConnection(HttpToolsProtocol):
    """uvicorn's connection with httptools, which takes half of h11's time. Subclasses override the callbacks that
    `asyncio.Protocol` and httptools document, `on_response_complete`, and call these."""

    transport: asyncio.Transport

    @property
    def client_address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def has_request(self) -> bool:
        """Whether a whole request waits for our answer."""
        answering = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        return answering or bool(self.pipeline)

    @property
    def requests_ahead(self) -> int:
        """Requests that wait for the answers to those before them."""
        return len(self.pipeline)

    @property
    def response_started(self) -> bool:
        return self.cycle is not None and self.cycle.response_started

    @property
    def response_complete(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def bad_request(self, text: str) -> None:
        self.send_400_response(text)


class ListeningServer(uvicorn.Server):
    """Calls `listening` with the socket once connections are accepted."""

    def __init__(self, config: Config, listening: Callable[[socket.socket], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening(sockets[0])
