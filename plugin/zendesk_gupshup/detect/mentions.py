"""Runs of digits that may be a code, and what the words beside each say of it: a label, a verb, or another thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from zendesk_gupshup.detect.amounts import amounts
from zendesk_gupshup.detect.beside import LABEL
from zendesk_gupshup.detect.mention import (
    NUMBERS_OF_OTHERS,
    PARTS,
    TAKEN_BACK_BY_TITLE,
    WORD,
    Mention,
    is_known,
    read_mention,
    trouble_in_line,
    under_a_header_of_codes,
)
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.spoken import NUMBER_WORDS, said_as
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import is_any

# A run takes its separators along, so that 4.003, 10:03, 10/03, 4001-1003 and 10.0.0.2 are each one thing, and no code.
_RUN = regex(r"[0-9](?:[0-9]|[.,/:\-](?=[0-9])){0,40}")
_GROUPED = regex(r"([0-9]{2,3})[.,]([0-9]{3})")
# `131.049`, `131 049`, `131-049`; `1 3 1 0 4 9` as people dictate it.
_SPACED = regex(r"13(?<![0-9.,:/-]13)(?<![0-9] 13)[0-9][ .,'’-][0-9]{3}(?![0-9]|[ .,:/-][0-9])")
_DICTATED = regex(r"[1-9](?<![0-9].)(?<![0-9][ -].)(?:[ -][0-9]){2,6}(?![0-9]|[ -][0-9])")
_MAX_RUNS = 2000


def mentions(scene: Scene) -> Iterator[Mention]:
    """Every number of the dictionary, or of the same make as its numbers, in the order of the text."""
    written = tuple(_written_as_amounts(scene))
    # Neither part of `131049,0` is a number of its own.
    parts = {at for one in written for at in range(one.start, one.end) if "," in scene.low[one.start : one.end]}
    for count, run in enumerate(_RUN.finditer(scene.low)):
        if count >= _MAX_RUNS:
            return
        if run.start() not in parts:
            for number, start, end in _numbers(run[0], run.start(), scene):
                yield read_mention(scene, number, start, end)
    fields = {one.start for one in written}
    yield from (mention for mention in _spelled(scene) if mention.start not in fields)
    yield from _spoken(scene)
    yield from written


def _written_as_amounts(scene: Scene) -> Iterator[Mention]:
    """`131049.0` and its like, where a column or a field is one of codes."""
    for one in amounts(scene):
        read = read_mention(scene, one.number, one.start, one.end)
        other = None if one.in_column or is_any(read.not_a_code, _OF_AMOUNTS) else read.not_a_code
        yield replace(
            read,
            labelled=True,
            in_column=one.in_column,
            in_field=True,
            label_word=read.label_word or "code",
            not_a_code=other,
        )


_OF_AMOUNTS = PARTS | {DismissalReason.NUMBER_ROW, DismissalReason.AMOUNT}


def _spelled(scene: Scene) -> Iterator[Mention]:
    """Six digits in groups or one by one; four and fewer only where they are called a code."""
    for found in _in_groups(scene):
        number = re.sub(r"[^0-9]", "", found[0])
        if number not in scene.index.by_number:
            continue
        read = read_mention(scene, number, found.start(), found.end())
        told = read.labelled or read.seen or read.counted or bool(trouble_in_line(scene, found.start()))
        if (told if len(number) >= 5 else read.labelled) and not is_any(read.not_a_code, _AMOUNT):
            yield replace(read, not_a_code=None if is_any(read.not_a_code, _NUMBER_ROW) else read.not_a_code)


_AMOUNT = frozenset({DismissalReason.AMOUNT})
_NUMBER_ROW = frozenset({DismissalReason.NUMBER_ROW})


def _in_groups(scene: Scene) -> Iterator[re.Match[str]]:
    """Both patterns are tried only where the text has the digits that each needs."""
    if any(len(run) == 3 and run.startswith("13") for run in scene.digits):
        yield from _SPACED.finditer(scene.low)
    if b"d-d-d" in scene.shape:
        yield from _DICTATED.finditer(scene.low)


def may_hold_a_code(scene: Scene) -> bool:
    """Cheap: is there any run of digits whose text is a code? Years and round numbers need a failure or their words."""
    index, low = scene.index, scene.low
    runs = scene.digits
    if not runs.isdisjoint(index.plain_numbers):
        return True
    if [run for run in runs if len(run) >= 4 and (run[:2], len(run)) in index.families]:
        return True
    common = runs & index.numbers
    if common and (scene.kinds & TROUBLE or "(#" in low or scene.speaks_of(common)):
        return True
    if b"dd.ddd" in scene.shape and any(f"{a}{b}" in index.by_number for a, b in _GROUPED.findall(low)):
        return True
    if any(re.sub(r"[^0-9]", "", found[0]) in index.by_number for found in _in_groups(scene)):
        return True
    return bool(amounts(scene))


TROUBLE = frozenset({"failing", "gupshup", "key"})


def _numbers(text: str, start: int, scene: Scene) -> Iterable[tuple[str, int, int]]:
    index, end = scene.index, start + len(text)
    if text.isdigit():
        lettered = scene.low[start : end + 1]
        if lettered in index.by_number and lettered[-1].isalpha() and _called_a_code(scene, start):
            return ((lettered, start, end + 1),)
        # One and two digits are a code only where they are called one: (#4), "code 0".
        known = is_known(text, index) and (len(text) >= 3 or _called_a_code(scene, start))
        return ((text, start, end),) if known else ()
    if "/" not in text and "," not in text and "." not in text:
        return ()
    grouped = _GROUPED.fullmatch(text) if 6 <= len(text) <= 7 else None
    if grouped:
        # Meta's six digits are for `_spelled`.
        whole = grouped[1] + grouped[2]
        if whole in index.by_number and _left_word(scene, start) in LABEL and not _SPACED.fullmatch(text):
            return ((whole, start, end),)
        return ()
    return (_parts(text, "/", start, scene) if "/" in text else ()) or (
        _parts(text, ",", start, scene) if "," in text else ()
    )


def _parts(text: str, mark: str, start: int, scene: Scene) -> list[tuple[str, int, int]]:
    """`131026/131047`, a code and its subcode, or the codes among the cells of a row: `131049,402`."""
    index, parts = scene.index, text.split(mark)
    if len(parts) > 8 or not any(is_known(part, index) for part in parts):
        return []
    places = [start + sum(len(part) + 1 for part in parts[:at]) for at in range(len(parts))]
    known = [(part, at, at + len(part)) for part, at in zip(parts, places, strict=True) if is_known(part, index)]
    if mark == ",":
        cells = [cell for cell in known if cell[0] in index.by_number and under_a_header_of_codes(scene, cell[1])]
        if cells:
            return cells
    if not is_known(parts[0], index) or not all(part.isdigit() for part in parts):
        return []
    # `131009/2494102` is code and subcode; `131026/131047` and `1002,1003` are two codes.
    subcode = len(parts) == 2 and len(parts[1]) >= 5
    return known if subcode or (len(known) == len(parts) and all(len(part) >= 3 for part in parts)) else []


def _called_a_code(scene: Scene, start: int) -> bool:
    return scene.low.endswith("(#", 0, start) or _left_word(scene, start) in LABEL


def _left_word(scene: Scene, start: int) -> str:
    before = scene.words_before(start, 1)
    return before[0] if before else ""


def _spoken(scene: Scene) -> Iterator[Mention]:
    for hit in scene.hits("spoken"):
        entry = hit.sense.entry
        if entry is None:
            continue
        said = " ".join(WORD.findall(scene.low[hit.start : hit.end]))
        forms = said_as(entry.error.code)
        # The phrase is open at its end for "four oh ones"; "mil cuatrocientos" is another number than "mil cuatro".
        if said not in forms and said.removesuffix("s") not in forms:
            continue
        whole = _THOUSANDS.search(said) is not None
        if whole and _began_earlier(scene, hit.start):
            continue
        read = read_mention(scene, entry.error.code, hit.start, hit.end)
        other = is_any(read.not_a_code, TAKEN_BACK_BY_TITLE if whole else NUMBERS_OF_OTHERS)
        yield Mention(
            scene,
            read.number,
            hit.start,
            hit.end,
            seen=True,
            negated=read.negated,
            defined=read.defined,
            not_a_code=read.not_a_code if other else None,
        )


_THOUSANDS = pattern("mentions.thousands")
_ONE = frozenset({"un", "um", "uno", "one"})


def _began_earlier(scene: Scene, start: int) -> bool:
    """`Cuatro mil cuatro` holds `mil cuatro`."""
    before = scene.words_before(start, 1)
    return bool(before) and before[0] in NUMBER_WORDS - _ONE and scene.low.endswith(f"{before[0]} ", 0, start)
