"""`{{ticket.id}}` and its kind: filled in what staff write, in macros and in the bodies of webhooks.

https://support.zendesk.com/hc/en-us/articles/4408886858138
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from .shapes import Json
from .state import SandboxState

_CODE = r"<code\b[^>]*>.*?</code>|<pre\b[^>]*>.*?</pre>|```.*?```|`[^`\n]*`"
_PARTS = re.compile(
    rf"(?P<code>{_CODE})|\\(?P<escaped>\{{\{{.*?\}}\}})|\{{\{{(?P<name>.*?)\}}\}}|\{{%.*?%\}}",
    re.DOTALL | re.IGNORECASE,
)


def expand(text: str, value: Callable[[str], str], *, escape: bool = False) -> str:
    """Every placeholder replaced, unknown ones by nothing; `\\{{...}}` and code stay as they are written."""

    def fill(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match["code"]
        if match["escaped"] is not None:
            return match["escaped"]
        if match["name"] is None:  # a Liquid tag, which is run by Zendesk and only dropped here
            return ""
        found = value(match["name"].strip())
        return html.escape(found, quote=False) if escape else found

    return _PARTS.sub(fill, text) if "{" in text else text


def values(store: SandboxState, ticket: Json, actor: Json | None) -> Callable[[str], str]:
    """The placeholders of one ticket, each looked up only when it is asked for."""

    def value(name: str) -> str:
        root, _, rest = name.partition(".")
        if root == "ticket":
            return _text(_of_ticket(store, ticket, rest))
        if root == "current_user" and actor is not None:
            return _text(_of_person(actor, rest))
        return ""

    return value


def _of_ticket(store: SandboxState, ticket: Json, name: str) -> Any:
    root, _, rest = name.partition(".")
    if root in ("requester", "assignee", "submitter"):
        return _of_person(store.users.get(ticket[f"{root}_id"] or 0), rest)
    if root == "organization":
        return _of_organization(store.organizations.get(ticket["organization_id"] or 0), rest)
    if root == "group":
        return (store.groups.get(ticket["group_id"] or 0) or {}).get("name") if rest == "name" else None
    if root.startswith("ticket_field_option_title_"):
        return _option_title(store, ticket, root.removeprefix("ticket_field_option_title_"))
    if root.startswith("ticket_field_"):
        return _field(ticket, root.removeprefix("ticket_field_"))
    if root in ("latest_comment", "latest_public_comment"):
        found = [c for c in store.comments(ticket["id"]) if c["public"] or root == "latest_comment"]
        return found[-1]["plain_body"] if found else None
    simple = {"id": "id", "title": "subject", "subject": "subject", "description": "description", "status": "status"}
    simple |= {"priority": "priority", "external_id": "external_id", "ticket_type": "type", "created_at": "created_at"}
    if root in simple:
        return ticket[simple[root]]
    if root == "tags":
        return " ".join(ticket["tags"])
    if root in ("link", "url"):
        return f"/agent/tickets/{ticket['id']}"
    return "Sandbox" if root == "account" else None


def _of_person(person: Json | None, name: str) -> Any:
    if person is None:
        return None
    if name == "first_name":
        return person["name"].split(" ")[0]
    if name.startswith("custom_fields."):
        return person["user_fields"].get(name.removeprefix("custom_fields."))
    return (
        person.get(name)
        if name in ("id", "name", "email", "phone", "external_id", "locale", "notes", "details")
        else None
    )


def _of_organization(organization: Json | None, name: str) -> Any:
    if organization is None:
        return None
    if name.startswith("custom_fields."):
        return organization["organization_fields"].get(name.removeprefix("custom_fields."))
    return organization.get(name) if name in ("id", "name", "external_id", "notes", "details") else None


def _field(ticket: Json, field_id: str) -> Any:
    return next((f["value"] for f in ticket["custom_fields"] if str(f["id"]) == field_id), None)


def _option_title(store: SandboxState, ticket: Json, field_id: str) -> Any:
    value = _field(ticket, field_id)
    field = store.ticket_fields.get(int(field_id)) if field_id.isdigit() else None
    return next((o["name"] for o in (field or {}).get("custom_field_options", ()) if o["value"] == value), value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
