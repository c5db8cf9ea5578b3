"""Comments as Zendesk stores them: truncated, placeholders filled in, rendered, public or private."""

from __future__ import annotations

from datetime import UTC, datetime

from . import placeholders, words
from .changes import check_requester
from .errors import conflict, invalid
from .shapes import Json
from .state import SandboxState


def given_comment(payload: Json) -> Json:
    """The comment of a payload; a new ticket may have a `description` in its place."""
    given = payload.get("comment")
    if isinstance(given, str):
        return {"body": given}
    return given if isinstance(given, dict) else {"body": payload.get("description")}


def new_comment(store: SandboxState, ticket: Json, given: Json, author: Json, *, first: bool = False) -> Json:
    """Only what staff write is Markdown and has placeholders; only staff may write privately.

    Without `public` a comment is as public as the ticket's first one.
    """
    if given.get("author_id") is not None:
        author = store.users[check_requester(store, given["author_id"])]
    staff = author["role"] != "end-user"
    value = placeholders.values(store, ticket, author) if staff else None
    if given.get("html_body"):
        markup = words.cut(str(given["html_body"]))
        markup = placeholders.expand(markup, value, escape=True) if value else markup
        html_body = words.wrapped(words.sanitised(markup))
        body = plain_body = words.plain_of(html_body)
    else:
        body = words.cut(str(given.get("body") or ""))
        body = placeholders.expand(body, value) if value else body
        html_body = words.html_of(body, markdown=staff)
        plain_body = words.plain_of(html_body) if staff else words.tidy(body)
    public = given.get("public")
    if not staff or (public is None and first):
        public = True
    elif public is None:
        public = store.comments(ticket["id"])[0]["public"]
    files = store.take_uploads(given.get("uploads") or [])
    comment = {
        "id": store.next_id(),
        "type": "Comment",
        "author_id": author["id"],
        "body": body,
        "html_body": html_body,
    }
    return comment | {"plain_body": plain_body, "public": bool(public), "attachments": files}


def check_stamp(ticket: Json, payload: Json) -> None:
    """Refuse an update that names an older state of the ticket.

    Sending `safe_update` at all asks for it, whatever its value:
    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    """
    stamp = payload.get("updated_stamp")
    if "safe_update" not in payload or not stamp:
        return
    try:
        read = datetime.fromisoformat(str(stamp))
    except ValueError:
        raise invalid(updated_stamp="Updated stamp: is not a time") from None
    if datetime.fromisoformat(ticket["updated_at"]) > (read if read.tzinfo else read.replace(tzinfo=UTC)):
        raise conflict()
