"""What is wrong in a file of cues is told with the file, the key, and what to write instead."""

from __future__ import annotations

import re
import tomllib

import pytest

from support.paths import ROOT
from support.pattern_examples import matches
from zendesk_gupshup.detect.cue_files import CueData, checked, known, rows
from zendesk_gupshup.detect.lexicon import Cue, Label, labels
from zendesk_gupshup.detect.patterns import PatternCue

CUE = {"id": "again.en", "label": "again", "phrases": ["still"], "examples": ["still"]}
PATTERN = {"id": "papers.query", "what": "A query.", "pattern": "a", "examples": ["a"], "counter_examples": ["b"]}
WRONG: list[tuple[type[CueData], dict[str, object], str]] = [
    (
        Label,
        {"says": "Again.", "scope": "txt"},
        "x.toml, y, scope: 'txt' is unknown; write 'number', 'sentence', 'line' or 'text'",
    ),
    (
        Label,
        {"says": "Again.", "scope": "sentence", "direction": "left"},
        "x.toml, y, direction: 'left' is unknown; write 'before' or 'around'",
    ),
    (
        Label,
        {"says": "Again.", "scope": "text", "reach": 60},
        "x.toml, y: reach does nothing where scope is 'text'; write 'sentence' or 'line'",
    ),
    (
        Label,
        {"says": "Again.", "scope": "number", "beaten_by": ["solved"]},
        "x.toml, y: beaten_by does nothing where scope is 'number'; write 'sentence' or 'line'",
    ),
    (Label, {"scope": "text"}, "x.toml, y, says: is missing"),
    (
        Cue,
        {**CUE, "phrase": "still"},
        "x.toml, y, phrase: is no key here; write one of id, label, phrases, examples, counter_examples",
    ),
    (PatternCue, {**PATTERN, "flags": "x"}, "x.toml, y, flags: 'x' is unknown; write '', 'a', 'i', 'm' or 'im'"),
    (PatternCue, {**PATTERN, "examples": "a"}, "x.toml, y, examples: Input should be a valid tuple"),
]


@pytest.mark.parametrize(("kind", "row", "told"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_key_or_value_is_told(kind: type[CueData], row: object, told: str) -> None:
    with pytest.raises(ValueError, match=r"^cues/") as error:
        checked(kind, row, "x.toml, y")
    assert str(error.value) == f"cues/{told}"


def test_the_examples_of_the_documentation_are_data_as_the_detector_reads_it() -> None:
    blocks = re.findall(r"(?s)```toml\n(.*?)```", (ROOT / "docs" / "detection.md").read_text("utf-8"))
    found = [tomllib.loads(block) for block in blocks]
    cues = [row for file in found if "cue" in file for row in rows(Cue, "docs", file, "cue")]
    patterns = [row for file in found if "pattern" in file for row in rows(PatternCue, "docs", file, "pattern")]
    named = {name: checked(Label, row, name) for file in found for name, row in file.items() if isinstance(row, dict)}
    assert [cue.label in labels() for cue in cues] == [True]
    assert [matches(re.compile(str(one.pattern)), text) for one in patterns for text in one.examples] == [True]
    assert [matches(re.compile(str(one.pattern)), text) for one in patterns for text in one.counter_examples] == [False]
    assert named == {name: labels()[name] for name in named}


def test_a_row_is_told_by_its_id_or_its_number() -> None:
    with pytest.raises(ValueError, match=r"^cues/x\.toml, again\.en, label: is missing"):
        rows(Cue, "x.toml", {"cue": [CUE, {"id": "again.en", "phrases": [], "examples": []}]}, "cue")
    with pytest.raises(ValueError, match=r"^cues/x\.toml, \[\[cue\]\] 2, id: is missing"):
        rows(Cue, "x.toml", {"cue": [CUE, {"label": "again", "phrases": [], "examples": []}]}, "cue")
    with pytest.raises(ValueError, match=r"^cues/x\.toml: there is no \[\[cue\]\]"):
        rows(Cue, "x.toml", {"cues": [CUE]}, "cue")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("agian", "cues/en.toml: there is no 'agian'; write 'again'"),
        ("zzz", "cues/en.toml: there is no 'zzz'"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"^cues/") as error:
        known(name, ["again", "solved"], "en.toml")
    assert str(error.value) == told
    assert known("again", ["again", "solved"], "en.toml") == "again"
