"""A database that cannot be used is one line with path, cause and remedy, and never the driver's message."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from zendesk_gupshup.storage.engine import BadDatabaseUrl, open_engine
from zendesk_gupshup.storage.schema import upgrade
from zendesk_gupshup.storage.store_fault import StoreFault, store_fault


def _file_in_the_way(state: Path) -> None:
    state.write_text("a file where a folder should be", "utf-8")
    open_engine(None, state)


def _file_above_it(state: Path) -> None:
    state.write_text("a file where a folder should be", "utf-8")
    open_engine(None, state / "deeper")


def _garbage(state: Path) -> None:
    state.mkdir()
    (state / "zendesk-gupshup.sqlite").write_bytes(b"this is no database, whatever it is called" * 100)
    upgrade(open_engine(None, state))


def _full(state: Path) -> None:
    with open_engine(None, state).begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=2")
        connection.exec_driver_sql("CREATE TABLE one (a)")
        connection.exec_driver_sql("CREATE TABLE two (a)")


def _query_only(state: Path) -> None:
    with open_engine(None, state).begin() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("CREATE TABLE one (a)")


def _no_file(state: Path) -> None:
    engine = open_engine(None, state)
    (state / "zendesk-gupshup.sqlite").unlink()
    (state / "zendesk-gupshup.sqlite").mkdir()
    engine.connect()


FILE = "{state}/zendesk-gupshup.sqlite"
LOCAL: tuple[tuple[Callable[[Path], None], str, str], ...] = (
    (_file_in_the_way, "{state}", "a file is in the way where a folder is needed"),
    (_file_above_it, "{state}", "a file is in the way where a folder is needed"),
    (_garbage, FILE, "the file is damaged, or is no SQLite database"),
    (_full, FILE, "the disk is full"),
    (_query_only, FILE, "it is read-only"),
    (_no_file, FILE, "it cannot be opened"),
)


@pytest.mark.parametrize(("use", "where", "cause"), LOCAL, ids=[one[0].__name__.strip("_") for one in LOCAL])
def test_a_sqlite_file_that_cannot_be_used(tmp_path: Path, use: Callable[[Path], None], where: str, cause: str) -> None:
    state = tmp_path / "state"
    with pytest.raises((OSError, sa.exc.SQLAlchemyError)) as caught:
        use(state)
    asked = state / "deeper" if use is _file_above_it else state
    fault = store_fault(caught.value, asked, remote=False)
    assert fault is not None
    assert fault.text == f"{where.format(state=state)}: the database cannot be used: {cause}"


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "it is read-only"),
        (errno.EACCES, "this user may not write there"),
    ],
)
def test_an_error_of_the_file_system_names_its_file(number: int, cause: str) -> None:
    error = OSError(number, os.strerror(number), "/data/state")
    fault = store_fault(error, Path("/data/state"), remote=False)
    assert fault is not None
    assert fault.text == f"/data/state: the database cannot be used: {cause}"


def _wrapped(original: BaseException) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("SELECT 1", None, original)


REMOTE = (
    (BadDatabaseUrl(), "not a PostgreSQL URL"),
    (_wrapped(psycopg.OperationalError("connection failed: Connection refused")), "no PostgreSQL server answers"),
    (_wrapped(psycopg.OperationalError("failed to resolve host 'h'")), "no PostgreSQL server answers"),
    (_wrapped(psycopg.OperationalError('FATAL:  password authentication failed for user "a"')), "refuses the user"),
    (_wrapped(psycopg.OperationalError('FATAL:  role "a" does not exist')), "refuses the user"),
    (_wrapped(psycopg.OperationalError('FATAL:  database "d" does not exist')), "no such database"),
    (_wrapped(psycopg.OperationalError("FATAL:  sorry, too many clients already")), "no connection left"),
    (_wrapped(errors.DiskFull("s3cret")), "the server's disk is full"),
    (_wrapped(errors.ReadOnlySqlTransaction("s3cret")), "the server is read-only"),
    (_wrapped(errors.InsufficientPrivilege("s3cret")), "its user may not create or write tables"),
)


@pytest.mark.parametrize(("error", "cause"), REMOTE, ids=[one[1] for one in REMOTE])
def test_a_server_that_cannot_be_used(error: BaseException, cause: str) -> None:
    line = str(store_fault(error, Path("state"), remote=True))
    assert line.startswith("DATABASE_URL: the database cannot be used: ")
    assert (cause in line, "; " in line, "s3cret" in line) == (True, True, False)


def test_what_is_not_known_is_not_explained() -> None:
    unknown = [_wrapped(errors.UndefinedTable("x")), OSError(errno.ENOEXEC, "x"), ImportError("x"), KeyError("x")]
    assert [store_fault(error, Path("state"), remote=False) for error in unknown] == [None] * 4


def test_text_and_remedy_are_one_line() -> None:
    assert str(StoreFault("a: b", "do c")) == "a: b; do c"
