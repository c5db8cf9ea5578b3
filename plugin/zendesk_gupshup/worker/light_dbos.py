"""DBOS without psycopg, YAML, SQLAlchemy's ORM and asyncio part, which it loads for what we do not use.

A worker on SQLite never loads them. On PostgreSQL SQLAlchemy loads psycopg, and DBOS's errors are compared with its.
"""

from __future__ import annotations

from zendesk_gupshup.ops.light_imports import stand_ins

_UNUSED = {
    "psycopg": (),
    "psycopg.errors": (),
    # For a configuration in a file.
    "yaml": (),
    # For enqueuing in a caller's ORM session.
    "sqlalchemy.orm": ("Session",),
    "sqlalchemy.ext.asyncio": ("AsyncSession",),
    # For transactions of a caller's own database.
    "dbos._datasource": ("AsyncSQLAlchemyDatasource", "SQLAlchemyDatasource"),
}

with stand_ins(_UNUSED):
    from dbos import (
        DBOS,
        DBOSClient,
        DBOSConfig,
        DBOSPortableJSONSerializer,
        EnqueueOptions,
        Queue,
        SetEnqueueOptions,
        SetWorkflowID,
    )
    from dbos._core import ActiveWorkflowById
    from dbos._queue import queue_worker_thread

__all__ = [
    "DBOS",
    "ActiveWorkflowById",
    "DBOSClient",
    "DBOSConfig",
    "DBOSPortableJSONSerializer",
    "EnqueueOptions",
    "Queue",
    "SetEnqueueOptions",
    "SetWorkflowID",
    "queue_worker_thread",
]
