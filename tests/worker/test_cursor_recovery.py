"""Where the sweep goes on when Zendesk refuses its cursor or its time, without a socket and without a clock."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.worker.cursor_recovery import CursorRecovery, read_until, start_times
from zendesk_gupshup.zendesk.client import ChangedTickets
from zendesk_gupshup.zendesk.errors import Busy, NotFound, Refused, Unauthorized, Unreachable, ZendeskError

NOW = 1_790_000_000.0
HOUR, DAY = 3600, 86_400
PAGE = ChangedTickets(({"id": 7, "updated_at": "2026-11-21T09:00:00Z"},), "next", end_of_stream=True)
REFUSALS = [Refused("x", status=400), NotFound("x", status=404), Refused("x", status=410), Refused("x", status=422)]
OTHERS = [Unauthorized("x", status=401), Unauthorized("x", status=403), Busy("x", status=429), Refused("x", status=302),
          Unreachable("x", status=503), Unreachable("x"), Unreachable("x", status=408)]  # fmt: skip

Asked = list[tuple[str | None, int | None]]


class Zendesk:
    """Takes what it is told to take, and remembers what it was asked."""

    def __init__(self, takes: Callable[[str | None, int | None], bool], error: ZendeskError) -> None:
        self.takes, self.error = takes, error
        self.asked: Asked = []

    def read(self, cursor: str | None, start: int | None) -> ChangedTickets:
        self.asked.append((cursor, start))
        if self.takes(cursor, start):
            return PAGE
        raise self.error


def by_time(cursor: str | None, _start: int | None) -> bool:
    return cursor is None


def nothing(_cursor: str | None, _start: int | None) -> bool:
    return False


def told(restarts: CursorRecovery) -> tuple[str | None, bool]:
    return restarts.trouble, restarts.paused


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("error", REFUSALS, ids=lambda e: e.status)
def test_a_refused_cursor_starts_again_a_little_before_the_time_kept_beside_it(error: ZendeskError) -> None:
    zendesk, restarts = Zendesk(by_time, error), CursorRecovery(24, Clock())
    before = metrics.CURSOR_REFUSED._value.get()
    assert restarts.read(("old", int(NOW) - HOUR), NOW, zendesk.read) is PAGE
    assert zendesk.asked == [("old", None), (None, int(NOW) - HOUR - 600)]
    assert (restarts.trouble, restarts.paused, metrics.CURSOR_REFUSED._value.get() - before) == (None, False, 1)
    assert restarts.remark == (
        "the sweep started again at 2026-09-21T13:03:20Z: Zendesk refused its cursor or start time"
    )


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_what_passes_keeps_the_cursor(error: ZendeskError) -> None:
    zendesk, restarts = Zendesk(nothing, error), CursorRecovery(24, Clock())
    with pytest.raises(type(error)):
        restarts.read(("old", int(NOW) - HOUR), NOW, zendesk.read)
    assert (zendesk.asked, restarts.trouble, restarts.remark) == ([("old", None)], None, None)
    zendesk.takes = lambda cursor, _: cursor == "old"
    assert restarts.read(("old", int(NOW) - HOUR), NOW, zendesk.read) is PAGE


@pytest.mark.parametrize("error", REFUSALS, ids=lambda e: e.status)
def test_cursors_that_are_refused_each_time_end_in_pauses_and_are_told(error: ZendeskError) -> None:
    zendesk, clock = Zendesk(by_time, error), Clock()
    restarts = CursorRecovery(24, clock)
    starts = []
    # A sweep each second for a day.
    for second in range(DAY):
        clock.now = float(second)
        if not restarts.paused:
            restarts.read((f"cursor {second}", int(NOW)), NOW, zendesk.read)
            starts.append(second)
    gaps = [b - a for a, b in pairwise(starts)]
    assert gaps[:9] == [1, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert set(gaps[9:]) == {3600}
    assert restarts.trouble == (
        f"the sweep: Zendesk refuses each of its own cursors ({error.status}, {len(starts)} times in a row);"
        " retrying in 3600 seconds. Tickets that webhooks announce are handled"
    )
    # One good cursor, and all is well; what happened is told for a day.
    zendesk.takes = lambda _cursor, _start: True
    clock.now += 3600
    restarts.read(("good", int(NOW)), NOW, zendesk.read)
    assert told(restarts) == (None, False)
    assert restarts.remark
    clock.now += DAY
    assert restarts.remark is None


@pytest.mark.parametrize("cursor", [None, "old"])
def test_where_no_time_is_taken_either_it_rests_and_is_told(cursor: str | None) -> None:
    zendesk, clock = Zendesk(nothing, Refused("x", status=422)), Clock()
    restarts = CursorRecovery(24, clock)
    for _ in range(20):
        if not restarts.paused:
            with pytest.raises(Refused):
                restarts.read((cursor, None), NOW, zendesk.read)
    assert (len(zendesk.asked) <= 4, restarts.paused) == (True, True)
    assert restarts.trouble == (
        "the sweep: Zendesk refuses every start time (422); retrying in 120 seconds."
        " Tickets that webhooks announce are handled"
    )
    clock.now += 120
    assert not restarts.paused
    zendesk.takes = lambda asked, _start: asked is None
    assert restarts.read((None, None), NOW, zendesk.read) is PAGE
    assert told(restarts) == (None, False)


def test_the_first_sweep_looks_back_as_far_as_it_is_told_to() -> None:
    zendesk, restarts = Zendesk(by_time, Refused("x", status=400)), CursorRecovery(24, Clock())
    assert restarts.read((None, None), NOW, zendesk.read) is PAGE
    assert (zendesk.asked, restarts.remark) == ([(None, int(NOW) - DAY)], None)


def test_a_row_without_a_time_starts_again_at_no_less_than_three_hours() -> None:
    for hours, ago in ((0, 3 * HOUR), (1, 3 * HOUR), (24, DAY)):
        zendesk, restarts = Zendesk(by_time, Refused("x", status=400)), CursorRecovery(hours, Clock())
        restarts.read(("old", None), NOW, zendesk.read)
        assert zendesk.asked[1] == (None, int(NOW) - ago)


def test_a_time_that_is_too_recent_is_moved_back_and_nothing_is_left_out() -> None:
    zendesk = Zendesk(lambda _, start: start is not None and start < NOW - HOUR, Refused("x", status=422))
    restarts = CursorRecovery(0, Clock())
    restarts.read((None, None), NOW, zendesk.read)
    assert zendesk.asked == [(None, int(NOW) - 120), (None, int(NOW) - 2 * HOUR)]
    assert restarts.remark == (
        "the sweep started again at 2026-09-21T12:13:20Z: Zendesk refused its cursor or start time"
    )


def test_a_time_that_is_too_old_is_moved_on_and_what_is_left_out_is_told() -> None:
    zendesk = Zendesk(lambda _, start: start is not None and start >= NOW - 10 * DAY, Refused("x", status=400))
    restarts = CursorRecovery(24, Clock())
    restarts.read(("old", int(NOW) - 100 * DAY), NOW, zendesk.read)
    asked = [start and (int(NOW) - start) / DAY for _, start in zendesk.asked]
    assert asked == [None, pytest.approx(100, abs=0.01), 30, 7]
    assert restarts.remark == (
        "the sweep started again at 2026-09-14T14:13:20Z: Zendesk refused its cursor or start time;"
        " changes between 2026-06-13T14:03:20Z and then were not read: run `reprocess` for them"
    )


@pytest.mark.parametrize(
    ("until", "hours", "ago"),
    [
        (NOW, 24, [720, 2 * HOUR, DAY]),
        (NOW + 5 * DAY, 24, [120, 2 * HOUR, DAY]),
        (NOW - 60, 24, [660, 2 * HOUR, DAY]),
        (NOW - 2 * HOUR, 24, [2 * HOUR + 600, 2 * HOUR]),
        (NOW - 40 * DAY, 24, [40 * DAY + 600, 30 * DAY, 7 * DAY, DAY, 2 * HOUR]),
        (None, 0, [120, 2 * HOUR, DAY]),
        (None, 24, [DAY, 2 * HOUR]),
        (None, 240, [10 * DAY, 7 * DAY, DAY, 2 * HOUR]),
    ],
)
def test_the_times_to_start_at_never_lie_in_the_last_minute(until: float | None, hours: int, ago: list[int]) -> None:
    expected = [int(NOW) - seconds for seconds in ago]
    if until == NOW:
        expected[0] = int(NOW) - 600
    assert list(start_times(int(until) if until else None, NOW, hours)) == expected


def ticket(**more: Any) -> dict[str, Any]:
    return {"id": 7, **more}


@pytest.mark.parametrize(
    ("tickets", "end", "until"),
    [
        ([], True, int(NOW) - 120),
        ([], False, None),
        ([ticket(generated_timestamp=int(NOW) - 30)], True, int(NOW) - 120),
        ([ticket(generated_timestamp=int(NOW) - 900), ticket(generated_timestamp=int(NOW) - 800)], False,
         int(NOW) - 800),
        ([ticket(generated_timestamp=int(NOW) + HOUR)], False, int(NOW) - 120),
        ([ticket(updated_at="2026-09-21T12:00:00Z")], False, 1789992000),
        ([ticket(updated_at="2026-09-21T12:00:00Z", generated_timestamp=1789992060)], False, 1789992060),
        ([ticket(updated_at="no date")], False, None),
    ],
    ids=["empty end", "empty page", "end", "page", "clock ahead", "updated_at", "both", "no date"],
)  # fmt: skip
def test_up_to_when_a_page_has_read(tickets: list[dict[str, Any]], end: bool, until: int | None) -> None:
    assert read_until(tickets, end_of_stream=end, now=NOW) == until
