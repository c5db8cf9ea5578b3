"""Writes the demo's tickets, waits for the worker, and compares each outcome with the expected one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zendesk_gupshup.demo.stage import Api, WorkerProcess
from zendesk_gupshup.demo.tickets import DemoTicket, demo_tickets, organizations
from zendesk_gupshup.text.plural import counted
from zendesk_sandbox.server import SandboxServer

_TIMEOUT = 60.0


@dataclass(frozen=True)
class DemoResult:
    """A row of the demo's table. `wrong` lists the differences from the expected outcome."""

    ticket_id: int
    name: str
    found: str
    why: str
    done: str
    seconds: float
    wrong: tuple[str, ...]


def run_tickets(sandbox: SandboxServer, api: Api, worker: WorkerProcess) -> Iterator[DemoResult]:
    """Write all tickets, then yield the result of each as soon as the worker has handled it."""
    ids = _create_organizations(api)
    started: list[tuple[DemoTicket, int, float, int]] = []
    for demo in demo_tickets():
        ticket_id, visits = _write(sandbox, api, demo, ids, worker)
        started.append((demo, ticket_id, time.monotonic(), visits))
    for demo, ticket_id, started_at, visits in started:
        # The worker makes one decision per visit.
        worker.wait_for(lambda t=ticket_id, n=visits: len(worker.settled(t)) >= n, _TIMEOUT)  # type: ignore[misc]  # mypy does not infer a lambda with defaults
        yield _result(api, demo, ticket_id, started_at, worker.settled(ticket_id), visits)


def _create_organizations(api: Api) -> dict[str, int]:
    return {
        key: int(api.call("POST", "/api/v2/organizations", {"organization": body})["organization"]["id"])
        for key, body in organizations().items()
    }


def _write(
    sandbox: SandboxServer, api: Api, demo: DemoTicket, organization_ids: dict[str, int], worker: WorkerProcess
) -> tuple[int, int]:
    """Write one ticket as its client and agents; its id, and the number of visits that it causes."""
    who = demo.client
    store = sandbox.store
    ticket = store.write_as_client(
        who.email, who.name, demo.body.strip(), subject=demo.subject, channel="email", locale=who.locale,
        organization_id=organization_ids.get(who.organization or ""),
    )  # fmt: skip
    ticket_id, visits = int(ticket["id"]), 1
    if demo.agent_replies or demo.agent_notes:
        # The agent writes after the worker has handled the ticket.
        worker.wait_for(lambda: worker.settled(ticket_id), _TIMEOUT)
        text, public = (demo.agent_replies, True) if demo.agent_replies else (demo.agent_notes, False)
        api.call("PUT", f"/api/v2/tickets/{ticket_id}", {"ticket": {"comment": {"body": text, "public": public}}})
    if demo.client_adds:
        store.write_as_client(who.email, who.name, demo.client_adds, ticket_id=ticket_id, channel="email")
        visits += 1
    if demo.macro:
        macros = api.call("GET", "/api/v2/macros")["macros"]
        macro = next(m for m in macros if m["title"] == demo.macro)
        agent = int(api.call("GET", "/api/v2/users/me")["user"]["id"])
        store.apply_macro_as_agent(ticket_id, int(macro["id"]), agent)
        visits += 1
    return ticket_id, visits


def _result(
    api: Api, demo: DemoTicket, ticket_id: int, started_at: float, decisions: list[dict[str, Any]], visits: int
) -> DemoResult:
    ticket = api.call("GET", f"/api/v2/tickets/{ticket_id}")["ticket"]
    comments = api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]
    our_id = _our_user(api)
    ours = [c for c in comments if c["author_id"] == our_id]
    replies = [c for c in ours if c["public"]]
    notes = [c for c in ours if not c["public"]]
    last = decisions[-1] if decisions else {}
    wrong = tuple(_wrong(demo, ticket, replies, notes, last, len(decisions) >= visits))
    done = [f"reply ({last.get('language')})" if replies else "", "note" if notes else ""]
    files = sum(len(c["attachments"]) for c in ours)
    done.append(counted(files, "file") if files else "")
    return DemoResult(
        ticket_id=ticket_id,
        name=demo.name,
        found=", ".join(last.get("codes", ())) or "nothing",
        why=_why(last),
        done=" + ".join(part for part in done if part) or "silence",
        seconds=max(last.get("heard", started_at) - started_at, 0.0),
        wrong=wrong,
    )


def _our_user(api: Api) -> int:
    found = api.call("GET", "/api/v2/users/search?query=worker@example.com")["users"]
    return int(found[0]["id"])


def _why(last: dict[str, Any]) -> str:
    guards = [str(g).replace("_", " ") for g in last.get("guards", ())]
    if last.get("kind"):
        parts = [f"{str(last['kind']).replace('_', ' ')}, {last['mode']}", *guards]
        if last.get("missing"):
            parts.append("asks for " + ", ".join(last["missing"]))
        return "; ".join(parts)
    return "; ".join(guards) or "no evidence of an error"


def _wrong(
    demo: DemoTicket,
    ticket: dict[str, Any],
    replies: list[dict[str, Any]],
    notes: list[dict[str, Any]],
    last: dict[str, Any],
    finished: bool,
) -> Iterator[str]:
    expect = demo.expect
    if not finished:
        yield "the worker did not finish in time"
    if sorted(last.get("codes", ())) != sorted(expect.codes):
        yield f"codes {last.get('codes')}"
    if len(replies) != (1 if expect.reply else 0):
        yield f"{len(replies)} replies"
    if len(notes) != (1 if expect.note else 0):
        yield f"{len(notes)} notes"
    if expect.reply and last.get("language") != expect.reply:
        yield f"language {last.get('language')}"
    text = " ".join(c["plain_body"] for c in replies)
    yield from (f"the reply does not say {w!r}" for w in expect.reply_says if w not in text)
    text = " ".join(c["plain_body"] for c in notes)
    yield from (f"the note does not say {w!r}" for w in expect.note_says if w not in text)
    if sum(len(c["attachments"]) for c in replies) != expect.files:
        yield "files of the reply"
    if expect.note_files and sum(len(c["attachments"]) for c in notes) != expect.note_files:
        yield "files of the note"
    tags = set(ticket["tags"])
    yield from (f"tag {t} is missing" for t in expect.tags if t not in tags)
    yield from (f"tag {t} is left" for t in expect.without_tags if t in tags)
    if not expect.codes and (found := sorted(t for t in tags if t.startswith("gupshup"))):
        yield f"tags {found}"
    yield from (f"guard {g} is missing" for g in expect.guards if g not in last.get("guards", ()))
    yield from (f"{m} was not asked for" for m in expect.missing if m not in last.get("missing", ()))
