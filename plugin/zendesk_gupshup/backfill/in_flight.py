"""Calls under way at once, of which there is a greatest number: what they wait for is the network."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class InFlight(Generic[T]):
    """`with InFlight(8) as calls`: up to so many threads, started as they are needed.

    Threads of the standard library's pool are waited for when the program ends; these are not: a run that is aborted
    while its tickets wait for the rate limit ends at once, and is resumed like a killed one.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._calls: SimpleQueue[tuple[Future[T], Callable[[], T]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = self._under_way = 0

    def __enter__(self) -> InFlight[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the threads end, each after the call that it has; waits for none."""
        for _thread in range(self._threads):
            self._calls.put(None)

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Begin a call as soon as a thread is free; whoever starts them keeps to `most`."""
        future: Future[T] = Future()
        self._calls.put((future, call))
        with self._lock:
            self._under_way += 1
            more = self._threads < min(self._under_way, self.most)
            self._threads += more
        if more:
            threading.Thread(target=self._work, name=f"backfill-{self._threads}", daemon=True).start()
        return future

    def in_order(self, calls: Iterable[Callable[[], T]]) -> Iterator[T]:
        """What the calls return, in their order; the next ones are made meanwhile. Raises what the next in turn did."""
        under_way: deque[Future[T]] = deque()
        for call in calls:
            under_way.append(self.start(call))
            if len(under_way) >= self.most:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _work(self) -> None:
        while (given := self._calls.get()) is not None:
            future, call = given
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is wanted
                self._ended()
                future.set_exception(error)
            else:
                self._ended()
                future.set_result(result)

    def _ended(self) -> None:
        with self._lock:
            self._under_way -= 1
