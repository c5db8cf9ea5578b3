"""The worker: tickets out of the queue through the one path, the sweep, and the server that receives webhooks."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from . import metrics
from .app_facts import TicketFields
from .durable import Again, Durable, Page, store
from .errors import Unauthorized, ZendeskError
from .evidence_files import EvidenceFiles
from .failures import Failures, Kind
from .ledger import LIVE, Ledger
from .marks import key_of
from .recording import Recording
from .settings import Settings, SettingsError
from .state import State
from .triage import Brain, Outcome, handle

if TYPE_CHECKING:
    from .budget import Budget
    from .zendesk import Zendesk

log = logging.getLogger(__name__)
decisions = structlog.get_logger("decision")

_PAGE = 1000
_SETTLED_DAYS = 30
# How often a ticket is tried: the pauses between add up to about an hour and a half.
ATTEMPTS = 12


class Worker:
    """One process's share of the work; several may run beside each other."""

    def __init__(
        self, settings: Settings, zendesk: Zendesk, brain: Brain, budget: Budget, *, sweep: bool = True
    ) -> None:
        self._settings = settings.worker
        self._zendesk = zendesk
        self._brain = brain
        self._stopping = threading.Event()
        self._budget = budget
        budget.stopping, budget.wait = self._stopping.is_set, self._stopping.wait
        # Why Zendesk does not let us work just now; `/readyz` says so.
        self.trouble: str | None = None
        secret = self._settings.database_url
        engine = store(secret.get_secret_value() if secret else None, self._settings.state)
        self._state = State(engine, settings.zendesk.origin)
        self._ledger = Ledger(engine, settings.zendesk.origin)
        self._ledger.start_live()
        self.failures = Failures(engine, settings.zendesk.origin)
        self._retention = settings.ledger.retention_days
        self.queue = Durable(
            engine,
            self._settings.state,
            handler=self.handle,
            concurrency=self._settings.concurrency,
            read_page=self.read_page if sweep else None,
            keep_cursor=self._state.keep_cursor,
            sweep_seconds=self._settings.sweep_seconds,
            takeover_seconds=self._settings.takeover_seconds,
            tidy=self.tidy,
        )
        zendesk.pace(lambda _method, _path: self.queue.check(), last=True)

    def handle(self, ticket_id: int, seen_at: str | None, attempt: int) -> Again | None:
        """One look at a ticket, logged as one line; when to look again, if so. Never raises: the queue would forget."""
        started = time.monotonic()
        recording = Recording(
            self._ledger, LIVE, self._brain, lambda: self._zendesk.requests_here, attempt=attempt, everything=False
        )
        try:
            outcome = handle(self._zendesk, ticket_id, self._brain, seen_at=seen_at, journal=recording)
            self.trouble = None
        except ZendeskError as error:
            if isinstance(error, Unauthorized):
                self.trouble = str(error)
            metrics.FAULTS.labels(type(error).__name__).inc()
            again = error.retry_after or _pause(attempt)
            outcome = Outcome(ticket_id, "later", None, tuple(recording.writes), reason=str(error), retry_after=again)
        except Exception as error:  # noqa: BLE001 - a fault of ours on one ticket must not stop the others
            metrics.FAULTS.labels(type(error).__name__).inc()
            outcome = Outcome(
                ticket_id, "later", None, tuple(recording.writes), reason=_where(error), retry_after=_pause(attempt)
            )
        recording.close(outcome)
        self._record(outcome, time.monotonic() - started, attempt)
        try:
            return self._follow_up(outcome, attempt)
        except SQLAlchemyError as error:
            # What is still to be written down is lost with this look, so there has to be another one.
            log.error("ticket %s: the store cannot be used (%s)", ticket_id, type(error).__name__)
            return Again(_pause(attempt), counts=False)

    def _follow_up(self, outcome: Outcome, attempt: int) -> Again | None:
        """Keep what a look came to: settled, to be tried again, or given up."""
        if outcome.did == "failed":
            self._give_up(outcome, "refused", attempt)
            return None
        if outcome.retry_after is not None:
            if attempt >= ATTEMPTS:
                self._give_up(outcome, "tries", attempt)
                return None
            return Again(outcome.retry_after)
        if self.failures.clear(outcome.ticket_id):
            log.info("ticket %s: handled, and off the list of failures", outcome.ticket_id)
        if outcome.did == "nothing" and outcome.look:
            self._state.settle(outcome.ticket_id, outcome.look.ticket.updated_at)
        return None

    def _give_up(self, outcome: Outcome, kind: Kind, attempts: int) -> None:
        self.failures.give_up(outcome.ticket_id, kind, outcome.reason or "it kept changing", attempts)
        log.error("ticket %s was given up (%s); `zendesk-gupshup failures` lists it", outcome.ticket_id, kind)

    def read_page(self) -> Page:
        """The next page of what changed: tickets that were not settled as they stand, and where to go on."""
        cursor = self._state.cursor
        start = None if cursor else int(time.time()) - max(self._settings.first_sweep_hours * 3600, 120)
        try:
            page = self._zendesk.changed(start_time=start, cursor=cursor, per_page=_PAGE)
        except ZendeskError as error:
            if isinstance(error, Unauthorized):
                self.trouble = str(error)
            log.warning("sweep: %s; the next one goes on from here", error)
            return Page(tickets=(), cursor=None, more=False)
        self.trouble = None
        due = _worth_a_look(page.tickets)
        settled = self._state.settled(due) if due else frozenset()
        left = tuple((ticket_id, stamp) for ticket_id, stamp in due.items() if ticket_id not in settled)
        metrics.SWEPT.inc(len(left))
        if settled:
            self._count_skipped(len(settled))
        more = not page.end_of_stream and not self._stopping.is_set()
        return Page(tickets=left, cursor=page.cursor, more=more, after=cursor)

    def _count_skipped(self, tickets: int) -> None:
        try:
            self._ledger.count_skipped(LIVE, tickets)
        except SQLAlchemyError as error:
            # Book-keeping: the page's tickets come first.
            log.error("the skipped tickets are not in the ledger: %s", type(error).__name__)
            metrics.LEDGER_FAULTS.inc()

    def tidy(self) -> None:
        """Drop what is older than it is kept for."""
        now = int(time.time())
        self._budget.tidy()
        self._state.forget_before(now - _SETTLED_DAYS * 86_400)
        self._ledger.forget_before(now - self._retention * 86_400)
        self.failures.forget_before(now - self._retention * 86_400)

    def stop(self, seconds: int = 30) -> None:
        self._stopping.set()
        self.queue.stop(seconds)

    def drain(self, seconds: float) -> bool:
        """Wait until nothing is left in the queue; whether that came to pass in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stopping.wait(0.1):
            if self.queue.waiting()[0] == 0:
                return True
        return False

    def measure(self) -> None:
        """Bring the gauges up to date."""
        waiting, age = self.queue.waiting()
        metrics.WAITING.set(waiting)
        metrics.AGE.set(age)
        metrics.FAILURES.set(sum(n for state, n in self.failures.counts().items() if state != "dropped"))
        metrics.REQUESTS.set(sum(self._zendesk.requests_made.values()))

    def _record(self, outcome: Outcome, seconds: float, attempt: int) -> None:
        record = outcome.record()
        decisions.info("decision", seconds=round(seconds, 3), attempt=attempt, **record)
        metrics.HANDLED.labels(outcome.did).inc()
        metrics.SECONDS.observe(seconds)
        for code in record["codes"]:
            metrics.FOUND.labels(code, record["mode"]).inc()
        for guard in record["guards"]:
            metrics.GUARDED.labels(guard).inc()
        for step in record["written"]:
            metrics.WRITTEN.labels(step).inc()


def _pause(attempt: int) -> float:
    return min(900.0, 5.0 * 2.0**attempt)


def _where(error: Exception) -> str:
    """Where a fault of ours is, and never what it said: the message may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def _worth_a_look(tickets: tuple[Mapping[str, Any], ...]) -> dict[int, str]:
    """Ticket id -> `updated_at` of those that can still be updated."""
    return {
        int(t["id"]): str(t["updated_at"])
        for t in tickets
        if t.get("status") not in ("closed", "deleted") and isinstance(t.get("updated_at"), str)
    }


