"""How Zendesk treats text: tags, the 64 kB cut, Markdown, HTML and plain text."""

from __future__ import annotations

import html
from collections.abc import Iterable
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt

COMMENT_LIMIT = 64 * 1024
_BLOCKS = frozenset(("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "pre", "blockquote", "hr"))
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})


def clean_tags(tags: object) -> list[str]:
    """Lower case, split at spaces, each once, in alphabetical order; a string or a list."""
    words: Iterable[str] = (
        [tags] if isinstance(tags, str) else [str(tag) for tag in tags] if isinstance(tags, list) else []
    )
    return sorted({part for word in words for part in word.lower().replace(",", " ").split()})


def cut(text: str) -> str:
    """At most 64 kB of UTF-8: Zendesk drops the rest and says nothing."""
    raw = text.encode()
    return text if len(raw) <= COMMENT_LIMIT else raw[:COMMENT_LIMIT].decode(errors="ignore")


def html_of(body: str, *, markdown: bool) -> str:
    """`html_body` of a plain comment; only what staff write is read as Markdown."""
    if markdown:
        inner = _MARKDOWN.render(body).strip().replace("<p>", '<p dir="auto">')
    else:
        parts = [part.strip("\n") for part in body.split("\n\n")]
        inner = "\n\n".join(
            '<p dir="auto">' + html.escape(part, quote=False).replace("\n", "\n<br>") + "</p>" for part in parts if part
        )
    return wrapped(inner)


def wrapped(inner: str) -> str:
    return f'<div class="zd-comment" dir="auto">{inner}</div>'


def sanitised(markup: str) -> str:
    return nh3.clean(markup, attributes={**nh3.ALLOWED_ATTRIBUTES, "p": {"dir"}, "div": {"class", "dir"}})


def plain_of(markup: str) -> str:
    """The words of an HTML comment, a line for each block."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    return tidy("".join(reader.parts))


def tidy(text: str) -> str:
    """Lines without spaces at their ends, and never two empty ones together."""
    lines = (line.strip() for line in text.splitlines())
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
