"""Phone numbers in any text: where they stand, and their short forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from zendesk_gupshup.text.known_ids import READABLE, Readable, shape

# Stands for each character that is claimed already, or is to stay as it is. No pattern of ours matches it.
BLANK = "\ue000"

# Between the digits of one number: blanks of any width, hyphens of any kind, dots, brackets, and the invisible marks
# that WhatsApp puts around a number. No slash: `131009/2494102` is a code with its subcode.
_BETWEEN = r"[ \u00a0\u2007\u2009\u202f\-\u2010-\u2013().\u200b-\u200f\u202a-\u202e\u2060-\u2069]"
_RUN = re.compile(
    r"(?=[\d+(%])(?:(?<![A-Za-z\d…])|(?<=%[\dA-Fa-f]{2})|(?<=\\[nrt])|(?<=tel)|(?<=phone)|(?<=cel)|(?<=wa))"
    rf"\(?(?P<plus>\+|%2[Bb]|(?<=\+))?\(?\d(?:{_BETWEEN}{{0,3}}+\d)*+"
)
_DIGITS = re.compile(r"\d+")
# Part of a longer token of letters and digits, or already masked: `1a2b…`, `52…18`; an extension (`x12`) is neither.
_GLUED = re.compile(r"…|(?![xX]\d)[A-Za-z]{1,20}\d|[*•]|[xX]{2}")
_CODES = re.compile(r"13[0-6]\d{3}|2(?:388|494|593)\d{3}|100\d|101[0-2]|400[1-5]|40\d|429|47[0-2]|50[0-4]")
_EPOCH = re.compile(r"1[5-9]\d{8}(?:\d{3})?")
# https://www.itu.int/en/ITU-T/inr/Pages/default.aspx: 1 and 7 stand alone, these have two digits, the others three.
_TWO_DIGITS = re.compile(r"2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")

# With a plus; without one it has more.
_FEWEST_DIGITS = 8

_Group = tuple[int, int]


def phone_numbers(text: str) -> list[tuple[int, int, str]]:
    """Start, end and short form (`+52…18`) of each phone number in `text`, in its order."""
    # Most texts hold nothing that looks like one; those that do are looked at again without the ids, there alone.
    numbers = list(_candidates(text))
    around = list(_around(numbers))
    form = b"|".join(shape(text[begin:stop]) for begin, stop in around)
    seen = text
    for readable in READABLE if around else ():
        if _may_match(readable, form) and (found := _found(readable.pattern, seen, around)):
            seen = blank(seen, found)
    return numbers if seen is text else list(_candidates(seen))


# So far from a number stand the words that make it something else, and so far an id may reach that holds it.
_BEFORE, _BEHIND = 120, 50


def _around(numbers: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
    """Where numbers may be ids, what overlaps joined."""
    begin, stop = 0, -1
    for start, end, _ in numbers:
        if start - _BEFORE > stop:
            if stop >= 0:
                yield begin, stop
            begin = max(0, start - _BEFORE)
        stop = end + _BEHIND
    if stop >= 0:
        yield begin, stop


def _may_match(readable: Readable, form: bytes) -> bool:
    return not readable.shapes or any(needed in form for needed in readable.shapes)


def _found(pattern: re.Pattern[str], text: str, around: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [match.span("id") for start, end in around for match in pattern.finditer(text, start, end)]


def blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` with the spans, which are in order, out of every pattern's reach; all other offsets stay."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], BLANK * (end - start))
        at = end
    return "".join((*parts, text[at:]))


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    for run in _RUN.finditer(text):
        if run.end() - run.start() < _FEWEST_DIGITS:
            continue
        groups = [group.span() for group in _DIGITS.finditer(text, run.start(), run.end())]
        if run["plus"] and run["plus"].startswith("%"):
            # The 2 of `%2B` is no digit of the number.
            groups = [group for group in groups if group[0] >= run.end("plus")]
        if _GLUED.match(text, run.end()):
            groups.pop()
        plus = run["plus"] is not None
        for first, last in _numbers(text, groups, plus=plus) or _national(text, groups):
            start, end = groups[first][0], groups[last][1]
            digits = "".join(text[a:b] for a, b in groups[first : last + 1])
            if first == 0:
                opened = text.find("(", run.start(), start)
                start = run.start("plus") if plus else start
                start = opened if 0 <= opened <= start and ")" in text[start:end] else start
            yield start, end, _shorten(digits, text[start : groups[first][0]])


# Mobile numbers of nine digits, as they are written in Chile, Peru, Portugal and Spain, and in Brazil without the area:
# https://www.itu.int/oth/T0202.aspx?parent=T0202. The leading digits, and how many digits stand together.
_NINE = {
    (1, 4, 4): "9",
    (5, 4): "9",
    (1, 8): "9",
    (3, 3, 3): "967",
    (3, 6): "9",
    (2, 3, 4): "9",
    (3, 2, 2, 2): "67",
    (2, 7): "9",
}
# What a number of nine digits is instead, in a piece.
_OTHER_LABEL = re.compile(
    r"(?i)(?:#|n[º°o]\.?|(?<![a-z])id|order|orden|pedido|ticket|factura|invoice|nota(?: fiscal)?|"
    r"folio|cas[eo]|ref[a-z]{0,8}|c[óo]digo|codes?|contrato|gu[íi]a|tracking|protocolo|solicitud|chamado|rut|cpf|dni|cuit|nit|rfc|cedula|cédula|"
    r"account|cuenta|conta|boleta|remessa|envio|envío|[$€£₹]|usd|clp|cop|brl|pesos|amount|monto|total|valor|size|bytes)"
    r"""(?:[\s"'\\:=#*>(.-]{0,6}(?:is|es|é|number|n[úu]mero|nro|no|id|de|del)?){0,2}[\s"'\\:=#*>(.-]{0,4}$"""
)


def _national(text: str, groups: list[_Group]) -> list[tuple[int, int]]:
    """A number of nine digits that needs no country; in one piece it is none where a word makes it something else."""
    sizes = tuple(end - start for start, end in groups)
    for first in range(len(groups)):
        for last in range(first, min(len(groups), first + 4)):
            if sum(sizes[first : last + 1]) == 9:
                return [(first, last)] if _is_national(text, groups[first : last + 1]) else []
    return []


def _is_national(text: str, groups: list[_Group]) -> bool:
    start, end = groups[0][0], groups[-1][1]
    sizes = tuple(b - a for a, b in groups)
    if text[start] not in ("9" if len(sizes) == 1 else _NINE.get(sizes, "")):
        return False
    if len(sizes) == 1:
        # A fraction, or an amount in coins of no country.
        if text[max(0, start - 1) : start] == "." or re.match(r"\.\d|\s?(?i:bytes|ms|kb|mb)", text[end : end + 8]):
            return False
        return _OTHER_LABEL.search(text, max(0, start - 40), start) is None
    amount = "." in text[start:end] and sizes == (3, 3, 3)
    codes = all(_CODES.fullmatch(text, *group) for group in groups if group[1] - group[0] > 1)
    return not amount and not codes


def _numbers(text: str, groups: list[_Group], *, plus: bool) -> list[tuple[int, int]]:
    """First and last group of each phone number in a run of digits; a code before one of nine digits is none of it."""
    if not plus and len(groups) > 1 and _CODES.fullmatch(text, *groups[0]) and _national(text, groups[1:]):
        rest = groups[1:]
        if sum(end - start for start, end in rest) == 9:
            return [(first + 1, last + 1) for first, last in _national(text, rest)]
    return list(_long_numbers(text, groups, plus=plus))


def _long_numbers(text: str, groups: list[_Group], *, plus: bool) -> Iterator[tuple[int, int]]:
    """First and last group of each phone number in a run of digits."""
    sizes = [end - start for start, end in groups]
    if plus and 8 <= sum(sizes) <= 15:
        yield 0, len(groups) - 1
        return
    begin = 0
    for at, (start, end) in enumerate(groups):
        if sizes[at] >= 10:
            yield from _small(text, groups, sizes, begin, at)
            begin = at + 1
            if sizes[at] <= 15 and not _EPOCH.fullmatch(text, start, end):
                yield at, at
    yield from _small(text, groups, sizes, begin, len(groups))


def _small(text: str, groups: list[_Group], sizes: list[int], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Numbers among groups too short to be one alone. What touches a number goes with it; error codes stay."""
    left = sum(sizes[begin:end])
    while begin < end and _CODES.fullmatch(text, *groups[begin]) and (left - sizes[begin] >= 10 or left < 10):
        left -= sizes[begin]
        begin += 1
    while begin < end and _CODES.fullmatch(text, *groups[end - 1]) and left - sizes[end - 1] >= 10:
        end -= 1
        left -= sizes[end]
    if left < 10 or all(_CODES.fullmatch(text, *group) for group in groups[begin:end]):
        return
    while left > 15:
        size, at = 0, begin
        while size < 10:
            size += sizes[at]
            at += 1
        if left - size < 10:
            break
        yield begin, at - 1
        left -= size
        begin = at
    yield begin, end - 1


def _shorten(digits: str, before: str) -> str:
    """`+52…18`: the country's code and the last two digits; the latter alone where the number names no country."""
    sign = "+" if "+" in before else "%2B" if "%" in before else ""
    if not sign and (len(digits) < 11 or digits[0] == "0"):
        return f"…{digits[-2:]}"
    size = 1 if digits[0] in "17" else 2 if _TWO_DIGITS.match(digits) else 3
    return f"{sign}{digits[:size]}…{digits[-2:]}"
