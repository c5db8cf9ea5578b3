"""Which phrases and cues of the detector do nothing: they match no readable text, or no finding changes without them.

usage: python benchmarks/cues.py [LABEL ...]

Reads the training texts, the suite's cases, and the dictionary's examples. What is listed may be deleted, unless it is
there for a language that the texts lack.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from unittest.mock import patch

from corpus import TRAIN, LabelledText, texts
from examples import cases, dictionary_examples
from zendesk_gupshup.detect import detect_text, index
from zendesk_gupshup.detect.lexicon import Cue, cues, labels, phrases
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.dictionary.model import Dictionary
from zendesk_gupshup.model.finding import Detection


def main() -> int:
    dictionary = load()
    asked = set(sys.argv[1:])
    chosen = [cue for cue in cues() if not asked or cue.label in asked]
    found = [*texts(TRAIN), *cases(), *dictionary_examples(dictionary)]
    said = {id(text): "".join(f" {scene.joined} " for scene in scenes(text, dictionary)) for text in found}
    unmatched = [f"{cue.id}: {phrase}" for cue in chosen for phrase in unsaid(cue, said.values())]
    print(f"{len(unmatched)} phrases match no text", *unmatched, sep="\n  ")
    by_cue: dict[str, list[LabelledText]] = defaultdict(list)
    for text in found:
        for name in {hit.sense.cue for s in scenes(text, dictionary) for kind in s.kinds for hit in s.hits(kind)}:
            by_cue[name].append(text)
    idle = [cue.id for cue in chosen if labels()[cue.label].scope == "text" and not needed(cue, by_cue[cue.id])]
    print(f"{len(idle)} cues change no finding", *idle, sep="\n  ")
    return 0


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
