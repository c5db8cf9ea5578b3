"""Whether a pattern matches one of its examples."""

from __future__ import annotations

import re

from zendesk_gupshup.detect.scene import fold_same_length


def matches(compiled: re.Pattern[str], example: str) -> bool:
    """As written or as folded; where `[[4004]]` is the number in question, before it or from its end on."""
    return any(_matches(compiled, text) for text in (example, fold_same_length(example)))


def _matches(compiled: re.Pattern[str], text: str) -> bool:
    before, mark, rest = text.partition("[[")
    if not mark:
        return compiled.search(text) is not None
    return bool(compiled.search(before) or compiled.match(rest.partition("]]")[2]))
