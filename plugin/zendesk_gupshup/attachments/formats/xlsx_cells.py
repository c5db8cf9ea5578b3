"""The cells of an Excel sheet as lines of text, each value as the sheet shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from .xlsx_parts import SizeLimitReached, Workbook

# Columns that may stand empty between two cells of a row; a stray cell in the last one has 16,383 before it.
_MOST_GAP = 256
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class SheetReader:
    """Takes a sheet's elements as they come and keeps the rows that have words."""

    def __init__(self, book: Workbook) -> None:
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
                raise SizeLimitReached

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
