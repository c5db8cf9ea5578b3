"""The sandbox's whole state: tickets, people and rules in Zendesk's own shape, and the few ways to change them."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from . import changes, placeholders, rules, shapes, words
from .deliveries import Deliveries
from .export import Changes
from .later import Later
from .options import Options
from .problems import conflict, invalid, not_found
from .shapes import Json


class Store:
    """Thread-safe: whoever reads more than one record holds `lock`. A record, once given out, is never changed in place."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.lock = threading.RLock()
        self.later = Later()
        self.deliveries = Deliveries(self)
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
        self.webhooks: dict[str, Json] = {}
        self.ticket_fields: dict[int, Json] = {}
        self.organization_fields: dict[int, Json] = {}
        self.user_fields: dict[int, Json] = {}
        self.jobs: dict[str, Json] = {}
        self.uploads: dict[str, list[int]] = {}
        self.idempotency: dict[str, tuple[str, tuple[Any, int, dict[str, str]], float]] = {}
        self.api_tokens: set[str] = set()
        # client id -> secret, user id and the scopes it may be given
        self.oauth_clients: dict[str, tuple[str, int, frozenset[str]]] = {}
        self.oauth_tokens: dict[str, tuple[int, frozenset[str], float]] = {}
        self.changes = Changes()
        self._attachments: dict[int, tuple[Json, bytes]] = {}
        self._attachment_tokens: dict[str, int] = {}
        self._comments: dict[int, list[Json]] = {}
        self._audits: dict[int, list[Json]] = {}
        self._by_email: dict[str, int] = {}
        self._ticket_ids = itertools.count(1)
        self._ids = itertools.count(26155588900000, 128)

    def clear(self) -> None:
        """Everything gone, also deliveries that are not due yet; options stay."""
        with self.lock:
            self.later.clear()
            self.deliveries.clear()
            self._empty()

    # --- the clock and ids

    def now(self) -> float:
        return time.time() + self.options.clock_offset

    def stamp(self, at: float | None = None) -> str:
        moment = datetime.fromtimestamp(self.now() if at is None else at, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

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
        return {key: field for key, field in self.ticket_fields.items() if changes.is_custom(field)}

    def user_by_email(self, email: str) -> Json:
        user = self.users.get(self._by_email.get(email.strip().lower(), 0))
        if user is None:
            raise not_found()
        return user

    # --- people and files

    def upsert_user(self, email: str | None, name: str | None = None, role: str | None = None, **more: Any) -> Json:
        """The user with this address, changed or made; a new one joins the organization that owns the address's domain."""
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
                raise invalid(token="Token: is invalid")
            token = token or secrets.token_urlsafe(19)[:25]
            secret = secrets.token_urlsafe(19)[:25]
            attachment = shapes.attachment(self.next_id(), name, content_type, len(content), secret)
            self._attachments[attachment["id"]] = (attachment, content)
            self._attachment_tokens[secret] = attachment["id"]
            self.uploads.setdefault(token, []).append(attachment["id"])
            return token, attachment

    # --- writing tickets

    def create_ticket(self, payload: Json, actor_id: int, channel: str = "api", *, at: float | None = None) -> Json:
        """A ticket with its first comment, after the triggers; `at` is for a backlog that looks old."""
        with self.lock:
            actor = self.users[actor_id]
            requester_id = self._requester(payload, actor)
            given = _comment_of(payload)
            if not (given.get("body") or given.get("html_body")):
                raise invalid(base="Description: cannot be blank")
            blank = shapes.ticket(0, self.stamp(at), channel)
            blank |= {"requester_id": requester_id, "submitter_id": payload.get("submitter_id", actor_id)}
            blank["organization_id"] = self.users[requester_id]["organization_id"]
            wanted = {key: value for key, value in payload.items() if key not in ("requester_id", "organization_id")}
            if payload.get("organization_id") is not None:
                wanted["organization_id"] = payload["organization_id"]
            ticket = changes.apply(self, blank, wanted, new=True)
            ticket_id = next(self._ticket_ids)
            ticket |= {"id": ticket_id, "url": f"/api/v2/tickets/{ticket_id}.json"}
            ticket["via"] = payload.get("via") or ticket["via"]
            comment = self._comment(ticket, given, self.users[ticket["submitter_id"]], first=True)
            ticket |= {"is_public": comment["public"], "description": comment["plain_body"]}
            if not ticket["subject"]:
                ticket["raw_subject"] = ticket["subject"] = comment["plain_body"].split("\n")[0][:150]
            self._write(None, ticket, comment, actor, channel, payload.get("metadata"), at)
            return self.tickets[ticket_id]

    def update_ticket(self, ticket_id: int, payload: Json, actor_id: int, channel: str = "api") -> tuple[Json, Json]:
        """The ticket and the audit after one update and its triggers; all of it happens, or none."""
        with self.lock:
            ticket, actor = self.live(ticket_id), self.users[actor_id]
            if ticket["status"] == "closed":
                raise invalid(status="Status: closed prevents ticket update")
            check_stamp(ticket, payload)
            draft = changes.apply(self, ticket, payload)
            comment = None
            given = _comment_of(payload) if "comment" in payload else {}
            if given.get("body") or given.get("html_body") or given.get("uploads"):
                if len(self._comments[ticket_id]) >= 5000:
                    raise invalid(base="Ticket: has too many comments")
                comment = self._comment(draft, given, actor)
                author = self.users[comment["author_id"]]
                if (
                    author["role"] == "end-user"
                    and "status" not in payload
                    and draft["status"] in ("pending", "hold", "solved")
                ):
                    draft = changes.apply(self, draft, {"status": "open"})
                draft["is_public"] = draft["is_public"] or comment["public"]
            audit = self._write(ticket, draft, comment, actor, channel, payload.get("metadata"))
            return self.tickets[ticket_id], audit

    def delete_ticket(self, ticket_id: int) -> None:
        with self.lock:
            ticket = self.live(ticket_id)
            self.deleted[ticket_id] = {**ticket, "status": "deleted", "updated_at": self.stamp()}
            del self.tickets[ticket_id]
            self.changes.touch(ticket_id, int(self.now()))

    def write_as_client(
        self,
        email: str,
        name: str,
        body: str,
        *,
        subject: str | None = None,
        ticket_id: int | None = None,
        html_body: str | None = None,
        files: Sequence[tuple[str, str, bytes]] = (),
        channel: str = "web",
        locale: str | None = None,
        organization_id: int | None = None,
    ) -> Json:
        """What a client does by mail or in the help centre; an answer to a closed ticket becomes a follow-up."""
        with self.lock:
            more = {"locale": locale, "organization_id": organization_id}
            user = self.upsert_user(email, name, **{key: value for key, value in more.items() if value is not None})
            comment: Json = {"html_body": html_body} if html_body else {"body": body}
            token: str | None = None
            for file_name, content_type, content in files:
                token, _ = self.upload(file_name, content_type, content, token)
            comment |= {"uploads": [token] if token else [], "public": True}
            payload: Json = {"comment": comment}
            if ticket_id is not None and self.live(ticket_id)["status"] != "closed":
                return self.update_ticket(ticket_id, payload, user["id"], channel)[0]
            payload |= {"subject": subject, "requester_id": user["id"]}
            if ticket_id is not None:
                old = self.live(ticket_id)
                payload["subject"] = subject or f"Re: {old['subject']}"
                source = {"from": {"ticket_id": ticket_id, "subject": old["subject"]}, "to": {}, "rel": "follow_up"}
                payload["via"] = shapes.via(channel, source)
            return self.create_ticket(payload, user["id"], channel)

    # --- macros

    def preview_macro(self, ticket_id: int, macro_id: int, actor_id: int | None = None) -> Json:
        """`result` of a macro on a ticket, as Zendesk's apply answers; nothing is changed."""
        with self.lock:
            ticket, macro = self.live(ticket_id), self.macros.get(macro_id)
            if macro is None:
                raise not_found()
            actor = self.users[actor_id if actor_id is not None else next(iter(self.users))]
            after = changes.apply(self, ticket, rules.payload_of(macro["actions"], ticket, actor))
            return {"result": {"ticket": {**after, **self._macro_comment(macro, ticket, actor)}}}

    def apply_macro_as_agent(self, ticket_id: int, macro_id: int, agent_id: int) -> Json:
        """What Agent Workspace does when an agent picks a macro and submits: an ordinary update by that agent."""
        with self.lock:
            ticket, actor = self.live(ticket_id), self.users[agent_id]
            if macro_id not in self.macros:
                raise not_found()
            macro = self.macros[macro_id]
            payload = rules.payload_of(macro["actions"], ticket, actor)
            payload |= self._macro_comment(macro, ticket, actor)
            return self.update_ticket(ticket_id, payload, agent_id, "web")[0]

    def _macro_comment(self, macro: Json, ticket: Json, actor: Json) -> Json:
        actions = {action["field"]: action["value"] for action in macro["actions"]}
        text = actions.get("comment_value_html", actions.get("comment_value"))
        if text is None:
            return {}
        scope, text = text if isinstance(text, list) else ("channel:all", text)
        is_html = "comment_value_html" in actions
        filled = placeholders.expand(text, placeholders.values(self, ticket, actor), escape=is_html)
        public = str(actions.get("comment_mode_is_public", ticket["is_public"])).lower() == "true"
        comment: Json = {"body": words.plain_of(filled) if is_html else filled, "public": public}
        if is_html:
            comment["html_body"] = filled
        return {"comment": {**comment, "scoped_body": [[scope, filled]]}}

    # --- inside

    def _requester(self, payload: Json, actor: Json) -> int:
        given = payload.get("requester")
        if isinstance(given, dict) and (given.get("email") or given.get("name")):
            more = {"locale": given["locale"]} if given.get("locale") else {}
            return int(self.upsert_user(given.get("email"), given.get("name"), **more)["id"])
        if payload.get("requester_id") is not None:
            return changes.check_requester(self, payload["requester_id"])
        return int(actor["id"])

    def _comment(self, ticket: Json, given: Json, author: Json, *, first: bool = False) -> Json:
        """The comment as it will be read: cut, filled in, rendered; its ids and times are given when it is written."""
        if given.get("author_id") is not None:
            author = self.users[changes.check_requester(self, given["author_id"])]
        staff = author["role"] != "end-user"
        value = placeholders.values(self, ticket, author) if staff else None
        if given.get("html_body"):
            markup = words.cut(str(given["html_body"]))
            markup = placeholders.expand(markup, value, escape=True) if value else markup
            html_body = words.wrapped(words.sanitised(markup))
            body = words.plain_of(html_body)
        else:
            body = words.cut(str(given.get("body") or ""))
            body = placeholders.expand(body, value) if value else body
            html_body = words.html_of(body, markdown=staff)
        public = given.get("public")
        if public is None or not staff:
            public = True if first or not staff else self._comments[ticket["id"]][0]["public"]
        files = self._take_uploads(given.get("uploads") or [])
        comment = {
            "id": self.next_id(),
            "type": "Comment",
            "author_id": author["id"],
            "body": body,
            "html_body": html_body,
        }
        return comment | {"plain_body": words.plain_of(html_body), "public": bool(public), "attachments": files}

    def _take_uploads(self, tokens: str | list[str]) -> list[Json]:
        tokens = [tokens] if isinstance(tokens, str) else tokens
        unknown = [token for token in tokens if token not in self.uploads]
        if unknown:
            raise invalid(comment="Comment: upload token is invalid or has been used")
        return [self._attachments[key][0] for token in tokens for key in self.uploads.pop(token)]

    def _write(
        self,
        before: Json | None,
        ticket: Json,
        comment: Json | None,
        actor: Json,
        channel: str,
        custom: Any,
        at: float | None = None,
    ) -> Json:
        """Put the ticket in its place with audit and comment, then run the triggers on it."""
        now = self.stamp(at)
        audit: Json = {"id": self.next_id(), "ticket_id": ticket["id"], "created_at": now, "author_id": actor["id"]}
        audit["metadata"] = {"system": shapes.system_metadata(), "custom": custom if isinstance(custom, dict) else {}}
        events = [{"id": self.next_id(), **event} for event in changes.differences(before, ticket)]
        if comment is not None:
            comment = {**comment, "audit_id": audit["id"]}
            events.insert(0, comment)
            extra = {"via": shapes.via(channel), "created_at": now, "metadata": audit["metadata"]}
            self._comments.setdefault(ticket["id"], []).append({**comment, **extra})
        audit |= {"events": events, "via": shapes.via(channel)}
        if before is not None and not events and not custom:
            return audit  # nothing changed: Zendesk keeps no audit and the time stays
        self._put(ticket, now, at)
        self._audits.setdefault(ticket["id"], []).append(audit)
        self._run_triggers(before, ticket["id"], comment, actor, audit)
        return audit

    def _put(self, ticket: Json, now: str, at: float | None = None) -> None:
        ticket["updated_at"] = now
        self.tickets[ticket["id"]] = ticket
        self.changes.touch(ticket["id"], int(self.now() if at is None else at))

    def _run_triggers(
        self, before: Json | None, ticket_id: int, comment: Json | None, actor: Json, audit: Json
    ) -> None:
        """From first to last, and from the start again after a change; each fires at most once in an update."""
        fired: set[int] = set()
        while trigger := next(
            (
                t
                for t in self._triggers_in_order()
                if t["id"] not in fired and self._due(t, before, ticket_id, comment, actor)
            ),
            None,
        ):
            fired.add(trigger["id"])
            self._fire(trigger, ticket_id, actor, audit)

    def _due(self, trigger: Json, before: Json | None, ticket_id: int, comment: Json | None, actor: Json) -> bool:
        return rules.fires(trigger["conditions"], rules.Moment(before, self.tickets[ticket_id], comment, actor))

    def _triggers_in_order(self) -> list[Json]:
        places = {str(category["id"]): category["position"] for category in self.trigger_categories.values()}
        active = [trigger for trigger in self.triggers.values() if trigger["active"]]
        return sorted(active, key=lambda t: (places.get(str(t["category_id"]), 0), t["position"], t["id"]))

    def _fire(self, trigger: Json, ticket_id: int, actor: Json, audit: Json) -> None:
        ticket = self.tickets[ticket_id]
        draft = changes.apply(self, ticket, rules.payload_of(trigger["actions"], ticket, actor))
        rule = {
            "from": {"deleted": False, "title": trigger["title"], "id": trigger["id"], "revision_id": 1},
            "rel": "trigger",
        }
        new = changes.differences(ticket, draft)
        if new:
            audit["events"] += [
                {"id": self.next_id(), **event, "via": {"channel": "rule", "source": rule}} for event in new
            ]
            self._put(draft, self.stamp())
        for action in trigger["actions"]:
            if action["field"] == "notification_webhook":
                webhook_id, body = action["value"]
                filled = placeholders.expand(body, placeholders.values(self, draft, actor))
                self.deliveries.invoke(str(webhook_id), filled)


def check_stamp(ticket: Json, payload: Json) -> None:
    """Refuse an update that names an older state of the ticket: https://developer.zendesk.com/documentation/ticketing/
    managing-tickets/creating-and-updating-tickets/. Sending `safe_update` at all asks for it, whatever its value."""
    stamp = payload.get("updated_stamp")
    if "safe_update" not in payload or not stamp:
        return
    try:
        read = datetime.fromisoformat(str(stamp).replace("Z", "+00:00"))
    except ValueError:
        raise invalid(updated_stamp="Updated stamp: is not a time") from None
    now = datetime.fromisoformat(ticket["updated_at"].replace("Z", "+00:00"))
    if now > (read if read.tzinfo else read.replace(tzinfo=UTC)):
        raise conflict()


def _comment_of(payload: Json) -> Json:
    given = payload.get("comment")
    if isinstance(given, str):
        return {"body": given}
    return given if isinstance(given, dict) else {"body": payload.get("description")}
