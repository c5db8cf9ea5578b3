"""Ends incidents, and queues their tickets again: each once, also where a worker is killed in between."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.storage.incidents import EndedBy, IncidentRow
from zendesk_gupshup.storage.sweep_state import SweepState

from .book import IncidentParts, announce, is_being_solved

log = logging.getLogger(__name__)

_TURN, _SEARCH_TURN = "incidents", "incident search"
# Between two searches for tickets that no store knows of, in seconds.
_SEARCH_SECONDS = 3600.0


class IncidentWatch:
    """`period`: seconds between two checks, of one worker at a time."""

    def __init__(
        self, parts: IncidentParts, turns: SweepState, period: float, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._parts, self._turns, self._period, self._clock = parts, turns, period, clock

    def start(self, stopping: threading.Event) -> None:
        """Check in a thread of its own, until `stopping` is set."""
        threading.Thread(target=self._loop, args=(stopping,), name="incidents", daemon=True).start()

    def try_check(self) -> None:
        """`check`, whose failure is logged: there is a next one."""
        try:
            self.check()
        except Exception as error:  # noqa: BLE001 - a watch that ends would leave tickets waiting for good
            log.error("incidents: the check failed: %s", type(error).__name__)

    def check(self) -> None:
        """End what is over, and queue what waits for it. Raises `SQLAlchemyError`, `ZendeskError`."""
        if not self._take_turn(_TURN, self._period):
            return
        self._end_finished(int(self._clock()))
        self._release(int(self._clock()))
        if self._take_turn(_SEARCH_TURN, _SEARCH_SECONDS):
            self._queue_lost(int(self._clock()))

    def forget(self, now: int, days: int) -> None:
        """Drop what ended so many days ago, and reports that no window can reach. Raises `SQLAlchemyError`."""
        rules = self._parts.rules
        reach = 2 * (rules.window + rules.silence)
        self._parts.store.forget_before(now - days * 86_400, sightings_before=now - reach)

    def _end_finished(self, now: int) -> None:
        parts = self._parts
        rows = parts.store.open()
        finished = parts.problems.finished(row.problem_id for row in rows if row.problem_id is not None)
        for row in rows:
            # Where the worker was killed before it could.
            announce(parts.alerts, row, now)
            if row.problem_id in finished:
                self._end(row, now, "agent")
            elif parts.mode(row.code) == "off":
                self._end(row, now, "setting")
            else:
                self._end(row, now, "silence", unless_seen_since=now - parts.rules.silence)

    def _end(self, row: IncidentRow, now: int, by: EndedBy, *, unless_seen_since: int | None = None) -> None:
        if self._parts.store.end(row.id, now, by, unless_seen_since=unless_seen_since):
            log.warning("incident: %s is over (%s)", row.code, by)
            metrics.INCIDENTS.labels("ended").inc()

    def _release(self, now: int) -> None:
        """Queue the tickets of incidents that are over. The queue takes each key once, and loses none."""
        waiting: dict[int, list[int]] = defaultdict(list)
        for row, ticket_id in self._parts.store.unreleased(ended=True):
            if not (self._links(row) and is_being_solved(row, now)):
                waiting[row.id].append(ticket_id)
        for incident_id, tickets in waiting.items():
            self._enqueue((f"incident:{incident_id}:{ticket_id}:end", ticket_id) for ticket_id in tickets)
            self._parts.store.release(incident_id, tickets, now)
        # Those that were there when it began, where the worker was killed before it could queue them.
        members = self._parts.store.unreleased(ended=False, unvisited=True)
        self._enqueue((f"incident:{row.id}:{ticket_id}", ticket_id) for row, ticket_id in members)

    def _links(self, row: IncidentRow) -> bool:
        return self._parts.settings.link and self._parts.mode(row.code) == "auto"

    def _queue_lost(self, now: int) -> None:
        """Tickets that say that they wait, and that no open incident of this store has: it may be a new one."""
        members = {ticket_id for _, ticket_id in self._parts.store.unreleased(ended=False)}
        lost = [ticket_id for ticket_id in self._parts.problems.waiting() if ticket_id not in members]
        self._enqueue((f"incident:lost:{ticket_id}:{now}", ticket_id) for ticket_id in lost)

    def _enqueue(self, entries: Iterable[tuple[str, int]]) -> None:
        if rows := [(key, ticket_id, None) for key, ticket_id in entries]:
            self._parts.enqueue(rows)

    def _take_turn(self, name: str, seconds: float) -> bool:
        now, last = self._clock(), self._turns.last_started(name)
        if last is not None and 0 <= now - last < seconds:
            return False
        return self._turns.claim(name, last, now)

    def _loop(self, stopping: threading.Event) -> None:
        while not stopping.wait(self._period):
            self.try_check()
