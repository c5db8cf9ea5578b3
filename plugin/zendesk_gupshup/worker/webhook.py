"""Verifies webhooks: one pure function reads a signed request or raises `Rejected`.

The body is ours (`{"ticket_id": "{{ticket.id}}"}`), the signature Zendesk's:
https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

# Zendesk signs test calls of unsaved webhooks with this documented secret: it is public and proves nothing.
PUBLIC_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - no secret of ours

SIGNATURE = "x-zendesk-webhook-signature"
TIMESTAMP = f"{SIGNATURE}-timestamp"
INVOCATION = "x-zendesk-webhook-invocation-id"

_TICKET_ID = re.compile(r"[1-9][0-9]{0,15}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


class Rejected(Exception):
    """A request that is not a valid webhook; `status` is the answer, `reason` a word for logs and metrics."""

    def __init__(self, status: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class WebhookCall:
    """A verified webhook: this ticket changed. `seen_at` is the second of the signed timestamp."""

    ticket_id: int
    seen_at: str
    invocation: str


def read_webhook(
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Sequence[str],
    now: datetime,
    max_age: int,
    max_body: int,
) -> WebhookCall:
    """Verify headers (lower-case names) and raw body. Raises `Rejected`.

    Any of several secrets will do: Zendesk documents no overlap when a secret is reset.
    """
    if len(body) > max_body:
        raise Rejected(413, "too_large", f"the body is over {max_body} bytes")
    stamp = headers.get(TIMESTAMP, "")
    signature = headers.get(SIGNATURE, "")
    if not stamp or not signature:
        raise Rejected(401, "unsigned", "the signature headers are missing")
    message = stamp.encode("utf-8", "replace") + body
    # All secrets are compared, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(_sign(secret, message), signature.encode("utf-8", "replace")) for secret in secrets]
    if not any(matches):
        raise Rejected(401, "bad_signature", "the signature does not fit")
    if abs((now - _moment(stamp)).total_seconds()) > max_age:
        raise Rejected(401, "stale", f"the timestamp is more than {max_age} seconds away")
    return WebhookCall(_ticket_id(body), f"{stamp[:19]}Z", headers.get(INVOCATION, "")[:64] or stamp)


class SecretsInFile:
    """The signing secrets in a file that may change while we run: both of a rotation, or the new one alone.

    A file that cannot be read or holds no secret changes nothing.
    """

    def __init__(self, path: Path, secrets: tuple[str, ...]) -> None:
        self._path, self._secrets = path, secrets
        self._seen = self._stamp()

    def __call__(self) -> tuple[str, ...]:
        stamp = self._stamp()
        if stamp is not None and stamp != self._seen:
            self._seen = stamp
            try:
                found = signing_secrets(self._path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                log.error("the webhook's secret cannot be read again: %s", type(error).__name__)
            else:
                self._secrets = found or self._secrets
        return self._secrets

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def signing_secrets(setting: str | None) -> tuple[str, ...]:
    """The secrets of a comma-separated setting. Raises `ValueError` for Zendesk's public test secret."""
    secrets = tuple(part.strip() for part in (setting or "").split(",") if part.strip())
    if PUBLIC_TEST_SECRET in secrets:
        raise ValueError("ZENDESK_WEBHOOK_SECRET is Zendesk's public test secret; use the webhook's own signing secret")
    return secrets


def sign(secret: str, stamp: str, body: bytes) -> str:
    """The signature as Zendesk makes it."""
    return _sign(secret, stamp.encode() + body).decode()


def _sign(secret: str, message: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest())


def _moment(stamp: str) -> datetime:
    if not _STAMP.fullmatch(stamp):
        raise Rejected(401, "stale", "the timestamp is not one of Zendesk's")
    try:
        return datetime.fromisoformat(f"{stamp[:19]}+00:00").astimezone(UTC)
    except ValueError:
        raise Rejected(401, "stale", "the timestamp is no date") from None


def _is_event(body: dict[str, object]) -> bool:
    """A webhook that an admin subscribed to events of tickets or of their conversations, in place of a trigger's.

    https://developer.zendesk.com/api-reference/webhooks/event-types/messaging-events
    """
    return str(body.get("type")).startswith(("zen:event-type:messaging_ticket.", "zen:event-type:ticket."))


def _ticket_id(body: bytes) -> int:
    try:
        found = json.loads(body)
        value = found["detail"]["id"] if _is_event(found) else found["ticket_id"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Rejected(400, "bad_body", 'the body must be {"ticket_id": "{{ticket.id}}"}') from None
    if isinstance(value, bool) or not isinstance(value, int | str) or not _TICKET_ID.fullmatch(str(value)):
        raise Rejected(400, "bad_body", "ticket_id must be a ticket's number")
    return int(value)
