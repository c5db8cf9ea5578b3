"""The app in a real worker process on the sandbox: opened, looked at, judged, sent; and killed in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from support.app_tokens import claims, public_pem, signed_token
from support.fake_zendesk import TEXT
from zendesk_gupshup.app.token import Installation
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, free_port, install
from zendesk_gupshup.settings import CONFIG_VARIABLE
from zendesk_sandbox.server import SandboxServer

ERROR = {"namespace": "gupshup_http", "code": "401"}
CONFIG = """[modes]
default = "assist"
[app]
enabled = true
app_id = 77
installation_id = 9001
public_key_file = "app.pem"
"""


class Served:
    """A worker with the app on, and an agent in front of a page of it."""

    def __init__(self, sandbox: SandboxServer, folder: Path) -> None:
        self._sandbox, self.api = sandbox, Api(sandbox.base_url)
        self._origin, self._folder, self.port = sandbox.base_url, folder, free_port()
        secret = install(self.api, f"http://127.0.0.1:{self.port}/webhooks/zendesk")
        (folder / "app.pem").write_bytes(public_pem())
        config = folder / "zendesk-gupshup.toml"
        config.write_text(CONFIG, encoding="utf-8")
        self._environment = {**environment(sandbox.base_url, secret, folder), CONFIG_VARIABLE: str(config)}
        self.user = self.api.call("GET", "/api/v2/users/me.json")["user"]["id"]
        self.start()

    def start(self) -> None:
        self.worker = WorkerProcess(self._environment, self._folder, self.port)
        assert self.worker.wait_for(lambda: self.worker.address, 60), self.worker.lines[-5:]

    def open(self) -> requests.Response:
        who = claims(installation=Installation(self._origin, 9001), sub=str(self.user))
        url = f"{self.worker.address}/zaf/sidebar?origin={self._origin}&app_guid=1"
        return requests.post(url, data={"token": signed_token(who)}, timeout=30)

    def bearer(self) -> dict[str, str]:
        page = self.open()
        assert page.status_code == 200, page.text
        _, _, after = page.text.partition('name="session" content="')
        return {"Authorization": f"Bearer {after.partition(chr(34))[0]}"}

    def get(self, ticket: int, bearer: dict[str, str]) -> Any:
        return requests.get(f"{self.worker.address}/zaf/api/tickets/{ticket}", headers=bearer, timeout=30).json()

    def post(self, ticket: int, name: str, bearer: dict[str, str], body: Any, key: str = "") -> int:
        url = f"{self.worker.address}/zaf/api/tickets/{ticket}/{name}"
        headers = {**bearer, **({"Idempotency-Key": key} if key else {})}
        return requests.post(url, json=body, headers=headers, timeout=30).status_code

    def write(self) -> int:
        """A client's ticket."""
        return int(self._sandbox.store.write_as_client("ada@client.example", "Ada", TEXT, subject="WhatsApp")["id"])

    def public_comments(self, ticket: int) -> list[Any]:
        comments = self.api.call("GET", f"/api/v2/tickets/{ticket}/comments.json")["comments"]
        return [one for one in comments[1:] if one["public"]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        made = Served(sandbox, tmp_path)
        try:
            yield made
        finally:
            made.worker.kill()


def _until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_an_agent_looks_sends_once_and_goes_on_after_a_kill(served: Served) -> None:
    ticket = served.write()
    bearer = served.bearer()
    assert served.post(ticket, "look", bearer, {}) == 202
    found = _until(lambda: (page := served.get(ticket, bearer)).get("sent") and page)
    assert (found["findings"][0]["error"], found["sent"][0]["what"]) == (ERROR, "note")
    assert served.post(ticket, "send", bearer, {"error": ERROR}, "key-of-the-page") == 202
    assert _until(lambda: served.public_comments(ticket))
    served.worker.kill()
    served.start()
    # The session was signed with a key that outlives the process, and the key of the request is known.
    assert served.get(ticket, bearer)["ticket_id"] == ticket
    assert served.post(ticket, "send", bearer, {"error": ERROR}, "key-of-the-page") == 202
    assert served.post(ticket, "feedback", bearer, {"error": ERROR, "verdict": "right"}) == 200
    assert len(served.public_comments(ticket)) == 1
    assert served.open().headers["Content-Security-Policy"].endswith(f"frame-ancestors {served.api.base_url}")
