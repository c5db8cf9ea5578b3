"""The order of `precedence.toml`: which entry a number means where several share it, and whose error a passage tells."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from zendesk_gupshup.detect.cue_files import CueData, rows
from zendesk_gupshup.model.finding import Namespace

Owner = Literal["gupshup", "meta", "other", ""]
Distance = Literal["here", "near", "far"]


class _Rule(CueData):
    id: str
    # The sign that is looked for: a procedure by its name, or the id of a pattern.
    asks: str
    why: str
    source: str = ""

    @property
    def asks_a_pattern(self) -> bool:
        return "." in self.asks


class CodeRule(_Rule):
    """One rule of which entry a number means."""

    # For which namespaces the sign speaks, the best first; none where the sign names the entries.
    prefers: tuple[Namespace, ...] = ()
    # Asked only where entries of all of these share the number.
    among: tuple[Namespace, ...] = ()
    examples: Mapping[str, Namespace] = {}
    counter_examples: Mapping[str, Namespace] = {}


class OwnerRule(_Rule):
    """One rule of whose a passage is."""

    # Where the pattern is looked for: before the number on its line or in its sentence, or right behind it.
    sees: Literal["line_before", "before", "behind"] = "before"
    # None where the sign names the owner.
    decides: Owner | None = None
    near: Distance
    examples: Mapping[str, Owner] = {}
    counter_examples: Mapping[str, Owner] = {}


@cache
def _file() -> Mapping[str, object]:
    file = resources.files(__package__) / "precedence.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def code_rules() -> tuple[CodeRule, ...]:
    return rows(CodeRule, "../precedence.toml", _file(), "code")


@cache
def owner_rules() -> tuple[OwnerRule, ...]:
    return rows(OwnerRule, "../precedence.toml", _file(), "owner")
