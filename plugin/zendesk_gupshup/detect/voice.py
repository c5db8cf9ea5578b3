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


def voices(words: Iterable[str]) -> list[str]:
    """The voices that some of the words have, by name."""
    said = words if isinstance(words, (set, frozenset)) else set(words)
    return [name for name, known in _words().items() if not known.isdisjoint(said)]
