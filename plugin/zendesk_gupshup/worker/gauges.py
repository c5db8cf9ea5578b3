"""The gauges of `/metrics`: read when Prometheus asks, with as few queries for a long queue as for a short one."""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.incidents import IncidentStore
from zendesk_gupshup.storage.send_quota import SendQuota

from .queue_status import QueueStatus, queue_status

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gauges:
    """Where the numbers come from; `spooled` counts webhooks that the queue does not have yet."""

    zendesk: Zendesk
    limiter: RateLimiter
    engine: sa.Engine
    failures: DeadLetters
    quota: SendQuota
    spooled: Callable[[], int]
    replies_per_hour: int
    incidents: IncidentStore

    def update(self) -> None:
        metrics.REQUESTS.set(sum(self.zendesk.requests_made.values()))
        since, expires = self.zendesk.credential
        metrics.CREDENTIAL_AGE.set(max(time.time() - since, 0.0))
        metrics.CREDENTIAL_LEFT.set(math.nan if expires is None else expires - time.time())
        metrics.CEILING.set(self.replies_per_hour)
        try:
            self._read_database()
        except (SQLAlchemyError, sqlite3.Error) as error:
            # The counters are worth showing all the same.
            log.warning("metrics: the database cannot be read: %s", type(error).__name__)
            metrics.STORE_REACHABLE.set(0)
        else:
            metrics.STORE_REACHABLE.set(1)

    def _read_database(self) -> None:
        queued = queue_status(self.engine) or QueueStatus()
        metrics.WAITING.set(queued.tickets + self.spooled())
        metrics.AGE.set(queued.oldest_seconds)
        counts = self.failures.counts()
        for state in ("open", "retrying", "dropped"):
            metrics.FAILURES.labels(state).set(counts.get(state, 0))
        metrics.REPLIES.set(self.quota.replies())
        metrics.INCIDENTS_OPEN.set(len(self.incidents.open()))
        metrics.INCIDENT_TICKETS.set(len(self.incidents.unreleased(ended=False)))
        left, total = self.limiter.left()
        metrics.BUDGET_LEFT.set(left)
        metrics.BUDGET.set(total)
