"""All that we use of DBOS below its documented interface: its table of workflows, and the errors that it retries.

`DBOSClient.list_workflows` returns rows and has no count, and a scrape of `/metrics` must not cost more for a long
queue than for a short one. `tests/worker/test_dbos_internals.py` fails when a release of DBOS changes what is here.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

_TABLE = "workflow_status"
_COLUMNS = ("workflow_uuid", "status", "name", "queue_partition_key", "created_at")
# Messages of SQLite for a full disk and for a file that it cannot reach: both pass.
_TRANSIENT = ("disk I/O error", "database or disk is full", "unable to open database file")


def workflow_table(engine: sa.Engine) -> sa.TableClause:
    """The table of workflows; `created_at` is in milliseconds."""
    return sa.table(_TABLE, *map(sa.column, _COLUMNS), schema=_schema(engine))


def has_workflow_table(engine: sa.Engine) -> bool:
    """Whether a worker has run on this database. Raises `SQLAlchemyError`."""
    return sa.inspect(engine).has_table(_TABLE, schema=_schema(engine))


def retry_full_disk(engine: sa.Engine) -> None:
    """Have DBOS retry a write that a full disk refused, as it retries one that meets a lock.

    It recognises a lock by its message. After any other error it drops the workflow and leaves its row PENDING, which
    blocks the ticket until a restart.
    """
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "handle_error", _as_locked, retval=True)


def _as_locked(context: sa.engine.ExceptionContext) -> BaseException | None:
    message = str(context.original_exception)
    if not any(text in message for text in _TRANSIENT):
        return None
    original = sqlite3.OperationalError(f"database is locked: {message}")
    return sa.exc.OperationalError(context.statement, None, original)


def _schema(engine: sa.Engine) -> str | None:
    return None if engine.dialect.name == "sqlite" else "dbos"
