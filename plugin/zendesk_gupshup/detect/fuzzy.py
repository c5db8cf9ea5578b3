"""Known wordings with a letter or two wrong: found by one word that is right, and compared a bounded number of times."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import WORDING, Index
from zendesk_gupshup.detect.number_kinds import said
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.text.normalise import fold

# Similarity of letters from which a passage counts as the wording, misspelt.
_ALIKE = 0.84
_SHORTEST_ANCHOR, _FEWEST_WORDS, _FEWEST_LETTERS = 4, 2, 14
# Compared at most, so that no text costs more.
_MOST_COMPARED = 60
_MOST_FOUND = 2
# An anchor stands in few wordings.
_MOST_OF_AN_ANCHOR = 6


@dataclass(frozen=True)
class NearWording:
    scene: Scene
    start: int
    end: int
    entry: CodeEntry
    alike: float


@dataclass(frozen=True)
class _Phrase:
    text: str
    size: int
    # Which of its words the anchor is.
    place: int
    entry: CodeEntry
    # Each letter, and how often it stands there.
    letters: tuple[tuple[str, int], ...]


def misspelt(document: Document) -> list[NearWording]:
    """The closest few, where no wording stands as it should."""
    if any(WORDING in scene.kinds for scene in document.scenes):
        return []
    found = islice(
        (near for scene in document.scenes for near in _compared(scene, _anchors(scene.index))), _MOST_COMPARED
    )
    best: dict[str, NearWording] = {}
    for near in found:
        if near.alike >= _ALIKE:
            name = str(near.entry.error)
            if name not in best or near.alike > best[name].alike:
                best[name] = near
    return sorted(best.values(), key=lambda near: (-near.alike, near.start))[:_MOST_FOUND]


def _compared(scene: Scene, anchors: Mapping[str, tuple[_Phrase, ...]]) -> Iterator[NearWording]:
    """Each phrase whose anchor stands in the text, laid over the words around it."""
    text = said(scene)
    known = text.written
    for at, word in enumerate(known):
        for phrase in anchors.get(word, ()):
            first, last = at - phrase.place, at - phrase.place + phrase.size - 1
            if first < 0 or last >= len(known):
                continue
            passage = " ".join(known[first : last + 1])
            if abs(len(passage) - len(phrase.text)) <= 4:
                yield NearWording(scene, *text.span(first, last), phrase.entry, _alike(passage, phrase))


def _alike(passage: str, phrase: _Phrase) -> float:
    """The similarity; where the letters alone, in whatever order, are too few in common, theirs."""
    common = sum(min(passage.count(letter), count) for letter, count in phrase.letters)
    alike = 2.0 * common / (len(passage) + len(phrase.text))
    if alike < _ALIKE:
        return alike
    return SequenceMatcher(None, passage, phrase.text, autojunk=False).ratio()


@lru_cache(maxsize=4)
def _anchors(index: Index) -> Mapping[str, tuple[_Phrase, ...]]:
    """The wordings of Gupshup's own codes and statuses by each of their longer words."""
    by_word: dict[str, list[_Phrase]] = defaultdict(list)
    for entry in index.dictionary.entries:
        if entry.error.namespace not in ("gupshup", "gupshup_http"):
            continue
        own = [*entry.wordings, *(w for v in entry.variants if not v.only_with_code for w in v.wordings)]
        for wording in own:
            text = fold(wording)
            words = text.split()
            if len(words) < _FEWEST_WORDS or len(text) < _FEWEST_LETTERS:
                continue
            letters = tuple(Counter(text).items())
            for place, word in enumerate(words):
                if len(word) >= _SHORTEST_ANCHOR:
                    by_word[word].append(_Phrase(text, len(words), place, entry, letters))
    return {word: tuple(phrases) for word, phrases in by_word.items() if len(phrases) <= _MOST_OF_AN_ANCHOR}
