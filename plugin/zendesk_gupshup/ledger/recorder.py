"""Records one visit in the ledger. A ledger that cannot be written is logged and counted; the answer still goes out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.decide.prior_writes import Proof
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Journal, Look, Outcome
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.transaction import apart, if_undone
from zendesk_gupshup.zendesk.errors import Busy

from .entry import LedgerEntry, entry_of
from .ledger import Ledger

log = logging.getLogger(__name__)


class Recorder(Journal):
    """Created before the ticket is read, closed with the outcome. Before the first write it stores an entry `writing`.

    A process that is killed in between leaves that entry; the ticket's audits then tell what was written.
    """

    def __init__(
        self,
        ledger: Ledger | None,
        run: str,
        requests: Callable[[], int],
        *,
        attempt: int = 1,
        everything: bool = True,
        instead_of: int | None = None,
        required: bool = False,
        markers_at_close: bool = False,
    ) -> None:
        """`requests`: how many this thread has made. `instead_of`: the number of the entry to replace, such as a plan.
        `required`: raise `Busy` before a write that the ledger could not record. `markers_at_close`: for whoever always
        closes it: the store learns then what was written, with all else; until then tag and comment prove it."""
        super().__init__()
        self._ledger, self._run = ledger, run
        self._attempt, self._everything = attempt, everything
        self._requests, self._requests_before = requests, requests()
        self._started = time.monotonic()
        self._look: Look | None = None
        self._required = required
        self._number = instead_of
        self._entry_before: LedgerEntry | None = None
        self._markers_at_close = markers_at_close

    def intends(self, look: Look) -> None:
        self._look = look
        kept = self._keep(Outcome(look.ticket.id, "writing", look, tuple(self.writes)), everything=True)
        if self._required and not kept:
            message = f"ticket {look.ticket.id}: the ledger cannot be written, so nothing was written to the ticket"
            raise Busy(message, retry_after=30.0)

    def wrote(self, write: Write, proofs: frozenset[Proof], ticket_id: int) -> None:
        super().wrote(write, proofs, ticket_id)
        if not self._markers_at_close:
            self._keep_markers(ticket_id)

    def _keep_markers(self, ticket_id: int) -> None:
        if self._ledger is None:
            return
        try:
            with apart(self._ledger.engine):
                self._ledger.markers.keep(ticket_id, self.proofs)
        except SQLAlchemyError as error:
            # The tag and the comment on the ticket prove it, too.
            log.error("ticket %s: the write is not recorded in the database: %s", ticket_id, type(error).__name__)
            metrics.LEDGER_FAULTS.inc()

    def close(self, outcome: Outcome) -> None:
        """Record the outcome; one without a look gets what the last look found."""
        if outcome.not_kept == "now":
            self._give_up(outcome)
        if self._markers_at_close:
            self._keep_markers(outcome.ticket_id)
        self._keep(replace(outcome, look=outcome.look or self._look), everything=self._everything)

    def _give_up(self, outcome: Outcome) -> None:
        """Put the ticket on the dead-letter list, which every later visit reads before it writes."""
        if self._ledger is None:
            return
        try:
            failures = DeadLetters(self._ledger.engine, self._ledger.account)
            with apart(self._ledger.engine):
                failures.give_up(outcome.ticket_id, FailureKind.NOT_KEPT, outcome.reason or "", self._attempt)
        except SQLAlchemyError as error:
            log.error("ticket %s: cannot be put on the dead-letter list: %s", outcome.ticket_id, type(error).__name__)
            metrics.LEDGER_FAULTS.inc()

    def _keep(self, outcome: Outcome, *, everything: bool) -> bool:
        if self._ledger is None:
            return False
        engine, before, entry = self._ledger.engine, (self._number, self._entry_before), self._entry(outcome)
        try:
            with apart(engine):
                number = self._ledger.record(
                    entry, instead_of=self._number, before=self._entry_before, everything=everything
                )
            self._number, self._entry_before = number, entry
            if_undone(engine, lambda: self._stands(*before))
        except Exception as error:  # noqa: BLE001 - the answer matters more than its record
            # Not the error's message: it quotes the row.
            log.error("ticket %s: not recorded in the ledger: %s", outcome.ticket_id, type(error).__name__)
            metrics.LEDGER_FAULTS.inc()
            return False
        return True

    def _stands(self, number: int | None, entry: LedgerEntry | None) -> None:
        self._number, self._entry_before = number, entry

    def _entry(self, outcome: Outcome) -> LedgerEntry:
        return entry_of(
            self._run,
            outcome,
            at=int(time.time()),
            attempt=self._attempt,
            requests=self._requests() - self._requests_before,
            seconds=time.monotonic() - self._started,
        )


class RecordedRun:
    """`with RecordedRun(...) as run`: a run of the ledger, ended with `run.status`, and as `stopped` by an exception.

    Without a ledger it has an id all the same, for the audits of what it writes. Raises `SQLAlchemyError` or `OSError`
    where the ledger cannot be written.
    """

    def __init__(self, ledger: Ledger | None, kind: str, command: str, *, applied: bool) -> None:
        self.ledger = ledger
        self.status = "done"
        self.id = ledger.start_run(kind, command, applied=applied) if ledger else kind

    def __enter__(self) -> RecordedRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self.ledger is not None:
                self.ledger.end_run(self.id, "stopped" if kind else self.status)
        except SQLAlchemyError as error:
            log.error("the end of run %s is not recorded in the ledger: %s", self.id, type(error).__name__)
            metrics.LEDGER_FAULTS.inc()
