"""The alerts that hold or were sent, and which kinds are acknowledged until when.

All processes of a database share it: whichever of them sends, an event is sent once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from .alert_tables import ACKNOWLEDGED, ALERT
from .schema import insert_into, upgrade


@dataclass(frozen=True)
class AlertRow:
    """Times are Unix seconds; `seen`: when it was last found to hold."""

    key: str
    kind: str
    details: Mapping[str, int | str]
    begun: int
    seen: int
    sent: int | None


class AlertState:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str) -> None:
        upgrade(engine)
        self._engine = engine
        self._account = account

    def begin(self, key: str, kind: str, details: Mapping[str, int | str], now: int) -> bool:
        """It happened; whether that was not known. For what has no duration: its key is never used again."""
        row = {"account": self._account, "key": key, "kind": kind, "details": dict(details), "begun": now, "seen": now}
        with self._engine.begin() as connection:
            made = insert_into(connection, ALERT).values(row).on_conflict_do_nothing().returning(ALERT.c.key)
            return connection.execute(made).first() is not None

    def hold(self, key: str, kind: str, details: Mapping[str, int | str], now: int, calm_seconds: int) -> None:
        """It holds now. After so many seconds without it, it is a new event."""
        if self.begin(key, kind, details, now):
            return
        here = (ALERT.c.account == self._account) & (ALERT.c.key == key)
        over = {"begun": now, "sent": None}
        with self._engine.begin() as connection:
            connection.execute(sa.update(ALERT).where(here, ALERT.c.seen < now - calm_seconds).values(over))
            connection.execute(sa.update(ALERT).where(here).values(details=dict(details), seen=now))

    def mark_sent(self, keys: Collection[str], now: int) -> None:
        here = (ALERT.c.account == self._account) & ALERT.c.key.in_(list(keys))
        with self._engine.begin() as connection:
            connection.execute(sa.update(ALERT).where(here).values(sent=now))

    def open(self, kinds: Collection[str]) -> tuple[AlertRow, ...]:
        """All of these kinds, and whatever was not sent yet, in the order in which they began."""
        return self._rows(ALERT.c.kind.in_(list(kinds)) | ALERT.c.sent.is_(None))

    def listed(self) -> tuple[AlertRow, ...]:
        """All that is kept, in the order in which they began."""
        return self._rows(sa.true())

    def acknowledge(self, kind: str, until: int) -> None:
        """Send nothing of this kind until then; a time that is over ends an earlier acknowledgement."""
        row = {"account": self._account, "kind": kind, "until": until}
        with self._engine.begin() as connection:
            made = insert_into(connection, ACKNOWLEDGED).values(row)
            connection.execute(made.on_conflict_do_update(index_elements=["account", "kind"], set_={"until": until}))

    def acknowledged(self) -> Mapping[str, int]:
        """Until when, by kind; times that are over among them."""
        query = sa.select(ACKNOWLEDGED.c.kind, ACKNOWLEDGED.c.until).where(ACKNOWLEDGED.c.account == self._account)
        with self._engine.connect() as connection:
            return {str(kind): int(until) for kind, until in connection.execute(query)}

    def forget_before(self, seconds: int) -> None:
        """Drop what was last seen before this Unix time."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(ALERT).where(ALERT.c.account == self._account, ALERT.c.seen < seconds))

    def _rows(self, where: sa.ColumnElement[bool]) -> tuple[AlertRow, ...]:
        columns = [ALERT.c[name] for name in AlertRow.__dataclass_fields__]
        mine = sa.select(*columns).where(ALERT.c.account == self._account, where)
        with self._engine.connect() as connection:
            found = connection.execute(mine.order_by(ALERT.c.begun, ALERT.c.key)).mappings()
            return tuple(AlertRow(**row) for row in found)
