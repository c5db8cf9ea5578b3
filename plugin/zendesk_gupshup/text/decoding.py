"""Texts without what nobody sees and without encoding, each change as an edit.

Characters that nobody sees go, and so do tags inside a word and a shell's or a mail's line continuation. Entities,
percent signs and JSON's escapes become what they stand for, look-alike letters the Latin ones.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

# From, to, and what stands there instead: nothing, or one character.
Edit = tuple[int, int, str]

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


def in_latin(text: str) -> str:
    if len(_LATIN) > _MOST_KNOWN:
        _LATIN.clear()
    return text.translate(_LATIN)


# --- What is encoded, and what nobody sees --------------------------------------------------------------------

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f"
)
HINT = re.compile(rf"[{_UNSEEN}\\&%^`<]|\"\"|=(?:\r?\n|3D|[CDE][0-9A-F]=)")
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


def decoded(text: str) -> Iterator[Edit]:
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


def _one(start: int, end: int, char: str) -> Iterator[Edit]:
    """What nobody sees goes at once: it would hide the tag or the line break behind it."""
    if re.fullmatch(f"[{_UNSEEN}]", char):
        yield start, end, ""
    elif len(char) == 1 and not "\ud800" <= char <= "\uf8ff" and char != "\ufffd":
        yield start, end, char


_KEPT_ENCODED = frozenset("&=?#")


def _bytes(text: str, start: int, end: int, *, whole: bool) -> Iterator[Edit]:
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
