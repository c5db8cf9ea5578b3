"""How right the language of the client's own words is told: `python benchmarks/language.py [LETTERS]`.

The labelled texts of `../shared/corpus` that may be read, and our own. A row is the language that a text is written in,
a column what was told; texts of fewer LETTERS (60) stand in a table of their own. Figures alone, no word of a text.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from corpus import OWN_JOIN, OWN_TRAIN, TEXTS, TRAIN, LabelledText, texts
from zendesk_gupshup.detect.language import own_language
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.base import Language

# Of those that are told, so many must be right.
WANTED = 0.99

Table = Mapping[str, Counter[Language | None]]


def main(letters: int = 60) -> int:
    """Print both tables; the exit code is 1 where fewer than 99 of 100 longer texts are told right."""
    languages = tuple(load().languages)
    labelled = [t for t in (*texts(TRAIN), *texts((*OWN_TRAIN, *OWN_JOIN), TEXTS)) if t.lang]
    long = [text for text in labelled if _letters(text) >= letters]
    short = [text for text in labelled if _letters(text) < letters]
    right = _print(f"texts of {letters} and more letters", _table(long), languages)
    _print(f"texts of fewer than {letters} letters", _table(short), languages)
    held = [text for text in long if text.file in OWN_JOIN]
    _print("of the longer ones, those that nobody reads who edits words", _table(held), languages)
    return 0 if right >= WANTED else 1


def _letters(text: LabelledText) -> int:
    return sum(c.isalpha() for c in text.subject + text.body)


def _table(labelled: Iterable[LabelledText]) -> Table:
    dictionary = load()
    table: dict[str, Counter[Language | None]] = defaultdict(Counter)
    for text in labelled:
        own, _ = read_plain(text.subject, text.body)
        table[text.lang][own_language(own, dictionary)] += 1
    return table


def _print(title: str, table: Table, languages: tuple[Language, ...]) -> float:
    """The table and its sums; returned is the part of the told ones that is right."""
    told = sum(count[language] for count in table.values() for language in languages)
    right = sum(table[language][language] for language in languages if language in table)
    ours = sum(table[language].total() for language in languages if language in table)
    print(f"\n{title}\n{'written':10}" + "".join(f"{language:>8}" for language in languages) + f"{'unknown':>9}")
    for written in sorted(table, key=lambda one: (one not in languages, one)):
        counts = "".join(f"{table[written][language]:8}" for language in languages)
        print(f"{written:10}{counts}{table[written][None]:9}")
    part = right / told if told else 1.0
    print(
        f"told {told}, right {right} ({part:.2%}); of {ours} in our languages {right / (ours or 1):.1%} are told right"
    )
    return part


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
