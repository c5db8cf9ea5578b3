"""Long texts cut to what is read or shown, and never through a key: the half of one is known as none."""

from __future__ import annotations

from zendesk_gupshup.text.redaction import masked_spans

# No secret with its label is longer.
_AROUND = 4000
# A table's head, which labels the cells at its end.
_HEAD = 2000


def beginning(text: str, most: int) -> str:
    """At most the first `most` characters; what the cut would part goes whole."""
    if len(text) <= most:
        return text
    first = max(0, most - _AROUND)
    around = text[first : most + _AROUND]
    return text[: min((first + s.start for s in masked_spans(around) if s.start < most - first < s.end), default=most)]


def ellipsized(text: str, most: int) -> str:
    """At most `most` characters with an ellipsis at the end, cut at a blank where one is not too far back."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    blank = -1 if text[most - 1].isspace() else cut.rfind(" ")
    return f"{(cut if blank < most // 2 else cut[:blank]).rstrip()}…"


def both_ends(text: str, most: int, between: str = "\n") -> str:
    """At most `most` characters, those in the middle left out; what belongs to words that went is masked."""
    if len(text) <= most:
        return text
    half = (most - len(between)) // 2
    head = beginning(text, half)
    cut = len(text) - half
    labels = text[: min(_HEAD, text.find("\n") + 1)]
    first = max(0, cut - _AROUND)
    # From a line's begin, as the end of one is no row of a table.
    first = max(first, text.find("\n", first, cut - _AROUND // 2) + 1)
    around = labels + text[first:]
    # Places in `around`.
    at, parts = len(labels) + cut - first, list[str]()
    for span in masked_spans(around):
        if span.end > at:
            parts += (around[at : max(at, span.start)], span.instead)
            at = span.end
    return f"{head}{between}{''.join((*parts, around[at:]))}"[:most]


def unfinished(text: str) -> str:
    """The beginning of a text whose end is not known: without its last two lines, which may hold half a key."""
    lines = text[-_AROUND:].rsplit("\n", 2)
    return text[: len(text) - min(len(text), _AROUND, sum(map(len, lines[1:])) + 2 if len(lines) > 2 else _AROUND)]
