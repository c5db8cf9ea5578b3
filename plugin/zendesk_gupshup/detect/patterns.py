"""Patterns, compiled when first used: most tickets need few of them, and importing needs none.

Those that say something of language or layout lie in `cues/patterns/`, each with an id and examples; a module asks for
them by id. Small technical ones (digits, white space, a token) stand in the module that uses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, AnyStr, Generic, Literal, cast

from zendesk_gupshup.detect.cue_files import CueData, checked, known, rows, table

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")
_FOLDER = "patterns"


class PatternCue(CueData):
    """One pattern: an expression or a list of alternatives.

    Line breaks and the blanks that indent a line are layout; all other blanks count. `{name}` stands for one of the
    parts of the same file.
    """

    id: str
    what: str
    pattern: str | tuple[str, ...]
    flags: Literal["", "a", "i", "m", "im"] = ""
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]


class PatternParts(CueData):
    parts: Mapping[str, str | tuple[str, ...]] = {}


@cache
def pattern_file(topic: str) -> Mapping[str, PatternCue]:
    """The patterns of one file by id, the parts filled in."""
    name = f"{_FOLDER}/{topic}.toml"
    file = table(name)
    parts = checked(PatternParts, {key: value for key, value in file.items() if key != "pattern"}, name).parts
    filled = {part: _joined(text, {}, name) for part, text in parts.items()}
    return {
        one.id: one.model_copy(update={"pattern": _joined(one.pattern, filled, f"{name}, {one.id}")})
        for one in rows(PatternCue, name, file, "pattern")
    }


def _joined(pattern: str | tuple[str, ...], parts: Mapping[str, str], place: str) -> str:
    if not isinstance(pattern, str):
        return "|".join(_joined(one, parts, place) for one in pattern)
    line = "".join(line.strip(" ") for line in pattern.split("\n")) if "\n" in pattern else pattern
    return re.sub(r"(?<!\\)\{([a-z_]+)\}", lambda part: f"(?:{parts[known(part[1], parts, place)]})", line)


def _source(name: str) -> tuple[str, int]:
    topic = name.partition(".")[0]
    patterns = pattern_file(topic)
    one = patterns[known(name, patterns, f"{_FOLDER}/{topic}.toml")]
    return (f"(?{one.flags})" if one.flags else "") + cast("str", one.pattern), 0


class _LazyPattern(Generic[AnyStr]):
    def __init__(self, source: Callable[[], tuple[AnyStr, int]]) -> None:
        self._source: Callable[[], tuple[AnyStr, int]] = source

    def __getattr__(self, name: str) -> Any:
        """Called once: from then on the methods of the compiled pattern are attributes of its own."""
        compiled = re.compile(*self._source())
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The pattern of that id: `papers.program` lies in `cues/patterns/papers.toml`."""
    return cast("re.Pattern[str]", _LazyPattern(lambda: _source(name)))


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A technical pattern of a module's own."""
    return cast("re.Pattern[AnyStr]", _LazyPattern(lambda: (source, flags)))
