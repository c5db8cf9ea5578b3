"""HTML as a person sees it: without scripts, hidden parts and quoted mail; each block on a line of its own."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

# What is longer is cut.
MOST_HTML = 512 * 1024
_FEW_TAGS = 500
_MOST_DEEP = 400
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})[^<>]{0,2000}>")
_VOID = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "source", "p", "li", "td", "tr", "th"}
)

_DROPPED = (
    "script, style, head, title, template, noscript, svg, iframe, object, [hidden], [aria-hidden=true], "
    "blockquote.gmail_quote, div.gmail_quote, .gmail_extra, .yahoo_quoted, blockquote[type=cite], .moz-cite-prefix, "
    "#appendonsend, #divRplyFwdMsg, #mail-editor-reference-message-container, .protonmail_quote, .zmail_extra"
)
_FORWARDED = re.compile(
    r"(?i)forwarded message|mensaje reenviado|mensagem encaminhada|begin forwarded|messaggio inoltrato"
)
_HIDDEN = re.compile(
    r"(?i)display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|mso-hide\s{0,3}:\s{0,3}all|"
    r"font-size\s{0,3}:\s{0,3}0(?:\.0{1,3})?(?:px|pt|em|%|\s|;|$)|opacity\s{0,3}:\s{0,3}0(?:\.0{1,3})?\s{0,3}(?:;|$)|"
    r"(?:max-)?height\s{0,3}:\s{0,3}0(?:px)?\s{0,3};[^\"]{0,80}overflow\s{0,3}:\s{0,3}hidden"
)
_WHITE = re.compile(
    r"(?i)(?:^|[;\s])color\s{0,3}:\s{0,3}(?:white|#fff(?:fff)?|"
    r"rgb\(\s{0,2}255\s{0,2},\s{0,2}255\s{0,2},\s{0,2}255\s{0,2}\))\s{0,3}(?:;|!|$)"
)
_DARK_GROUND = re.compile(r"(?i)background(?:-color)?\s{0,3}:\s{0,3}(?!white|#fff|transparent|none|inherit)")
_BLOCKS = (
    "p, div, br, li, tr, table, ul, ol, h1, h2, h3, h4, h5, h6, pre, blockquote, "
    "section, article, header, footer, hr, dt, dd"
)
_BLANKS = re.compile(r"[^\S\n]{1,2000}")
_NEWLINES = re.compile(r"\n[ \t]{0,400}(?:\n[ \t]{0,400}){2,400}")


def visible_text(html: str, *, keep_quotes: bool = False) -> str:
    """The text of `html` with a newline for each block. Quoted mail goes too, unless this is a forwarded message."""
    cut = html[:MOST_HTML]
    if cut.count("<") > _FEW_TAGS and _too_deep(cut):
        return _without_tags(cut)
    tree = LexborHTMLParser(cut)
    if tree.body is None:
        return ""
    keep_quotes = keep_quotes or bool(_FORWARDED.search(cut))
    dropped = _DROPPED.split(", blockquote.gmail_quote")[0] if keep_quotes else _DROPPED
    for node in tree.css(dropped):
        if node.tag not in ("body", "html"):
            node.decompose()
    for node in tree.css("[style], font[color]"):
        style = node.attributes.get("style") or ""
        color = (node.attributes.get("color") or "").lower()
        if node.tag not in ("body", "html") and (
            _HIDDEN.search(style)
            or ((_WHITE.search(style) or color in ("white", "#ffffff", "#fff")) and not _DARK_GROUND.search(style))
        ):
            node.decompose()
    for node in tree.css(_BLOCKS):
        node.insert_before("\n")
        if node.tag not in ("br", "hr"):
            node.insert_after("\n")
    for node in tree.css("td, th"):
        node.insert_after(" \t")
    body = tree.body
    text = body.text(deep=True, separator="") if body else ""
    text = _BLANKS.sub(" ", text.replace("\u00a0", " "))
    return _NEWLINES.sub("\n\n", text).strip()


def _too_deep(html: str) -> bool:
    depth = 0
    for tag in _TAG.finditer(html):
        depth += -1 if tag[1] else tag[2].lower() not in _VOID
        if depth > _MOST_DEEP:
            return True
    return False


def _without_tags(html: str) -> str:
    """Thousands of nested elements are no mail, and a tree of them takes long: then the words without their looks."""
    return _BLANKS.sub(" ", _TAG.sub("\n", html)).strip()
