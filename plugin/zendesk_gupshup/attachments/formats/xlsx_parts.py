"""The parts of an Excel workbook since 2007 (ECMA-376, part 1, chapter 18): sheets, shared texts and styles."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from xml.parsers import expat

from zendesk_gupshup.attachments.limits import ReadLimits
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.unread_reasons import UnreadReason

_CHUNK = 64 * 1024
_MOST_STRINGS = 8 * 1024 * 1024
# Formats of dates and times that need no definition: ECMA-376, part 1, 18.8.30.
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_NOT_OF_A_FORMAT = re.compile(r'"[^"]{0,200}"|\\.|\[(?!h|m|s)[^\]]{0,100}\]|General')
PARSE_ERRORS = (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, OSError, EOFError, ValueError, RuntimeError)


class Sheet(NamedTuple):
    """A sheet's name as its tab shows it, where it lies in the file, and whether the tab is hidden."""

    name: str
    part: str
    hidden: bool


class SizeLimitReached(Exception):
    """As much was read as the limits allow."""


@dataclass
class Workbook:
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


def walk(
    book: Workbook,
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
                raise SizeLimitReached
            parser.Parse(piece)
        parser.Parse(b"", True)


def _refuse_doctype(*_declared: object) -> None:
    raise ValueError("no part of a workbook declares a document type; one that does wants its entities unfolded")


def _relations(book: Workbook, part: str) -> dict[str, str]:
    """What the ids in a part stand for, as names in the file."""
    folder, name = posixpath.split(part)
    found: dict[str, str] = {}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"].replace("\\", "/")
            found[attributes["Id"]] = posixpath.normpath(posixpath.join("/", folder, target))[1:]

    walk(book, f"{folder}/_rels/{name}.rels", start)
    return found


def sheets_of(book: Workbook) -> list[Sheet]:
    names = book.packed.namelist()
    part = next((name for name in names if re.fullmatch(r"xl/workbook[0-9]{0,3}\.xml", name)), "xl/workbook.xml")
    targets = _relations(book, part)
    sheets: list[Sheet] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - a date of Excel has no zone
        elif tag == "sheet":
            ids = (value for name, value in attributes.items() if name.rpartition(":")[2] == "id")
            target = targets.get(next(ids, ""), "")
            # A sheet that is only a chart has no cells.
            if "chartsheet" not in target:
                hidden = attributes.get("state") in ("hidden", "veryHidden")
                sheets.append(Sheet(attributes.get("name", ""), target, hidden))

    walk(book, part, start)
    return sheets


def read_strings(book: Workbook) -> None:
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
                raise SizeLimitReached

    def text(words: str) -> None:
        if inside[-1] == "t" and "rPh" not in inside:
            pieces.append(words)

    found = {name.lower(): name for name in book.packed.namelist()}.get(part.lower())
    if not found:
        return
    try:
        walk(book, found, start, end, text)
    except (SizeLimitReached, *PARSE_ERRORS):
        book.unread.append(UnreadReason.WORKBOOK_TEXTS())


def read_styles(book: Workbook) -> None:
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

    with suppress(SizeLimitReached, *PARSE_ERRORS):
        walk(book, "xl/styles.xml", start)
    book.dates = tuple(dates)
