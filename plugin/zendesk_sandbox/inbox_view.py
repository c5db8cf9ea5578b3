"""What the inbox's pages show: Zendesk's records turned into what a template prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .conversations import as_comments
from .inbox_text import Json

if TYPE_CHECKING:
    from .store import SandboxStore

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, as it stands in the address."""

    q: str = ""
    status: str = ""
    tag: str = ""
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        number = query.get("page", "")
        # isdecimal alone would let through numbers too long for int()
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1
        return cls(query.get("q", "").strip(), query.get("status", ""), query.get("tag", ""), max(page, 1))

    def match(self, ticket: Json, requester: Json) -> bool:
        if self.status and ticket.get("status") != self.status:
            return False
        if self.tag and self.tag not in (ticket.get("tags") or ()):
            return False
        words = (ticket.get("subject"), ticket.get("description"), requester.get("name"), requester.get("email"))
        text = " ".join([f"#{ticket['id']}", *(str(w) for w in words if w), *(ticket.get("tags") or ())]).casefold()
        return all(word in text for word in self.q.casefold().split())


def listing(tickets: Iterable[Json], users: Mapping[int, Json], groups: Mapping[int, Json], filters: Filters) -> Json:
    """The page of the list that the filters ask for, last changed first, and what there is to filter by."""
    everything = sorted(tickets, key=lambda t: (str(t.get("updated_at") or ""), t["id"]), reverse=True)
    found = [t for t in everything if filters.match(t, users.get(t.get("requester_id") or 0, {}))]
    last = max(1, -(-len(found) // PAGE_SIZE))
    page = min(filters.page, last)
    tags: dict[str, int] = {}
    for ticket in everything:
        for tag in gupshup_tags(ticket):
            tags[tag] = tags.get(tag, 0) + 1
    return {
        "filters": filters,
        "page": page,
        "last": last,
        "total": len(everything),
        "found": len(found),
        "tags": dict(sorted(tags.items())),
        "rows": [
            {
                "ticket": ticket,
                "requester": users.get(ticket.get("requester_id") or 0, {}),
                "group": groups.get(ticket.get("group_id") or 0, {}).get("name"),
                "tags": gupshup_tags(ticket),
            }
            for ticket in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        ],
    }


def ticket_values(store: SandboxStore, ticket: Json) -> Json:
    """All that a ticket's page shows; call it with the store's lock held."""
    users, organizations = store.users, store.organizations
    people = dict.fromkeys(("assignee_id", "requester_id", "submitter_id"), users)
    requester = users.get(ticket["requester_id"] or 0, {})
    organization = organizations.get(ticket["organization_id"] or 0)
    return {
        "ticket": ticket,
        "comments": _conversation(store, ticket["id"]),
        "requester": requester,
        "requester_rows": extra_rows(requester.get("user_fields"), store.user_fields),
        "organization": organization,
        "organization_rows": extra_rows((organization or {}).get("organization_fields"), store.organization_fields),
        "assignee": users.get(ticket["assignee_id"] or 0),
        "group": store.groups.get(ticket["group_id"] or 0),
        "field_rows": field_rows(ticket, store.ticket_fields),
        "audits": audit_rows(
            store.audits(ticket["id"]),
            users,
            {"group_id": store.groups, "organization_id": organizations, **people},
            store.ticket_fields,
        ),
        "staff": staff(users, first=ticket["assignee_id"]),
        "macros": [macro for macro in store.macros.values() if macro.get("active", True)],
    }


def _conversation(store: SandboxStore, ticket_id: int) -> list[Json]:
    """Comments and messages in the order of their times, the ticket's first comment first."""
    rows = [{**c, "author": store.users.get(c["author_id"] or 0, {})} for c in store.comments(ticket_id)]
    rest = [*rows[1:], *as_comments(store, ticket_id)]
    return [*rows[:1], *sorted(rest, key=lambda row: str(row["created_at"]))]


def gupshup_tags(ticket: Json) -> list[str]:
    return [tag for tag in ticket.get("tags") or () if tag.startswith("gupshup")]


def staff(users: Mapping[int, Json], first: int | None = None) -> list[Json]:
    """Who may act as an agent: `first` (the assignee) if there is one, then agents, then admins."""
    people = [u for u in users.values() if u.get("role") in ("agent", "admin")]
    return sorted(people, key=lambda u: (u["id"] != first, u["role"] != "agent", u["id"]))


def field_rows(ticket: Json, fields: Mapping[int, Json]) -> list[tuple[str, str]]:
    """Title and value of each custom field that is filled in; a drop-down by its label, as an agent sees it."""
    rows = []
    for entry in ticket.get("custom_fields") or ():
        if _is_empty(entry.get("value")):
            continue
        field = fields.get(entry["id"], {})
        labels = {o["value"]: o["name"] for o in field.get("custom_field_options") or ()}
        values = entry["value"] if isinstance(entry["value"], list) else [entry["value"]]
        rows.append((field.get("title") or f"Field {entry['id']}", ", ".join(labels.get(v, _plain(v)) for v in values)))
    return rows


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [])  # a nought is a value


def _plain(value: Any) -> str:
    return "yes" if value is True else str(value)


def extra_rows(values: Mapping[str, Any] | None, fields: Mapping[int, Json]) -> list[tuple[str, str]]:
    """Filled-in user or organization fields, by title, or by key where the field itself is gone."""
    titles = {field["key"]: field["title"] for field in fields.values()}
    filled = ((key, value) for key, value in (values or {}).items() if not _is_empty(value))
    return [(titles.get(key, key), _plain(value)) for key, value in filled]


def audit_rows(
    audits: Iterable[Json],
    users: Mapping[int, Json],
    names: Mapping[str, Mapping[int, Json]],
    fields: Mapping[int, Json],
) -> list[Json]:
    """The audit trail, newest first: who, how, and a line an event. `names` holds the records that ids stand for."""
    rows = [
        {
            "audit": audit,
            "author": users.get(audit.get("author_id") or 0, {}),
            "channel": (audit.get("via") or {}).get("channel"),
            "events": [_event(event, names, fields) for event in audit.get("events") or ()],
            "custom": (audit.get("metadata") or {}).get("custom"),
        }
        for audit in audits
    ]
    return rows[::-1]


def _event(event: Json, names: Mapping[str, Mapping[int, Json]], fields: Mapping[int, Json]) -> Json:
    """One event in words: what it is, and what it says."""
    kind = str(event.get("type"))
    rule = ((event.get("via") or {}).get("source") or {}).get("from") or {}
    said: Json = dict.fromkeys(("name", "before", "after", "added", "removed", "text"))
    said |= {"kind": kind, "rule": rule.get("title")}
    if kind in ("Change", "Create"):
        name = str(event.get("field_name"))
        if name == "tags":
            then, now = (_tags(event.get(key)) for key in ("previous_value", "value"))
            added, removed = ([t for t in a if t not in b] for a, b in ((now, then), (then, now)))
            return said | {"name": name, "added": added, "removed": removed}
        title = fields.get(int(name), {}).get("title") if name.isascii() and name.isdecimal() else None
        before = None if kind == "Create" else _named(name, event.get("previous_value"), names)
        return said | {"name": title or name, "before": before, "after": _named(name, event.get("value"), names)}
    if kind == "Comment":
        return said | {"text": "Public comment" if event.get("public") else "Internal note"}
    known = ("id", "type", "via")
    return said | {"text": "; ".join(f"{k}: {_short(v)}" for k, v in event.items() if k not in known and v)}


def _tags(value: Any) -> list[str]:
    """Zendesk writes them as a list, and in older audits as one string."""
    return value.split() if isinstance(value, str) else [str(tag) for tag in value or ()]


def _named(field: str, value: Any, names: Mapping[str, Mapping[int, Json]]) -> str:
    if isinstance(value, list):
        return " ".join(str(v) for v in value) or "none"
    if value in (None, ""):
        return "none"
    text = str(value)
    record = names.get(field, {}).get(int(text)) if field in names and text.isascii() and text.isdecimal() else None
    return str(record["name"]) if record else _short(text)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else f"{text[:300]}…"


def refusal(body: Any) -> str:
    """Zendesk's error body in one line for people."""
    if not isinstance(body, dict):
        return str(body)
    error = body.get("error")
    title = error.get("message") if isinstance(error, dict) else body.get("description") or error
    details = [
        str(entry.get("description"))
        for entries in (body.get("details") or {}).values()
        for entry in entries
        if isinstance(entry, dict)
    ]
    return " ".join([f"{title}".rstrip(".") + ".", *details])
