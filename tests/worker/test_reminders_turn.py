"""Which tickets a turn of the reminders queues, and how reminders are counted in the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.answered_ticket import desk, note, reply, said
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.office_hours import OfficeHours
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.worker.queue_client import QueueEntry
from zendesk_gupshup.worker.reminders import ReminderTurn, count_reminders
from zendesk_gupshup.zendesk.errors import Unreachable, ZendeskError

ASKED = datetime(2026, 11, 21, 9, tzinfo=UTC)
OUTCOMES = ("sent", "noted", "over", "stopped")
REMINDING = {"remind_after": ("2d", "5d")}

CASES: list[tuple[dict[str, Any], tuple[Any, ...], int, list[str]]] = [
    (REMINDING, (), 48, ["sent"]),
    ({**REMINDING, "cap": Mode.ASSIST}, (), 48, ["noted"]),
    (REMINDING, (), 48 + 73, ["over"]),
    (REMINDING, (said("The owner is asking what a namespace is, can you explain?"),), 1, ["stopped"]),
    ({}, (said("The owner is asking what a namespace is, can you explain?"),), 1, []),
    (REMINDING, (), 1, []),
]


class Search:
    """Zendesk's search at a time of its own: two tickets wait, one of them is younger than the first wait."""

    def __init__(self, hours: float, error: ZendeskError | None = None) -> None:
        self._now, self._error = (ASKED + timedelta(hours=hours)).timestamp(), error
        self.asked: list[str] = []

    def time(self) -> float:
        return self._now

    def pages(self, path: str, _name: str, **query: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(f"{path} {query['query']}")
        if self._error:
            raise self._error
        yield {"id": 7, "created_at": f"{ASKED:%Y-%m-%dT%H:%M:%SZ}"}
        yield {"id": 8, "created_at": f"{ASKED + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}


def queued(search: Search, policy: Policy) -> list[QueueEntry]:
    made: list[QueueEntry] = []
    brain = Brain(dictionary=load(), templates=Templates.load(), policy=policy)
    ReminderTurn(search, made.extend, brain).run(1.5)  # type: ignore[arg-type]  # a stand-in with the one call that is made
    return made


def test_a_turn_queues_the_tickets_that_may_be_due() -> None:
    search = Search(48)
    assert queued(search, Policy(**REMINDING)) == [("remind:7:2", 7, None)]
    asked = "type:ticket status<solved tags:gupshup_state__awaiting_owner -tags:gupshup_owner_reminder"
    assert search.asked == [f"search/export.json {asked}"]


@pytest.mark.parametrize("policy", [{}, {**REMINDING, "office": OfficeHours(quiet=(480, 600))}])
def test_nothing_is_asked_where_no_reminder_may_be_written_now(policy: dict[str, Any]) -> None:
    search = Search(48)
    assert (queued(search, Policy(**policy)), search.asked) == ([], [])


def test_what_zendesk_refuses_is_asked_for_again_in_the_next_turn() -> None:
    assert queued(Search(48, Unreachable("busy", status=503)), Policy(**REMINDING)) == []


def counted() -> list[float]:
    name = "zendesk_gupshup_reminders_total"
    return [metrics.REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0 for outcome in OUTCOMES]


@pytest.mark.parametrize(("policy", "later", "hours", "expected"), CASES)
def test_each_is_counted_once_by_what_it_is(
    policy: dict[str, Any], later: tuple[Any, ...], hours: int, expected: list[str]
) -> None:
    brain = Brain(dictionary=load(), templates=Templates.load(), policy=Policy(**policy))
    zendesk, before = desk(reply(), note(), *later), counted()
    for _ in range(2):
        count_reminders(handle(zendesk, 7, brain, clock=(ASKED + timedelta(hours=hours)).timestamp), brain)
    made = [now - then for now, then in zip(counted(), before, strict=True)]
    assert made == [float(outcome in expected) for outcome in OUTCOMES]
