"""One transaction for what several parts store: each commit waits for the disk.

Each part stores by `storing` and reads by `reading`. Alone each is a transaction of its own; inside of a block of
`together` in the same thread all of them are one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import sqlalchemy as sa

_here = threading.local()


@contextmanager
def together(engine: sa.Engine, *, soon: bool = False) -> Iterator[None]:
    """What this thread stores in the block is kept when the block ends, or none of it where the block raises.

    Others wait for it: no request and nothing slow belongs in here. Inside of another one it is a part of that. `soon`:
    a power cut may take it back, as with `storing_soon`. Raises `SQLAlchemyError`.
    """
    if is_joined(engine):
        yield
        return
    outer = getattr(_here, "connection", None), getattr(_here, "undone", [])
    with engine.connect() as connection, _not_waiting(connection) if soon else nullcontext():
        _begin_alone(connection)
        _here.connection, _here.undone = connection, []
        kept = False
        try:
            yield
            connection.commit()
            kept = True
        finally:
            undone = _here.undone
            _here.connection, _here.undone = outer
            for call in () if kept else undone:
                call()


@contextmanager
def storing(engine: sa.Engine, *, alone: bool = False) -> Iterator[sa.Connection]:
    """The connection to store with. `alone`: on SQLite nobody stores anything from here on, not only from our first
    change on, as PostgreSQL's locks of rows would have it. Raises `SQLAlchemyError`."""
    if (joined := _joined(engine)) is not None:
        yield joined
    else:
        with engine.begin() as connection:
            if alone:
                _begin_alone(connection)
            yield connection


@contextmanager
def storing_soon(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The same for what a power cut may take back: it outlives this process, and the commit does not wait for the disk.

    It is on the disk with the next commit that waits, whoever makes that: both databases write one log. Inside of
    `together` it is kept with all else. Raises `SQLAlchemyError`.
    """
    if (joined := _joined(engine)) is not None:
        yield joined
        return
    with engine.connect() as connection, _not_waiting(connection):
        yield connection
        connection.commit()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The connection to read with. Raises `SQLAlchemyError`."""
    if (joined := _joined(engine)) is not None:
        yield joined
    else:
        with engine.connect() as connection:
            yield connection


@contextmanager
def apart(engine: sa.Engine) -> Iterator[None]:
    """Inside of `together`: what fails in this block takes nothing else along. Elsewhere it changes nothing."""
    if (joined := _joined(engine)) is not None:
        with joined.begin_nested():
            yield
    else:
        yield


def if_undone(engine: sa.Engine, call: Callable[[], None]) -> None:
    """Inside of `together`: call this where the block is not kept."""
    if is_joined(engine):
        _here.undone.append(call)


def is_joined(engine: sa.Engine) -> bool:
    """Whether this thread is inside of `together`."""
    return _joined(engine) is not None


@contextmanager
def _not_waiting(connection: sa.Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
        yield
        return
    # Not to be changed inside of a transaction; https://www.sqlite.org/pragma.html#pragma_synchronous
    connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        try:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
        except BaseException:
            # Whoever got it next from the pool would not wait for the disk, either.
            connection.invalidate()
            raise


def _begin_alone(connection: sa.Connection) -> None:
    """The driver of SQLite begins a transaction by itself only before a change: what is read first would be outside."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _joined(engine: sa.Engine) -> sa.Connection | None:
    connection: sa.Connection | None = getattr(_here, "connection", None)
    return connection if connection is not None and connection.engine is engine else None
