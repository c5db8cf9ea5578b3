"""Excel's workbooks since 2007, read as a stream: each row as a line with tabs between its cells.

Calamine, which reads the other spreadsheets, lays a sheet out as a full rectangle and gives up on all of it at one cell
that it does not know. A stray cell in the last column, or `#GETTING_DATA`, must not cost the rows above it. The parts
are those of ECMA-376, part 1, chapter 18.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from io import BytesIO

from zendesk_gupshup.attachments.limits import LEAST_PICTURE, FileText, ReadLimits, distinct, trimmed
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .xlsx_cells import SheetReader
from .xlsx_parts import (
    PARSE_ERRORS,
    Sheet,
    SizeLimitReached,
    Workbook,
    read_strings,
    read_styles,
    sheets_of,
    walk,
)

BROKEN_WORKBOOK = FileText(unread=(UnreadReason.WORKBOOK_BROKEN(),))


def read_xlsx(data: bytes, limits: ReadLimits) -> FileText:
    """All visible sheets, then the notes and text boxes on them; a sheet that is broken is named and costs no other."""
    try:
        packed = zipfile.ZipFile(BytesIO(data))
    except PARSE_ERRORS:
        return BROKEN_WORKBOOK
    with packed:
        book = Workbook(packed, limits)
        try:
            sheets = sheets_of(book)
        except PARSE_ERRORS:
            return BROKEN_WORKBOOK
        read_strings(book)
        read_styles(book)
        try:
            _read_sheets(book, sheets)
        except SizeLimitReached:
            book.unread.append(UnreadReason.WORKBOOK_ROWS(count=book.rows))
        else:
            _read_notes(book)
        if any(m.filename.startswith("xl/media/") and m.file_size >= LEAST_PICTURE for m in packed.infolist()):
            book.unread.append(UnreadReason.PICTURES_INSIDE())
    if not book.lines:
        return FileText(unread=distinct(book.unread) or (UnreadReason.WORKBOOK_EMPTY(),), empty=not book.unread)
    return trimmed("\n".join(book.lines), limits, distinct(book.unread))


def _read_sheets(book: Workbook, sheets: list[Sheet]) -> None:
    for sheet in sheets:
        if sheet.hidden:
            # What its sender does not see is not what the sender reports; lists of all codes hide there.
            book.unread.append(UnreadReason.SHEET_HIDDEN(sheet=sheet.name))
    visible = [sheet for sheet in sheets if not sheet.hidden]
    for number, sheet in enumerate(visible):
        if number >= book.limits.sheets:
            book.unread.append(UnreadReason.WORKBOOK_SHEETS(count=book.limits.sheets))
            return
        reader = SheetReader(book)
        try:
            walk(book, sheet.part, reader.start, reader.end, reader.text)
        except PARSE_ERRORS:
            book.unread.append(UnreadReason.SHEET_ROWS(sheet=sheet.name, count=len(reader.rows)))
        finally:
            if reader.rows:
                book.lines += [f"[{sheet.name}]", *reader.lines()]


def _read_notes(book: Workbook) -> None:
    """The words in the notes and the text boxes on the sheets."""
    found: list[str] = []
    pieces: list[str] = []
    inside = ""

    def start(tag: str, _attributes: Mapping[str, str]) -> None:
        nonlocal inside
        inside = tag

    def text(words: str) -> None:
        if inside == "t":
            pieces.append(words)

    def end(tag: str) -> None:
        nonlocal inside
        inside = ""
        if tag in ("comment", "p") and pieces:
            found.append(" ".join("".join(pieces).split()))
            pieces.clear()

    for name in book.packed.namelist():
        if re.fullmatch(r"xl/(?:comments[0-9/]{0,9}(?:comment[0-9]{1,6})?|drawings/drawing[0-9]{1,6})\.xml", name):
            try:
                walk(book, name, start, end, text)
            except (SizeLimitReached, *PARSE_ERRORS):
                book.unread.append(UnreadReason.WORKBOOK_NOTES())
    if found:
        book.lines += ["[notes]", *found]
