"""How many connections the web server holds, for how long, and which one goes when another one comes.

Whoever only connects, or sends a byte now and then, must not keep others out. So each wait has an end, and where there
is no room left the connection goes that has waited longest without asking anything, of whoever has most of them.
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

# How often ends are looked for: a quarter of the shortest wait, within these.
_OFTEN, _SELDOM = 0.05, 1.0


@dataclass(frozen=True)
class ConnectionLimits:
    """Connections at the same time, and seconds: for a whole head, for a whole body, between two requests."""

    connections: int = 500
    head: float = 10.0
    body: float = 20.0
    idle: float = 5.0


class ServerConnection(Protocol):
    """What the door asks of a connection."""

    address: str

    @property
    def busy(self) -> bool:
        """Whether it has sent a whole request and waits for our answer."""
        ...

    def check(self, now: float) -> None:
        """End it if it has waited for too long."""
        ...

    def drop(self) -> None:
        """End it now."""
        ...


class ConnectionLimiter:
    """The connections of one server, those of each address in the order in which they last asked something."""

    def __init__(self, limits: ConnectionLimits | None = None) -> None:
        self.limits = limits or ConnectionLimits()
        self._of: dict[str, OrderedDict[ServerConnection, None]] = {}
        self._count = 0
        self._tick: asyncio.TimerHandle | None = None
        self._seldom = LogSampler()

    def __len__(self) -> int:
        return self._count

    def enter(self, connection: ServerConnection, loop: asyncio.AbstractEventLoop) -> bool:
        """Let it in, if need be in the place of another one. False where all others wait for our answers."""
        if self._count >= self.limits.connections:
            oldest = self._longest_silent()
            if oldest is None:
                return False
            self.ended("crowd")
            self.leave(oldest)
            oldest.drop()
        self._of.setdefault(connection.address, OrderedDict())[connection] = None
        self._count += 1
        metrics.CONNECTIONS.set(self._count)
        if self._tick is None:
            self._tick = loop.call_later(self._pause(), self._check, loop)
        return True

    def leave(self, connection: ServerConnection) -> None:
        """It is gone, or will be in a moment; saying so twice does no harm."""
        theirs = self._of.get(connection.address, OrderedDict())
        if connection in theirs:
            del theirs[connection]
            self._count -= 1
            metrics.CONNECTIONS.set(self._count)
            if not theirs:
                del self._of[connection.address]

    def answered(self, connection: ServerConnection) -> None:
        """It has asked something and has its answer."""
        theirs = self._of.get(connection.address, OrderedDict())
        if connection in theirs:
            theirs.move_to_end(connection)

    def ended(self, reason: str) -> None:
        """Count one that we ended, and log it for all of its kind."""
        metrics.CONNECTIONS_ENDED.labels(reason).inc()
        if count := self._seldom.due(reason):
            log.warning("connection ended: %s (%s since the last such line)", reason, count)

    def _longest_silent(self) -> ServerConnection | None:
        """Of whoever has most connections, so that one address does not keep out others; behind a proxy all are of
        one."""
        for theirs in sorted(self._of.values(), key=len, reverse=True):
            for connection in theirs:
                if not connection.busy:
                    return connection
        return None

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for theirs in tuple(self._of.values()):
            for connection in tuple(theirs):
                connection.check(now)
        self._tick = loop.call_later(self._pause(), self._check, loop) if self._count else None

    def _pause(self) -> float:
        limits = self.limits
        return min(max(min(limits.head, limits.body, limits.idle) / 4, _OFTEN), _SELDOM)
