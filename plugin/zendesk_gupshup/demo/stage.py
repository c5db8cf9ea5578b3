"""The stage: a sandbox Zendesk with the objects that wake us, and the worker as a process of its own beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from zendesk_gupshup.sandbox.server import SandboxServer

_HOOK_BODY = '{"ticket_id": "{{ticket.id}}"}'
DRAFT_MACRO = "Gupshup::Draft for the owner"
OFF_MACRO = "Gupshup::Leave this ticket alone"


class StageError(RuntimeError):
    """The worker did not start, or ended by itself."""


class Api:
    """The sandbox's API as the admin who sets it up and the agents use it."""

    def __init__(self, base_url: str, email: str = "ada@example.com") -> None:
        self._session = requests.Session()
        self._session.auth = (f"{email}/token", "sandbox-token")
        self.base_url = base_url

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._session.request(method, f"{self.base_url}{path}", json=body, timeout=30)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}


class WorkerProcess:
    """`zendesk-gupshup serve` as a real process; its decision records are read off its log."""

    def __init__(self, environment: Mapping[str, str], folder: Path, port: int, *flags: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "zendesk_gupshup", "serve", "--port", str(port), *flags],
            env={**os.environ, **environment},
            cwd=folder,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self.decisions: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.address: str | None = None
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        for line in self._process.stderr or ():
            with self._changed:
                self.lines.append(line.rstrip())
                try:
                    record = json.loads(line)
                except ValueError:
                    record = {}
                if isinstance(record, dict) and record.get("event") == "decision":
                    self.decisions.append({**record, "heard": time.monotonic()})
                elif isinstance(record, dict) and record.get("event") == "listening":
                    self.address = str(record["address"])
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], Any], seconds: float) -> bool:
        """Wait until the condition holds: asked at each line of the log, and ten times a second besides."""
        deadline = time.monotonic() + seconds
        while not condition():
            ended = self._process.poll() is not None
            if ended or time.monotonic() >= deadline:
                return bool(condition())
            with self._changed:
                self._changed.wait(min(0.1, max(deadline - time.monotonic(), 0.0)))
        return True

    def settled(self, ticket_id: int) -> list[dict[str, Any]]:
        """The decisions made on a ticket so far, in their order."""
        return [d for d in self.decisions if d["ticket_id"] == ticket_id]

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=45)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def wait(self, seconds: float) -> int | None:
        """Its exit code, once it has ended by itself and its log is read; `None` when it did not in time."""
        try:
            code = self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(timeout=5)
        return code

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def stage(port: int = 0, worker_port: int | None = None) -> Iterator[tuple[SandboxServer, Api, WorkerProcess]]:
    """Sandbox, objects and worker, all ready; taken down at the end. Raises `StageError`."""
    with SandboxServer(port=port) as sandbox, TemporaryDirectory(prefix="zendesk-gupshup-demo-") as folder:
        api = Api(sandbox.base_url)
        hook_port = worker_port or free_port()
        secret = install(api, f"http://127.0.0.1:{hook_port}/webhooks/zendesk")
        config = Path(folder) / "zendesk-gupshup.toml"
        config.write_text('[routing]\ngroup = "WhatsApp N2"\nfrom_groups = ["Support"]\n', encoding="utf-8")
        worker = WorkerProcess(environment(sandbox.base_url, secret, Path(folder)), Path(folder), hook_port)
        try:
            if not worker.wait_for(lambda: worker.address, 60):
                raise StageError("the worker did not start:\n" + "\n".join(worker.lines[-20:]))
            yield sandbox, api, worker
        finally:
            worker.stop()


def environment(base_url: str, webhook_secret: str, folder: Path) -> dict[str, str]:
    """What a worker needs to know of this sandbox; nothing of the caller's own account gets through."""
    cleared = {name: "" for name in os.environ if name.startswith(("ZENDESK_", "DATABASE_URL"))}
    return {
        **cleared,
        "ZENDESK_BASE_URL": base_url,
        "ZENDESK_OAUTH_CLIENT_ID": "sandbox-client",
        "ZENDESK_OAUTH_CLIENT_SECRET": "sandbox-secret",
        "ZENDESK_WEBHOOK_SECRET": webhook_secret,
        "ZENDESK_GUPSHUP_STATE": str(folder / "state"),
    }


def install(api: Api, endpoint: str) -> str:
    """Webhook, triggers and macros, as an admin would make them; returns the webhook's signing secret."""
    hook = api.call("POST", "/api/v2/webhooks", {"webhook": {
        "name": "zendesk-gupshup", "endpoint": endpoint, "http_method": "POST", "request_format": "json",
        "status": "active", "subscriptions": ["conditional_ticket_events"],
    }})["webhook"]  # fmt: skip
    call = {"field": "notification_webhook", "value": [hook["id"], _HOOK_BODY]}
    live = [
        {"field": "status", "operator": "less_than", "value": "solved"},
        {"field": "current_tags", "operator": "not_includes", "value": "gupshup_off"},
    ]
    by_client = [
        {"field": "role", "operator": "is", "value": "end_user"},
        {"field": "comment_is_public", "operator": "is", "value": "true"},
    ]
    change = {"field": "update_type", "operator": "is", "value": "Change"}
    asked = {"field": "current_tags", "operator": "includes", "value": "gupshup_draft"}
    for title, conditions in (
        ("Gupshup: new ticket", [{"field": "update_type", "operator": "is", "value": "Create"}, *live]),
        ("Gupshup: the client wrote again", [change, *by_client, *live]),
        ("Gupshup: an agent asks for a draft", [asked]),
    ):
        api.call(
            "POST", "/api/v2/triggers", {"trigger": {"title": title, "all": conditions, "any": [], "actions": [call]}}
        )
    for title, tag in ((DRAFT_MACRO, "gupshup_draft"), (OFF_MACRO, "gupshup_off")):
        actions = [{"field": "current_tags", "value": tag}]
        api.call("POST", "/api/v2/macros", {"macro": {"title": title, "active": True, "actions": actions}})
    secret = api.call("GET", f"/api/v2/webhooks/{hook['id']}/signing_secret")["signing_secret"]["secret"]
    return str(secret)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
