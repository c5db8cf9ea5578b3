"""An empty database for a test: SQLite, and PostgreSQL: the run's own, or that of TEST_DATABASE_URL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.schema import upgrade

ACCOUNT = "https://example.zendesk.com"


def database(kind: str, folder: Path) -> sa.Engine:
    if kind == "sqlite":
        return open_engine(None, folder)
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        pytest.skip("no PostgreSQL runs here: set TEST_DATABASE_URL to a database that may be emptied")
    engine = open_engine(_own_database(url, folder), folder)
    with engine.begin() as connection:
        found = sa.MetaData()
        found.reflect(connection, only=lambda name, _: name.startswith("zg_"))
        found.drop_all(connection)
    return engine


def _own_database(url: str, folder: Path) -> str:
    """A database for each process that runs tests side by side: each test empties its own."""
    process = os.environ.get("PYTEST_XDIST_WORKER")
    if not process:
        return url
    made = sa.make_url(url).set(database=f"zg_tests_{process}")
    first = open_engine(url, folder)
    with first.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        known = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": made.database})
        if known.scalar() is None:
            connection.exec_driver_sql(f'CREATE DATABASE "{made.database}"')
    first.dispose()
    return made.render_as_string(hide_password=False)


def queue_database(kind: str, folder: Path) -> sa.Engine:
    """A database with our tables, in which a worker makes its queue."""
    made = database(kind, folder)
    if kind == "postgresql":
        with made.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS dbos CASCADE")
    upgrade(made)
    return made
