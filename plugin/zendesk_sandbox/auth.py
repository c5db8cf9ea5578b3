"""Authentication: an agent's address with an API token, or a token of the OAuth client-credentials grant.

https://developer.zendesk.com/api-reference/introduction/security-and-auth/
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from .errors import StoreError
from .shapes import Json
from .store import SandboxStore

RESOURCES = (
    frozenset(("tickets", "users", "organizations", "macros", "triggers", "webhooks", "auditlogs", "hc"))
    | frozenset(("requests", "ticket_attachments", "automations", "targets", "satisfaction_ratings", "apps"))
    | frozenset(("any_channel", "web_widget"))
)
SCOPES = frozenset(
    {"read", "write", "impersonate"} | {f"{name}:{kind}" for name in RESOURCES for kind in ("read", "write")}
)
_SCOPE_OF = {"uploads": "tickets", "attachments": "tickets", "trigger_categories": "triggers"}
_LEAST, _MOST, _USUAL = 300, 172_800, 1800


def user_of(store: SandboxStore, header: str | None) -> tuple[Json | None, frozenset[str]]:
    """The user and the scopes a credential stands for; nobody for none or for a password, 401 for a wrong one."""
    kind, _, value = (header or "").partition(" ")
    if kind.lower() == "bearer":
        found = store.oauth_tokens.get(value.strip())
        if found is None or found[2] <= store.now():
            text = "The access token provided is expired, revoked, malformed or invalid for other reasons."
            raise _refused({"error": "invalid_token", "error_description": text})
        return store.users[found[0]], found[1]
    if kind.lower() != "basic":
        return None, frozenset()
    try:
        name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _refused() from None
    if not name.endswith("/token"):  # passwords ended on 2025-12-31 and count as no credential at all
        return None, frozenset()
    try:
        user = store.user_by_email(name.removesuffix("/token"))
    except StoreError:
        raise _refused() from None
    if token not in store.api_tokens or user["role"] == "end-user":
        raise _refused()
    return user, frozenset(("read", "write"))


def nobody() -> StoreError:
    return _refused()


def check_scope(scopes: frozenset[str], method: str, path: str) -> None:
    """`tickets:read` opens the tickets, but neither audits nor what has no scope of its own: that needs `read`."""
    parts = path.removeprefix("/api/v2/").split("/")
    kind = "read" if method in ("GET", "HEAD") else "write"
    resource = _SCOPE_OF.get(parts[0], parts[0])
    allowed = {kind} if "audits" in parts else {kind, f"{resource}:{kind}"}
    if not allowed & scopes:
        text = f"You are missing the following required scopes: {kind}"
        raise StoreError(403, {"error": "Forbidden", "description": text})


def check_role(user: Json, method: str, path: str) -> None:
    """The export, apps and the business rules are for administrators."""
    parts = path.removeprefix("/api/v2/").split("/")
    rules = (
        "triggers",
        "automations",
        "webhooks",
        "ticket_fields",
        "organization_fields",
        "user_fields",
        "trigger_categories",
        "business_hours",
    )
    admins_only = parts[0] in ("incremental", "apps")
    if user["role"] != "admin" and (admins_only or (method != "GET" and parts[0] in rules)):
        raise StoreError(403, {"error": {"title": "Forbidden", "message": "You do not have access to this page."}})


def grant(store: SandboxStore, content_type: str, body: bytes) -> Json:
    """A token for a confidential client: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/"""
    given = _form(content_type, body)
    if given.get("grant_type") != "client_credentials":
        raise _oauth(
            400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."
        )
    secret, user_id, ceiling = store.oauth_clients.get(str(given.get("client_id")), ("", 0, frozenset()))
    if not secret or not secrets.compare_digest(secret.encode(), str(given.get("client_secret")).encode()):
        raise _oauth(401, "invalid_client", "Client authentication failed.")
    scopes = frozenset(str(given.get("scope") or "read").replace(",", " ").split())
    if not scopes <= SCOPES or not scopes <= ceiling | {s for s in scopes if s.rpartition(":")[2] in ceiling}:
        raise _oauth(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    try:
        seconds = int(given.get("expires_in") or _USUAL)
    except (TypeError, ValueError):
        seconds = 0
    if not _LEAST <= seconds <= _MOST:
        raise _oauth(400, "invalid_request", f"expires_in must be between {_LEAST} and {_MOST} seconds.")
    token = secrets.token_hex(32)
    now = store.now()
    store.oauth_tokens = {key: row for key, row in store.oauth_tokens.items() if row[2] > now}
    store.oauth_tokens[token] = (user_id, scopes, now + seconds)
    return {"access_token": token, "token_type": "bearer", "scope": " ".join(sorted(scopes)), "expires_in": seconds}


def _form(content_type: str, body: bytes) -> Mapping[str, Any]:
    if "json" in content_type:
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        return parsed if isinstance(parsed, dict) else {}
    return {key: values[-1] for key, values in parse_qs(body.decode(errors="replace")).items()}


def _oauth(status: int, error: str, description: str) -> StoreError:
    return StoreError(status, {"error": error, "error_description": description})


def _refused(body: Json | None = None) -> StoreError:
    return StoreError(
        401, body or {"error": "Couldn't authenticate you"}, {"WWW-Authenticate": 'Basic realm="Web Password"'}
    )
