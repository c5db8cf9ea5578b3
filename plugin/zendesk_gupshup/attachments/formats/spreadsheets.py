"""Spreadsheets as lines of text, sheet after sheet under the sheet's name."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from zendesk_gupshup.attachments.kinds import packed_kind
from zendesk_gupshup.attachments.limits import FileText, ReadLimits, distinct, trimmed
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .xlsx import BROKEN_WORKBOOK, read_xlsx
from .xlsx_cells import number_shown

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_HEAD = 64 * 1024
LOCKED_WORKBOOK = FileText(unread=(UnreadReason.WORKBOOK_LOCKED(),))


def read_sheet(data: bytes, limits: ReadLimits) -> FileText:
    """A workbook in a zip: .xlsx and .xlsm by our own reader, .xlsb and .ods by Calamine."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            members = packed.infolist()
            is_locked = _is_locked(packed)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return BROKEN_WORKBOOK
    unfolded = sum(member.file_size for member in members)
    if unfolded > limits.unfolded:
        return FileText(unread=(UnreadReason.WORKBOOK_UNFOLDED(megabytes=unfolded // (1024 * 1024)),))
    if is_locked:
        return LOCKED_WORKBOOK
    names = [member.filename.replace("\\", "/") for member in members]
    if any(name.startswith("xl/workbook") and name.endswith(".xml") for name in names):
        return read_xlsx(data, limits)
    if not {"xl/workbook.bin", "content.xml"} & set(names):
        # A workbook lies in a file of another kind.
        unread = packed_kind("\n".join(names).encode("utf-8", "replace")).unread
        return FileText(unread=unread) if unread else BROKEN_WORKBOOK
    return read_by_calamine(data, limits)


def _is_locked(packed: zipfile.ZipFile) -> bool:
    """Whether the list of an OpenDocument file's parts says how they are encrypted (part 2, 4.4)."""
    try:
        with packed.open("META-INF/manifest.xml") as manifest:
            return b"encryption-data" in manifest.read(_HEAD)
    except (KeyError, zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError):
        return False


def read_by_calamine(data: bytes, limits: ReadLimits) -> FileText:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

    try:
        with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
            return _rows(book, limits)
    except PasswordError:
        return LOCKED_WORKBOOK
    except (CalamineError, XmlError, ZipError, OSError):
        return BROKEN_WORKBOOK
    except BaseException as error:
        # A panic of Rust; its class is no `Exception` and has no module to be imported from.
        if type(error).__name__ != "PanicException":
            raise
        return BROKEN_WORKBOOK


def _rows(book: CalamineWorkbook, limits: ReadLimits) -> FileText:
    from python_calamine import CalamineError, SheetVisibleEnum, XmlError

    lines: list[str] = []
    visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    unread = [UnreadReason.SHEET_HIDDEN(sheet=name) for name in book.sheet_names if name not in visible]
    rows = cells = length = 0
    for number, name in enumerate(visible):
        if number >= limits.sheets:
            unread.append(UnreadReason.WORKBOOK_SHEETS(count=limits.sheets))
            break
        try:
            sheet = book.get_sheet_by_name(name)
        except (CalamineError, XmlError):
            unread.append(UnreadReason.SHEET_BROKEN(sheet=name))
            continue
        heading = [f"[{name}]"]
        for row in sheet.iter_rows():
            line = "\t".join(_cell(value) for value in row).rstrip()
            rows, cells, length = rows + 1, cells + len(row), length + len(line) + 1
            if line:
                lines += [*heading, line]
                heading = []
            if rows >= limits.rows or cells >= limits.cells or length > limits.text:
                return trimmed("\n".join(lines), limits, distinct([*unread, UnreadReason.WORKBOOK_ROWS(count=rows)]))
    if not lines:
        return FileText(unread=distinct(unread) or (UnreadReason.WORKBOOK_EMPTY(),), empty=not unread)
    return trimmed("\n".join(lines), limits, distinct(unread))


def _cell(value: object) -> str:
    # Calamine gives every number as a float; an error code is none.
    if isinstance(value, bool):
        return str(value).upper()
    return number_shown(repr(value)) if isinstance(value, float) else " ".join(str(value).split())
