"""The kinds of our objects: their endpoints in Zendesk's API, and the field that holds our marker.

https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/ and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zendesk_gupshup.provision.markers import key_of, marked

# An automation has no description. Its marker is its action: no other rule sets this tag.
TAG_REMINDER = "gupshup_owner_reminder"
REMINDER = "automation/remind-owner"
CATEGORY = "trigger-category/gupshup"

Json = dict[str, Any]
KindName = Literal[
    "ticket-field",
    "organization-field",
    "webhook",
    "trigger-category",
    "trigger",
    "macro",
    "view",
    "automation",
]


@dataclass(frozen=True)
class SetupKind:
    """`name` and `plural` are the terms of the API, `title` is the field that people read."""

    kind: KindName
    name: str
    plural: str
    title: str = "title"
    # PATCH where PUT replaces the whole object or does not exist.
    change: Literal["PUT", "PATCH"] = "PUT"
    # Tickets and organizations hold its values, which are deleted with it.
    is_data: bool = False


# In the order of creation: referenced objects first. Removal is in reverse order.
KINDS: tuple[SetupKind, ...] = (
    SetupKind("ticket-field", "ticket_field", "ticket_fields", is_data=True),
    SetupKind("organization-field", "organization_field", "organization_fields", is_data=True),
    SetupKind("webhook", "webhook", "webhooks", title="name", change="PATCH"),
    SetupKind("trigger-category", "trigger_category", "trigger_categories", title="name", change="PATCH"),
    SetupKind("trigger", "trigger", "triggers"),
    SetupKind("macro", "macro", "macros"),
    SetupKind("view", "view", "views"),
    SetupKind("automation", "automation", "automations"),
)
BY_NAME: Mapping[str, SetupKind] = {kind.kind: kind for kind in KINDS}


def kind_of(key: str) -> SetupKind:
    return BY_NAME[key.partition("/")[0]]


def key_on(kind: SetupKind, found: Mapping[str, Any]) -> str | None:
    """The key in this object's marker, if the marker is of this kind."""
    if kind.kind == "automation":
        return REMINDER if TAG_REMINDER in _tags_set_by(found) else None
    text = found.get("name" if kind.kind == "trigger-category" else "description")
    key = key_of(text)
    return key if key and key.partition("/")[0] == kind.kind else None


def with_marker(kind: SetupKind, found: Mapping[str, Any], key: str) -> Json:
    """The change that marks an existing object as ours."""
    if kind.kind == "automation":
        actions = [dict(action) for action in found.get("actions") or ()]
        return {"actions": [*actions, {"field": "current_tags", "value": TAG_REMINDER}]}
    if kind.kind == "trigger-category":
        return {"name": marked(found.get("name"), key)}
    return {"description": marked(found.get("description"), key)}


def category_of(triggers: tuple[Mapping[str, Any], ...]) -> str | None:
    """The id of our category as our triggers name it, for when its own name lost the marker."""
    for trigger in triggers:
        text = str(trigger.get("description") or "")
        if key_on(BY_NAME["trigger"], trigger) and "(category " in text:
            return text.partition("(category ")[2].partition(")")[0]
    return None


def _tags_set_by(automation: Mapping[str, Any]) -> set[str]:
    actions = automation.get("actions")
    rows = actions if isinstance(actions, list) else []
    return {
        tag
        for row in rows
        if isinstance(row, Mapping) and row.get("field") == "current_tags"
        for tag in str(row.get("value") or "").split()
    }
