"""The store in which all processes count requests against Zendesk's limits: fast, and not durable."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from zendesk_gupshup.storage.schema import upgrade
from zendesk_gupshup.storage.window_counter import WindowCounter
from zendesk_gupshup.storage.window_table import SqliteWindowTable


def rate_limit_counter(engine: sa.Engine, account: str, *, clock: Callable[[], float] | None = None) -> WindowCounter:
    """The counter for the given store, which does not wait for the disk: a power cut loses a minute's counting.

    On SQLite a file of its own: a writer blocks all other writers of its file, and every request is counted here.
    Raises `SQLAlchemyError`.
    """
    upgrade(engine)
    if engine.dialect.name == "sqlite" and engine.url.database:
        file = Path(engine.url.database)
        file = file.with_name(f"{file.stem}-budget{file.suffix}")
        file.touch(mode=0o600)
        table = SqliteWindowTable(file, account, clock or time.time)
        sa.event.listen(engine, "engine_disposed", lambda _: table.close())
        return WindowCounter(engine, account, clock=clock, table=table)
    options = " ".join(filter(None, [str(engine.url.query.get("options", "")), "-c synchronous_commit=off"]))
    made = sa.create_engine(engine.url, pool_size=4, connect_args={"connect_timeout": 5, "options": options})
    sa.event.listen(engine, "engine_disposed", lambda _: made.dispose())
    return WindowCounter(made, account, clock=clock)
