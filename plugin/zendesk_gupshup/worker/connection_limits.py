"""Limits on connections: how many, how long each may take, and which one is dropped for a new one.

A client that only connects, or sends a byte now and then, must not keep others out. So each wait has a time-out, and at
the limit the longest idle connection of the address with most connections is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.ops.log_sampling import LogSampler

log = logging.getLogger(__name__)

# Seconds between two checks of all time-outs: a quarter of the shortest one, within these.
_SHORTEST_PERIOD, _LONGEST_PERIOD = 0.05, 1.0


@dataclass(frozen=True)
class ConnectionLimits:
    """Connections at the same time, and time-outs in seconds: of a head, of a body, between two requests."""

    connections: int = 500
    head: float = 10.0
    body: float = 20.0
    idle: float = 5.0


class ServerConnection(Protocol):
    """What the limiter needs of a connection."""

    address: str

    @property
    def busy(self) -> bool:
        """Whether a whole request of it waits for our answer."""
        ...

    def check(self, now: float) -> None:
        """End it if it is over its time-out."""
        ...

    def drop(self) -> None:
        """End it now."""
        ...


class ConnectionLimiter:
    """The connections of one server, those of each address by their last request, the oldest first."""

    def __init__(self, limits: ConnectionLimits | None = None) -> None:
        self.limits = limits or ConnectionLimits()
        self._by_address: dict[str, OrderedDict[ServerConnection, None]] = {}
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._log_sampler = LogSampler()

    def __len__(self) -> int:
        return self._count

    def admit(self, connection: ServerConnection, loop: asyncio.AbstractEventLoop) -> bool:
        """Count it in, if need be in place of an idle one. False at the limit where none is idle."""
        if self._count >= self.limits.connections:
            oldest = self._longest_idle()
            if oldest is None:
                return False
            self.count_end("crowd")
            self.remove(oldest)
            oldest.drop()
        self._by_address.setdefault(connection.address, OrderedDict())[connection] = None
        self._count += 1
        metrics.CONNECTIONS.set(self._count)
        if self._timer is None:
            self._timer = loop.call_later(self._period(), self._check, loop)
        return True

    def remove(self, connection: ServerConnection) -> None:
        """It is closed or being closed; removing it twice does no harm."""
        same = self._by_address.get(connection.address, OrderedDict())
        if connection in same:
            del same[connection]
            self._count -= 1
            metrics.CONNECTIONS.set(self._count)
            if not same:
                del self._by_address[connection.address]

    def touch(self, connection: ServerConnection) -> None:
        """It has just had an answer: it is the last one to be dropped."""
        same = self._by_address.get(connection.address, OrderedDict())
        if connection in same:
            same.move_to_end(connection)

    def count_end(self, reason: str) -> None:
        """Count a connection that we ended; one log line stands for many."""
        metrics.CONNECTIONS_ENDED.labels(reason).inc()
        if count := self._log_sampler.due(reason):
            log.warning("connection ended: %s (%s since the last such line)", reason, count)

    def _longest_idle(self) -> ServerConnection | None:
        """Of the address with most connections, so that one address does not keep out others. Behind a proxy there is
        only one address."""
        for same in sorted(self._by_address.values(), key=len, reverse=True):
            for connection in same:
                if not connection.busy:
                    return connection
        return None

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for same in tuple(self._by_address.values()):
            for connection in tuple(same):
                connection.check(now)
        self._timer = loop.call_later(self._period(), self._check, loop) if self._count else None

    def _period(self) -> float:
        limits = self.limits
        return min(max(min(limits.head, limits.body, limits.idle) / 4, _SHORTEST_PERIOD), _LONGEST_PERIOD)
