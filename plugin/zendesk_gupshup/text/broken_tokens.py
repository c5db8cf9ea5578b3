"""Keys that the end of a line or a blank broke into pieces, and the edits that make one token of them again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zendesk_gupshup.text.decoding import Edit
from zendesk_gupshup.text.random_strings import is_odd
from zendesk_gupshup.text.randomness import drawn

_LINE_END = re.compile(
    r"(?<=[A-Za-z0-9_=+/.-])[ \t]{0,3}(?:\r?\n|<br ?/?>\n?|\\{1,8}r?\\{0,8}n)[ \t]{0,20}"
    r"(?:(?:>|\|)[ \t]?){0,6}(?=[A-Za-z0-9_+/.-])"
)
_WIDE = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
_DIGITED = r"(?=[A-Za-z]{0,60}[0-9])[A-Za-z0-9]{3,60}"
_GROUPED = re.compile(
    rf"(?<![A-Za-z0-9_])(?:sk_|EAA)?(?:{_DIGITED}|[0-9a-f]{{3,60}})"
    rf"(?: {{1,2}}(?:{_DIGITED}|[0-9a-f]{{3,60}}(?![A-Za-z0-9]))){{1,15}}(?![A-Za-z0-9_])"
)
# No prose has these between letters and digits, but for a number and its unit.
_WIDELY_GROUPED = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z0-9_]{{1,60}}(?:[{_WIDE}][A-Za-z0-9_]{{1,60}}){{1,60}}(?![A-Za-z0-9])"
)
# A picture's words, read in groups.
_EVENLY_GROUPED = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z0-9]{8}(?: [A-Za-z0-9]{8}){3}|[A-Za-z0-9]{16} [A-Za-z0-9]{16}|"
    r"[A-Za-z0-9]{4}(?: [A-Za-z0-9]{4}){7})(?![A-Za-z0-9])"
)
# What the last two never lack: a wide blank, and so many letters and digits between single blanks.
_WIDE_BLANK = re.compile(f"[{_WIDE}]")
_EVEN = tuple(b" ".join([b"x" * size] * count) for size, count in ((8, 4), (16, 2), (4, 8)))
_ALNUM = bytes(
    b"x"[0] if chr(code).isascii() and chr(code).isalnum() else 32 if code == 32 else b"."[0] for code in range(256)
)
_BLANKS = re.compile(f"[ {_WIDE}]+")
_TOKEN = re.compile(r"[A-Za-z0-9_=+/.-]+")
_OF_TOKENS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_=+/.-"
_MOST_BEFORE = 200
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KNOWN = re.compile(r"sk_|EAA|eyJ|wamid\.|gBEG|ABEG|gBGG")
_KEY_SIZES = frozenset({32, 40, 48, 64})
_LEAST = 24
_MOST = 4096


def joined(text: str) -> Iterator[Edit]:
    edits = [*_over_lines(text), *_over_blanks(text)]
    at = 0
    for start, end, instead in sorted(edits):
        if start >= at:
            yield start, end, instead
            at = end


def _over_lines(text: str) -> Iterator[Edit]:
    left, joined_at = "", -1
    for found in _LINE_END.finditer(text):
        begin, end = found.span()
        before = text[max(0, begin - _MOST_BEFORE) : begin]
        piece = before[len(before.rstrip(_OF_TOKENS)) :]
        start = begin - len(piece)
        goes_on = joined_at == start
        alone = start == 0 or text[start - 1] in "\n> |"
        left = (left + piece)[-_MOST:] if goes_on else piece
        right = _TOKEN.match(text, end, end + 400)
        if right is None:
            continue
        behind = text[right.end() : right.end() + 1]
        if behind in ("", "\n", "\r", " ", "\t", '"', "'", "<", ")", "\\", "`", "}", "]", ",", "&", ";") and _is_one(
            left, right[0].rstrip("."), alone=alone and behind in ("", "\n", "\r", ","), separated=behind in (",", ";")
        ):
            joined_at = end
            yield begin, end, ""


def _is_one(left: str, right: str, *, alone: bool, separated: bool) -> bool:
    """Whether two runs were one token: neither a word nor an id of its own, and no two lines of a list."""
    if len(left) < 4 or len(right) < 2 or (len(left) + len(right) < _LEAST and not _KNOWN.search(left)):
        return False
    if _UUID.search(left) or _UUID.search(right):
        return False
    if _KNOWN.match(right):
        return False  # a token of its own
    tail = re.split(r"[=/]", left.rstrip("="))[-1].removeprefix("sk_")
    if len(tail) + len(right) in _KEY_SIZES and _is_hex(tail + right) and len(right) >= 4:
        return True
    if re.search(r"[=:]", right.rstrip("=")) and not _KNOWN.match(left):
        return False
    if _KNOWN.search(left):
        return _is_mixed(right) or (len(left) >= 40 and re.search(r"[a-z][A-Z]|[A-Za-z][_-]", right) is not None)
    if alone and abs(len(left) - len(right)) <= 1:
        return False
    return not separated and len(tail) + len(right) >= _LEAST and _is_mixed(tail) and _is_mixed(right)


def _is_hex(run: str) -> bool:
    return re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", run) is not None and not run.isdigit() and not run.isalpha()


def _is_mixed(run: str) -> bool:
    """Letters and digits in turn, or capitals amid a word: no word, number, date or name."""
    if len(re.findall(r"[0-9]+", run)) >= 2 and any(c.isalpha() for c in run):
        return True
    if any(c.isdigit() for c in run) and any(c.isalpha() for c in run):
        return re.fullmatch(r"[A-Z]?[a-z]{3,}[0-9]{1,8}|[A-Z]{1,6}[0-9]{1,8}", run) is None
    return any(is_odd(part) for part in re.findall("[A-Za-z]{4,}", run))


def _over_blanks(text: str) -> Iterator[Edit]:
    """`9f86d081 884c7d65 …`: groups of one key. Lists of order numbers have no key's length and letters beyond `f`."""
    for pattern in _patterns_of_groups(text):
        for found in pattern.finditer(text):
            if _is_grouped(_BLANKS.split(found[0]), widely=pattern is _WIDELY_GROUPED):
                for blank in _BLANKS.finditer(text, *found.span()):
                    yield blank.start(), blank.end(), ""


def _patterns_of_groups(text: str) -> Iterator[re.Pattern[str]]:
    """Most texts have neither a wide blank nor groups of one size."""
    yield _GROUPED
    form = text.encode("latin-1", "replace").translate(_ALNUM)
    if any(even in form for even in _EVEN):
        yield _EVENLY_GROUPED
    if not text.isascii() and _WIDE_BLANK.search(text):
        yield _WIDELY_GROUPED


def _is_grouped(groups: list[str], *, widely: bool) -> bool:
    whole = "".join(groups)
    if any(_KNOWN.match(group) for group in groups[1:]):
        return False  # two tokens, one beside the other
    if len(whole) < _LEAST or not any(c.isdigit() for c in whole) or not any(c.isalpha() for c in whole):
        return False
    if widely:
        odd = sum(len(group) for group in groups if any(c.isdigit() for c in group))
        return sum(c.isalpha() for c in whole) >= 4 and (2 * odd >= len(whole) or drawn("_".join(groups)) > 0)
    bare = whole.removeprefix("sk_")
    key = _is_hex(bare) or (len({len(group) for group in groups}) == 1 and drawn(bare) > 0)
    return _KNOWN.match(whole) is not None or (key and len(bare) in _KEY_SIZES)
