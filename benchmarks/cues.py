"""Which phrases, cues and patterns of the detector do nothing: they match no text, or no finding changes without them.

usage: python benchmarks/cues.py [LABEL ...] [TOPIC ...]

Reads the training texts, the suite's cases, and the dictionary's examples. What is listed may be deleted, unless it is
there for a language that the texts lack. A topic is a file of `cues/patterns/`; without arguments all are looked at.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from corpus import TRAIN, LabelledText, texts
from examples import cases, dictionary_examples
from zendesk_gupshup.detect import detect_text, index
from zendesk_gupshup.detect.cue_files import file_names
from zendesk_gupshup.detect.lexicon import Cue, cues, labels, phrases
from zendesk_gupshup.detect.patterns import pattern, pattern_file
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.dictionary.model import Dictionary
from zendesk_gupshup.model.finding import Detection


def main() -> int:
    dictionary = load()
    asked = set(sys.argv[1:])
    topics = [name for path in file_names("patterns") if not asked or (name := Path(path).stem) in asked]
    found = [*texts(TRAIN), *cases(), *dictionary_examples(dictionary)]
    report_cues([cue for cue in cues() if not asked or cue.label in asked], found, dictionary)
    report_patterns([name for topic in topics for name in pattern_file(topic)], found, dictionary)
    return 0


def report_cues(chosen: list[Cue], found: list[LabelledText], dictionary: Dictionary) -> None:
    said = {id(text): "".join(f" {scene.joined} " for scene in scenes(text, dictionary)) for text in found}
    unmatched = [f"{cue.id}: {phrase}" for cue in chosen for phrase in unsaid(cue, said.values())]
    print(f"{len(unmatched)} phrases match no text", *unmatched, sep="\n  ")
    by_cue: dict[str, list[LabelledText]] = defaultdict(list)
    for text in found:
        for name in {hit.sense.cue for s in scenes(text, dictionary) for kind in s.kinds for hit in s.hits(kind)}:
            by_cue[name].append(text)
    idle = [cue.id for cue in chosen if labels()[cue.label].scope != "number" and not needed(cue, by_cue[cue.id])]
    print(f"{len(idle)} cues change no finding", *idle, sep="\n  ")


def report_patterns(chosen: list[str], found: list[LabelledText], dictionary: Dictionary) -> None:
    watched = [Watched(name) for name in chosen]
    for one in watched:
        one.put_on()
    whole: dict[int, Detection] = {}
    for text in found:
        whole[id(text)] = outcome(text, dictionary)
        for one in watched:
            one.told_of(text)
    unmatched = [one.name for one in watched if not one.texts]
    print(f"{len(unmatched)} patterns match no text", *unmatched, sep="\n  ")
    idle = []
    for one in watched:
        one.off = True
        if one.texts and all(outcome(text, dictionary) == whole[id(text)] for text in one.texts):
            idle.append(one.name)
        one.off = False
    print(f"{len(idle)} patterns change no finding", *idle, sep="\n  ")


@dataclass
class Watched:
    """A pattern that remembers in which texts it matched, and can be switched off."""

    name: str
    texts: list[LabelledText] = field(default_factory=list)
    off: bool = False
    _matched: bool = False

    def put_on(self) -> None:
        shared = pattern(self.name)
        shared.search("")
        methods = vars(shared)
        for name, nothing in _NOTHING.items():
            methods[name] = self._watching(methods[name], nothing)

    def told_of(self, text: LabelledText) -> None:
        if self._matched:
            self.texts.append(text)
        self._matched = False

    def _watching(self, method: Callable[..., Any], nothing: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*given: Any) -> Any:
            missed = nothing(*given)
            result = missed if self.off else method(*given)
            if method.__name__ == "finditer":
                result = list(result)
            self._matched = self._matched or result != missed
            return result

        return watching


# What each method gives where a pattern matches nothing.
_NOTHING: dict[str, Callable[..., Any]] = {
    "search": lambda *_: None,
    "match": lambda *_: None,
    "fullmatch": lambda *_: None,
    "findall": lambda *_: [],
    "finditer": lambda *_: [],
    "sub": lambda _, text: text,
    "split": lambda text: [text],
}


def scenes(text: LabelledText, dictionary: Dictionary) -> list[Scene]:
    return [Scene(read, index.index_of(dictionary)) for read in read_plain(text.subject, text.body)[0]]


def unsaid(cue: Cue, said: Iterable[str]) -> list[str]:
    """The phrases of which no choice of words stands in any text."""
    everything = "\n".join(said)
    return [
        phrase
        for phrase in cue.phrases
        if not any(
            f" {one.rstrip('*')}{'' if one.endswith('*') else ' '}" in everything
            for one in cue.model_copy(update={"phrases": (phrase,)}).expanded()
        )
    ]


def needed(cue: Cue, affected: Iterable[LabelledText]) -> bool:
    """Does any text that has the cue give other findings without it?"""
    whole, less = Dictionary(load().entries), Dictionary(load().entries)
    with patch.object(index, "phrases", lambda: [(phrase, c) for phrase, c in phrases() if c.id != cue.id]):
        index.index_of(less)
    return any(outcome(text, whole) != outcome(text, less) for text in affected)


def outcome(text: LabelledText, dictionary: Dictionary) -> Detection:
    return detect_text(text.subject, text.body, dictionary)


if __name__ == "__main__":
    sys.exit(main())
