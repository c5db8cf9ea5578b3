"""The ledger's side of a run over many tickets: where it stands, what is planned, and what is done, all or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.ledger import rows as ledger_rows
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.schema import BACKFILL, COUNTED, DECISION, RUN, SETTLED, insert_into

# What is still to be done: planned, begun when the process was killed, or put off.
DUE = ("dry_run", "writing", "later")


@dataclass(frozen=True)
class StoredRun:
    """What is known of a run: the request, the next page, and whether all tickets were read."""

    request: Mapping[str, Any]
    position: Mapping[str, Any]
    planned: bool


class RunStore:
    """Of one run. Raises `SQLAlchemyError`: without it a run could not be resumed, so it stops."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        self.ledger, self.run = ledger, run
        self._engine, self._account = ledger.engine, ledger.account

    # --- Where it stands -----------------------------------------------------------------------------------------

    def begin(self, request: Mapping[str, Any], *, words: str | None = None) -> None:
        """`words`: what was typed, where masking would take the number of a run for that of a phone."""
        row = {"asked": dict(request), "position": {}, "planned": False}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(BACKFILL).values(account=self._account, run=self.run, **row))
            if words is not None:
                here = (RUN.c.account == self._account) & (RUN.c.id == self.run)
                connection.execute(sa.update(RUN).where(here).values(asked=words))

    def load(self) -> StoredRun | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(BACKFILL).where(self._mine(BACKFILL))).mappings().one_or_none()
        return StoredRun(row["asked"], row["position"], bool(row["planned"])) if row else None

    def update_request(self, request: Mapping[str, Any], *, applied: bool) -> None:
        """Go on with other limits, or write what was a dry run."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(BACKFILL).where(self._mine(BACKFILL)).values(asked=dict(request)))
            here = (RUN.c.account == self._account) & (RUN.c.id == self.run)
            connection.execute(sa.update(RUN).where(here).values(applied=applied))

    def save_page(
        self,
        position: Mapping[str, Any] | None,
        entries: Iterable[LedgerEntry],
        *,
        looks: int = 0,
        requests: int = 0,
        planned: bool = False,
    ) -> None:
        """Keep a page's entries and how many tickets had none together with where the next page begins.

        Without `position` the page is not through: what is kept of it will be passed over, the rest read again.
        """
        made = [ledger_rows.rows_of(self._account, entry) for entry in entries]
        with self._engine.begin() as connection:
            for rows in made:
                rows.put(connection)
            self._count(connection, looks, requests)
            if position is not None:
                here = sa.update(BACKFILL).where(self._mine(BACKFILL))
                connection.execute(here.values(position=dict(position), planned=planned))

    # --- Tickets of this run -------------------------------------------------------------------------------------

    def seen(self, ticket_ids: Sequence[int]) -> frozenset[int]:
        """Those that this run has an entry of: found, or failed."""
        found: set[int] = set()
        with self._engine.connect() as connection:
            for n in range(0, len(ticket_ids), 500):
                query = sa.select(DECISION.c.ticket_id).where(
                    self._mine(DECISION), DECISION.c.ticket_id.in_(ticket_ids[n : n + 500])
                )
                found.update(int(one) for one in connection.scalars(query))
        return frozenset(found)

    def top(self) -> int:
        """The number of the newest entry."""
        with self._engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.max(DECISION.c.id)).where(self._mine(DECISION))) or 0)

    def due(self, after: int, top: int, most: int) -> list[tuple[int, LedgerEntry]]:
        """The next entries of which something is to be done, with their numbers, in the order of reading."""
        query = (
            sa.select(DECISION.c.id)
            .where(self._mine(DECISION), DECISION.c.did.in_(DUE), DECISION.c.id > after, DECISION.c.id <= top)
            .order_by(DECISION.c.id)
            .limit(most)
        )
        with self._engine.connect() as connection:
            ids = list(connection.scalars(query))
            return list(zip(ids, ledger_rows.read(connection, ids), strict=True))

    def replace(self, entries: Sequence[tuple[int | None, LedgerEntry]]) -> list[int]:
        """Each entry in the place of the one with that number; their new numbers."""
        made = [ledger_rows.rows_of(self._account, entry) for _, entry in entries]
        gone = [number for number, _ in entries if number is not None]
        with self._engine.begin() as connection:
            connection.execute(sa.delete(DECISION).where(DECISION.c.id.in_(gone)))
            return [rows.put(connection) for rows in made]

    def newest(self, ticket_ids: Sequence[int]) -> dict[int, tuple[int, LedgerEntry]]:
        """This run's newest entry about each of the tickets, with its number."""
        query = (
            sa.select(DECISION.c.id)
            .where(self._mine(DECISION), DECISION.c.ticket_id.in_(ticket_ids))
            .order_by(DECISION.c.id)
        )
        with self._engine.connect() as connection:
            ids = list(connection.scalars(query))
            return {e.ticket_id: (n, e) for n, e in zip(ids, ledger_rows.read(connection, ids), strict=True)}

    def count_requests(self, requests: int) -> None:
        """Requests that belong to no single ticket."""
        if requests > 0:
            with self._engine.begin() as connection:
                self._count(connection, 0, requests)

    def settle(self, stamps: Mapping[int, str]) -> None:
        """Tell the sweep that these tickets changed by us alone, so that it does not answer old tickets anew."""
        if not stamps:
            return
        now = int(time.time())
        with self._engine.begin() as connection:
            mine = SETTLED.c.account == self._account
            connection.execute(sa.delete(SETTLED).where(mine, SETTLED.c.ticket_id.in_(list(stamps))))
            rows = [{"account": self._account, "ticket_id": t, "stamp": s, "at": now} for t, s in stamps.items()]
            connection.execute(sa.insert(SETTLED), rows)

    # --- What a run wrote ----------------------------------------------------------------------------------------

    def written(self, after: int, most: int) -> list[int]:
        """The next tickets, by number, that this run wrote to."""
        query = (
            sa.select(DECISION.c.ticket_id)
            .where(self._mine(DECISION), DECISION.c.writes > 0, DECISION.c.ticket_id > after)
            .distinct()
            .order_by(DECISION.c.ticket_id)
            .limit(most)
        )
        with self._engine.connect() as connection:
            return [int(one) for one in connection.scalars(query)]

    def entries_of(self, ticket_ids: Sequence[int]) -> dict[int, list[LedgerEntry]]:
        """This run's entries about these tickets that wrote, in their order."""
        query = (
            sa.select(DECISION.c.id)
            .where(self._mine(DECISION), DECISION.c.writes > 0, DECISION.c.ticket_id.in_(ticket_ids))
            .order_by(DECISION.c.id)
        )
        found: dict[int, list[LedgerEntry]] = {}
        with self._engine.connect() as connection:
            for entry in ledger_rows.read(connection, list(connection.scalars(query))):
                found.setdefault(entry.ticket_id, []).append(entry)
        return found

    def all(self) -> Iterator[LedgerEntry]:
        """Every entry, a few hundred at a time."""
        after, ids = 0, [0]
        while ids:
            query = sa.select(DECISION.c.id).where(self._mine(DECISION), DECISION.c.id > after)
            with self._engine.connect() as connection:
                ids = list(connection.scalars(query.order_by(DECISION.c.id).limit(500)))
                found = ledger_rows.read(connection, ids)
            yield from found
            after = ids[-1] if ids else after

    def looks(self) -> int:
        """Tickets without an entry that were looked at."""
        with self._engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.sum(COUNTED.c.looks)).where(self._mine(COUNTED))) or 0)

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.account == self._account, table.c.run == self.run)

    def _count(self, connection: sa.Connection, looks: int, requests: int) -> None:
        if not looks and not requests:
            return
        key = {"account": self._account, "run": self.run, "day": f"{datetime.now(UTC):%Y-%m-%d}", "did": "nothing"}
        row = insert_into(self._engine, COUNTED).values(**key, looks=looks, requests=requests, seconds=0.0)
        added = {name: COUNTED.c[name] + row.excluded[name] for name in ("looks", "requests")}
        connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=added))
