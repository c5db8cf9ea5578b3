"""An invented company to start with: its people, groups, client organizations and fields. Nothing here is real."""

from __future__ import annotations

from . import kinds, shapes
from .shapes import Json
from .store import SandboxStore

ADMIN_EMAIL = "worker@example.com"
API_TOKEN = "sandbox-token"  # noqa: S105 - no secret of ours
CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - no secret of ours

ORGANIZATION_FIELDS = (
    ("gupshup_app_name", "Gupshup app name"),
    ("gupshup_app_id", "Gupshup app ID"),
    ("gupshup_owner_email", "Gupshup owner e-mail"),
    ("gupshup_account_id", "Gupshup account ID"),
)
_ORGANIZATIONS: tuple[tuple[str, str, Json], ...] = (
    (
        "Lovelace Optics",
        "lovelace.example.com",
        {
            "gupshup_app_name": "LovelaceOptics",
            "gupshup_app_id": "6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d",
            "gupshup_owner_email": "owner@lovelace.example.com",
        },
    ),
    (
        "Hopper Logistics",
        "hopper.example.com",
        {"gupshup_account_id": "2000123456", "gupshup_owner_email": "owner@hopper.example.com"},
    ),
    ("Noether Bakery", "noether.example.com", {}),
)
# Two of the triggers that every account starts with. No mail goes out from here; whether one would can be seen.
_NOTIFY = (
    (
        "Notify requester and CCs of received request",
        (("update_type", "is", "Create"), ("status", "is_not", "solved"), ("ticket_is_public", "is", "public")),
        ["requester_and_ccs", "[Request received]", "Your request ({{ticket.id}}) has been received."],
    ),
    (
        "Notify requester and CCs of comment update",
        (("update_type", "is", "Change"), ("comment_is_public", "is", "true")),
        ["requester_and_ccs", "[{{ticket.account}}] Re: {{ticket.title}}", "{{ticket.latest_comment_html}}"],
    ),
)
_SYSTEM_FIELDS = (
    ("Subject", "subject"),
    ("Description", "description"),
    ("Status", "status"),
    ("Type", "tickettype"),
    ("Priority", "priority"),
    ("Group", "group"),
    ("Assignee", "assignee"),
)


def seed(store: SandboxStore) -> None:
    """Fill an empty store; the same names and credentials every time, so that a test may rely on them."""
    with store.lock:
        support = kinds.make(store, "groups", {"name": "Support"})
        second_line = kinds.make(store, "groups", {"name": "WhatsApp N2"})
        store.groups[support["id"]] = {**support, "default": True}
        admin = store.upsert_user(ADMIN_EMAIL, "Zendesk Gupshup", "admin", default_group_id=support["id"])
        store.upsert_user("ada@example.com", "Ada", "agent", default_group_id=support["id"])
        store.upsert_user("grace@example.com", "Grace", "agent", default_group_id=second_line["id"])
        for title, kind in _SYSTEM_FIELDS:
            field = kinds.make(store, "ticket_fields", {"title": title, "type": kind})
            store.ticket_fields[field["id"]] = {**field, "removable": False, "position": 0}
        for key, title in ORGANIZATION_FIELDS:
            kinds.make(store, "organization_fields", {"key": key, "title": title})
        for name, domain, fields in _ORGANIZATIONS:
            store.upsert_organization(name, domain_names=[domain], organization_fields=fields)
        category: shapes.Json = {"id": int(shapes.CATEGORY_ID), "name": "Notifications", "position": 1}
        store.trigger_categories[category["id"]] = category | {"created_at": store.stamp(), "updated_at": store.stamp()}
        for title, conditions, mail in _NOTIFY:
            rows = [dict(zip(("field", "operator", "value"), row, strict=True)) for row in conditions]
            rule = {"title": title, "all": rows, "actions": [{"field": "notification_user", "value": mail}]}
            kinds.make(store, "triggers", rule)
        store.api_tokens.add(API_TOKEN)
        store.oauth_clients[CLIENT_ID] = (CLIENT_SECRET, admin["id"], frozenset(("read", "write")))
