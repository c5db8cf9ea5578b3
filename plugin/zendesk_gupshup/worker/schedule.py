"""What runs every so many seconds, once over all workers of a store.

The store keeps when it was last begun, and it is due a period after that, whoever is there to begin it. A schedule in
cron's words can only say periods that divide a minute or an hour: `*/45` runs after 45 seconds and after 15. And who
queues by such a schedule queues for ever, also where nobody takes what is queued.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

# A turn that begins so many seconds late still counts as begun in time, or each turn would put all others off.
_LATE = 1.0
# Clocks of several machines differ by less. What was begun later than that from now was begun by a wrong clock.
_SKEW = 60.0
# So that a clock that is set is noticed, and a turn that another worker has taken.
_LONGEST_NAP = 60.0
_SHORTEST_NAP = 0.05
# After trouble with the store.
_PAUSE = 5.0


def seconds_left(last: float | None, now: float, period: float) -> float:
    """How long until the next turn; 0 where it is due. Times are Unix seconds."""
    if last is None or last > now + _SKEW:
        return 0.0
    return max(last + period - now, 0.0)


def begun_at(last: float | None, now: float, period: float) -> float:
    """What to keep of a turn that begins now: when it was due, unless that is long over or was never."""
    due = now if last is None else last + period
    return due if 0 <= now - due <= _LATE else now


@dataclass(frozen=True)
class Turns:
    """Where turns are kept. `take` says whether this turn is ours: it is somebody else's where `last` is out of
    date."""

    last: Callable[[str], float | None]
    take: Callable[[str, float | None, float], bool]


class Periodic:
    """Runs `run` in a thread of its own each time that the turn is ours, one after the other.

    `at_once`: the first turn of a new store is due now, and not a period from now.
    """

    def __init__(
        self,
        name: str,
        period: float,
        turns: Turns,
        run: Callable[[float], None],
        *,
        at_once: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name, self._period, self._turns, self._run = name, period, turns, run
        self._at_once, self._clock = at_once, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Begin no further turn; wait so long for the one in hand."""
        self._stopping.set()
        self._thread.join(seconds)

    def step(self) -> float:
        """Take the turn if it is due and free; seconds until it is worth looking again."""
        now, last = self._clock(), self._turns.last(self._name)
        if last is None and not self._at_once:
            self._turns.take(self._name, None, now)
            return self._period
        if left := seconds_left(last, now, self._period):
            return left
        begun = begun_at(last, now, self._period)
        if self._turns.take(self._name, last, begun):
            self._run(begun)
        return seconds_left(self._turns.last(self._name), self._clock(), self._period)

    def _loop(self) -> None:
        nap = 0.0
        while not self._stopping.wait(nap):
            try:
                nap = min(max(self.step(), _SHORTEST_NAP), _LONGEST_NAP)
            except Exception as error:  # noqa: BLE001 - whatever it was, there is a next turn
                log.error("%s: not run: %s; it is tried again", self._name, type(error).__name__)
                nap = _PAUSE
