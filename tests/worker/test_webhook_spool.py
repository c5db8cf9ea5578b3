"""Webhooks that were taken reach the queue, whatever becomes of it and of us in between."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from zendesk_gupshup.worker import webhook_spool as module
from zendesk_gupshup.worker.webhook_spool import Burst, SpooledWebhook, SpoolUnusable, WebhookSpool

ROWS = [(f"webhook:{n}:01J{n}", n, "2026-11-21T08:59:58Z") for n in range(100)]
GONE = OperationalError("insert", {}, Exception("database is locked"))


class Queue:
    """Remembers what it was given, after so many refusals."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.given: list[SpooledWebhook] = []
        self.changed = threading.Condition()

    def __call__(self, rows: Sequence[SpooledWebhook]) -> None:
        with self.changed:
            self.refusals -= 1
            if self.refusals >= 0:
                raise GONE
            self.given += rows
            self.changed.notify_all()

    def wait_for(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.given) >= count, timeout=30)


def test_what_is_put_down_is_handed_over_in_its_order_and_once(tmp_path: Path) -> None:
    queue = Queue()
    with WebhookSpool(tmp_path / "state" / "inbox.sqlite", queue) as inbox:
        inbox.put(ROWS[:60])
        inbox.put(ROWS[40:])
        assert queue.wait_for(100)
    # The overlap may have been handed over before it came again; the queue takes a key once.
    assert list(dict.fromkeys(queue.given)) == ROWS
    assert stat.S_IMODE((tmp_path / "state" / "inbox.sqlite").stat().st_mode) == 0o600


def test_what_a_killed_process_took_is_handed_over_by_the_next_one(tmp_path: Path) -> None:
    killed = WebhookSpool(tmp_path / "inbox.sqlite", Queue())
    killed.put(ROWS)
    assert killed.count() == 100
    queue = Queue()
    with WebhookSpool(tmp_path / "inbox.sqlite", queue) as inbox:
        assert queue.wait_for(100)
    assert queue.given == ROWS
    assert killed.count() == 0
    assert inbox is not killed


def test_a_queue_that_is_gone_for_a_while_gets_everything_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_POLL", 0.01)
    queue = Queue(refusals=5)
    with WebhookSpool(tmp_path / "inbox.sqlite", queue) as inbox:
        inbox.put(ROWS)
        assert queue.wait_for(100)
    assert queue.given == ROWS
    assert [record.getMessage() for record in caplog.records] == [
        "webhooks stay in the spool: the queue cannot be written (OperationalError)"
    ]


def test_nothing_of_a_batch_is_kept_that_cannot_be_kept_whole(tmp_path: Path) -> None:
    inbox = WebhookSpool(tmp_path / "inbox.sqlite", Queue())
    with pytest.raises(sqlite3.Error):
        inbox.put([ROWS[0], ("webhook:1:01J", object(), "")])  # type: ignore[list-item]
    assert inbox.count() == 0
    inbox.put(ROWS[:1])
    assert inbox.count() == 1


def test_a_burst_is_answered_first_and_forwarded_after_five_seconds_at_the_latest() -> None:
    clock, held = [100.0], list[bool]()
    burst = Burst(lambda: clock[0])
    # Seconds that pass, and webhooks that come in then.
    for seconds, count in ((0, 49), (0.1, 1), (0.5, 0), *((0.25, 40),) * 24, (0.75, 0), (0, 50)):
        clock[0] += seconds
        burst.add(count)
        held.append(burst.holds())
    assert held == [False, True, False, False, *[True] * 21, False, False, False, True]


def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    damaged = tmp_path / "inbox.sqlite"
    damaged.write_bytes(b"no database " * 100)
    for file, why in ((damaged, "file is not a database"), (tmp_path, "unable to open database file")):
        with pytest.raises(SpoolUnusable) as caught:
            WebhookSpool(file, Queue())
        remedy = "if the file is damaged, move it away: the sweep finds the tickets of the webhooks in it"
        assert str(caught.value) == f"{file}: the webhook spool cannot be used: {why}; {remedy}"
