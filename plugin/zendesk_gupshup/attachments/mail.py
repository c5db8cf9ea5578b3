"""A mail that was attached: its subject, its words, and what is attached to it, one level deep."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from .documents import read_html
from .limits import Limits, Reading, shown_name, trimmed
from .plain import text_of


def read_mail(data: bytes, limits: Limits, depth: int) -> Reading:
    """What a mail at `depth` says. Files in it are read by the rules of files on the ticket; pictures in it are not."""
    from . import read

    # The old policy: the newer one parses each address and date it sees, and raises on broken ones.
    message = message_from_bytes(data)
    texts = [f"Subject: {_header(message, 'subject')}"]
    unread: list[str] = []
    for number, part in enumerate(_parts(message)):
        if number >= limits.parts:
            unread.append(f"only its first {limits.parts} parts were read")
            break
        name = shown_name(_name(part))
        if _is_body(part):
            # By what the mail says it is: a text that looked like one more mail would start all over.
            body = _as_utf8(part)
            html = part.get_content_type() == "text/html"
            reading = read_html(body, limits) if html else trimmed(text_of(body), limits)
        elif depth < limits.depth:
            content = _nested(part) or _content(part)
            reading = read(_name(part), part.get_content_type(), content, limits, depth=depth + 1)
        else:
            reading = Reading(unread="too deep, in a mail in a mail")
        texts.append(reading.text)
        if reading.unread and reading.unread != "holds no text":
            unread.append(f"{name}: {reading.unread}")
    return trimmed("\n\n".join(text for text in texts if text), limits, "; ".join(unread[:5]) or None)


def _parts(message: Message) -> Iterator[Message]:
    """The leaves, depth first, without recursion; of several wordings of one text, the plain one.

    A message in a message is one leaf: how deep to go is for the reader to say.
    """
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if part is not message and part.get_content_type() == "message/rfc822":
            yield part
        elif isinstance(inner, list):
            parts = [p for p in inner if isinstance(p, Message)]
            if part.get_content_type() == "multipart/alternative":
                parts = [p for p in parts if p.get_content_type() == "text/plain"][:1] or parts[-1:]
            waiting.extend(reversed(parts))
        else:
            yield part


def _is_body(part: Message) -> bool:
    return (
        part.get_content_maintype() == "text"
        and part.get_content_disposition() != "attachment"
        and not part.get_filename()
    )


def _nested(part: Message) -> bytes | None:
    inner = part.get_payload()
    if part.get_content_type() != "message/rfc822" or not isinstance(inner, list) or not inner:
        return None
    return inner[0].as_bytes() if isinstance(inner[0], Message) else None


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _as_utf8(part: Message) -> bytes:
    """The text of a part, by the charset that it names if there is one."""
    content = _content(part)
    try:
        return content.decode(part.get_content_charset() or "", "replace").encode("utf-8", "replace")
    except (LookupError, UnicodeError):
        return text_of(content).encode("utf-8", "replace")


def _name(part: Message) -> str:
    name = part.get_filename() or ""
    if not name and part.get_content_type() == "message/rfc822":
        name = "a mail in the mail"
    return name or f"a part of it ({part.get_content_type()})"


def _header(message: Message, name: str) -> str:
    raw = str(message.get(name, ""))[:2000]
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return " ".join(raw.split())
