"""S/MIME: the mail inside a signature (RFC 8551, `smime.p7m`), and a name for what is encrypted.

The content is taken out, the signature is not checked: nothing here rests on who signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from zendesk_gupshup.attachments.kinds import CMS_AUTHENTICATED, CMS_PREFIX, is_cms
from zendesk_gupshup.attachments.limits import FileText, ReadInner, ReadLimits
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .mail import read_mail

_SIGNED_DATA = b"\x02"
_ENVELOPED_DATA = b"\x03"
_SEQUENCE, _OCTETS, _CONSTRUCTED_OCTETS, _EXPLICIT_0 = 0x30, 0x04, 0x24, 0xA0
_MOST_DEEP = 30


class _Element(NamedTuple):
    tag: int
    content: bytes


def read_signed(data: bytes, limits: ReadLimits, depth: int, read: ReadInner) -> FileText:
    head = data[:24]
    if CMS_PREFIX + _SIGNED_DATA not in head:
        is_encrypted = CMS_PREFIX + _ENVELOPED_DATA in head or CMS_AUTHENTICATED in head
        return FileText(unread=((UnreadReason.MAIL_SMIME if is_encrypted else UnreadReason.MAIL_SMIME_FORM)(),))
    if depth >= limits.depth:
        return FileText(unread=(UnreadReason.TOO_DEEP(),))
    content = _signed_content(data)
    if not content:
        return FileText(unread=(UnreadReason.MAIL_SIGNATURE(),), empty=True)
    if is_cms(content):
        return read_signed(content, limits, depth + 1, read)
    head = content[:4096].lower()
    is_mail = b"content-type:" in head or b"mime-version:" in head
    return read_mail(content, limits, depth, read) if is_mail else read("", "", content, depth + 1)


def _signed_content(data: bytes) -> bytes:
    """ContentInfo → SignedData → EncapsulatedContentInfo → the octets, which may come in pieces."""
    try:
        signed = next(e for e in _elements(next(_elements(data)).content) if e.tag == _EXPLICIT_0)
        parts = list(_elements(next(_elements(signed.content)).content))
        encapsulated = next(part for part in parts if part.tag == _SEQUENCE)
        octets = next(e for e in _elements(encapsulated.content) if e.tag == _EXPLICIT_0)
        return _joined(octets.content)
    except (StopIteration, IndexError, ValueError):
        return b""


def _joined(content: bytes) -> bytes:
    pieces: list[bytes] = []
    for element in _elements(content):
        if element.tag == _OCTETS:
            pieces.append(element.content)
        elif element.tag == _CONSTRUCTED_OCTETS:
            pieces.extend(e.content for e in _elements(element.content) if e.tag == _OCTETS)
    return b"".join(pieces)


def _elements(data: bytes) -> Iterator[_Element]:
    """The elements of BER one after the other (X.690); those of unknown length end with two zeros.

    A signature cut off still gives what came before the cut.
    """
    place = 0
    while place + 2 <= len(data) and data[place : place + 2] != b"\x00\x00":
        start, length = _length(data, place)
        end = _end(data, place) if length is None else min(start + length, len(data))
        # Of one whose length is unknown, the two zeros stay: they end the elements in it.
        yield _Element(data[place], data[start:end])
        place = end


def _length(data: bytes, place: int) -> tuple[int, int | None]:
    """Where the content of the element at `place` begins, and its length if it says so."""
    first = data[place + 1]
    if first < 0x80:
        return place + 2, first
    count = first & 0x7F
    if count > 6:
        raise ValueError("no length of these bytes")
    return place + 2 + count, int.from_bytes(data[place + 2 : place + 2 + count], "big") if count else None


def _end(data: bytes, place: int) -> int:
    """Where an element of unknown length ends, its two zeros included."""
    deep = 0
    while place + 2 <= len(data):
        if data[place : place + 2] == b"\x00\x00":
            deep, place = deep - 1, place + 2
            if deep == 0:
                return place
            continue
        start, length = _length(data, place)
        if length is None:
            if deep >= _MOST_DEEP:
                raise ValueError("too deep")
            deep, place = deep + 1, start
        else:
            place = start + length
        if deep == 0:
            return min(place, len(data))
    return len(data)
