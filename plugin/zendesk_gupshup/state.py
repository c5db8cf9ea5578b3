"""What must outlive a restart besides the queue: where the sweep stands, and in which state each ticket was settled.

Both only save requests. Losing them costs another look at tickets, never a second reply: the ticket is the database.
"""

from __future__ import annotations

import time

import sqlalchemy as sa

_METADATA = sa.MetaData()
_CURSOR = sa.Table(
    "zg_cursor",
    _METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False),
)
_SETTLED = sa.Table(
    "zg_settled",
    _METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("stamp", sa.String(32), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)


class State:
    """Tables in the store of the queue; `account` keeps several Zendesk accounts in one database apart."""

    def __init__(self, engine: sa.Engine, account: str) -> None:
        self._engine = engine
        self._account = account
        _METADATA.create_all(engine)

    @property
    def cursor(self) -> str | None:
        """Where the next sweep goes on; `None` before the first one."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(_CURSOR.c.cursor).where(_CURSOR.c.account == self._account)).scalar()
        return str(found) if found is not None else None

    def keep_cursor(self, cursor: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_CURSOR).where(_CURSOR.c.account == self._account))
            connection.execute(sa.insert(_CURSOR).values(account=self._account, cursor=cursor))

    def settle(self, ticket_id: int, stamp: str) -> None:
        """Nothing was left to do on the ticket as of this `updated_at`, read after its second was over."""
        here = (_SETTLED.c.account == self._account) & (_SETTLED.c.ticket_id == ticket_id)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_SETTLED).where(here))
            connection.execute(
                sa.insert(_SETTLED).values(account=self._account, ticket_id=ticket_id, stamp=stamp, at=int(time.time()))
            )

    def settled(self, stamps: dict[int, str]) -> frozenset[int]:
        """Those of the tickets (id -> `updated_at`) that stand as they were settled."""
        here = (_SETTLED.c.account == self._account) & _SETTLED.c.ticket_id.in_(list(stamps))
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_SETTLED.c.ticket_id, _SETTLED.c.stamp).where(here)).all()
        return frozenset(int(ticket_id) for ticket_id, stamp in rows if stamps.get(ticket_id) == stamp)

    def forget_before(self, seconds: int) -> None:
        """Drop what was settled before this Unix time."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_SETTLED).where(_SETTLED.c.at < seconds))
