"""Excel's workbooks since 2007, read as a stream: each row as a line with tabs between its cells.

Calamine, which reads the other spreadsheets, lays a sheet out as a full rectangle and gives up on all of it at one cell
that it does not know. A stray cell in the last column, or `#GETTING_DATA`, must not cost the rows above it. The parts
are those of ECMA-376, part 1, chapter 18.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import NamedTuple
from xml.parsers import expat

from zendesk_gupshup.model.reason import Reason, UnreadReason

from .limits import LEAST_PICTURE, FileText, ReadLimits, distinct, trimmed

BROKEN_WORKBOOK = FileText(unread=(UnreadReason.WORKBOOK_BROKEN(),))
_CHUNK = 64 * 1024
# Columns that may stand empty between two cells of a row; a stray cell in the last one has 16,383 before it.
_MOST_GAP = 256
_MOST_STRINGS = 8 * 1024 * 1024
# Formats of dates and times that need no definition: ECMA-376, part 1, 18.8.30.
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_NOT_OF_A_FORMAT = re.compile(r'"[^"]{0,200}"|\\.|\[(?!h|m|s)[^\]]{0,100}\]|General')
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_BREAKS = (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, OSError, EOFError, ValueError, RuntimeError)


class Sheet(NamedTuple):
    """A sheet's name as its tab shows it, where it lies in the file, and whether the tab is hidden."""

    name: str
    part: str
    hidden: bool


class _Enough(Exception):
    """As much was read as the limits allow."""


@dataclass
class _Book:
    packed: zipfile.ZipFile
    limits: ReadLimits
    strings: list[str] = field(default_factory=list)
    dates: tuple[bool, ...] = ()
    epoch: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's times have no zone
    lines: list[str] = field(default_factory=list)
    unread: list[Reason] = field(default_factory=list)
    rows: int = 0
    cells: int = 0
    length: int = 0
    unfolded: int = 0

    def is_full(self) -> bool:
        most = self.limits
        return self.rows >= most.rows or self.cells >= most.cells or self.length > most.text


def read_xlsx(data: bytes, limits: ReadLimits) -> FileText:
    """All visible sheets, then the notes and text boxes on them; a sheet that is broken is named and costs no other."""
    try:
        packed = zipfile.ZipFile(BytesIO(data))
    except _BREAKS:
        return BROKEN_WORKBOOK
    with packed:
        book = _Book(packed, limits)
        try:
            sheets = _sheets(book)
        except _BREAKS:
            return BROKEN_WORKBOOK
        _read_strings(book)
        _read_styles(book)
        try:
            _read_sheets(book, sheets)
        except _Enough:
            book.unread.append(UnreadReason.WORKBOOK_ROWS(count=book.rows))
        else:
            _read_notes(book)
        if any(m.filename.startswith("xl/media/") and m.file_size >= LEAST_PICTURE for m in packed.infolist()):
            book.unread.append(UnreadReason.PICTURES_INSIDE())
    if not book.lines:
        return FileText(unread=distinct(book.unread) or (UnreadReason.WORKBOOK_EMPTY(),), empty=not book.unread)
    return trimmed("\n".join(book.lines), limits, distinct(book.unread))


# --- Parts ---------------------------------------------------------------------------------------------------


