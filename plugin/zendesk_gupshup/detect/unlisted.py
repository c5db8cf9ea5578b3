"""Numbers that Gupshup's own sentence calls an error code, and that the dictionary has in no namespace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from zendesk_gupshup.detect.beside import LABEL
from zendesk_gupshup.detect.context import whose
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.judge import judge_mention
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.mention import read_mention
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.verdict import Verdict

_NUMBER = pattern("mentions.unlisted")
_YEAR = regex(r"(?:19|20)[0-9]{2}")
_MOST = 200
# What may stand between "error" and its number: "error Gupshup 3001", "the error is 3001".
_BETWEEN = frozenset({"gupshup", "is", "es", "e", "el", "o", "the", "with", "con", "com", "number", "numero"})
_UNIT = words("unit") - {"failed", "por"}
_OF = frozenset({"from", "of", "de", "del", "da", "do"})


def all_unknown(document: Document, found: Iterable[Verdict]) -> Iterator[Verdict]:
    """The unknown codes that the rules found, but no years, and then the unlisted ones."""
    found = tuple(found)
    for verdict in found:
        if verdict.unknown and not (_YEAR.fullmatch(verdict.number) and not _is_named(verdict)):
            yield verdict
    yield from _unlisted(document, found)


def _unlisted(document: Document, found: tuple[Verdict, ...]) -> Iterator[Verdict]:
    """The rules look at numbers like those of the dictionary; of all others only what is plainly Gupshup's counts."""
    seen = {(verdict.scene.number, verdict.start) for verdict in found}
    for scene in document.scenes:
        if "gupshup" not in scene.kinds:
            continue
        for match in islice(_NUMBER.finditer(scene.low), _MOST):
            number, start, end = match[0], *match.span()
            if number in scene.index.by_number or (scene.number, start) in seen:
                continue
            verdict = judge_mention(document, read_mention(scene, number, start, end))
            if verdict.unknown and _is_named(verdict) and whose(document, scene, start, end) == ("gupshup", "here"):
                yield verdict


def _is_named(verdict: Verdict) -> bool:
    """Called an error right before it, and after it neither counted nor said to be another's."""
    before, after = verdict.scene.words_before(verdict.start, 1), verdict.scene.words_after(verdict.end, 4)
    if verdict.number.startswith("0") or not before or before[0] not in LABEL | _BETWEEN:
        return False
    if not after:
        return True
    if after[0] in _OF:
        return "gupshup" in after and not any(word.isdigit() for word in after[:2])
    return after[0] not in _UNIT
