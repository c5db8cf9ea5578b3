"""Calls that are under way at once: how many, and in which order their results come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from zendesk_gupshup.backfill.in_flight import InFlight

MOST = 4


class Counted:
    """Calls that count how many are under way, and end only when all threads have one, or no more will come."""

    def __init__(self, calls: int) -> None:
        self.calls, self.here, self.most = calls, 0, 0
        self._lock, self._full = threading.Lock(), threading.Barrier(MOST)

    def __call__(self, number: int) -> int:
        with self._lock:
            self.here += 1
            self.most = max(self.most, self.here)
        if number < self.calls // MOST * MOST:
            self._full.wait(30)
        with self._lock:
            self.here -= 1
        return number


@pytest.mark.parametrize("calls", [0, 1, MOST, 3 * MOST + 2])
def test_results_come_in_the_order_of_the_calls_and_no_more_are_under_way_than_may(calls: int) -> None:
    call = Counted(calls)
    with InFlight[int](MOST) as under_way:
        assert list(under_way.in_order(partial(call, n) for n in range(calls))) == list(range(calls))
    assert call.most == min(calls, MOST)


def test_the_next_call_is_asked_for_only_when_there_is_room_for_it() -> None:
    asked: list[int] = []

    def calls() -> Iterator[Callable[[], int]]:
        for number in range(100):
            asked.append(number)
            yield partial(int, number)

    with InFlight[int](MOST) as under_way:
        results = under_way.in_order(calls())
        assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert asked == list(range(MOST + 2))


def test_an_error_is_raised_in_its_turn() -> None:
    def divided(number: int) -> int:
        return 12 // number

    with InFlight[int](MOST) as under_way:
        results = under_way.in_order(partial(divided, n) for n in (3, 2, 0, 1))
        assert [next(results), next(results)] == [4, 6]
        with pytest.raises(ZeroDivisionError):
            next(results)
