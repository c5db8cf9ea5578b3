"""HTML as a person sees it: without scripts, hidden parts and quoted mail; each block on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from zendesk_gupshup.detect.html_depth import is_too_deep, without_tags
from zendesk_gupshup.detect.html_lines import Flow, quoted, row, spanned
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.sheets import Declarations, Sheets
from zendesk_gupshup.detect.styles import Style, computed
from zendesk_gupshup.text.normalise import fold

# What is longer is cut.
MOST_HTML = 512 * 1024
_NEVER_SHOWN = "script, style, head, title, template, noscript, svg, iframe, object, datalist, noframes, noembed, audio, video, canvas"
_QUOTED_MAIL = (
    "blockquote.gmail_quote, div.gmail_quote, .gmail_extra, .yahoo_quoted, blockquote[type=cite], .moz-cite-prefix, "
    "#appendonsend, #divRplyFwdMsg, #mail-editor-reference-message-container, .protonmail_quote, .zmail_extra"
)
_FORWARDED = pattern("html_text.forwarded")
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend",
        "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead",
        "tr", "ul",
    }
)  # fmt: skip
_BLOCK_DISPLAY = frozenset({"block", "flex", "grid", "list-item", "table", "table-row", "flow-root"})
_CELLS = frozenset({"td", "th"})
_SHOWS_NO_VALUE = frozenset({"hidden", "password", "checkbox", "radio", "file", "image", "color", "range"})
_NO_MARGIN = regex(r"0(?:[a-z%]{1,3})?(?:\s|$)")


@dataclass(frozen=True)
class Page:
    """What is seen of a page, and what is not."""

    text: str
    # Words of quoted mail.
    quoted: int = 0
    # Switched off (`display: none`), and only made to look like nothing (white on white).
    hidden: str = ""
    faint: int = 0


def visible_text(html: str, *, keep_quotes: bool = False) -> str:
    """The text of `html` with a newline for each block. Quoted mail goes too, unless this is a forwarded message."""
    return page(html, keep_quotes=keep_quotes).text


def page(html: str, *, keep_quotes: bool = False) -> Page:
    cut = html[:MOST_HTML]
    if is_too_deep(cut):
        return Page(without_tags(cut))
    tree = LexborHTMLParser(cut)
    if tree.body is None:
        return Page("")
    sheets = Sheets(node.text(deep=True) for node in tree.css("style"))
    for node in tree.css(_NEVER_SHOWN):
        node.decompose()
    keep_quotes = keep_quotes or bool(_FORWARDED.search(cut))
    left_out = 0
    if not keep_quotes:
        for node in tree.css(_QUOTED_MAIL):
            if node.tag not in ("body", "html"):
                left_out += len(node.text(deep=True, separator=" ").split())
                node.decompose()
    reader = _Reader(sheets, marks_quotes=not keep_quotes, tight=_is_a_paragraph_a_line(tree))
    reader.read(tree.body)
    return Page(
        "\n".join(_without_empty_ends(reader.flow.finished())),
        quoted=left_out,
        hidden=" ".join(" ".join(reader.hidden).split()),
        faint=len(" ".join(reader.faint).split()),
    )


# The page has so much fewer words than the mail's plain text: because its own are few, or because they look like nothing.
_FEWER, _FAR_FEWER = 2, 4


def with_words_of(read: Page, plain: str) -> str:
    """The page's text and, where it has far fewer words than `plain`, what that says beyond it.

    Zendesk keeps in `plain_body` what the page hides: words that are plainly switched off stay out.
    """
    words = len(plain.split())
    known = len(read.text.split()) + read.quoted + len(read.hidden.split())
    if words <= _FAR_FEWER * known and words <= _FEWER * (known + read.faint):
        return read.text
    hidden = f" {fold(read.hidden)} "
    missing = "\n".join(line for line in plain.split("\n") if not line.strip() or f" {fold(line)} " not in hidden)
    said = f" {fold(missing)} "
    own = [line for line in read.text.split("\n") if line.strip() and f" {fold(line)} " not in said]
    return "\n".join((*own, "", missing)) if own else missing


def _without_empty_ends(lines: list[str]) -> list[str]:
    told = [place for place, line in enumerate(lines) if line.strip()]
    return [line.rstrip(" ") for line in lines[told[0] : told[-1] + 1]] if told else []


@dataclass
class _Frame:
    """An element that is open, with the style of its text and, for a cell, a row or a quotation, what it gathers."""

    tag: str
    style: Style
    own: Declarations
    columns: str | None = None
    outer: Flow | None = None
    cells: list[list[str]] | None = None
    number: int | None = None


@dataclass
class _Reader:
    sheets: Sheets
    marks_quotes: bool
    # Each `<p>` is a line, and has no empty one before it.
    tight: bool
    flow: Flow = field(default_factory=Flow)
    hidden: list[str] = field(default_factory=list)
    faint: list[str] = field(default_factory=list)
    open: list[_Frame] = field(default_factory=list)
    _quotes: int = 0

    def read(self, body: LexborNode) -> None:
        """Go down and up the tree without recursion: a page may be as deep as it likes."""
        ancestors = list(_upwards(body))
        for node in reversed(ancestors):
            self._enter(node)
        inner = body.first_child
        if inner is not None:
            self._walk(inner)
        for _ in ancestors:
            self._leave()

    def _walk(self, node: LexborNode) -> None:
        path: list[LexborNode] = []
        while True:
            tag = node.tag
            if tag == "-text":
                self._text(node.text_content or "")
            elif node.is_element_node:
                self._enter(node)
                if tag == "input":
                    self._text(_written_in(node.attributes))
                child = node.first_child
                if child is not None:
                    path.append(node)
                    node = child
                    continue
                self._leave()
            following = node.next
            while following is None:
                if not path:
                    return
                node = path.pop()
                self._leave()
                following = node.next
            node = following

    def _text(self, text: str) -> None:
        frame = self.open[-1]
        if frame.style.shows_text:
            self.flow.add(text, keeps_blanks=frame.style.keeps_blanks)
        elif not text.isspace():
            (self.hidden if frame.style.surely or not frame.style.visible else self.faint).append(text)

    def _enter(self, node: LexborNode) -> None:
        tag, attributes = str(node.tag), node.attributes
        above = self.open[-1].style if self.open else Style()
        if above.gone:
            self.open.append(_Frame(tag, above, {}))
            return
        own = self.sheets.of(tag, attributes)
        frame = _Frame(tag, computed(tag, attributes, own, above), own)
        if not frame.style.gone:
            self._begin(frame, attributes)
        self.open.append(frame)

    def _begin(self, frame: _Frame, attributes: dict[str, str | None]) -> None:
        tag, flow = frame.tag, self.flow
        if tag == "br":
            flow.line_break()
        elif tag in _CELLS and self.open and self.open[-1].cells is not None:
            frame.outer, frame.columns, self.flow = flow, attributes.get("colspan"), Flow()
        elif tag == "tr":
            flow.block()
            frame.cells = []
        elif tag == "blockquote" and self._is_quotation(frame, attributes):
            flow.block()
            frame.outer, self.flow = flow, Flow()
            self._quotes += 1
        elif tag == "p" and not self.tight and not _is_tight(frame.own, attributes):
            flow.paragraph()
        elif tag == "li":
            flow.item(self._mark())
        elif tag in ("sup", "sub"):
            flow.blank()
        elif _is_block(frame):
            flow.block()
        if tag == "ol":
            start = attributes.get("start") or ""
            frame.number = int(start) if start.isascii() and start.isdigit() and len(start) < 4 else 1

    def _leave(self) -> None:
        frame = self.open.pop()
        if frame.style.gone:
            return
        if frame.outer is not None:
            lines, self.flow = self.flow.finished(), frame.outer
            if frame.tag == "blockquote":
                self._quotes -= 1
                self.flow.take(quoted(lines))
            else:
                row_of_it = self.open[-1].cells
                if row_of_it is not None:
                    row_of_it += spanned(lines, frame.columns)
        elif frame.cells is not None:
            self.flow.take(row(frame.cells))
        elif frame.tag == "p":
            self.flow.block()
        elif frame.tag in ("sup", "sub"):
            self.flow.blank()
        elif frame.tag == "li" or _is_block(frame):
            self.flow.item("") if frame.tag == "li" else self.flow.block()

    def _is_quotation(self, frame: _Frame, attributes: dict[str, str | None]) -> bool:
        """Marked once, however deep; a quotation without a rule at its left is a text that was moved to the right."""
        border = frame.own.get("border-left") or frame.own.get("border") or ""
        moved = border.startswith(("none", "0")) and (attributes.get("type") or "").lower() != "cite"
        return self.marks_quotes and not self._quotes and not moved

    def _mark(self) -> str:
        """The list's mark for its next item."""
        around = next((frame for frame in reversed(self.open) if frame.tag in ("ul", "ol", "menu", "dir")), None)
        if around is None or "none" in (around.own.get("list-style-type", ""), around.own.get("list-style", "")):
            return ""
        if around.number is None or around.number > _MOST_NUMBERED:
            return "- "
        around.number += 1
        return f"{around.number - 1}. "


