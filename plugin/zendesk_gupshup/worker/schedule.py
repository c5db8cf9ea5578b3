"""Work that runs every so many seconds, once over all workers of a database.

The database keeps when it was last started, and it is due a period later, whichever worker starts it. DBOS has cron
schedules, which fit only periods that divide a minute or an hour (`*/45` runs after 45 seconds and after 15), and which
queue their runs even where no worker takes them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

# A turn that starts so many seconds late counts as in time: delays must not add up.
_LATE = 1.0
# Clocks of several machines differ by less. A start further in the future was written by a wrong clock.
_SKEW = 60.0
# Between two checks, in seconds: bounded, so that a clock that is set and a turn taken by another worker are noticed.
_SHORTEST_WAIT, _LONGEST_WAIT = 0.05, 60.0
# After an error.
_ERROR_WAIT = 5.0


def seconds_left(last: float | None, now: float, period: float) -> float:
    """Until the next turn; 0 where it is due. Times are Unix seconds."""
    if last is None or last > now + _SKEW:
        return 0.0
    return max(last + period - now, 0.0)


def begun_at(last: float | None, now: float, period: float) -> float:
    """The start to keep of a turn that starts now: when it was due, unless that is long over or never was."""
    due = now if last is None else last + period
    return due if 0 <= now - due <= _LATE else now


@dataclass(frozen=True)
class Turns:
    """Where the last starts are kept. `take` is false where another worker was faster: `last` is out of date then."""

    last: Callable[[str], float | None]
    take: Callable[[str, float | None, float], bool]


class Periodic:
    """Calls `run` in a thread of its own for each turn that this worker takes, one after the other.

    `at_once`: on a new database the first turn is due now, not a period from now.
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
        """Start no further turn; wait so long for the one in hand."""
        self._stopping.set()
        self._thread.join(seconds)

    def step(self) -> float:
        """Take the turn if it is due and free; seconds until the next check."""
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
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                wait = min(max(self.step(), _SHORTEST_WAIT), _LONGEST_WAIT)
            except Exception as error:  # noqa: BLE001 - whatever it is, there is a next turn
                log.error("%s: failed (%s): retrying in %.0f s", self._name, type(error).__name__, _ERROR_WAIT)
                wait = _ERROR_WAIT


def cron_every(seconds: int) -> str:
    """Six fields, seconds first: at least once in so many seconds. A step that does not divide the minute would start
    again with it."""
    step = max(n for n in range(1, 61) if 60 % n == 0 and n <= seconds)
    return f"*/{step} * * * * *" if step < 60 else "0 * * * * *"
