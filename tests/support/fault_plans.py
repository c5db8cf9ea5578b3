"""What befalls a ticket and is more than a request that fails: lost tags, copies with another ticket's tags, files that
stay away, refusals beside the ticket, a cursor that is refused.

A mishap is data: whom it befalls, rows of a plan of faults, and what people do. What it may leave on the ticket besides
what stands there when nothing goes wrong is said by `but_for_mishaps`.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from support.fault_runs import CASES, WORKER, Scene, Seen, wait_for
from zendesk_gupshup.demo.stage import Api
from zendesk_sandbox.faults import Fault
from zendesk_sandbox.seed import ADMIN_EMAIL
from zendesk_sandbox.store import SandboxStore

BY_NAME = {case.name: case for case in CASES}
# The client's own words are reason enough: an agent's request is a tag, and lost tags take it away for good.
OWN_WORDS = ("401", "401 in Spanish", "401 in Portuguese", "wallet", "two codes", "owner's")
LOG = ("401 in a log",)
EVER = 10**9
BY_CURSOR = "incremental/tickets/cursor?**cursor=**"
GONE = "a file that is gone"
LOST, COPIES, UNREAD, BESIDE, CURSOR = (
    "lost tags", "follow-ups", "unread files", "refusals beside the ticket", "refused cursors"
)  # fmt: skip
# In each language of a note.
_NO_GROUPS = re.compile(r"\((?:status|estado) 40[34]\)")
_OURS = ("gupshup_replied__", "gupshup_noted__")


@dataclass(frozen=True)
class Mishap:
    """`rows` come into the plan with the ticket; `{ticket}`, `{file}` and `{organization}` are the ticket's own.

    `deed` is done once something of ours stands on the ticket; `copy` makes a new ticket of one that was handled.
    """

    kind: str
    cases: tuple[str, ...]
    rows: tuple[Fault, ...] = ()
    deed: Callable[[Scene, int], None] | None = None
    copy: Callable[[Scene, int], int] | None = None
    subject: str = "WhatsApp"
    # What the ticket ends as, if not as its case.
    ends_as: str | None = None

    @property
    def same(self) -> tuple[str, int] | None:
        """The requests that its first row is about, where these are not the ticket's own."""
        return next(((row.path, row.nth) for row in self.rows[:1] if "{" not in row.path), None)


def _agent(store: SandboxStore) -> int:
    return int(store.user_by_email("ada@example.com")["id"])


# --- Lost tags -----------------------------------------------------------------------------------------------

SET_TAGS = [{"field": "set_tags", "value": "vip"}]
REWRITTEN = "rewritten by a rule"
TRIGGERS: tuple[list[dict[str, Any]], ...] = (
    [
        {"field": "subject_includes_word", "operator": "includes", "value": "rewritten"},
        {"field": "current_tags", "operator": "includes", "value": "gupshup"},
    ],
    [{"field": "comment_includes_word", "operator": "includes", "value": "urgent"}],
)


def make_rules(scene: Scene) -> list[int]:
    """A macro and triggers with "set tags", as an account has them; the triggers' ids."""
    api = Api(scene.sandbox.base_url, ADMIN_EMAIL)
    api.call("POST", "/api/v2/macros", {"macro": {"title": "VIP", "actions": SET_TAGS}})
    made = ({"title": "VIP", "conditions": {"all": every, "any": []}, "actions": SET_TAGS} for every in TRIGGERS)
    return [int(api.call("POST", "/api/v2/triggers", {"trigger": one})["trigger"]["id"]) for one in made]


def switch_off(scene: Scene, triggers: Iterable[int]) -> None:
    api = Api(scene.sandbox.base_url, ADMIN_EMAIL)
    for number in triggers:
        api.call("PUT", f"/api/v2/triggers/{number}", {"trigger": {"active": False}})


def _apps_put(scene: Scene, ticket_id: int) -> None:
    # Not as a request: the plan is for ours.
    scene.store.update_ticket(ticket_id, {"tags": ["vip"]}, _agent(scene.store))


def _macro(scene: Scene, ticket_id: int) -> None:
    store = scene.store
    macro = next(int(m["id"]) for m in store.macros.values() if m["title"] == "VIP")
    store.apply_macro_as_agent(ticket_id, macro, _agent(store))


