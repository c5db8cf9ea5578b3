"""What the ledger does not hold, read from Zendesk within a bound: names, the next word after a reply, agreement."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.ticket import Comment, Ticket, User
from zendesk_gupshup.report.agreement import AgreementVerdict, Case, by_answers, by_tags
from zendesk_gupshup.report.gather import Replied
from zendesk_gupshup.report.model import Agreement, Names, NextWord, Share
from zendesk_gupshup.report.sums import spread

# Names rarely change: a cached one is read again after so many seconds.
NAMES_STAY = 86_400
_NAMES_FILE = "organization-names.json"
_LONGEST = 120
_OWNER_TAG = "gupshup_owner"


class Reads(Protocol):
    """What is asked of Zendesk; `zendesk.Zendesk` is the real one."""

    @property
    def requests_here(self) -> int: ...
    def get(self, path: str, **params: Any) -> dict[str, Any]: ...
    def tickets(self, ticket_ids: Sequence[int]) -> dict[int, Ticket]: ...
    def with_comments(self, ticket: Ticket) -> Ticket: ...
    def group_id(self, name: str) -> int | None: ...


@dataclass(frozen=True)
class KnownOrganization:
    name: str
    apps: Mapping[str, str] = field(default_factory=dict)
    owner_email: str | None = None


class Reader:
    """Reads within a number of requests, or without a bound; each ticket's comments at most once."""

    def __init__(self, zendesk: Reads, most: int | None = None) -> None:
        self._zendesk = zendesk
        self._end = math.inf if most is None else zendesk.requests_here + most
        self._tickets: dict[int, Ticket | None] = {}
        self._full: dict[int, Ticket] = {}

    def next_word(self, replied: Sequence[Replied], owners: Mapping[int, str]) -> NextWord:
        """Who wrote first after each reply. A ticket that is as our last update left it has no such word."""
        self._fetch(reply.ticket_id for reply in replied)
        by: Counter[str] = Counter()
        seconds, counts = [], Counter[str]()
        for reply in replied:
            ticket = self._ticket(reply.ticket_id)
            if ticket is None:
                counts["gone" if reply.ticket_id in self._tickets else "not_read"] += 1
            elif ticket.updated_at == reply.as_left:
                counts["silent"] += 1
            elif (full := self._with_comments(ticket)) is None:
                counts["not_read"] += 1
            elif word := _next_word(full, reply):
                comment, author = word
                assert comment.created_at is not None  # noqa: S101 - `_next_word` compared it
                by[_who(author, full, owners.get(reply.organization_id or 0))] += 1
                seconds.append(int(comment.created_at.timestamp()) - reply.at)
            else:
                counts["silent"] += 1
        return NextWord(
            replies=len(replied),
            silent=counts["silent"],
            gone=counts["gone"],
            not_read=counts["not_read"],
            by=tuple(Share(name=name, tickets=n) for name, n in sorted(by.items(), key=lambda one: (-one[1], one[0]))),
            after=spread(seconds),
        )

    def agreement(self, cases: Sequence[Case], dictionary: Dictionary) -> tuple[tuple[Agreement, ...], int]:
        """Verdicts by code, and how many tickets were left unread."""
        verdicts: dict[str, Counter[str]] = {}
        unread = set()
        for case, verdict in self.verdicts(cases, dictionary):
            if verdict is None:
                unread.add(case.ticket_id)
            else:
                verdicts.setdefault(str(case.error), Counter())[verdict.answer] += 1
        rows = sorted(verdicts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
        return tuple(
            Agreement(code=code, **{a: n[a] for a in ("agreed", "differed", "open")}) for code, n in rows
        ), len(unread)

    def verdicts(self, cases: Sequence[Case], dictionary: Dictionary) -> Iterator[tuple[Case, AgreementVerdict | None]]:
        """Each case with whether agents did what we would have done; `None` where no request was left to tell."""
        self._fetch(case.ticket_id for case in cases)
        for case in cases:
            yield case, self._verdict(case, dictionary)

    def _verdict(self, case: Case, dictionary: Dictionary) -> AgreementVerdict | None:
        ticket = self._ticket(case.ticket_id)
        if case.ticket_id not in self._tickets:
            return None
        verdict = by_tags(case, ticket)
        if verdict is not None or ticket is None:
            return verdict
        full = self._with_comments(ticket)
        if full is None:
            return None
        group = self._zendesk.group_id(case.group) if case.group else None
        return by_answers(case, full, dictionary, group_id=group)

    @property
    def _left(self) -> float:
        return self._end - self._zendesk.requests_here

    def _fetch(self, ticket_ids: Iterable[int]) -> None:
        """A request for each hundred; a ticket that is not among the answers is gone."""
        due = [one for one in dict.fromkeys(ticket_ids) if one not in self._tickets]
        for start in range(0, len(due), 100):
            if self._left <= 0:
                return
            some = due[start : start + 100]
            found = self._zendesk.tickets(some)
            self._tickets |= {ticket_id: found.get(ticket_id) for ticket_id in some}

    def _ticket(self, ticket_id: int) -> Ticket | None:
        return self._tickets.get(ticket_id)

    def _with_comments(self, ticket: Ticket) -> Ticket | None:
        if ticket.id not in self._full:
            if self._left <= 0:
                return None
            self._full[ticket.id] = self._zendesk.with_comments(ticket)
        return self._full[ticket.id]


def _next_word(ticket: Ticket, reply: Replied) -> tuple[Comment, User] | None:
    """The first comment after the reply by somebody who is not staff, and who that is."""
    for comment in ticket.comments:
        author = ticket.users.get(comment.author_id) if comment.author_id is not None else None
        if author is None or author.is_staff or author.id == ticket.our_user_id or comment.created_at is None:
            continue
        if comment.created_at.timestamp() > reply.at:
            return comment, author
    return None


def _who(author: User, ticket: Ticket, owner_email: str | None) -> str:
    if _OWNER_TAG in author.tags or (owner_email and (author.email or "").lower() == owner_email.lower()):
        return "owner"
    return "client" if author.id == ticket.requester_id else "colleague"


# --- Organizations -------------------------------------------------------------------------------------------


def organizations(zendesk: Reads, ids: Sequence[int]) -> dict[int, KnownOrganization]:
    """Those of the organizations that are still there, in one request for each hundred.

    https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/#show-many-organizations
    """
    found = {}
    for start in range(0, len(ids), 100):
        answer = zendesk.get("organizations/show_many.json", ids=",".join(map(str, ids[start : start + 100])))
        for raw in answer.get("organizations") or ():
            found[int(raw["id"])] = _organization(raw)
    return found


def cached_organizations(
    read: Callable[[Sequence[int]], Mapping[int, KnownOrganization]], ids: Sequence[int], state: Path, now: int
) -> dict[int, KnownOrganization]:
    """The same through a file in the state directory, where names stay for a day. Only the missing are read."""
    known = dict(_kept(state / _NAMES_FILE, now))
    missing = [one for one in ids if one not in known]
    if missing:
        known |= {one: (now, organization) for one, organization in read(missing).items()}
        _keep(state / _NAMES_FILE, known)
    return {one: known[one][1] for one in ids if one in known}


def forget_names(state: Path) -> None:
    """Drop every name that was kept."""
    (state / _NAMES_FILE).unlink(missing_ok=True)


def names_of(found: Mapping[int, KnownOrganization]) -> Names:
    apps = {app: name for organization in found.values() for app, name in organization.apps.items()}
    return Names(organizations={one: o.name for one, o in found.items() if o.name}, apps=apps)


def _organization(raw: Mapping[str, Any]) -> KnownOrganization:
    fields = raw.get("organization_fields") or {}
    texts = {key: _text(fields.get(f"gupshup_{key}")) for key in ("app_name", "app_id", "account_id", "owner_email")}
    keys = [key.lower() for key in (texts["app_id"], texts["account_id"]) if key]
    apps = {key: texts["app_name"] for key in keys if texts["app_name"]}
    return KnownOrganization(_text(raw.get("name")), apps, texts["owner_email"] or None)


def _text(value: object) -> str:
    """One short printable line: a name may hold what turns a terminal's or a page's text around."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST]


def _kept(file: Path, now: int) -> Iterator[tuple[int, tuple[int, KnownOrganization]]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        for one, (at, name, apps, owner) in rows.items():
            if now - NAMES_STAY < at <= now:
                yield int(one), (int(at), KnownOrganization(name, apps, owner))
    except (OSError, ValueError, TypeError, AttributeError):
        # No file, or one of another version: names are read anew.
        return


def _keep(file: Path, known: Mapping[int, tuple[int, KnownOrganization]]) -> None:
    rows = {str(one): (at, o.name, dict(o.apps), o.owner_email) for one, (at, o) in known.items()}
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_suffix(f".{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    new.replace(file)
