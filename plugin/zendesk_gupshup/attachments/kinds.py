"""What a file is, by its first bytes; its name and type decide only where the bytes leave it open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .formats.plain import MARKS, text_of

CMS_PREFIX = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
CMS_AUTHENTICATED = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"

KindName = Literal["text", "html", "calendar", "mail", "signed", "pdf", "sheet", "office", "picture", "other"]


class FileKind(NamedTuple):
    """`unread` says why a file of kind `other` is not read."""

    name: KindName
    unread: tuple[Reason, ...] = ()


def _other(unread: Reason) -> FileKind:
    return FileKind("other", (unread,))


_OLD_WORD = _other(UnreadReason.WORD_OLD())
_OLD_SLIDES = _other(UnreadReason.POWERPOINT_OLD())
_WINMAIL = _other(UnreadReason.WINMAIL())
_PGP = _other(UnreadReason.PGP_FILE())
_ORC = _other(UnreadReason.DATA_FILE(format="ORC"))
_CAPTURE = _other(UnreadReason.NETWORK_CAPTURE())
_PLAYED = _other(UnreadReason.MEDIA())
_PROGRAM = _other(UnreadReason.EXECUTABLE())
_NOT_TEXT = _other(UnreadReason.NOT_TEXT())

_MAGIC: tuple[tuple[int, bytes, FileKind], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", FileKind("picture")),
    (0, b"\xff\xd8\xff", FileKind("picture")),
    (8, b"WEBP", FileKind("picture")),
    (0, b"GIF8", _other(UnreadReason.PICTURE_FORMAT(format="GIF"))),
    (0, b"II*\x00", _other(UnreadReason.PICTURE_FORMAT(format="TIFF"))),
    (0, b"MM\x00*", _other(UnreadReason.PICTURE_FORMAT(format="TIFF"))),
    (4, b"ftyphei", _other(UnreadReason.PICTURE_FORMAT(format="HEIC"))),
    (4, b"ftypmif1", _other(UnreadReason.PICTURE_FORMAT(format="HEIC"))),
    (4, b"ftypavif", _other(UnreadReason.PICTURE_FORMAT(format="AVIF"))),
    (4, b"ftyp", _PLAYED),
    (0, b"\x1aE\xdf\xa3", _PLAYED),
    (0, b"OggS", _PLAYED),
    (0, b"ID3", _PLAYED),
    (0, b"\x1f\x8b", _other(UnreadReason.ARCHIVE(format="gz"))),
    (0, b"BZh", _other(UnreadReason.ARCHIVE(format="bz2"))),
    (0, b"\xfd7zXZ\x00", _other(UnreadReason.ARCHIVE(format="xz"))),
    (0, b"\x28\xb5\x2f\xfd", _other(UnreadReason.ARCHIVE(format="zst"))),
    (0, b"7z\xbc\xaf\x27\x1c", _other(UnreadReason.ARCHIVE(format="7z"))),
    (0, b"Rar!\x1a\x07", _other(UnreadReason.ARCHIVE(format="rar"))),
    (257, b"ustar", _other(UnreadReason.ARCHIVE(format="tar"))),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind("office")),
    (0, b"\x78\x9f\x3e\x22", _WINMAIL),
    (0, b"-----BEGIN PGP MESSAGE-----", _PGP),
    (0, b"{\\rtf", _other(UnreadReason.OFFICE_FORMAT(format="RTF"))),
    (0, b"\x7fELF", _PROGRAM),
    (0, b"MZ\x90\x00", _PROGRAM),
    (0, b"PAR1", _other(UnreadReason.DATA_FILE(format="Parquet"))),
    (0, b"Obj\x01", _other(UnreadReason.DATA_FILE(format="Avro"))),
    (0, b"ARROW1\x00\x00", _other(UnreadReason.DATA_FILE(format="Arrow"))),
    (0, b"FEA1\x00", _other(UnreadReason.DATA_FILE(format="Feather"))),
    (0, b"\xd4\xc3\xb2\xa1", _CAPTURE),
    (0, b"\xa1\xb2\xc3\xd4", _CAPTURE),
    (0, b"\x0a\x0d\x0d\x0a", _CAPTURE),
    (0, b"8BPS\x00", _other(UnreadReason.PICTURE_FORMAT(format="PSD"))),
    (0, b"\x00\x00\x00\x0cJXL ", _other(UnreadReason.PICTURE_FORMAT(format="JPEG XL"))),
    (0, b"\x00\x00\x01\x00", _other(UnreadReason.PICTURE_FORMAT(format="ICO"))),
    (0, b"SQLite format 3\x00", _other(UnreadReason.DATABASE())),
)

# What a name promises where the file is not fetched because nobody could read it.
_SUFFIXES: tuple[tuple[str, FileKind], ...] = (
    *(
        (kind, _other(UnreadReason.ARCHIVE(format=kind)))
        for kind in ("zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar")
    ),
    *(
        (kind, _other(UnreadReason.PICTURE_FORMAT(format=kind.upper())))
        for kind in ("gif", "tif", "tiff", "heic", "bmp", "avif")
    ),
    *((kind, _PLAYED) for kind in ("mp4", "mov", "avi", "mkv", "webm", "mp3", "ogg", "opus", "wav", "m4a")),
    *((kind, _PROGRAM) for kind in ("exe", "msi", "dll", "apk", "dmg")),
    *(
        (kind, _other(UnreadReason.DATA_FILE(format=word)))
        for kind, word in (
            ("parquet", "Parquet"),
            ("orc", "ORC"),
            ("avro", "Avro"),
            ("arrow", "Arrow"),
            ("feather", "Feather"),
        )
    ),
    *((kind, _CAPTURE) for kind in ("pcap", "pcapng")),
    ("doc", _OLD_WORD),
    ("ppt", _OLD_SLIDES),
    *(
        (kind, _other(UnreadReason.OFFICE_FORMAT(format=kind)))
        for kind in ("docx", "pptx", "odt", "odp", "rtf", "pages", "numbers")
    ),
    *((kind, FileKind("picture")) for kind in ("png", "jpg", "jpeg", "webp")),
)
_BY_SUFFIX: Mapping[str, FileKind] = {f".{suffix}": kind for suffix, kind in _SUFFIXES}
# Of what is larger than a limit, the first part alone says nothing.
_WHOLE_OR_NOT = frozenset(
    f".{suffix}" for suffix in (
        "pdf", "xlsx", "xlsm", "xlsb", "xls", "ods", "eml", "emlx", "msg", "mht", "mhtml", "p7m", "p7s",
        "png", "jpg", "jpeg", "webp",
    )
)  # fmt: skip
_PLAIN_TYPES = ("text/", "application/json", "application/octet-stream", "message/")

_MAIL_NAMES = (".eml", ".emlx", ".mht", ".mhtml")
_MAIL_TYPES = ("message/rfc822", "multipart/related", "application/x-mimearchive")
# The mark of UTF-8, the count of Apple Mail's own files, and the line that Thunderbird writes before the fields.
_BEFORE_FIELDS = rb"(?i)\A(?:\xef\xbb\xbf)?[\r\n]{0,4}(?:[0-9]{1,10}[ ]{0,20}\r?\n)?(?:from [^\r\n]{1,200}\r?\n)?"
_MAIL_HEADER = re.compile(
    _BEFORE_FIELDS + rb"(?:received|return-path|delivered-to|mime-version|dkim-signature|x-[a-z0-9-]{1,60}|from|to|"
    rb"subject|date|message-id|content-type|reply-to|arc-seal):[ \t]"
)
_SURELY_MAIL = re.compile(
    rb"(?i)\A(?:\xef\xbb\xbf)?[\r\n]{0,4}(?:received|return-path|delivered-to|mime-version|dkim-signature):[ \t]"
)
_BY_PROGRAM = re.compile(rb"(?im)^(?:(?:mime-version|message-id):[ \t]*\S|content-type:[ \t]*multipart/)")
_FIELDS = 16 * 1024
_PAGES = (".html", ".htm", ".xhtml")
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_TABLE = re.compile(rb"(?i)\A\s{0,200}<(?:table|meta|style|div)\b")
_SURELY_HTML = re.compile(rb"(?i)\A\s{0,200}(?:<!--.{0,400}?-->\s{0,200})?<(?:!doctype\s{1,9}html|html|head|body)\b")
_WORKBOOKS = (b"xl/workbook", b"xl\\workbook", b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")


def kind_of(name: str, content_type: str, data: bytes) -> FileKind:
    for place, magic, kind in _MAGIC:
        if data.startswith(magic, place):
            return kind
    # Three letters may begin a text.
    if data.startswith(b"ORC") and b"\x00" in data:
        return _ORC
    if b"%PDF-" in data[:1024]:
        return FileKind("pdf")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return packed_kind(data)
    if data.startswith(b"BM") and b"\x00" in data[:16]:
        return _other(UnreadReason.PICTURE_FORMAT(format="BMP"))
    if data.startswith((b"RIFF", b"\xff\xfb")) and b"\x00" in data[:64]:
        return _PLAYED
    if is_cms(data):
        return FileKind("signed")
    head = text_of(data[: 64 * 1024])
    suffix, said = PurePosixPath(name.lower()).suffix, content_type.lower()
    if _is_mail(data, head, by_name=suffix in _MAIL_NAMES or said in _MAIL_TYPES):
        return FileKind("mail")
    if not head and data.strip() and data not in MARKS:
        return _NOT_TEXT
    if head[:15].upper().startswith(("BEGIN:VCALENDAR", "BEGIN:VCARD")):
        return FileKind("calendar")
    start = head[:4096].encode()
    # Many programs export a page with a table and call it .xls.
    is_table = suffix == ".xls" and _TABLE.match(start)
    if _SURELY_HTML.match(start) or is_table or ((suffix in _PAGES or said in _PAGE_TYPES) and "<" in head):
        return FileKind("html")
    return FileKind("text")


def is_cms(data: bytes) -> bool:
    """Whether these bytes begin as a message of RFC 5652 does."""
    return data[:1] == b"\x30" and (CMS_PREFIX in data[:24] or CMS_AUTHENTICATED in data[:24])


def _is_mail(data: bytes, head: str, *, by_name: bool) -> bool:
    """By its first field, and where that may be anybody's and no name says so, by a field that only programs write."""
    start = head[:_FIELDS].encode()
    if _SURELY_MAIL.match(data):
        return True
    if not (_MAIL_HEADER.match(data) or _MAIL_HEADER.match(start)):
        return False
    return by_name or bool(_BY_PROGRAM.search(start.partition(b"\n\n")[0]))


