"""The worker: tickets out of the queue through the one path, the sweep, and the server that receives webhooks."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.attachments.reader import FileReader
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.ledger.written_markers import WrittenMarkers
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.provision.markers import key_of
from zendesk_gupshup.settings import Settings, SettingsError
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import Visits
from zendesk_gupshup.worker.queue import SweepPage, TicketQueue
from zendesk_gupshup.worker.schedule import Turns
from zendesk_gupshup.zendesk.conversation_log import is_messaging_ticket
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import Busy, Unauthorized, ZendeskError

from .cursor_recovery import CursorRecovery, read_until
from .handler import HandlerStorage, TicketHandler
from .queue_status import BacklogProbe, QueueStatus, enqueued_at, queue_status

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import ChangedTickets, Zendesk
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

log = logging.getLogger(__name__)

_PAGE = 1000
# Seconds that are read once more from time to time.
_LOOK_BACK = 3 * 3600
_SETTLED_DAYS = 30
_LOOKS_DAYS = 2
# What Zendesk allows in a minute on all but its largest plan, where the settings say nothing else.
_UPDATES = 100
_NOTHING = SweepPage(tickets=(), cursor=None, more=False)


class Worker:
    """One process's share of the work; several may run beside each other."""

    def __init__(
        self, settings: Settings, zendesk: Zendesk, brain: Brain, budget: RateLimiter, *, sweep: bool = True
    ) -> None:
        self._settings = settings.worker
        self._zendesk = zendesk
        self._brain = brain
        self._stopping = threading.Event()
        self._budget = budget
        budget.stopping, budget.wait = self._stopping.is_set, self._stopping.wait
        self.credential = CredentialBreaker(zendesk, self._stopping, settings.zendesk.secret_files)
        self._sweep_trouble: str | None = None
        self._restarts = CursorRecovery(self._settings.first_sweep_hours)
        secret = self._settings.database_url
        engine = open_engine(secret.get_secret_value() if secret else None, self._settings.state)
        self._state = SweepState(engine, settings.zendesk.origin)
        self._ledger = Ledger(engine, settings.zendesk.origin)
        self._ledger.start_live()
        self._engine = engine
        self.failures = DeadLetters(engine, settings.zendesk.origin)
        self._looks, self._sent = Visits(engine, settings.zendesk.origin), SendQuota(engine, settings.zendesk.origin)
        updates = settings.budget.updates_per_minute or _UPDATES
        tries = TicketHandler(
            zendesk,
            brain,
            HandlerStorage(self._ledger, self._state, self.failures, self._looks, self._sent),
            self.credential,
            share=max(1, int(updates * self._settings.organization_share)),
            others_wait=BacklogProbe(engine),
            asked_at=lambda: enqueued_at(engine),
            longest_wait=settings.zendesk.longest_wait,
        )
        self._retention = settings.ledger.retention_days
        self.queue = TicketQueue(
            engine,
            self._settings.state,
            handler=tries.once,
            concurrency=self._settings.concurrency,
            read_page=self.read_page if sweep else None,
            read_back=self.read_back if sweep else None,
            keep_cursor=self._state.keep_cursor,
            turns=Turns(self._state.last_turn, self._state.take_turn),
            sweep_seconds=self._settings.sweep_seconds,
            look_back_seconds=self._settings.look_back_seconds,
            takeover_seconds=self._settings.takeover_seconds,
            tidy=self.tidy,
        )
        self._end: float | None = None
        # Webhooks that were answered and that the queue does not have yet.
        self.on_the_way: Callable[[], int] = lambda: 0
        zendesk.pace(self._before, _answered, last=True)

    @property
    def trouble(self) -> str | None:
        """Why Zendesk does not let us work just now, and what to do; `/readyz` says so."""
        return self.credential.reason or self._sweep_trouble or self._restarts.trouble

    def remarks(self) -> tuple[str, ...]:
        """What does not keep us from working, and somebody should know all the same. Raises `SQLAlchemyError`."""
        told = []
        ceiling, replies = self._brain.policy.replies_per_hour, self._sent.replies()
        if ceiling and replies >= ceiling:
            told.append(
                f"{replies} public replies in the last hour, and {ceiling} are the ceiling: the rest goes to the agents"
            )
        if restarted := self._restarts.remark:
            told.append(restarted)
        if waiting := self.failures.counts().get("open"):
            told.append(f"{waiting} on the list of failures: `zendesk-gupshup failures list`")
        return tuple(told)

    def waiting(self) -> tuple[int, float]:
        """How many tickets wait or are in hand, on their way to the queue included, and the seconds of the oldest."""
        queued = self.queue.waiting()
        return queued.tickets + self.on_the_way(), queued.oldest_seconds

    def announce_first_sweep(self) -> None:
        """Before the very first sweep: how many tickets it will read, and what old words in them get."""
        if self._state.cursor is not None:
            return
        hours = self._settings.first_sweep_hours
        since = datetime.fromtimestamp(int(self._zendesk.time() or time.time()) - hours * 3600, UTC)
        try:
            query = f"type:ticket updated>={since:%Y-%m-%dT%H:%M:%SZ}"
            count = self._zendesk.get("search/count.json", query=query).get("count")
        except ZendeskError as error:
            log.warning("first sweep: the number of tickets is not known (%s)", error)
            return
        log.info(
            "first sweep: tickets changed in the last %d hours and to be read: about %s; where the client's words are "
            "older than %d hours at the last change, there is a note and no public reply",
            hours,
            count,
            self._brain.policy.fresh_hours,
        )

    def read_page(self) -> SweepPage:
        """The next page of what changed: tickets that were not settled as they stand, and where to go on."""
        if self._restarts.resting:
            return _NOTHING
        place = self._state.place
        # Zendesk's clock, not ours, says which times are too recent.
        now = self._zendesk.time() or time.time()
        return self._page(lambda: self._restarts.read(place, now, self._changed), place[0])

    def read_back(self, cursor: str | None) -> SweepPage:
        """The same of what changed in the last hours, from the page before on; the sweep's cursor plays no part."""
        now = self._zendesk.time() or time.time()
        start = None if cursor else int(now) - _LOOK_BACK
        return self._page(lambda: self._changed(cursor, start), cursor, again=True)

    def _changed(self, cursor: str | None, start: int | None) -> ChangedTickets:
        return self._zendesk.changed(start_time=start, cursor=cursor, per_page=_PAGE)

    def _page(self, read: Callable[[], ChangedTickets], after: str | None, *, again: bool = False) -> SweepPage:
        began = time.monotonic()
        try:
            page = read()
        except ZendeskError as error:
            if isinstance(error, Unauthorized) and self.credential.reason is None:
                if wider := self.credential.confirmed(error):
                    self.credential.refused(wider)
                else:
                    self._sweep_trouble = f"the sweep: {error}. It needs an admin's credentials"
            log.warning("sweep: %s; the next one goes on from here", error)
            return _NOTHING
        self._sweep_trouble = None
        asked = (self._zendesk.time() or time.time()) - (time.monotonic() - began)
        due = _worth_a_look(page.tickets)
        settled = self._state.settled(due) if due else frozenset()
        left = tuple((ticket_id, stamp) for ticket_id, stamp in due.items() if ticket_id not in settled)
        metrics.SWEPT.inc(len(left))
        if settled and not again:
            self._count_skipped(len(settled))
        return SweepPage(
            tickets=left,
            cursor=page.cursor,
            more=not page.end_of_stream and not self._stopping.is_set(),
            after=after,
            until=read_until(page.tickets, end_of_stream=page.end_of_stream, now=asked),
        )

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
        self._looks.forget_before(now - _LOOKS_DAYS * 86_400)
        self._sent.tidy()
        WrittenMarkers(self._engine, self._ledger.account).forget_before(now - self._retention * 86_400)

    def stop(self, seconds: int) -> None:
        """Finish what is in hand, within about so many seconds: then it goes back into the queue where it stands."""
        self._end = time.monotonic() + seconds / 2
        self._stopping.set()
        self.queue.stop(seconds)

    def _before(self, _method: str, _path: str) -> None:
        """Ahead of each request. A call under way has a time-out of its own, so that half of the time is for it."""
        self.queue.check()
        if self._end is not None and time.monotonic() > self._end:
            raise Busy("the worker stops", retry_after=1.0)

    def drain(self, seconds: float) -> bool:
        """Wait until nothing is left in the queue; whether that came to pass in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stopping.wait(0.1):
            if self.queue.waiting().tickets == 0:
                return True
        return False

    def measure(self) -> None:
        """Bring the gauges up to date: a handful of counts, however long the queue is."""
        metrics.REQUESTS.set(sum(self._zendesk.requests_made.values()))
        since, expires = self._zendesk.credential
        metrics.CREDENTIAL_AGE.set(max(time.time() - since, 0.0))
        metrics.CREDENTIAL_LEFT.set(math.nan if expires is None else expires - time.time())
        metrics.CEILING.set(self._brain.policy.replies_per_hour)
        try:
            queued = queue_status(self._engine) or QueueStatus()
            metrics.WAITING.set(queued.tickets + self.on_the_way())
            metrics.AGE.set(queued.oldest_seconds)
            counts = self.failures.counts()
            for state in ("open", "retrying", "dropped"):
                metrics.FAILURES.labels(state).set(counts.get(state, 0))
            metrics.REPLIES.set(self._sent.replies())
            left, total = self._budget.left()
            metrics.BUDGET_LEFT.set(left)
            metrics.BUDGET.set(total)
        except (SQLAlchemyError, sqlite3.Error) as error:
            # The counters are worth telling all the same.
            log.warning("gauges of the store cannot be read: %s", type(error).__name__)
            metrics.STORE_REACHABLE.set(0)
        else:
            metrics.STORE_REACHABLE.set(1)


def _answered(method: str, _path: str, _headers: Mapping[str, str], status: int) -> None:
    metrics.ANSWERS.labels(method, str(status)).inc()


def _worth_a_look(tickets: tuple[Mapping[str, Any], ...]) -> dict[int, str]:
    """Ticket id -> the second of its last change, of those that can still be updated."""
    return {
        int(t["id"]): _changed_at(t)
        for t in tickets
        if t.get("status") not in ("closed", "deleted") and isinstance(t.get("updated_at"), str)
    }


def _changed_at(ticket: Mapping[str, Any]) -> str:
    """`updated_at`; of a messaging ticket the later second in which the export took it up, where it tells one: nobody
    documents whether a message counts as an update of its ticket."""
    stamp, generated = str(ticket["updated_at"]), ticket.get("generated_timestamp")
    if not is_messaging_ticket(ticket) or not isinstance(generated, int):
        return stamp
    return max(stamp, f"{datetime.fromtimestamp(generated, UTC):%Y-%m-%dT%H:%M:%SZ}")


def load_brain(settings: Settings) -> Brain:
    """Dictionary, texts and policy, all checked here, so that no mistake reaches a reply. Raises `SettingsError`."""
    from zendesk_gupshup.dictionary import DictionaryError, load
    from zendesk_gupshup.render.catalogue import TemplateError, Templates

    try:
        dictionary = load(settings.folders.dictionary)
        return Brain(
            dictionary=dictionary,
            templates=Templates.load(settings.folders.templates, dictionary=dictionary),
            policy=settings.policy(dictionary),
            desk=settings.gupshup,
            files=FileReader(settings.reading),
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
