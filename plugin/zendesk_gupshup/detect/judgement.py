"""From texts to candidates with features: what rules and models then judge."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_gupshup.detect.candidates import Candidate, candidates
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.features import Extractor
from zendesk_gupshup.detect.history import histories
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.reading import Text
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.signals import CUT_HISTORY
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.detect.verdicts import verdicts
from zendesk_gupshup.dictionary.model import Dictionary
from zendesk_gupshup.model.finding import Confidence


@dataclass(frozen=True)
class JudgedTexts:
    """All that is known of a ticket's texts before anything is decided."""

    document: Document
    verdicts: tuple[Verdict, ...]
    candidates: tuple[Candidate, ...]
    extractor: Extractor


def view_of(texts: tuple[Text, ...], dictionary: Dictionary) -> JudgedTexts:
    index = index_of(dictionary)
    return view(tuple(Scene(text, index, number) for number, text in enumerate(texts)))


def view(scenes: tuple[Scene, ...]) -> JudgedTexts:
    document = Document(scenes)
    found = verdicts(document)
    if not found and not _may_be_missed(scenes):
        return JudgedTexts(document, (), (), Extractor(document))
    made = candidates(document, found)
    document.with_candidates = frozenset(candidate.scene.number for candidate in made)
    told = any(v.entry is not None and v.confidence not in (None, Confidence.POSSIBLE) for v in found)
    # Where the new words report a code, the history adds none and takes none away.
    if told or not any(scene.text.uncut for scene in scenes):
        return JudgedTexts(document, found, made, Extractor(document))
    return JudgedTexts(document, found, (*made, *histories(scenes)), Extractor(document, {CUT_HISTORY: 1.0}))


_NAMED = frozenset({"gupshup", "key", "unauthorized"})


def _may_be_missed(scenes: tuple[Scene, ...]) -> bool:
    """Most tickets hold nothing to judge; only these are looked through once more."""
    return any(scene.kinds & _NAMED or scene.text.uncut for scene in scenes)
