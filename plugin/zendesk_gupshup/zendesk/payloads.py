"""Zendesk's JSON as our models, and an update as the body of one request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from zendesk_gupshup.model.channels import is_messaging
from zendesk_gupshup.model.ticket import Comment, Group, Organization, Ticket, User
from zendesk_gupshup.model.write import Update

from .conversation_log import with_conversation
from .errors import InvalidResponse

Json = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


def assembled(answer: Json, pages: Iterable[Json], what: str, our_user_id: int) -> Ticket:
    """A ticket out of the answer with its side-loads, and the pages of its comments and of its conversation."""
    raw: Json = {**record(answer, "ticket", what), "our_user_id": our_user_id, "comments": ()}
    raw["users"] = _users(answer)
    raw["organization"] = _found(Organization, records(answer, "organizations"), raw.get("organization_id"))
    raw["group"] = _found(Group, records(answer, "groups"), raw.get("group_id"))
    return with_pages(parsed(Ticket, raw), pages)


def with_pages(ticket: Ticket, pages: Iterable[Json]) -> Ticket:
    """The ticket with the comments and people of these pages, and the messages of its conversation."""
    users, comments, events = dict(ticket.users), list[Comment](), list[Json]()
    for page in pages:
        comments += [parsed(Comment, comment) for comment in records(page, "comments")]
        users |= _users(page)
        events += records(page, "events")
    messaging = is_messaging(ticket.from_messaging_channel, ticket.via.channel)
    told = with_conversation(comments, events) if messaging else tuple(comments)
    return ticket.model_copy(update={"comments": told, "users": users})


def _users(answer: Json) -> dict[int, User]:
    return {user.id: user for user in (parsed(User, raw) for raw in records(answer, "users"))}


def after_update(before: Ticket, answer: Json) -> Ticket:
    """The ticket as an update left it, with what the answer does not repeat kept from before."""
    now = parsed(Ticket, record(answer, "ticket", f"ticket {before.id}", unclear=True), unclear=True)
    kept = {
        "comments": before.comments,
        "users": before.users,
        "attachment_texts": before.attachment_texts,
        "our_user_id": before.our_user_id,
        "conversation_unread": before.conversation_unread,
        "organization": before.organization if now.organization_id == before.organization_id else None,
        "group": before.group if now.group_id == before.group_id else None,
    }
    return now.model_copy(update=kept | _audit_ids(answer))


def _audit_ids(answer: Json) -> Json:
    """The ids of the audit and of the comment in it. Leniently: the write was applied, whatever is said of it.

    https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
    """
    audit = answer.get("audit")
    if not isinstance(audit, dict) or not isinstance(audit.get("id"), int):
        return {}
    comments = (e.get("id") for e in records(audit, "events") if e.get("type") == "Comment")
    return {"audit_id": audit["id"], "comment_id": next((i for i in comments if isinstance(i, int)), None)}


def tags_since_creation(audits: Iterable[Json]) -> frozenset[str]:
    """Of a ticket's audits, oldest first: the tags it was made with, without those that were taken off it since.

    What a trigger adds while the ticket is made is a change in the same audit, and was not there before.
    """
    made: set[str] = set()
    for number, audit in enumerate(audits):
        for event in records(audit, "events"):
            if event.get("field_name") != "tags":
                continue
            value = event.get("value") or ()
            tags = set(value.split() if isinstance(value, str) else map(str, value))
            if event.get("type") == "Create" and not number:
                made = tags
            elif event.get("type") == "Change":
                made &= tags
    return frozenset(made)


def payload(
    ticket: Ticket, update: Update, upload_token: str | None, group_id: int | None, metadata: Mapping[str, str]
) -> Json:
    """The whole change as one request body, guarded by the stamp that was read."""
    step = update.step
    body: Json = {"safe_update": True, "updated_stamp": ticket.updated_at, "metadata": dict(metadata)}
    if step.add_tags or step.remove_tags:
        # `tags` replaces them all. Others' tags stay as they are: the guard sees to it that none came in between.
        kept = [tag for tag in ticket.tags if tag not in step.remove_tags]
        body["tags"] = kept + sorted(step.add_tags.difference(kept))
    if update.html_body is not None:
        # `public` always: left out, it would be as the ticket's first comment was.
        body["comment"] = {"html_body": update.html_body, "public": update.public}
        if upload_token is not None:
            body["comment"]["uploads"] = [upload_token]
    elif upload_token is not None:
        raise ValueError(f"ticket {ticket.id}: files need a comment to go with")
    if step.custom_status_id is not None:
        # It carries its category; with `status` besides, Zendesk would take the default of that one.
        body["custom_status_id"] = step.custom_status_id
    elif step.status is not None:
        body["status"] = step.status
    if step.priority is not None:
        body["priority"] = step.priority
    if step.custom_fields:
        body["custom_fields"] = [{"id": field.id, "value": field.value} for field in step.custom_fields]
    if step.problem_id is not None:
        # https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ (`problem_id`)
        body |= {"type": "incident", "problem_id": step.problem_id}
    if group_id is not None:
        body["group_id"] = group_id
    if step.cc:
        body["email_ccs"] = [{"user_email": step.cc, "action": "put"}]
    return body


def record(answer: Json, key: str, what: str, *, unclear: bool = False) -> Json:
    found = answer.get(key)
    if not isinstance(found, dict):
        raise InvalidResponse(f"{what}: an answer without `{key}`", unclear=unclear)
    return found


def next_cursor(page: Json) -> str | None:
    """Where the page after this one begins; `None` behind the last one.

    https://developer.zendesk.com/api-reference/introduction/pagination/
    """
    meta = page.get("meta")
    cursor = meta.get("after_cursor") if isinstance(meta, dict) and meta.get("has_more") else None
    return str(cursor) if cursor else None


def records(answer: Json, key: str) -> Iterator[Json]:
    found = answer.get(key)
    return (item for item in (found if isinstance(found, list) else ()) if isinstance(item, dict))


def _found(model: type[Model], among: Iterator[Json], record_id: int | None) -> Model | None:
    return next((parsed(model, raw) for raw in among if raw.get("id") == record_id), None)


def parsed(model: type[Model], raw: Json, *, unclear: bool = False) -> Model:
    """A record as our model; `null` is Zendesk's way to say that there is nothing, so it gives way to the default."""
    try:
        return model.model_validate(_without_nulls(raw))
    except ValidationError as error:
        # Without the values: they may be a customer's words.
        places = sorted({".".join(str(part) for part in e["loc"]) for e in error.errors()})
        known = raw.get("id")
        what = f"{model.__name__.lower()} {known if isinstance(known, int) else 'without a number'}"
        raise InvalidResponse(f"{what}: not as Zendesk documents it: {', '.join(places)}", unclear=unclear) from None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return _without_lone_surrogates(value) if isinstance(value, str) else value


def _without_lone_surrogates(text: str) -> str:
    """JSON can escape half of a surrogate pair, which is no character: models refuse it, and nothing can be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
