"""A text as its reader sees it, for the rules of masking: one piece where a key was broken, plain where it was encoded.

Characters that nobody sees go, and so do tags inside a word, a shell's or a mail's line continuation, and the line
break inside a token. Entities, percent signs and JSON's escapes become what they stand for, look-alike letters the
Latin ones. Every place in the result is known as a place in the text itself.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zendesk_gupshup.text.random_strings import is_odd
from zendesk_gupshup.text.randomness import drawn

# From, to, and what stands there instead: nothing, or one character.
_Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Unfolded:
    """`text` is what a reader sees; `place` leads back to where it was written."""

    text: str
    # The steps, the last one first: where each of its pieces begins, here and there.
    _steps: tuple[_Step, ...] = ()

    def place(self, start: int, end: int) -> tuple[int, int]:
        for step in self._steps:
            start, end = step.start(start), step.end(end)
        return start, end


@dataclass(frozen=True)
class _Step:
    # Places behind each edit, here and there.
    here: list[int]
    there: list[int]
    # Where an edit left a character: its place here, and from where to where the edit reaches there.
    kept: dict[int, tuple[int, int]]

    def start(self, place: int) -> int:
        if place in self.kept:
            return self.kept[place][0]
        at = bisect_right(self.here, place) - 1
        return self.there[at] + place - self.here[at]

    def end(self, place: int) -> int:
        """Behind the last character, so that what is cut out after it stays."""
        if place == 0:
            return 0
        return self.kept[place - 1][1] if place - 1 in self.kept else self.start(place - 1) + 1


def unfolded(text: str) -> Unfolded:
    """Nothing is copied where nothing is broken or encoded, which is most texts."""
    steps: list[_Step] = []
    seen = text if text.isascii() else _in_latin(text)
    # What an entity or an escape stands for may be a tag or another escape: `&amp;shy;`, `\\u003cwbr\\u003e`.
    for _ in range(4):
        if not _HINT.search(seen):
            break
        edits = list(_decoded(seen))
        if not edits:
            break
        seen, step = _edited(seen, edits)
        seen = seen if seen.isascii() else _in_latin(seen)
        steps.append(step)
    if edits := list(_joined(seen)):
        seen, step = _edited(seen, edits)
        steps.append(step)
    return Unfolded(seen, tuple(reversed(steps)))


def _edited(text: str, edits: Iterable[_Edit]) -> tuple[str, _Step]:
    parts: list[str] = []
    here, there, kept = [0], [0], dict[int, tuple[int, int]]()
    at = size = 0
    for start, end, instead in edits:
        parts += (text[at:start], instead)
        size += start - at
        if instead:
            kept[size] = (start, end)
        size += len(instead)
        if here[-1] == size:
            there[-1] = end
        else:
            here.append(size)
            there.append(end)
        at = end
    return "".join((*parts, text[at:])), _Step(here, there, kept)


# --- Look-alikes ---------------------------------------------------------------------------------------------

_TWINS = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеорсухіјѕԁһԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινοροτυχѵ",
        "ABESIJKMHOPCTYXaeopcyxijsdhqwlABEZHIKMNOPTYXayivopotuxv",
        strict=True,
    )
)


class _Latin(dict[int, str]):
    """One character for one, so that places stay: Cyrillic and Greek twins, full-width and mathematical letters."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = _TWINS.get(char, char)
        if plain == char and code > 0x2000:
            form = unicodedata.normalize("NFKC", char)
            plain = form if len(form) == 1 and form.isascii() and form.isalnum() else char
        self[code] = plain
        return plain


_LATIN = _Latin()
_MOST_KNOWN = 4096


def _in_latin(text: str) -> str:
    if len(_LATIN) > _MOST_KNOWN:
        _LATIN.clear()
    return text.translate(_LATIN)


