"""The container of Office before 2007 (OLE, [MS-CFB]): what it holds, by the streams in it.

Workbooks (.xls) and Outlook's mails (.msg) are read; what is locked, and what nobody here reads, is named with the
remedy. Outlook's properties are those of [MS-OXMSG]; each lies in a stream of its own, named for its number and type.
"""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import PurePosixPath
from typing import NamedTuple

from olefile import OleFileIO

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
from .html import read_html
from .spreadsheets import LOCKED_WORKBOOK, read_by_calamine

_BROKEN = FileText(unread=(UnreadReason.OFFICE_BROKEN(),))
_UNREAD = (
    ("WordDocument", UnreadReason.WORD_OLD),
    ("PowerPoint Document", UnreadReason.POWERPOINT_OLD),
    ("VisioDocument", UnreadReason.VISIO),
)
_HEAD, _FIRST_RECORDS, _FILE_PASS = 64 * 1024, 8, 0x2F
_MAIL = "__properties_version1.0"
_SUBJECT, _BODY, _HTML, _RTF = "0037", "1000", "1013", "1009"
_DATA, _LONG_NAME, _SHORT_NAME, _TYPE = "3701", "3707", "3704", "370E"
# PidTagMessageCodepage and PidTagInternetCodepage, as they stand in the stream of fixed-length properties.
_CODE_PAGES = (b"\x03\x00\xfd\x3f", b"\x03\x00\xde\x3f")


def read_office(name: str, data: bytes, limits: ReadLimits, depth: int, read: ReadInner) -> FileText:
    try:
        with OleFileIO(BytesIO(data)) as container:
            held = {path[0] for path in container.listdir()}
            if held & {"EncryptedPackage", "EncryptionInfo"}:
                is_workbook = PurePosixPath(name.lower()).suffix.startswith(".xls")
                return LOCKED_WORKBOOK if is_workbook else FileText(unread=(UnreadReason.OFFICE_LOCKED(),))
            if _MAIL in held:
                return _Outlook(container, len(data), limits, read).read((), depth)
            book = next((stream for stream in ("Workbook", "Book") if stream in held), None)
            if book and container.get_size(book) > len(data):
                # A chain of sectors that goes round gives as much as its length says.
                return _BROKEN
            if book and _is_locked(container.openstream(book).read(_HEAD)):
                return LOCKED_WORKBOOK
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError):
        return _BROKEN
    if book:
        return read_by_calamine(data, limits)
    name_of_kind = next((reason for stream, reason in _UNREAD if stream in held), UnreadReason.OFFICE_OLD)
    return FileText(unread=(name_of_kind(),))


def _is_locked(book: bytes) -> bool:
    """Whether a workbook's first records tell how it is encrypted ([MS-XLS], 2.4.117); Calamine does not say so."""
    place = 0
    for _ in range(_FIRST_RECORDS):
        number, length = struct.unpack_from("<HH", book.ljust(place + 4, b"\x00"), place)
        if number == _FILE_PASS:
            return True
        place += 4 + length
    return False


class _Attached(NamedTuple):
    """One of a message's storages for attachments, and what it says of its file: the name, or nothing, and the type."""

    storage: tuple[str, ...]
    name: str
    content_type: str


class _Outlook:
    """A message and the messages in it; each is a storage (folder) of the container."""

    def __init__(self, container: OleFileIO, most: int, limits: ReadLimits, read_inner: ReadInner) -> None:
        self._container = container
        self._most = most
        self._limits = limits
        self._read_inner = read_inner
        self._paths = [tuple(path) for path in container.listdir(streams=True, storages=True)]

    def read(self, message: tuple[str, ...], depth: int) -> FileText:
        texts: list[str] = []
        unread: list[Reason] = []
        encoding = self._encoding(message)
        if subject := " ".join(self._text(message, _SUBJECT, encoding).split()):
            texts.append(f"Subject: {subject}")
        plain = self._text(message, _BODY, encoding)
        page = read_html(self._bytes(message, _HTML), self._limits, encoding)
        texts += chosen(plain, page.text)
        if not plain.strip() and not page.text and self._bytes(message, _RTF):
            unread.append(UnreadReason.MAIL_RTF())
        for number, attached in enumerate(self._attached(message, encoding)):
            if number >= self._limits.parts:
                unread.append(UnreadReason.MAIL_PARTS(count=self._limits.parts))
                break
            reading = self._file(attached, depth)
            texts.append(reading.text)
            if reading.unread and reading.unread != BLANK:
                unread.append(in_file(attached.name or Detail.FILE_IN_MAIL(), reading.unread))
        return trimmed("\n\n".join(text for text in texts if text), self._limits, distinct(unread))

    def _file(self, attached: _Attached, depth: int) -> FileText:
        if depth >= self._limits.depth:
            return FileText(unread=(UnreadReason.TOO_DEEP(),))
        inner = (*attached.storage, f"__substg1.0_{_DATA}000D")
        if (*inner, _MAIL) in self._paths:
            return self.read(inner, depth + 1)
        content = self._bytes(attached.storage, _DATA)
        if attached.content_type.startswith("image/") and len(content) < LEAST_PICTURE:
            return FileText()
        return self._read_inner(attached.name, attached.content_type, content, depth + 1)

    def _attached(self, message: tuple[str, ...], encoding: str) -> list[_Attached]:
        place = len(message)
        storages = sorted(
            path
            for path in self._paths
            if len(path) == place + 1 and path[:place] == message and path[place].startswith("__attach_version1.0_#")
        )
        return [
            _Attached(
                storage,
                self._text(storage, _LONG_NAME, encoding)
                or self._text(storage, _SHORT_NAME, encoding)
                or self._text(storage, "3001", encoding),
                self._text(storage, _TYPE, encoding).lower(),
            )
            for storage in storages
        ]

    def _text(self, storage: tuple[str, ...], number: str, encoding: str) -> str:
        if wide := self._stream((*storage, f"__substg1.0_{number}001F")):
            return wide.decode("utf-16-le", "replace").rstrip("\x00")
        narrow = self._stream((*storage, f"__substg1.0_{number}001E"))
        return narrow.decode(encoding, "replace").rstrip("\x00")

    def _bytes(self, storage: tuple[str, ...], number: str) -> bytes:
        found = self._stream((*storage, f"__substg1.0_{number}0102"))
        # Some programs keep the page as a text.
        return found or self._text(storage, number, "cp1252").encode("utf-8", "replace")

    def _stream(self, path: tuple[str, ...]) -> bytes:
        if path not in self._paths or self._container.get_size(list(path)) > self._most:
            return b""
        content = self._container.openstream(list(path)).read()
        return content if isinstance(content, bytes) else b""

    def _encoding(self, message: tuple[str, ...]) -> str:
        fixed = self._stream((*message, _MAIL))
        for tag in _CODE_PAGES:
            place = fixed.find(tag)
            page = int.from_bytes(fixed[place + 8 : place + 12], "little") if place >= 0 else 0
            encoding = {65001: "utf-8", 28591: "latin-1", 20127: "cp1252"}.get(page, f"cp{page}")
            try:
                "".encode(encoding)
            except LookupError:
                continue
            return encoding
        return "cp1252"
