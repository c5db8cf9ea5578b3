"""The worker's web server: webhooks in, health and metrics out. Loopback unless asked."""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.ops.log_sampling import LogSampler

from .group_commit import GroupCommit
from .webhook import Rejected, WebhookCall, read_webhook
from .webhook_spool import SpooledWebhook

if TYPE_CHECKING:
    from .worker import Worker

log = logging.getLogger(__name__)


def create_app(
    worker: Worker,
    *,
    spool: Callable[[Sequence[SpooledWebhook]], None],
    secrets: Sequence[str] | Callable[[], Sequence[str]],
    max_age: int,
    max_body: int,
    clock: Callable[[], datetime] | None = None,
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The app; `spool` stores webhooks before they are answered. Without secrets every webhook is refused.

    `more`: routes of the Zendesk app, if it is on.
    """
    clock = clock or (lambda: datetime.now(UTC))
    recent, refusals, commits = _RecentKeys(), LogSampler(), GroupCommit(spool)

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
        except Rejected as rejected:
            metrics.REFUSED.labels(rejected.reason).inc()
            if count := refusals.due(rejected.reason):
                log.warning("webhook refused: %s (%s since the last such line)", rejected.reason, count)
            return JSONResponse({"error": rejected.reason, "description": str(rejected)}, rejected.status)
        except ClientDisconnect:
            # Nobody is left to read an answer. The sender retries.
            metrics.REFUSED.labels("incomplete").inc()
            return Response(status_code=408)
        metrics.VERIFIED.inc()
        try:
            await commits.put((_key(call), call.ticket_id, call.seen_at))
        except Exception as error:  # noqa: BLE001 - whatever keeps us from storing it, Zendesk must retry
            # It does so after a 409, and never after a 500.
            log.error("webhook for ticket %s could not be stored: %s", call.ticket_id, type(error).__name__)
            metrics.REFUSED.labels("queue").inc()
            return JSONResponse({"error": "queue", "description": "not queued; send it again"}, 409)
        # The queue takes each key once; this only counts.
        if recent.seen(_key(call)):
            metrics.REPEATED.inc()
        return JSONResponse({"queued": call.ticket_id})

    # On the event loop: the threads that run the others may all be waiting for the database.
    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def ready(_request: Request) -> Response:
        try:
            queued = worker.status()
            remarks = worker.remarks()
        except (SQLAlchemyError, sqlite3.Error) as error:
            return JSONResponse({"ready": False, "reason": f"queue: {type(error).__name__}"}, 503)
        answer: dict[str, Any] = {
            "ready": True,
            "waiting": queued.tickets,
            "oldest_seconds": round(queued.oldest_seconds, 1),
        }
        reason = worker.trouble
        if reason:
            answer |= {"ready": False, "reason": reason}
        if remarks:
            answer["remarks"] = list(remarks)
        return JSONResponse(answer, 200 if reason is None else 503)

    def numbers(_request: Request) -> Response:
        worker.gauges.update()
        return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/webhooks/zendesk", webhook, methods=["POST"]),
            Route("/healthz", health),
            Route("/readyz", ready),
            Route("/metrics", numbers),
            *more,
        ],
    )


def _key(call: WebhookCall) -> str:
    return f"webhook:{call.ticket_id}:{call.invocation}"


class _RecentKeys:
    """The newest keys; for one thread."""

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
