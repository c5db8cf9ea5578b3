"""What we use of DBOS below its documented interface is there, and says what the documented interface says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions, run_dbos_database_migrations

from zendesk_gupshup.worker import dbos_internals
from zendesk_gupshup.worker.dbos_internals import has_workflow_table, retry_full_disk
from zendesk_gupshup.worker.queue_client import enqueue
from zendesk_gupshup.worker.queue_status import QueueStatus, has_backlog, queue_status


@pytest.fixture
def client(shared_engine: sa.Engine) -> Iterator[DBOSClient]:
    """DBOS's own client on the tables that this release of DBOS makes."""
    assert (has_workflow_table(shared_engine), queue_status(shared_engine)) == (False, None)
    run_dbos_database_migrations(shared_engine.url.render_as_string(hide_password=False))
    made = DBOSClient(system_database_engine=shared_engine)
    yield made
    made.destroy()


def test_the_table_tells_what_the_client_tells(shared_engine: sa.Engine, client: DBOSClient) -> None:
    assert (has_workflow_table(shared_engine), queue_status(shared_engine), has_backlog(shared_engine)) == (
        True,
        QueueStatus(),
        False,
    )
    for number in range(3):
        enqueue(shared_engine, f"webhook:7:{number}", 7)
    found = client.list_workflows(name="ticket", status="ENQUEUED")
    status = queue_status(shared_engine)
    assert {flow.workflow_id for flow in found} == {f"webhook:7:{number}" for number in range(3)}
    assert (status and status.tickets, has_backlog(shared_engine)) == (3, True)
    client.cancel_workflows([flow.workflow_id for flow in found])
    assert (queue_status(shared_engine), has_backlog(shared_engine)) == (QueueStatus(), False)


def options(key: str, **more: Any) -> EnqueueOptions:
    given = {"workflow_name": "ticket", "queue_name": "tickets", "workflow_id": key, "queue_partition_key": "7"}
    return cast("EnqueueOptions", given | more)


def test_tickets_in_backoff_are_counted_where_they_are_asked_for(shared_engine: sa.Engine, client: DBOSClient) -> None:
    client.enqueue(options("webhook:7:1", delay_seconds=900.0), 7)
    due, all_ = queue_status(shared_engine), queue_status(shared_engine, delayed=True)
    assert (due, all_ and all_.tickets) == (QueueStatus(), 1)


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
def test_dbos_retries_what_a_full_disk_refused(shared_engine: sa.Engine, client: DBOSClient) -> None:
    retry_full_disk(shared_engine)
    refused: list[str] = []

    @sa.event.listens_for(shared_engine, "connect")
    def _full(connection: Any, _record: object) -> None:
        # SQLite's own limit has the message of a full disk. None is smaller than the pages that there are.
        connection.execute(f"PRAGMA max_page_count={10**9 if refused else 1}")

    @sa.event.listens_for(shared_engine, "handle_error")
    def _make_room(context: sa.engine.ExceptionContext) -> None:
        refused.append(str(context.original_exception))
        shared_engine.dispose()

    shared_engine.dispose()
    for number in range(40):
        client.enqueue(options(f"webhook:7:{number}"), 7)
    status = queue_status(shared_engine)
    assert (set(refused), status and status.tickets) == ({"database or disk is full"}, 40)


def test_a_wake_up_ends_the_wait_and_one_in_between_is_not_lost() -> None:
    stop = dbos_internals._WakeableStop()
    stop.wake()
    assert stop.wait(3600) is False
    threading.Timer(0.01, stop.wake).start()
    assert stop.wait(3600) is False


def test_wake_ups_are_taken_up_together() -> None:
    now = iter((100.0, 100.0, 100.05, 100.2))
    stop, waits = dbos_internals._WakeableStop(lambda: next(now)), list[float | None]()
    wait_for = stop._changed.wait_for

    def waited(predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        waits.append(timeout)
        return wait_for(predicate, timeout)

    stop._changed.wait_for = waited  # type: ignore[method-assign, assignment]  # the wait is watched, and done
    for _ in range(2):
        stop.wake()
        stop.wait(3600)
    assert waits == [3600, 0.0, 3600, pytest.approx(0.15)]


def test_stopping_ends_the_wait_and_stays() -> None:
    stop = dbos_internals._WakeableStop()
    threading.Timer(0.01, stop.set).start()
    assert (stop.wait(), stop.is_set(), stop.wait(3600)) == (True, True, True)


def test_a_place_that_is_free_is_told() -> None:
    told: list[int] = []
    running = dbos_internals._WakingOnRelease(lambda: told.append(running.count_for_queue("tickets")))
    entry = running.add("webhook:7:1", "tickets", "7")
    assert (running.count_for_queue("tickets"), told) == (1, [])
    entry.release()
    assert told == [0]
