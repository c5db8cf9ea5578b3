"""Passwords and keys in tables, where the word that betrays them stands in the head of their column.

CSV with any of its separators, Markdown, cells of HTML, spreadsheets as text, columns of blanks; and the smallest
table: a line that is a label alone, above a line that is the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zendesk_gupshup.text.labelled_values import SIGNED, Cell, is_random, label_in, secret_in
from zendesk_gupshup.text.secret_phrases import MASKED, is_password

# `a senha é essa aqui`, and the value in the next line, which a chat begins with a time and a name.
_ANNOUNCED = re.compile(
    r"(?i)(?<![a-z])(?:api.?key|keys?|token|pass(?:word)?|pwd|contrase(?:ñ|n)a|clave|senha|chave|llave)(?![a-z])"
    r"(?:[^\n]{0,60}?(?<![^\W_])(?:this(?: one)?|below|here|est[aeo]|es[aeo]|aqu[íi]|abajo|siguiente|ess[ae]|abaixo|"
    r"seguinte|é|es|is))?"
    r"[^\w\n]{0,6}$"
)
_TIME_ALONE = re.compile(
    r"[> \t]{0,6}\[?(?:[\d/.-]{6,10},? )?\d{1,2}:\d\d[^\n:]{0,40}$|"
    r"^[> \t]{0,6}[^\n:]{1,40} \d{1,2}:\d\d(?: ?[ap]m)?\s*$"
)
_SAID_BY = re.compile(
    r"^[> \t]{0,6}(?:\[?\d[^\n:]{0,16}:\d\d[^\n:]{0,40}?: ?|[^\W\d_]{2,20}: ?|\[[^\]\n]{1,30}\] ?[^\n:>]{1,40}[:>] ?)"
)
_WIDTH = re.compile(r"[ \u00a0]{2,}|\t+")
# Quoted fields first: a separator may stand in them.
_FIELD = {
    mark: re.compile(
        rf"""[ ]*("(?:[^"\n]|"")*"(?=[ \r]*(?:[{mark}]|$))|'[^'\n]*'(?=[ ]*(?:[{mark}]|$))|[^{mark}\n]*)"""
    )
    for mark in ",;\t|"
}
_WORDS = re.compile(r"""[^\s"'/|;]{4,128}""")
_MOST_CELLS = 200
_HTML_ROW = re.compile(r"(?is)<tr\b[^<>]{0,300}>")
_HTML_CELL = re.compile(r"(?is)<t[hd]\b[^<>]{0,300}>((?:[^<]|<(?!/?t[hdr]\b)){0,2000}+)")
_HTML_PIECE = re.compile(r"<[^<>]{0,300}>|\s+|[^<>]+")


@dataclass(frozen=True)
class _Head:
    """Where the labelled columns are: by number and, for columns of blanks, by their places in the line."""

    mark: str
    # Number of the column, its first and last place, and whether its label leaves no doubt and names a user too.
    columns: tuple[tuple[int, int, int, bool | None, bool], ...]
    size: int
    # False where the table stands within JSON or within a field of another one: then columns cannot be counted.
    clean: bool


def labelled_cells(text: str, first: int) -> Iterator[tuple[int, int]]:
    """The values below (or beside) a label, as places in `text`, in their order; no label stands before `first`."""
    behind = 0
    for start, end in sorted(
        {*_html_tables(text), *_lists(text), *_tables(text, text.rfind("\n", 0, first) + 1)},
        key=lambda cell: (cell[0], -cell[1]),
    ):
        if start >= behind:
            yield start, end
            behind = end


def _tables(text: str, at: int) -> Iterator[tuple[int, int]]:
    # One for each separator that the line of the head has: a table may stand in a cell of another one.
    heads: list[_Head] = []
    # A label alone on its line: whether it leaves no doubt.
    alone: tuple[bool | None] | None = None
    empty = 0
    while at <= len(text):
        end = text.find("\n", at)
        end = len(text) if end == -1 else end
        line = text[at:end]
        if not line.strip(" \t\r>|"):
            empty += 1
            if empty > 2:
                heads, alone = [], None
        else:
            empty = 0
            found = list(_heads(line))
            if found:
                heads, alone = found, None
                for head in heads:
                    yield from _beside(line, at, head)
            elif label := label_in(line):
                heads, alone = [], (label[0],)
            elif _ANNOUNCED.search(line):
                alone = (False,)
            else:
                heads = [head for head in heads if _belongs(line, head)]
                for head in heads:
                    yield from _cells(line, head, at)
                if alone is not None and not _TIME_ALONE.match(line):
                    yield from _below(line, at, sure=alone[0])
                    alone = None
        at = end + 1


