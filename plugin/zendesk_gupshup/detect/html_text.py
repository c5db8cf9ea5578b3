"""HTML as a person sees it."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser


def visible_text(html: str) -> str:
    body = LexborHTMLParser(html[:524288]).body
    return body.text(separator="\n") if body else ""
