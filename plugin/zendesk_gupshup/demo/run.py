"""Plays the tickets, waits for the worker, and says of each whether the outcome is as it should be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zendesk_gupshup.demo.plays import ORGANIZATIONS, Play, plays
from zendesk_gupshup.demo.stage import Api, WorkerProcess
from zendesk_sandbox.server import SandboxServer

_SECONDS = 60.0


@dataclass(frozen=True)
class Result:
    """One line of the demo's table. `wrong` names what is not as it should be; empty when all is."""

    ticket_id: int
    name: str
    found: str
    why: str
    done: str
    seconds: float
    wrong: tuple[str, ...]


def perform(sandbox: SandboxServer, api: Api, worker: WorkerProcess) -> Iterator[Result]:
    """Play all tickets at once, then yield each result as soon as the worker is done with it."""
    organizations = _organizations(api)
    started: list[tuple[Play, int, float, int]] = []
    for play in plays():
        ticket_id, looks = _write(sandbox, api, play, organizations, worker)
        started.append((play, ticket_id, time.monotonic(), looks))
    for play, ticket_id, began, looks in started:
        # One decision for each time the worker was woken.
        worker.wait_for(lambda t=ticket_id, n=looks: len(worker.settled(t)) >= n, _SECONDS)  # type: ignore[misc]
        yield _result(api, play, ticket_id, began, worker.settled(ticket_id), looks)


def _organizations(api: Api) -> dict[str, int]:
    made = {}
    for key, body in ORGANIZATIONS.items():
        made[key] = int(api.call("POST", "/api/v2/organizations", {"organization": body})["organization"]["id"])
    return made


def _write(
    sandbox: SandboxServer, api: Api, play: Play, organizations: dict[str, int], worker: WorkerProcess
) -> tuple[int, int]:
    """Let the client and the agents of one play write; the ticket's id, and how often the worker is woken by it."""
    who = play.client
    store = sandbox.store
    organization = organizations.get(who.organization or "")
    ticket = store.write_as_client(
        who.email, who.name, play.body.strip(), subject=play.subject, channel="email", locale=who.locale,
        organization_id=organization,
    )  # fmt: skip
    ticket_id, looks = int(ticket["id"]), 1
    if play.agent_replies or play.agent_notes:
        # The people of a play come one after the other, as they do in life.
        worker.wait_for(lambda: worker.settled(ticket_id), _SECONDS)
        text, public = (play.agent_replies, True) if play.agent_replies else (play.agent_notes, False)
        api.call("PUT", f"/api/v2/tickets/{ticket_id}", {"ticket": {"comment": {"body": text, "public": public}}})
    if play.client_adds:
        store.write_as_client(who.email, who.name, play.client_adds, ticket_id=ticket_id, channel="email")
        looks += 1
    if play.macro:
        macros = api.call("GET", "/api/v2/macros")["macros"]
        macro = next(m for m in macros if m["title"] == play.macro)
        agent = int(api.call("GET", "/api/v2/users/me")["user"]["id"])
        store.apply_macro_as_agent(ticket_id, int(macro["id"]), agent)
        looks += 1
    return ticket_id, looks


def _result(api: Api, play: Play, ticket_id: int, began: float, decisions: list[dict[str, Any]], looks: int) -> Result:
    ticket = api.call("GET", f"/api/v2/tickets/{ticket_id}")["ticket"]
    comments = api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]
    ours = _our_user(api)
    mine = [c for c in comments if c["author_id"] == ours]
    replies = [c for c in mine if c["public"]]
    notes = [c for c in mine if not c["public"]]
    last = decisions[-1] if decisions else {}
    wrong = tuple(_wrong(play, ticket, replies, notes, last, len(decisions) >= looks))
    did = [f"reply ({last.get('language')})" if replies else "", "note" if notes else ""]
    files = sum(len(c["attachments"]) for c in mine)
    did.append(f"{files} file{'s' if files != 1 else ''}" if files else "")
    return Result(
        ticket_id=ticket_id,
        name=play.name,
        found=", ".join(last.get("codes", ())) or "nothing",
        why=_why(last),
        done=" + ".join(part for part in did if part) or "silence",
        seconds=max(last.get("heard", began) - began, 0.0),
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
    play: Play,
    ticket: dict[str, Any],
    replies: list[dict[str, Any]],
    notes: list[dict[str, Any]],
    last: dict[str, Any],
    finished: bool,
) -> Iterator[str]:
    expect = play.expect
    if not finished:
        yield "the worker was not done in time"
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
    yield from (f"guard {g} did not speak" for g in expect.guards if g not in last.get("guards", ()))
    yield from (f"{m} was not asked for" for m in expect.missing if m not in last.get("missing", ()))
