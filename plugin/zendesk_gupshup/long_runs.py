"""Long runs of letters and digits that no language and no naming makes: keys, with or without a word that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

# No key of Gupshup, Meta or Zendesk is shorter.
LEAST = 24
# Base64 and its kin for addresses; a key's parts are not parted by anything else.
_RUN = re.compile(rf"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{{{LEAST},}}+")
_PART = re.compile(r"[A-Za-z0-9]+")
_JOINT = re.compile(r"[+_-]{1,3}")
_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_NUMBERED = re.compile(r"([A-Za-z]*)([0-9]{0,8})([A-Za-z]*)")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CONSONANTS = re.compile(r"(?i)[bcdfghjklmnpqrstvwxz]+")
# So many in a row have even the long words of German: Rechtschreibung, Angstschweiß.
_MOST_CONSONANTS = 8

# Ids by their label: of a log, a conversation or a file's content. Such an id has one case, and no letter beyond `f`.
_ID_LABEL = re.compile(
    r"(?i)(?:(?:trace|span|request|req|correlation|conversation|conversaci[óo]n|conversa|transaction|transacci[óo]n|"
    r"transa[çc][ãa]o|commit|revision|uuid|guid)(?:[ _-]{0,2}id|[\"']\s{0,3}:\s{0,3}\{\s{0,40}[\"']id)?|"
    r"/(?:blob|commit|tree|raw)/|checksum|md5(?:sum)?|sha-?(?:1|256|384|512)(?:sum)?|etag|digest|"
    r"x-amzn-trace-id: root=1-[0-9a-f]{8}-|traceparent\W{1,5}[0-9a-f]{2}-)"
    r"""["'`)\]]{0,2}\s{0,2}(?:[:=#]|is|es|é)?\s{0,2}["'`(\[]{0,2}$"""
)
_ID = re.compile(r"[0-9a-f]+|[0-9A-F]+")
# The first bytes of a picture or a PDF in base64.
_FILE = re.compile(r"iVBORw0KGgo|/9j/|R0lGOD|UklGR|JVBERi0|PHN2Zy")
_FILE_LABEL = re.compile(r"(?i)data:(?:image|video|audio|font)/[\w.+-]{1,40};base64,$")


def long_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where keys stand in `text`, in which all that is known as something else is blanked already."""
    for run in _RUN.finditer(text):
        if _FILE.match(run[0]) or _FILE_LABEL.search(text, max(0, run.start() - 60), run.start()):
            continue
        yield from _keys(text, run)


def _keys(text: str, run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """From the first part that is no word to the last one, where they are long enough together."""
    parts = [part.span() for part in _PART.finditer(text, *run.span())]
    odd = [span for span in parts if is_odd(text[slice(*span)])]
    if not any(_is_plain(text[slice(*span)], 4) for span in parts) and _changes_often(run[0]):
        # Each part alone may pass for a name by chance.
        yield run.span()
        return
    known = set(odd)
    if not odd or _is_labelled_id(text, parts, odd):
        return
    size = sum(end - start for start, end in odd)
    plain = (text[slice(*span)] for span in parts if span not in known)
    words = any(part.isalpha() and _is_plain(part, 4) for part in plain)
    if size < 20 or (size < LEAST and len(odd) == 1 and words):
        return
    start, end = odd[0][0], odd[-1][1]
    # Short pieces at either end belong to it, be they words by chance, and so does the padding.
    for piece in reversed([span for span in parts if span[1] < start]):
        if _JOINT.fullmatch(text, piece[1], start) is None or _is_plain(text[slice(*piece)], 9 if size > 24 else 4):
            break
        start = piece[0]
    for piece in (span for span in parts if span[0] > end):
        if piece[0] > end + 3 or _is_plain(text[slice(*piece)], 9 if size > 24 else 7):
            break
        end = piece[1]
    while end < run.end() and text[end] in "=_-":
        end += 1
    yield start, end


def _changes_often(run: str) -> bool:
    """Small letters, capitals and digits in turn, as in base64 and unlike a name."""
    bare = re.sub(r"[^A-Za-z0-9]", "", run)
    mixed = any(c.islower() for c in bare) and any(c.isupper() for c in bare) and any(c.isdigit() for c in bare)
    return mixed and len(bare) >= 32 and len(_CHANGE.findall(bare)) > 0.27 * len(bare)


def _is_plain(part: str, longest: int) -> bool:
    return len(part) > longest and (part.isdigit() or (part.isalpha() and (part[1:].islower() or part.isupper())))


def _is_labelled_id(text: str, parts: list[tuple[int, int]], odd: list[tuple[int, int]]) -> bool:
    if len(odd) != 1 or not _ID.fullmatch(text, *odd[0]):
        return False
    before = text[max(0, odd[0][0] - 120) : odd[0][0]]
    return len(parts) <= 4 and _ID_LABEL.search(before) is not None and odd[0][1] - odd[0][0] <= 128


def is_odd(part: str) -> bool:
    """Neither a number, nor words in one case or as a program names things, with one number at most."""
    if part.isdigit():
        return False
    named = _NUMBERED.fullmatch(part)
    if named is None:
        return True
    return not all(_is_words(letters, strict=bool(named[2])) for letters in (named[1], named[3]) if letters)


def _is_words(letters: str, *, strict: bool) -> bool:
    humps = _HUMP.findall(letters)
    if len(humps) > 1 and len(letters) < 3 * len(humps) + (len(humps) > 4):
        return False
    shortest = 2 if strict and not letters.isupper() else 4
    return all(len(hump) <= shortest or _is_word(hump, strict=strict or len(humps) > 1) for hump in humps)


def _is_word(hump: str, *, strict: bool) -> bool:
    groups = _CONSONANTS.findall(hump)
    longest = max(map(len, groups), default=0)
    return sum(map(len, groups)) <= len(hump) * (0.8 if strict else 0.9) and longest <= (
        5 if strict else _MOST_CONSONANTS
    )
