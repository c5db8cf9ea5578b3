"""The console's decisions: what was found on a ticket and what was done, newest first, with filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, cast

import sqlalchemy as sa
from pydantic import BeforeValidator, Field, TypeAdapter

from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.rows import read_numbered
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.report.outcomes import failure_of, outcome_of
from zendesk_gupshup.storage.schema import DECISION, FINDING, WRITE

from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

# A failed visit first, whatever it had written until then; else the most that was done.
DecisionOutcome = Literal["failed", "waiting", "gone", "replied", "noted", "tagged", "planned", "recorded"]

_KEY = TypeAdapter(tuple[int])
_WRITTEN: dict[str, str] = {"replied": "reply", "noted": "note", "tagged": "tags"}


def _code(value: Any) -> Any:
    """`gupshup_http 401` as its two parts."""
    if not isinstance(value, str):
        return value
    namespace, _, code = value.partition(" ")
    if not code:
        raise ValueError("write the namespace and the code, such as gupshup_http 401")
    return {"namespace": namespace, "code": code}


class DecisionFilter(StrictModel):
    """What the list is narrowed to; `day` is of UTC. Made from the texts of an address."""

    code: Annotated[ErrorCode | None, BeforeValidator(_code)] = None
    mode: Mode | None = None
    outcome: DecisionOutcome | None = None
    day: date | None = None
    ticket: int | None = Field(None, ge=1, le=2**63 - 1)


class NumberedEntry(StrictModel):
    """An entry of the ledger with its number, which grows: the key of the list."""

    number: int
    entry: LedgerEntry


def decisions(ledger: Ledger, wanted: DecisionFilter, cursor: str | None) -> ConsolePage[NumberedEntry]:
    """A page of the decisions that the filter lets through, the newest first. Raises `BadCursor`, `SQLAlchemyError`."""
    where = sa.and_(DECISION.c.account == ledger.account, *_conditions(wanted))
    if key := key_of_cursor(cursor, _KEY):
        where &= DECISION.c.id < key[0]
    newest = sa.select(DECISION.c.id).where(where).order_by(DECISION.c.id.desc()).limit(PAGE_ROWS + 1)
    with ledger.engine.connect() as connection:
        found = read_numbered(connection, list(connection.scalars(newest)))
    rows = [NumberedEntry(number=number, entry=entry) for number, entry in reversed(found)]
    return paged(rows, lambda row: (row.number,))


def decision_outcome(entry: LedgerEntry) -> DecisionOutcome:
    failure = failure_of(entry)
    return cast("DecisionOutcome", failure[0] if failure else outcome_of(entry))


def _conditions(wanted: DecisionFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.ticket is not None:
        yield DECISION.c.ticket_id == wanted.ticket
    if wanted.mode is not None:
        yield DECISION.c.mode == wanted.mode.value
    if wanted.day is not None:
        start = datetime(wanted.day.year, wanted.day.month, wanted.day.day, tzinfo=UTC)
        yield DECISION.c.at >= int(start.timestamp())
        yield DECISION.c.at < int((start + timedelta(days=1)).timestamp())
    if wanted.code is not None:
        named = (FINDING.c.namespace == wanted.code.namespace) & (FINDING.c.code == wanted.code.code)
        # Not `exists`: for each decision SQLite would go through all findings of the code.
        yield DECISION.c.id.in_(sa.select(FINDING.c.decision_id).where(named))
    if wanted.outcome is not None:
        yield _is_outcome(wanted.outcome)


def _is_outcome(outcome: DecisionOutcome) -> sa.ColumnElement[bool]:
    """`decision_outcome` in the database's words; a test holds the two together."""
    unfinished, live = DECISION.c.did.in_(("later", "writing")), DECISION.c.run == LIVE
    failures = {
        "failed": (DECISION.c.did == "failed") | (unfinished & ~live),
        "waiting": unfinished & live,
        "gone": DECISION.c.did == "gone",
    }
    if outcome in failures:
        return failures[outcome]
    ended = ~DECISION.c.did.in_(("failed", "gone", "later", "writing"))
    kinds = list(_WRITTEN.values())
    if kind := _WRITTEN.get(outcome):
        # What counts is the most that was written.
        above = [_wrote(other) for other in kinds[: kinds.index(kind)]]
        return sa.and_(ended, _wrote(kind), *(~one for one in above))
    planned = (DECISION.c.did == "dry_run") & (sa.cast(DECISION.c.planned, sa.Text) != "[]")
    nothing = sa.and_(ended, *(~_wrote(kind) for kind in kinds))
    return nothing & planned if outcome == "planned" else nothing & ~planned


def _wrote(kind: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(WRITE.c.decision_id == DECISION.c.id, WRITE.c.kind == kind)
