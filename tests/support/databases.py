"""A database for a test: SQLite, and PostgreSQL: the run's own server, or that of TEST_DATABASE_URL.

All tests of a process use one PostgreSQL database after the other, and only the first of them makes its tables.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.schema import HEAD, VERSION_TABLE, upgrade, version

ACCOUNT = "https://example.zendesk.com"
_FILE = "zendesk-gupshup.sqlite"
# All that is ours in a PostgreSQL database, by what changes when somebody makes, alters or drops it.
_TABLES = sa.text(
    "SELECT CAST(c.oid AS bigint), c.relname, c.relkind, a.attname, CAST(a.atttypid AS bigint), a.attnotnull"
    " FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
    " WHERE c.relname LIKE 'zg\\_%' OR c.relname LIKE 'ix\\_zg\\_%' ORDER BY 1, a.attnum"
)
# As the upgrade of this process left them, by the URL of the database.
_made: dict[str, list[sa.Row[tuple[object, ...]]]] = {}


def database(kind: str, folder: Path) -> sa.Engine:
    """With our tables, and nothing in them; an SQLite file that is there is opened as it is."""
    if kind == "sqlite":
        return _copied(folder)
    engine = open_engine(_own_database("tables"), folder)
    key = str(engine.url)
    with engine.begin() as connection:
        found = list(connection.execute(_TABLES))
        as_made = found == _made.get(key) and version(connection) == HEAD
        if as_made:
            _clear(connection, found)
    if not as_made:
        _drop_tables(engine)
        upgrade(engine)
        with engine.begin() as connection:
            _made[key] = list(connection.execute(_TABLES))
    return engine


def empty_database(kind: str, folder: Path) -> sa.Engine:
    """Without any table of ours, for tests of how those are made."""
    if kind == "sqlite":
        return open_engine(None, folder)
    engine = open_engine(_own_database("empty"), folder)
    _drop_tables(engine)
    return engine


def queue_database(kind: str, folder: Path) -> sa.Engine:
    """A database with our tables, in which a worker makes its queue."""
    made = database(kind, folder)
    if kind == "postgresql":
        with made.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS dbos CASCADE")
    return made


def _copied(folder: Path) -> sa.Engine:
    engine = open_engine(None, folder)
    file = folder / _FILE
    if not file.stat().st_size:
        file.write_bytes(_sqlite_file())
    return engine


@cache
def _sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(None, Path(folder))
        upgrade(engine)
        # Whoever closes the last connection writes all into this one file.
        engine.dispose()
        return (Path(folder) / _FILE).read_bytes()


def _clear(connection: sa.Connection, tables: list[sa.Row[tuple[object, ...]]]) -> None:
    """Take the rows out, and number the next ones from 1."""
    names = {(str(row.relname), str(row.relkind)) for row in tables}
    emptied = [f"DELETE FROM {name}" for name, kind in sorted(names) if kind == "r" and name != VERSION_TABLE]
    numbered = [f"SELECT setval('{name}', 1, false)" for name, kind in sorted(names) if kind == "S"]
    connection.exec_driver_sql("; ".join(emptied + numbered))


def _drop_tables(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        found = sa.MetaData()
        found.reflect(connection, only=lambda name, _: name.startswith("zg_"))
        found.drop_all(connection)


def _own_database(what: str) -> str:
    """The URL of a database of this process: tests run side by side in several, and each empties its own."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        pytest.skip("no PostgreSQL runs here: set TEST_DATABASE_URL to a database beside which others may be made")
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return _beside(url, f"zg_{what}_{process}")


@cache
def _beside(url: str, name: str) -> str:
    """The URL of the database of this name on the same server, which is made if it is not there."""
    first = open_engine(url, Path())
    with first.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        known = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if known.scalar() is None:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    first.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)
