"""What we use of DBOS below its documented interface is there, and says what the documented interface says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from dbos import DBOSClient, run_dbos_database_migrations

from zendesk_gupshup.worker.dbos_internals import has_workflow_table, retry_full_disk
from zendesk_gupshup.worker.queue import _client, ask
from zendesk_gupshup.worker.queue_status import QueueStatus, has_backlog, queue_status


@pytest.fixture
def client(shared_engine: sa.Engine) -> Iterator[DBOSClient]:
    """DBOS's own client on the tables that this release of DBOS makes."""
    assert (has_workflow_table(shared_engine), queue_status(shared_engine)) == (False, None)
    run_dbos_database_migrations(shared_engine.url.render_as_string(hide_password=False))
    made = _client(shared_engine)
    yield made
    made.destroy()


def test_the_table_tells_what_the_client_tells(shared_engine: sa.Engine, client: DBOSClient) -> None:
    assert (has_workflow_table(shared_engine), queue_status(shared_engine), has_backlog(shared_engine)) == (
        True,
        QueueStatus(),
        False,
    )
    for number in range(3):
        ask(shared_engine, f"webhook:7:{number}", 7)
    found = client.list_workflows(name="ticket", status="ENQUEUED")
    status = queue_status(shared_engine)
    assert {flow.workflow_id for flow in found} == {f"webhook:7:{number}" for number in range(3)}
    assert (status and status.tickets, has_backlog(shared_engine)) == (3, True)
    client.cancel_workflows([flow.workflow_id for flow in found])
    assert (queue_status(shared_engine), has_backlog(shared_engine)) == (QueueStatus(), False)


def test_tickets_in_backoff_are_counted_where_they_are_asked_for(shared_engine: sa.Engine, client: DBOSClient) -> None:
    options = {"workflow_name": "ticket", "queue_name": "tickets", "queue_partition_key": "7", "delay_seconds": 900.0}
    client.enqueue(options, 7)  # type: ignore[arg-type]  # a plain dict of the options' keys
    due, all_ = queue_status(shared_engine), queue_status(shared_engine, delayed=True)
    assert (due, all_ and all_.tickets) == (QueueStatus(), 1)


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
def test_dbos_retries_what_a_full_disk_refused(shared_engine: sa.Engine, client: DBOSClient) -> None:
    retry_full_disk(shared_engine)
    refused: list[str] = []

    @sa.event.listens_for(shared_engine, "connect")
    def _full(connection: object, _record: object) -> None:
        # SQLite's own limit: its message is that of a full disk.
        pages = 1 if not refused else 10**9
        connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]  # the driver's connection

    @sa.event.listens_for(shared_engine, "handle_error")
    def _room(context: sa.engine.ExceptionContext) -> None:
        refused.append(str(context.original_exception))
        shared_engine.dispose()

    shared_engine.dispose()
    ask(shared_engine, "webhook:7:01J", 7)
    # More than the pages that there are already have room for.
    for number in range(40):
        ask(shared_engine, f"webhook:7:{number}", 7)
    status = queue_status(shared_engine)
    assert (set(refused), status and status.tickets) == ({"database or disk is full"}, 41)
