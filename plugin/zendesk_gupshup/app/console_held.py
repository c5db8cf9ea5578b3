"""The console's replies held back: tickets whose newest decision had a reply to send and did not send it."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from pydantic import TypeAdapter

from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.rows import read_numbered
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.storage.schema import DECISION, WRITE

from .console_decisions import NumberedEntry
from .console_evidence import LastLook, last_looks
from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

# The snapshot, and the number of the last row shown.
_KEY = TypeAdapter(tuple[int, int])
_AT_A_TIME = 200

# Guards that say that nobody waits for a reply: it was given, or the ticket is over.
_NOT_WAITING = frozenset(
    name.value
    for name in (
        GuardName.AGENT_ANSWERED,
        GuardName.ALREADY_REPLIED,
        GuardName.CLOSED,
        GuardName.MERGED,
        GuardName.SOLVED,
    )
)


def held_back(ledger: Ledger, cursor: str | None) -> ConsolePage[NumberedEntry]:
    """Each ticket once, by its newest decision with a code; the newest first. Raises `BadCursor`, `SQLAlchemyError`.

    Decisions are those up to the first page's: a ticket that gets another meanwhile does not move. One that the last
    look saw answered is left out.
    """
    with ledger.engine.connect() as connection:
        key = key_of_cursor(cursor, _KEY)
        snapshot, before = key or (newest_decision(connection, ledger.account), None)
        rows: list[NumberedEntry] = []
        for some in _candidates(connection, ledger.account, snapshot, before):
            looks = last_looks(ledger, (row.entry.ticket_id for row in some))
            rows += [row for row in some if because_held(row.entry) and not _answered(looks.get(row.entry.ticket_id))]
            if len(rows) > PAGE_ROWS:
                break
    return paged(rows[: PAGE_ROWS + 1], lambda row: (snapshot, row.number))


def because_held(entry: LedgerEntry) -> tuple[str, ...]:
    """Why the reply did not go out: `mode`, and the names of guards; empty where none was due, or it went out."""
    if _has_reply(entry.planned) or _NOT_WAITING.intersection(entry.guards):
        return ()
    by_mode = ("mode",) if _has_reply(entry.would) else ()
    # A note without a reply of ours proposes one to the agent, unless it answers to the client's second message.
    noted = any(step.kind == "note" for step in entry.planned)
    return (*by_mode, *entry.guards) if by_mode or (noted and entry.findings) else ()


def _answered(look: LastLook | None) -> bool:
    """Whether the last look saw that nobody waits for our reply any more."""
    if look is None:
        return False
    guarded = any(guard.name in _NOT_WAITING for guard in look.seen.guards)
    return guarded or any(sent.what in ("reply", "reminder") for sent in look.seen.sent)


def newest_decision(connection: sa.Connection, account: str) -> int:
    """The number of the account's newest decision, 0 before the first: where a snapshot ends."""
    query = sa.select(sa.func.max(DECISION.c.id)).where(DECISION.c.account == account)
    return int(connection.execute(query).scalar() or 0)


def _candidates(
    connection: sa.Connection, account: str, snapshot: int, before: int | None
) -> Iterator[list[NumberedEntry]]:
    """Tickets that no reply of ours stands on, by their newest decision with a code; some at a time."""
    newer, answered = DECISION.alias(), DECISION.alias()
    later = sa.exists().where(
        newer.c.account == account,
        newer.c.ticket_id == DECISION.c.ticket_id,
        newer.c.id > DECISION.c.id,
        newer.c.id <= snapshot,
        newer.c.codes > 0,
    )
    replied = sa.exists().where(
        answered.c.account == account,
        answered.c.ticket_id == DECISION.c.ticket_id,
        answered.c.id <= snapshot,
        WRITE.c.decision_id == answered.c.id,
        WRITE.c.kind == "reply",
    )
    where = (DECISION.c.account == account) & (DECISION.c.codes > 0) & ~later & ~replied
    below = snapshot + 1 if before is None else before
    while True:
        page = sa.select(DECISION.c.id).where(where, DECISION.c.id < below, DECISION.c.id <= snapshot)
        ids = list(connection.scalars(page.order_by(DECISION.c.id.desc()).limit(_AT_A_TIME)))
        found = reversed(read_numbered(connection, ids))
        yield [NumberedEntry(number=number, entry=entry) for number, entry in found]
        if len(ids) < _AT_A_TIME:
            return
        below = ids[-1]


def _has_reply(steps: tuple[Step, ...]) -> bool:
    return any(step.kind == "reply" for step in steps)
