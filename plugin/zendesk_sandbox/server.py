"""The sandbox as a running server: in a thread for tests and the demo, or as a command of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import uvicorn

from .app import Faults, create_app
from .faults import Fault, FaultPlan
from .faults_wire import Troubled
from .options import Options
from .quick_server import QuickServer
from .seed import seed as seed_store
from .store import SandboxStore


class SandboxServer:
    """`with SandboxServer() as sandbox:` serves on a free port of 127.0.0.1 until the block ends."""

    def __init__(
        self,
        store: SandboxStore | None = None,
        *,
        port: int = 0,
        seed: bool = True,
        faults: Sequence[Fault] = (),
        **options: Any,
    ) -> None:
        self.store = store or SandboxStore()
        self.store.options = self.store.options.changed(options)
        if store is None and seed:
            seed_store(self.store)
        self.app = create_app(self.store)
        self.plan.add(*faults)
        self._port = port
        self._socket: socket.socket | None = None
        self._server: QuickServer | None = None
        self._thread: threading.Thread | None = None
        self.base_url = ""

    @property
    def faults(self) -> Faults:
        faults: Faults = self.app.state.faults
        return faults

    @property
    def plan(self) -> FaultPlan:
        """What is to go wrong on the wire, as data; `faults` is the seam for what data cannot say."""
        plan: FaultPlan = self.app.state.plan
        return plan

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The API requests so far: method, path, status, user, time."""
        return list(self.app.state.log)

    def change(self, **options: Any) -> Options:
        with self.store.lock:
            self.store.options = self.store.options.changed(options)
            return self.store.options

    def start(self) -> SandboxServer:
        # The protocol is named because asyncio switches Nagle's delay off only then: 40 ms a request otherwise.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self._port))
        # Listening before the thread starts: a client that connects at once waits in the queue, and no poll is needed.
        self._socket.listen(512)
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            Troubled(self.app, self.plan, self.store),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
            date_header=False,
        )
        self._server = QuickServer(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None and self._socket is not None:
            self._server.end()
            self._thread.join(timeout=10)
            self._socket.close()
        self.store.scheduler.stop()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class OtherMachine(ValueError):
    """An address that other machines reach."""


def run(
    host: str = "127.0.0.1",
    port: int = 8080,
    store: SandboxStore | None = None,
    *,
    faults: Sequence[Fault] = (),
    started: Callable[[str], object] = lambda _: None,
    **options: Any,
) -> None:
    """Serve until interrupted; `started` gets the address. Raises `OtherMachine`, and `OSError` for a taken port."""
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise OtherMachine(f"the sandbox serves this machine only: write 127.0.0.1, localhost or ::1, not {host}")
    if store is None:
        store = SandboxStore()
        seed_store(store)
    try:
        app = create_app(store, **options)
        app.state.plan.add(*faults)
        troubled = Troubled(app, app.state.plan, store)
        config = uvicorn.Config(troubled, log_level="warning", access_log=False, date_header=False)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(512)
            name = f"[{host}]" if ":" in host else host
            started(f"http://{name}:{listener.getsockname()[1]}")
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        store.scheduler.stop()
