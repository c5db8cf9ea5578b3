"""A small part of Zendesk's query language: `type:ticket status<solved tags:gupshup created>2026-01-01 "exact words"`.

https://support.zendesk.com/hc/en-us/articles/4408886879258
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .errors import StoreError
from .rules import PRIORITIES, STATUSES
from .shapes import Json
from .store import SandboxStore
from .words import clean_tags

TYPES = ("ticket", "user", "organization", "group")
Fits = Callable[[str, Json], bool]
_TERM = re.compile(r'(?P<minus>-?)(?:(?P<key>[a-z_]+)(?P<op><=|>=|:|<|>))?(?P<value>"[^"]*"|\S+)', re.IGNORECASE)
_TIMES = {"created": "created_at", "created_at": "created_at", "updated": "updated_at", "updated_at": "updated_at"}
_OF_TICKETS = frozenset(
    ("status", "priority", "tags", "subject", "requester", "assignee", "submitter", "via", "commenter")
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ":": lambda now, value: bool(now == value),
    "<": lambda now, value: bool(now < value),
    ">": lambda now, value: bool(now > value),
    "<=": lambda now, value: bool(now <= value),
    ">=": lambda now, value: bool(now >= value),
}


def run(
    store: SandboxStore, query: str, kind: str | None = None, *, newest_first: bool = False
) -> Iterator[tuple[str, Json]]:
    """Type and record of everything that fits all terms, in the order of creation or against it."""
    terms = [match for match in _TERM.finditer(query) if (match["key"] or "").lower() not in ("order_by", "sort")]
    wanted = [_value(match) for match in terms if (match["key"] or "").lower() == "type"]
    tests = [_test(store, match) for match in terms if (match["key"] or "").lower() != "type"]
    kinds = [kind] if kind else wanted or list(TYPES)
    if any((match["key"] or "").lower() in _OF_TICKETS for match in terms):
        kinds = [name for name in kinds if name == "ticket"]
    return _found(store, kinds, tests, newest_first=newest_first)


def _found(
    store: SandboxStore, kinds: list[str], tests: list[Fits], *, newest_first: bool
) -> Iterator[tuple[str, Json]]:
    records = {"ticket": store.tickets, "user": store.users, "organization": store.organizations, "group": store.groups}
    for name in kinds:
        rows = records.get(name, {}).values()
        for row in reversed(rows) if newest_first else rows:
            if all(test(name, row) for test in tests):
                yield name, row


def _value(match: re.Match[str]) -> str:
    return match["value"].strip('"').lower()


def _test(store: SandboxStore, match: re.Match[str]) -> Fits:
    fits = _fits(store, (match["key"] or "").lower(), match["op"] or ":", _value(match))
    return (lambda kind, row: not fits(kind, row)) if match["minus"] else fits


def _fits(store: SandboxStore, key: str, op: str, value: str) -> Fits:
    """One term as a test of a record, or Zendesk's refusal of a term that is not understood."""
    if not key:
        return lambda kind, row: value in _text(store, kind, row)
    if key in _TIMES:
        return _time(_TIMES[key], op, value)
    if key in ("tags", "tag"):
        tags = frozenset(clean_tags(value))
        return lambda _, row: not tags.isdisjoint(row.get("tags") or ())
    if key in ("status", "priority"):
        return _ranked(key, STATUSES if key == "status" else PRIORITIES, op, value)
    if key == "subject":
        return lambda _, row: value in (row.get("subject") or "").lower()
    if key in ("requester", "assignee", "submitter", "organization", "group"):
        owners = {"organization": store.organizations, "group": store.groups}.get(key, store.users)
        return lambda _, row: value in _names(owners.get(row.get(f"{key}_id") or 0))
    if key == "commenter":
        return lambda _, row: any(
            value in _names(store.users.get(comment["author_id"])) for comment in store.comments(row["id"])
        )
    if key in ("id", "ticket_id"):
        return lambda _, row: str(row["id"]) == value
    if key == "via":
        return lambda _, row: bool(row["via"]["channel"] == value)
    if key in ("email", "name", "role", "external_id", "ticket_type"):
        return lambda _, row: str(row.get("type" if key == "ticket_type" else key) or "").lower() == value
    raise _refused(f"this sandbox does not know {key}:")


def _names(owner: Json | None) -> tuple[str, ...]:
    if owner is None:
        return ("none",)
    return (str(owner["id"]), str(owner.get("email") or "").lower(), str(owner["name"]).lower())


def _text(store: SandboxStore, kind: str, row: Json) -> str:
    if kind != "ticket":
        return f"{row.get('name')} {row.get('email') or ''}".lower()
    words = [row["subject"] or "", *(comment["plain_body"] for comment in store.comments(row["id"]))]
    return "\n".join(words).lower()


def _time(key: str, op: str, value: str) -> Fits:
    """Times are compared as far as the query names them: a day takes in all its hours."""
    stamp = value.upper().rstrip("Z")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(T[\d:]+)?", stamp):
        raise _refused(f"{value} is no date")
    compare, length = _COMPARE[op], len(stamp)
    return lambda _, row: compare(row[key].rstrip("Z")[:length], stamp)


def _ranked(key: str, order: tuple[str, ...], op: str, value: str) -> Fits:
    ranks = {name: rank for rank, name in enumerate(order)}
    if value not in ranks:
        return lambda _, row: row.get(key) is None and value == "none"
    compare, wanted = _COMPARE[op], ranks[value]
    return lambda _, row: compare(ranks.get(str(row.get(key)), -1), wanted)


def _refused(text: str) -> StoreError:
    return StoreError(422, {"error": "invalid", "description": f"Invalid search: {text}"})