def _urgent_words(scene: Scene, ticket_id: int) -> None:
    store = scene.store
    client = store.users[store.tickets[ticket_id]["requester_id"]]
    store.write_as_client(client["email"], client["name"], "It is urgent.", ticket_id=ticket_id)


def lost_ours(store: SandboxStore, ticket_id: int) -> bool:
    """Whether a tag that proves a reply or a note was ever taken off the ticket."""
    with store.lock:
        changes = [event for audit in store.audits(ticket_id) for event in audit["events"]]
    tags = [
        (e["previous_value"], e["value"]) for e in changes if e.get("field_name") == "tags" and "previous_value" in e
    ]
    return any(tag.startswith(_OURS) and tag not in now for before, now in tags for tag in before)


# --- Copies --------------------------------------------------------------------------------------------------


def _closed(scene: Scene, ticket_id: int) -> dict[str, Any]:
    """The ticket once it was solved and closed, with what else an agent may leave on it."""
    store, agent = scene.store, _agent(scene.store)
    more = ["gupshup_off", "gupshup_held_back"]
    store.update_ticket(ticket_id, {"status": "solved", "assignee_id": agent, "additional_tags": more}, agent)
    return store.update_ticket(ticket_id, {"status": "closed"}, agent)[0]


def _by_mail(scene: Scene, ticket_id: int) -> int:
    store, case = scene.store, scene.written[ticket_id]
    with store.lock:
        client = store.users[_closed(scene, ticket_id)["requester_id"]]
        return int(store.write_as_client(client["email"], client["name"], case.text, ticket_id=ticket_id)["id"])


def _by_api(scene: Scene, ticket_id: int) -> int:
    store, case = scene.store, scene.written[ticket_id]
    with store.lock:
        client = _closed(scene, ticket_id)["requester_id"]
        made = {"comment": {"body": case.text, "author_id": client}, "submitter_id": client}
        return int(store.create_ticket(made | {"via_followup_source_id": ticket_id}, client)["id"])


def _split(scene: Scene, ticket_id: int) -> int:
    store, case = scene.store, scene.written[ticket_id]
    with store.lock:
        parent = store.tickets[ticket_id]
        client, source = parent["requester_id"], {"rel": "split", "from": {"ticket_id": ticket_id}}
        made = {"comment": {"body": case.text}, "requester_id": client, "submitter_id": client, "tags": parent["tags"]}
        return int(store.create_ticket(made | {"via": {"channel": "web", "source": source}}, client)["id"])


# --- All of them ---------------------------------------------------------------------------------------------

MISHAPS: Mapping[str, Mishap] = {
    "an app replaces the tags between reply and note": Mishap(
        LOST,
        OWN_WORDS,
        (Fault(kind="tags_replaced_meanwhile", method="PUT", path="tickets/{ticket}", nth=2, times=2),),
    ),
    "an app replaces the tags before we look again": Mishap(
        LOST,
        OWN_WORDS,
        (Fault(kind="tags_replaced_meanwhile", method="GET", path="tickets/{ticket}", nth=2, times=3),),
    ),
    "an app replaces the tags at any moment": Mishap(LOST, OWN_WORDS, deed=_apps_put),
    "a macro sets the tags": Mishap(LOST, OWN_WORDS, deed=_macro),
    "a trigger sets the tags on the client's words": Mishap(LOST, OWN_WORDS, deed=_urgent_words),
    "a trigger sets the tags on our own update": Mishap(LOST, OWN_WORDS, subject=REWRITTEN),
    "a follow-up by mail": Mishap(COPIES, OWN_WORDS, copy=_by_mail),
    "a follow-up by the API": Mishap(COPIES, OWN_WORDS, copy=_by_api),
    "a split ticket": Mishap(COPIES, OWN_WORDS, copy=_split),
    "a file that answers 503 for a while": Mishap(
        UNREAD, LOG, (Fault(kind="error_503", method="GET", path="{file}", lasting=5),)
    ),
    "a file that answers 429 for a while": Mishap(
        UNREAD, LOG, (Fault(kind="rate_limited_seconds", method="GET", path="{file}", lasting=5),)
    ),
    "a file whose connection breaks": Mishap(UNREAD, LOG, (Fault(kind="reset", method="GET", path="{file}", times=5),)),
    "a file that answers 503 for good": Mishap(
        UNREAD, LOG, (Fault(kind="error_503", method="GET", path="{file}", times=EVER),)
    ),
    "a file whose connection breaks for good": Mishap(
        UNREAD, LOG, (Fault(kind="reset", method="GET", path="{file}", times=EVER),)
    ),
    "a file that is gone for good": Mishap(
        UNREAD, LOG, (Fault(kind="not_found", method="GET", path="{file}", times=EVER),), ends_as=GONE
    ),
    **{
        f"{status} on {what}": Mishap(BESIDE, ("401", "401 in Spanish", "two codes"), (Fault(
            kind=kind, method="GET", path=path, times=EVER
        ),))
        for status, kind in ((404, "not_found"), (403, "forbidden"))
        for what, path in (("an organization's users", "organizations/{organization}/users"), ("the groups", "groups"))
    },
    # The tickets are found by the sweep alone then.
    **{
        f"{status} on the cursor": Mishap(CURSOR, OWN_WORDS, (
            Fault(kind=f"cursor_refused_{status}", method="GET", path=BY_CURSOR, nth=nth),
            Fault(kind="webhook_lost", method="WEBHOOK", times=4),
        ))
        for status, nth in ((400, 1), (404, 3), (410, 1), (422, 3))
    },
}  # fmt: skip
KINDS = tuple(dict.fromkeys(mishap.kind for mishap in MISHAPS.values()))
# Kinds of fault that these alone use.
THEIRS = frozenset(
    row.kind for m in MISHAPS.values() for row in m.rows if row.kind.startswith(("tags_replaced", "cursor_refused"))
)


