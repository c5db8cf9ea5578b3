"""What tests of a real worker process share: a ticket to answer, a signed webhook, and what was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import requests

from zendesk_gupshup.demo.stage import Api, WorkerProcess
from zendesk_gupshup.worker.webhook import SIGNATURE, TIMESTAMP, sign
from zendesk_sandbox.server import SandboxServer

ERROR = 'Since today the Gupshup API answers HTTP 401 {"status":"error","message":"Authentication Failed"} to our key.'
SECONDS = 60.0


def write(sandbox: SandboxServer, text: str = ERROR, **more: Any) -> int:
    ticket = sandbox.store.write_as_client("olivia@client.example", "Olivia", text, subject="WhatsApp", **more)
    return int(ticket["id"])


def ours(api: Api, ticket_id: int) -> tuple[int, int]:
    """Replies and notes of ours on the ticket."""
    users = api.call("GET", "/api/v2/users/search?query=worker@example.com")["users"]
    comments = api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]
    mine = [c for c in comments if c["author_id"] == users[0]["id"]]
    return sum(c["public"] for c in mine), sum(not c["public"] for c in mine)


def post(worker: WorkerProcess, secret: str, body: Any, **headers: str) -> requests.Response:
    raw = json.dumps(body).encode()
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = {TIMESTAMP: stamp, SIGNATURE: sign(secret, stamp, raw), **headers}
    return requests.post(f"{worker.address}/webhooks/zendesk", data=raw, headers=signed, timeout=10)
