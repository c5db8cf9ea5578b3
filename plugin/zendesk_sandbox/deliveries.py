"""Webhook calls as Zendesk makes them: signed, retried only where Zendesk retries, and logged.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import requests

from .options import Options
from .scheduler import Scheduler
from .shapes import ACCOUNT_ID, Json, stamp

_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KEPT = 2000
_BREAKER_WINDOW = 300.0
_BREAKER_MINIMUM = 10


def ulid(now: float) -> str:
    """26 characters that sort by time, as Zendesk names webhooks and their calls."""
    number = (int(now * 1000) << 80) | secrets.randbits(80)
    return "".join(_ULID[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()).decode()


def wire_body(text: str) -> str:
    """JSON is written anew as recorded: three spaces deep, keys sorted, a last newline. Other text is sent as it is."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return json.dumps(parsed, indent=3, sort_keys=True, ensure_ascii=False).replace("{}", "{ }") + "\n"


class Deliveries:
    """Every call that a trigger made: its attempts, what was sent, and the outcome."""

    def __init__(
        self,
        scheduler: Scheduler,
        options: Callable[[], Options],
        now: Callable[[], float],
        webhook: Callable[[str], Json | None],
    ) -> None:
        self._scheduler, self._options, self._now, self._webhook = scheduler, options, now, webhook
        self._lock = threading.Lock()
        # After how many seconds each copy of a call to this webhook goes out; a plan of faults puts its own here.
        self.copies: Callable[[str], tuple[float, ...]] = lambda _: (0.0,)
        self.clear()

    def clear(self) -> None:
        self.secrets: dict[str, str] = {}
        self._invocations: dict[str, dict[str, Json]] = {}
        self._attempts: dict[str, list[Json]] = {}
        self._outcomes: dict[str, deque[tuple[float, bool]]] = {}
        self._broken_until: dict[str, float] = {}

    def invoke(self, webhook_id: str, body: str) -> None:
        """Call the webhook soon, on another thread; one that is gone or inactive is not called."""
        webhook = self._webhook(webhook_id)
        if webhook is None or webhook["status"] != "active":
            return
        key = ulid(self._now())
        with self._lock:
            kept = self._invocations.setdefault(webhook_id, {})
            kept[key] = {"id": key, "status": "pending"}
            if len(kept) > _KEPT:
                self._attempts.pop(next(iter(kept)), None)
                del kept[next(iter(kept))]
        for seconds in self.copies(webhook_id):
            self._scheduler.after(seconds, lambda: self._attempt(webhook_id, key, wire_body(body), 0, 0))

    def invocations(self, webhook_id: str) -> list[Json]:
        """Newest first, as Zendesk lists them."""
        with self._lock:
            rows = [dict(row) for row in self._invocations.get(webhook_id, {}).values()]
        return [{key: value for key, value in row.items() if value is not None} for row in reversed(rows)]

    def attempts(self, invocation_id: str) -> list[Json]:
        with self._lock:
            return list(reversed(self._attempts.get(invocation_id, [])))

    def end_pauses(self) -> None:
        """Let every webhook that is paused be probed now."""
        with self._lock:
            self._broken_until = dict.fromkeys(self._broken_until, 0.0)

    def wait_idle(self, timeout: float = 10.0) -> bool:
        return self._scheduler.wait_idle(timeout)

    def _attempt(self, webhook_id: str, invocation_id: str, body: str, tried: int, timeouts: int) -> None:
        webhook = self._webhook(webhook_id)
        if webhook is None:
            return
        if self._is_broken(webhook_id):
            self._remember(webhook_id, invocation_id, "circuit broken", None, {}, None)
            return
        headers = self._headers(webhook, invocation_id, body)
        try:
            answer: requests.Response | None = send(webhook, headers, body, self._options().webhook_timeout)
        except requests.RequestException as error:
            answer, timed_out = None, isinstance(error, requests.Timeout)
        else:
            timed_out = False
        self._count(webhook_id, answer is not None and answer.status_code < 400)
        delay = self._retry_in(answer, tried, timed_out, timeouts)
        status = "completed" if answer is not None and answer.status_code < 400 else "terminated"
        self._remember(webhook_id, invocation_id, status if delay is None else "retrying", answer, headers, body)
        if delay is not None:
            again = (tried + (not timed_out), timeouts + timed_out)
            self._scheduler.after(delay, lambda: self._attempt(webhook_id, invocation_id, body, *again))

    def _retry_in(self, answer: requests.Response | None, tried: int, timed_out: bool, timeouts: int) -> float | None:
        """Seconds to wait, or `None` for never: a 500 or a refused connection is lost for good."""
        usual = self._options().webhook_retry_delay
        if answer is None:
            return usual if timed_out and timeouts < 5 else None
        if answer.status_code == 409:
            return usual if tried < 3 else None
        wait = answer.headers.get("Retry-After", "")
        short = wait.isdigit() and int(wait) < 60
        return float(wait) if answer.status_code in (429, 503) and short and tried < 3 else None

    def _headers(self, webhook: Json, invocation_id: str, body: str) -> dict[str, str]:
        timestamp = stamp(self._now())
        raw = body.encode() if webhook["http_method"] not in ("GET", "DELETE") else b""
        headers = {
            "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
            "X-Zendesk-Webhook-Signature": signature(self.secrets[webhook["id"]], timestamp, raw),
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(ACCOUNT_ID),
            "X-Zendesk-Webhook-Id": webhook["id"],
            "X-Zendesk-Webhook-Invocation-Id": invocation_id,
        }
        return headers | credentials(webhook)

    def _remember(
        self,
        webhook_id: str,
        invocation_id: str,
        status: str,
        answer: requests.Response | None,
        headers: Any,
        body: str | None,
    ) -> None:
        code = answer.status_code if answer is not None else None
        done: Json = {"status_code": code, "status": status}
        row: Json = {"id": webhook_id, "invocation_id": invocation_id, **done}
        if body is not None:
            row["request"] = {"headers": _pairs(headers), "payload": body}
        if answer is not None:
            row["response"] = {"headers": _pairs(answer.headers), "payload": answer.text[:10_000]}
        now = stamp(self._now())
        with self._lock:
            self._attempts.setdefault(invocation_id, []).append(
                {key: value for key, value in (row | {"completed_at": now}).items() if value is not None}
            )
            invocation = self._invocations.get(webhook_id, {}).get(invocation_id)
            if invocation is not None:
                invocation.update(done, latest_completed_at=now)

    def _count(self, webhook_id: str, ok: bool) -> None:
        now = time.monotonic()
        with self._lock:
            outcomes = self._outcomes.setdefault(webhook_id, deque())
            if ok and webhook_id in self._broken_until:  # the probe after a pause went well
                del self._broken_until[webhook_id]
                outcomes.clear()
            outcomes.append((now, ok))
            while outcomes and outcomes[0][0] < now - _BREAKER_WINDOW:
                outcomes.popleft()
            errors = sum(not good for _, good in outcomes)
            if not ok and len(outcomes) >= _BREAKER_MINIMUM and (errors >= 0.7 * len(outcomes) or errors > 1000):
                self._broken_until[webhook_id] = now + self._options().breaker_pause

    def _is_broken(self, webhook_id: str) -> bool:
        with self._lock:
            return time.monotonic() < self._broken_until.get(webhook_id, 0.0)


def send(webhook: Json, headers: dict[str, str], body: str, timeout: float) -> requests.Response:
    """One HTTP request to the endpoint, redirects not followed, no proxy or netrc of this machine in between."""
    method = webhook["http_method"]
    data = None if method in ("GET", "DELETE") else body.encode()
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method, webhook["endpoint"], data=data, headers=headers, timeout=timeout, allow_redirects=False
        )


def credentials(webhook: Json) -> dict[str, str]:
    """The headers that a webhook's own sign-in and custom headers stand for."""
    own = {str(key): str(value) for key, value in (webhook.get("custom_headers") or {}).items()}
    sign_in = webhook.get("authentication") or {}
    values = sign_in.get("data") or {}
    if sign_in.get("type") == "bearer_token":
        own["Authorization"] = f"Bearer {values.get('token', '')}"
    elif sign_in.get("type") == "basic_auth":
        pair = f"{values.get('username', '')}:{values.get('password', '')}"
        own["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    elif sign_in.get("type") == "api_key":
        own[str(values.get("name"))] = str(values.get("value", ""))
    return own


def _pairs(headers: Any) -> list[Json]:
    return [{"key": key, "value": value} for key, value in headers.items()]
