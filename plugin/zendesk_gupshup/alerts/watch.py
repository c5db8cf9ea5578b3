"""Looks every minute at what is wrong, and sends what is due: one message, by one of the processes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.storage.alert_state import AlertRow, AlertState
from zendesk_gupshup.storage.sweep_state import SweepState

from .alert import AlertKind, AlertLimits, AlertReadings, WorkerAlert, alerts_of
from .delivery import AlertUrlsError, Delivered, read_services
from .message import AlertEvent, AlertMessage, message_of
from .options import AlertSettings

log = logging.getLogger(__name__)

# Between two checks, in seconds.
_PERIOD = 60.0
# What was last seen this many seconds ago still lasts: other processes look at other moments.
_LASTING = 3 * int(_PERIOD)
# The turn in which a message is sent.
_TURN = "alert message"


class AlertWatch:
    """`readings`: what the worker knows of itself, read at each check. `account`: the address in the message.

    A message is marked as sent once a service has it. A process that is killed in between sends it again.
    """

    def __init__(
        self,
        settings: AlertSettings,
        urls_file: Path,
        limits: AlertLimits,
        state: AlertState,
        turns: SweepState,
        readings: Callable[[], AlertReadings],
        account: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._urls_file, self._limits, self._account = settings, urls_file, limits, account
        self._state, self._turns, self._readings, self._clock = state, turns, readings, clock

    def start(self, stopping: threading.Event) -> None:
        """Check in a thread of its own, until `stopping` is set."""
        threading.Thread(target=self._loop, args=(stopping,), name="alerts", daemon=True).start()

    def try_check(self) -> None:
        """`check`, whose failure is logged: there is a next one."""
        try:
            self.check()
        except Exception as error:  # noqa: BLE001 - a watch that ends would tell nobody of anything
            log.error("alerts: the check failed: %s", type(error).__name__)

    def check(self) -> None:
        """Note what is wrong, and send what is due. Raises `SQLAlchemyError`."""
        now = int(self._clock())
        for alert in alerts_of(self._readings(), self._limits):
            if alert.kind.lasts:
                self._state.hold(alert.key, alert.kind, alert.values, now, alert.kind.calm_seconds)
            else:
                report(self._state, alert, now)
        self._send_due(now)

    def forget(self, days: int) -> None:
        """Drop what was last seen so many days ago. Raises `SQLAlchemyError`."""
        self._state.forget_before(int(self._clock()) - days * 86_400)

    def _send_due(self, now: int) -> None:
        if not self._due(now) or not self._take_turn(now):
            return
        # Another process may have sent it just before it was our turn.
        if events := self._due(now):
            message = message_of(events, self._account, self._settings.language)
            if any(one.reason is None for one in deliver(self._urls_file, message)):
                self._state.mark_sent([event.key for event in events], now)

    def _due(self, now: int) -> tuple[AlertEvent, ...]:
        rows = self._state.open([kind for kind in AlertKind if kind.lasts])
        return due(events_of(rows), self._state.acknowledged(), now, self._settings.repeat_hours * 3600)

    def _take_turn(self, now: int) -> bool:
        last = self._turns.last_started(_TURN)
        if last is not None and 0 <= now - last < self._settings.every_minutes * 60:
            return False
        return self._turns.claim(_TURN, last, now)

    def _loop(self, stopping: threading.Event) -> None:
        while not stopping.wait(_PERIOD):
            self.try_check()


def report(state: AlertState, alert: WorkerAlert, now: int) -> bool:
    """Something happened once, such as `incident(...)`: the next check of any worker sends it. Whether it is news.

    Reporting it again does nothing. Raises `SQLAlchemyError`."""
    return state.begin(alert.key, alert.kind, alert.values, now)


def events_of(rows: Iterable[AlertRow]) -> tuple[AlertEvent, ...]:
    """Without those of kinds that only a newer version knows."""
    known = frozenset(AlertKind)
    return tuple(
        AlertEvent(row.key, AlertKind(row.kind), row.details, row.begun, row.seen, row.sent)
        for row in rows
        if row.kind in known
    )


def due(
    events: Iterable[AlertEvent], acknowledged: Mapping[str, int], now: int, repeat_seconds: int
) -> tuple[AlertEvent, ...]:
    """What is to be sent now: each event once; again where it outlasts an acknowledgement, and where it lasts for so
    long; 0: never for that. Pure."""
    return tuple(event for event in events if _is_due(event, acknowledged.get(event.kind, 0), now, repeat_seconds))


def _is_due(event: AlertEvent, until: int, now: int, repeat_seconds: int) -> bool:
    if until > now:
        return False
    outlasts = event.sent is not None and event.sent < until and _lasts(event, now)
    return _is_new(event, now) or outlasts or _is_old(event, now, repeat_seconds)


def _is_new(event: AlertEvent, now: int) -> bool:
    """Not sent yet. What was over before anybody could be told is left out."""
    return event.sent is None and (not event.kind.lasts or event.seen >= now - event.kind.calm_seconds)


def _is_old(event: AlertEvent, now: int, repeat_seconds: int) -> bool:
    return _lasts(event, now) and event.sent is not None and 0 < repeat_seconds <= now - event.sent


def _lasts(event: AlertEvent, now: int) -> bool:
    return event.kind.lasts and event.seen >= now - _LASTING


def deliver(urls_file: Path, message: AlertMessage) -> tuple[Delivered, ...]:
    """Send it to every service of the file, which is read anew. A failure is logged and counted, never raised."""
    try:
        services = read_services(urls_file)
    except AlertUrlsError as error:
        log.error("alerts: nothing was sent: %s", error)
        metrics.ALERTS.labels("failed").inc()
        return ()
    results = tuple(service.send(message) for service in services)
    for one in results:
        metrics.ALERTS.labels("failed" if one.reason else "sent").inc()
        if one.reason:
            log.error("alerts: %s (line %d of the URLs file): not sent: %s", one.service, one.line, one.reason)
    return results
