"""The cues of `cues/`: phrases by what they say, found in one pass, and single words beside a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Literal

from zendesk_gupshup.detect.cue_files import CueData, checked, file_names, known, rows, table

# `text`: found anywhere in a text; `number`: a single word, looked at beside a number.
Scope = Literal["text", "number"]
_LABELS = "labels.toml"


class Label(CueData):
    says: str
    scope: Scope


class Cue(CueData):
    """Phrases of one language that say the same: folded, `a|b` for either word, a trailing `*` for any ending."""

    id: str
    label: str
    phrases: tuple[str, ...]
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()

    def expanded(self) -> Iterator[str]:
        """Each phrase with one word for each choice; phones leave the apostrophe out: "dont", "cant"."""
        for phrase in self.phrases:
            for words_ in product(*(word.split("|") for word in phrase.split())):
                said = " ".join(words_)
                yield said
                if "n t " in said:
                    yield said.replace("n t ", "nt ")


@cache
def labels() -> Mapping[str, Label]:
    return {name: checked(Label, row, f"{_LABELS}, [{name}]") for name, row in table(_LABELS).items()}


@cache
def cues() -> tuple[Cue, ...]:
    """Those of all languages, in the order of their files."""
    return tuple(cue for name in file_names() if name != _LABELS for cue in _cues_of(name))


def _cues_of(name: str) -> Iterator[Cue]:
    for cue in rows(Cue, name, table(name), "cue"):
        known(cue.label, labels(), f"{name}, {cue.id}, label")
        yield cue


@cache
def phrases() -> tuple[tuple[str, Cue], ...]:
    """Every phrase that is looked for anywhere in a text."""
    return tuple((phrase, cue) for cue in cues() if labels()[cue.label].scope == "text" for phrase in cue.expanded())


@cache
def words(label: str) -> frozenset[str]:
    """The single words of a label that are looked at beside a number."""
    return frozenset(word for cue in cues() if cue.label == label for word in cue.phrases)


@cache
def all_words() -> frozenset[str]:
    return frozenset().union(*(words(name) for name, label in labels().items() if label.scope == "number"))
