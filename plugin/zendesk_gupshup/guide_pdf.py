"""The owner's guide as a PDF, drawn from the Markdown that the templates give: the same text, the same bytes.

PDF's own fonts know the letters of Western European languages (cp1252). Anything else is spelled with those, visibly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from markdown_it.token import Token

from .markup import markdown, reveal

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = "Helvetica"
_INK = (33, 37, 41)
_ACCENT = (11, 87, 122)
_PAPER = (238, 245, 248)
_LINE = 5.2
_INDENT = 7.0
# A heading must have this much of its section below it on the page.
_KEEP_TOGETHER = 32.0

# What decomposing into letter and accent does not reach.
_SPELLED = str.maketrans(
    {
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N",
        "ĸ": "k", "ə": "e", "Ə": "E", "ẞ": "SS", "→": "->", "←": "<-", "⇒": "=>", "≥": ">=", "≤": "<=", "≠": "!=",
        "−": "-", "‑": "-", "‒": "-", "―": "-", "⁠": "", "\u200b": "", "\u200c": "", "\u200d": "", "\ufe0f": "",
        "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "✓": "v", "✔": "v", "✗": "x", "⚠": "(!)",
    }
)  # fmt: skip


def guide_pdf(source: str, created: datetime | None = None) -> bytes:
    """Headings, paragraphs, lists and quotations (drawn as boxes) of a rendered guide; `created` stands in the file."""
    # Loaded here: it brings PIL and urllib, which nobody needs who only reads or decides.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "cp1252"
    pdf.set_creation_date(created or datetime(2000, 1, 1, tzinfo=UTC))
    pdf.set_producer("zendesk-gupshup")
    pdf.set_margins(20, 18, 20)
    pdf.c_margin = 0  # cells hold single words here, and words stand close
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
    pdf.set_text_color(*_INK)
    tokens = markdown().parse(source)
    title = next((spell(_plain(t)) for t in tokens if t.type == "inline"), "")
    pdf.set_title(title)
    _draw(pdf, tokens)
    return bytes(pdf.output())


def spell(text: str) -> str:
    """`text` with cp1252's letters alone: accents that it lacks are dropped, other scripts become `?`."""
    return "".join(_letter(c) for c in unicodedata.normalize("NFC", text).translate(_SPELLED))


def _letter(character: str) -> str:
    for form in (character, *_base(character)):
        try:
            form.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return form
    return "" if unicodedata.combining(character) else "?"


def _base(character: str) -> Iterator[str]:
    decomposed = unicodedata.normalize("NFKD", character)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPELLED)
    if plain:
        yield plain


def _plain(inline: Token) -> str:
    breaks = ("softbreak", "hardbreak")
    return "".join(" " if t.type in breaks else reveal(t.content) for t in inline.children or () if _is_visible(t))


def _is_visible(token: Token) -> bool:
    return token.type in ("text", "code_inline", "softbreak", "hardbreak")


def _draw(pdf: FPDF, tokens: list[Token]) -> None:
    numbers: list[int | None] = []
    quoted: list[str] | None = None
    heading = ""
    for token in tokens:
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
                quoted.append(spell(_plain(token)))
            case "inline" if heading:
                _heading(pdf, heading, spell(_plain(token)))
            case "inline":
                _paragraph(pdf, token, len(numbers))
            case "hr":
                pdf.set_draw_color(*_ACCENT)
                pdf.line(pdf.l_margin, pdf.get_y() + 1, pdf.w - pdf.r_margin, pdf.get_y() + 1)
                pdf.ln(4)


