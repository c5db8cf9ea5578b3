"""A pool of reading processes, shared fairly: the client that was served longest ago is next."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from .limits import FileText
from .reader_process import BUSY, ReaderProcess

# So many clients are remembered with the time of their last turn.
_MOST_CLIENTS = 1000


class _Waiting:
    """A thread in the queue. `number`: its place in the order of arrival."""

    def __init__(self, client: int, number: int) -> None:
        self.client, self.number = client, number
        self.rejected = False


class ReaderPool:
    """For any number of threads. A second process is started only while the first one is at work, and each ends by
    itself when it has nothing to do.

    At most `queue` threads wait, so that tickets without files find a thread; one more is answered that the readers are
    busy, or takes the place of a thread whose client was served later.
    """

    def __init__(self, start: Callable[[], ReaderProcess], *, most: int = 2, queue: int = 4) -> None:
        self._all = tuple(start() for _ in range(most))
        # The last one that was used stands at the end, and is used next: it is warm.
        self._free = list(self._all)
        self._queue = queue
        self._waiting: list[_Waiting] = []
        # The number of each client's last turn.
        self._served: OrderedDict[int, int] = OrderedDict()
        self._number = 0
        self._changed = threading.Condition()

    def read(
        self,
        name: str,
        content_type: str,
        data: bytes,
        *,
        client: int,
        wait_seconds: float,
        seconds: float | None = None,
    ) -> FileText:
        """The file's text, once it is this client's turn. Never raises."""
        child = self._turn(client, wait_seconds)
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

    def _turn(self, client: int, wait_seconds: float) -> ReaderProcess | None:
        end = time.monotonic() + wait_seconds
        with self._changed:
            self._number += 1
            own = _Waiting(client, self._number)
            self._waiting.append(own)
            try:
                self._limit_queue()
                while not own.rejected:
                    if self._free and self._next() is own:
                        return self._take(client)
                    if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                        return None
                return None
            finally:
                self._waiting.remove(own)
                self._changed.notify_all()

    def _take(self, client: int) -> ReaderProcess:
        self._number += 1
        self._served[client] = self._number
        self._served.move_to_end(client)
        while len(self._served) > _MOST_CLIENTS:
            self._served.popitem(last=False)
        return self._free.pop()

    def _next(self) -> _Waiting | None:
        return min((w for w in self._waiting if not w.rejected), key=self._place, default=None)

    def _limit_queue(self) -> None:
        waiting = [w for w in self._waiting if not w.rejected]
        if len(waiting) - len(self._free) > self._queue:
            max(waiting, key=self._place).rejected = True
            self._changed.notify_all()

    def _place(self, waiting: _Waiting) -> tuple[int, int]:
        return self._served.get(waiting.client, 0), waiting.number
