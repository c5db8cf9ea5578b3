"""Delayed work on other threads: webhook calls, their retries, bulk jobs."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger(__name__)


class Scheduler:
    """A clock thread and a few workers, started when first needed; `wait_idle` says when nothing is left to do."""

    def __init__(self, workers: int = 8) -> None:
        self._workers = workers
        self._condition = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._unfinished = 0
        self._stopped = False
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        with self._condition:
            if self._stopped:
                return
            if self._thread is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="sandbox")
                self._thread = threading.Thread(target=self._run, name="sandbox-scheduler", daemon=True)
                self._thread.start()
            self._unfinished += 1
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), do))
            self._condition.notify_all()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Whether everything asked for so far, and what it led to, was done in time."""
        with self._condition:
            return self._condition.wait_for(lambda: self._unfinished == 0, timeout)

    def hurry(self) -> None:
        """Everything that waits is due now, in the order it would have been."""
        with self._condition:
            self._due = [(0.0, order, do) for _, order, do in sorted(self._due, key=lambda row: row[:2])]
            self._condition.notify_all()

    def clear(self) -> None:
        """Forget what is not due yet."""
        with self._condition:
            self._unfinished -= len(self._due)
            self._due.clear()
            self._condition.notify_all()

    def stop(self) -> None:
        with self._condition:
            self._stopped = True
            self._unfinished -= len(self._due)
            self._due.clear()
            self._condition.notify_all()
        if self._thread is not None and self._pool is not None:
            self._thread.join()
            self._pool.shutdown(wait=True)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._condition.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped or self._pool is None:
                    return
                do = heapq.heappop(self._due)[2]
                self._pool.submit(self._do, do)

    def _do(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception:  # noqa: BLE001 - a fault of the sandbox itself: say so, and keep the other deliveries going
            _log.exception("the sandbox failed at something it had put off")
        finally:
            with self._condition:
                self._unfinished -= 1
                self._condition.notify_all()
