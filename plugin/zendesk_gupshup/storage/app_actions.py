"""What was asked for and said in the Zendesk app: every write with the user's id, and the agents' feedback."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from .app_tables import APP_ACTION, APP_FEEDBACK
from .schema import insert_into, upgrade

Verdict = Literal["right", "wrong_code", "not_an_error"]
Action = Literal["look", "facts", "send", "draft", "inserted", "feedback", "retry", "drop"]


@dataclass(frozen=True)
class Feedback:
    """An agent's word on a finding. Codes are `namespace code`; `at`: Unix seconds."""

    ticket_id: int
    user_id: int
    at: int
    verdict: Verdict
    error: str
    right_error: str | None = None
    comment: str | None = None


class AppActions:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self._engine, self._account, self._now = engine, account, now

    def record(self, action: Action, ticket_id: int, user_id: int, details: Mapping[str, Any]) -> None:
        """Something was done."""
        with self._engine.begin() as connection:
            connection.execute(self._made(action, ticket_id, user_id, details, key=None, done=True))

    def begin(
        self, action: Action, ticket_id: int, user_id: int, details: Mapping[str, Any], *, key: str
    ) -> Literal["new", "begun", "done"]:
        """Something is to be done once for this key of the user's; `begun`: it was asked for, and not finished."""
        made = self._made(action, ticket_id, user_id, details, key=_key(action, ticket_id, user_id, key), done=False)
        here = (APP_ACTION.c.account == self._account) & (APP_ACTION.c.key == _key(action, ticket_id, user_id, key))
        with self._engine.begin() as connection:
            if connection.execute(made.on_conflict_do_nothing().returning(APP_ACTION.c.id)).first() is not None:
                return "new"
            done = connection.execute(sa.select(APP_ACTION.c.done).where(here)).scalar()
        return "done" if done else "begun"

    def finish(self, action: Action, ticket_id: int, user_id: int, *, key: str) -> None:
        """It was done."""
        here = (APP_ACTION.c.account == self._account) & (APP_ACTION.c.key == _key(action, ticket_id, user_id, key))
        with self._engine.begin() as connection:
            connection.execute(sa.update(APP_ACTION).where(here).values(done=True))

    def _made(
        self,
        action: Action,
        ticket_id: int,
        user_id: int,
        details: Mapping[str, Any],
        *,
        key: str | None,
        done: bool,
    ) -> Any:
        return insert_into(self._engine, APP_ACTION).values(
            account=self._account,
            ticket_id=ticket_id,
            user_id=user_id,
            at=int(self._now()),
            action=action,
            key=key,
            done=done,
            details=dict(details),
        )

    def recorded(self, ticket_id: int) -> tuple[Mapping[str, Any], ...]:
        """All that was asked for on the ticket, oldest first."""
        columns = [APP_ACTION.c[name] for name in ("user_id", "at", "action", "done", "details")]
        here = (APP_ACTION.c.account == self._account) & (APP_ACTION.c.ticket_id == ticket_id)
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(here).order_by(APP_ACTION.c.id)).mappings()
            return tuple(dict(row) for row in rows)

    def keep_feedback(self, feedback: Feedback) -> None:
        """The last word of a user on a ticket counts."""
        values = {name: getattr(feedback, name) for name in Feedback.__dataclass_fields__}
        made = insert_into(self._engine, APP_FEEDBACK).values(account=self._account, **values)
        changed = {name: made.excluded[name] for name in values if name not in ("ticket_id", "user_id")}
        newest = made.on_conflict_do_update(index_elements=["account", "ticket_id", "user_id"], set_=changed)
        with self._engine.begin() as connection:
            connection.execute(newest)

    def feedback(self, ticket_id: int) -> tuple[Feedback, ...]:
        """What was said of the ticket, the newest last."""
        return self._feedback(APP_FEEDBACK.c.ticket_id == ticket_id)

    def feedback_since(self, seconds: int) -> tuple[Feedback, ...]:
        """What was said since this Unix time, the newest last."""
        return self._feedback(APP_FEEDBACK.c.at >= seconds)

    def _feedback(self, which: sa.ColumnElement[bool]) -> tuple[Feedback, ...]:
        columns = [c for c in APP_FEEDBACK.c if c.name != "account"]
        chosen = sa.select(*columns).where(APP_FEEDBACK.c.account == self._account, which)
        with self._engine.connect() as connection:
            rows = connection.execute(chosen.order_by(APP_FEEDBACK.c.at, APP_FEEDBACK.c.user_id)).mappings()
            return tuple(Feedback(**row) for row in rows)

    def forget_before(self, seconds: int) -> None:
        """Drop what was done and said before this Unix time."""
        with self._engine.begin() as connection:
            for table in (APP_ACTION, APP_FEEDBACK):
                connection.execute(sa.delete(table).where(table.c.account == self._account, table.c.at < seconds))


def _key(action: Action, ticket_id: int, user_id: int, key: str) -> str:
    return f"{action}:{ticket_id}:{user_id}:{key}"
