"""A sandbox Zendesk with our objects in it, and the worker as a separate process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, ClassVar, Protocol

import requests
from pydantic import SecretStr

from zendesk_gupshup.provision.options import Setup
from zendesk_gupshup.settings import CONFIG_VARIABLE, Settings
from zendesk_sandbox.seed import CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.config import ZendeskConfig

# Clients of several organizations write of the same code within a minute: an incident would hide what each has.
_SETTINGS = """
[routing]
group = "WhatsApp N2"
from_groups = ["Support"]
[incident]
mode = "off"
"""
# Seconds between two looks at the sandbox's build of the app, which takes a moment.
_BUILD_POLL = 0.05


class StageError(RuntimeError):
    """The worker did not start, or exited by itself."""


class Api:
    """The sandbox's API, as an admin or agent uses it."""

    def __init__(self, base_url: str, email: str = "ada@example.com") -> None:
        self._session = requests.Session()
        self._session.auth = (f"{email}/token", "sandbox-token")
        self.base_url = base_url

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._sent(method, path, body)
        except requests.ConnectionError:
            if method != "GET":
                raise
            # The sandbox ends a connection that has said nothing for a while, also at the moment of the next request.
            answer = self._sent(method, path, body)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    def _sent(self, method: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        return self._session.request(method, f"{self.base_url}{path}", json=body, timeout=30)


def when(decision: Mapping[str, Any]) -> tuple[float, float]:
    """When a look began and ended (Unix time), by the line that a worker logs at its end, where seconds have three
    decimals."""
    end = datetime.fromisoformat(decision["timestamp"]).timestamp()
    return end - decision["seconds"] + 0.001, end


class Started(Protocol):
    """A process that was started, as `subprocess.Popen` has it; `stderr` is its log."""

    @property
    def pid(self) -> int: ...
    @property
    def stderr(self) -> IO[str] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


def start(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> Started:
    """Our command with these words, as a program of its own with this environment and nothing else."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "zendesk_gupshup", *words],
        env=environment,
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )


class WorkerProcess:
    """`zendesk-gupshup serve` as a real process. Its decisions are read from its log."""

    # Tests start it in a quicker way.
    start: ClassVar[Callable[[Sequence[str], Mapping[str, str], Path], Started]] = staticmethod(start)

    def __init__(self, environment: Mapping[str, str], folder: Path, port: int, *flags: str) -> None:
        self.environment = environment
        words = ("serve", "--port", str(port), *flags)
        self._process = type(self).start(words, {**os.environ, **environment}, folder)
        self.decisions: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.address: str | None = None
        # Its name in the queue.
        self.executor: str | None = None
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self) -> None:
        assert self._process.stderr  # noqa: S101 - tells mypy the type
        with self._process.stderr as log:
            self._read_lines(log)

    def _read_lines(self, log: IO[str]) -> None:
        for line in log:
            with self._changed:
                self.lines.append(line.rstrip())
                try:
                    record = json.loads(line)
                except ValueError:
                    record = {}
                if isinstance(record, dict) and record.get("event") == "decision":
                    self.decisions.append({**record, "heard": time.monotonic()})
                elif isinstance(record, dict) and record.get("event") == "listening":
                    self.executor = str(record["worker"])
                    self.address = str(record["address"])
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], Any], seconds: float) -> bool:
        """Whether the condition holds in time. It is checked at each line of the log and ten times a second."""
        deadline = time.monotonic() + seconds
        while not condition():
            exited = self._process.poll() is not None
            if exited or time.monotonic() >= deadline:
                return bool(condition())
            with self._changed:
                self._changed.wait(min(0.1, max(deadline - time.monotonic(), 0.0)))
        return True

    def settled(self, ticket_id: int) -> list[dict[str, Any]]:
        """The decisions on a ticket so far, oldest first."""
        return [d for d in self.decisions if d["ticket_id"] == ticket_id]

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> int:
        """Send SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        code = self.wait(45)
        if code is None:
            self.kill()
        return self._process.wait()

    def wait(self, seconds: float) -> int | None:
        """The exit code, with the log read to its end; `None` if the process did not exit in time."""
        try:
            code = self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(timeout=5)
        return code

    def kill(self) -> None:
        self._process.kill()
        self.wait(10)


@contextmanager
def stage(port: int = 0) -> Iterator[tuple[SandboxServer, Api, WorkerProcess]]:
    """Sandbox, objects and worker, all ready; torn down at the end. Raises `StageError`."""
    with SandboxServer(port=port) as sandbox, TemporaryDirectory(prefix="zendesk-gupshup-demo-") as folder:
        api = Api(sandbox.base_url)
        hook_port = free_port()
        endpoint = f"http://127.0.0.1:{hook_port}/webhooks/zendesk"
        secret = install(api, endpoint)
        config = Path(folder) / "zendesk-gupshup.toml"
        setup = f'[setup]\nendpoint = "{endpoint}"\n'
        config.write_text(_SETTINGS + setup + install_app(api, hook_port, Path(folder)), encoding="utf-8")
        values = {**environment(sandbox.base_url, secret, Path(folder)), CONFIG_VARIABLE: str(config)}
        worker = WorkerProcess(values, Path(folder), hook_port)
        try:
            if not worker.wait_for(lambda: worker.address, 60):
                raise StageError("the worker did not start:\n" + "\n".join(worker.lines[-20:]))
            yield sandbox, api, worker
        finally:
            worker.stop()


def environment(base_url: str, webhook_secret: str, folder: Path) -> dict[str, str]:
    """The worker's environment for this sandbox. Variables of the caller's own account are cleared."""
    cleared = {name: "" for name in os.environ if name.startswith(("ZENDESK_", "DATABASE_URL"))}
    return {
        **cleared,
        "ZENDESK_BASE_URL": base_url,
        "ZENDESK_OAUTH_CLIENT_ID": CLIENT_ID,
        "ZENDESK_OAUTH_CLIENT_SECRET": CLIENT_SECRET,
        "ZENDESK_WEBHOOK_SECRET": webhook_secret,
        "ZENDESK_GUPSHUP_STATE": str(folder / "state"),
    }


def install(api: Api, endpoint: str) -> str:
    """What `setup apply` creates in an account; returns the webhook's signing secret."""
    from zendesk_gupshup.brain import load_brain
    from zendesk_gupshup.provision.apply import carry_out, plan, signing_secret
    from zendesk_gupshup.provision.objects import WEBHOOK
    from zendesk_gupshup.zendesk.client import Zendesk

    settings = Settings(zendesk=_credentials(api), setup=Setup(endpoint=endpoint))
    with Zendesk(settings.zendesk) as zendesk:
        ids = carry_out(zendesk, plan(zendesk, settings.setup, load_brain(settings)).changes)
        return signing_secret(zendesk, ids[WEBHOOK])


def install_app(api: Api, port: int, folder: Path) -> str:
    """What `setup app apply` does in an account; the section of the settings with which the worker serves the app.

    The inbox is on 127.0.0.1 and the frame on localhost: two sites, as with an account and a worker of one's own.
    """
    from zendesk_gupshup.app.apply import AppInstaller
    from zendesk_gupshup.app.package import app_package
    from zendesk_gupshup.storage.app_store import AppStore
    from zendesk_gupshup.storage.engine import open_engine
    from zendesk_gupshup.zendesk.client import Zendesk

    config, url = _credentials(api), f"http://localhost:{port}"
    engine = open_engine(None, folder / "state")
    try:
        with Zendesk(config) as zendesk:
            store = AppStore(engine, config.origin)
            AppInstaller(zendesk, store, app_package(url), lambda _: time.sleep(_BUILD_POLL)).apply()
    finally:
        engine.dispose()
    return f'[app]\nenabled = true\nurl = "{url}"\nsdk_url = "{api.base_url}/inbox/static/zaf_client.js"\n'


def _credentials(api: Api) -> ZendeskConfig:
    from zendesk_gupshup.zendesk.config import ZendeskConfig

    return ZendeskConfig(base_url=api.base_url, oauth_client_id=CLIENT_ID, oauth_client_secret=SecretStr(CLIENT_SECRET))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
