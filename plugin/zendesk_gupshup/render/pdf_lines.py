"""Text of the guide as lines of a page: wrapped, measured and written as PDF's operators, once for all guides.

Most paragraphs of a guide are the same in each, so a line is kept as the bytes that show it; only its place differs.
What we use of fpdf below its documented surface stands here: its fonts by number, and a page that takes operators.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fpdf import FPDF

ENCODING = "cp1252"
# By style, as fpdf names them; in the order of their numbers in every guide.
_FONTS = {"": "helvetica", "B": "helveticaB", "I": "helveticaI", "BI": "helveticaBI"}
# Four languages have some 120 paragraphs each, for all kinds of answers; those with a customer's values pass through.
_MOST_PARAGRAPHS = 1024

# Chrome's stand-in for the font draws these wider than the font is; what follows them is placed anew.
_GUILLEMETS = re.compile(r"(?<=[«»])")

Colour = tuple[int, int, int]


class StyledText(NamedTuple):
    """Text in one style; `link` is an address or empty."""

    text: str
    style: str = ""
    link: str = ""


class TextLook(NamedTuple):
    """Size in points, and the colours of text and of links."""

    size: float
    ink: Colour
    link_ink: Colour


class PageLine(NamedTuple):
    """`operators` show it where the text position is; of each link the distance from the left, the width (both in
    millimetres) and the address."""

    operators: str
    styles: frozenset[str]
    links: tuple[tuple[float, float, str], ...]


class _Fonts(NamedTuple):
    by_style: dict[str, Any]
    points_per_mm: float


@cache
def _fonts() -> _Fonts:
    # Loaded here: it brings PIL and urllib, which nobody needs who only reads or decides.
    from fpdf import FPDF

    pdf = FPDF()
    declare_fonts(pdf)
    return _Fonts({style: pdf.fonts[name] for style, name in _FONTS.items()}, float(pdf.k))


def declare_fonts(pdf: FPDF) -> None:
    """All fonts, each by the same number in every document; those that no page needs are named and nothing more."""
    for style in _FONTS:
        pdf.set_font("Helvetica", style)


def show(pdf: FPDF, line: PageLine, x: float, y: float) -> None:
    """Put a line onto the page: its left end and its base line, in millimetres from the page's upper left corner."""
    for style in line.styles:
        # Names the font among what the page needs; the operators that it returns are those of the line already.
        pdf._set_font_for_page(pdf.fonts[_FONTS[style]], 1)
    pdf._out(f"q BT {x * pdf.k:.2f} {(pdf.h - y) * pdf.k:.2f} Td {line.operators} ET Q")


@lru_cache(_MOST_PARAGRAPHS)
def lines(runs: tuple[StyledText, ...], room: float, look: TextLook) -> tuple[PageLine, ...]:
    """A paragraph in lines of at most `room` millimetres. Blanks part words; one that no line can hold is cut."""
    return tuple(_line(line, look) for line in _wrapped(_words(runs), room, look.size))


def _words(runs: Iterable[StyledText]) -> Iterator[list[StyledText]]:
    """Each word in its styles: fpdf's own `write` breaks a word where its style begins."""
    word: list[StyledText] = []
    for text, style, link in runs:
        for number, part in enumerate(text.split(" ")):
            if number and word:
                yield word
                word = []
            if part:
                word.append(StyledText(part, style, link))
    if word:
        yield word


def _wrapped(words: Iterable[list[StyledText]], room: float, size: float) -> Iterator[list[StyledText]]:
    line: list[StyledText] = []
    used = 0.0
    for word in words:
        for part in _pieces(word, room, size):
            width = sum(_width(run, size) for run in part)
            blank = _width(StyledText(" ", part[0].style), size) if line else 0.0
            if line and used + blank + width > room:
                yield line
                line, used, blank = [], 0.0, 0.0
            if blank:
                _join(line, StyledText(" ", part[0].style, line[-1].link if line[-1].link == part[0].link else ""))
            for run in part:
                _join(line, run)
            used += blank + width
    if line:
        yield line


def _join(line: list[StyledText], run: StyledText) -> None:
    last = line[-1] if line else None
    if last and (last.style, last.link) == (run.style, run.link):
        line[-1] = last._replace(text=last.text + run.text)
    else:
        line.append(run)


def _pieces(word: list[StyledText], room: float, size: float) -> Iterator[list[StyledText]]:
    """The word whole, or cut where no line can hold it."""
    if sum(_width(run, size) for run in word) <= room:
        yield word
        return
    for run in word:
        rest = run.text
        while rest:
            fits, used = 0, 0.0
            while fits < len(rest) and (used := used + _width(run._replace(text=rest[fits]), size)) <= room:
                fits += 1
            yield [run._replace(text=rest[: max(fits, 1)])]
            rest = rest[max(fits, 1) :]


def _width(run: StyledText, size: float) -> float:
    """Millimetres: what fpdf's own `get_string_width` finds, which also looks for other scripts."""
    fonts = _fonts()
    return float(fonts.by_style[run.style].get_text_width(_encoded(run.text), size, None)[1]) / fonts.points_per_mm


def _encoded(text: str) -> str:
    return text.encode(ENCODING).decode("latin-1")


def _line(runs: Iterable[StyledText], look: TextLook) -> PageLine:
    operators: list[str] = []
    links: list[tuple[float, float, str]] = []
    styles: set[str] = set()
    left, ink, style = 0.0, None, None
    # Millimetres from the left: up to where text is shown, and where it was last placed.
    shown = placed = 0.0
    for run in runs:
        styles.add(run.style)
        width, font = _width(run, look.size), _fonts().by_style[run.style]
        if ink != (ink := look.link_ink if run.link else look.ink):
            operators.append(" ".join(f"{part / 255:.4g}" for part in ink) + " rg")
        if style != (style := run.style):
            operators.append(f"/F{font.i} {look.size:.2f} Tf")
        for piece in _GUILLEMETS.split(run.text):
            operators.append(font.encode_text(_encoded(piece)))
            shown += _width(run._replace(text=piece), look.size)
            if piece.endswith(("«", "»")):
                operators.append(f"{(shown - placed) * _fonts().points_per_mm:.2f} 0 Td")
                placed = shown
        if run.link:
            links.append((left, width, run.link))
        left += width
    return PageLine(" ".join(operators), frozenset(styles), tuple(links))
