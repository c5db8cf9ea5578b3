"""The web server around the app: one listening socket, bounded connections, an orderly end."""

from __future__ import annotations

import math
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from starlette.applications import Starlette

from zendesk_gupshup.ops.file_descriptors import BURST

from .connection_limits import ConnectionLimiter, ConnectionLimits
from .http_protocol import BoundedHttp
from .uvicorn_internals import Config, ListeningServer

# Connections that the system keeps for us until we accept them.
_BACKLOG = 2048


def run(
    app: Starlette,
    host: str,
    port: int,
    *,
    started: Callable[[str], None],
    grace: int,
    limits: ConnectionLimits,
) -> None:
    """Serve until SIGTERM or SIGINT; `started` gets the address. Raises `OSError` when the port is taken."""
    protocol = partial(BoundedHttp, limiter=ConnectionLimiter(limits))
    config = Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace,
        timeout_keep_alive=math.ceil(limits.idle),
        loop="asyncio",
        # asyncio takes this for two numbers, connections accepted at once and the system's backlog; the latter is set
        # again below.
        backlog=BURST,
        http=cast("Any", protocol),
        ws="none",
    )

    def listening(listener: socket.socket) -> None:
        listener.listen(_BACKLOG)
        address = listener.getsockname()
        started(f"http://{address[0]}:{address[1]}")

    # uvicorn raises the signal that ended it once more; the default would kill us before what is in hand is finished.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only on a socket that names TCP; with it on, each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        ListeningServer(config, listening).run(sockets=[listener])
