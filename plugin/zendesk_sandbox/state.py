"""What the sandbox holds, in Zendesk's own shape: records by id, its clock, people and files."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from typing import Any

from . import shapes, words
from .apps import AccountApps
from .deliveries import Deliveries
from .errors import invalid, not_found
from .export import ExportPage
from .options import Options
from .scheduler import Scheduler
from .shapes import Json
from .zaf import InstalledApp


class SandboxState:
    """Thread-safe: whoever reads more than one record holds `lock`. A record given out is never changed in place."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.lock = threading.RLock()
        self.scheduler = Scheduler()
        self.deliveries = Deliveries(self.scheduler, lambda: self.options, self.now, lambda key: self.webhooks.get(key))
        self._empty()

    def _empty(self) -> None:
        self.tickets: dict[int, Json] = {}
        self.deleted: dict[int, Json] = {}
        self.users: dict[int, Json] = {}
        self.organizations: dict[int, Json] = {}
        self.groups: dict[int, Json] = {}
        self.macros: dict[int, Json] = {}
        self.triggers: dict[int, Json] = {}
        self.trigger_categories: dict[int, Json] = {}
        self.views: dict[int, Json] = {}
        self.automations: dict[int, Json] = {}
        self.schedules: dict[int, Json] = {}
        # By the schedule's id.
        self.holidays: dict[int, list[Json]] = {}
        self.webhooks: dict[str, Json] = {}
        self.ticket_fields: dict[int, Json] = {}
        self.organization_fields: dict[int, Json] = {}
        self.user_fields: dict[int, Json] = {}
        self.jobs: dict[str, Json] = {}
        self.apps = AccountApps()
        self.uploads: dict[str, list[int]] = {}
        self.idempotency: dict[str, tuple[str, tuple[Any, int, dict[str, str]], float]] = {}
        self.api_tokens: set[str] = set()
        # installation id -> the app whose pages the inbox shows
        self.app_installations: dict[int, InstalledApp] = {}
        # client id -> secret, user id and the scopes it may be given
        self.oauth_clients: dict[str, tuple[str, int, frozenset[str]]] = {}
        self.oauth_tokens: dict[str, tuple[int, frozenset[str], float]] = {}
        self.changes = ExportPage()
        self._attachments: dict[int, tuple[Json, bytes]] = {}
        self._attachment_tokens: dict[str, int] = {}
        # Messages of messaging tickets, as the conversation log has them.
        self.conversations: dict[int, list[Json]] = {}
        self._comments: dict[int, list[Json]] = {}
        self._audits: dict[int, list[Json]] = {}
        self._by_email: dict[str, int] = {}
        self._ticket_ids = itertools.count(1)
        self._ids = itertools.count(26155588900000, 128)

    def clear(self) -> None:
        """Everything gone, also deliveries that are not due yet; options stay."""
        with self.lock:
            self.scheduler.clear()
            self.deliveries.clear()
            self._empty()

    # --- the clock and ids

    def now(self) -> float:
        return time.time() + self.options.clock_offset

    def stamp(self, at: float | None = None) -> str:
        return shapes.stamp(self.now() if at is None else at)

    def next_id(self) -> int:
        return next(self._ids)

    # --- reading

    def live(self, ticket_id: int) -> Json:
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            raise not_found()
        return ticket

    def comments(self, ticket_id: int) -> list[Json]:
        with self.lock:
            return list(self._comments.get(ticket_id, ()))

    def audits(self, ticket_id: int) -> list[Json]:
        with self.lock:
            return list(self._audits.get(ticket_id, ()))

    def attachment(self, attachment_id: int) -> tuple[Json, bytes]:
        if attachment_id not in self._attachments:
            raise not_found()
        return self._attachments[attachment_id]

    def attachment_by_token(self, token: str) -> tuple[Json, bytes]:
        return self.attachment(self._attachment_tokens.get(token, 0))

    def custom_fields(self) -> dict[int, Json]:
        return {key: field for key, field in self.ticket_fields.items() if shapes.is_custom(field)}

    def user_by_email(self, email: str) -> Json:
        user = self.users.get(self._by_email.get(email.strip().lower(), 0))
        if user is None:
            raise not_found()
        return user

    # --- tickets

    def put(self, ticket: Json, now: str, at: float | None = None) -> None:
        ticket["updated_at"] = now
        self.tickets[ticket["id"]] = ticket
        self.changes.touch(ticket["id"], int(self.now() if at is None else at))

    # --- people and files

    def upsert_user(self, email: str | None, name: str | None = None, role: str | None = None, **more: Any) -> Json:
        """The user with this address, changed or made; a new one joins the organization that owns its domain."""
        with self.lock:
            known = self.users.get(self._by_email.get((email or "").strip().lower(), 0))
            now = self.stamp()
            if known is None:
                name = name or (email or "").partition("@")[0] or "Unknown"
                user = shapes.user(self.next_id(), now, name, email, role or "end-user")
                domain = (email or "").rpartition("@")[2].lower()
                owner = next((o for o in self.organizations.values() if domain and domain in o["domain_names"]), None)
                user["organization_id"] = owner["id"] if owner else None
            else:
                user = {**known, "updated_at": now, "name": name or known["name"], "role": role or known["role"]}
            fields = {**user["user_fields"], **more.pop("user_fields", {})}
            user |= {key: value for key, value in more.items() if key in user} | {"user_fields": fields}
            if "tags" in more:
                user["tags"] = words.clean_tags(more["tags"])
            return self.put_user(user)

    def put_user(self, user: Json) -> Json:
        self.users[user["id"]] = user
        if user["email"]:
            self._by_email[user["email"].strip().lower()] = user["id"]
        return user

    def upsert_organization(self, name: str, **more: Any) -> Json:
        with self.lock:
            known = next((o for o in self.organizations.values() if o["name"].lower() == name.lower()), None)
            now = self.stamp()
            base = {**known, "updated_at": now} if known else shapes.organization(self.next_id(), now, name)
            fields = {field["key"]: None for field in self.organization_fields.values()} | base["organization_fields"]
            fields |= more.pop("organization_fields", None) or {}
            organization = base | {key: value for key, value in more.items() if key in base}
            organization |= {"organization_fields": fields, "tags": words.clean_tags(organization["tags"])}
            self.organizations[organization["id"]] = organization
            return organization

    def upload(self, name: str, content_type: str, content: bytes, token: str | None = None) -> tuple[str, Json]:
        """The token to pass on and the attachment; a token given again gathers several files."""
        with self.lock:
            if token is not None and token not in self.uploads:
                raise invalid(upload="Upload: token is invalid")
            token = token or secrets.token_urlsafe(19)[:25]
            secret = secrets.token_urlsafe(19)[:25]
            attachment = shapes.attachment(self.next_id(), name, content_type, len(content), secret)
            self._attachments[attachment["id"]] = (attachment, content)
            self._attachment_tokens[secret] = attachment["id"]
            self.uploads.setdefault(token, []).append(attachment["id"])
            return token, attachment

    def take_uploads(self, tokens: str | list[str]) -> list[Json]:
        tokens = [tokens] if isinstance(tokens, str) else tokens
        unknown = [token for token in tokens if token not in self.uploads]
        if unknown:
            raise invalid(comment="Comment: upload token is invalid or has been used")
        return [self._attachments[key][0] for token in tokens for key in self.uploads.pop(token)]
