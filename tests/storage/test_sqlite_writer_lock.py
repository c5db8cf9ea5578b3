"""Writers of one process take turns on an SQLite file, whatever becomes of their transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from zendesk_gupshup.storage import sqlite_writer_lock
from zendesk_gupshup.storage.engine import open_engine

ROW = sa.table("row", sa.column("number", sa.Integer))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_engine(None, tmp_path)

    # Without patience, a writer that does not take its turn meets with "database is locked" at once.
    @sa.event.listens_for(made, "connect")
    def _impatient(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout=0")

    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE row (number INTEGER PRIMARY KEY)")
    yield made
    made.dispose()


def numbers(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(ROW.c.number).order_by(ROW.c.number)))


def together(count: int, work: Any) -> list[BaseException]:
    """Run it on so many threads at once; what went wrong on them."""
    gate, wrong = threading.Barrier(count), list[BaseException]()

    def one(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - told to the test
            wrong.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_nobody_finds_the_file_locked(engine: sa.Engine) -> None:
    def work(number: int) -> None:
        for step in range(20):
            with engine.begin() as connection:
                connection.execute(sa.insert(ROW).values(number=100 * number + step))
                connection.execute(sa.select(ROW.c.number)).all()

    assert together(8, work) == []
    assert numbers(engine) == [100 * n + step for n in range(8) for step in range(20)]


@pytest.mark.parametrize("how", ["statement", "block", "rollback", "invalidated"])
def test_what_goes_wrong_keeps_nobody_waiting(engine: sa.Engine, how: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(ROW).values(number=1))

    def fail() -> None:
        if how == "statement":
            with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
                connection.execute(sa.insert(ROW).values(number=1))
        elif how == "block":
            with suppress(ZeroDivisionError), engine.begin() as connection:
                connection.execute(sa.insert(ROW).values(number=2))
                raise ZeroDivisionError
        else:
            with engine.connect() as connection:
                connection.execute(sa.insert(ROW).values(number=2))
                if how == "rollback":
                    connection.rollback()
                else:
                    connection.invalidate()

    def work(number: int) -> None:
        fail()
        with engine.begin() as connection:
            connection.execute(sa.insert(ROW).values(number=10 + number))

    assert together(4, work) == []
    assert numbers(engine) == [1, 10, 11, 12, 13]


def test_readers_wait_for_nobody(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(ROW).values(number=1))
        assert numbers(engine) == []
    assert numbers(engine) == [1]


def test_a_writer_that_lost_patience_goes_ahead_and_waits_no_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    class HeldForGood:
        def acquire(self, timeout: float) -> bool:
            asked.append(timeout)
            return False

    monkeypatch.setattr(sqlite_writer_lock, "threading", SimpleNamespace(Lock=HeldForGood))
    engine = open_engine(None, tmp_path)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE row (number INTEGER PRIMARY KEY)")
        for number in range(3):
            connection.execute(sa.insert(ROW).values(number=number))
    assert (asked, numbers(engine)) == ([sqlite_writer_lock._PATIENCE], [0, 1, 2])
    engine.dispose()
