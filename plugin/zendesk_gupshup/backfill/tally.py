"""What a run over many tickets came to so far, by code, and what writing the rest costs. Constant in size. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.model.finding import Confidence

from .bulk import MOST_ROWS
from .run_store import DUE

# For each job: tickets before and after, the job itself, and two looks at how it went.
_REQUESTS_A_JOB = 5
# For a ticket written singly: it is read with its comments, and again before a second update.
_REQUESTS_A_TICKET = 3
# A reply and a note carry files, which are sent up one by one.
_REQUESTS_A_COMMENT = 3
_NO_CODE = "without a known code"


@dataclass(frozen=True)
class Cost:
    """About what it takes to write what is planned."""

    tickets: int
    writes: int
    replies: int
    notes: int
    requests: int
    one_by_one: int
    minutes: float


@dataclass
class RunTally:
    total: int | None = None
    # Tickets of this run in all, and those that this process looked at.
    done: int = 0
    here: int = 0
    found: int = 0
    due: int = 0
    written: int = 0
    failed: int = 0
    retried: int = 0
    replies: int = 0
    notes: int = 0
    tags: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    by_code: dict[str, Counter[str]] = field(default_factory=dict)

    def passed(self, tickets: int = 1) -> None:
        """Tickets without news."""
        self.done += tickets
        self.here += tickets

    def add(self, entry: LedgerEntry, *, here: bool = True) -> None:
        """An entry as it was read; `here` where this process made it."""
        self.done += 1
        self.here += here
        codes = codes_of(entry)
        self.found += bool(codes)
        self.written += bool(entry.writes)
        self._count(entry, codes, 1)

    def now(self, before: LedgerEntry, after: LedgerEntry) -> None:
        """A planned entry that came to something."""
        self._count(before, codes_of(before), -1)
        self._count(after, codes_of(after) or codes_of(before), 1)
        self.written += bool(after.writes) - bool(before.writes)

    def _count(self, entry: LedgerEntry, codes: Iterable[str], by: int) -> None:
        due = entry.did in DUE
        self.due += by * due
        self.failed += by * (entry.did in ("failed", "gone", "later"))
        kinds = [step.kind for step in entry.planned] if due else [write.kind for write in entry.writes]
        for kind in kinds if due else ():
            if kind == "reply":
                self.replies += by
            elif kind == "note":
                self.notes += by
            else:
                self.tags += by
        if not kinds:
            for guard in entry.guards:
                self.skipped[guard] += by
        for code in codes:
            counts = self.by_code.setdefault(code, Counter())
            counts["tickets"] += by
            for kind in kinds:
                counts[kind] += by

    def cost(self, *, a_minute: int, updates_a_minute: int, max_replies: int | None = None) -> Cost:
        replies = self.replies if max_replies is None else min(self.replies, max_replies)
        singly = max(self.due - self.tags, 0) - (self.replies - replies)
        comments = replies + self.notes
        requests = (
            math.ceil(self.due / MOST_ROWS) * _REQUESTS_A_JOB
            + singly * _REQUESTS_A_TICKET
            + comments * (1 + _REQUESTS_A_COMMENT)
        )
        one_by_one = self.tags * _REQUESTS_A_TICKET + singly * _REQUESTS_A_TICKET + comments * (1 + _REQUESTS_A_COMMENT)
        minutes = max(requests / a_minute, comments / updates_a_minute)
        return Cost(
            tickets=self.due - (self.replies - replies),
            writes=self.tags + comments,
            replies=replies,
            notes=self.notes,
            requests=requests,
            one_by_one=one_by_one,
            minutes=minutes,
        )


def codes_of(entry: LedgerEntry) -> tuple[str, ...]:
    """The codes that count as reported, or that there is trouble of a code that nobody knows."""
    codes = tuple(str(f.error) for f in entry.findings if f.confidence is not Confidence.POSSIBLE)
    return codes or ((_NO_CODE,) if entry.unknown or entry.symptoms else ())
