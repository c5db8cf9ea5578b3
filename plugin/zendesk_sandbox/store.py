"""The sandbox's tickets and the few ways to change them; all that writes one goes through here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import changes, conversations, problems, rule_engine, rules, shapes, writing
from .errors import invalid, not_found
from .shapes import Json
from .state import SandboxState


class SandboxStore(SandboxState):
    """What is held, and what may be done with it: the API, the inbox page and the tests all use this."""

    def create_ticket(self, payload: Json, actor_id: int, channel: str = "api", *, at: float | None = None) -> Json:
        """A ticket with its first comment, after the triggers; `at` is for a backlog that looks old."""
        with self.lock:
            actor = self.users[actor_id]
            parent = self._parent(payload)
            if parent is not None:
                payload = changes.followed_up(parent, payload, channel)
            requester_id = self._requester(payload, actor)
            given = writing.given_comment(payload)
            if not (given.get("body") or given.get("html_body")):
                raise invalid(base="Description: cannot be blank")
            blank = shapes.ticket(self.stamp(at), channel)
            blank |= {"requester_id": requester_id, "submitter_id": payload.get("submitter_id", actor_id)}
            blank["organization_id"] = self.users[requester_id]["organization_id"]
            wanted = {key: value for key, value in payload.items() if key not in ("requester_id", "organization_id")}
            if payload.get("organization_id") is not None:
                wanted["organization_id"] = payload["organization_id"]
            ticket = changes.apply(self, blank, wanted, new=True)
            ticket_id = next(self._ticket_ids)
            ticket |= {"id": ticket_id, "url": f"/api/v2/tickets/{ticket_id}.json"}
            ticket["via"] = payload.get("via") or ticket["via"]
            comment = writing.new_comment(self, ticket, given, self.users[ticket["submitter_id"]], first=True)
            ticket |= {"is_public": comment["public"], "description": comment["plain_body"]}
            if not ticket["subject"]:
                ticket["raw_subject"] = ticket["subject"] = comment["plain_body"].split("\n")[0][:150]
            self._write(None, ticket, comment, actor, channel, payload.get("metadata"), at)
            if parent is not None:
                known = [*parent["followup_ids"], ticket_id]
                self.tickets[parent["id"]] = {**self.tickets[parent["id"]], "followup_ids": known}
            return self.tickets[ticket_id]

    def _parent(self, payload: Json) -> Json | None:
        """The closed ticket that a new one follows up. Any other number has no effect, as Zendesk says."""
        parent = self.tickets.get(int(payload.get("via_followup_source_id") or 0))
        return parent if parent is not None and parent["status"] == "closed" else None

    def update_ticket(self, ticket_id: int, payload: Json, actor_id: int, channel: str = "api") -> tuple[Json, Json]:
        """The ticket and the audit after one update and its triggers; all of it happens, or none."""
        with self.lock:
            ticket, actor = self.live(ticket_id), self.users[actor_id]
            if ticket["status"] == "closed":
                raise invalid(status="Status: closed prevents ticket update")
            writing.check_stamp(ticket, payload)
            draft = changes.apply(self, ticket, payload)
            comment = None
            given = writing.given_comment(payload) if "comment" in payload else {}
            if given.get("body") or given.get("html_body") or given.get("uploads"):
                if len(self._comments[ticket_id]) >= 5000:
                    raise invalid(base="Ticket: has too many comments")
                comment = writing.new_comment(self, draft, given, actor)
                author = self.users[comment["author_id"]]
                if (
                    author["role"] == "end-user"
                    and "status" not in payload
                    and draft["status"] in ("pending", "hold", "solved")
                ):
                    draft = changes.apply(self, draft, {"status": "open"})
                draft["is_public"] = draft["is_public"] or comment["public"]
            audit = self._write(ticket, draft, comment, actor, channel, payload.get("metadata"))
            self._link(draft["problem_id"])
            self._solve_incidents(ticket, comment, actor_id)
            return self.tickets[ticket_id], audit

    def _link(self, problem_id: int | None) -> None:
        problem = self.tickets.get(problem_id or 0)
        if problem is not None:
            self.tickets[problem["id"]] = {**problem, "has_incidents": True}

    def _solve_incidents(self, problem: Json, comment: Json | None, actor_id: int) -> None:
        """What Zendesk does in the background once a problem is solved: its public comment goes to all of them."""
        said = {key: comment[key] for key in ("html_body", "public")} if comment and comment["public"] else None
        for ticket_id in problems.solved_with(self, problem, self.tickets[problem["id"]]):
            ticket, actor = self.live(ticket_id), self.users[actor_id]
            draft = changes.apply(self, ticket, {"status": "solved"}, by_rule=True)
            told = writing.new_comment(self, draft, said, actor) if said else None
            self._write(ticket, draft, told, actor, "rule", None)

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
            more: Json = {"locale": locale, "organization_id": organization_id}
            user = self.upsert_user(email, name, **{key: value for key, value in more.items() if value is not None})
            comment: Json = {"html_body": html_body} if html_body else {"body": body}
            token: str | None = None
            for file_name, content_type, content in files:
                token, _ = self.upload(file_name, content_type, content, token)
            known = self.tickets.get(ticket_id or 0, {})
            if channel in conversations.CHANNELS or (
                known.get("from_messaging_channel") and known["status"] != "closed"
            ):
                return self._write_message(user, body, token, channel, ticket_id, subject)
            comment |= {"uploads": [token] if token else [], "public": True}
            payload: Json = {"comment": comment}
            if ticket_id is not None and self.live(ticket_id)["status"] != "closed":
                return self.update_ticket(ticket_id, payload, user["id"], channel)[0]
            payload |= {"subject": subject, "requester_id": user["id"]}
            if ticket_id is not None:
                old = self.live(ticket_id)
                payload |= {"subject": subject or f"Re: {old['subject']}", "via_followup_source_id": ticket_id}
            return self.create_ticket(payload, user["id"], channel)

    def _write_message(
        self, user: Json, body: str, token: str | None, channel: str, ticket_id: int | None, subject: str | None
    ) -> Json:
        """A client's message: into the conversation of a ticket, or of a new one that says who began it."""
        if ticket_id is None or self.live(ticket_id)["status"] == "closed":
            start = {"body": f"Conversation with {user['name']}\n\nURL: None"}
            subject = subject or f"Conversation with {user['name']}"
            payload = {"subject": subject, "requester_id": user["id"], "comment": start, "via": shapes.via(channel)}
            ticket_id = int(self.create_ticket(payload, user["id"], channel)["id"])
            self.tickets[ticket_id] = {**self.tickets[ticket_id], "from_messaging_channel": True}
        files = self.take_uploads(token) if token else []
        conversations.say(self, ticket_id, "user", body, user, files)
        return self.tickets[ticket_id]

    def write_message(self, ticket_id: int, author: str, text: str, *, event: str | None = None) -> Json:
        """What an agent or a bot says in a conversation, or the client; `event` is for a type that nobody knows."""
        with self.lock:
            ticket = self.live(ticket_id)
            if not ticket["from_messaging_channel"]:
                raise invalid(base="Ticket: has no conversation")
            agent = next(u for u in self.users.values() if u["role"] == "agent")
            user = {"user": self.users[ticket["requester_id"]], "agent": agent}.get(author)
            more = {} if event is None else {"event": event}
            conversations.say(self, ticket_id, author, text, user, [], **more)
            return ticket

    def preview_macro(self, ticket_id: int, macro_id: int, actor_id: int | None = None) -> Json:
        """`result` of a macro on a ticket, as Zendesk's apply answers; nothing is changed."""
        with self.lock:
            ticket, macro = self.live(ticket_id), self.macros.get(macro_id)
            if macro is None:
                raise not_found()
            actor = self.users[actor_id if actor_id is not None else next(iter(self.users))]
            after = changes.apply(self, ticket, rules.payload_of(macro["actions"], ticket, actor))
            return {"result": {"ticket": {**after, **rule_engine.macro_comment(self, macro, ticket, actor)}}}

    def apply_macro_as_agent(self, ticket_id: int, macro_id: int, agent_id: int) -> Json:
        """What Agent Workspace does when an agent picks a macro and submits: an ordinary update by that agent."""
        with self.lock:
            ticket, actor = self.live(ticket_id), self.users[agent_id]
            if macro_id not in self.macros:
                raise not_found()
            macro = self.macros[macro_id]
            payload = rules.payload_of(macro["actions"], ticket, actor)
            payload |= rule_engine.macro_comment(self, macro, ticket, actor)
            return self.update_ticket(ticket_id, payload, agent_id, "web")[0]

    def _requester(self, payload: Json, actor: Json) -> int:
        given = payload.get("requester")
        if isinstance(given, dict) and (given.get("email") or given.get("name")):
            more = {"locale": given["locale"]} if given.get("locale") else {}
            return int(self.upsert_user(given.get("email"), given.get("name"), **more)["id"])
        if payload.get("requester_id") is not None:
            return changes.check_requester(self, payload["requester_id"])
        return int(actor["id"])

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
        audit["metadata"] = {"system": shapes.SYSTEM_METADATA, "custom": custom if isinstance(custom, dict) else {}}
        events = [{"id": self.next_id(), **event} for event in changes.differences(before, ticket)]
        if comment is not None:
            comment = {**comment, "audit_id": audit["id"]}
            events.insert(0, comment)
            extra = {"via": shapes.via(channel), "created_at": now, "metadata": audit["metadata"]}
            self._comments.setdefault(ticket["id"], []).append({**comment, **extra})
        audit |= {"events": events, "via": shapes.via(channel)}
        if before is not None and not events and not custom:
            return audit  # nothing changed: Zendesk keeps no audit and the time stays
        self.put(ticket, now, at)
        self._audits.setdefault(ticket["id"], []).append(audit)
        rule_engine.run_triggers(self, before, ticket["id"], comment, actor, audit)
        return audit
