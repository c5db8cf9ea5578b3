"""HTML that is nested too deep for a tree: how it is told, and its words without their looks."""

from __future__ import annotations

import html as entities
import re

from zendesk_gupshup.detect.patterns import regex

_FEW_TAGS = 500
_MOST_DEEP = 400
_TAG = regex(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})[^<>]{0,2000}>")
_VOID = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "source", "p", "li", "td", "tr", "th"}
)


def is_too_deep(html: str) -> bool:
    """Whether elements lie in one another so deep that a tree of them takes too long."""
    if html.count("<") <= _FEW_TAGS:
        return False
    depth = 0
    for tag in _TAG.finditer(html):
        depth += -1 if tag[1] else tag[2].lower() not in _VOID
        if depth > _MOST_DEEP:
            return True
    return False


def without_tags(html: str) -> str:
    """Thousands of nested elements are no mail, and a tree of them takes long: then the words without their looks."""
    return re.sub(r"[^\S\n]{1,2000}", " ", entities.unescape(_TAG.sub("\n", html))).strip()
