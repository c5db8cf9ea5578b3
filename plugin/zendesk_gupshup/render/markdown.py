"""Text of strangers into Markdown, HTML and plain text: what a customer wrote is shown, and never read as markup.

A value that a template inserts travels through Jinja and Markdown as a token of private-use characters and hex digits,
which neither of them can read anything into, and becomes text again at the very end. Escaping punctuation instead
would need to know whether the value lands in a paragraph, a code span or a link.
"""

from __future__ import annotations

import html
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.outcome_reasons import Notice
from zendesk_gupshup.text.truncation import ellipsized

from .reasons import in_words

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Zendesk cuts a comment at 64 kB without a word (https://support.zendesk.com/hc/en-us/articles/4408822451482); the
# difference is for the wrapping that Zendesk adds.
COMMENT_BYTES = 60_000

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "h2", "h3", "h4", "a", "hr"}

# Controls, surrogates, private use and unassigned; the Unicode marks that turn the reading direction go by name.
_DROPPED = frozenset({"Cc", "Cs", "Co", "Cn"})
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

_TOKEN = re.compile("\ue000((?:[0-9a-f]{2})*)\ue001", re.IGNORECASE)
# A value's place in a text's shape, and that of a long link, such as the one to the filled-in form.
_PLACE = re.compile("\ue002([0-9]+)\ue003")
_LINK_PLACE = re.compile(r"https://link-([0-9]{1,4})\.zendesk-gupshup\.invalid/")
_LONG_LINK = r"(?<=\]\()(https://[a-z0-9.-]+/(?:[A-Za-z0-9._~:/?#@!$&*+,;=-]|%[0-9A-F]{2}){200,})(?=\))"
_VALUE_OR_LINK = re.compile(f"{_TOKEN.pattern}|{_LONG_LINK}", re.IGNORECASE)
# So many shapes are kept: a text has one for each combination of what a ticket tells and what it does not.
_SHAPES = 64
_PLACEHOLDER = re.compile(r"\{(?=[{%])")


def clean(text: str, limit: int = 400) -> str:
    """One line without control characters and direction marks, at most `limit` characters, cut at a blank by `…`."""
    # Four times the limit is read: enough to fill it after dropping, and 100 kB of a stranger's do no work.
    line = " ".join(_printable(text[: limit * 4 + 100]).split())
    return ellipsized(line, limit)


def clean_lines(text: str) -> str:
    """As `clean`, but line by line and uncut: for texts of several lines that we wrote."""
    return "\n".join(_printable(line).rstrip() for line in text.splitlines())


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(r"\s", " ", text)
    return "".join(c for c in text if unicodedata.category(c) not in _DROPPED and c not in _DIRECTION)


def inert(text: str) -> str:
    """`{{…}}` and `{%…%}` with a word joiner inside, so that Zendesk does not fill in what a customer wrote.

    https://support.zendesk.com/hc/en-us/articles/4408886858138: placeholders in an agent's comment are expanded, and
    we write as an agent.
    """
    return _PLACEHOLDER.sub("{\u2060", text)


def reveal(text: str, show: Callable[[str], str] = str) -> str:
    """`text` with the values of `protect` in their places."""
    return _TOKEN.sub(lambda match: show(bytes.fromhex(match[1]).decode()), text)


_ONE_AT_A_TIME = threading.Lock()


@cache
def markdown() -> MarkdownIt:
    """CommonMark without HTML, images and automatic links: what a template's author needs, and no more.

    It has read a text before anybody gets it. mdurl's tables of characters and markdown-it's lists of rules are made at
    first use, and another thread sees them while they are still half empty: an `IndexError`, or a text without markup.
    """
    # Only a text needs it; a run that only tags writes none.
    from markdown_it import MarkdownIt

    with _ONE_AT_A_TIME:
        made = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline", "autolink"])
        made.render("[a](https://example.com/ 'b')")
        return made


