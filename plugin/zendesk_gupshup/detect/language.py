"""In which language the requester's own words are written: counted by the words that nearly every text of one has.

Codes, logs and quotations are cut out first. `benchmarks/language.py` measures it; a library of 96 MB was right less
often on the same texts (975 of 1,000 that it decided, where this is right in 995).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources

import tomli

from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.reading import Text
from zendesk_gupshup.dictionary.model import Dictionary
from zendesk_gupshup.model.base import Language

# Of each text; what is told by then is told.
_MOST = 20_000
# The words of one language must weigh so much, be so large a part of all words, and weigh so much more than the next's.
# More is asked of English: its words stand in the answers and logs that everybody pastes.
_LEAST, _SHARE, _LEAD, _LEAD_OF_ENGLISH = 2.0, 0.1, 1.5, 2.5

_QUOTED = regex(
    r"(?s)```.{0,20000}?(?:```|\Z)|`[^`\n]{1,300}`|\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”|«[^»\n]{0,300}»"
    r"|https?://\S{1,2000}|[^\s@]{1,64}@\S{1,255}"
)
# A line with three of these is a program's.
_TECHNICAL = regex(r"[{}\[\]<>=|\\;_]|\":|::|[0-9]{2}:[0-9]{2}:[0-9]{2}|\bat [a-z]{1,40}\.")
_TECHNICAL_LINE = 3
# No part of a name such as `src.name`, `max-retries` or an address.
_WORD = regex(r"(?<![\w.@/-])[^\W\d_]{1,40}(?![\w@/]|\.\w)")
_LETTERS = regex(r"[^\W\d_]{1,40}")


def own_language(texts: Iterable[Text], dictionary: Dictionary) -> Language | None:
    """The language of `texts`, one of those that the dictionary knows; none where that is not plain."""
    index = _index(dictionary)
    words = {word for text in texts for word in _words(text.text[:_MOST])}
    weights: defaultdict[str, float] = defaultdict(float)
    for word in words:
        languages = index.get(word, ())
        for language in languages:
            weights[language] += 1 / len(languages)
    if not weights:
        return None
    (most, first), *rest = sorted(((weight, language) for language, weight in weights.items()), reverse=True)
    next_most = rest[0][0] if rest else 0.0
    lead = _LEAD_OF_ENGLISH if first == "en" else _LEAD
    plain = most >= max(_LEAST, _SHARE * len(words), lead * next_most)
    return first if plain and first in dictionary.languages else None


def _words(text: str) -> Iterable[str]:
    lines = _QUOTED.sub(" ", text).lower().split("\n")
    kept = "\n".join(line for line in lines if len(_TECHNICAL.findall(line)) < _TECHNICAL_LINE)
    return _WORD.findall(kept)


@lru_cache(maxsize=4)
def _index(dictionary: Dictionary) -> Mapping[str, tuple[str, ...]]:
    """The languages that have a word, which may be written without its accents."""
    tables = {language: table.common for language, table in dictionary.languages.items()}
    found: dict[str, dict[str, None]] = {}
    for language, common in {**_neighbours(), **tables}.items():
        for word in _LETTERS.findall(common.lower()):
            for form in (word, _without_accents(word)):
                found.setdefault(form, {})[language] = None
    return {word: tuple(languages) for word, languages in found.items()}


def _neighbours() -> Mapping[str, str]:
    """Words of languages near to ours that have no texts, so that none of them is taken for one of ours."""
    text = resources.files(__package__).joinpath("other_languages.toml").read_text(encoding="utf-8")
    return tomli.loads(text)


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
