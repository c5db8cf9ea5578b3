"""PDF, spreadsheets and pages as lines of text. The parsers are not ours, so this runs in a child process."""

from __future__ import annotations

import logging
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

from .limits import Limits, Reading, trimmed
from .plain import text_of

if TYPE_CHECKING:
    from pypdf import PdfReader
    from python_calamine import CalamineWorkbook


def read_html(data: bytes, limits: Limits) -> Reading:
    """The page as a person sees it."""
    from zendesk_gupshup.detect.html_text import MOST_HTML, visible_text

    html = text_of(data)
    cut = f"{len(html) - MOST_HTML} characters at its end were not read" if len(html) > MOST_HTML else None
    return trimmed(visible_text(html, keep_quotes=True), limits, cut)


def read_pdf(data: bytes, limits: Limits) -> Reading:
    """The text of the first pages; the pictures on them are not read."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    # It would log the customer's own words where a file is broken.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return Reading(unread="a PDF that is locked with a password")
        return _pages(reader, limits)
    except PyPdfError:
        return Reading(unread="a broken PDF")


def _pages(reader: PdfReader, limits: Limits) -> Reading:
    pages = len(reader.pages)
    texts: list[str] = []
    length = 0
    for number in range(min(pages, limits.pages)):
        text = reader.pages[number].extract_text()
        texts.append(text)
        length += len(text)
        if length > limits.text:
            break
    unread = f"only {len(texts)} of {pages} pages were read" if len(texts) < pages else None
    if not length:
        return Reading(unread="a PDF without text; the pictures on its pages are not read")
    return trimmed("\n\n".join(texts), limits, unread)


def read_sheet(data: bytes, limits: Limits) -> Reading:
    """Each row as a line with tabs between its cells, sheet after sheet under the sheet's name."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            unfolded = sum(member.file_size for member in packed.infolist())
    except zipfile.BadZipFile:
        return Reading(unread="a broken spreadsheet")
    if unfolded > limits.unfolded:
        return Reading(unread=f"a spreadsheet that unfolds to {unfolded // (1024 * 1024)} MB")
    try:
        with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
            return _rows(book, limits)
    except (CalamineError, OSError):
        return Reading(unread="a spreadsheet that is broken, or locked with a password")


def _rows(book: CalamineWorkbook, limits: Limits) -> Reading:
    lines: list[str] = []
    rows = cells = length = 0
    for number, name in enumerate(book.sheet_names):
        if number >= limits.sheets:
            return trimmed("\n".join(lines), limits, f"only its first {limits.sheets} sheets were read")
        lines.append(f"[{name}]")
        for row in book.get_sheet_by_name(name).iter_rows():
            line = "\t".join(_cell(value) for value in row).rstrip()
            rows, cells, length = rows + 1, cells + len(row), length + len(line) + 1
            if line:
                lines.append(line)
            if rows >= limits.rows or cells >= limits.cells or length > limits.text:
                return trimmed("\n".join(lines), limits, f"only its first {rows} rows were read")
    return trimmed("\n".join(lines), limits) if rows else Reading(unread="an empty spreadsheet", empty=True)


def _cell(value: object) -> str:
    # Calamine gives every number as a float; an error code is none.
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return " ".join(str(value).split())
