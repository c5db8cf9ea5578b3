"""What the Zendesk app keeps: its keys, the access of those who opened a page, and what its pages show of a ticket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from .app_tables import APP_TICKET, APP_USER, APP_VALUE
from .schema import insert_into, upgrade

ValueName = Literal[
    "session_key",
    "public_key",
    "app_id",
    "installation_id",
    # Of `setup app apply`: what it has uploaded and installed, and the build whose end it did not see.
    "package_digest",
    "installed_digest",
    "pending_build",
]

_USERS_KEPT = 86_400


@dataclass(frozen=True)
class StoredTicket:
    """`view`: what the page shows; the rest says who may see it. `at`: Unix seconds; `stamp`: its `updated_at`."""

    ticket_id: int
    at: int
    stamp: str | None
    group_id: int | None
    assignee_id: int | None
    organization_id: int | None
    requester_id: int | None
    view: Mapping[str, Any]


class AppStore:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self.engine, self.account, self._now = engine, account, now

    # --- Keys and numbers ----------------------------------------------------------------------------------------

    def value(self, name: ValueName) -> str | None:
        here = (APP_VALUE.c.account == self.account) & (APP_VALUE.c.name == name)
        with self.engine.connect() as connection:
            return connection.execute(sa.select(APP_VALUE.c.value).where(here)).scalar()

    def keep_value(self, name: ValueName, value: str) -> None:
        """Store the value, in the place of an older one."""
        made = insert_into(self.engine, APP_VALUE).values(
            account=self.account, name=name, value=value, at=int(self._now())
        )
        newer = made.on_conflict_do_update(
            index_elements=["account", "name"], set_={"value": made.excluded.value, "at": made.excluded.at}
        )
        with self.engine.begin() as connection:
            connection.execute(newer)

    def value_or(self, name: ValueName, new: Callable[[], str]) -> str:
        """The value, made and stored if there is none: whoever comes first, all get the same."""
        if found := self.value(name):
            return found
        made = insert_into(self.engine, APP_VALUE).values(
            account=self.account, name=name, value=new(), at=int(self._now())
        )
        with self.engine.begin() as connection:
            connection.execute(made.on_conflict_do_nothing())
        found = self.value(name)
        assert found is not None  # noqa: S101 - it was stored just now
        return found

    def delete_values(self, *names: ValueName) -> None:
        here = (APP_VALUE.c.account == self.account) & APP_VALUE.c.name.in_(names)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(APP_VALUE).where(here))

    # --- Access --------------------------------------------------------------------------------------------------

    def access(self, user_id: int) -> tuple[Mapping[str, Any], int] | None:
        """What was kept of the user's access, and when."""
        here = (APP_USER.c.account == self.account) & (APP_USER.c.user_id == user_id)
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(APP_USER.c.access, APP_USER.c.at).where(here)).first()
        return (row.access, int(row.at)) if row else None

    def keep_access(self, user_id: int, access: Mapping[str, Any]) -> None:
        made = insert_into(self.engine, APP_USER).values(
            account=self.account, user_id=user_id, at=int(self._now()), access=dict(access)
        )
        newer = made.on_conflict_do_update(
            index_elements=["account", "user_id"], set_={"access": made.excluded.access, "at": made.excluded.at}
        )
        with self.engine.begin() as connection:
            connection.execute(newer)

    # --- Tickets -------------------------------------------------------------------------------------------------

    def ticket(self, ticket_id: int) -> StoredTicket | None:
        columns = [c for c in APP_TICKET.c if c.name != "account"]
        here = (APP_TICKET.c.account == self.account) & (APP_TICKET.c.ticket_id == ticket_id)
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(*columns).where(here)).mappings().first()
        return StoredTicket(**row) if row else None

    def keep_ticket(self, ticket: StoredTicket) -> None:
        """Store what the last look gives, in the place of the look before."""
        values = {name: getattr(ticket, name) for name in StoredTicket.__dataclass_fields__}
        made = insert_into(self.engine, APP_TICKET).values(account=self.account, **values | {"view": dict(ticket.view)})
        changed = {name: made.excluded[name] for name in values if name != "ticket_id"}
        with self.engine.begin() as connection:
            connection.execute(made.on_conflict_do_update(index_elements=["account", "ticket_id"], set_=changed))

    def delete_ticket(self, ticket_id: int) -> None:
        """The ticket is gone."""
        here = (APP_TICKET.c.account == self.account) & (APP_TICKET.c.ticket_id == ticket_id)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(APP_TICKET).where(here))

    def forget_before(self, seconds: int) -> None:
        """Drop what was last seen before this Unix time, and accesses that nobody used for a day."""
        old_users = int(self._now()) - _USERS_KEPT
        with self.engine.begin() as connection:
            for table, before in ((APP_TICKET, seconds), (APP_USER, old_users)):
                connection.execute(sa.delete(table).where(table.c.account == self.account, table.c.at < before))
