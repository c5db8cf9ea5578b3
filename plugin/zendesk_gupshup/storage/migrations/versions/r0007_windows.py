"""The hour's replies move to the table of windows; `zg_sent` keeps what was written on each ticket."""

from __future__ import annotations

import json
import time

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_HOUR = 3600


def upgrade() -> None:
    connection = op.get_bind()
    sent = sa.table("zg_sent", *map(sa.column, ("account", "kind", "subject", "at")))
    windows = sa.table("zg_budget", *map(sa.column, ("account", "name", "log", "at")))
    now = time.time()
    lately = (sent.c.kind == "reply") & (sent.c.at > now - _HOUR) & (sent.c.at < now + _HOUR)
    logs: dict[str, list[tuple[int, int, str]]] = {}
    for row in connection.execute(sa.select(sent).where(lately).order_by(sent.c.at)):
        logs.setdefault(row.account, []).append((round(row.at * 1000), 1, row.subject))
    for account, log in logs.items():
        # A store that was set back by hand has the row already.
        here = (windows.c.account == account) & (windows.c.name == "replies")
        connection.execute(sa.delete(windows).where(here))
        connection.execute(
            sa.insert(windows).values(account=account, name="replies", log=json.dumps(log), at=log[-1][0] // 1000)
        )
    connection.execute(sa.delete(sent).where(sent.c.kind.in_(("reply", "update"))))
