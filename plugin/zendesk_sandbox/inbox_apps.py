"""The app in a frame on the ticket page: what the page's script is told, and the policy that lets the frame in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .inbox_text import Json
from .inbox_view import staff
from .zaf import Frame

if TYPE_CHECKING:
    from .store import SandboxStore

_LOCATION = "ticket_sidebar"


def values(store: SandboxStore, ticket: Json, viewer_id: int | None, host: str) -> Json:
    """The `app` of the ticket's page: the first one that has a page for the sidebar, opened for an agent."""
    app = next((one for one in store.app_installations.values() if _LOCATION in one.urls), None)
    people = staff(store.users, first=ticket["assignee_id"])
    viewer = next((one for one in people if one["id"] == viewer_id), people[0] if people else None)
    if app is None or viewer is None:
        return {"app": None}
    frame = app.frame(int(viewer["id"]), _LOCATION, host=host, now=store.now())
    return {"app": {"frame": frame, "viewer": viewer, "data": json.dumps(_told(store, ticket, viewer, frame))}}


def policy(policy: str, frame: Frame) -> str:
    """The page's Content Security Policy, with the frame's origin where forms go and frames come from."""
    return policy.replace("form-action 'self'", f"form-action 'self' {frame.origin}") + f"; frame-src {frame.origin}"


def _told(store: SandboxStore, ticket: Json, viewer: Json, frame: Frame) -> Json:
    """What the host's script answers from. The shapes of `context` and `metadata` go beyond the documented example."""
    options = store.options
    return {
        "guid": frame.guid,
        "origin": frame.origin,
        "metadata": {
            "appId": frame.app.app_id,
            "installationId": frame.app.installation_id,
            "name": frame.app.name,
            "settings": {},
            "plan": {"name": None},
        },
        "context": {
            "product": "support",
            "location": _LOCATION,
            "instanceGuid": frame.guid,
            "account": {"subdomain": "sandbox"},
            "ticketId": ticket["id"],
        },
        "ticket": {"id": ticket["id"], "subject": ticket.get("subject"), "tags": ticket.get("tags") or []},
        "user": {
            "id": viewer["id"],
            "name": viewer["name"],
            "email": viewer["email"],
            "role": viewer["role"],
            "locale": viewer.get("locale") or "en-US",
        },
        "latency": options.app_latency_ms,
        "silent": options.app_silent,
        "errors": options.app_errors.split(),
        "rich": options.app_rich_text,
        "typeFixed": options.app_comment_type_fixed,
    }
