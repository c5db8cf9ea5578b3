"""The cues of `cues/`: phrases by what they say, found in one pass, and single words beside a number."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import product
from typing import Literal

from pydantic import BaseModel, ConfigDict

# `text`: found anywhere in a text; `number`: a single word, looked at beside a number.
Scope = Literal["text", "number"]
_LABELS = "labels.toml"


class _CueData(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(_CueData):
    says: str
    scope: Scope


class Cue(_CueData):
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


class _File(_CueData):
    cue: tuple[Cue, ...]


@cache
def labels() -> Mapping[str, Label]:
    return {name: Label.model_validate(row) for name, row in _table(_LABELS).items()}


@cache
def cues() -> tuple[Cue, ...]:
    """Those of all languages, in the order of their files."""
    names = sorted(
        file.name for file in resources.files(f"{__package__}.cues").iterdir() if file.name.endswith(".toml")
    )
    return tuple(cue for name in names if name != _LABELS for cue in _File.model_validate(_table(name)).cue)


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


def _table(name: str) -> dict[str, object]:
    file = resources.files(f"{__package__}.cues") / name
    return tomllib.loads(file.read_text(encoding="utf-8"))
