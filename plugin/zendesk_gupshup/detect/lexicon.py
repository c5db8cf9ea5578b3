"""The cues of `cues/`: phrases by what they say, found in one pass, and single words beside a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Literal, Self

from pydantic import model_validator

from zendesk_gupshup.detect.cue_files import CueData, checked, file_names, known, rows, table

# How far around a cue its words hold. `number`: a single word, looked at beside a number; `text`: the whole ticket.
Scope = Literal["number", "sentence", "line", "text"]
_LABELS = "labels.toml"


class Label(CueData):
    """What a cue says, for what it speaks, where that ends, and which other labels take it back."""

    says: str
    scope: Scope
    # `before`: only for what stands behind it.
    direction: Literal["before", "around"] = "around"
    # In characters up to the cue; 0 for the whole sentence or line.
    reach: int = 0
    # Labels, or ids of patterns, between the cue and what it would speak for.
    ends_at: tuple[str, ...] = ()
    # Labels in the same sentence or line; where the scope is `text`, anywhere in the ticket.
    beaten_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_an_effect(self) -> Self:
        idle = {"number": ("direction", "reach", "ends_at", "beaten_by"), "text": ("direction", "reach", "ends_at")}
        for name in idle.get(self.scope, ()):
            if name in self.model_fields_set:
                raise ValueError(f"{name} does nothing where scope is {self.scope!r}; write 'sentence' or 'line'")
        return self


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
    found = {name: checked(Label, row, f"{_LABELS}, [{name}]") for name, row in table(_LABELS).items()}
    for name, label in found.items():
        for other in (*label.ends_at, *label.beaten_by):
            if "." not in other:
                known(other, found, f"{_LABELS}, [{name}]")
    return found


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
    return tuple((phrase, cue) for cue in cues() if labels()[cue.label].scope != "number" for phrase in cue.expanded())


@cache
def words(label: str) -> frozenset[str]:
    """The single words of a label that are looked at beside a number."""
    return frozenset(word for cue in cues() if cue.label == label for word in cue.phrases)


@cache
def all_words() -> frozenset[str]:
    return frozenset().union(*(words(name) for name, label in labels().items() if label.scope == "number"))