def _walk(
    book: _Book,
    part: str,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call back for each element of a part, by its name without a prefix."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if text:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with book.packed.open(part) as stream:
        while piece := stream.read(_CHUNK):
            # What the directory says of a member's size may be a lie.
            book.unfolded += len(piece)
            if book.unfolded > book.limits.unfolded:
                raise _Enough
            parser.Parse(piece)
        parser.Parse(b"", True)


def _refuse_doctype(*_declared: object) -> None:
    raise ValueError("no part of a workbook declares a document type; one that does wants its entities unfolded")


def _relations(book: _Book, part: str) -> dict[str, str]:
    """What the ids in a part stand for, as names in the file."""
    folder, name = posixpath.split(part)
    found: dict[str, str] = {}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"].replace("\\", "/")
            found[attributes["Id"]] = posixpath.normpath(posixpath.join("/", folder, target))[1:]

    _walk(book, f"{folder}/_rels/{name}.rels", start)
    return found


def _sheets(book: _Book) -> list[Sheet]:
    names = book.packed.namelist()
    part = next((name for name in names if re.fullmatch(r"xl/workbook[0-9]{0,3}\.xml", name)), "xl/workbook.xml")
    targets = _relations(book, part)
    sheets: list[Sheet] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        elif tag == "sheet":
            ids = (value for name, value in attributes.items() if name.rpartition(":")[2] == "id")
            target = targets.get(next(ids, ""), "")
            # A sheet that is only a chart has no cells.
            if "chartsheet" not in target:
                hidden = attributes.get("state") in ("hidden", "veryHidden")
                sheets.append(Sheet(attributes.get("name", ""), target, hidden))

    _walk(book, part, start)
    return sheets


def _read_strings(book: _Book) -> None:
    """The texts that cells point to. Readings of Japanese (`rPh`) are no part of them."""
    part = "xl/sharedStrings.xml"
    pieces: list[str] = []
    inside: list[str] = []
    length = 0

    def start(tag: str, _attributes: Mapping[str, str]) -> None:
        inside.append(tag)
        if tag == "si":
            pieces.clear()

    def end(tag: str) -> None:
        nonlocal length
        inside.pop()
        if tag == "si":
            book.strings.append("".join(pieces))
            length += len(book.strings[-1])
            if length > _MOST_STRINGS:
                raise _Enough

    def text(words: str) -> None:
        if inside[-1] == "t" and "rPh" not in inside:
            pieces.append(words)

    found = {name.lower(): name for name in book.packed.namelist()}.get(part.lower())
    if not found:
        return
    try:
        _walk(book, found, start, end, text)
    except (_Enough, *_BREAKS):
        book.unread.append(UnreadReason.WORKBOOK_TEXTS())


def _read_styles(book: _Book) -> None:
    """Which styles show a number as a date, as far as that can be read."""
    codes: dict[str, str] = {}
    dates: list[bool] = []
    inside = ""

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        if tag in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside = tag
        elif tag == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and inside == "cellXfs":
            number = attributes.get("numFmtId", "0")
            code = _NOT_OF_A_FORMAT.sub("", codes.get(number, "").split(";")[0])
            known = number.isdigit() and int(number) in _DATES
            dates.append(bool(re.search("[ymdhs]", code, re.IGNORECASE)) if code else known)

    with suppress(_Enough, *_BREAKS):
        _walk(book, "xl/styles.xml", start)
    book.dates = tuple(dates)


# --- Sheets --------------------------------------------------------------------------------------------------


def _read_sheets(book: _Book, sheets: list[Sheet]) -> None:
    for sheet in sheets:
        if sheet.hidden:
            # What its sender does not see is not what the sender reports; lists of all codes hide there.
            book.unread.append(UnreadReason.SHEET_HIDDEN(sheet=sheet.name))
    visible = [sheet for sheet in sheets if not sheet.hidden]
    for number, sheet in enumerate(visible):
        if number >= book.limits.sheets:
            book.unread.append(UnreadReason.WORKBOOK_SHEETS(count=book.limits.sheets))
            return
        reader = _SheetReader(book)
        try:
            _walk(book, sheet.part, reader.start, reader.end, reader.text)
        except _BREAKS:
            book.unread.append(UnreadReason.SHEET_ROWS(sheet=sheet.name, count=len(reader.rows)))
        finally:
            if reader.rows:
                book.lines += [f"[{sheet.name}]", *reader.lines()]


class _SheetReader:
    """Takes a sheet's elements as they come and keeps the rows that have words."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self.rows: list[list[tuple[int, str]]] = []
        self._row: list[tuple[int, str]] = []
        self._column = 0
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._inside = ""
        self._phonetic = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "row":
            self._row, self._column = [], 0
        elif tag == "c":
            place = _PLACE.match(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces = []
        elif tag == "rPh":
            self._phonetic = True
        self._inside = tag

    def text(self, words: str) -> None:
        if self._inside in ("v", "t") and not self._phonetic:
            self._pieces.append(words)

    def end(self, tag: str) -> None:
        self._inside = ""
        if tag == "rPh":
            self._phonetic = False
        elif tag == "c" and self._pieces:
            shown = " ".join(self._shown("".join(self._pieces)).split())
            self._book.cells += 1
            self._book.length += len(shown) + 1
            if shown:
                self._row.append((self._column, shown))
        elif tag == "row":
            self._book.rows += 1
            if self._row:
                self.rows.append(self._row)
            if self._book.is_full():
                raise _Enough

    def _shown(self, value: str) -> str:
        """A value as the sheet shows it; one that cannot be understood, as it stands in the file."""
        match self._type:
            case "s":
                number = int(value) if value.strip().isdigit() else -1
                strings = self._book.strings
                return strings[number] if 0 <= number < len(strings) else ""
            case "b":
                return "TRUE" if value.strip() == "1" else "FALSE"
            case "n" | "":
                style = int(self._style) if self._style.isdigit() else -1
                is_date = 0 <= style < len(self._book.dates) and self._book.dates[style]
                return number_shown(value, self._book.epoch if is_date else None)
            case _:
                return value

    def lines(self) -> Iterator[str]:
        """The rows, without the columns that stand empty before the first one."""
        left = min((row[0][0] for row in self.rows), default=0)
        for row in self.rows:
            line, before = "", left
            for column, shown in row:
                line += "\t" * min(max(column - before, 0), _MOST_GAP) + shown
                before = column
            yield line


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def number_shown(value: str, epoch: datetime | None = None) -> str:
    """A number with the 15 digits that Excel shows, a whole one without its `.0`; as a date where `epoch` is given."""
    try:
        number = float(value)
        if epoch is None:
            return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.15g}"
        moment = epoch + timedelta(seconds=round(number * 86_400))
    except (ValueError, OverflowError):
        return value
    if 0 <= number < 1:
        return str(moment.time())
    return str(moment.date() if moment.time() == time() else moment)


def _read_notes(book: _Book) -> None:
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
                _walk(book, name, start, end, text)
            except (_Enough, *_BREAKS):
                book.unread.append(UnreadReason.WORKBOOK_NOTES())
    if found:
        book.lines += ["[notes]", *found]
