"""The owner's guide as a PDF, drawn from the Markdown that the templates give: the same text, the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from markdown_it.token import Token

from .latin import spell
from .markdown import Parsed, parsed

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = "Helvetica"
_SIZE = 10.5
_Colour = tuple[int, int, int]
_INK = (33, 37, 41)
_ACCENT = (11, 87, 122)
_PAPER = (238, 245, 248)
_LINE = 5.2
_INDENT = 7.0
_PADDING = 3.0
# A heading must have this much of its section below it on the page.
_KEEP_TOGETHER = 32.0
# Chrome's stand-in for the font draws these wider than the font is; what follows them is placed anew.
_GUILLEMETS = re.compile(r"(?<=[«»])")


def guide_pdf(source: str, created: datetime | None = None) -> bytes:
    """Headings, paragraphs, lists and quotations (drawn as boxes) of a rendered guide; `created` stands in the file."""
    # Loaded here: it brings PIL and urllib, which nobody needs who only reads or decides.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "cp1252"
    pdf.set_creation_date(created or datetime(2000, 1, 1, tzinfo=UTC))
    pdf.set_producer("zendesk-gupshup")
    pdf.set_margins(20, 18, 20)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
    pdf.set_text_color(*_INK)
    guide = parsed(source)
    title = next((spell(_plain(guide, t)) for t in guide.tokens if t.type == "inline"), "")
    pdf.set_title(title)
    _draw(pdf, guide)
    return bytes(pdf.output())


def _plain(guide: Parsed, inline: Token) -> str:
    breaks = ("softbreak", "hardbreak")
    seen = (t for t in inline.children or () if _is_visible(t))
    return "".join(" " if t.type in breaks else guide.shown(t.content) for t in seen)


def _is_visible(token: Token) -> bool:
    return token.type in ("text", "code_inline", "softbreak", "hardbreak")


def _draw(pdf: FPDF, guide: Parsed) -> None:
    numbers: list[int | None] = []
    quoted: list[str] | None = None
    heading = ""
    for token in guide.tokens:
        match token.type:
            case "heading_open":
                heading = token.tag
            case "heading_close":
                heading = ""
            case "ordered_list_open":
                numbers.append(int(token.attrGet("start") or 1))
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_close" | "bullet_list_close":
                numbers.pop()
                pdf.ln(1.2)
            case "list_item_open":
                _bullet(pdf, numbers)
            case "blockquote_open":
                quoted = []
            case "blockquote_close":
                _box(pdf, quoted or [])
                quoted = None
            case "inline" if quoted is not None:
                quoted.append(spell(_plain(guide, token)))
            case "inline" if heading:
                _heading(pdf, heading, spell(_plain(guide, token)))
            case "inline":
                _paragraph(pdf, guide, token, len(numbers))
            case "hr":
                pdf.set_draw_color(*_ACCENT)
                pdf.line(pdf.l_margin, pdf.get_y() + 1, pdf.w - pdf.r_margin, pdf.get_y() + 1)
                pdf.ln(4)


def _heading(pdf: FPDF, tag: str, text: str) -> None:
    size, height = (18.0, 8.5) if tag == "h1" else (12.5, 6.5)
    if tag != "h1":
        if pdf.get_y() > pdf.h - pdf.b_margin - _KEEP_TOGETHER:
            pdf.add_page()
        pdf.ln(2.5)
    # Wrapped as if it were of the usual size, in a line that is narrower by as much.
    room = (pdf.w - pdf.l_margin - pdf.r_margin) * _SIZE / size
    for line in _lines(pdf, ([_Run(word, "B", "")] for word in text.split()), room):
        _draw_line(pdf, line, pdf.l_margin, size=size, height=height, ink=_ACCENT)
        pdf.ln(height)
    if tag == "h1":
        pdf.set_draw_color(*_ACCENT)
        pdf.set_line_width(0.6)
        pdf.line(pdf.l_margin, pdf.get_y() + 1.5, pdf.w - pdf.r_margin, pdf.get_y() + 1.5)
    pdf.ln(6 if tag == "h1" else 1)


def _bullet(pdf: FPDF, numbers: list[int | None]) -> None:
    number = numbers[-1]
    mark = "•" if number is None else f"{number}."
    if number is not None:
        numbers[-1] = number + 1
    left = pdf.l_margin + _INDENT * (len(numbers) - 1) + 1
    _draw_line(pdf, [_Run(mark, "" if number is None else "B", "")], left)


_MOST_WIDTHS = 8192
_WIDTHS: dict[tuple[str, str], float] = {}


@dataclass(frozen=True)
class _Run:
    """Characters without a blank among them, in one style; on a line that is drawn, with the blanks between them."""

    text: str
    style: str
    link: str


def _paragraph(pdf: FPDF, guide: Parsed, inline: Token, depth: int) -> None:
    """Words in their styles, wrapped here: fpdf's own `write` breaks a word where its style begins."""
    left = pdf.l_margin + _INDENT * depth
    for line in _lines(pdf, _words(guide, inline), pdf.w - pdf.r_margin - left):
        _draw_line(pdf, line, left)
        pdf.ln(_LINE)
    pdf.ln(1.0 if depth else 2.2)


def _lines(pdf: FPDF, words: Iterable[list[_Run]], room: float) -> Iterator[list[_Run]]:
    """Lines of at most this many millimetres, neighbours of one style joined: drawing a run costs more than measuring
    its words."""
    line: list[_Run] = []
    used = 0.0
    for word in words:
        for part in _pieces(pdf, word, room):
            width = sum(_width(pdf, run.text, run.style) for run in part)
            blank = _width(pdf, " ", part[0].style) if line else 0.0
            if line and used + blank + width > room:
                yield line
                line, used, blank = [], 0.0, 0.0
            if blank:
                _join(line, _Run(" ", part[0].style, line[-1].link if line[-1].link == part[0].link else ""))
            for run in part:
                _join(line, run)
            used += blank + width
    if line:
        yield line


