"""The prefilled link: never too long, never anything secret, and honest about what it left out."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from zendesk_gupshup.model.base import LANGUAGES, Language
from zendesk_gupshup.render.prefilled_link import MAX_URL, GupshupDesk, prefilled_link

DESK = GupshupDesk()
ANY_TEXT = st.text(st.characters(), max_size=400)  # surrogates, controls and private use included
LONG_TEXT = st.builds(lambda text, times: text * times, ANY_TEXT, st.integers(1, 60))


def values(url: str) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


def test_the_link_opens_the_form_with_subject_description_and_owner() -> None:
    link = prefilled_link(DESK, "HTTP 401 (AdaBakery)", "App Name: AdaBakery\nIt fails.", "ada@example.com", {})
    assert link.shortened is False
    assert link.url.startswith("https://support.gupshup.io/hc/en-us/requests/new?tf_subject=HTTP%20401%20")
    assert values(link.url) == {
        "tf_subject": "HTTP 401 (AdaBakery)",
        "tf_description": "App Name: AdaBakery\nIt fails.",
        "tf_anonymous_requester_email": "ada@example.com",
    }


def test_form_and_fields_of_gupshups_desk_are_filled_in() -> None:
    desk = GupshupDesk(host="support.gupshup.ai", locale="es-co", form_id=42, fields={"app_name": 7, "error_type": "8"})
    link = prefilled_link(desk, "s", "d", None, {"app_name": "AdaBakery", "error_type": "HTTP 401", "app_id": "unused"})
    assert link.url.startswith("https://support.gupshup.ai/hc/es-co/requests/new?")
    assert values(link.url) == {
        "tf_subject": "s",
        "ticket_form_id": "42",
        "tf_7": "AdaBakery",
        "tf_8": "HTTP 401",
        "tf_description": "d",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_description_ends_at_a_word_and_says_so(language: Language) -> None:
    words = {
        "en": "(Shortened here. The full text is in the attached draft.)",
        "es": "(Texto acortado aquí. El texto completo está en el borrador adjunto.)",
        "pt": "(Texto encurtado aqui. O texto completo está no rascunho anexo.)",
    }
    link = prefilled_link(DESK, "s", "plantilla não enviada " * 400, "ada@example.com", {}, language=language)
    kept, _, notice = values(link.url)["tf_description"].rpartition("\n")
    assert link.shortened is True
    assert len(link.url) <= MAX_URL
    assert len(link.url) > MAX_URL - 60
    assert notice == words[language]
    assert kept.endswith(("plantilla…", "não…", "enviada…"))


def test_an_emoji_of_several_code_points_is_not_cut_in_two() -> None:
    family = "👩‍👩‍👧‍👦"
    kept = values(prefilled_link(DESK, "s", family * 300, None, {}).url)["tf_description"].partition("…")[0]
    assert kept
    assert set(kept.split(family)) == {""}


def test_brackets_that_gupshups_page_would_drop_are_written_otherwise() -> None:
    assert values(prefilled_link(DESK, "<nil>", "got <nil>", None, {}).url) == {
        "tf_subject": "‹nil›",
        "tf_description": "got ‹nil›",
    }


def test_neither_a_key_nor_a_telephone_number_gets_in() -> None:
    key, phone = "sk_" + hashlib.md5(b"invented").hexdigest(), "+5491122334455"
    link = prefilled_link(GupshupDesk(fields={"app_name": 7}), phone, f"{key} {phone}", None, {"app_name": key})
    assert key not in link.url
    assert phone.lstrip("+") not in link.url


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@example", "Ada <ada@example.com>", "a@b.c\nd@e.f", "ada@exa mple.com", "{{@0.0", "{%a@b.cd"],
)
def test_what_is_no_address_is_no_requester(address: str) -> None:
    assert "tf_anonymous_requester_email" not in prefilled_link(DESK, "s", "d", address, {}).url


@given(subject=LONG_TEXT, description=LONG_TEXT, email=st.one_of(st.none(), st.emails(), ANY_TEXT), value=LONG_TEXT)
def test_no_text_whatever_makes_the_link_too_long_or_breaks_it(
    subject: str, description: str, email: str | None, value: str
) -> None:
    desk = GupshupDesk(form_id=10**15, fields=dict.fromkeys(("app_name", "app_id", "error_type"), "9" * 40))
    link = prefilled_link(desk, subject, description, email, dict.fromkeys(desk.fields, value), language="es")
    assert len(link.url) <= MAX_URL
    assert link.url.isascii()
    assert link.url.isprintable()
    assert " " not in link.url
    found = values(link.url)
    assert set(found) <= {
        "tf_subject",
        "tf_description",
        "tf_anonymous_requester_email",
        "ticket_form_id",
        "tf_" + "9" * 40,
    }
    for text in found.values():
        assert not set(text) & {"<", ">", "\x00", "\x1b"}
        assert "{{" not in text
        assert "{%" not in text
    assert link.shortened == found.get("tf_description", "").endswith("El texto completo está en el borrador adjunto.)")


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "https://support.gupshup.io"},
        {"host": "support.gupshup.io/x"},
        {"host": 'x"onload=1'},
        {"locale": "../en"},
        {"form_id": 0},
        {"fields": {"App Name": 1}},
        {"nonsense": 1},
    ],
)
def test_a_desk_that_would_make_broken_links_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GupshupDesk.model_validate(wrong)


def test_every_setting_of_the_desk_is_described() -> None:
    assert [name for name, field in GupshupDesk.model_fields.items() if not field.description] == []
