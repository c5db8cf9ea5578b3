"""Each cue is held to its own examples, and each label that a rule asks for has cues."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import pytest

from support.paths import ROOT
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.lexicon import Cue, cues, labels, words
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.text.normalise import fold

_ASKED = re.compile(
    r"(?:\.within|\.hits|\.has|\.beats|has_here|_first|_announced|reaching|is_beaten)"
    r"\((?:mention, |scene, )?((?:\"[a-z_]+\"(?:, )?)+)"
)
_WORDS_ASKED = re.compile(r"\bwords\(\"([a-z_]+)\"\)")


def says(cue: Cue, text: str) -> bool:
    if labels()[cue.label].scope == "number":
        # Some words are ends of words: `webfirewall`.
        return any(word.endswith(tuple(words(cue.label) & set(cue.phrases))) for word in fold(text).split())
    scenes = [Scene(read, index_of(load())) for read in read_plain("", text)[0]]
    return any(hit.sense.cue == cue.id for scene in scenes for hit in scene.hits(cue.label))


@pytest.mark.parametrize("cue", cues(), ids=lambda cue: cue.id)
def test_a_cue_says_what_its_examples_say_and_nothing_of_its_counter_examples(cue: Cue) -> None:
    assert cue.examples
    assert [text for text in cue.examples if not says(cue, text)] == []
    assert [text for text in cue.counter_examples if says(cue, text)] == []


def test_a_phrase_is_folded_and_stands_once_under_its_label() -> None:
    told = Counter((cue.label, phrase) for cue in cues() for phrase in set(cue.expanded()))
    assert [key for key, count in told.items() if count > 1] == []
    assert [p for _, p in told if fold(p.rstrip("*")) != p.rstrip("*")] == []
    assert len({cue.id for cue in cues()}) == len(cues())


def test_rules_ask_for_the_labels_that_there_are_and_for_all_of_them() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "plugin" / "zendesk_gupshup" / "detect").glob("*.py")]
    asked = {name for source in sources for names in _ASKED.findall(source) for name in re.findall(r"[a-z_]+", names)}
    asked_words = set(chain.from_iterable(_WORDS_ASKED.findall(source) for source in sources))
    known = labels()
    asked |= {name for label in known.values() for name in (*label.ends_at, *label.beaten_by) if "." not in name}
    assert {cue.label for cue in cues()} == set(known)
    assert asked_words == {name for name, label in known.items() if label.scope == "number"}
    assert asked - set(known) <= {"spoken", "support", "img"}