class Mishaps:
    """Those of one run: which are due, which befell whom, and which struck; the least struck come first."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self._scene, self._chance = scene, chance
        self._triggers = make_rules(scene)
        self.struck: Counter[str] = Counter(dict.fromkeys(MISHAPS, 0))
        # What stays in every plan.
        self.lasting: list[Fault] = []
        self._now: list[tuple[str, int, Fault | None]] = []

    @property
    def missing(self) -> list[str]:
        return [name for name, times in self.struck.items() if not times]

    def befall(self, most: int) -> None:
        """Write tickets that so many mishaps befall, or make copies."""
        order = sorted(MISHAPS, key=lambda name: (self.struck[name], self._chance.random()))
        # Of two rows for the very same requests only the first would strike.
        first = {MISHAPS[name].same or name: name for name in reversed(order)}
        for name in [name for name in order if name in first.values()][:most]:
            if MISHAPS[name].copy:
                self._copy(name)
            else:
                self._write(name)

    def _write(self, name: str) -> None:
        scene, mishap = self._scene, MISHAPS[name]
        number = len(scene.written)
        case = replace(BY_NAME[self._chance.choice(mishap.cases)], subject=mishap.subject)
        organization: dict[str, Any] = {"id": 0}
        if mishap.kind == BESIDE:
            case = replace(case, domain=f"client{number}.example")
            organization = scene.store.upsert_organization(f"Client {number}", domain_names=[case.domain])
        if mishap.ends_as:
            case = replace(case, name=mishap.ends_as)
        # Nobody reads the ticket before the plan knows it.
        with scene.store.lock:
            ticket_id = scene.write(case)
            files = [f["content_url"] for c in scene.store.comments(ticket_id) for f in c["attachments"]]
            own = {"ticket": ticket_id, "organization": organization["id"]}
            own |= {"file": files[0].partition("?")[0].removeprefix("/")} if files else {}
            rows = [row.model_copy(update={"path": row.path.format(**own)}) for row in mishap.rows]
            scene.sandbox.plan.add(*rows, ahead=True)
        self._keep(name, ticket_id, rows)

    def _copy(self, name: str) -> None:
        scene, mishap = self._scene, MISHAPS[name]
        listed = scene.listed()
        handled = [
            ticket_id
            for ticket_id, case in scene.written.items()
            if case.name in mishap.cases and ticket_id not in listed and scene.is_done(ticket_id)
            if scene.store.tickets[ticket_id]["status"] not in ("solved", "closed")
        ]
        if mishap.copy and handled:
            parent = self._chance.choice(handled)
            scene.befallen.add(parent)
            copy = mishap.copy(scene, parent)
            scene.written[copy] = scene.written[parent]
            self._keep(name, copy, [])

    def _keep(self, name: str, ticket_id: int, rows: list[Fault]) -> None:
        self._scene.befallen.add(ticket_id)
        self._now.append((name, ticket_id, rows[0] if rows else None))
        if MISHAPS[name].kind == UNREAD:
            self.lasting += [row for row in rows if row.times == EVER]

    def people(self, seconds: float) -> None:
        """What people do on these tickets, at some moment after something of ours came to stand there."""
        for name, ticket_id, _ in self._now:
            if deed := MISHAPS[name].deed:
                wait_for(lambda t=ticket_id: _marked(self._scene.store, t), seconds)  # type: ignore[misc]
                time.sleep(self._chance.random() * 1.5)
                deed(self._scene, ticket_id)

    def count(self) -> list[str]:
        """Which of the last ones struck and did not: asked before the plan is replaced."""
        left, told = self._scene.sandbox.plan.left(), []
        for name, ticket_id, row in self._now:
            lost = MISHAPS[name].kind != LOST or lost_ours(self._scene.store, ticket_id)
            strikes = lost and row not in left
            self.struck[name] += strikes
            told.append(f"ticket {ticket_id}: {name}{'' if strikes else ' (did not)'}")
        self._now = []
        return told

    def mend(self) -> None:
        """What an operator does at the end."""
        self.lasting = []
        switch_off(self._scene, self._triggers)


def _marked(store: SandboxStore, ticket_id: int) -> bool:
    with store.lock:
        return any(tag.startswith(_OURS) for tag in store.tickets[ticket_id]["tags"])


def expected_with_mishaps(expected: Mapping[str, Seen]) -> dict[str, Seen]:
    note = Seen((("gupshup_unread", 1),), ((False, ()),), frozenset({"gupshup_unread"}), expected["quiet"].group)
    return {**expected, GONE: note}


def but_for_mishaps(scene: Scene, ticket_id: int, now: Seen, wanted: Seen) -> Seen:
    """What stands on a ticket, without what a mishap may leave: tags put back in updates of their own, the note about
    an unread file, the group where the note says that it could not be looked up, tags that other people set, and
    the one for what the client wrote besides."""
    store = scene.store
    with store.lock:
        ours = store.user_by_email(WORKER)["id"]
        words = " ".join(c["plain_body"] for c in store.comments(ticket_id) if c["author_id"] == ours)
        ticket = store.tickets[ticket_id]
        closed = ticket["status"] == "closed"
        again = sum(c["author_id"] == ticket["requester_id"] for c in store.comments(ticket_id)) > 1
    parent = closed or _parent(store, ticket_id)
    # Whoever assigns a ticket to an agent moves it to the agent's group.
    if parent or _NO_GROUPS.search(words):
        now = replace(now, group=wanted.group)
    if ticket_id not in scene.befallen:
        return now
    known = {marker for marker, _ in wanted.writes}
    extra = [(m, n) for m, n in now.writes if m not in known and m in ("tags", "gupshup_unread")]
    comments = list(now.comments)
    if ("gupshup_unread", 1) in extra and (False, ()) in comments:
        comments.remove((False, ()))
    others = {"vip"} | ({"gupshup_off", "gupshup_held_back"} if parent else set())
    if again:
        # Words that say nothing of the error stand in the view of what needs review.
        others |= {"gupshup_client_answered"} - wanted.tags
    writes = tuple(one for one in now.writes if one not in extra)
    tags = now.tags - others
    if "vip" in now.tags:
        # How far the owner is stands in no other place, and may be an agent's doing: a lost one is not put back.
        tags |= {tag for tag in wanted.tags if tag.startswith("gupshup_state__")}
    return replace(now, writes=writes, comments=tuple(comments), tags=tags)


def _parent(store: SandboxStore, ticket_id: int) -> bool:
    return bool(store.tickets[ticket_id]["followup_ids"])


def described(struck: Mapping[str, int]) -> list[str]:
    """One line for each kind: how often it struck, and by what."""
    lines = []
    for kind in KINDS:
        told = {name: struck[name] for name, mishap in MISHAPS.items() if mishap.kind == kind}
        lines.append(f"{kind} {sum(told.values())}: " + ", ".join(f"{name} {n}" for name, n in told.items()))
    return lines
