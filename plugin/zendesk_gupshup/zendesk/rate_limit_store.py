"""The store in which all processes count requests against Zendesk's limits: fast, and not durable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.storage.schema import WINDOW, upgrade
from zendesk_gupshup.storage.sqlite_writer_lock import one_writer_at_a_time
from zendesk_gupshup.storage.window_counter import WindowCounter


def rate_limit_counter(engine: sa.Engine, account: str, *, clock: Callable[[], float] | None = None) -> WindowCounter:
    """The counter for the given store. Raises `SQLAlchemyError`."""
    upgrade(engine)
    return WindowCounter(_without_fsync(engine), account, clock=clock)


def _without_fsync(engine: sa.Engine) -> sa.Engine:
    """The same store without waiting for the disk: a power cut loses a minute's counting.

    On SQLite a file of its own: a writer blocks all other writers of its file, and every request is counted here.
    """
    if engine.dialect.name == "sqlite" and engine.url.database:
        file = Path(engine.url.database)
        file = file.with_name(f"{file.stem}-budget{file.suffix}")
        file.touch(mode=0o600)
        made = sa.create_engine(f"sqlite:///{file}", pool_size=4)
        one_writer_at_a_time(made)

        @sa.event.listens_for(made, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-256"):
                connection.execute(f"PRAGMA {pragma}")

        # Another process may make it between our check and our making it.
        with made.begin() as connection:
            connection.execute(sa.schema.CreateTable(WINDOW, if_not_exists=True))
    else:
        options = " ".join(filter(None, [str(engine.url.query.get("options", "")), "-c synchronous_commit=off"]))
        made = sa.create_engine(engine.url, pool_size=4, connect_args={"connect_timeout": 5, "options": options})
    sa.event.listen(engine, "engine_disposed", lambda _: made.dispose())
    return made
