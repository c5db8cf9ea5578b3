"""Who speaks, to whom, when and how: the words of `voice.toml`, counted as signals and never as proof."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    file = resources.files(__package__) / "voice.toml"
    return {name: frozenset(words) for name, words in tomllib.loads(file.read_text(encoding="utf-8")).items()}


@lru_cache(maxsize=1)
def _voices_of() -> dict[str, tuple[str, ...]]:
    """By word: the voices that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for name, words in _words().items():
        for word in words:
            found[word] = (*found.get(word, ()), name)
    return found


def voices(words: Iterable[str]) -> set[str]:
    """The voices that some of the words have, by name."""
    voices_of = _voices_of()
    return {name for word in voices_of.keys() & set(words) for name in voices_of[word]}