# A number of three digits might be taken for a code.
_MOST_NUMBERED = 99


def _upwards(node: LexborNode | None) -> Iterator[LexborNode]:
    while node is not None and node.is_element_node:
        yield node
        node = node.parent


def _written_in(field: dict[str, str | None]) -> str:
    """What a field of a form shows: nobody sees the value of a tick or of a hidden one."""
    shows = (field.get("type") or "text").lower() not in _SHOWS_NO_VALUE
    return field.get("value") or "" if shows else ""


def _is_block(frame: _Frame) -> bool:
    display = frame.own.get("display", "")
    if display.startswith("inline") or display == "contents":
        return False
    return frame.tag in _BLOCKS or display in _BLOCK_DISPLAY


def _is_a_paragraph_a_line(tree: LexborHTMLParser) -> bool:
    """Where a writer sets paragraphs apart by empty ones, the others are lines."""
    return any(not node.text(deep=True).strip() and node.css_first("img") is None for node in tree.css("p"))


def _is_tight(own: Declarations, attributes: dict[str, str | None]) -> bool:
    """Word and Outlook write a paragraph a line; others take the margin away."""
    if (attributes.get("class") or "").startswith("Mso"):
        return True
    return bool(_NO_MARGIN.match(own.get("margin", "")) or _NO_MARGIN.match(own.get("margin-top", "")))