def _heads(line: str) -> Iterator[_Head]:
    """A head has labels alone: in a sentence one part is longer, in a row of values one is random."""
    if len(line) > 4000:
        return
    for mark in ("\t", "|", ";", ",", "  "):
        if mark not in line:
            continue
        for cells in _splits(line, mark):
            if any(end - start > 48 for start, end in cells[:-1]):
                continue
            columns = tuple(
                (number, start, end, *label)
                for number, (start, end) in enumerate(cells)
                if (label := label_in(line[start:end])) is not None
            )
            if columns:
                yield _Head(mark, columns, len(cells), clean=_is_clean(line))


def _split(line: str, mark: str, at: int, last: int) -> list[Cell]:
    """The cells of a line, without what stands around a table in JSON or in a mail."""
    cells = list(_gapped(line) if mark == "  " else _fields(line, mark, at, last))
    if len(cells) > 1:
        (start, end), (begin, behind) = cells[0], cells[-1]
        bare = len(line[:end].rstrip(" \t\"'"))
        cells[0] = (max(start, line.rfind('"', start, bare) + 1, _behind_marks(line, start, bare)), end)
        begun = behind - len(line[begin:behind].lstrip(" \t\"'"))
        quote = line.find('"', begun, behind)
        cells[-1] = (begin, behind if quote == -1 else quote)
    return cells


def _splits(line: str, mark: str) -> list[list[Cell]]:
    """Where quotes do not tell whether a field goes on from the line before: in both ways."""
    whole = (0, len(line))
    ways = [whole] if mark == "  " else list(dict.fromkeys((_inside(line), whole)))
    return [cells for way in ways if len(cells := _split(line, mark, *way)) > 1]


def _is_clean(line: str) -> bool:
    return line.count('"') % 2 == 0 and '{"' not in line and '":' not in line


def _behind_marks(line: str, start: int, end: int) -> int:
    mark = line.rfind(">", start, end)
    return start if mark == -1 else mark + 1


def _gapped(line: str) -> Iterator[Cell]:
    at = 0
    for gap in _WIDTH.finditer(line):
        if gap.start() > at:
            yield at, gap.start()
        at = gap.end()
    if line[at:].strip():
        yield at, len(line.rstrip())


def _fields(line: str, mark: str, at: int, last: int) -> Iterator[Cell]:
    pattern = _FIELD[mark]
    for _ in range(_MOST_CELLS):
        found = pattern.match(line, at, last)
        if found:
            yield found.span(1)
        stop = line.find(mark, found.end() if found else at, last)
        if stop == -1:
            return
        at = stop + 1


def _inside(line: str) -> tuple[int, int]:
    """The part of a line that lies in a field of several lines, which opens or closes there."""
    if line.count('"') % 2 == 0:
        return 0, len(line)
    last = line.rindex('"')
    opens = line[last + 1 : last + 2] not in ("", ",", ";", "\t", "\r", "}") and (
        not line[:last].strip() or line[:last].rstrip(" ")[-1] in ",;\t|:{["
    )
    return (last + 1, len(line)) if opens else (0, line.index('"'))


def _belongs(line: str, head: _Head) -> bool:
    return head.mark in line or (head.mark == "  " and _WIDTH.search(line) is not None)


def _cells(line: str, head: _Head, at: int) -> Iterator[tuple[int, int]]:
    cells = next(iter(_splits(line, head.mark)), [])
    countable = head.clean and _is_clean(line)
    if not countable or (head.mark != "  " and len(cells) != head.size):
        for cell in (cell for cells in _splits(line, head.mark) for cell in cells):
            for word in _WORDS.finditer(line, *cell):
                if not word[0].isdigit() and is_random(word[0]):
                    yield at + word.start(), at + word.end()
        return
    if len(cells) < head.size:
        cells = list(_gapped(line))
    for number, start, end, sure, user in head.columns:
        # Columns of blanks with an empty cell: by the place.
        beside = [cell for cell in cells if cell[0] < max(end, start + 4) and cell[1] > start]
        for cell in cells[number : number + 1] if len(cells) == head.size else beside:
            if value := secret_in(line, cell, sure=sure, user=user):
                yield at + value[0], at + value[1]


