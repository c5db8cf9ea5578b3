"""Which language a ticket is answered in: the order of its sources, and what the note says where they differ."""

from __future__ import annotations

import pytest

from zendesk_gupshup.decide.language import LanguageChoice, language_of
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.detect.provenance import OUR_CLOSINGS
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Confidence, Detection, ErrorCode, Finding
from zendesk_gupshup.model.outcome_reasons import LanguageReason
from zendesk_gupshup.model.ticket import Comment, Organization, Ticket, User

DICTIONARY = load()
POLICY = Policy(default_language="es")
WITH_WORDS = ErrorCode(namespace="gupshup_http", code="401")
WITHOUT_WORDS = ErrorCode(namespace="meta", code="368")


def ticket(organization: object = None, locale: str | None = None) -> Ticket:
    return Ticket(
        id=7,
        requester_id=1,
        users={1: User(id=1, locale=locale)},
        organization=Organization(id=3, organization_fields={"gupshup_language": organization}),
    )


def chosen(
    organization: object, written: str | None, locale: str | None, *codes: tuple[ErrorCode, str | None]
) -> LanguageChoice:
    findings = [Finding(error=e, variant=v, confidence=Confidence.CERTAIN, evidence=()) for e, v in codes]
    return language_of(ticket(organization, locale), Detection(language=written), DICTIONARY, POLICY, findings)


@pytest.mark.parametrize(
    ("organization", "written", "locale", "expected"),
    [
        # The organization's field, else the client's words, else the locale, else the setting.
        ("pt", "en", "fr", "pt"), (None, "en", "fr", "en"), (None, None, "fr", "fr"), (None, None, None, "es"),
        # As locales are written; what we do not write is passed over.
        ("pt-BR", None, None, "pt"), (" PT_br ", None, None, "pt"), ("de", "en", "pt", "en"), (7, None, "pt", "pt"),
        (None, None, "es-419", "es"), (None, None, "esperanto", "es"), (None, None, "de", "es"), ("", None, "en", "en"),
    ],
)  # fmt: skip
def test_the_first_source_that_names_a_language_of_ours_decides(
    organization: object, written: str | None, locale: str | None, expected: str
) -> None:
    assert chosen(organization, written, locale).language == expected


def test_a_ticket_without_people_takes_the_setting() -> None:
    assert language_of(Ticket(id=7), Detection(), DICTIONARY, POLICY) == LanguageChoice("es")


@pytest.mark.parametrize(
    ("organization", "written", "locale", "expected"),
    [
        (None, "es", "en-US", LanguageChoice("es", (LanguageReason.WORDS_OVER_LOCALE(language="es", locale="en"),))),
        (
            "pt",
            "es",
            "en",
            LanguageChoice("pt", (LanguageReason.ORGANIZATION_OVER_WORDS(language="pt", written="es"),)),
        ),
        (None, "es", "es-419", LanguageChoice("es")),
        (None, "es", None, LanguageChoice("es")),
        ("es", "es", "en", LanguageChoice("es")),
        ("es", None, "en", LanguageChoice("es")),
    ],
)
def test_where_the_sources_differ_the_choice_says_so(
    organization: object, written: str | None, locale: str | None, expected: LanguageChoice
) -> None:
    assert chosen(organization, written, locale) == expected


@pytest.mark.parametrize("language", OUR_CLOSINGS)
def test_after_a_reply_of_ours_the_conversation_stays_in_its_language(language: Language) -> None:
    sent = Comment(id=12, author_id=900, body=f"Hello. {OUR_CLOSINGS[language].capitalize()}.")
    first = Comment(id=11, author_id=1, body="401")
    replied = ticket("pt", "en").model_copy(update={"our_user_id": 900, "comments": (first, sent)})
    assert language_of(replied, Detection(language="es"), DICTIONARY, POLICY) == LanguageChoice(language)


def test_a_letter_is_of_one_language_also_where_a_code_has_no_words_in_it() -> None:
    missing = LanguageReason.CODE_WITHOUT_WORDS(language="fr", error="meta 368")
    assert chosen(None, "fr", None, (WITH_WORDS, None)) == LanguageChoice("fr")
    assert chosen(None, "fr", None, (WITH_WORDS, None), (WITHOUT_WORDS, None)) == LanguageChoice("en", (missing,))
    assert chosen(None, "pt", None, (WITHOUT_WORDS, None)) == LanguageChoice("pt")


def test_a_cause_without_words_is_not_told_by_those_of_its_code() -> None:
    assert chosen(None, "fr", None, (WITH_WORDS, "portal_user_not_found")).language == "fr"
    forbidden = ErrorCode(namespace="gupshup_http", code="400")
    assert chosen(None, "fr", None, (forbidden, "source_xss")).language == "en"
