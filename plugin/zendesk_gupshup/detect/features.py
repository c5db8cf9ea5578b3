"""What the models see of a candidate: named numbers, and words in blocks. The same for training and for judging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zendesk_gupshup.detect.candidates import Candidate
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.number_kinds import tokens
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.signals import document_signals, family_of, family_signals, place_signals, sentence_signals

# Words on each side, of a sentence, of a subject and of a text; characters that can hold so many.
_NEAR, _SENTENCE, _SUBJECT, _TEXT = 8, 60, 20, 300
_NEAR_REACH, _SENTENCE_REACH, _TEXT_REACH = 90, 300, 2400

Signals = Mapping[str, float]
Words = frozenset[str]


@dataclass(frozen=True)
class Features:
    """Signals and blocks of words; `shared` parts are one object for all candidates that share them."""

    signals: tuple[Signals, ...]
    blocks: tuple[tuple[str, Words], ...]


@dataclass
class Extractor:
    """The features of a text's candidates; what belongs to the text or to a sentence is worked out once."""

    document: Document
    extra: Signals = field(default_factory=dict)
    _of_text: Signals | None = None
    _text_words: Words | None = None
    _subject_words: Words | None = None
    _families: dict[str, Signals] = field(default_factory=dict)
    _sentences: dict[tuple[int, int, int], tuple[Signals, Words]] = field(default_factory=dict)

    def features(self, candidate: Candidate) -> Features:
        scene = candidate.scene
        first, last = scene.sentence(candidate.start)
        first, last = max(first, candidate.start - _SENTENCE_REACH), min(last, candidate.end + _SENTENCE_REACH)
        of_sentence, sentence = self._sentence(scene, first, last)
        return Features(
            signals=(
                self.of_text(),
                self._of_family(family_of(candidate.verdict)),
                of_sentence,
                place_signals(self.document, candidate),
            ),
            blocks=(
                ("near", near_words(self.document, candidate)),
                ("sentence", sentence),
                ("heading", _heading(candidate)),
                ("subject", self._subject()),
                ("text", self.text_words()),
            ),
        )

    def of_text(self) -> Signals:
        if self._of_text is None:
            self._of_text = {**document_signals(self.document), **self.extra}
        return self._of_text

    def _of_family(self, family: str) -> Signals:
        if family not in self._families:
            self._families[family] = family_signals(family, self.document, self.of_text())
        return self._families[family]

    def text_words(self) -> Words:
        if self._text_words is None:
            self._text_words = text_words(self.document)
        return self._text_words

    def _subject(self) -> Words:
        if self._subject_words is None:
            self._subject_words = frozenset(
                f"t:{word}"
                for scene in self.document.scenes
                if scene.text.kind == "subject"
                for word in self.document.said(scene).between(0, _TEXT_REACH)[:_SUBJECT]
            )
        return self._subject_words

    def _sentence(self, scene: Scene, first: int, last: int) -> tuple[Signals, Words]:
        key = (id(scene), first, last)
        if key not in self._sentences:
            said = self.document.said(scene).between(first, last)[:_SENTENCE]
            self._sentences[key] = sentence_signals(scene, first, last, said), _words_and_pairs("s", said)
        return self._sentences[key]


def text_words(document: Document) -> Words:
    """Words and pairs of the beginning of all that the requester's side wrote."""
    return frozenset[str]().union(*(_words_and_pairs("d", said) for said in texts_said(document)))


def texts_said(document: Document) -> Iterable[Sequence[str]]:
    left = _TEXT
    for scene in document.distinct:
        if left > 0:
            said = document.said(scene).between(0, _TEXT_REACH)[:left]
            left -= len(said)
            yield said


def near_words(document: Document, candidate: Candidate) -> Words:
    """Those on both sides, with their side, and the nearest three with their place."""
    text, start, end = document.said(candidate.scene), candidate.start, candidate.end
    before = text.between(max(0, start - _NEAR_REACH), start)[-_NEAR:][::-1]
    after = text.between(end, end + _NEAR_REACH)[:_NEAR]
    said = {f"L:{word}" for word in before} | {f"R:{word}" for word in after}
    said |= {f"L{at}:{word}" for at, word in enumerate(before[:3], 1)}
    said |= {f"R{at}:{word}" for at, word in enumerate(after[:3], 1)}
    return frozenset(said)


def _heading(candidate: Candidate) -> Words:
    scene = candidate.scene
    place = scene.low.rfind("\n#", max(0, candidate.start - 4000), candidate.start)
    if place == -1:
        return frozenset()
    return frozenset(f"h:{word}" for word in tokens(scene.low[slice(*scene.line(place + 1))][:160], scene.index)[:20])


def _words_and_pairs(block: str, said: Sequence[str]) -> Words:
    words = [f"{block}:{word}" for word in said]
    return frozenset([*words, *map(" ".join, zip(words, said[1:], strict=False))])
