"""Helpers of the sandbox's tests: a plain HTTP client, and an endpoint for webhooks that answers as it is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import requests

from zendesk_sandbox.seed import ADMIN_EMAIL, API_TOKEN
from zendesk_sandbox.server import SandboxServer


class Api:
    """Requests to a sandbox as its admin; `json` is the answer's body after its status was checked."""

    def __init__(self, sandbox: SandboxServer, email: str = ADMIN_EMAIL) -> None:
        self.base = sandbox.base_url
        self.session = requests.Session()
        self.session.auth = (f"{email}/token", API_TOKEN)

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base}/api/v2{path}"
        return self.session.request(method, url, json=body, timeout=10, **more)

    def json(self, method: str, path: str, body: Any = None, status: int | None = None, **more: Any) -> Any:
        answer = self.send(method, path, body, **more)
        wanted = (200, 201) if status is None else (status,)
        assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def ticket(self, **values: Any) -> dict[str, Any]:
        payload = {"subject": "Help", "comment": {"body": "It fails with 401"}} | values
        ticket: dict[str, Any] = self.json("POST", "/tickets", {"ticket": payload})["ticket"]
        return ticket

    def update(self, ticket_id: int, code: int = 200, /, **values: Any) -> Any:
        return self.json("PUT", f"/tickets/{ticket_id}", {"ticket": values}, code)

    def comments(self, ticket_id: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json("GET", f"/tickets/{ticket_id}/comments")["comments"]
        return found


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """A web server that remembers what it was sent; `answers` are used up one by one, then it says 200."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    # While clear, requests hang; the test decides when they may go on.
    open: threading.Event = field(default_factory=threading.Event)
    # One release for each request that came in.
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    url: str = ""

    def __enter__(self) -> Endpoint:
        self.open.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                endpoint.received.append(Received(self.path, dict(self.headers.items()), body))
                endpoint.arrived.release()
                status, headers = endpoint.answers.pop(0) if endpoint.answers else (200, {})
                endpoint.open.wait(10)
                try:
                    self.send_response(status)
                    for key, value in {"Content-Length": "0", **headers}.items():
                        self.send_header(key, value)
                    self.end_headers()
                except OSError:  # the caller gave up waiting
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/zendesk"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
