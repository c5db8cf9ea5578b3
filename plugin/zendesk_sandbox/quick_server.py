"""uvicorn in a thread, ended at once.

uvicorn looks ten times a second whether it is to end, and then waits for another tenth: longer than most uses of it.
"""

from __future__ import annotations

import asyncio
import socket

import uvicorn

# Seconds between two looks at whether the connections are closed.
_LOOK = 0.002


class QuickServer(uvicorn.Server):
    """Any thread ends it with `end`; requests in flight get `timeout_graceful_shutdown` seconds. For apps without a
    lifespan.

    What it overrides is below uvicorn's documented interface: `tests/sandbox/test_quick_server.py`.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._ended.set)
            except RuntimeError:
                return  # It has ended already.

    async def main_loop(self) -> None:
        # In this order, so that an `end` meanwhile is either seen here or wakes us.
        self._loop = asyncio.get_running_loop()
        if not await self.on_tick(0):
            await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        last = loop.time() + (self.config.timeout_graceful_shutdown or 0)
        while (state.connections or state.tasks) and loop.time() < last:
            await asyncio.sleep(_LOOK)
        for task in state.tasks:
            task.cancel()
