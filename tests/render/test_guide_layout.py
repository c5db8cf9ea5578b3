"""The guide on its page: which words stand on which line, where each line and each link lies, and in what fonts."""

from __future__ import annotations

import io
from typing import Any

from pypdf import PdfReader

from zendesk_gupshup.render import pdf_lines
from zendesk_gupshup.render.pdf import guide_pdf

SOURCE = """# Guide for the owner

Sign in to **support.gupshup.io**(*only*) and use [this **filled** link](https://support.gupshup.io/a?b=%281%29).

## 1. What to do, in so many words that the heading of this section takes more than a line of the page

1. Ask.
   - Nested: (a) \\\\ b.

> A quotation of two lines, which is long enough for it, since the second one begins somewhere near these words here.
>
> And a second paragraph.
"""
# Points from the lower left corner of an A4 page, as PDF counts.
LINES = [
    (56.69, 773.42, "Guide for the owner"),
    (56.69, 739.24, "Sign in to support.gupshup.io(only) and use this filled link."),
    (56.69, 708.74, "1. What to do, in so many words that the heading of this section takes more than"),
    (56.69, 690.31, "a line of the page"),
    (59.53, 671.5, "1."),
    (76.54, 671.5, "Ask."),
    (79.37, 653.92, "•"),
    (96.38, 653.92, "Nested: (a) \\ b."),
    (65.2, 621.04, "A quotation of two lines, which is long enough for it, since the second one begins somewhere near"),
    (65.2, 606.3, "these words here."),
    (65.2, 576.82, "And a second paragraph."),
]
ADDRESS = "https://support.gupshup.io/a?b=%281%29"
LINKS = [(271.42, 737.14, ADDRESS), (287.76, 737.14, ADDRESS), (315.18, 737.14, ADDRESS)]
FONTS = {"/Helvetica", "/Helvetica-Bold", "/Helvetica-Oblique"}


def _lines(content: bytes) -> list[tuple[float, float, str]]:
    """Where each text object begins, and its words."""
    found: dict[tuple[float, float], str] = {}

    def visit(text: str, _: object, place: list[float], *__: object) -> None:
        if text.strip():
            at = round(place[4], 2), round(place[5], 2)
            found[at] = found.get(at, "") + text.strip("\n")

    PdfReader(io.BytesIO(content)).pages[0].extract_text(visitor_text=visit)
    return [(*at, text.strip()) for at, text in found.items()]


def _links(content: bytes) -> list[tuple[float, float, str]]:
    annotations = PdfReader(io.BytesIO(content)).pages[0].annotations or ()
    links = [link.get_object() for link in annotations]
    return [(round(float(x["/Rect"][0]), 2), round(float(x["/Rect"][1]), 2), str(x["/A"]["/URI"])) for x in links]


def test_lines_links_and_fonts_lie_where_they_belong() -> None:
    made = guide_pdf(SOURCE)
    assert _lines(made) == LINES
    assert _links(made) == LINKS
    fonts: Any = PdfReader(io.BytesIO(made)).pages[0]["/Resources"]
    assert {str(font.get_object()["/BaseFont"]) for font in fonts["/Font"].values()} == FONTS


def test_a_word_that_no_line_holds_is_cut_and_loses_nothing() -> None:
    word = "".join(chr(ord("a") + n % 26) for n in range(300))
    pieces = [text for _, _, text in _lines(guide_pdf(f"# T\n\n**{word[:150]}**{word[150:]}"))[1:]]
    assert len(pieces) > 2
    assert "".join(pieces) == word


def test_lines_that_are_known_are_drawn_as_new_ones() -> None:
    other = guide_pdf(SOURCE.replace("only", "nobody"))
    known = guide_pdf(SOURCE)
    pdf_lines.lines.cache_clear()
    assert guide_pdf(SOURCE) == known != other
