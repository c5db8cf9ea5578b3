"""A few reading processes of one kind, shared fairly: next is the client whose last turn is longest ago."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from .limits import FileText
from .reader_process import BUSY, ReaderProcess

# Clients whose last turn is remembered.
_MOST_CLIENTS = 1000


class _Waiting:
    """Somebody in the line. `number`: when he came."""

    def __init__(self, client: int, number: int) -> None:
        self.client, self.number = client, number
        self.sent_away = False


class ReaderPool:
    """For any number of threads. A second process is started only while the first one is at work, and each ends by
    itself when it has nothing to do.

    At most `line` threads wait: whoever else comes is told that the readers are busy, so that tickets without files
    find a thread. He goes before one that waits whose client was served later.
    """

    def __init__(self, start: Callable[[], ReaderProcess], *, most: int = 2, line: int = 4) -> None:
        self._all = tuple(start() for _ in range(most))
        # The last one that was used stands at the end, and is used next: it is warm.
        self._free = list(self._all)
        self._line = line
        self._waiting: list[_Waiting] = []
        # By client, the number of its last turn.
        self._served: OrderedDict[int, int] = OrderedDict()
        self._number = 0
        self._changed = threading.Condition()

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(child.pid for child in self._all if child.pid is not None)

    def read(
        self, name: str, content_type: str, data: bytes, *, client: int, patience: float, seconds: float | None = None
    ) -> FileText:
        """What the file says, once it is this client's turn. Never raises."""
        child = self._turn(client, patience)
        if child is None:
            return BUSY
        try:
            return child.read(name, content_type, data, seconds=seconds)
        finally:
            with self._changed:
                self._free.append(child)
                self._changed.notify_all()

    def close(self) -> None:
        for child in self._all:
            child.close()

    def _turn(self, client: int, patience: float) -> ReaderProcess | None:
        end = time.monotonic() + patience
        with self._changed:
            self._number += 1
            me = _Waiting(client, self._number)
            self._waiting.append(me)
            try:
                self._keep_the_line_short()
                while not me.sent_away:
                    if self._free and self._next() is me:
                        return self._take(client)
                    if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                        return None
                return None
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()

    def _take(self, client: int) -> ReaderProcess:
        self._number += 1
        self._served[client] = self._number
        self._served.move_to_end(client)
        while len(self._served) > _MOST_CLIENTS:
            self._served.popitem(last=False)
        return self._free.pop()

    def _next(self) -> _Waiting | None:
        return min((w for w in self._waiting if not w.sent_away), key=self._place, default=None)

    def _keep_the_line_short(self) -> None:
        waiting = [w for w in self._waiting if not w.sent_away]
        if len(waiting) - len(self._free) > self._line:
            max(waiting, key=self._place).sent_away = True
            self._changed.notify_all()

    def _place(self, waiting: _Waiting) -> tuple[int, int]:
        return self._served.get(waiting.client, 0), waiting.number
