"""The worker's web server: webhooks in, health and metrics out. Loopback unless asked."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.ops.file_descriptors import BURST
from zendesk_gupshup.ops.log_sampling import LogSampler

from .webhook import Rejected, WebhookCall, read_webhook
from .webhook_spool import Row

if TYPE_CHECKING:
    from .connection_limits import ConnectionLimits
    from .worker import Worker

log = logging.getLogger(__name__)

# Webhooks that one commit takes.
_AT_A_TIME = 256
# Connections that the system keeps for us until we take them.
_QUEUE = 2048


def create_app(
    worker: Worker,
    *,
    keep: Callable[[Sequence[Row]], None],
    secrets: Sequence[str] | Callable[[], Sequence[str]],
    max_age: int,
    max_body: int,
    clock: Callable[[], datetime] | None = None,
) -> Starlette:
    """The app; `keep` writes webhooks down before they are answered. Without secrets every webhook is refused."""
    clock = clock or (lambda: datetime.now(UTC))
    repeated = _Lately()
    refused = LogSampler()
    # One thread writes: many threads on one SQLite file wait for each other far longer.
    writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhooks")
    together = _Together(writer, keep)

    async def webhook(request: Request) -> Response:
        metrics.RECEIVED.inc()
        try:
            body = await _body(request, max_body)
            call = read_webhook(
                {k.lower(): v for k, v in request.headers.items()},
                body,
                secrets=secrets() if callable(secrets) else secrets,
                now=clock(),
                max_age=max_age,
                max_body=max_body,
            )
        except Rejected as refusal:
            metrics.REFUSED.labels(refusal.reason).inc()
            if left_out := refused.due(refusal.reason):
                log.warning("webhook refused: %s (%s since the last such line)", refusal.reason, left_out)
            return JSONResponse({"error": refusal.reason, "description": str(refusal)}, refusal.status)
        except ClientDisconnect:
            # Nobody is left who could read an answer. Whoever sent it asks again.
            metrics.REFUSED.labels("incomplete").inc()
            return Response(status_code=408)
        metrics.VERIFIED.inc()
        try:
            await together.keep((_key(call), call.ticket_id, call.seen_at))
        except Exception as error:  # noqa: BLE001 - whatever keeps the queue from taking it, Zendesk must ask again
            # It does so after a 409, and never after a 500.
            log.error("webhook for ticket %s could not be queued: %s", call.ticket_id, type(error).__name__)
            metrics.REFUSED.labels("queue").inc()
            return JSONResponse({"error": "queue", "description": "not queued; ask again"}, 409)
        # The queue itself takes the same key once; this only counts.
        if repeated.seen(_key(call)):
            metrics.REPEATED.inc()
        return JSONResponse({"queued": call.ticket_id})

    # On the loop itself: the threads that the others run in may all be waiting for the store.
    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def ready(_request: Request) -> Response:
        try:
            waiting, age = worker.waiting()
            remarks = worker.remarks()
        except (SQLAlchemyError, sqlite3.Error) as error:
            return JSONResponse({"ready": False, "reason": f"queue: {type(error).__name__}"}, 503)
        answer: dict[str, Any] = {
            "ready": True,
            "waiting": waiting,
            "oldest_seconds": round(age, 1),
        }
        reason = worker.trouble
        if reason:
            answer |= {"ready": False, "reason": reason}
        if remarks:
            answer["remarks"] = list(remarks)
        return JSONResponse(answer, 200 if reason is None else 503)

    def numbers(_request: Request) -> Response:
        worker.measure()
        return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        writer.shutdown(wait=True)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/webhooks/zendesk", webhook, methods=["POST"]),
            Route("/healthz", health),
            Route("/readyz", ready),
            Route("/metrics", numbers),
        ],
    )


def _key(call: WebhookCall) -> str:
    return f"webhook:{call.ticket_id}:{call.invocation}"


class _Together:
    """Writes down what has come in since the last commit with one commit, and lets each caller go on after its own."""

    def __init__(self, writer: ThreadPoolExecutor, keep: Callable[[Sequence[Row]], None]) -> None:
        self._writer, self._keep = writer, keep
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, row: Row) -> None:
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        self._waiting.append((row, kept))
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        await kept

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                these, self._waiting = self._waiting[:_AT_A_TIME], self._waiting[_AT_A_TIME:]
                try:
                    await loop.run_in_executor(self._writer, self._keep, [row for row, _ in these])
                except Exception as error:  # noqa: BLE001 - each caller is told, and answers for it
                    self._tell(these, error)
                else:
                    self._tell(these, None)
        finally:
            self._writing = None

    def _tell(self, these: list[tuple[Row, asyncio.Future[None]]], error: Exception | None) -> None:
        for _, kept in these:
            # A caller that has gone away has cancelled its own.
            if kept.done():
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)


class _Lately:
    """The newest keys, of which the same one is told; for one thread."""

    def __init__(self, most: int = 5_000) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._most = most

    def seen(self, key: str) -> bool:
        if key in self._keys:
            return True
        self._keys[key] = None
        if len(self._keys) > self._most:
            self._keys.popitem(last=False)
        return False


async def _body(request: Request, limit: int) -> bytes:
    """The raw body, never more of it in memory than the limit and one chunk."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Rejected(413, "too_large", f"the body is over {limit} bytes")
    return bytes(body)


def run(
    app: Starlette,
    host: str,
    port: int,
    *,
    started: Callable[[str], None],
    grace: int,
    limits: ConnectionLimits | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises `OSError` when the port is taken."""
    import uvicorn

    from .connection_limits import ConnectionLimiter, ConnectionLimits
    from .http_protocol import BoundedHttp

    limits = limits or ConnectionLimits()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                # asyncio has set the queue of connections to as few as it is to take at once.
                listening.listen(_QUEUE)
                address = self.servers[0].sockets[0].getsockname()
                started(f"http://{address[0]}:{address[1]}")

    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=grace, timeout_keep_alive=math.ceil(limits.idle), loop="asyncio", backlog=BURST,
        http=cast("Any", partial(BoundedHttp, door=ConnectionLimiter(limits))), ws="none",
    )  # fmt: skip
    # uvicorn raises the signal that ended it once more; the default would kill us before what is in hand is finished.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only on a socket that names TCP; with it on, each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_QUEUE)
        Server(config).run(sockets=[listening])
