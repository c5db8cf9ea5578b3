"""The words of the console: each language has each of them, the page names no other, and none is left over."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import get_args

import pytest

from zendesk_gupshup.app.console_decisions import DecisionOutcome
from zendesk_gupshup.app.console_modes import ModeSource
from zendesk_gupshup.model.finding import Confidence
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.render.lint_samples import Knowing
from zendesk_gupshup.render.template_files import KINDS
from zendesk_gupshup.storage.app_actions import Verdict
from zendesk_gupshup.storage.dead_letters import State

STATIC = files("zendesk_gupshup.app").joinpath("static")
SCRIPT = STATIC.joinpath("console.js").read_text("utf-8")
FRAME = STATIC.joinpath("frame.js").read_text("utf-8")
WORDS = {name: json.loads(STATIC.joinpath(f"console.{name}.json").read_text("utf-8")) for name in ("en", "es", "pt-BR")}

# The values of the server that the page has words for, by the beginning of the word's name.
VALUES: dict[str, tuple[str, ...]] = {
    "outcome": get_args(DecisionOutcome),
    "mode": tuple(Mode),
    "source": get_args(ModeSource),
    "confidence": tuple(Confidence),
    "state": get_args(State),
    "agree": (*get_args(Verdict), "inserted", "edited"),
    "sample": get_args(Knowing),
    "kind": KINDS,
    "write": ("reply", "note", "tags"),
    "missing": ("app_name", "app_id", "account_id", "owner_email"),
    "spot": ("subject", "comment", "message", "attachment"),
    "place": tuple(re.findall(r"(\w+): show[A-Z]\w+,", SCRIPT)),
    "about": tuple(re.findall(r"(\w+): show[A-Z]\w+,", SCRIPT)),
    "trouble": (*re.findall(r'\d{3}: "(\w+)"', FRAME), "broken", "slow", "away"),
    "report.days": ("7", "30", "90"),
    "filter": ("code", "mode", "outcome", "day", "ticket"),
}


@pytest.mark.parametrize("name", ["es", "pt-BR"])
def test_each_language_has_each_word_with_the_same_values(name: str) -> None:
    assert WORDS[name].keys() == WORDS["en"].keys()
    values = {key: set(re.findall(r"\{\w+\}", text)) for key, text in WORDS["en"].items()}
    assert {key: set(re.findall(r"\{\w+\}", text)) for key, text in WORDS[name].items()} == values
    assert [key for key, text in WORDS[name].items() if not text.strip()] == []


def test_the_words_are_those_that_the_page_names_and_the_server_says() -> None:
    said = {f"{group}.{value}" for group, values in VALUES.items() for value in values}
    named = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)*)"', SCRIPT))
    ends = {f"{what}.done" for what in ("retry", "drop")}
    assert said - WORDS["en"].keys() == set()
    assert WORDS["en"].keys() - said - named - ends == set()
    asked = set(re.findall(r'(?<![\w.])word\("([\w.]+)"', SCRIPT))
    assert asked - WORDS["en"].keys() == set()


def test_the_page_sets_no_html_but_the_page_of_a_preview() -> None:
    written = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert re.findall(written, SCRIPT + FRAME) == []
    assert re.findall(r"srcdoc[^,]*,", SCRIPT) == ["srcdoc: paper(one.html),"]
    assert re.findall(r'"iframe", \{[^}]*\}', SCRIPT)[0].count('sandbox: ""') == 1