def _join(line: list[_Run], run: _Run) -> None:
    last = line[-1] if line else None
    if last and (last.style, last.link) == (run.style, run.link):
        line[-1] = _Run(last.text + run.text, run.style, run.link)
    else:
        line.append(run)


def _pieces(pdf: FPDF, word: list[_Run], room: float) -> Iterator[list[_Run]]:
    """The word whole, or cut where no line can hold it."""
    if sum(_width(pdf, run.text, run.style) for run in word) <= room:
        yield word
        return
    for run in word:
        rest = run.text
        while rest:
            fits, used = 0, 0.0
            while fits < len(rest) and (used := used + _width(pdf, rest[fits], run.style)) <= room:
                fits += 1
            yield [_Run(rest[: max(fits, 1)], run.style, run.link)]
            rest = rest[max(fits, 1) :]


def _width(pdf: FPDF, text: str, style: str) -> float:
    """Millimetres; the guide's own words are measured once, not in every guide."""
    known = _WIDTHS.get((style, text))
    if known is None:
        # On a paper of its own: a font that is set for measuring would stand in this guide, and not in the next.
        ruler = type(pdf)()
        ruler.core_fonts_encoding = pdf.core_fonts_encoding
        ruler.set_font(_FONT, style, _SIZE)
        known = _measured(ruler, text)
        if len(_WIDTHS) < _MOST_WIDTHS:
            _WIDTHS[style, text] = known
    return known


def _measured(pdf: FPDF, text: str) -> float:
    """Millimetres in the current font: what fpdf's own `get_string_width` finds, which also looks for other scripts."""
    if pdf.current_font is None:
        raise ValueError("no font is set")
    return float(pdf.current_font.get_text_width(pdf.normalize_text(text), pdf.font_size_pt, None)[1]) / float(pdf.k)


def _draw_line(
    pdf: FPDF, line: list[_Run], left: float, *, size: float = _SIZE, height: float = _LINE, ink: _Colour = _INK
) -> None:
    """A line at the height where the page stands, which stays; text alone, where fpdf's cells would cost thrice."""
    if pdf.get_y() > pdf.h - pdf.b_margin - height:
        pdf.add_page()
    x, y = left, pdf.get_y()
    for run in line:
        pdf.set_text_color(*(_ACCENT if run.link else ink))
        pdf.set_font(_FONT, run.style, size)
        width = 0.0
        for piece in _GUILLEMETS.split(run.text):
            pdf.text(x + width, y + 0.5 * height + 0.3 * pdf.font_size, piece)
            width += _measured(pdf, piece)
        if run.link:
            pdf.link(x, y + 0.5 * (height - pdf.font_size), width, pdf.font_size, run.link)
        x += width
    pdf.set_text_color(*_INK)


def _words(guide: Parsed, inline: Token) -> Iterator[list[_Run]]:
    word: list[_Run] = []
    for token, style, link in _styled(guide, inline):
        text = " " if token.type in ("softbreak", "hardbreak") else spell(guide.shown(token.content))
        for number, part in enumerate(text.split(" ")):
            if number and word:
                yield word
                word = []
            if part:
                word.append(_Run(part, style, link))
    if word:
        yield word


def _styled(guide: Parsed, inline: Token) -> Iterator[tuple[Token, str, str]]:
    bold = italic = 0
    link = ""
    for token in inline.children or ():
        bold += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        italic += {"em_open": 1, "em_close": -1}.get(token.type, 0)
        if token.type in ("link_open", "link_close"):
            link = guide.link(str(token.attrGet("href") or "")) if token.type == "link_open" else ""
        if _is_visible(token):
            yield token, ("B" if bold else "") + ("I" if italic else ""), link


def _box(pdf: FPDF, paragraphs: list[str]) -> None:
    """A quotation in a box, on one page where one page can hold it."""
    inner = pdf.w - pdf.l_margin - pdf.r_margin - 2 * _PADDING
    lines: list[list[_Run]] = []
    for paragraph in paragraphs:
        lines += [[]] if lines else []
        lines += _lines(pdf, ([_Run(word, "", "")] for word in paragraph.split()), inner)
    whole = pdf.h - pdf.t_margin - pdf.b_margin
    if pdf.get_y() + _height(lines) > pdf.h - pdf.b_margin and _height(lines) <= whole:
        pdf.add_page()
    while lines:
        room = pdf.h - pdf.b_margin - pdf.get_y() - 2 * _PADDING
        here = max(1, int(room / _LINE))
        _draw_box(pdf, lines[:here])
        lines = lines[here:]
        if lines:
            pdf.add_page()
    pdf.ln(3)


def _height(lines: list[list[_Run]]) -> float:
    return len(lines) * _LINE + 2 * _PADDING


def _draw_box(pdf: FPDF, lines: list[list[_Run]]) -> None:
    pdf.set_fill_color(*_PAPER)
    pdf.set_draw_color(*_ACCENT)
    pdf.set_line_width(0.3)
    top = pdf.get_y()
    pdf.rect(pdf.l_margin, top, pdf.w - pdf.l_margin - pdf.r_margin, _height(lines), style="DF")
    pdf.set_y(top + _PADDING)
    for line in lines:
        _draw_line(pdf, line, pdf.l_margin + _PADDING)
        pdf.ln(_LINE)
    pdf.set_y(top + _height(lines))
