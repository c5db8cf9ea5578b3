"""The dead letters: each ticket that was given up, why, and whether somebody has it retried.

An entry goes by itself once the ticket was handled, whoever had that done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.text.redaction import without_addresses

from .schema import DEAD_LETTER, insert_into, upgrade
from .transaction import storing

# `open`: waits for somebody. `retrying`: requeued by hand. `dropped`: somebody decided to leave it.
State = Literal["open", "retrying", "dropped"]

_LONGEST_REASON = 500


@dataclass(frozen=True)
class DeadLetter:
    """`first` and `last` are Unix seconds, `attempts` those of all its times on the list."""

    ticket_id: int
    kind: FailureKind
    reason: str
    attempts: int
    first: int
    last: int
    state: State
    dropped_because: str | None = None


class DeadLetters:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self._engine = engine
        self._account = account
        self._now = now
        # Made once: making it takes longer than the database does.
        here = (DEAD_LETTER.c.account == sa.bindparam("account")) & (
            DEAD_LETTER.c.ticket_id == sa.bindparam("ticket_id")
        )
        self._clear = sa.delete(DEAD_LETTER).where(here)

    def give_up(self, ticket_id: int, kind: FailureKind, reason: str, attempts: int) -> None:
        """Put the ticket on the list, or on it again; the reason is masked and cut, and holds no customer's words."""
        now = int(self._now())
        entry = {
            "kind": kind.value,
            "reason": without_addresses(reason)[:_LONGEST_REASON],
            "last": now,
            "state": "open",
        }
        key = {"account": self._account, "ticket_id": ticket_id}
        row = insert_into(self._engine, DEAD_LETTER).values(**key, **entry, attempts=attempts, first=now)
        again = {**entry, "attempts": DEAD_LETTER.c.attempts + attempts, "dropped_because": None}
        with storing(self._engine) as connection:
            connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=again))

    def clear(self, ticket_id: int) -> bool:
        """The ticket was handled; whether it was on the list."""
        with storing(self._engine) as connection:
            return connection.execute(self._clear, {"account": self._account, "ticket_id": ticket_id}).rowcount > 0

    def listed(self, *, dropped: bool = False) -> tuple[DeadLetter, ...]:
        """What stands on the list, the newest first."""
        where = DEAD_LETTER.c.account == self._account
        if not dropped:
            where &= DEAD_LETTER.c.state != "dropped"
        newest = sa.select(DEAD_LETTER).where(where).order_by(DEAD_LETTER.c.last.desc(), DEAD_LETTER.c.ticket_id)
        with self._engine.connect() as connection:
            return tuple(map(_failure, connection.execute(newest).mappings()))

    def page(self, *, before: tuple[int, int] | None, limit: int, dropped: bool = False) -> tuple[DeadLetter, ...]:
        """At most `limit` of the list, those that came last onto it first, below `before`: `first` and ticket of one.

        Neither changes while a ticket is on the list, so whoever reads it page by page misses none of it.
        """
        where = DEAD_LETTER.c.account == self._account
        if not dropped:
            where &= DEAD_LETTER.c.state != "dropped"
        place = (DEAD_LETTER.c.first, DEAD_LETTER.c.ticket_id)
        if before is not None:
            where &= sa.tuple_(*place) < sa.tuple_(*before)
        newest = sa.select(DEAD_LETTER).where(where).order_by(*(column.desc() for column in place)).limit(limit)
        with self._engine.connect() as connection:
            return tuple(map(_failure, connection.execute(newest).mappings()))

    def get(self, ticket_id: int) -> DeadLetter | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(DEAD_LETTER).where(self._is(ticket_id))).mappings().first()
        return _failure(row) if row else None

    def counts(self) -> Mapping[str, int]:
        """How many are in each state that there is one in."""
        query = (
            sa.select(DEAD_LETTER.c.state, sa.func.count())
            .where(DEAD_LETTER.c.account == self._account)
            .group_by(DEAD_LETTER.c.state)
        )
        with self._engine.connect() as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    def retry(self, ticket_ids: Iterable[int], queue: Callable[[int], None]) -> tuple[int, ...]:
        """Requeue those that are on the list, by `queue`; which these were.

        Queued before it is marked: a worker may be quicker than we are, and then there is nothing left to mark.
        """
        known = [ticket_id for ticket_id in dict.fromkeys(ticket_ids) if self.get(ticket_id)]
        for ticket_id in known:
            before = self.get(ticket_id)
            queue(ticket_id)
            if before:
                # A worker that has failed at it again meanwhile left a later `last` or more attempts.
                same = (DEAD_LETTER.c.last == before.last) & (DEAD_LETTER.c.attempts == before.attempts)
                self._change(self._is(ticket_id) & same, state="retrying", dropped_because=None)
        return tuple(known)

    def drop(self, ticket_ids: Iterable[int], because: str) -> tuple[int, ...]:
        """Leave these as they are; which of them were on the list. They stay in the store, with the reason."""
        known = [ticket_id for ticket_id in dict.fromkeys(ticket_ids) if self.get(ticket_id)]
        for ticket_id in known:
            self._change(
                self._is(ticket_id), state="dropped", dropped_because=without_addresses(because)[:_LONGEST_REASON]
            )
        return tuple(known)

    def forget_before(self, seconds: int) -> None:
        """Delete what was dropped and last failed before this Unix time; the others stay however old."""
        old = (
            (DEAD_LETTER.c.account == self._account)
            & (DEAD_LETTER.c.state == "dropped")
            & (DEAD_LETTER.c.last < seconds)
        )
        with self._engine.begin() as connection:
            connection.execute(sa.delete(DEAD_LETTER).where(old))

    def _change(self, where: sa.ColumnElement[bool], **values: str | None) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(DEAD_LETTER).where(where).values(**values))

    def _is(self, ticket_id: int) -> sa.ColumnElement[bool]:
        return (DEAD_LETTER.c.account == self._account) & (DEAD_LETTER.c.ticket_id == ticket_id)


def _failure(row: sa.RowMapping) -> DeadLetter:
    values = {name: value for name, value in row.items() if name != "account"}
    return DeadLetter(**{**values, "kind": FailureKind(row["kind"])})
