"""What is kept of incidents: reports of the last days, the incidents themselves, and the tickets that belong to them.

All processes of a database share it. Of one code there is one open incident at a time: an index sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from .incident_tables import INCIDENT, INCIDENT_TICKET, SIGHTING
from .schema import insert_into, upgrade
from .transaction import storing_soon

EndedBy = Literal["agent", "silence", "setting"]


@dataclass(frozen=True)
class SightingRow:
    """A certain report. `identity`: lists of hashes by name."""

    ticket_id: int
    at: int
    organization_id: int | None
    requester_id: int | None
    identity: Mapping[str, list[str]]


@dataclass(frozen=True)
class IncidentRow:
    """Times are Unix seconds. `code` as `gupshup_http 401`."""

    id: int
    code: str
    begun: int
    seen: int
    organizations: int
    problem_id: int | None
    opening_until: int
    retry_at: int
    ended: int | None
    ended_by: str | None


class IncidentStore:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str) -> None:
        upgrade(engine)
        self._engine = engine
        self._account = account

    # --- Reports -------------------------------------------------------------------------------------------------

    def sight(self, code: str, row: SightingRow) -> None:
        """Keep a report; of one ticket the newest counts."""
        new = {"at": row.at, "identity": dict(row.identity)}
        new |= {"organization_id": row.organization_id, "requester_id": row.requester_id}
        key = {"account": self._account, "code": code, "ticket_id": row.ticket_id}
        with storing_soon(self._engine) as connection:
            made = insert_into(connection, SIGHTING).values(**key, **new)
            connection.execute(made.on_conflict_do_update(index_elements=list(key), set_=new))

    def sightings(self, code: str, since: int, *, organizations: int = 0) -> tuple[SightingRow, ...]:
        """Those after this Unix time, and after the end of the code's last incident; none where they are of fewer
        organizations, so that a code that many tickets of a few have is not read anew for each."""
        ended = self._mine(INCIDENT, code)
        last = sa.select(sa.func.coalesce(sa.func.max(INCIDENT.c.ended), 0)).where(ended).scalar_subquery()
        columns = [SIGHTING.c[name] for name in SightingRow.__dataclass_fields__]
        lasting = self._mine(SIGHTING, code) & (SIGHTING.c.at > since) & (SIGHTING.c.at > last)
        told_by = sa.select(sa.func.count(SIGHTING.c.organization_id.distinct())).where(lasting).scalar_subquery()
        query = sa.select(*columns).where(lasting, told_by >= organizations)
        with self._engine.connect() as connection:
            return tuple(SightingRow(**row) for row in connection.execute(query).mappings())

    # --- Incidents -----------------------------------------------------------------------------------------------

    def begin(
        self, code: str, begun: int, seen: int, organizations: int, ticket_ids: Iterable[int], problem_id: int | None
    ) -> bool:
        """An incident with its tickets, in one commit; whether the code had none that is open."""
        new = {"code": code, "begun": begun, "seen": seen, "organizations": organizations, "problem_id": problem_id}
        row = {"account": self._account, **new, "opening_until": 0, "retry_at": 0}
        with self._engine.begin() as connection:
            made = insert_into(connection, INCIDENT).values(row).on_conflict_do_nothing().returning(INCIDENT.c.id)
            found = connection.execute(made).scalar()
            if found is not None:
                self._join(connection, int(found), ticket_ids, seen)
            return found is not None

    def open(self) -> tuple[IncidentRow, ...]:
        return self._rows(INCIDENT.c.ended.is_(None))

    def listed(self) -> tuple[IncidentRow, ...]:
        """All that are kept, in the order in which they began."""
        return self._rows(sa.true())

    def see(self, incident_id: int, at: int) -> None:
        """The code was reported then."""
        here = (INCIDENT.c.account == self._account) & (INCIDENT.c.id == incident_id)
        with self._engine.begin() as connection:
            connection.execute(sa.update(INCIDENT).where(here, INCIDENT.c.seen < at).values(seen=at))

    def claim_opening(self, incident_id: int, now: int, seconds: int) -> bool:
        """Be the one that opens its problem ticket, for so many seconds."""
        free = INCIDENT.c.problem_id.is_(None) & (INCIDENT.c.opening_until <= now)
        return self._change(incident_id, free, opening_until=now + seconds)

    def release_opening(self, incident_id: int, retry_at: int = 0) -> None:
        """Others may try; none before `retry_at`."""
        self._change(incident_id, sa.true(), opening_until=0, retry_at=retry_at)

    def opened(self, incident_id: int, problem_id: int) -> bool:
        return self._change(incident_id, INCIDENT.c.problem_id.is_(None), problem_id=problem_id, opening_until=0)

    def end(self, incident_id: int, now: int, ended_by: EndedBy, *, unless_seen_since: int | None = None) -> bool:
        """Whether it was open. `unless_seen_since`: and not where it was reported after that."""
        still: sa.ColumnElement[bool] = INCIDENT.c.ended.is_(None)
        if unless_seen_since is not None:
            still &= INCIDENT.c.seen < unless_seen_since
        return self._change(incident_id, still, ended=now, ended_by=ended_by)

    # --- Their tickets -------------------------------------------------------------------------------------------

    def join(self, incident_id: int, ticket_id: int, now: int) -> None:
        """A visit takes the ticket in."""
        key = {"account": self._account, "incident_id": incident_id, "ticket_id": ticket_id}
        with self._engine.begin() as connection:
            made = insert_into(connection, INCIDENT_TICKET).values(**key, joined=now, visited=now)
            connection.execute(made.on_conflict_do_update(index_elements=list(key), set_={"visited": now}))

    def unreleased(self, *, ended: bool, unvisited: bool = False) -> tuple[tuple[IncidentRow, int], ...]:
        """The tickets that still belong to incidents that have ended, or that are open; or those of them alone that
        no visit has taken in."""
        mine = (INCIDENT.c.account == self._account) & INCIDENT_TICKET.c.released.is_(None)
        where = mine & (INCIDENT.c.ended.is_not(None) if ended else INCIDENT.c.ended.is_(None))
        if unvisited:
            where &= INCIDENT_TICKET.c.visited.is_(None)
        columns = [INCIDENT.c[name] for name in IncidentRow.__dataclass_fields__]
        query = (
            sa.select(*columns, INCIDENT_TICKET.c.ticket_id)
            .join(INCIDENT_TICKET, INCIDENT_TICKET.c.incident_id == INCIDENT.c.id)
            .where(where)
            .order_by(INCIDENT.c.id, INCIDENT_TICKET.c.ticket_id)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(
            (IncidentRow(**{key: value for key, value in row.items() if key != "ticket_id"}), int(row["ticket_id"]))
            for row in rows
        )

    def release(self, incident_id: int, ticket_ids: Iterable[int], now: int) -> None:
        """They are queued again."""
        here = (INCIDENT_TICKET.c.account == self._account) & (INCIDENT_TICKET.c.incident_id == incident_id)
        with self._engine.begin() as connection:
            these = INCIDENT_TICKET.c.ticket_id.in_(list(ticket_ids))
            connection.execute(sa.update(INCIDENT_TICKET).where(here, these).values(released=now))

    def tickets(self) -> Mapping[int, int]:
        """How many tickets each incident has, by its id."""
        mine = INCIDENT_TICKET.c.account == self._account
        query = sa.select(INCIDENT_TICKET.c.incident_id, sa.func.count()).where(mine)
        with self._engine.connect() as connection:
            rows = connection.execute(query.group_by(INCIDENT_TICKET.c.incident_id))
            return {int(incident): int(count) for incident, count in rows}

    def forget_before(self, seconds: int, *, sightings_before: int) -> None:
        """Drop incidents that ended before this Unix time, and reports from before that one."""
        old = (INCIDENT.c.account == self._account) & (INCIDENT.c.ended < seconds)
        gone = sa.select(INCIDENT.c.id).where(old)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(INCIDENT_TICKET).where(INCIDENT_TICKET.c.incident_id.in_(gone)))
            connection.execute(sa.delete(INCIDENT).where(old))
            lately = SIGHTING.c.at >= sightings_before
            connection.execute(sa.delete(SIGHTING).where(SIGHTING.c.account == self._account, ~lately))

    def _join(self, connection: sa.Connection, incident_id: int, ticket_ids: Iterable[int], now: int) -> None:
        key = {"account": self._account, "incident_id": incident_id}
        rows = [{**key, "ticket_id": ticket_id, "joined": now} for ticket_id in ticket_ids]
        if rows:
            connection.execute(insert_into(connection, INCIDENT_TICKET).on_conflict_do_nothing(), rows)

    def _rows(self, where: sa.ColumnElement[bool]) -> tuple[IncidentRow, ...]:
        columns = [INCIDENT.c[name] for name in IncidentRow.__dataclass_fields__]
        query = sa.select(*columns).where(INCIDENT.c.account == self._account, where).order_by(INCIDENT.c.id)
        with self._engine.connect() as connection:
            return tuple(IncidentRow(**row) for row in connection.execute(query).mappings())

    def _change(self, incident_id: int, where: sa.ColumnElement[bool], **values: int | str) -> bool:
        here = (INCIDENT.c.account == self._account) & (INCIDENT.c.id == incident_id)
        with self._engine.begin() as connection:
            return connection.execute(sa.update(INCIDENT).where(here, where).values(**values)).rowcount > 0

    def _mine(self, table: sa.Table, code: str) -> sa.ColumnElement[bool]:
        return (table.c.account == self._account) & (table.c.code == code)
