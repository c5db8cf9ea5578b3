"""Each pattern of `cues/patterns/` is held to its own examples, and each that a module asks for is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.paths import ROOT
from support.pattern_examples import matches
from zendesk_gupshup.detect.cue_files import file_names, rows, table
from zendesk_gupshup.detect.lexicon import labels
from zendesk_gupshup.detect.patterns import PatternCue, pattern, pattern_file

DETECT = ROOT / "plugin" / "zendesk_gupshup" / "detect"
TOPICS = [Path(name).stem for name in file_names("patterns")]
PATTERNS = [one for topic in TOPICS for one in pattern_file(topic).values()]


@pytest.mark.parametrize("one", PATTERNS, ids=lambda one: one.id)
def test_a_pattern_matches_its_examples_and_none_of_its_counter_examples(one: PatternCue) -> None:
    assert one.examples
    assert one.counter_examples
    assert [text for text in one.examples if not matches(pattern(one.id), text)] == []
    assert [text for text in one.counter_examples if matches(pattern(one.id), text)] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_an_id_begins_with_its_file_and_stands_once(topic: str) -> None:
    ids = [one.id for one in rows(PatternCue, topic, table(f"patterns/{topic}.toml"), "pattern")]
    assert ids == list(pattern_file(topic))
    assert [name for name in ids if not name.startswith(f"{topic}.")] == []


def test_modules_ask_for_the_patterns_that_there_are_and_for_all_of_them() -> None:
    sources = [path.read_text("utf-8") for path in DETECT.glob("*.py")]
    asked = {name for source in sources for name in re.findall(r"\bpattern\(\"([^\"]+)\"\)", source)}
    ends = {name for label in labels().values() for name in label.ends_at if "." in name}
    assert asked | ends == {one.id for one in PATTERNS}


def test_an_unknown_id_names_the_file_and_the_one_that_was_meant() -> None:
    told = "cues/patterns/papers.toml: there is no 'papers.progam'; write 'papers.program'"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        pattern("papers.progam").search("")
