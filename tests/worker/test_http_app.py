"""The worker's web server: what it answers while the queue works, and while it does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.worker.http_app import create_app
from zendesk_gupshup.worker.queue_status import QueueStatus
from zendesk_gupshup.worker.webhook import INVOCATION, SIGNATURE, TIMESTAMP, sign
from zendesk_gupshup.worker.webhook_spool import SpooledWebhook
from zendesk_gupshup.worker.worker import Worker

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
STAMP = "2026-11-21T08:59:58Z"
LOCKED = OperationalError("insert", {}, Exception("database is locked"))


class FakeQueue:
    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.queued: list[tuple[str, int, str | None]] = []

    def spool(self, webhooks: Sequence[SpooledWebhook]) -> None:
        if self.error:
            raise self.error
        self.queued += webhooks

    def status(self) -> QueueStatus:
        if self.error:
            raise self.error
        return QueueStatus(3, 1.25)


class FakeWorker:
    def __init__(
        self, error: Exception | None = None, trouble: str | None = None, remarks: tuple[str, ...] = ()
    ) -> None:
        self.queue = FakeQueue(error)
        self.trouble = trouble
        self._remarks = remarks

    def remarks(self) -> tuple[str, ...]:
        return self._remarks

    def status(self) -> QueueStatus:
        return self.queue.status()


def app(worker: FakeWorker, secrets: tuple[str, ...] = ("right",)) -> Starlette:
    return create_app(
        cast("Worker", worker),
        spool=worker.queue.spool,
        secrets=secrets,
        max_age=300,
        max_body=1000,
        clock=lambda: NOW,
    )


def ask(app_: Starlette, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """One request to the app, without a socket."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()], "http_version": "1.1",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app_(scope, receive, send))
    return sent[0]["status"], json.loads(b"".join(m.get("body", b"") for m in sent[1:]))


def webhook(app_: Starlette, body: bytes = b'{"ticket_id": "7"}', secret: str = "right") -> tuple[int, Any]:
    headers = {TIMESTAMP: STAMP, SIGNATURE: sign(secret, STAMP, body), INVOCATION: "01J"}
    return ask(app_, "POST", "/webhooks/zendesk", body, **headers)


def test_a_proven_webhook_is_queued_under_its_invocation() -> None:
    worker = FakeWorker()
    assert webhook(app(worker)) == (200, {"queued": 7})
    assert worker.queue.queued == [("webhook:7:01J", 7, STAMP)]


def test_received_verified_refused_and_repeated_webhooks_are_counted() -> None:
    names = ("RECEIVED", "VERIFIED", "REPEATED")

    def counts() -> list[float]:
        refused = metrics.REFUSED.labels("bad_signature")
        return [*(getattr(metrics, name)._value.get() for name in names), refused._value.get()]

    before, one = counts(), app(FakeWorker())
    webhook(one)
    webhook(one)
    webhook(one, secret="wrong")
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [3, 2, 1, 1]


@pytest.mark.parametrize("error", [LOCKED, RuntimeError("not launched")], ids=["locked", "not started"])
def test_a_webhook_that_cannot_be_queued_is_asked_for_again(error: Exception) -> None:
    assert webhook(app(FakeWorker(error))) == (409, {"error": "queue", "description": "not queued; send it again"})


def test_without_a_secret_every_webhook_is_refused() -> None:
    assert webhook(app(FakeWorker(), secrets=()))[0] == 401


def test_a_body_over_the_limit_is_refused_while_it_comes_in() -> None:
    assert webhook(app(FakeWorker()), b"x" * 1001)[0] == 413


def test_readiness_says_what_is_wrong() -> None:
    assert ask(app(FakeWorker()), "GET", "/readyz") == (200, {"ready": True, "waiting": 3, "oldest_seconds": 1.2})
    assert ask(app(FakeWorker(trouble="not accepted")), "GET", "/readyz") == (
        503,
        {"ready": False, "waiting": 3, "oldest_seconds": 1.2, "reason": "not accepted"},
    )
    assert ask(app(FakeWorker(remarks=("the ceiling is reached",))), "GET", "/readyz") == (
        200,
        {"ready": True, "waiting": 3, "oldest_seconds": 1.2, "remarks": ["the ceiling is reached"]},
    )
    assert ask(app(FakeWorker(LOCKED)), "GET", "/readyz") == (
        503,
        {"ready": False, "reason": "queue: OperationalError"},
    )