def _beside(line: str, at: int, head: _Head) -> Iterator[tuple[int, int]]:
    """`password;Gx7kP2mQ`: a table that lies on its side."""
    labelled = {column[0] for column in head.columns}
    for cells in _splits(line, head.mark):
        if len(cells) == head.size:
            for number, _, _, _, user in head.columns:
                if number + 1 < len(cells) and number + 1 not in labelled:
                    value = secret_in(line, cells[number + 1], sure=None if head.size == 2 else False, user=user)
                    if value:
                        yield at + value[0], at + value[1]


def _below(line: str, at: int, *, sure: bool | None) -> Iterator[tuple[int, int]]:
    """The line below a label: one word that is none of a language."""
    stripped = _SAID_BY.sub("", line).strip(" \t\r>|*`\"'")
    if stripped and len(stripped.split()) == 1:
        start = line.index(stripped)
        # `Tramil07_91dy`: each part is nearly a word.
        in_parts = is_password(stripped) and not is_random(stripped) and not MASKED.search(stripped)
        if SIGNED.fullmatch(stripped) or in_parts:
            yield at + start, at + start + len(stripped)
            return
        value = secret_in(line, (start, start + len(stripped)), sure=sure if is_random(stripped) else False, user=False)
        if value:
            yield at + value[0], at + value[1]


# --- Lists of programs --------------------------------------------------------------------------------------

_LIST_HEAD = re.compile(r"(?i)[\[(]([^()\[\]\n]{1,600})[\])]\s{0,5}(?:values|,)\s{0,5}(?=[\[(])")
_LIST = re.compile(r"""\s{0,5},?\s{0,5}[\[(]((?:\\?"[^"\n]{0,400}"|'[^'\n]{0,400}'|[^()\[\]"'\n]){1,400})[\])]""")
_ITEM = re.compile(r"""\s*(\\?"[^"\n]{0,400}"|'[^'\n]{0,400}'|[^,"']*)""")


def _lists(text: str) -> Iterator[Cell]:
    """`(user, password) VALUES ('ada', '...')`, and rows of JSON: the first list has the labels of the others."""
    for head in _LIST_HEAD.finditer(text):
        labels = [label_in(name.strip("`\"'\\ ")) for name in head[1].split(",")]
        if not any(labels):
            continue
        row = _LIST.match(text, head.end())
        while row is not None:
            for label, cell in zip(labels, _items(text, *row.span(1)), strict=False):
                value = secret_in(text, cell, sure=label[0], user=label[1]) if label else None
                if value:
                    yield value
            row = _LIST.match(text, row.end())


def _items(text: str, at: int, end: int) -> Iterator[Cell]:
    while at < end and (item := _ITEM.match(text, at, end)) is not None:
        yield item.span(1)
        stop = text.find(",", item.end(), end)
        at = end if stop == -1 else stop + 1


# --- HTML ----------------------------------------------------------------------------------------------------


def _html_tables(text: str) -> Iterator[tuple[int, int]]:
    if "<t" not in text and "<T" not in text:
        return
    columns: dict[int, tuple[bool | None, bool]] = {}
    rows = [row.start() for row in _HTML_ROW.finditer(text)]
    for at, end in zip(rows, [*rows[1:], len(text)][: len(rows)], strict=True):
        cells = [cell.span(1) for cell in _HTML_CELL.finditer(text, at, end)]
        shown = [_shown(text, cell) for cell in cells]
        labels = {n: label for n, cell in enumerate(shown) if cell and (label := label_in(text[slice(*cell)]))}
        for number, cell in enumerate(shown):
            sure, user = columns.get(number, (False, False))
            beside = labels.get(number - 1) if number not in labels else None
            if cell and ((number in columns and not labels) or beside):
                pair = None if len(shown) == 2 else False
                value = secret_in(
                    text, cell, sure=sure if not labels else pair, user=user or bool(beside and beside[1])
                )
                if value:
                    yield value
        columns = labels or columns


def _shown(text: str, cell: Cell) -> Cell | None:
    """A cell's words without the tags around them."""
    pieces = (piece for piece in _HTML_PIECE.finditer(text, *cell) if piece[0][0] != "<" and not piece[0].isspace())
    return next((piece.span() for piece in pieces), None)
