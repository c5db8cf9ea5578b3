"""What must outlive a restart besides the queue: where the sweep stands, and in which state each ticket was settled.

Both only save requests. Losing them costs another look at tickets, never a second reply: the ticket is the database.
"""

from __future__ import annotations

import time

import sqlalchemy as sa

from .schema import CURSOR, SETTLED, insert_into, upgrade


class State:
    """Tables in the store of the queue; `account` keeps several Zendesk accounts in one database apart."""

    def __init__(self, engine: sa.Engine, account: str) -> None:
        self._engine = engine
        self._account = account
        upgrade(engine)

    @property
    def cursor(self) -> str | None:
        """Where the next sweep goes on; `None` before the first one."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(CURSOR.c.cursor).where(CURSOR.c.account == self._account)).scalar()
        return str(found) if found is not None else None

    def keep_cursor(self, cursor: str, after: str | None) -> bool:
        """Go on from here, having read from `after` on. False where another sweep has gone on from there already: a
        slow one never sets the cursor back."""
        with self._engine.begin() as connection:
            if after is None:
                made = insert_into(connection, CURSOR).values(account=self._account, cursor=cursor)
                first = made.on_conflict_do_nothing().returning(CURSOR.c.cursor)
                return connection.execute(first).first() is not None
            here = (CURSOR.c.account == self._account) & (CURSOR.c.cursor == after)
            return connection.execute(sa.update(CURSOR).where(here).values(cursor=cursor)).rowcount > 0

    def settle(self, ticket_id: int, stamp: str) -> None:
        """Nothing was left to do on the ticket as of this `updated_at`, read after its second was over."""
        new = {"stamp": stamp, "at": int(time.time())}
        with self._engine.begin() as connection:
            made = insert_into(connection, SETTLED).values(account=self._account, ticket_id=ticket_id, **new)
            connection.execute(made.on_conflict_do_update(index_elements=["account", "ticket_id"], set_=new))

    def settled(self, stamps: dict[int, str]) -> frozenset[int]:
        """Those of the tickets (id -> `updated_at`) that stand as they were settled."""
        here = (SETTLED.c.account == self._account) & SETTLED.c.ticket_id.in_(list(stamps))
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(SETTLED.c.ticket_id, SETTLED.c.stamp).where(here)).all()
        return frozenset(int(ticket_id) for ticket_id, stamp in rows if stamps.get(ticket_id) == stamp)

    def forget_before(self, seconds: int) -> None:
        """Drop what was settled before this Unix time."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(SETTLED).where(SETTLED.c.at < seconds))