def load_brain(settings: Settings) -> Brain:
    """Dictionary, texts and policy, all checked here, so that no mistake reaches a reply. Raises `SettingsError`."""
    from .dictionary import DictionaryError, load
    from .templates import TemplateError, Templates

    try:
        dictionary = load(settings.folders.dictionary)
        return Brain(
            dictionary=dictionary,
            templates=Templates.load(settings.folders.templates, dictionary=dictionary),
            policy=settings.policy(dictionary),
            desk=settings.gupshup,
            files=EvidenceFiles(settings.reading),
        )
    except (DictionaryError, TemplateError) as error:
        raise SettingsError(str(error)) from None


def with_ticket_fields(brain: Brain, zendesk: Zendesk) -> Brain:
    """The brain with the ids of the ticket fields that `setup` made, where the settings name none; one request.

    Raises `ZendeskError`. A multi-select fills itself from the tags, and writing one code into it would take the
    others off the ticket, so only a drop-down is written to.
    """
    if brain.policy.fields != TicketFields():
        return brain
    found: dict[str, int] = {}
    for field in zendesk.pages("ticket_fields", "ticket_fields"):
        kind, _, name = (key_of(field.get("description")) or "").partition("/")
        name = name.replace("-", "_")
        known = kind == "ticket-field" and name in TicketFields.model_fields and field.get("active") is not False
        if known and (name != "error_code" or field.get("type") == "tagger"):
            found.setdefault(name, int(field["id"]))
    fields = TicketFields.model_validate(found)
    return replace(brain, policy=brain.policy.model_copy(update={"fields": fields}))
