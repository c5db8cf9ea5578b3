"""The owner's guide as a PDF, drawn from the Markdown that the templates give: the same text, the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .latin import spell
from .markdown import Parsed, parsed
from .pdf_lines import ENCODING, PageLine, StyledText, TextLook, declare_fonts, lines, show

if TYPE_CHECKING:
    from fpdf import FPDF
    from markdown_it.token import Token

_INK = (33, 37, 41)
_ACCENT = (11, 87, 122)
_PAPER = (238, 245, 248)
_TEXT = TextLook(10.5, _INK, _ACCENT)
_TITLE = TextLook(18.0, _ACCENT, _ACCENT)
_SECTION = TextLook(12.5, _ACCENT, _ACCENT)
_LINE = 5.2
_INDENT = 7.0
_PADDING = 3.0
# A heading must have this much of its section below it on the page.
_KEEP_TOGETHER = 32.0


def guide_pdf(source: str, created: datetime | None = None) -> bytes:
    """Headings, paragraphs, lists and quotations (drawn as boxes) of a rendered guide; `created` stands in the file."""
    # Loaded here: it brings PIL and urllib, which nobody needs who only reads or decides.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = ENCODING
    declare_fonts(pdf)
    pdf.set_creation_date(created or datetime(2000, 1, 1, tzinfo=UTC))
    pdf.set_producer("zendesk-gupshup")
    pdf.set_margins(20, 18, 20)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
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
    look, height = (_TITLE, 8.5) if tag == "h1" else (_SECTION, 6.5)
    if tag != "h1":
        if pdf.get_y() > pdf.h - pdf.b_margin - _KEEP_TOGETHER:
            pdf.add_page()
        pdf.ln(2.5)
    for line in lines((_run(text, "B"),), pdf.w - pdf.l_margin - pdf.r_margin, look):
        _draw_line(pdf, line, pdf.l_margin, look=look, height=height)
        pdf.ln(height)
    if tag == "h1":
        pdf.set_draw_color(*_ACCENT)
        pdf.set_line_width(0.6)
        pdf.line(pdf.l_margin, pdf.get_y() + 1.5, pdf.w - pdf.r_margin, pdf.get_y() + 1.5)
    pdf.ln(6 if tag == "h1" else 1)


def _bullet(pdf: FPDF, numbers: list[int | None]) -> None:
    number = numbers[-1]
    mark = StyledText("•") if number is None else StyledText(f"{number}.", "B")
    if number is not None:
        numbers[-1] = number + 1
    left = pdf.l_margin + _INDENT * (len(numbers) - 1) + 1
    for line in lines((mark,), pdf.w, _TEXT):
        _draw_line(pdf, line, left)


def _paragraph(pdf: FPDF, guide: Parsed, inline: Token, depth: int) -> None:
    left = pdf.l_margin + _INDENT * depth
    for line in lines(tuple(_runs(guide, inline)), pdf.w - pdf.r_margin - left, _TEXT):
        _draw_line(pdf, line, left)
        pdf.ln(_LINE)
    pdf.ln(1.0 if depth else 2.2)


def _draw_line(pdf: FPDF, line: PageLine, left: float, *, look: TextLook = _TEXT, height: float = _LINE) -> None:
    """A line at the height where the page stands, which stays."""
    if pdf.get_y() > pdf.h - pdf.b_margin - height:
        pdf.add_page()
    y, size = pdf.get_y(), look.size / pdf.k
    show(pdf, line, left, y + 0.5 * height + 0.3 * size)
    for distance, width, address in line.links:
        pdf.link(left + distance, y + 0.5 * (height - size), width, size, address)


def _run(text: str, style: str = "") -> StyledText:
    return StyledText(" ".join(text.split()), style)


def _runs(guide: Parsed, inline: Token) -> Iterator[StyledText]:
    for token, style, link in _styled(guide, inline):
        text = " " if token.type in ("softbreak", "hardbreak") else spell(guide.shown(token.content))
        yield StyledText(text, style, link)


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
    text: list[PageLine | None] = []
    for paragraph in paragraphs:
        text += [None] if text else []
        text += lines((_run(paragraph),), inner, _TEXT)
    whole = pdf.h - pdf.t_margin - pdf.b_margin
    if pdf.get_y() + _height(text) > pdf.h - pdf.b_margin and _height(text) <= whole:
        pdf.add_page()
    while text:
        room = pdf.h - pdf.b_margin - pdf.get_y() - 2 * _PADDING
        here = max(1, int(room / _LINE))
        _draw_box(pdf, text[:here])
        text = text[here:]
        if text:
            pdf.add_page()
    pdf.ln(3)


def _height(text: list[PageLine | None]) -> float:
    return len(text) * _LINE + 2 * _PADDING


def _draw_box(pdf: FPDF, text: list[PageLine | None]) -> None:
    """Lines, and `None` for the space between two paragraphs."""
    pdf.set_fill_color(*_PAPER)
    pdf.set_draw_color(*_ACCENT)
    pdf.set_line_width(0.3)
    top = pdf.get_y()
    pdf.rect(pdf.l_margin, top, pdf.w - pdf.l_margin - pdf.r_margin, _height(text), style="DF")
    pdf.set_y(top + _PADDING)
    for line in text:
        if line:
            _draw_line(pdf, line, pdf.l_margin + _PADDING)
        pdf.ln(_LINE)
    pdf.set_y(top + _height(text))
