"""The ledger: every run, and every decision that found, wrote or failed; looks without news are only counted.

It saves nothing that the ticket does not show: it is what `runs`, `report`, `agreement` and `undo` read.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.run_lock import RunLocks
from zendesk_gupshup.storage.schema import (
    COUNTED,
    DECISION,
    FINDING,
    RUN,
    UNKNOWN,
    insert_into,
    upgrade,
)
from zendesk_gupshup.storage.transaction import storing
from zendesk_gupshup.text.redaction import without_addresses

from . import rows
from .entry import LedgerEntry
from .erasure import erase, erase_before
from .runs import LIVE, SKIPPED, Run, read_runs
from .written_markers import WrittenMarkers

log = logging.getLogger(__name__)

_AT_A_TIME = 500


@dataclass(frozen=True)
class UnknownCode:
    code: str
    times: int
    tickets: tuple[int, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Counted:
    """Looks of one day (UTC) that brought no news, by how they ended; `skipped` are looks that were not needed."""

    run: str
    day: str
    did: str
    looks: int
    requests: int


class Ledger:
    """For any number of threads. `account` keeps several Zendesk accounts in one database apart.

    Raises `SQLAlchemyError`; whoever answers a ticket goes on without the ledger then (`recorder`).
    """

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self.engine = engine
        self.account = account
        self._now = now
        self._locks = RunLocks(engine, account)
        self.markers = WrittenMarkers(engine, account, now=now)

    # --- Runs ------------------------------------------------------------------------------------------------

    def start_run(self, kind: str, command: str, *, applied: bool) -> str:
        """The id of a new run, such as `process-20261121-090000-ab12`; it is ours until `end_run` or our end."""
        at = int(self._now())
        run = f"{kind}-{datetime.fromtimestamp(at, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self._locks.acquire(run)
        row = {"kind": kind, "asked": without_addresses(command), "applied": applied, "started": at}
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(RUN).values(account=self.account, id=run, **row))
        except SQLAlchemyError:
            self._locks.release(run)
            raise
        return run

    def take_up(self, run: str) -> bool:
        """Go on with a run that was interrupted or stopped; false while another process has it."""
        if not self._locks.acquire(run):
            return False
        with self.engine.begin() as connection:
            connection.execute(sa.update(RUN).where(self._is_run(run)).values(ended=None, status=None))
        return True

    def start_live(self) -> str:
        """The run of the worker, which all workers share and which has no end."""
        row = {"account": self.account, "id": LIVE, "kind": LIVE, "asked": "serve", "applied": True}
        with self.engine.begin() as connection:
            made = insert_into(self.engine, RUN).values(**row, started=int(self._now()))
            connection.execute(made.on_conflict_do_nothing())
        return LIVE

    def end_run(self, run: str, status: str = "done") -> None:
        ended = sa.update(RUN).where(self._is_run(run)).values(ended=int(self._now()), status=status)
        try:
            with self.engine.begin() as connection:
                connection.execute(ended)
        finally:
            self._locks.release(run)

    def runs(self) -> tuple[Run, ...]:
        """All runs, the newest first."""
        return read_runs(self.engine, self.account, self._locks)

    def run(self, run: str) -> Run | None:
        return next((one for one in self.runs() if one.id == run), None)

    # --- Entries ---------------------------------------------------------------------------------------------

    def record(
        self,
        entry: LedgerEntry,
        *,
        instead_of: int | None = None,
        before: LedgerEntry | None = None,
        everything: bool = True,
    ) -> int | None:
        """Keep an entry, in the place of one made before the write, and give its number. `before`: that one, if known.

        Without `everything` an entry that brings no news is only counted: nothing was found, or the ticket's last entry
        in this run says the same. A ticket is looked at again after each of our own updates.
        """
        made = rows.rows_of(self.account, entry)
        with storing(self.engine) as connection:
            if instead_of is not None:
                if before is not None and rows.finishes(entry, before) and made.put_over(connection, instead_of):
                    return instead_of
                connection.execute(sa.delete(DECISION).where(DECISION.c.id == instead_of))
            if not everything and not entry.writes and not self._is_news(connection, entry):
                self._count(connection, entry.run, entry.did, entry.at, 1, entry.requests, entry.seconds)
                return None
            return made.put(connection)

    def _is_news(self, connection: sa.Connection, entry: LedgerEntry) -> bool:
        if not entry.says_something:
            return False
        here = self._mine(DECISION) & (DECISION.c.run == entry.run) & (DECISION.c.ticket_id == entry.ticket_id)
        last = _last(connection, here)
        if last is None:
            return True
        if entry.did in ("nothing", "done"):
            return (last.findings, last.unknown, bool(last.symptoms)) != (
                entry.findings,
                entry.unknown,
                bool(entry.symptoms),
            )
        return (last.did, last.reason) != (entry.did, entry.reason)

    def count_skipped(self, run: str, tickets: int) -> None:
        """These many tickets of a page stood as they were settled, and were not read."""
        with self.engine.begin() as connection:
            self._count(connection, run, SKIPPED, int(self._now()), tickets, 0, 0.0)

    def _count(
        self, connection: sa.Connection, run: str, did: str, at: int, looks: int, requests: int, seconds: float
    ) -> None:
        day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
        key = {"account": self.account, "run": run, "day": day, "did": did}
        row = insert_into(self.engine, COUNTED).values(**key, looks=looks, requests=requests, seconds=seconds)
        added = {name: COUNTED.c[name] + row.excluded[name] for name in ("looks", "requests", "seconds")}
        connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=added))

    def counted(self, run: str | None = None) -> tuple[Counted, ...]:
        """What was only counted, day by day."""
        columns = (COUNTED.c.run, COUNTED.c.day, COUNTED.c.did, COUNTED.c.looks, COUNTED.c.requests)
        query = sa.select(*columns).where(self._mine(COUNTED)).order_by(COUNTED.c.day, COUNTED.c.run, COUNTED.c.did)
        if run is not None:
            query = query.where(COUNTED.c.run == run)
        with self.engine.connect() as connection:
            return tuple(Counted(**row) for row in connection.execute(query).mappings())

    def entries(
        self,
        run: str | None = None,
        *,
        ticket_id: int | None = None,
        since: int | None = None,
        error: ErrorCode | None = None,
    ) -> Iterator[LedgerEntry]:
        """Entries in the order in which they were made, a few hundred at a time."""
        where = self._mine(DECISION)
        if run is not None:
            where &= DECISION.c.run == run
        if ticket_id is not None:
            where &= DECISION.c.ticket_id == ticket_id
        if since is not None:
            where &= DECISION.c.at >= since
        if error is not None:
            named = (FINDING.c.namespace == error.namespace) & (FINDING.c.code == error.code)
            where &= DECISION.c.id.in_(sa.select(FINDING.c.decision_id).where(named))
        after, ids = 0, [0]
        while ids:
            page = (
                sa.select(DECISION.c.id).where(where, DECISION.c.id > after).order_by(DECISION.c.id).limit(_AT_A_TIME)
            )
            with self.engine.connect() as connection:
                ids = list(connection.scalars(page))
                found = rows.read(connection, ids)
            yield from found
            after = ids[-1] if ids else after

    def unknown(self) -> tuple[UnknownCode, ...]:
        """Code-like strings that the dictionary does not know, those on the most tickets first."""
        query = (
            sa.select(UNKNOWN.c.text, DECISION.c.ticket_id, DECISION.c.at)
            .join(DECISION, DECISION.c.id == UNKNOWN.c.decision_id)
            .where(self._mine(DECISION))
            .order_by(DECISION.c.id)
        )
        seen: dict[str, list[tuple[int, int]]] = {}
        with self.engine.connect() as connection:
            for text, ticket_id, at in connection.execute(query):
                seen.setdefault(text, []).append((int(ticket_id), int(at)))
        codes = [
            UnknownCode(
                text,
                len(sightings),
                tuple(dict.fromkeys(ticket_id for ticket_id, _ in sightings)),
                min(at for _, at in sightings),
                max(at for _, at in sightings),
            )
            for text, sightings in seen.items()
        ]
        return tuple(sorted(codes, key=lambda row: (-len(row.tickets), -row.times, row.code)))

    def first_unknown(self, run: str, since: int) -> frozenset[str]:
        """Code-like strings that this run has met since then, and no run before."""
        joined = UNKNOWN.join(DECISION, DECISION.c.id == UNKNOWN.c.decision_id)
        lately = self._mine(DECISION) & (DECISION.c.run == run) & (DECISION.c.at >= since)
        before = self._mine(DECISION) & (DECISION.c.at < since)
        with self.engine.connect() as connection:
            found = set(connection.scalars(sa.select(UNKNOWN.c.text).select_from(joined).where(lately).distinct()))
            if not found:
                return frozenset()
            known = sa.select(UNKNOWN.c.text).select_from(joined).where(before, UNKNOWN.c.text.in_(found)).distinct()
            return frozenset(found.difference(connection.scalars(known)))

    # --- Forgetting ------------------------------------------------------------------------------------------

    def forget(
        self, *, ticket: int | None = None, requester: int | None = None, organization: int | None = None
    ) -> tuple[int, ...]:
        """Remove all that is kept about a ticket, a requester's tickets or an organization's; which tickets these were.

        In SQLite's file nothing stays behind, nor in the log of changes beside it.
        """
        given = {"ticket_id": ticket, "requester_id": requester, "organization_id": organization}
        return erase(self.engine, self.account, {name: value for name, value in given.items() if value is not None})

    def verdicts(self, ticket_id: int) -> dict[str, str]:
        """What agents said in the Zendesk app of the codes on the ticket; of each code the newest word."""
        told = AppActions(self.engine, self.account).feedback(ticket_id)
        return {one.error: one.verdict for one in told}

    def forget_before(self, seconds: int) -> None:
        """Drop what was done before this Unix time, and the runs of which nothing is left."""
        erase_before(self.engine, self.account, seconds)

    # --- Helpers ---------------------------------------------------------------------------------------------

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.account == self.account)

    def _is_run(self, run: str) -> sa.ColumnElement[bool]:
        return self._mine(RUN) & (RUN.c.id == run)


def _last(connection: sa.Connection, here: sa.ColumnElement[bool]) -> LedgerEntry | None:
    newest = sa.select(DECISION.c.id).where(here).order_by(DECISION.c.id.desc()).limit(1)
    return next(iter(rows.read(connection, list(connection.scalars(newest)))), None)