@dataclass(frozen=True)
class Parsed:
    """Markdown as tokens, which many texts share and nobody may change, with numbers for the values of this one."""

    tokens: tuple[Token, ...]
    values: tuple[str, ...]

    def shown(self, text: str) -> str:
        """A token's text with the values in their places."""
        return _PLACE.sub(lambda match: self.values[int(match[1])], text)

    def link(self, url: str) -> str:
        return _LINK_PLACE.sub(lambda match: _value(self.values, match), url)


def parsed(source: str) -> Parsed:
    """The source read as Markdown, by its shape: what many tickets' texts have in common is read once."""
    shape, values = _shape(source)
    return Parsed(_tokens(shape), values)


def _shape(source: str) -> tuple[str, tuple[str, ...]]:
    """The source with numbers in place of protected values and long links, and these."""
    values: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        link = match[2]
        values.append(link or bytes.fromhex(match[1]).decode(errors="replace"))
        number = len(values) - 1
        return f"https://link-{number}.zendesk-gupshup.invalid/" if link else f"\ue002{number}\ue003"

    # What is not ours to put there would be taken for a place.
    source = source.replace("\ue002", "").replace("\ue003", "")
    return _VALUE_OR_LINK.sub(numbered, source), tuple(values)


@lru_cache(_SHAPES)
def _tokens(shape: str) -> tuple[Token, ...]:
    return tuple(markdown().parse(shape))


def to_html(source: str, language: Language, blocks: Iterable[tuple[str, str]] = (), limit: int = COMMENT_BYTES) -> str:
    """Sanitised HTML of at most `limit` bytes; each of `blocks` (a line of the source, HTML of ours) stands in whole.

    Cutting happens between blocks of the text, so that the HTML stays well-formed, and is marked.
    """
    whole = dict(blocks)
    shape, values = _shape(source)
    parts: list[str] = []
    cut = in_words(Notice.CUT(), language)
    room = limit - len(cut.encode()) - len("<p></p>")
    for line, made in _blocks(shape):
        part = whole[line] if line in whole else inert(_filled(_linked(made, values), values)).strip()
        room -= len(part.encode()) + 1
        if room < 0:
            parts.append(f"<p>{cut}</p>")
            break
        parts.append(part)
    return "\n".join(part for part in parts if part)


@lru_cache(_SHAPES)
def _blocks(shape: str) -> tuple[tuple[str | None, str], ...]:
    """Each top-level block's line, where it has but one, and its HTML, sanitised before any value is in it.

    A value stands in text alone: an attribute that held one is gone, or has its place percent-encoded.
    """
    groups = list(_groups(markdown().parse(shape)))
    return tuple(
        (
            tokens[1].content if len(tokens) == 3 else None,
            sanitised(markdown().renderer.render(tokens, markdown().options, {})),
        )
        for tokens in groups
    )


def _linked(made: str, values: tuple[str, ...]) -> str:
    return _LINK_PLACE.sub(lambda match: html.escape(_value(values, match)), made)


def _value(values: tuple[str, ...], match: re.Match[str]) -> str:
    """The link of this number, or, where a template has made one up, that."""
    number = int(match[1])
    return values[number] if number < len(values) else match[0]


def _filled(made: str, values: tuple[str, ...]) -> str:
    # As nh3 writes text.
    return _PLACE.sub(lambda m: html.escape(values[int(m[1])], quote=False).replace("\xa0", "&nbsp;"), made)


def sanitised(text: str) -> str:
    """Only the tags that our texts use, and links to https and mail addresses."""
    import nh3

    return nh3.clean(
        text, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, url_schemes={"https", "mailto"}, link_rel=None
    )


def _groups(tokens: list[Token]) -> Iterable[list[Token]]:
    """The tokens of each top-level block."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []


def to_text(source: str) -> str:
    """A rendered plain-text template: values shown, at most one empty line in a row."""
    text = inert(reveal(source))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip("\n") + "\n"