def packed_kind(data: bytes) -> FileKind:
    """A zip by the names in its directory, which stands uncompressed at the end; searching beats parsing here."""
    if any(mark in data for mark in _WORKBOOKS):
        return FileKind("sheet")
    for mark, word in (
        (b"word/document.xml", "docx"),
        (b"ppt/presentation.xml", "pptx"),
        (b"Index/Document.iwa", "Pages, Numbers or Keynote"),
        (b"mimetypeapplication/vnd.oasis", "LibreOffice"),
    ):
        if mark in data:
            return _other(UnreadReason.OFFICE_FORMAT(format=word))
    return _other(UnreadReason.ARCHIVE(format="zip"))


def unreadable_by_name(name: str, content_type: str) -> FileKind | None:
    """A picture or a kind that nobody reads, by the name alone; `None` where the bytes have to tell.

    A type that speaks of text wins over the name: `errors.2026.gz` may be a log after all.
    """
    kind = _BY_SUFFIX.get(PurePosixPath(name.lower()).suffix)
    said = content_type.lower()
    if kind is None and said.startswith(("video/", "audio/")):
        return _PLAYED
    if kind is None and said in ("image/png", "image/jpeg", "image/webp"):
        return FileKind("picture")
    return None if said.startswith(_PLAIN_TYPES) else kind


def is_read_whole(name: str) -> bool:
    """Whether, by its name, the first part of a file is of no use without the rest."""
    return PurePosixPath(name.lower()).suffix in _WHOLE_OR_NOT
