"""Zendesk's clock, read from the `Date` of its answers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

# It is set by so many answers of the last so many seconds: two clocks drift apart.
_SAMPLES, _LONGEST_AGE = 100, 900.0
# Fewer are too few to tell a wrong date by the others.
_FEW = 5
# One date may be too early, and one more for each so many answers.
_TOO_EARLY = 50
# The clocks of Zendesk's servers differ by some of this, and a change can be read a moment after its stamp.
_MARGIN = 0.1
# Known well enough to so many seconds, or to this many times the shortest way to Zendesk and back.
_SHARP, _ROUND_TRIPS = 0.25, 2.0


class _Answer(NamedTuple):
    """When its request was sent and when it came, by our clock, and its date as Unix time."""

    sent: float
    came: float
    date: float

    @property
    def ahead(self) -> float:
        """How far Zendesk's clock is ahead of ours at least."""
        return self.date - self.came

    @property
    def ahead_at_most(self) -> float:
        return self.date + 1.0 - self.sent


class ZendeskClock:
    """For any number of threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # One thread at a time asks for the time.
        self.asking = threading.Lock()
        self._answers: deque[_Answer] = deque(maxlen=_SAMPLES)

    def observe(self, date: float, sent: float) -> None:
        """An answer with this date, as Unix time, has just come to a request that was `sent` then by our clock."""
        with self._lock:
            self._answers.append(_Answer(sent, self._monotonic(), date))

    def time(self) -> float | None:
        """Unix time, no later than what Zendesk's clock shows now; `None` before the first answer.

        Each date was rounded down and took a while to reach us, so the one furthest ahead is the closest; but neither
        an answer with a wrong date nor a server whose clock is ahead must make us believe that a second is over.
        """
        now = self._monotonic()
        answers = self._lately(now)
        if not answers:
            return None
        if len(answers) < _FEW:
            return _middle(answer.ahead for answer in answers) + now
        # No later than all the others allow: the half of them would allow most of a second more.
        at_most = sorted(answer.ahead_at_most for answer in answers)[1 + len(answers) // _TOO_EARLY]
        return max(answer.ahead for answer in answers if answer.ahead <= at_most) + now - _MARGIN

    def asks_in(self, end: float) -> float | None:
        """In how many seconds an answer would tell best when this Unix time comes; `None` where that is known well.

        It comes between two moments, and an answer sent halfway between them tells in which half.
        """
        now, least = self._monotonic(), self.time()
        answers = self._lately(now)
        if least is None or len(answers) < _FEW:
            return None
        earliest = end - now - min(answer.ahead_at_most for answer in answers)
        latest = end - least - _MARGIN
        way = min(answer.came - answer.sent for answer in answers)
        if latest - earliest <= max(_SHARP, _ROUND_TRIPS * way):
            return None
        halfway = (earliest + latest) / 2 - way
        return halfway if halfway > 0 else None

    def _lately(self, now: float) -> list[_Answer]:
        with self._lock:
            return [answer for answer in self._answers if now - answer.came <= _LONGEST_AGE]


def _middle(values: Iterable[float]) -> float:
    """The lower one of two."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]
