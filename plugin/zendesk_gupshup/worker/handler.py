"""A ticket out of the queue: whether it is due now, the one path, and what comes after it.

Whatever happens, it ends with one of three: the ticket is handled, it comes back, or it stands on the list of
failures. What is not the ticket's fault costs it none of its tries.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.detect import prepare
from zendesk_gupshup.ledger.ledger import LIVE, Ledger
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.write_gate import OrganizationShare, StoreGate
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, Outcome, handle, unread_because
from zendesk_gupshup.storage.dead_letters import DeadLetters, Kind
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import KILLS, VisitHistory, Visits
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import Busy, Unauthorized, Unreachable, ZendeskError

from .queue import Requeue

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)
decisions = structlog.get_logger("decision")

# How often a ticket is tried: the pauses between add up to about an hour and a half.
ATTEMPTS = 12
# So often a ticket is looked for that Zendesk does not find: a copy that lags behind knows it only a little later.
_SEARCHES = 3
# A place in the queue is kept at most so long while credentials are refused; then another worker may have it.
_HOLD = 30.0
# Seconds after which is asked anew whether Zendesk answers at all.
_ANSWERED = 5.0


@dataclass(frozen=True)
class HandlerStorage:
    """What is kept of tickets and their looks, all of it in one store."""

    ledger: Ledger
    state: SweepState
    failures: DeadLetters
    looks: Visits
    sent: SendQuota


class TicketHandler:
    """For any number of threads. `share`: updates a minute for one organization while `others_wait`.

    `asked_at`: when the look in hand was queued, by our clock; `None` where that is not known.
    """

    def __init__(
        self,
        zendesk: Zendesk,
        brain: Brain,
        store: HandlerStorage,
        credential: CredentialBreaker,
        *,
        share: int,
        others_wait: Callable[[], bool],
        asked_at: Callable[[], float | None] = lambda: 0.0,
        longest_wait: float = 900.0,
    ) -> None:
        self._zendesk, self._brain, self._store, self._credential = zendesk, brain, store, credential
        self._share, self._asked_at = OrganizationShare(share, others_wait), asked_at
        self._gate = StoreGate(
            store.ledger.markers, store.sent, replies_per_hour=brain.policy.replies_per_hour, share=self._share
        )
        self._longest_wait = longest_wait
        self._answers_lock = threading.Lock()
        self._answers: tuple[float, bool] = (-_ANSWERED, True)
        prepare(brain.dictionary)

    def once(self, ticket_id: int, seen_at: str | None, attempt: int) -> Requeue | None:
        """Handle the ticket; when it is due again, if so. Never raises: the queue would forget it."""
        try:
            return self._once(ticket_id, seen_at, attempt)
        except Exception as error:  # noqa: BLE001 - what the store or a fault of ours breaks off has to come back
            log.error("ticket %s: handling it broke off (%s)", ticket_id, _where(error))
            metrics.FAULTS.labels(type(error).__name__).inc()
            return Requeue(self._pause(attempt), counts=attempt < ATTEMPTS and not isinstance(error, SQLAlchemyError))

    def _once(self, ticket_id: int, seen_at: str | None, attempt: int) -> Requeue | None:
        if not self._credential.wait(_HOLD):
            return _come_back("credential", random.uniform(5, 15))  # noqa: S311
        past = self._store.looks.past(ticket_id)
        # What nobody has read before needs no second question.
        if past.read_at is not None and past.covers(_seconds(seen_at), self._asked_at()):
            metrics.NOT_NEEDED.inc()
            log.debug("ticket %s: read since this look was asked for", ticket_id)
            return None
        if past.unfinished >= KILLS:
            reason = f"{past.unfinished} times the worker ended in the middle of it"
            self._give_up(Outcome(ticket_id, "failed", reason=reason), "kills", past.unfinished)
            self._store.looks.broken_off(ticket_id)
            return None
        if put_off := self._not_now(past, asked_for=seen_at is None):
            return put_off
        self._store.looks.begin(ticket_id)
        return self._look(ticket_id, seen_at, attempt, past)

    def _not_now(self, past: VisitHistory, *, asked_for: bool) -> Requeue | None:
        """Looks that have to wait, without having asked Zendesk anything. A person who asks has no need to wait."""
        now = time.time()
        if seconds := past.quarantine(now):
            return _come_back("unfinished", seconds)
        if not asked_for and (seconds := past.pause(now)):
            return _come_back("often", seconds)
        crowd = (
            past.organization_id is not None and self._store.sent.updates(past.organization_id) >= self._share.updates
        )
        return _come_back("organization", random.uniform(5, 20)) if crowd and self._share.others_wait() else None  # noqa: S311

    def _look(self, ticket_id: int, seen_at: str | None, attempt: int, past: VisitHistory) -> Requeue | None:
        started, counts = time.monotonic(), True
        recording = Recorder(
            self._store.ledger, LIVE, lambda: self._zendesk.requests_here, attempt=attempt, everything=False
        )
        try:
            outcome = handle(
                self._zendesk,
                ticket_id,
                self._brain,
                seen_at=seen_at,
                gate=self._gate,
                journal=recording,
                last=attempt >= ATTEMPTS,
            )
            if files := outcome.look.waits_for if outcome.look else ():
                outcome = replace(outcome, retry_after=self._pause(attempt))
                metrics.FILES_PUT_OFF.inc(len(files))
            if outcome.did == "failed" and outcome.status == 403:
                outcome, counts = self._forbidden(outcome)
        except ZendeskError as error:
            counts = self._counts(error)
            metrics.FAULTS.labels(type(error).__name__).inc()
            usual = self._pause(attempt) if counts else random.uniform(10, 20)  # noqa: S311
            again = min(error.retry_after or usual, self._longest_wait)
            outcome = Outcome(ticket_id, "later", None, tuple(recording.writes), reason=str(error), retry_after=again)
        except Exception as error:  # noqa: BLE001 - a fault of ours on one ticket must not stop the others
            counts = not isinstance(error, SQLAlchemyError)
            metrics.FAULTS.labels(type(error).__name__).inc()
            outcome = Outcome(
                ticket_id,
                "later",
                None,
                tuple(recording.writes),
                reason=_where(error),
                retry_after=self._pause(attempt),
            )
        recording.close(outcome)
        _record(outcome, time.monotonic() - started, attempt)
        return self._follow_up(outcome, attempt, past, counts=counts)

    def _follow_up(self, outcome: Outcome, attempt: int, past: VisitHistory, *, counts: bool) -> Requeue | None:
        """Keep what a look came to: settled, to be tried again, or given up."""
        store, ticket_id = self._store, outcome.ticket_id
        if outcome.not_kept:
            self._leave_alone(outcome)
            return None
        if outcome.did == "failed" or (outcome.retry_after is not None and counts and attempt >= ATTEMPTS):
            self._give_up(outcome, "refused" if outcome.did == "failed" else "tries", attempt)
            store.looks.broken_off(ticket_id)
            return None
        if outcome.retry_after is not None:
            store.looks.broken_off(ticket_id)
            return Requeue(min(outcome.retry_after, self._longest_wait), counts)
        if outcome.did == "gone" and outcome.status == 404 and attempt < _SEARCHES:
            store.looks.broken_off(ticket_id)
            return Requeue(self._pause(attempt))
        if outcome.look and outcome.look.gave_up:
            # What its words say was done. Whoever repairs what kept us from the file can have it read after all.
            told = replace(outcome, reason=unread_because(ticket_id, outcome.look.gave_up))
            self._give_up(told, "unread", attempt)
            metrics.FILES_GIVEN_UP.inc(len(outcome.look.gave_up))
        elif store.failures.clear(ticket_id):
            log.info("ticket %s: handled, and off the list of failures", ticket_id)
        ticket = outcome.look.ticket if outcome.look else None
        store.looks.end(
            ticket_id,
            past,
            read_at=_seconds(ticket.updated_at) if ticket else None,
            idle=outcome.did == "nothing",
            organization_id=ticket.organization_id if ticket else None,
        )
        if outcome.did == "nothing" and ticket:
            store.state.settle(ticket_id, ticket.updated_at)
        return None

    def _leave_alone(self, outcome: Outcome) -> None:
        """A tag that proves an update is not kept: on the list it stands already, and nothing more is written to it."""
        ticket_id = outcome.ticket_id
        if outcome.not_kept == "now":
            log.error("ticket %s was given up (not_kept); `zendesk-gupshup failures` lists it", ticket_id)
        elif outcome.look:
            self._store.state.settle(ticket_id, outcome.look.ticket.updated_at)
        self._store.looks.broken_off(ticket_id)

    def _give_up(self, outcome: Outcome, kind: Kind, attempts: int) -> None:
        self._store.failures.give_up(outcome.ticket_id, kind, outcome.reason or "it kept changing", attempts)
        log.error("ticket %s was given up (%s); `zendesk-gupshup failures` lists it", outcome.ticket_id, kind)

    def _pause(self, attempt: int) -> float:
        return float(min(self._longest_wait, 5.0 * 2.0**attempt))

    def _forbidden(self, outcome: Outcome) -> tuple[Outcome, bool]:
        """A 403 on one ticket, which a suspended user gets on every one: then the ticket only has to wait."""
        error = Unauthorized(outcome.reason or "forbidden", status=403)
        if wider := self._credential.confirmed(error):
            self._credential.refused(wider)
            waits = Outcome(outcome.ticket_id, "later", None, outcome.writes, reason=str(wider), retry_after=5.0)
            return waits, False
        return outcome, True

    def _counts(self, error: ZendeskError) -> bool:
        """Whether the failure is the ticket's, and one of its tries."""
        if isinstance(error, Unauthorized) and error.account_wide:
            if wider := self._credential.confirmed(error):
                self._credential.refused(wider)
                return False
        elif isinstance(error, Busy):
            return False
        elif isinstance(error, Unreachable) and error.status in (None, 502, 503, 504):
            return self._zendesk_answers()
        return True

    def _zendesk_answers(self) -> bool:
        """Whether anything at all comes through; asked once for all tickets that wonder."""
        with self._answers_lock:
            at, answers = self._answers
            if time.monotonic() - at >= _ANSWERED:
                try:
                    self._zendesk.check()
                    answers = True
                except ZendeskError as error:
                    answers = not isinstance(error, (Unreachable, Busy))
                self._answers = (time.monotonic(), answers)
            return answers


def _come_back(reason: str, seconds: float) -> Requeue:
    metrics.PUT_OFF.labels(reason).inc()
    return Requeue(seconds, counts=False)


def _seconds(stamp: str | None) -> float | None:
    """A stamp of Zendesk's as Unix time."""
    try:
        return datetime.fromisoformat(stamp).timestamp() if stamp else None
    except ValueError:
        return None


def _where(error: Exception) -> str:
    """Where a fault of ours is, and never what it said: the message may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def _record(outcome: Outcome, seconds: float, attempt: int) -> None:
    record = outcome.record()
    decisions.info("decision", seconds=round(seconds, 3), attempt=attempt, **record)
    metrics.HANDLED.labels(outcome.did).inc()
    metrics.SECONDS.observe(seconds)
    # Of a ticket that only waits for a file, the first look has counted what there is.
    repeated = outcome.did == "later" and not outcome.writes
    for code in () if repeated else record["codes"]:
        metrics.FOUND.labels(code, record["mode"]).inc()
    for guard in () if repeated else record["guards"]:
        metrics.GUARDED.labels(guard).inc()
    for step in record["written"]:
        metrics.WRITTEN.labels(step).inc()
