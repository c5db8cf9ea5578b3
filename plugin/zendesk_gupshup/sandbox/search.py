"""A small part of Zendesk's query language: `type:ticket status<solved tags:gupshup created>2026-01-01 "exact words"`.

https://support.zendesk.com/hc/en-us/articles/4408886879258
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .problems import StoreError
from .rules import PRIORITIES, STATUSES
from .shapes import Json
from .store import Store
from .words import clean_tags

TYPES = ("ticket", "user", "organization", "group")
_TERM = re.compile(r'(?P<minus>-?)(?:(?P<key>[a-z_]+)(?P<op><=|>=|:|<|>))?(?P<value>"[^"]*"|\S+)', re.IGNORECASE)
_TIMES = {"created": "created_at", "created_at": "created_at", "updated": "updated_at", "updated_at": "updated_at"}
_IGNORED = frozenset(("order_by", "sort"))


@dataclass(frozen=True)
class _Term:
    key: str
    op: str
    value: str
    negated: bool


def run(store: Store, query: str, kind: str | None = None) -> list[tuple[str, Json]]:
    """Type and record of everything that fits all terms, in the order of creation."""
    terms = [_term(match) for match in _TERM.finditer(query)]
    wanted = [term.value for term in terms if term.key == "type"]
    kinds = [kind] if kind else wanted or list(TYPES)
    terms = [term for term in terms if term.key not in _IGNORED | {"type"}]
    if any(term.key in ("status", "priority", "tags", "subject", "requester") for term in terms):
        kinds = [name for name in kinds if name == "ticket"]
    return [
        (name, row) for name in kinds for row in _records(store, name) if all(_fits(store, name, row, t) for t in terms)
    ]


def _term(match: re.Match[str]) -> _Term:
    value = match["value"].strip('"').lower()
    return _Term((match["key"] or "").lower(), match["op"] or ":", value, match["minus"] == "-")


def _records(store: Store, kind: str) -> Iterator[Json]:
    found = {"ticket": store.tickets, "user": store.users, "organization": store.organizations, "group": store.groups}
    yield from found.get(kind, {}).values()


def _fits(store: Store, kind: str, row: Json, term: _Term) -> bool:
    return _matches(store, kind, row, term) != term.negated


def _matches(store: Store, kind: str, row: Json, term: _Term) -> bool:
    key, value = term.key, term.value
    if not key:
        return value in _text(store, kind, row)
    if key in _TIMES:
        return _time(str(row[_TIMES[key]]), term)
    if key in ("tags", "tag"):
        return bool(set(clean_tags(value)) & set(row.get("tags") or ()))
    if key in ("status", "priority") and kind == "ticket":
        return _ranked(row[key], STATUSES if key == "status" else PRIORITIES, term)
    if key == "subject":
        return value in (row.get("subject") or "").lower()
    if key in ("requester", "assignee", "submitter"):
        person = store.users.get(row.get(f"{key}_id") or 0)
        return (
            value == "none"
            if person is None
            else value in (str(person["id"]), (person["email"] or "").lower(), person["name"].lower())
        )
    if key in ("organization", "group"):
        owner = (store.organizations if key == "organization" else store.groups).get(row.get(f"{key}_id") or 0)
        return value == "none" if owner is None else value in (str(owner["id"]), owner["name"].lower())
    if key == "id" or (key == "ticket_id" and kind == "ticket"):
        return str(row["id"]) == value
    if key in ("email", "name", "role", "external_id", "ticket_type", "via"):
        found = row["via"]["channel"] if key == "via" else row.get("type" if key == "ticket_type" else key)
        return str(found or "").lower() == value
    raise StoreError(422, {"error": "invalid", "description": f"Invalid search: this sandbox does not know {key}:"})


def _text(store: Store, kind: str, row: Json) -> str:
    if kind != "ticket":
        return f"{row.get('name')} {row.get('email') or ''}".lower()
    words = [row["subject"] or "", *(comment["plain_body"] for comment in store.comments(row["id"]))]
    return "\n".join(words).lower()


def _time(stamp: str, term: _Term) -> bool:
    """Times are compared as far as the query names them: a day takes in all its hours."""
    value = term.value.upper()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(T[\d:]+Z?)?", value):
        raise StoreError(422, {"error": "invalid", "description": f"Invalid search: {term.value} is no date"})
    now = stamp.rstrip("Z")[: len(value.rstrip("Z"))]
    value = value.rstrip("Z")
    return {":": now == value, "<": now < value, ">": now > value, "<=": now <= value, ">=": now >= value}[term.op]


def _ranked(now: str | None, order: tuple[str, ...], term: _Term) -> bool:
    rank = order.index(now) if now in order else -1
    if term.value not in order:
        return now is None and term.value == "none"
    wanted = order.index(term.value)
    return {":": rank == wanted, "<": rank < wanted, ">": rank > wanted, "<=": rank <= wanted, ">=": rank >= wanted}[
        term.op
    ]
