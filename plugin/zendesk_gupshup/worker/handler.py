"""One visit to a ticket: whether it is due now, the one path, and what follows from the outcome.

Each visit ends in one of three ways: the ticket is handled, it is requeued, or it is on the dead-letter list. Only
failures that are the ticket's own count as attempts.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.detect import prepare
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.ledger.write_gate import OrganizationShare, StoreGate
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, Incidents, Outcome, handle, unread_because
from zendesk_gupshup.storage.transaction import together
from zendesk_gupshup.storage.visits import MAX_CRASHES, VisitHistory, seconds_of
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import Busy, Unauthorized, Unreachable, ZendeskError

from .handler_storage import HandlerStorage
from .reminders import count_reminders
from .visit_log import log_visit, raised_at

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

# The backoff between these attempts adds up to about an hour and a half.
ATTEMPTS = 12
# Attempts for a ticket that Zendesk does not find: a replica that lags behind knows it only a little later.
_ATTEMPTS_IF_NOT_FOUND = 3
# Seconds for which a visit waits while the credentials are refused; then the ticket is requeued for any worker.
_CREDENTIAL_WAIT = 30.0
# Seconds for which the last answer to "is Zendesk reachable?" is reused.
_REACHABLE_FOR = 5.0


@dataclass(frozen=True)
class Requeue:
    """The ticket is due once more after so many seconds; as the next attempt, or (`counts` false) as the same one."""

    seconds: float
    counts: bool = True


class TicketHandler:
    """Thread-safe. `share`: updates a minute for one organization while `others_wait`. `keep` gets each outcome.

    `queued_at`: when the visit in hand was queued, by our clock; `None` if unknown.
    """

    def __init__(
        self,
        zendesk: Zendesk,
        brain: Brain,
        storage: HandlerStorage,
        credential: CredentialBreaker,
        *,
        share: int,
        keep: Callable[[Outcome], None] | None = None,
        others_wait: Callable[[], bool],
        incidents: Incidents | None = None,
        queued_at: Callable[[], float | None] = lambda: 0.0,
        longest_wait: float = 900.0,
    ) -> None:
        self._zendesk, self._brain, self._storage, self._credential = zendesk, brain, storage, credential
        self._incidents = incidents
        self._share, self._queued_at = OrganizationShare(share, others_wait), queued_at
        self._gate = StoreGate(
            storage.ledger.markers,
            storage.send_quota,
            replies_per_hour=brain.policy.replies_per_hour,
            share=self._share,
        )
        self._longest_wait, self._keep = longest_wait, keep
        self._probe_lock = threading.Lock()
        self._last_probe: tuple[float, bool] = (-_REACHABLE_FOR, True)
        prepare(brain.dictionary)

    def visit(self, ticket_id: int, seen_at: str | None, attempt: int) -> Requeue | None:
        """Visit the ticket; when and whether to requeue it. Never raises: the queue would lose the ticket."""
        try:
            return self._visit(ticket_id, seen_at, attempt)
        except Exception as error:  # noqa: BLE001 - a visit that the database or a bug of ours cut short has to be retried
            log.error("ticket %s: visit aborted (%s); requeued", ticket_id, raised_at(error))
            metrics.FAULTS.labels(type(error).__name__).inc()
            return Requeue(self._backoff(attempt), counts=attempt < ATTEMPTS and not isinstance(error, SQLAlchemyError))

    def _visit(self, ticket_id: int, seen_at: str | None, attempt: int) -> Requeue | None:
        if not self._credential.wait(_CREDENTIAL_WAIT):
            return _requeue_later("credential", random.uniform(5, 15))  # noqa: S311 - jitter, nothing secret
        past = self._storage.visits.history(ticket_id)
        # A ticket that was never read cannot be up to date.
        if past.read_at is not None and past.covers(seconds_of(seen_at), self._queued_at()):
            metrics.NOT_NEEDED.inc()
            log.debug("ticket %s: skipped; it was read after this visit was queued", ticket_id)
            return None
        if past.unfinished >= MAX_CRASHES:
            reason = f"the worker died {past.unfinished} times while handling it"
            self._give_up(Outcome(ticket_id, "failed", reason=reason), FailureKind.WORKER_ENDED, past.unfinished)
            self._storage.visits.abort(ticket_id)
            return None
        if requeue := self._not_due(past, requested=seen_at is None):
            return requeue
        self._storage.visits.begin(ticket_id)
        return self._run(ticket_id, seen_at, attempt, past)

    def _not_due(self, past: VisitHistory, *, requested: bool) -> Requeue | None:
        """When to come back to a ticket that has to wait; costs no request. One that a person requested does not."""
        now = time.time()
        if seconds := past.crash_backoff(now):
            return _requeue_later("unfinished", seconds)
        if not requested and (seconds := past.idle_backoff(now)):
            return _requeue_later("often", seconds)
        at_limit = (
            past.organization_id is not None
            and self._storage.send_quota.updates(past.organization_id) >= self._share.updates
        )
        return _requeue_later("organization", random.uniform(5, 20)) if at_limit and self._share.others_wait() else None  # noqa: S311 - jitter, nothing secret

    def _run(self, ticket_id: int, seen_at: str | None, attempt: int, past: VisitHistory) -> Requeue | None:
        started, counts = time.monotonic(), True
        recorder = Recorder(
            self._storage.ledger,
            LIVE,
            lambda: self._zendesk.requests_here,
            attempt=attempt,
            everything=False,
            markers_at_close=True,
        )
        try:
            outcome = handle(
                self._zendesk,
                ticket_id,
                self._brain,
                seen_at=seen_at,
                gate=self._gate,
                journal=recorder,
                incidents=self._incidents,
                last=attempt >= ATTEMPTS,
                clock=self._zendesk.time,
            )
            if files := outcome.look.waits_for if outcome.look else ():
                outcome = replace(outcome, retry_after=self._backoff(attempt))
                metrics.FILES_PUT_OFF.inc(len(files))
            if outcome.did == "failed" and outcome.status == 403:
                outcome, counts = self._forbidden(outcome)
        except ZendeskError as error:
            counts = self._counts(error)
            metrics.FAULTS.labels(type(error).__name__).inc()
            backoff = self._backoff(attempt) if counts else random.uniform(10, 20)  # noqa: S311 - jitter, nothing secret
            retry_after = min(error.retry_after or backoff, self._longest_wait)
            outcome = Outcome(
                ticket_id, "later", None, tuple(recorder.writes), reason=str(error), retry_after=retry_after
            )
        except Exception as error:  # noqa: BLE001 - a bug of ours on one ticket must not stop the others
            counts = not isinstance(error, SQLAlchemyError)
            metrics.FAULTS.labels(type(error).__name__).inc()
            outcome = Outcome(
                ticket_id,
                "later",
                None,
                tuple(recorder.writes),
                reason=raised_at(error),
                retry_after=self._backoff(attempt),
            )
        if self._keep:
            self._keep(outcome)
        try:
            return self._stored(recorder, outcome, attempt, past, counts=counts)
        finally:
            log_visit(outcome, time.monotonic() - started, attempt)
            count_reminders(outcome, self._brain)

    def _stored(
        self, recorder: Recorder, outcome: Outcome, attempt: int, past: VisitHistory, *, counts: bool
    ) -> Requeue | None:
        """Record the outcome and follow it up, with one commit; where that fails, keep the record alone if possible.

        It is on the disk with the queue's own commit that ends the visit: a power cut in between repeats the visit.
        """
        try:
            with together(self._storage.ledger.engine, soon=True):
                recorder.close(outcome)
                return self._follow_up(outcome, attempt, past, counts=counts)
        except Exception:
            recorder.close(outcome)
            raise

    def _follow_up(self, outcome: Outcome, attempt: int, past: VisitHistory, *, counts: bool) -> Requeue | None:
        """Store the outcome: settled, requeued, or given up."""
        storage, ticket_id = self._storage, outcome.ticket_id
        if outcome.not_kept:
            self._stop_writing(outcome)
            return None
        if outcome.did == "failed" or (outcome.retry_after is not None and counts and attempt >= ATTEMPTS):
            kind = FailureKind.REFUSED if outcome.did == "failed" else FailureKind.ATTEMPTS
            self._give_up(outcome, kind, attempt)
            storage.visits.abort(ticket_id)
            return None
        if outcome.retry_after is not None:
            storage.visits.abort(ticket_id)
            return Requeue(min(outcome.retry_after, self._longest_wait), counts)
        if outcome.did == "gone" and outcome.status == 404 and attempt < _ATTEMPTS_IF_NOT_FOUND:
            storage.visits.abort(ticket_id)
            return Requeue(self._backoff(attempt))
        if outcome.look and outcome.look.gave_up:
            # All that the ticket says without the file was acted on. `failures retry` reads the file once that works.
            unread = replace(outcome, reason=unread_because(ticket_id, outcome.look.gave_up))
            self._give_up(unread, FailureKind.UNREAD, attempt)
            metrics.FILES_GIVEN_UP.inc(len(outcome.look.gave_up))
        elif storage.dead_letters.clear(ticket_id):
            log.info("ticket %s: handled; removed from the dead-letter list", ticket_id)
        ticket = outcome.look.ticket if outcome.look else None
        storage.visits.end(
            ticket_id,
            past,
            read_at=seconds_of(ticket.updated_at) if ticket else None,
            idle=outcome.did == "nothing",
            organization_id=ticket.organization_id if ticket else None,
        )
        if outcome.did == "nothing" and ticket:
            storage.sweep_state.settle(ticket_id, ticket.updated_at)
        return None

    def _stop_writing(self, outcome: Outcome) -> None:
        """Zendesk does not keep our marker tag: the ticket is on the dead-letter list and gets no further update."""
        ticket_id = outcome.ticket_id
        if outcome.not_kept == "now":
            log.error(
                "ticket %s: moved to the dead-letter list (not_kept); see `zendesk-gupshup failures list`", ticket_id
            )
        elif outcome.look:
            self._storage.sweep_state.settle(ticket_id, outcome.look.ticket.updated_at)
        self._storage.visits.abort(ticket_id)

    def _give_up(self, outcome: Outcome, kind: FailureKind, attempts: int) -> None:
        self._storage.dead_letters.give_up(outcome.ticket_id, kind, outcome.reason or "it kept changing", attempts)
        log.error(
            "ticket %s: moved to the dead-letter list (%s); see `zendesk-gupshup failures list`",
            outcome.ticket_id,
            kind,
        )

    def _backoff(self, attempt: int) -> float:
        return float(min(self._longest_wait, 5.0 * 2.0**attempt))

    def _forbidden(self, outcome: Outcome) -> tuple[Outcome, bool]:
        """A 403 on one ticket. A suspended user gets it on every ticket: then this one only has to wait."""
        error = Unauthorized(outcome.reason or "forbidden", status=403)
        if wider := self._credential.account_wide(error):
            self._credential.trip(wider)
            waiting = Outcome(outcome.ticket_id, "later", None, outcome.writes, reason=str(wider), retry_after=5.0)
            return waiting, False
        return outcome, True

    def _counts(self, error: ZendeskError) -> bool:
        """Whether the failure is the ticket's own and counts as an attempt."""
        if isinstance(error, Unauthorized) and error.account_wide:
            if wider := self._credential.account_wide(error):
                self._credential.trip(wider)
                return False
        elif isinstance(error, Busy):
            return False
        elif isinstance(error, Unreachable) and error.status in (None, 502, 503, 504):
            return self._zendesk_is_reachable()
        return True

    def _zendesk_is_reachable(self) -> bool:
        """Whether Zendesk answers at all; one probe serves all tickets that need to know."""
        with self._probe_lock:
            at, reachable = self._last_probe
            if time.monotonic() - at >= _REACHABLE_FOR:
                try:
                    self._zendesk.check()
                    reachable = True
                except ZendeskError as error:
                    reachable = not isinstance(error, (Unreachable, Busy))
                self._last_probe = (time.monotonic(), reachable)
            return reachable


def _requeue_later(reason: str, seconds: float) -> Requeue:
    metrics.PUT_OFF.labels(reason).inc()
    return Requeue(seconds, counts=False)