# --- What is encoded, and what nobody sees --------------------------------------------------------------------

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f"
)
_HINT = re.compile(rf"[{_UNSEEN}\\&%^`<]|\"\"|=(?:\r?\n|3D|[CDE][0-9A-F]=)")
_INLINE = r"</?(?:b|i|u|s|em|strong|span|font|code|mark|small|wbr|a|tt|kbd|bdi|bdo|nobr)(?:[\s/][^<>]{0,200})?>"
# Quoted-printable's line break within a line.
_SOFT = re.compile(r"(?<=[^=\n])=\r?\n(?P<quoted>(?:>[ \t]?){0,4})(?=[^\s=]|=[0-9A-F]{2}|[ \t]\S)")
# A mail that is encoded so has other signs of it, or a line of its full length.
_PRINTABLE = re.compile(r"=3D|=[CD][0-9A-F]=[89AB][0-9A-F]|(?i:quoted-printable)|[^\n]{70}=\r?\n")
# A label is no first half of a key.
_LABEL_AT_END = re.compile(
    r"(?i)(?:key|token|secret|pass(?:w(?:or)?d|code|phrase)?|pwd|contrase(?:ñ|n)a|senha|clave|chave|llave|authorization|"
    r"credentials?|hash|signature|auth)[ \t]?$"
)
_FOLD = re.compile(
    rf"(?P<unseen>[{_UNSEEN}]+)"
    # Inside a word alone: between a label and its value tags part.
    rf"|(?P<tag>(?<=[A-Za-z0-9_=.+/-])(?:{_INLINE}){{1,4}}(?=[A-Za-z0-9_=.+/-]))"
    # A shell's continuation; in JSON a backslash and a line's end are three backslashes, or six, or twelve.
    r"|(?P<wrap>(?<!\\)(?:\\{3}|\\{6}|\\{12}|\\{24})n[ \t]{0,20}|"
    r"(?:[\\^]|(?<=[ \t])`)[ \t]{0,3}\r?\n[ \t]{0,20}(?:>[ \t]?){0,4})"
    # Lines of HTML and of a text within JSON.
    r"|(?P<line>(?:<br\s{0,2}/?>|</(?:p|div|li|h[1-6])>)(?:\r?\n)?|\\{1,64}n)|(?P<space>\\{1,64}[rt])"
    # A quoted field of CSV doubles the quotes in it.
    r"""|(?P<doubled>""(?=[\w\\{\[])|(?<=[\w!#$%&*?.\\}\]])"")"""
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,20});)"
    r"|(?P<escape>\\{1,64}u[0-9a-fA-F]{4})"
    r"""|(?P<slash>\\{1,64}(?=["'/]))"""
    r"|(?P<percent>(?:%(?:25){0,3}[0-9A-Fa-f]{2}){1,400})"
    r"|(?P<printable>=3D|=[CD][0-9A-F]=[89AB][0-9A-F]|=E[0-9A-F](?:=[89AB][0-9A-F]){2})",
)
_BEGINS = re.compile(rf"[{_UNSEEN}\\&%^`<\"=]")
_PERCENT = re.compile(r"%((?:25){0,3})([0-9A-Fa-f]{2})")
_ENCODED_PAIR = re.compile(r"%(?:25){0,3}3[Dd]")


def _decoded(text: str) -> Iterator[_Edit]:
    if "=\n" in text or "=\r" in text:
        # Alone and first: it may stand amid what is encoded.
        sure = _PRINTABLE.search(text) is not None
        soft = [
            (found.start(), found.end() if _is_quoted(text, found.start()) else found.start("quoted"), "")
            for found in _SOFT.finditer(text)
            if sure or not _is_label(text, found.start())
        ]
        if soft:
            yield from soft
            return
    # `%26` is part of a value, unless the `=` beside it is encoded as well.
    whole = "%" in text and _ENCODED_PAIR.search(text) is not None
    behind = 0
    # Each form begins with one of few characters, which the engine finds far faster than one of several patterns.
    for begun in _BEGINS.finditer(text):
        found = _FOLD.match(text, begun.start()) if begun.start() >= behind else None
        if found is None:
            continue
        start, behind = found.span()
        end = behind
        match found.lastgroup:
            case "unseen" | "tag" | "wrap" | "slash":
                yield start, end, ""
            case "line":
                yield start, end, "\n"
            case "space":
                yield start, end, "\t" if found[0][-1] == "t" else ""
            case "doubled":
                yield start, end, '"'
            case "entity":
                yield from _one(start, end, html.unescape(found[0]))
            case "escape":
                yield from _one(start, end, chr(int(found[0][-4:], 16)))
            case "percent":
                yield from _bytes(text, start, end, whole=whole)
            case "printable":
                yield from _one(start, end, bytes.fromhex(found[0].replace("=", "")).decode(errors="replace"))


