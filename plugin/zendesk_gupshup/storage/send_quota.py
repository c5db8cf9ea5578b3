"""What was sent lately, counted over all processes: a ceiling on public replies, a share for each organization.

The count and what it allows are one transaction, made at the moment of sending: however many threads and processes
ask at once, no more get through than the limit says.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.zendesk.errors import ZendeskError

from .schema import SENT, insert_into, upgrade

log = logging.getLogger(__name__)

HOUR, MINUTE = 3600.0, 60.0
_REPLY, _UPDATE = "reply", "update"

_OF_KIND = (SENT.c.account == sa.bindparam("account")) & (SENT.c.kind == sa.bindparam("kind"))
# Not after now either: what a clock that jumped has written would otherwise count until that time comes.
_LATELY = (SENT.c.at > sa.bindparam("since")) & (SENT.c.at < sa.bindparam("until"))
_SEEN = sa.select(SENT.c.at).where(_OF_KIND, SENT.c.subject == sa.bindparam("subject"), _LATELY)
_COUNT = sa.select(sa.func.count()).select_from(SENT).where(_OF_KIND, SENT.c.of == sa.bindparam("of"), _LATELY)


class QuotaExceeded(ZendeskError):
    """The hour has no room for another public reply, and whoever wanted to send it would rather stop."""

    permanent = True

    def __init__(self, message: str) -> None:
        super().__init__(message, account_wide=True)


class SendQuota:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self._engine = engine
        self._account = account
        self._now = now
        digest = hashlib.blake2b(f"sent {account}".encode(), digest_size=8).digest()
        self._turn = sa.select(sa.func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True)))
        # Made once: making them takes several times as long as the database does.
        columns = ("account", "kind", "subject", "of", "at")
        row = insert_into(engine, SENT).values({name: sa.bindparam(name) for name in columns})
        self._put = row.on_conflict_do_update(
            index_elements=["account", "kind", "subject"], set_={"at": sa.bindparam("at")}
        )

    def reply(self, ticket_id: int, marker: str, limit: int) -> bool:
        """Whether one more public reply may go out in this hour. The same reply, tried again, counts once."""
        return self._take(_REPLY, f"{ticket_id}:{marker}"[:192], 0, limit, HOUR)

    def update(self, ticket_id: int, organization_id: int, limit: int) -> bool:
        """Whether this organization may have one more update in this minute."""
        return self._take(_UPDATE, f"{ticket_id}:{secrets.token_hex(8)}", organization_id, limit, MINUTE)

    def replies(self) -> int:
        """Public replies in the last hour."""
        return self._so_many(_REPLY, 0, HOUR)

    def updates(self, organization_id: int) -> int:
        """The organization's updates in the last minute."""
        return self._so_many(_UPDATE, organization_id, MINUTE)

    def tidy(self) -> None:
        """Drop what counts no more."""
        now = self._now()
        with self._engine.begin() as connection:
            for kind, seconds in ((_REPLY, HOUR), (_UPDATE, MINUTE)):
                old = sa.and_(_OF_KIND, sa.not_(_LATELY))
                connection.execute(sa.delete(SENT).where(old), self._when(kind, seconds, now))

    def _take(self, kind: str, subject: str, of: int, limit: int, seconds: float) -> bool:
        now = self._now()
        when = self._when(kind, seconds, now)
        with self._engine.begin() as connection:
            # What reads must not read beside another one's write.
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(self._turn)
            if connection.execute(_SEEN, {**when, "subject": subject}).first() is not None:
                return True
            if int(connection.execute(_COUNT, {**when, "of": of}).scalar_one()) >= limit:
                return False
            row = {"account": self._account, "kind": kind, "subject": subject, "of": of, "at": now}
            connection.execute(self._put, row)
            return True

    def _so_many(self, kind: str, of: int, seconds: float) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(_COUNT, {**self._when(kind, seconds, self._now()), "of": of}).scalar_one())

    def _when(self, kind: str, seconds: float, now: float) -> dict[str, Any]:
        return {"account": self._account, "kind": kind, "since": now - seconds, "until": now + seconds}


_told: list[float] = []
_telling = threading.Lock()


def alarm(limit: int) -> None:
    """Say once an hour that the ceiling keeps replies back; the metrics say it all the time."""
    metrics.HELD_BACK.inc()
    with _telling:
        now = time.monotonic()
        if _told and now - _told[-1] < HOUR:
            return
        _told[:] = [now]
    log.error(
        "the ceiling of %d public replies an hour is reached: further replies go to the agents as notes, tagged "
        "gupshup_held_back. If the rule is right, raise [reply] per_hour; if not, put its code on assist under [modes]",
        limit,
    )
