"""Numbers masked by kind: no model ever sees a code, so that one of a user's own file is judged like the shipped ones."""

from __future__ import annotations

from functools import lru_cache

from zendesk_gupshup.detect.index import Index
from zendesk_gupshup.detect.patterns import regex

_TOKEN = regex(r"[^\W_]+")
_LONGEST = 24


def tokens(low: str, index: Index) -> list[str]:
    """The words of a folded text; a token with a digit is replaced by its kind."""
    return [
        token if token.isalpha() and len(token) <= _LONGEST else kind_of_number(token, index)
        for token in _TOKEN.findall(low)
    ]


@lru_cache(maxsize=8192)
def kind_of_number(token: str, index: Index) -> str:
    """`<meta6>`, `<own4>`, `<401>`: what a number could be, never which one it is."""
    entries = index.by_number.get(token)
    size = len(token)
    if token in ("401", "403"):
        return f"<{token}>"
    if size == 3 and token.isdigit() and token[0] in "245":
        return f"<{token[0]}xx>"
    if entries:
        namespaces = {entry.error.namespace for entry in entries}
        if "gupshup" in namespaces:
            return "<own4>" if size >= 4 else "<own>"
        if "meta" in namespaces:
            return "<meta6>" if size >= 5 else "<graph>"
        return "<enterprise>" if "gupshup_enterprise" in namespaces else "<onprem>" if size > 2 else "<d>"
    if token.isdigit():
        return f"<d{min(size, 9)}>"
    return "<long>" if token.isalpha() else "<mixed>"


# Kinds of numbers that are seldom anything else: what no rule reports may be one of them.
_TELLING = frozenset({"<own4>", "<meta6>", "<401>", "<403>", "<enterprise>"})


def is_telling(code: str, index: Index) -> bool:
    return kind_of_number(code, index) in _TELLING
