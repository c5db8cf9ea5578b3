"""The conversation of a messaging ticket, out of Zendesk's conversation log, as comments with their authors. Pure.

https://developer.zendesk.com/api-reference/ticketing/tickets/conversation_log/ and
https://developer.zendesk.com/documentation/ticketing/reference-guides/conversation-log-events-reference
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import ValidationError

from zendesk_gupshup.model.channels import is_messaging
from zendesk_gupshup.model.ticket import Attachment, Comment

Json = Mapping[str, Any]

_AUTHORS: Mapping[str, Literal["client", "agent", "bot"]] = {"user": "client", "agent": "agent", "bot": "bot"}
_COMMENT, _MESSAGE = "Comment", "Messaging::ConversationMessage"
_TICKET_EVENT = re.compile(r"zen:ticket_event:(\d{1,18})")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_:.]{0,79}")


def is_messaging_ticket(raw: Json) -> bool:
    """The same of a ticket as Zendesk gives it."""
    via = raw.get("via")
    return is_messaging(raw.get("from_messaging_channel"), via.get("channel") if isinstance(via, dict) else None)


def with_conversation(comments: Iterable[Comment], events: Iterable[Json]) -> tuple[Comment, ...]:
    """The comments and the messages in the order of their times, each once: the log repeats the comments.

    The ticket's own first comment stays first: it is the description.
    """
    known = list(comments)
    messages = {message.id: message for event in events if (message := _comment(event))}
    added = [message for message in messages.values() if message.id not in {comment.id for comment in known}]
    first, rest = known[:1], [*known[1:], *added]
    return (*first, *(sorted(rest, key=lambda comment: comment.created_at or _NEVER) if added else rest))


def outcomes(events: Iterable[Json]) -> Counter[str]:
    """How many events are `read` as messages, `ignored` (comments, which are read as such, and messages without a word
    or a file), or of a type that is not known: `unknown TYPE`."""
    return Counter(_outcome(event) for event in events)


def _outcome(event: Json) -> str:
    kind = event.get("type")
    if kind == _MESSAGE:
        return "read" if _comment(event) else "ignored"
    if kind == _COMMENT:
        return "ignored"
    return f"unknown {kind if isinstance(kind, str) and _NAME.fullmatch(kind) else 'without a name'}"


_NEVER = datetime.max.replace(tzinfo=UTC)


def _comment(event: Json) -> Comment | None:
    """An event as a comment; none where it is of another type, broken, or holds neither a word nor a file."""
    if event.get("type") not in (_COMMENT, _MESSAGE):
        return None
    content, author, metadata = (_object(event, name) for name in ("content", "author", "metadata"))
    text, html, files = _words(content), content.get("body") if content.get("type") == "html" else "", _files(event)
    if not (text or html or files):
        return None
    number = _TICKET_EVENT.fullmatch(str(event.get("reference") or ""))
    # A message's id is no number. Ours are negative, so that they are nobody else's.
    digest = hashlib.blake2b(str(event.get("id") or event.get("reference") or text).encode(), digest_size=6).digest()
    author_id = author.get("zen:support:user_id")
    try:
        return Comment(
            id=int(number[1]) if number else -1 - int.from_bytes(digest),
            author_id=author_id if isinstance(author_id, int) and author_id > 0 else None,
            public=metadata.get("public") is not False,
            body=text,
            plain_body=text,
            html_body=html if isinstance(html, str) else "",
            attachments=files,
            created_at=_moment(event.get("created_at")),
            # What nobody named as the client is not the client's.
            written_by=_AUTHORS.get(str(author.get("type")), "bot"),
        )
    except ValidationError:
        return None


def _words(content: Json) -> str:
    """What a message says: its text, a picture's caption, or the fields of a form that was filled in."""
    said = [content.get(key) for key in ("text", "caption", "altText")]
    if content.get("type") != "html":
        said.append(content.get("body"))
    fields = content.get("fields")
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict):
            label, value = field.get("label") or field.get("name"), _value(field)
            said.append(f"{label}: {value}" if label and value else value)
    return "\n".join(dict.fromkeys(words.strip() for words in said if isinstance(words, str) and words.strip()))


def _value(field: Json) -> str:
    """https://docs.smooch.io/rest/ names a field's value by its type."""
    selected = field.get("select")
    chosen = (
        selected[0].get("label") if isinstance(selected, list) and selected and isinstance(selected[0], dict) else ""
    )
    return str(field.get("text") or field.get("email") or chosen or "")


def _files(event: Json) -> tuple[Attachment, ...]:
    """Attachments leniently: one that is not as documented does not lose the message."""
    found = []
    given = event.get("attachments")
    for raw in given if isinstance(given, list) else ():
        try:
            found.append(Attachment.model_validate({k: v for k, v in raw.items() if v is not None}))
        except (ValidationError, AttributeError):
            continue
    return tuple(found)


def _object(event: Json, name: str) -> Json:
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def _moment(stamp: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
