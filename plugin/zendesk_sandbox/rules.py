"""Conditions and actions of triggers, macros and views, as values that are tested against a ticket.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import invalid_rows
from .shapes import Json
from .words import clean_tags

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
_ORDER = {"status": STATUSES, "priority": PRIORITIES}
_PLAIN = frozenset(
    (
        "status",
        "priority",
        "type",
        "group_id",
        "assignee_id",
        "requester_id",
        "organization_id",
        "brand_id",
        "ticket_form_id",
    )
)
_MOMENT = frozenset(("update_type", "current_tags", "comment_is_public", "ticket_is_public")) | frozenset(
    ("comment_includes_word", "subject_includes_word", "role", "current_via_id")
)
_OPERATORS = frozenset(
    ("is", "is_not", "includes", "not_includes", "less_than", "greater_than", "changed", "not_changed", "value")
) | frozenset(("value_previous", "not_value", "present", "not_present"))
_CHANNELS = {"0": "web", "4": "email", "5": "api", "29": "chat", "48": "mobile"}
_CUSTOM = re.compile(r"custom_fields_(\d+)$")
_ACTIONS = frozenset(("status", "priority", "type", "group_id", "assignee_id", "set_tags", "current_tags")) | frozenset(
    ("remove_tags", "notification_webhook", "notification_user", "notification_group")
)
_MACRO_ACTIONS = frozenset(("comment_value", "comment_value_html", "comment_mode_is_public", "subject"))


@dataclass(frozen=True)
class Moment:
    """One create or update: the ticket before (`None` at a create) and after, its comment, and who did it."""

    before: Json | None
    after: Json
    comment: Json | None
    actor: Json


def fires(conditions: Mapping[str, list[Json]], moment: Moment) -> bool:
    """All of `all`, and one of `any` where there are some."""
    every, some = conditions.get("all") or [], conditions.get("any") or []
    return all(_holds(c, moment) for c in every) and (not some or any(_holds(c, moment) for c in some))


def _holds(condition: Json, moment: Moment) -> bool:
    field, operator = str(condition["field"]), str(condition.get("operator") or "is")
    value = condition.get("value")
    if field == "update_type":
        return (str(value) == "Create") == (moment.before is None) and operator == "is"
    if field == "current_tags":
        shared = set(clean_tags(value)) & set(moment.after["tags"])
        return bool(shared) == (operator == "includes")
    if field == "comment_is_public":
        if moment.comment is None:
            return False
        wanted, public = str(value).lower(), bool(moment.comment["public"])
        return wanted == "not_relevant" or public == (wanted in ("true", "requester_can_see_comment"))
    if field == "ticket_is_public":
        return bool(moment.after["is_public"]) == (str(value).lower() in ("true", "public"))
    if field == "comment_includes_word":
        return moment.comment is not None and _words(moment.comment["plain_body"], operator, value)
    if field == "subject_includes_word":
        return _words(moment.after["subject"] or "", operator, value)
    if field == "role":
        return _is_actor(str(value), moment) == (operator == "is")
    if field == "current_via_id":
        return _compare(operator, moment.after["via"]["channel"], None, _CHANNELS.get(str(value), str(value)))
    now, then = _value(moment.after, field), _value(moment.before, field)
    if value == "current_user":
        value = moment.actor["id"]
    return _compare(operator, now, then, value, _ORDER.get(field), created=moment.before is None)


def _compare(
    operator: str, now: Any, then: Any, value: Any, order: tuple[str, ...] | None = None, *, created: bool = False
) -> bool:
    a, b, c = _text(now), _text(value), _text(then)
    if operator in ("is", "includes"):
        return a == b
    if operator == "value":  # changed to
        return a == b and (created or c != a)
    if operator in ("is_not", "not_value", "not_includes"):
        return a != b
    if operator in ("changed", "not_changed"):
        return (not created and a != c) == (operator == "changed")
    if operator == "value_previous":
        return not created and c == b and a != c
    if operator in ("less_than", "greater_than") and order is not None:
        rank = order.index(a) if a in order else -1
        return rank < order.index(b) if operator == "less_than" else rank > order.index(b)
    return operator == ("present" if a else "not_present")


def _words(text: str, operator: str, value: Any) -> bool:
    if operator in ("is", "is_not"):
        return (str(value).lower() in text.lower()) == (operator == "is")
    found = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in str(value).split())
    return found == (operator == "includes")


def _is_actor(value: str, moment: Moment) -> bool:
    """Whether the current user is an `agent` (administrators are), an `end_user`, the one in a field, or this id."""
    if value in ("agent", "end_user"):
        return bool(moment.actor["role"] == "end-user") == (value == "end_user")
    if value in ("requester_id", "assignee_id"):
        return bool(moment.after[value] == moment.actor["id"])
    return value == str(moment.actor["id"])


def _value(ticket: Json | None, field: str) -> Any:
    if ticket is None:
        return None
    custom = _CUSTOM.match(field)
    if custom:
        return next((f["value"] for f in ticket["custom_fields"] if f["id"] == int(custom[1])), None)
    return ticket.get(field)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def payload_of(actions: Iterable[Json], ticket: Json, actor: Json) -> Json:
    """The ticket update that a rule's actions stand for; what is no change of the ticket is left out."""
    payload: Json = {}
    tags = set(ticket["tags"])
    for action in actions:
        field, value = action["field"], action.get("value")
        if field in ("set_tags", "current_tags", "remove_tags"):
            words = set(clean_tags(value))
            tags = words if field == "set_tags" else tags | words if field == "current_tags" else tags - words
            payload["tags"] = sorted(tags)
        elif custom := _CUSTOM.match(field):
            payload.setdefault("custom_fields", []).append({"id": int(custom[1]), "value": value})
        elif field in ("group_id", "assignee_id"):
            payload[field] = (
                actor["id"] if value == "current_user" else int(str(value)) if str(value).isdigit() else None
            )
        elif field in ("status", "priority", "type", "subject"):
            payload[field] = value or None
    return payload


def check_conditions(conditions: Mapping[str, list[Json]]) -> None:
    """Refuse what is not understood here: a condition that is silently never true would be a lie."""
    for row in [*(conditions.get("all") or []), *(conditions.get("any") or [])]:
        field = str(row.get("field"))
        if field not in _PLAIN | _MOMENT and not _CUSTOM.match(field):
            raise _refused("conditions", f"Condition {field} is invalid")
        if row.get("operator", "is") not in _OPERATORS:
            raise _refused("conditions", f"Condition {field} does not know {row.get('operator')}")
        if row.get("operator") in ("less_than", "greater_than") and row.get("value") not in _ORDER.get(field, ()):
            raise _refused("conditions", f"Condition {field} cannot be compared with {row.get('value')!r}")


def check_actions(actions: Iterable[Json], *, macro: bool = False) -> None:
    known = (
        (_ACTIONS - {"notification_webhook", "notification_user", "notification_group"} | _MACRO_ACTIONS)
        if macro
        else _ACTIONS
    )
    for row in actions:
        field = str(row.get("field"))
        if field not in known and not _CUSTOM.match(field):
            raise _refused("actions", f"Action {field} is invalid")
        if field == "notification_webhook" and not (isinstance(row.get("value"), list) and len(row["value"]) == 2):
            raise _refused("actions", "Action notification_webhook needs a webhook and a body")


def _refused(where: str, text: str) -> Exception:
    return invalid_rows({where: [{"description": text, "error": "InvalidValue"}]})
