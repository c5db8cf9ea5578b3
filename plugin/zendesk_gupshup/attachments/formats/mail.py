"""A mail that was attached, or a page saved as one: its subject, its words, and what is attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import PurePosixPath
from typing import NamedTuple

from zendesk_gupshup.attachments.limits import (
    BLANK,
    LEAST_PICTURE,
    FileText,
    ReadInner,
    ReadLimits,
    distinct,
    in_file,
    trimmed,
)
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .alternatives import chosen
from .html import read_html, text_in
from .plain import text_of

_MAIL_TYPES = ("message/rfc822", "message/global", "message/news")
# Said of the mail that bounced, of one that was shown, of one that was complained about: fields, not a mail.
_REPORT_TYPES = ("message/delivery-status", "message/disposition-notification", "message/feedback-report")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_EMLX = re.compile(rb"\A[0-9]{1,10}[ \t]{0,20}\r?\n")


class _Leaf(NamedTuple):
    """A part without parts, in which of the mail's texts in several wordings it stands, and whether on a saved page."""

    part: Message
    alternative: int | None
    is_of_page: bool


@dataclass
class _Body:
    """A text of the mail, in one wording or in two."""

    plain: list[str] = field(default_factory=list)
    page: list[str] = field(default_factory=list)

    def words(self) -> list[str]:
        return chosen("\n\n".join(t for t in self.plain if t), "\n\n".join(t for t in self.page if t))


@dataclass
class _Mail:
    """What was read so far: texts, bodies that may still grow, and why parts were not read."""

    texts: list[str | _Body]
    bodies: dict[int, _Body] = field(default_factory=dict)
    unread: list[Reason] = field(default_factory=list)

    def take(self, leaf: _Leaf, limits: ReadLimits, depth: int, read: ReadInner) -> tuple[Reason, ...]:
        """Read a part; returns the reasons for what of it was not read."""
        if _is_left_out(leaf):
            return ()
        if not _is_body(leaf.part):
            reading = _file(leaf.part, limits, depth, read)
            self.texts.append(reading.text)
            return reading.unread
        # By what the mail says it is: a text that looked like one more mail would start all over.
        body = self.bodies.get(leaf.alternative or 0) or _Body()
        if not (body.plain or body.page):
            self.texts.append(body)
        if leaf.alternative is not None:
            self.bodies[leaf.alternative] = body
        return _add(leaf.part, body, limits).unread

    def words(self) -> list[str]:
        words = [text for part in self.texts for text in (part.words() if isinstance(part, _Body) else [part])]
        return [text for text in words if text]


def read_mail(data: bytes, limits: ReadLimits, depth: int, read: ReadInner) -> FileText:
    """What a mail at `depth` says. Files in it are read by the rules of files on the ticket; pictures in it are not."""
    # The old policy: the newer one parses each address and date it sees, and raises on broken ones.
    message = message_from_bytes(_without_wrapping(data))
    subject = _header(message, "subject")
    mail = _Mail([f"Subject: {subject}"] if subject else [])
    for number, leaf in enumerate(_leaves(message)):
        if number >= limits.parts:
            mail.unread.append(UnreadReason.MAIL_PARTS(count=limits.parts))
            break
        try:
            unread = mail.take(leaf, limits, depth, read)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - whatever the library makes of one part, the others are to be read
            unread = (UnreadReason.BROKEN(),)
        if unread and unread != BLANK:
            mail.unread.append(in_file(_name(leaf.part), unread))
    return trimmed("\n\n".join(mail.words()), limits, distinct(mail.unread))


def _without_wrapping(data: bytes) -> bytes:
    """Without the mark of UTF-8, from UTF-16, or without the count that Apple Mail's own files (.emlx) start with."""
    if data.startswith(_UTF_16):
        return text_of(data).encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if count := _EMLX.match(data):
        return data[count.end() : count.end() + int(count[0])]
    return data


def _leaves(message: Message) -> Iterator[_Leaf]:
    """The leaves, depth first, without recursion. A message in a message is one leaf: how deep to go is for the reader.

    Apple Mail puts a file into one branch of several wordings, so no branch is skipped.
    """
    waiting = [_Leaf(message, None, is_of_page=False)]
    while waiting:
        part, alternative, is_of_page = waiting.pop()
        # Asked for a text, the payload is decoded, and breaks where its charset is no name.
        inner = part.get_payload() if part.is_multipart() else None
        kind = part.get_content_type()
        is_leaf = part is not message and part.get_content_maintype() == "message"
        if isinstance(inner, list) and not is_leaf and kind != "multipart/encrypted":
            if kind == "multipart/alternative" and alternative is None:
                alternative = id(part)
            is_of_page = kind == "multipart/related" or (is_of_page and kind == "multipart/alternative")
            parts = [_Leaf(p, alternative, is_of_page) for p in inner if isinstance(p, Message)]
            waiting.extend(reversed(parts))
        else:
            yield _Leaf(part, alternative, is_of_page)


