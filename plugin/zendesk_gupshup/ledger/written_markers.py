"""What the database knows was written to a ticket: the third proof, besides the ticket's tags and our comments.

A row is stored after the update was applied, never before: after a kill in between, a row stored too early would hold
the reply back for good. Writes in the ledger count too; older versions stored nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.decide.prior_writes import DEED_TAGS, KnownWrites, Proof, proofs_of_tags
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.storage.app_tables import APP_FEEDBACK
from zendesk_gupshup.storage.schema import DEAD_LETTER, DECISION, WRITE, WRITTEN, insert_into, upgrade
from zendesk_gupshup.storage.transaction import reading, storing

# Kinds of rows beside the hour's `reply` and the minute's `update`; `of` is the ticket.
_NOT_KEPT = FailureKind.NOT_KEPT.value
_KINDS = {"reply": "replied", "note": "noted"}
_DEEDS = {kind: deed for deed, kind in _KINDS.items()}
_RETRYING = "retrying"
_JUDGED = "judged"
_DAY = 86_400
# After a marker was restored this often in a day, something removes it after each of our updates: stop.
_PUT_BACK = 3


class WrittenMarkers:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self.engine = engine
        self._account = account
        self._now = now

    def keep(self, ticket_id: int, proofs: Iterable[Proof]) -> None:
        """Store that these replies and notes are on the ticket."""
        rows = [
            {
                "account": self._account,
                "kind": _KINDS[deed],
                "subject": f"{ticket_id}:{slug}"[:192],
                "of": ticket_id,
                "at": self._now(),
            }
            for deed, slug in sorted(proofs)
        ]
        if rows:
            with storing(self.engine) as connection:
                connection.execute(insert_into(self.engine, WRITTEN).on_conflict_do_nothing(), rows)

    def of(self, ticket_id: int) -> KnownWrites:
        """What was written on the ticket, and whether it may be written to; in one query."""
        nothing = sa.cast(sa.null(), sa.JSON)
        ours = (WRITTEN.c.account == self._account) & (WRITTEN.c.of == ticket_id) & WRITTEN.c.kind.in_(_DEEDS)
        rows = sa.select(
            WRITTEN.c.kind, WRITTEN.c.subject.label("text"), nothing.label("before"), nothing.label("after")
        )
        here = (DECISION.c.account == self._account) & (DECISION.c.ticket_id == ticket_id)
        lately = WRITE.c.kind.in_(DEED_TAGS) | (DECISION.c.at > self._now() - _DAY)
        writes = (
            sa.select(WRITE.c.kind, WRITE.c.marker, WRITE.c.before, WRITE.c.after)
            .join(DECISION, DECISION.c.id == WRITE.c.decision_id)
            .where(here, lately)
        )
        state = sa.case((DEAD_LETTER.c.state == "retrying", _RETRYING), else_=_NOT_KEPT)
        listed = (DEAD_LETTER.c.account == self._account) & (DEAD_LETTER.c.ticket_id == ticket_id)
        given_up = sa.select(state, DEAD_LETTER.c.reason, nothing, nothing).where(
            listed, DEAD_LETTER.c.kind == _NOT_KEPT
        )
        said = (APP_FEEDBACK.c.account == self._account) & (APP_FEEDBACK.c.ticket_id == ticket_id)
        judged = sa.select(sa.literal(_JUDGED), APP_FEEDBACK.c.verdict, nothing, nothing).where(said)
        with reading(self.engine) as connection:
            found = connection.execute(sa.union_all(rows.where(ours), writes, given_up, judged)).all()
        return _known(ticket_id, found)

    def forget_before(self, seconds: float) -> None:
        """Drop what was written before this Unix time: nobody answers tickets that old."""
        old = (WRITTEN.c.account == self._account) & WRITTEN.c.kind.in_(_DEEDS) & (WRITTEN.c.at < seconds)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(WRITTEN).where(old))


def _known(ticket_id: int, rows: Iterable[Any]) -> KnownWrites:
    proofs: set[Proof] = set()
    listed, put_back, retrying, judged = None, 0, False, False
    for kind, text, before, after in rows:
        if kind == _JUDGED:
            judged = True
        elif kind in (_NOT_KEPT, _RETRYING):
            listed, retrying = str(text), kind == _RETRYING
        elif kind in _DEEDS:
            proofs.add((_DEEDS[kind], str(text).partition(":")[2]))
        else:
            new = proofs_of_tags({*_tags(after), text or ""} - set(_tags(before)))
            proofs |= {proof for proof in new if proof[0] == kind}
            put_back += kind == "tags" and bool(new)
    if retrying:
        return KnownWrites(frozenset(proofs), judged=judged)
    if listed is None and put_back >= _PUT_BACK:
        lost = f"ticket {ticket_id}: our marker tags were put back {put_back} times in 24 hours, and lost each time"
        return KnownWrites(frozenset(proofs), lost, judged=judged)
    return KnownWrites(frozenset(proofs), listed, listed=listed is not None, judged=judged)


def _tags(state: Any) -> Iterable[str]:
    return state.get("tags") or () if isinstance(state, dict) else ()


def of_tickets(ticket_ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """The rows about these tickets, for whoever has to forget them."""
    return WRITTEN.c.kind.in_(_DEEDS) & WRITTEN.c.of.in_(list(ticket_ids))
