"""Codes that a program or a spreadsheet wrote as amounts: `131049.0`, `131,049`, `1.31049E+05`, in a field of codes.

pandas writes a column of whole numbers that has a gap as floats (https://pandas.pydata.org/docs/user_guide/gotchas.html),
spreadsheets group digits. Only where a column's header or a field's name says that it holds codes is such a number one.
"""

from __future__ import annotations

import re

from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.patterns import pattern, regex

LABEL = words("label")
# As the whole of a cell or a value.
# It begins with a digit, which the engine looks for at once.
WRITTEN = regex(
    r"[0-9](?<![\w./+$€£%-].)(?<![0-9]:.)(?:"
    r"[0-9]{0,6}(?:\.0{1,6}|,0{1,2}(?=[\"';\t<]))|(?<=[1-9])\.[0-9]{1,6}e\+?0{0,2}[2-6]|"
    r"(?<=[1-9])(?<![0-9][., ].)[0-9]{0,2}[.,'\u2019 ][0-9]{3}(?:\.0{1,6})?(?!,[0-9])"
    r")(?![\w%€$]|[.:/'-][0-9])"
)
_FLOAT, _EXPONENT = (
    regex(r"([0-9]{1,7})(?:\.0{1,6}|,0{1,2})"),
    regex(r"([1-9])\.([0-9]{1,6})e\+?0{0,2}([2-6])"),
)
_GROUPED = regex(r"([1-9][0-9]{0,2})[.,'\u2019 ]([0-9]{3})(?:\.0{1,6})?")
_WORD = regex(r"[^\W_]+")
# fmt: off
# Words that stand beside "error" or "code" in the name of a column of codes; any other tells of something else.
_OF_CODES = LABEL | frozenset({
    "id", "number", "numero", "nro", "num", "no", "http", "api", "wa", "waba", "whatsapp", "gupshup", "gs", "meta",
    "graph", "cloud", "message", "msg", "mensaje", "mensagem", "delivery", "dlr", "entrega", "envio", "provider",
    "proveedor", "provedor", "channel", "canal", "last", "ultimo", "ultima", "de", "del", "do", "da", "of", "the", "el",
    "la", "o", "a", "e", "y", "and", "first", "main", "sub", "type", "tipo", "returned", "result", "resultado", "raw",
})
# Those that say it: "failed" and "errors" head columns of counts as well.
_CODES = frozenset({
    "code", "codes", "cod", "codigo", "codigos", "codice", "errcode", "errorcode", "errorcodes", "statuscode",
    "httpstatus", "reasoncode", "failedcode", "fehlercode", "foutcode", "kode", "kod",
})
_SURE = _CODES | {"http", "status", "estado", "error", "err", "erro"}
# fmt: on
# One of these is part of every name of codes.
NAMES = ("cod", "kod", "err", "http", "status", "estado")
_KEY = pattern("columns.key")
_ELEMENT = pattern("columns.element")
_KEY_OF_COLUMN = pattern("columns.key_of_column")
_ROW_NUMBER = pattern("columns.row_number")
_QUOTED = regex(r'"[^"\n]{0,200}"')
_MARKS = ("|", ";", "\t", ",")
_MOST_ROWS, _MOST_CHARACTERS, _LONGEST_ROW = 60, 4000, 400


def as_code(written: str) -> str | None:
    """The digits of a whole number, however it is written; none where it is no whole number, or plain digits."""
    if found := _FLOAT.fullmatch(written):
        return found[1]
    if found := _GROUPED.fullmatch(written):
        return found[1] + found[2]
    if found := _EXPONENT.fullmatch(written):
        decimals, power = found[2].rstrip("0"), int(found[3])
        return found[1] + decimals.ljust(power, "0") if len(decimals) <= power else None
    return None


def in_a_column_of_codes(low: str, start: int, end: int) -> bool:
    """Does the header of a table, delimited or printed, say that the value at [start, end) is a code?"""
    if _ROW_NUMBER.search(low, max(0, start - 14), start):
        column = _KEY_OF_COLUMN.search(low, max(0, start - _MOST_CHARACTERS), start)
        return column is not None and names_codes(column[1])
    return _under_a_header(low, start) or _under_a_printed_header(low, start, end)


def in_a_field_of_codes(low: str, start: int) -> bool:
    """Does the key, the element or the label directly before say it: `"error_code": 131049.0`, `Error code: 131049.0`?"""
    if low[max(0, start - 40) : start].rstrip().endswith(">"):
        key = _ELEMENT.search(low, max(0, start - _LONGEST_ROW), start)
    else:
        key = _KEY.search(low, max(low.rfind("\n", 0, start) + 1, start - _LONGEST_ROW), start)
    if not key:
        return False
    last = _WORD.findall(key[1])[-1:]
    return names_codes(key[1]) or (last != [] and last[0] in _CODES)


def names_codes(name: str) -> bool:
    parts = _WORD.findall(name)
    return bool(parts) and _OF_CODES.issuperset(parts) and not _SURE.isdisjoint(parts)


def _under_a_header(low: str, start: int) -> bool:
    """The cell at `start` stands in a delimited table whose column is headed as one of codes."""
    line = low.rfind("\n", 0, start) + 1
    end = low.find("\n", start)
    row = _without_marks_in_quotes(low[line : min(end if end != -1 else len(low), line + _LONGEST_ROW)])
    mark = next((m for m in _MARKS if m in row), "")
    if not mark or start - line > _LONGEST_ROW:
        return False
    column, cells, header = row.count(mark, 0, start - line), row.count(mark), ""
    for above in _rows_above(low, line):
        above = _without_marks_in_quotes(above)
        if above.count(mark) != cells:
            break
        header = above
    return bool(header) and not any(char.isdigit() for char in header) and names_codes(header.split(mark)[column])


def _rows_above(low: str, line: int) -> list[str]:
    floor = max(0, line - _MOST_CHARACTERS)
    return low[floor : max(floor, line - 1)].split("\n")[: -_MOST_ROWS - 1 : -1]


def _without_marks_in_quotes(row: str) -> str:
    return _QUOTED.sub(lambda cell: re.sub(r"[,;|\t]", "_", cell[0]), row) if '"' in row else row


def _under_a_printed_header(low: str, start: int, end: int) -> bool:
    """Columns set with blanks, as `print(frame)` and `value_counts()` set them: the header may lack the first one."""
    line = low.rfind("\n", 0, start) + 1
    stop = low.find("\n", end)
    tail, head = low[end : stop if stop != -1 else len(low)].split(), low[line:start].split()
    if len(tail) + len(head) > _MOST_ROWS or start - line > _LONGEST_ROW:
        return False
    count = len(head) + 1 + len(tail)
    for above in _rows_above(low, line):
        names = above.split()
        if not any(char.isdigit() for char in above):
            if not head and len(names) == 1:
                return names_codes(names[0])
            place = len(names) - 1 - len(tail)
            return len(names) in (count, count - 1) and count > 1 and place >= 0 and names_codes(names[place])
        if abs(len(names) - count) > 1:
            return False
    return False
