"""The words of `lexicon.toml`: what they say about a place, about a sentence, and about a number beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any


def _read() -> Mapping[str, Mapping[str, Any]]:
    file = resources.files(__package__) / "lexicon.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


_TABLES = _read()

# Phrases by category; `scene.Scene.hits` has the places of each category.
PHRASES: dict[str, tuple[str, ...]] = {
    category: tuple(dict.fromkeys(phrases))
    for table in ("places", "cues")
    for category, phrases in _TABLES[table].items()
}
# Phones leave the apostrophe out: "dont", "doesnt", "cant".
PHRASES = {
    category: (*phrases, *(p.replace("n t ", "nt ") for p in phrases if "n t " in p))
    for category, phrases in PHRASES.items()
}
PHRASES["own"] += tuple(f"{of} {what}" for of in _TABLES["own"]["of"] for what in _TABLES["own"]["what"])


def words(name: str) -> frozenset[str]:
    return frozenset(_TABLES["words"][name])


ALL_WORDS: frozenset[str] = frozenset().union(*_TABLES["words"].values())
