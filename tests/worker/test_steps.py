"""What an older version left in the queue, at each point of a ticket's workflow, is taken up and said once.

Older versions ran the handler as the workflow's first step, and recorded what it returned.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.worker.handler import Requeue
from zendesk_gupshup.worker.queue import TicketQueue
from zendesk_gupshup.worker.queue_client import QueueClient

KEY = "webhook:7:01J"
STATUSES = "SELECT workflow_uuid, status FROM workflow_status WHERE name = 'ticket' ORDER BY workflow_uuid"
IN_HAND = """UPDATE workflow_status SET status = 'PENDING', executor_id = 'worker-0', owner_xid = 'x',
    recovery_attempts = 1 WHERE name = 'ticket'"""
STEP = """INSERT INTO operation_outputs (workflow_uuid, function_id, function_name, output, serialization)
    VALUES (:key, 1, 'handle', :output, 'portable_json')"""


@contextmanager
def queue(
    engine: sa.Engine, state: Path, handler: Callable[[int, str | None, int], Requeue | None]
) -> Iterator[TicketQueue]:
    made = TicketQueue(engine, state, handler=handler, concurrency=4, sweep=None, tidy=lambda: None)
    made.start()
    try:
        yield made
    finally:
        made.stop(5)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_engine(None, tmp_path)
    # Makes the tables.
    with queue(made, tmp_path, lambda *_: None):
        pass
    yield made
    made.dispose()


def left(engine: sa.Engine, recorded: str | None) -> None:
    """A ticket in the hand of a worker that is gone, and what the handler's step had recorded by then, if it had."""
    QueueClient(engine).enqueue_all([(KEY, 7, None)])
    with engine.begin() as connection:
        connection.exec_driver_sql(IN_HAND)
        if recorded is not None:
            connection.execute(sa.text(STEP), {"key": KEY, "output": recorded})


@pytest.mark.parametrize(
    ("recorded", "returned", "then"),
    [
        (None, [None], [KEY]),
        ("null", [None], [KEY]),
        ("null", [Requeue(0.1)], [KEY]),
        ("[0.1, true]", [None], [KEY]),
        ("[0.1, true]", [Requeue(5.0, counts=False), None], [KEY, f"{KEY}~2"]),
        ("0.1", [Requeue(5.0), None], [KEY, f"{KEY}~2"]),
        (None, [Requeue(0.1), Requeue(0.1, counts=False), None], [KEY, f"{KEY}~2", f"{KEY}~2.1"]),
    ],
    ids=["begun", "done", "done, now put off", "put off", "put off twice", "a number", "put off by this version"],
)
def test_what_was_in_hand_is_handled_once_more_and_no_entry_is_lost(
    engine: sa.Engine, tmp_path: Path, recorded: str | None, returned: list[Requeue | None], then: list[str]
) -> None:
    left(engine, recorded)
    visits, over = list(returned), threading.Event()

    def handler(ticket_id: int, seen_at: str | None, attempt: int) -> Requeue | None:
        answer = visits.pop(0)
        if not visits:
            over.set()
        return answer

    with queue(engine, tmp_path, handler) as running:
        for _ in range(600):
            running.wake()
            if over.wait(0.05):
                break
        for _ in range(600):
            if running.status().tickets == 0:
                break
            # What is in backoff is due at some poll, and the next one need not come by itself.
            running.wake()
            threading.Event().wait(0.05)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(STATUSES).all() == [(key, "SUCCESS") for key in then]
