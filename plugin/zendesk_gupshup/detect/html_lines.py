"""The lines that a page has where a person looks at it: blocks, `<br>`, rows and lists, blanks as a browser sets them.

As `innerText` does it (https://html.spec.whatwg.org/multipage/dom.html#the-innertext-idl-attribute), with a tab between
the cells of a row, a mark before each item of a list and before each line of a quotation: as people type them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zendesk_gupshup.detect.patterns import regex

_INDENTED = regex(r"[ \t]*(?:\r?\n|\r)([ \t]*)(?![\r\n])")
# Where the source's line ends, a blank is seen. Blanks that stand in a line were typed, and may hold columns apart.
_SOURCE_LINE_END = regex(r"[ \t]*[\n\r\f][ \t\n\r\f]*")
_NO_BREAK = "\u00a0"
_MOST_COLUMNS = 40


@dataclass(slots=True)
class Flow:
    """The lines of a page, of a cell or of a quotation, as they grow."""

    lines: list[str] = field(default_factory=list)
    _line: list[str] = field(default_factory=list)
    # The next blank of the source is one too many.
    _after_blank: bool = True
    _gap: bool = False
    _mark: str = ""
    # A `<br>` stands directly before; what the source's next line begins with.
    _broken: bool = False
    _indent: str = ""

    def add(self, text: str, *, keeps_blanks: bool) -> None:
        if keeps_blanks:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._put(first)
            for line in others:
                self.end_line()
                self._put(line)
            return
        if self._broken and (indented := _INDENTED.match(text)):
            text = text[indented.end() :]
            self._indent = indented[1]
        self._broken = self._broken and not text
        text = _SOURCE_LINE_END.sub(" ", text)
        if self._after_blank and text.startswith(" "):
            text = text[1:]
        self._put(text)

    def _put(self, text: str) -> None:
        if not text:
            return
        if not self._line:
            if self._gap and self.lines and self.lines[-1].strip():
                self.lines.append("")
            if self._mark and text.strip():
                self._line.append(self._mark)
                self._mark = ""
            text = self._indent + text
            self._gap, self._indent = False, ""
        self._line.append(text.replace(_NO_BREAK, " "))
        self._after_blank = text.endswith(" ")

    def blank(self) -> None:
        """A gap within a line that no word bridges."""
        if self._line and not self._after_blank:
            self._put(" ")

    def end_line(self) -> None:
        self.lines.append("".join(self._line))
        self._line.clear()
        self._after_blank, self._gap = True, False
        self._broken, self._indent = False, ""

    def line_break(self) -> None:
        """Zendesk writes `<br>` and a newline for a plain text's line end: the next line may be indented."""
        self.end_line()
        self._broken = True

    def block(self) -> None:
        """A new line, unless one has just begun."""
        self._broken, self._indent = False, ""
        if self._line:
            self.end_line()

    def paragraph(self) -> None:
        """An empty line before what comes next."""
        self.block()
        # The first paragraph of an item stands beside its mark.
        self._gap = self._gap or not self._mark

    def item(self, mark: str) -> None:
        self.block()
        self._mark = mark

    def take(self, lines: Iterable[str]) -> None:
        """Lines that were set elsewhere, below the present ones."""
        self.block()
        lines = list(lines)
        if lines and self._gap and self.lines and self.lines[-1].strip():
            self.lines.append("")
        self._gap = self._gap and not lines
        if lines and self._mark:
            lines[0], self._mark = self._mark + lines[0], ""
        self.lines += lines

    def finished(self) -> list[str]:
        self.block()
        return self.lines


def row(cells: list[list[str]]) -> list[str]:
    """One line where each cell has at most one; else the cells one below the other, or the columns of data joined."""
    if len(cells) == 1:
        return cells[0]
    if all(len(cell) <= 1 for cell in cells):
        line = "\t".join(cell[0].strip() if cell else "" for cell in cells)
        # A row without any text sets others apart by its height alone.
        return [line] if any(cells) else []
    if sum(1 for cell in cells if cell) >= _DATA and all(len(cell) <= _FEW_LINES for cell in cells):
        return ["\t".join(" ".join(line.strip() for line in cell if line.strip()) for cell in cells)]
    return [line for cell in cells for line in cell]


_DATA, _FEW_LINES = 3, 3


def spanned(cell: list[str], columns: str | None) -> list[list[str]]:
    """A cell over several columns, so that those behind it keep their places."""
    count = int(columns) if columns and columns.isascii() and columns.isdigit() and len(columns) < 4 else 1
    return [cell, *([] for _ in range(min(count, _MOST_COLUMNS) - 1))]


def quoted(lines: list[str]) -> list[str]:
    return [f"> {line}" for line in lines]
