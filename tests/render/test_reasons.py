"""The catalogues of reasons: complete in each language, and values are shown as they are."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zendesk_gupshup
from zendesk_gupshup.model.base import LANGUAGES, Language
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt, Rule
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.reason import Detail, Reason, ReasonName
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.render.reasons import all_in_words, catalogue, in_words

PACKAGE = Path(zendesk_gupshup.__file__).parent
FAMILIES = ReasonName.__subclasses__()
MEMBERS = [member for family in FAMILIES for member in family]


def _named_in(wording: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(wording) if name is not None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_member_has_one_wording_that_names_its_parameters_and_there_is_no_other(language: Language) -> None:
    given = {
        (family, key, _named_in(text)) for family, texts in catalogue(language).items() for key, text in texts.items()
    }
    wanted = {(family.__name__, m.value, frozenset(m.parameters)) for family in FAMILIES for m in family}
    assert wanted - given == set(), f"reasons without a wording in reasons.{language}.toml, with their parameters"
    assert given - wanted == set(), f"wordings in reasons.{language}.toml of no reason, or with other parameters"


def test_an_id_names_one_reason() -> None:
    assert len({member.value for member in MEMBERS}) == len(MEMBERS)


def test_each_member_is_given_somewhere() -> None:
    code = "".join(file.read_text("utf-8") for file in PACKAGE.rglob("*.py"))
    given = set(re.findall(r"\b([A-Z]\w+\.[A-Z_]+)\b", code))
    assert {str(m) for m in MEMBERS if f"{type(m).__name__}.{m.name}" not in given} == set()


SAID = {
    ("en", Rule.NUMBER_AFTER(word="error")): 'number after "error"',
    ("es", Rule.NUMBER_AFTER(word="error")): "número después de «error»",
    ("pt", Doubt.FITS_LESS(error="meta_onprem 1003")): "meta_onprem 1003: as palavras correspondem menos",
    ("es", UnreadReason.IN(name="worker: 2.log", why=UnreadReason.TOO_LARGE(kilobytes=2048))): (
        "worker: 2.log: mayor que 2048 kB"
    ),
    (
        "es",
        UnreadReason.IN(
            name="a.eml",
            why=(
                UnreadReason.IN(name="x.png", why=UnreadReason.PICTURE()),
                UnreadReason.IN(name=Detail.MAIL_IN_MAIL(), why=UnreadReason.ARCHIVE(format="zip")),
            ),
        ),
    ): (
        "a.eml: x.png: una imagen · un correo dentro del correo: "
        "un archivo comprimido (zip); no se abren; pida los archivos que contiene"
    ),
    ("en", GuardName.ALREADY_REPLIED(error="meta 131049", proof=())): "meta 131049 was answered before",
    ("en", GuardName.ALREADY_REPLIED(error="meta 1", proof=(Detail.PROVED_BY_STORE(tag="t"),))): (
        "meta 1 was answered before: our own record says so; the tag t was lost and is put back"
    ),
    ("pt", GuardName.OFF(tag="gupshup_off", where=Detail.ORGANIZATION())): "a organização tem a tag gupshup_off",
    ("en", DismissalReason.SAME_AS_TEXT(why=DismissalReason.NEGATED())): "the text says: negated",
}  # fmt: skip


def test_wording() -> None:
    assert {(language, reason): in_words(reason, language) for language, reason in SAID} == SAID


def test_several_reasons_are_parted() -> None:
    reasons = (UnreadReason.SHEET_HIDDEN(sheet="Codes"), UnreadReason.PICTURES_INSIDE())
    assert all_in_words(reasons) == "the hidden sheet Codes was not read · the pictures in it are not read"


@pytest.mark.parametrize("values", [{}, {"words": "error"}, {"word": "error", "more": 1}])
def test_a_reason_takes_the_values_of_its_member(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="number_after"):
        Rule.NUMBER_AFTER(**values)


hostile = st.text(max_size=40) | st.sampled_from(
    ("{0}", "{word}", "{{", "%s", "${x}", "{{ 7 * 7 }}", "<b>&", "{a.b[c]}")
)


@given(st.sampled_from(MEMBERS), st.sampled_from(LANGUAGES), st.data())
def test_no_value_is_lost_or_read_as_wording(name: ReasonName, language: Language, data: st.DataObject) -> None:
    values = {parameter: data.draw(hostile) for parameter in name.parameters}
    words = in_words(name(**values), language)
    rest = catalogue(language)[type(name).__name__][name]
    for literal, parameter, _, _ in Formatter().parse(rest):
        assert words.startswith(literal)
        words = words.removeprefix(literal)
        if parameter is not None:
            assert words.startswith(values[parameter])
            words = words.removeprefix(values[parameter])
    assert words == ""


@given(st.text(max_size=40), st.sampled_from(LANGUAGES))
def test_values_of_inner_reasons_stay_too(name: str, language: Language) -> None:
    inner = UnreadReason.IN(name=name, why=(UnreadReason.SHEET_HIDDEN(sheet=name),))
    assert in_words(UnreadReason.IN(name=name, why=inner), language).count(name) >= 3


def test_a_reason_is_a_value() -> None:
    one, same = (Reason(Doubt.FITS_LESS, {"error": "meta 1"}) for _ in range(2))
    assert (one, hash(one), {one: 1}[same]) == (same, hash(same), 1)
