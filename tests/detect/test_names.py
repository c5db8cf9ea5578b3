"""Looking a name up says the same as walking through all of them."""

from hypothesis import given
from hypothesis import strategies as st

from zendesk_gupshup.detect.names import NamePlaces

_places = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda at: (at[0], at[0] + at[1])), max_size=12)


@given(_places, st.integers(0, 70), st.integers(0, 70))
def test_the_last_before_a_place_is_the_one_with_the_last_end(
    places: list[tuple[int, int]], first: int, at: int
) -> None:
    wanted = max((end for start, end in places if start >= first and end <= at), default=None)

    found = NamePlaces(places).last_within(first, at)

    assert (found and found[1]) == wanted
    assert found is None or (found in places and found[0] >= first)


@given(_places, st.integers(0, 70), st.integers(0, 70), st.integers(0, 70))
def test_the_first_behind_a_place_is_the_one_that_begins_first(
    places: list[tuple[int, int]], first: int, last: int, at: int
) -> None:
    wanted = min((start for start, end in places if first <= start < last and end > at), default=None)

    found = NamePlaces(places).first_within(first, last, at)

    assert (found[0] if found else None) == wanted
    assert found is None or (found in places and found[1] > at)
