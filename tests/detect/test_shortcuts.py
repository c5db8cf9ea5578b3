"""What spares a pattern or a search must never hide what it would find."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zendesk_gupshup.detect import context, document, lookalikes, owned, papers
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.number_kinds import Said, tokens
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.text.known_ids import READABLE, Readable, shape

INDEX = index_of(load())


def stem(stems: tuple[str, ...]) -> Callable[[str], bool]:
    return lambda text: any(one in text for one in stems)


# What each pattern finds, and the question that is asked first.
ASKED_FIRST: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "a program": (papers._PROGRAM, lambda text: papers._may_be_program(text, (0, len(text)))),
    "a search": (papers._QUERY, stem(papers._OF_QUERIES)),
    "an ending": (owned._ENDING, stem(owned._OF_ENDINGS)),
    "another code": (owned._OTHER_CODE, stem(("cod",))),
    "the key of a value": (owned._KEY, stem(("=", ":"))),
    "a price": (lookalikes._CURRENCY, lambda text: text.rstrip()[-1:] in lookalikes._ENDS_OF_CURRENCIES),
    "a name with a hyphen": (lookalikes._KEYED, lambda text: "-" in text[-2:]),
    "one's own path": (context._OWN_PATH, stem(context._PATHS)),
    "another product": (document._OTHER_PRODUCT, lambda text: not Said(text, INDEX).lacks(document._OF_PRODUCTS)),
}


@pytest.mark.parametrize("name", ASKED_FIRST)
def test_the_question_asked_first_is_answered_yes_wherever_the_pattern_matches(name: str) -> None:
    pattern, asked = ASKED_FIRST[name]

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.from_regex(re.compile(pattern.pattern, pattern.flags)))
    def holds(text: str) -> None:
        found = pattern.search(text)
        assert found is None or asked(found[0])

    holds()


@pytest.mark.parametrize("readable", READABLE, ids=lambda readable: readable.pattern.pattern[:40])
def test_a_readable_id_has_one_of_its_shapes_and_one_of_its_signs(readable: Readable) -> None:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.from_regex(readable.pattern))
    def holds(text: str) -> None:
        for found in readable.pattern.finditer(text):
            form = shape(found[0])
            assert not readable.shapes or any(one in form for one in readable.shapes)
            assert not readable.signs or any(one in found[0] for one in readable.signs)

    holds()


@settings(deadline=None, database=None)
@given(st.text(alphabet="ab1_ .\nйé", max_size=30), st.integers(0, 31), st.integers(0, 31))
def test_the_words_between_two_places_are_those_of_the_part_alone(low: str, start: int, end: int) -> None:
    said, part = Said(low, INDEX), low[start:end]
    assert (said.between(start, end), said.count(start, end)) == (tokens(part, INDEX), len(tokens(part, INDEX)))


@pytest.mark.parametrize("start", [0, 19_990, 20_010, 40_000])
def test_the_words_of_a_long_text_are_found_behind_those_that_are_kept(start: int) -> None:
    low = "error 1003 " * 4000
    said = Said(low, INDEX)
    assert said.between(start, start + 40) == tokens(low[start : start + 40], INDEX)
    assert said.count(start, start + 40) == len(tokens(low[start : start + 40], INDEX))
    assert not said.lacks(frozenset({"pixel"}))
