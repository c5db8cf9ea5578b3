"""Full-text search in the dictionary, best match first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zendesk_gupshup.dictionary import CodeEntry, Variant
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.text.normalise import fold

# In order of relevance: the code, a title, a wording, the code's own texts, the texts of one of its causes.
_CODE, _TITLE, _WORDING, _TEXT, _CAUSE = range(5)


@dataclass(frozen=True)
class SearchHit:
    entry: CodeEntry
    # Where the words were found, for people: `title`, `wording`, `remedy (es)`.
    where: str
    # The text that was found; of a long text only the sentence with the words.
    text: str


def matches(entries: Iterable[CodeEntry], words: list[str]) -> list[SearchHit]:
    """For each entry the best text in which every one of `words` (folded) begins a word. The sort is stable."""
    found = [(*best, entry) for entry in entries if (best := min(_ranked(entry, words), default=None))]
    return [
        SearchHit(entry, where, _sentence(text, words))
        for _, _, where, text, entry in sorted(found, key=lambda f: f[:1])
    ]


def _ranked(entry: CodeEntry, words: list[str]) -> Iterator[tuple[tuple[int, int], int, str, str]]:
    for number, (rank, where, text) in enumerate(_texts(entry)):
        folded = fold(text)
        if not _has(folded, words):
            continue
        # 1310 also finds 131042, ranked below an exact 1310.
        exact = folded.endswith(f" {words[-1]}") if rank == _CODE else " ".join(words) in folded
        yield (rank, 0 if exact else 1), number, where, text


def _has(folded: str, words: list[str]) -> bool:
    spaced = f" {folded}"
    return all(f" {word}" in spaced for word in words)


def _texts(entry: CodeEntry) -> Iterator[tuple[int, str, str]]:
    yield _CODE, "code", str(entry.error)
    for title in entry.titles:
        yield _TITLE, "title", title
    for wording in (*entry.wordings, *(wording for variant in entry.variants for wording in variant.wordings)):
        yield _WORDING, "wording", wording
    parts: list[tuple[int, CodeEntry | Variant]] = [(_TEXT, entry), *((_CAUSE, variant) for variant in entry.variants)]
    for rank, part in parts:
        for name, texts in (("meaning", part.meaning), ("remedy", part.remedy)):
            for lang in LANGUAGES:
                yield rank, f"{name} ({lang})", texts.get(lang)


def _sentence(text: str, words: list[str]) -> str:
    sentences = re.split(r"(?<=[.;:]) ", text)
    return next((sentence for sentence in sentences if _has(fold(sentence), words)), text)
