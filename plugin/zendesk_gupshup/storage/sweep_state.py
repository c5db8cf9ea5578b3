"""The sweep's state: its cursor, the last start of each periodic task, and as of which change each ticket is settled.

All of it only saves requests. Losing it costs another read of tickets, never a second reply: the ticket is the
database.
"""

from __future__ import annotations

import time

import sqlalchemy as sa

from .schema import CURSOR, SCHEDULE, SETTLED, insert_into, upgrade
from .transaction import storing


class SweepState:
    """Tables in the store of the queue; `account` keeps several Zendesk accounts in one database apart."""

    def __init__(self, engine: sa.Engine, account: str) -> None:
        self._engine = engine
        self._account = account
        upgrade(engine)

    @property
    def cursor(self) -> str | None:
        """Where the next sweep begins; `None` before the first one."""
        return self.position[0]

    @property
    def position(self) -> tuple[str | None, int | None]:
        """The cursor, and the Unix time up to which the sweep has read; `None` where that is not known."""
        here = sa.select(CURSOR.c.cursor, CURSOR.c.until).where(CURSOR.c.account == self._account)
        with self._engine.connect() as connection:
            found = connection.execute(here).first()
        return (str(found.cursor), found.until) if found is not None else (None, None)

    def save_cursor(self, cursor: str, after: str | None, until: int | None = None) -> bool:
        """Move the cursor on from `after`. False where another sweep has done so already: a slow one never sets the
        cursor back. `until`: all changes up to then were read, if that is known."""
        new: dict[str, str | int] = {"cursor": cursor} if until is None else {"cursor": cursor, "until": until}
        with self._engine.begin() as connection:
            if after is None:
                made = insert_into(connection, CURSOR).values(account=self._account, **new)
                first = made.on_conflict_do_nothing().returning(CURSOR.c.cursor)
                return connection.execute(first).first() is not None
            here = (CURSOR.c.account == self._account) & (CURSOR.c.cursor == after)
            return connection.execute(sa.update(CURSOR).where(here).values(**new)).rowcount > 0

    def last_started(self, name: str) -> float | None:
        """When a worker last started this task, as Unix time; `None` before the first time."""
        here = sa.select(SCHEDULE.c.begun).where(SCHEDULE.c.account == self._account, SCHEDULE.c.name == name)
        with self._engine.connect() as connection:
            found = connection.execute(here).scalar()
        return found / 1000 if found is not None else None

    def claim(self, name: str, last: float | None, now: float) -> bool:
        """Start the task now, its last start having been at `last`. False where another worker was quicker."""
        begun = round(now * 1000)
        with self._engine.begin() as connection:
            if last is None:
                made = insert_into(connection, SCHEDULE).values(account=self._account, name=name, begun=begun)
                return connection.execute(made.on_conflict_do_nothing().returning(SCHEDULE.c.begun)).first() is not None
            here = (
                (SCHEDULE.c.account == self._account)
                & (SCHEDULE.c.name == name)
                & (SCHEDULE.c.begun == round(last * 1000))
            )
            return connection.execute(sa.update(SCHEDULE).where(here).values(begun=begun)).rowcount > 0

    def settle(self, ticket_id: int, stamp: str) -> None:
        """Nothing is left to do on the ticket as of this `updated_at`, read after its second was over."""
        new = {"stamp": stamp, "at": int(time.time())}
        with storing(self._engine) as connection:
            made = insert_into(connection, SETTLED).values(account=self._account, ticket_id=ticket_id, **new)
            connection.execute(made.on_conflict_do_update(index_elements=["account", "ticket_id"], set_=new))

    def settled(self, stamps: dict[int, str]) -> frozenset[int]:
        """Those of the tickets (id -> `updated_at`) that have not changed since they were settled."""
        here = (SETTLED.c.account == self._account) & SETTLED.c.ticket_id.in_(list(stamps))
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(SETTLED.c.ticket_id, SETTLED.c.stamp).where(here)).all()
        return frozenset(int(ticket_id) for ticket_id, stamp in rows if stamps.get(ticket_id) == stamp)

    def forget_before(self, seconds: int) -> None:
        """Drop what was settled before this Unix time."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(SETTLED).where(SETTLED.c.at < seconds))
