"""What goes wrong on our own side: a full disk, a locked database, a database that is gone for a while."""

from __future__ import annotations

import os
import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

DATABASE = "database_gone"


@contextmanager
def disk_full(pid: Callable[[], int], seconds: float) -> Iterator[None]:
    """No file of the process may grow: what a full disk does to it. Ends after so many seconds."""
    who = pid()
    _, most = resource.prlimit(who, resource.RLIMIT_FSIZE)
    resource.prlimit(who, resource.RLIMIT_FSIZE, (4096, most))

    def free() -> None:
        # It may have been killed meanwhile.
        with suppress(ProcessLookupError):
            resource.prlimit(who, resource.RLIMIT_FSIZE, (most, most))

    with _for(seconds, free):
        yield


@contextmanager
def locked(file: Path, seconds: float) -> Iterator[None]:
    """Another process's write transaction that does not end for so many seconds."""
    connection = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")

    def unlock() -> None:
        connection.execute("ROLLBACK")
        connection.close()

    with _for(seconds, unlock):
        yield


@contextmanager
def gone_away(url: str, seconds: float) -> Iterator[None]:
    """PostgreSQL lets nobody into the database for so many seconds, and ends who is there."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg", database="postgres"))
    name = str(sa.make_url(url).database)

    def allow(yes: bool) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS {"true" if yes else "false"}')
            if not yes:
                ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.exec_driver_sql(ended, (name,))

    allow(False)

    def back() -> None:
        allow(True)
        engine.dispose()

    with _for(seconds, back):
        yield


@contextmanager
def database_of_its_own(url: str | None) -> Iterator[str | None]:
    """A new database beside the given one, gone at the end; `None` where none was given."""
    if url is None:
        yield None
        return
    name = f"trouble_{os.getpid()}"
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg", database="postgres"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield sa.make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@contextmanager
def _for(seconds: float, end: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    finally:
        timer.join()