def _heading(pdf: FPDF, tag: str, text: str) -> None:
    pdf.set_text_color(*_ACCENT)
    if tag == "h1":
        pdf.set_font(_FONT, "B", 18)
        pdf.multi_cell(0, 8.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.set_draw_color(*_ACCENT)
        pdf.set_line_width(0.6)
        pdf.line(pdf.l_margin, pdf.get_y() + 1.5, pdf.w - pdf.r_margin, pdf.get_y() + 1.5)
        pdf.ln(6)
    else:
        if pdf.get_y() > pdf.h - pdf.b_margin - _KEEP_TOGETHER:
            pdf.add_page()
        pdf.ln(2.5)
        pdf.set_font(_FONT, "B", 12.5)
        pdf.multi_cell(0, 6.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(1)
    pdf.set_text_color(*_INK)


def _bullet(pdf: FPDF, numbers: list[int | None]) -> None:
    number = numbers[-1]
    mark = "•" if number is None else f"{number}."
    if number is not None:
        numbers[-1] = number + 1
    pdf.set_font(_FONT, "" if number is None else "B", 10.5)
    pdf.set_x(pdf.l_margin + _INDENT * (len(numbers) - 1) + 1)
    if pdf.get_y() > pdf.h - pdf.b_margin - _LINE:
        pdf.add_page()
        pdf.set_x(pdf.l_margin + _INDENT * (len(numbers) - 1) + 1)
    pdf.cell(_INDENT, _LINE, mark, new_x="RIGHT", new_y="TOP")


_MOST_WIDTHS = 4096
_WIDTHS: dict[tuple[str, str], float] = {}


@dataclass(frozen=True)
class _Run:
    """Characters without a blank among them, in one style."""

    text: str
    style: str
    link: str


def _paragraph(pdf: FPDF, inline: Token, depth: int) -> None:
    """Words in their styles, wrapped here: fpdf's own `write` breaks a word where its style begins."""
    left = pdf.l_margin + _INDENT * depth
    right = pdf.w - pdf.r_margin
    pdf.set_x(left)
    for word in _words(inline):
        width = sum(_width(pdf, run) for run in word)
        blank = _width(pdf, _Run(" ", word[0].style, "")) if pdf.get_x() > left else 0.0
        if pdf.get_x() + blank + width > right and pdf.get_x() > left:
            pdf.ln(_LINE)
            pdf.set_x(left)
        else:
            pdf.set_x(pdf.get_x() + blank)
        for run in word:
            _write(pdf, run, left, right)
    pdf.ln(_LINE + (1.0 if depth else 2.2))


def _width(pdf: FPDF, run: _Run) -> float:
    """Millimetres; the guide's own words are measured once, not in every guide."""
    known = _WIDTHS.get((run.style, run.text))
    if known is None:
        pdf.set_font(_FONT, run.style, 10.5)
        known = float(pdf.get_string_width(run.text))
        if len(_WIDTHS) < _MOST_WIDTHS:
            _WIDTHS[run.style, run.text] = known
    return known


def _write(pdf: FPDF, run: _Run, left: float, right: float) -> None:
    """One run, in pieces where no line can hold it."""
    pdf.set_text_color(*(_ACCENT if run.link else _INK))
    pdf.set_font(_FONT, run.style, 10.5)
    rest = run.text
    while rest:
        fits = len(rest)
        while fits > 1 and _width(pdf, _Run(rest[:fits], run.style, "")) > right - pdf.get_x():
            fits -= 1
        width = _width(pdf, _Run(rest[:fits], run.style, ""))
        if pdf.get_y() > pdf.h - pdf.b_margin - _LINE:
            x = pdf.get_x()
            pdf.add_page()
            pdf.set_x(x)
        pdf.cell(width, _LINE, rest[:fits], link=run.link, new_x="RIGHT", new_y="TOP")
        rest = rest[fits:]
        if rest:
            pdf.ln(_LINE)
            pdf.set_x(left)
    pdf.set_text_color(*_INK)


def _words(inline: Token) -> Iterator[list[_Run]]:
    word: list[_Run] = []
    for token, style, link in _styled(inline):
        text = " " if token.type in ("softbreak", "hardbreak") else spell(reveal(token.content))
        for number, part in enumerate(text.split(" ")):
            if number and word:
                yield word
                word = []
            if part:
                word.append(_Run(part, style, link))
    if word:
        yield word


def _styled(inline: Token) -> Iterator[tuple[Token, str, str]]:
    bold = italic = 0
    link = ""
    for token in inline.children or ():
        bold += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        italic += {"em_open": 1, "em_close": -1}.get(token.type, 0)
        if token.type in ("link_open", "link_close"):
            link = str(token.attrGet("href") or "") if token.type == "link_open" else ""
        if _is_visible(token):
            yield token, ("B" if bold else "") + ("I" if italic else ""), link


def _box(pdf: FPDF, paragraphs: list[str]) -> None:
    """A quotation in a box, on one page where one page can hold it."""
    pdf.set_font(_FONT, "", 10.5)
    pdf.set_fill_color(*_PAPER)
    pdf.set_draw_color(*_ACCENT)
    pdf.set_line_width(0.3)
    with pdf.unbreakable() as whole:
        whole.multi_cell(
            0, _LINE, "\n\n".join(paragraphs), border=1, fill=True, align="L", padding=3, new_x="LMARGIN", new_y="NEXT"
        )
    pdf.ln(3)
