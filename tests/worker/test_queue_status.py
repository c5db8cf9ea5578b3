"""How often the database is asked whether tickets wait."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from zendesk_gupshup.worker import queue_status
from zendesk_gupshup.worker.queue_status import BacklogProbe


def test_the_probe_repeats_its_answer_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, clock = iter([True, False]), [100.0]
    monkeypatch.setattr(queue_status, "has_backlog", lambda _: next(answers))
    probe = BacklogProbe(cast("Any", None), lambda: clock[0])
    seen = [probe()]
    for second in (100.9, 101.0, 101.9):
        clock[0] = second
        seen.append(probe())
    assert seen == [True, True, False, False]


def test_nobody_waits_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may wait for a connection, and they may hold what its owner waits for."""
    clock, seen = [100.0], list[bool]()
    probe = BacklogProbe(cast("Any", None), lambda: clock[0])

    def asked_meanwhile(_: object) -> bool:
        other = threading.Thread(target=lambda: seen.append(probe()), daemon=True)
        other.start()
        other.join(10.0)
        return True

    monkeypatch.setattr(queue_status, "has_backlog", asked_meanwhile)
    assert (probe(), seen) == (True, [False])
    clock[0] = 101.0
    assert (probe(), seen) == (True, [False, True])
