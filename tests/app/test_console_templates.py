"""The console's previews and reports: what is rendered, of which ticket, and that nothing else can be asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from support.databases import ACCOUNT
from support.ledger_entries import entry
from zendesk_gupshup.app.console_report import report_document, report_of_days
from zendesk_gupshup.app.console_templates import (
    NoPreview,
    PreviewWish,
    preview,
    preview_choices,
    templates_page,
)
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage.engine import open_engine

NOON = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
APP = "5b0f8a52-9a0e-4f1c-8a55-3f2d7c1e9b10"
REFUSED = {"error": {"namespace": "gupshup_http", "code": "401"}, "confidence": "certain"}
WALLET = {"error": {"namespace": "gupshup", "code": "1003"}, "confidence": "likely"}


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_engine(None, tmp_path), ACCOUNT)


def wish(**values: object) -> PreviewWish:
    return PreviewWish.model_validate({"name": "owner_escalation"} | values)


def shown(brain: Brain, ledger: Ledger, **values: object) -> str:
    return "\n".join(update.html_body or "" for update in preview(wish(**values), brain, ledger))


# --- Previews ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_sample_can_be_shown(brain: Brain, ledger: Ledger, language: str) -> None:
    choices = preview_choices(brain.dictionary)
    for kind in choices["kinds"]:
        for sample in choices["samples"]:
            updates = preview(wish(name=kind, language=language, sample=sample), brain, ledger)
            assert any(update.html_body for update in updates), (kind, sample)


def test_a_code_is_shown_with_its_own_text_and_cause(brain: Brain, ledger: Ledger) -> None:
    update = preview(wish(name="gupshup 1003", language="es"), brain, ledger)[0]
    entry_of_code = next(one for one in brain.dictionary.entries if str(one.error) == "gupshup 1003")
    assert update.public
    assert entry_of_code.title.split()[0] in (update.html_body or "")


def test_a_known_ticket_is_shown_with_what_the_ledger_keeps_and_nothing_made_up(brain: Brain, ledger: Ledger) -> None:
    ledger.record(entry(4711, created=NOON, app=APP, findings=[REFUSED, WALLET], missing=["app_name"]))
    ledger.record(entry(4711))
    html = shown(brain, ledger, ticket=4711)
    assert APP in html
    assert "1003" in html
    assert not [word for word in ("Ada", "Grace", "example.com", "AdaBakery") if word in html]


def test_an_enterprise_account_is_shown_as_one(brain: Brain, ledger: Ledger) -> None:
    ledger.record(entry(4711, created=NOON, app="2000123456", findings=[REFUSED]))
    assert "2000123456" in shown(brain, ledger, ticket=4711)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "nothing"}, "name"),
        ({"name": "401"}, "name"),
        ({"name": "gupshup 1003", "cause": "nonsense"}, "cause"),
        ({"name": "gupshup_http 401", "cause": "../../etc/passwd"}, "cause"),
        ({"language": "it"}, "language"),
        ({"ticket": 4712}, "ticket"),
        ({"ticket": 9}, "ticket"),
    ],
)
def test_a_wish_for_what_there_is_not_names_its_field(
    brain: Brain, ledger: Ledger, values: dict[str, Any], field: str
) -> None:
    ledger.record(entry(9, unknown=["3001"]))
    with pytest.raises(NoPreview) as refused:
        preview(wish(**values), brain, ledger)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "../en"), ("language", None), ("sample", "everything"), ("ticket", 0), ("ticket", 2**63),
        ("name", "x" * 81), ("name", None), ("text", "{{ 7 * 7 }}"),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        wish(**{field: value})
    assert {error["loc"][0] for error in refused.value.errors()} == {field}


def test_the_files_are_listed_page_by_page_each_once(brain: Brain) -> None:
    keys, cursor = [], None
    while True:
        page = templates_page(brain.templates, cursor)
        keys += [source.key for source in page.rows]
        if page.next is None:
            break
        cursor = page.next
    assert keys == [source.key for source in brain.templates.sources if not source.is_block]


# --- The report ----------------------------------------------------------------------------------------------


def kept(ledger: Ledger) -> Ledger:
    ledger.start_live()
    for day in range(5):
        for number in range(day + 1):
            ledger.record(entry(10 * day + number, at=NOON - day * 86_400, did="done", findings=[REFUSED]))
    return ledger


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_in_words_and_a_chart_what_the_ledger_tells(
    brain: Brain, ledger: Ledger, language: Any
) -> None:
    kept(ledger)
    report = report_of_days(ledger, brain.dictionary, 7, language, retention_days=400, now=lambda: NOON)
    document = report_document(report, language)
    assert (report.totals.errors, document["tiles"][0]["value"]) == (15, "15")
    assert {table["key"] for table in document["tables"]} >= {"over", "codes", "who", "failures", "requests"}
    assert not {"next_word", "agreement"} & {table["key"] for table in document["tables"]}
    assert set(document["charts"]) == {"wide", "narrow"}
    assert document["legend"] == [{"name": "gupshup_http 401", "colour": "c1"}]


def test_days_are_counted_with_today_as_the_last(brain: Brain, ledger: Ledger) -> None:
    kept(ledger)
    sums = {
        days: report_of_days(ledger, brain.dictionary, days, "en", retention_days=400, now=lambda: NOON).totals.errors
        for days in (1, 2, 3)
    }
    assert sums == {1: 1, 2: 3, 3: 6}


def test_a_chart_is_made_of_the_elements_that_the_page_lets_through(brain: Brain, ledger: Ledger) -> None:
    """`console.js` copies these and drops any other, so a new one would go missing without a word."""
    kept(ledger)
    report = report_of_days(ledger, brain.dictionary, 7, "en", retention_days=400, now=lambda: NOON)
    chart = report_document(report, "en")["charts"]["wide"]
    assert set(re.findall(r"<([a-z]+)", chart)) <= {"svg", "g", "line", "rect", "text", "title"}
    assert "style" not in chart
