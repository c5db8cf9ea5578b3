"""Quotas of what we send, over all processes: public replies an hour, and each organization's updates a minute.

A quota is taken at the moment of sending, in one transaction: however many threads and processes ask at once, no more
get through than the limit says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from zendesk_gupshup.ops import metrics

from .schema import upgrade
from .window_counter import WindowCounter, WindowLimit

log = logging.getLogger(__name__)

HOUR, MINUTE = 3600, 60


class SendQuota:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] | None = None) -> None:
        upgrade(engine)
        self._windows = WindowCounter(engine, account, clock=now)

    def acquire_reply(self, ticket_id: int, marker: str, limit: int) -> bool:
        """Whether one more public reply may go out in this hour. The same reply, tried again, counts once."""
        return self._windows.acquire(_replies(limit), event=f"{ticket_id}:{marker}"[:192]) is None

    def acquire_update(self, organization_id: int, limit: int) -> bool:
        """Whether this organization may have one more update in this minute."""
        return self._windows.acquire(_updates(organization_id, limit)) is None

    def replies(self) -> int:
        """Public replies in the last hour."""
        return self._windows.usage(_replies())[0]

    def updates(self, organization_id: int) -> int:
        """The organization's updates in the last minute."""
        return self._windows.usage(_updates(organization_id))[0]

    def prune(self) -> None:
        """Drop what counts no more."""
        self._windows.prune()


def _replies(limit: int = 0) -> WindowLimit:
    return WindowLimit("replies", limit, seconds=HOUR, least=0, exact=True)


def _updates(organization_id: int, limit: int = 0) -> WindowLimit:
    return WindowLimit(f"organization:{organization_id}", limit, seconds=MINUTE, least=0)


_alarms: list[float] = []
_alarm_lock = threading.Lock()


def alarm(limit: int) -> None:
    """Log once an hour that the ceiling keeps replies back; the metrics show it all the time."""
    metrics.HELD_BACK.inc()
    with _alarm_lock:
        now = time.monotonic()
        if _alarms and now - _alarms[-1] < HOUR:
            return
        _alarms[:] = [now]
    log.error(
        "the ceiling of %d public replies an hour is reached: further replies go to the agents as notes, tagged "
        "gupshup_held_back. If the rule is right, raise [reply] per_hour; if not, put its code on assist under [modes]",
        limit,
    )
