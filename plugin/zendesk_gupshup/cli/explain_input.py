"""The input of `explain`: a file or standard input as a ticket. It holds the ticket, or is attached to an empty one."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.cli import Fail

if TYPE_CHECKING:
    from zendesk_gupshup.model.ticket import Attachment, Ticket
    from zendesk_gupshup.pipeline import Brain

_STANDARD_INPUT = "standard input"
# A device has no end. The worker reads far less of a file, and says so itself.
_MAX_BYTES = 64 * 1024 * 1024
_HINT = "Give a file with text in it: text, log, CSV, JSON, a spreadsheet, HTML, a mail or PDF."
# Such a file holds the text of a ticket; any other is something that a client attaches.
_TEXT_SUFFIXES = ("", ".txt", ".text", ".md")
_EMPTY_TICKET: Mapping[str, Any] = {
    "ticket": {"id": 0, "requester_id": 1, "via": {"channel": "web"}},
    "users": [{"id": 1}],
}


def ticket_of_file(file: str | None, brain: Brain) -> Ticket:
    """A file with a ticket as JSON, with a ticket's text, or with anything that a client attaches. Raises `Fail`."""
    from zendesk_gupshup.attachments import kind_of
    from zendesk_gupshup.attachments.formats.plain import text_of

    name, data = Path(file).name if file else _STANDARD_INPUT, read_bytes(file)
    if not data:
        raise Fail(f"{file or name}: is empty. {_HINT}")
    if kind_of(name, "", data).name == "text":
        text = text_of(data)
        if ticket := _ticket_in(text):
            return ticket
        if PurePath(name).suffix.lower() in _TEXT_SUFFIXES:
            if not text.strip():
                raise Fail(f"{file or name}: holds no text. {_HINT}")
            return assembled_ticket({**_EMPTY_TICKET, "comments": [{"id": 0, "author_id": 1, "body": text}]})
    return _with_file(file or name, name, data, brain)


def _with_file(shown: str, name: str, data: bytes, brain: Brain) -> Ticket:
    """A ticket with the file attached and read as the worker reads it, within the same limits. Raises `Fail`."""
    from zendesk_gupshup.model.ticket import Attachment
    from zendesk_gupshup.model.unread_reasons import HOLDS_NO_WORDS
    from zendesk_gupshup.render.reasons import all_in_words

    # Without a content type: Zendesk would give one, and the bytes say more.
    attached = Attachment(id=1, file_name=name, size=len(data))
    ticket = assembled_ticket({**_EMPTY_TICKET, "comments": [{"id": 0, "author_id": 1, "body": ""}]})
    comment = ticket.comments[0].model_copy(update={"attachments": (attached,)})
    try:
        ticket = brain.files.read(_FileInput(data), ticket.model_copy(update={"comments": (comment,)}), last=True)
    finally:
        brain.files.close()
    if not any(text.strip() for text in ticket.attachment_texts.values()):
        unread = ticket.attachments_unread.get(attached.id, ())
        why = all_in_words(unread) or "the settings leave files unread ([reading] attachments)"
        wordless = not unread or any(reason.name in HOLDS_NO_WORDS for reason in unread)
        raise Fail(f"{shown}: {why}. {_HINT}" if wordless else f"{shown}: {why}")
    return ticket


class _FileInput:
    """The bytes at hand in place of a download from Zendesk."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def attachment(self, attachment: Attachment, limit: int) -> bytes:  # noqa: ARG002 - the signature is the protocol's
        return self._data[:limit]


def read_bytes(file: str | None) -> bytes:
    """The file, or standard input, up to a limit. Raises `Fail`."""
    try:
        if file is None:
            return sys.stdin.buffer.read(_MAX_BYTES)
        with Path(file).open("rb") as opened:
            return opened.read(_MAX_BYTES)
    except IsADirectoryError:
        raise Fail(f"{file}: is a directory. Give one file in it.") from None
    except FileNotFoundError:
        raise Fail(f"{file}: there is no such file. Check the path.") from None
    except PermissionError:
        raise Fail(f"{file}: permission denied. Check who may read it.") from None
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or "cannot be read").lower()
        raise Fail(f"{file or _STANDARD_INPUT}: {why}. Check the path.") from None


def _ticket_in(text: str) -> Ticket | None:
    """The ticket, if the text is one as Zendesk's JSON (`{"ticket": …, "comments": […]}`)."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_ticket = isinstance(document, dict) and isinstance(document.get("ticket"), dict)
    return assembled_ticket(document) if is_ticket else None


def assembled_ticket(document: dict[str, Any], what: str = "the ticket") -> Ticket:
    """A ticket out of Zendesk's JSON. Raises `Fail`."""
    from zendesk_gupshup.zendesk.errors import InvalidResponse
    from zendesk_gupshup.zendesk.payloads import assembled

    try:
        return assembled(document, [document], what, document.get("our_user_id") or 0)
    except InvalidResponse as error:
        raise Fail(str(error)) from None
