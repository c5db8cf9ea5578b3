"""What the worker knows of itself, for its alerts; and the watch, where `[alerts]` names a file of URLs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from zendesk_gupshup.alerts.alert import AlertLimits, AlertReadings
from zendesk_gupshup.alerts.watch import AlertWatch
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage.alert_state import AlertState
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker

from .queue_status import QueueStatus, queue_status

if TYPE_CHECKING:
    from .handler_storage import HandlerStorage

# An unknown code counts as seen for the first time if it was in none of the ledger's decisions before.
_FIRST_SEEN_SECONDS = 86_400


def alert_watch(settings: Settings, engine: sa.Engine, readings: Callable[[], AlertReadings]) -> AlertWatch | None:
    """`None` where nobody is to be alerted. Raises `SQLAlchemyError`."""
    if settings.alerts.urls_file is None:
        return None
    account = settings.zendesk.origin
    # Rare sweeps are late only after three of them.
    sweep_minutes = max(settings.alerts.sweep_minutes, math.ceil(3 * settings.worker.sweep_seconds / 60))
    return AlertWatch(
        settings.alerts,
        settings.alerts.urls_file,
        AlertLimits(settings.alerts.queue_minutes, sweep_minutes),
        AlertState(engine, account),
        SweepState(engine, account),
        readings,
        account,
    )


class AlertProbe:
    """Reads the database and this process. `sweeps`: whether this worker is to sweep at all."""

    def __init__(
        self,
        engine: sa.Engine,
        storage: HandlerStorage,
        credential: CredentialBreaker,
        replies_per_hour: int,
        *,
        sweeps: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._storage, self._credential = engine, storage, credential
        self._replies_per_hour, self._sweeps = replies_per_hour, sweeps
        self._monotonic = monotonic
        self._position: object = None
        self._moved_at = monotonic()

    def __call__(self) -> AlertReadings:
        """Raises `SQLAlchemyError`."""
        ledger: Ledger = self._storage.ledger
        return AlertReadings(
            credential_refused=self._credential.reason is not None,
            replies=self._storage.send_quota.replies(),
            replies_per_hour=self._replies_per_hour,
            failures=self._storage.dead_letters.counts().get("open", 0),
            queue_seconds=(queue_status(self._engine) or QueueStatus()).oldest_seconds,
            sweep_seconds=self._since_sweep() if self._sweeps else None,
            unknown_codes=ledger.first_unknown(LIVE, int(time.time()) - _FIRST_SEEN_SECONDS),
        )

    def _since_sweep(self) -> float:
        """Seconds since a sweep of any worker last got on, as far as this process knows: each one that reads a page
        moves the position, also where nothing has changed."""
        position = self._storage.sweep_state.position
        if position != self._position:
            self._position, self._moved_at = position, self._monotonic()
        return self._monotonic() - self._moved_at
