"""Queues tickets without working on any: for webhooks, sweeps and `failures retry`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from .dbos_internals import has_workflow_table
from .light_dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions

APPLICATION = "zendesk-gupshup"
QUEUE = "tickets"
# Raised only when the order of a workflow's steps changes: DBOS leaves work of another version where it is.
STEPS_VERSION = "1"

# Key, ticket, and when the ticket was last known to change.
QueueEntry = tuple[str, int, str | None]


class QueueUnavailable(RuntimeError):
    """The database has no queue yet."""


class QueueClient:
    """For any number of threads and processes. A key is queued once, however often it is enqueued.

    `queued` is called after each commit.
    """

    def __init__(self, engine: sa.Engine, queued: Callable[[], None] = lambda: None) -> None:
        self._engine, self._queued = engine, queued
        # Connects when it is first used, which may be before a worker has made the tables.
        self._client = DBOSClient(
            system_database_engine=engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )

    def enqueue_all(self, entries: Sequence[QueueEntry]) -> None:
        """Queue all of them with one commit. Raises `SQLAlchemyError`."""
        with self._engine.begin() as connection:
            for key, ticket_id, seen_at in entries:
                options: EnqueueOptions = {
                    "workflow_name": "ticket",
                    "queue_name": QUEUE,
                    "workflow_id": key,
                    "app_version": STEPS_VERSION,
                    "queue_partition_key": str(ticket_id),
                }
                self._client.enqueue_in_transaction(connection, options, ticket_id, seen_at, key, 1)
        self._queued()


def enqueue(engine: sa.Engine, key: str, ticket_id: int) -> None:
    """Queue one ticket for whichever worker takes it. Raises `QueueUnavailable` and `SQLAlchemyError`."""
    if not has_workflow_table(engine):
        raise QueueUnavailable("no worker has run on this store yet: start `serve` once")
    QueueClient(engine).enqueue_all([(key, ticket_id, None)])
