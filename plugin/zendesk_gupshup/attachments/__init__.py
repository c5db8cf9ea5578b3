"""Files to text: a name, a type and bytes to words, or to the reasons why a file was not read.

The bytes decide what a file is, not its name. Files that take a parser are read in a child process (`ReaderProcess`),
where a hostile file costs a bounded time and memory, and nothing else.
"""

from __future__ import annotations

from zendesk_gupshup.model.unread_reasons import UnreadReason

from .kinds import FileKind, is_read_whole, kind_of, unreadable_by_name
from .limits import LIMITS, FileText, ReadInner, ReadLimits, shown_name, trimmed

__all__ = [
    "FileKind",
    "FileText",
    "ReadLimits",
    "is_read_whole",
    "kind_of",
    "needs_child",
    "read",
    "shown_name",
    "unreadable_by_name",
]


def needs_child(kind: FileKind) -> bool:
    """Whether reading takes a parser; plain text is only decoded, in time linear in its length."""
    return kind.name in ("html", "calendar", "mail", "signed", "pdf", "sheet", "office")


def read(name: str, content_type: str, data: bytes, limits: ReadLimits = LIMITS, *, depth: int = 0) -> FileText:
    """The words of a file. It may fail on what no parser foresaw, take long or much memory: see `needs_child`."""
    kind = kind_of(name, content_type, data)
    match kind.name:
        case "text":
            from .formats.plain import text_of

            return trimmed(text_of(data), limits)
        case "html":
            from .formats.html import read_html

            return read_html(data, limits)
        case "calendar":
            from .formats.plain import text_of, unfolded_calendar

            return trimmed(unfolded_calendar(text_of(data)), limits)
        case "sheet":
            from .formats.spreadsheets import read_sheet

            return read_sheet(data, limits)
        case "office":
            from .formats.office import read_office

            return read_office(name, data, limits, depth, _read_inner(limits))
        case "pdf":
            from .formats.pdf import read_pdf

            return read_pdf(data, limits)
        case "mail":
            from .formats.mail import read_mail

            return read_mail(data, limits, depth, _read_inner(limits))
        case "signed":
            from .formats.smime import read_signed

            return read_signed(data, limits, depth, _read_inner(limits))
        case "picture":
            return FileText(unread=(UnreadReason.PICTURE(),))
        case _:
            return FileText(unread=kind.unread)


def _read_inner(limits: ReadLimits) -> ReadInner:
    return lambda name, content_type, data, depth: read(name, content_type, data, limits, depth=depth)