def _is_left_out(leaf: _Leaf) -> bool:
    """Whether nobody would call it a part of what was said: signatures, logos, and what a page is dressed with."""
    part, kind = leaf.part, leaf.part.get_content_type()
    if kind in _SIGNATURES:
        return True
    if leaf.alternative is not None and kind in ("text/x-amp-html", "text/watch-html"):
        return True
    if part.get_content_disposition() == "attachment" or kind in ("text/html", "text/plain"):
        return False
    if leaf.is_of_page and part.get_content_maintype() in ("text", "font", "application") and not part.get_filename():
        return True
    is_small = kind.startswith("image/") and len(_content(part)) < LEAST_PICTURE
    return is_small and (leaf.is_of_page or bool(part.get("content-id")))


def _is_body(part: Message) -> bool:
    return (
        part.get_content_maintype() == "text"
        and part.get_content_type() != "text/calendar"
        and part.get_content_disposition() != "attachment"
        and not part.get_filename()
    )


def _add(part: Message, body: _Body, limits: ReadLimits) -> FileText:
    """Put a text into its body; returns how it was read."""
    content, charset = _content(part), part.get_content_charset()
    if part.get_content_type() == "text/html":
        reading = read_html(content, limits, charset)
        body.page.append(reading.text)
        return reading
    text = text_in(content, charset)
    if str(part.get_param("format", "")).lower() == "flowed":
        text = flowed(text, is_blank_deleted=str(part.get_param("delsp", "")).lower() == "yes")
    reading = trimmed(text, limits)
    body.plain.append(reading.text)
    return reading


def flowed(text: str, *, is_blank_deleted: bool) -> str:
    """The lines as they were written (RFC 3676): one that ends with a blank goes on in the next of the same depth."""
    lines: list[str] = []
    is_open, depth_before = False, 0
    for raw in text.split("\n"):
        words = raw.lstrip(">")
        depth = len(raw) - len(words)
        words = words.removeprefix(" ")
        is_signature = words == "-- "
        if is_open and depth == depth_before and not is_signature:
            lines[-1] += words
        else:
            lines.append(">" * depth + " " * bool(depth) + words)
        is_open, depth_before = words.endswith(" ") and not is_signature, depth
        if is_open and is_blank_deleted:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


# --- Files ---------------------------------------------------------------------------------------------------


def _file(part: Message, limits: ReadLimits, depth: int, read: ReadInner) -> FileText:
    kind = part.get_content_type()
    if kind == "multipart/encrypted":
        return FileText(unread=(UnreadReason.MAIL_PGP(),))
    if kind in _REPORT_TYPES:
        return trimmed(_fields(part), limits)
    if kind in ("message/external-body", "message/partial"):
        return FileText(unread=(UnreadReason.MAIL_ELSEWHERE(),))
    if depth >= limits.depth:
        return FileText(unread=(UnreadReason.TOO_DEEP(),))
    if part.get_content_maintype() == "message":
        return read_mail(_nested(part), limits, depth + 1, read)
    return read(_file_name(part), kind, _content(part), depth + 1)


def _fields(part: Message) -> str:
    """The fields of a report, block after block (RFC 3464)."""
    inner = part.get_payload()
    blocks = [p for p in inner if isinstance(p, Message)] if isinstance(inner, list) else []
    if not blocks:
        return text_of(_content(part))
    lines = [[f"{name}: {_header(block, name)}" for name in block] for block in blocks]
    return "\n\n".join("\n".join(block) for block in lines)


def _nested(part: Message) -> bytes:
    """The mail in a part. Some programs pack it in base64, which the standard forbids, and the parser leaves."""
    inner = part.get_payload()
    if not isinstance(inner, list) or not inner or not isinstance(inner[0], Message):
        return _content(part)
    if str(part.get("content-transfer-encoding", "")).strip().lower() in ("base64", "quoted-printable"):
        packed = Message()
        packed["Content-Transfer-Encoding"] = part["content-transfer-encoding"]
        packed.set_payload(inner[0].get_payload())
        return _content(packed)
    return inner[0].as_bytes()


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name(part: Message) -> str | Reason:
    """The part's own name, or what stands for it."""
    if name := _file_name(part):
        return name
    kind = part.get_content_type()
    return Detail.MAIL_IN_MAIL() if kind in _MAIL_TYPES else Detail.MAIL_PART(type=kind)


def _file_name(part: Message) -> str:
    try:
        name = _decoded(part.get_filename() or "")
    except (LookupError, UnicodeError, ValueError, TypeError):
        name = ""
    if name or part.get_content_type() in _MAIL_TYPES:
        return name
    location = str(part.get("content-location", ""))[:200]
    return PurePosixPath(location.partition("?")[0]).name


def _header(message: Message, name: str) -> str:
    return _decoded(str(message.get(name, ""))[:2000])


def _decoded(raw: str) -> str:
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return " ".join(raw.split())
