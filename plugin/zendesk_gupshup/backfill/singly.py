"""Tickets that are written one by one, several of them at once: each goes through the one path in a thread of its own.

The rate limiter says how fast; threads only keep a ticket's waits (for an answer, for a second to be over) from being
waits of the others. The store's write gate counts replies over all threads, and no two of them have the same ticket.
"""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from typing import Literal

from zendesk_gupshup.incidents.paused import paused_incidents
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.write_gate import QuotaExceeded, gate_of
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.pipeline import Outcome, handle
from zendesk_gupshup.zendesk.errors import TicketGone, ZendeskError

from .audits import writes_in_audits
from .in_flight import InFlight
from .jobs import settle
from .run import ReprocessContext

log = logging.getLogger(__name__)

# A ticket with reply and note takes about four seconds, most of them waits for the seconds of its two stamps to be
# over: half of these do for the 100 updates a minute of Zendesk's usual plans, the rest is for slow answers.
MOST = 8


@dataclass(frozen=True)
class Written:
    """One ticket's: the entry that it had, the one that stands in its place, and what was written."""

    before: LedgerEntry
    after: LedgerEntry | None
    writes: tuple[Write, ...]


class Singly:
    """`with Singly(context) as singly`: start tickets, then `finish`. For one thread, which also keeps the tally."""

    def __init__(self, context: ReprocessContext) -> None:
        self._context = context
        policy = context.brain.policy
        self._gate = gate_of(context.store.ledger, policy.replies_per_hour, stop_at_quota=True)
        self._calls: InFlight[Written] = InFlight(MOST)
        # Whether a public reply is planned for each.
        self._under_way: dict[Future[Written], bool] = {}
        self._replies = 0
        self.put_off = False

    def __enter__(self) -> Singly:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """After an error what is in hand is seen through all the same; an abort waits for nothing."""
        if kind is not None and issubclass(kind, Exception):
            for future in wait(self._under_way).done:
                if error := future.exception():
                    log.info("%s", error)
        self._calls.close()

    def start(self, number: int | None, entry: LedgerEntry, doubtful: bool) -> None:
        """Write one ticket, or put it off where `--max-replies` leaves no room for its reply.

        `doubtful`: this run may have written to it before. Raises what concerns the account, of this or another ticket.
        """
        planned = any(step.kind == "reply" for step in entry.planned)
        if planned and not self._has_room():
            self.put_off = True
            return
        while len(self._under_way) >= self._calls.most:
            self._take()
        if self._context.stopped():
            return
        future = self._calls.start(lambda: self._write(number, entry, doubtful=doubtful))
        self._under_way[future] = planned

    def finish(self) -> None:
        """Wait for all that was started."""
        while self._under_way:
            self._take()

    def _has_room(self) -> bool:
        """Whether one more reply may be sent. One under way that may yet turn out not to be sent is waited for."""
        most = self._context.request.max_replies
        if most is None:
            return True
        while self._replies < most <= self._replies + sum(self._under_way.values()):
            self._take()
        return self._replies < most

    def _take(self) -> None:
        """Count the tickets that have ended, at least one."""
        for future in wait(self._under_way, return_when=FIRST_COMPLETED).done:
            del self._under_way[future]
            try:
                ended = future.result()
            except QuotaExceeded:
                # The plan is kept; tickets that need no reply go on.
                self.put_off = True
                continue
            self._replies += any(write.kind == "reply" for write in ended.writes)
            if ended.after:
                self._context.tally.now(ended.before, ended.after)
            self._context.report(self._context.tally)

    def _write(self, number: int | None, entry: LedgerEntry, *, doubtful: bool) -> Written:
        """In a thread: the ticket's whole way."""
        context, zendesk = self._context, self._context.zendesk
        recording = Recorder(context.store.ledger, context.run, lambda: zendesk.requests_here, instead_of=number)

        def look() -> Outcome:
            return handle(
                zendesk,
                entry.ticket_id,
                context.brain,
                run=context.run,
                gate=self._gate,
                journal=recording,
                incidents=paused_incidents(context.store.ledger, context.brain),
            )

        try:
            ended = context.pace.retry(look)
        except QuotaExceeded:
            raise
        except ZendeskError as error:
            if error.account_wide:
                raise
            did: Literal["gone", "later"] = "gone" if isinstance(error, TicketGone) else "later"
            ended = Outcome(entry.ticket_id, did, None, tuple(recording.writes), reason=str(error))
        if doubtful and ended.did not in ("gone", "later"):
            ticket = zendesk.ticket(entry.ticket_id, comments=False)
            ended = replace(ended, writes=writes_in_audits(zendesk, ticket, context.run) or ended.writes)
            ended = replace(ended, did="done" if ended.writes and ended.did == "nothing" else ended.did)
        recording.close(ended)
        context.store.count_requests(entry.requests)
        settle(context, ended.ticket_id, ended.writes)
        kept = context.store.newest([entry.ticket_id]).get(entry.ticket_id)
        return Written(entry, kept[1] if kept else None, ended.writes)