def _is_label(text: str, end: int) -> bool:
    return _LABEL_AT_END.search(text, max(0, end - 32), end) is not None


def _is_quoted(text: str, place: int) -> bool:
    """Whether the line of this place is an answer's quote."""
    return text.startswith(">", text.rfind("\n", 0, place) + 1)


def _one(start: int, end: int, char: str) -> Iterator[_Edit]:
    """What nobody sees goes at once: it would hide the tag or the line break behind it."""
    if re.fullmatch(f"[{_UNSEEN}]", char):
        yield start, end, ""
    elif len(char) == 1 and not "\ud800" <= char <= "\uf8ff" and char != "\ufffd":
        yield start, end, char


_KEPT_ENCODED = frozenset("&=?#")


def _bytes(text: str, start: int, end: int, *, whole: bool) -> Iterator[_Edit]:
    """`%2B` stays, since phone numbers are known by it, and so does what is no text."""
    pieces = list(_PERCENT.finditer(text, start, end))
    at = 0
    while at < len(pieces):
        first = int(pieces[at][2], 16)
        size = 1 if first < 0x80 else 2 if 0xC2 <= first < 0xE0 else 3 if 0xE0 <= first < 0xF0 else 4
        group = pieces[at : at + size]
        try:
            char = bytes(int(piece[2], 16) for piece in group).decode()
        except UnicodeDecodeError:
            at += 1
            continue
        at += size
        plus = char == "+" and not group[0][1]
        if not plus and (whole or char not in _KEPT_ENCODED) and (char.isprintable() or char in "\n\r\t\u200b\u00ad"):
            yield group[0].start(), group[-1].end(), "" if char in "\u200b\u00ad" else char


# --- Tokens broken by a line's end or a blank -----------------------------------------------------------------

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
_BLANKS = re.compile(f"[ {_WIDE}]+")
_TOKEN = re.compile(r"[A-Za-z0-9_=+/.-]+")
_TOKEN_BACKWARDS = re.compile(r"[A-Za-z0-9_=+/.-]{1,200}$")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KNOWN = re.compile(r"sk_|EAA|eyJ|wamid\.|gBEG|ABEG|gBGG")
_KEY_SIZES = frozenset({32, 40, 48, 64})
_LEAST = 24
_MOST = 4096


def _joined(text: str) -> Iterator[_Edit]:
    edits = [*_over_lines(text), *_over_blanks(text)]
    at = 0
    for start, end, instead in sorted(edits):
        if start >= at:
            yield start, end, instead
            at = end


def _over_lines(text: str) -> Iterator[_Edit]:
    left, joined_at = "", -1
    for found in _LINE_END.finditer(text):
        begin, end = found.span()
        line = _TOKEN_BACKWARDS.search(text, max(0, begin - 200), begin)
        piece = line[0] if line else ""
        goes_on = joined_at == begin - len(piece)
        alone = line is not None and (line.start() == 0 or text[line.start() - 1] in "\n> |")
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
    if len(left) < 4 or len(right) < 2 or _UUID.search(left) or _UUID.search(right):
        return False
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


def _over_blanks(text: str) -> Iterator[_Edit]:
    """`9f86d081 884c7d65 …`: groups of one key. Lists of order numbers have no key's length and letters beyond `f`."""
    for pattern in (_GROUPED, _EVENLY_GROUPED, _WIDELY_GROUPED):
        for found in pattern.finditer(text):
            if _is_grouped(_BLANKS.split(found[0]), widely=pattern is _WIDELY_GROUPED):
                for blank in _BLANKS.finditer(text, *found.span()):
                    yield blank.start(), blank.end(), ""


def _is_grouped(groups: list[str], *, widely: bool) -> bool:
    whole = "".join(groups)
    if len(whole) < _LEAST or not any(c.isdigit() for c in whole) or not any(c.isalpha() for c in whole):
        return False
    if widely:
        odd = sum(len(group) for group in groups if any(c.isdigit() for c in group))
        return sum(c.isalpha() for c in whole) >= 4 and (2 * odd >= len(whole) or drawn("_".join(groups)) > 0)
    bare = whole.removeprefix("sk_")
    key = _is_hex(bare) or (len({len(group) for group in groups}) == 1 and drawn(bare) > 0)
    return _KNOWN.match(whole) is not None or (key and len(bare) in _KEY_SIZES)
