"""Tickets in a sandbox that an agent has escalated to the owner, time that passes on them, and our reminders there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from support.answered_ticket import REPLY
from support.workers import ERROR, write
from zendesk_sandbox.server import SandboxServer

NOTED = "gupshup_noted__http_401"


def escalated(sandbox: SandboxServer) -> int:
    """A ticket that an agent has escalated; the worker has to write its note yet."""
    store = sandbox.store
    with store.lock:
        ticket_id = write(sandbox, ERROR)
        agent = int(store.user_by_email("ada@example.com")["id"])
        tags = ["gupshup", "gupshup_state__awaiting_owner"]
        store.update_ticket(ticket_id, {"comment": {"body": REPLY["en"], "public": True}, "tags": tags}, agent)
    return ticket_id


def age(sandbox: SandboxServer, tickets: Sequence[int], hours: int) -> None:
    """So many hours pass: the tickets and all comments are older by them."""
    store = sandbox.store
    with store.lock:
        for ticket_id in tickets:
            for record in (store.tickets[ticket_id], *store._comments[ticket_id]):
                made = datetime.fromisoformat(record["created_at"]) - timedelta(hours=hours)
                record["created_at"] = f"{made:%Y-%m-%dT%H:%M:%SZ}"


def reminders(sandbox: SandboxServer, tickets: Sequence[int]) -> Counter[tuple[int, str]]:
    """How often each reminder was written, by ticket and marker; public ones and notes alike."""
    store = sandbox.store
    with store.lock:
        ours = store.user_by_email("worker@example.com")["id"]
        told = [(t, a["metadata"]["custom"]) for t in tickets for a in store.audits(t) if a["author_id"] == ours]
    return Counter((t, str(custom["marker"])) for t, custom in told if "reminder" in str(custom.get("marker")))
