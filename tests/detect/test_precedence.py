"""The order of precedence is held to its own examples: which rule decides, and what the whole order makes of a text."""

from __future__ import annotations

import re

import pytest

from support.paths import ROOT
from zendesk_gupshup.detect.context import owner_by
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.interpretations import readings
from zendesk_gupshup.detect.mention import Mention, read_mention
from zendesk_gupshup.detect.precedence import CodeRule, Owner, OwnerRule, code_rules, owner_rules
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Namespace

CODE_EXAMPLES = [(rule, text, code) for rule in code_rules() for text, code in rule.examples.items()]
CODE_COUNTER_EXAMPLES = [(rule, text, code) for rule in code_rules() for text, code in rule.counter_examples.items()]


@pytest.mark.parametrize(("rule", "text", "code"), CODE_EXAMPLES, ids=lambda value: getattr(value, "id", value))
def test_a_rule_decides_its_examples(rule: CodeRule, text: str, code: Namespace) -> None:
    best = readings(_mention(text))[0]
    assert (best.by, best.entry.error.namespace) == (rule.id, code)


@pytest.mark.parametrize(("rule", "text", "code"), CODE_COUNTER_EXAMPLES, ids=lambda value: getattr(value, "id", value))
def test_another_rule_decides_its_counter_examples(rule: CodeRule, text: str, code: Namespace) -> None:
    best = readings(_mention(text))[0]
    assert best.by != rule.id
    assert best.entry.error.namespace == code


OWNER_EXAMPLES = [(rule, text, owner) for rule in owner_rules() for text, owner in rule.examples.items()]
OWNER_COUNTER_EXAMPLES = [
    (rule, text, owner) for rule in owner_rules() for text, owner in rule.counter_examples.items()
]


@pytest.mark.parametrize(("rule", "text", "owner"), OWNER_EXAMPLES, ids=lambda value: getattr(value, "id", value))
def test_a_rule_says_whose_its_examples_are(rule: OwnerRule, text: str, owner: Owner) -> None:
    assert _owner(text) == (owner, rule)


@pytest.mark.parametrize(
    ("rule", "text", "owner"), OWNER_COUNTER_EXAMPLES, ids=lambda value: getattr(value, "id", value)
)
def test_another_rule_says_whose_its_counter_examples_are(rule: OwnerRule, text: str, owner: Owner) -> None:
    found, by = _owner(text)
    assert found == owner
    assert by != rule


def test_a_sign_elsewhere_in_the_ticket_decides_for_the_bare_number() -> None:
    bare = _mention("Gupshup [[500]]")
    entries = {entry.error.namespace: entry.error for entry in bare.scene.index.by_number["500"]}
    best = readings(bare, {"500": entries["gupshup_http"]})[0]
    assert (best.by, best.entry.error.namespace) == ("elsewhere", "gupshup_http")


def test_the_documentation_shows_the_order() -> None:
    text = (ROOT / "docs" / "detection.md").read_text("utf-8").split("## Which code, and whose")[1].split("## ")[0]
    shown = re.findall(r"(?m)^\| `(\w+)` \|", text)
    assert shown == [rule.id for rule in (*code_rules(), *owner_rules())]


def _mention(text: str) -> Mention:
    document, number, start, end = _marked(text)
    return read_mention(document.scenes[-1], number, start, end)


def _owner(text: str) -> tuple[Owner, OwnerRule | None]:
    document, _, start, end = _marked(text)
    return owner_by(document, document.scenes[-1], start, end)


def _marked(text: str) -> tuple[Document, str, int, int]:
    """The text without the marks, and the number that stood between them with its place."""
    before, number, after = text.replace("]]", "[[").split("[[")
    read, _ = read_plain("", before + number + after)
    document = Document(tuple(Scene(one, index_of(load()), at) for at, one in enumerate(read)))
    return document, number, len(before), len(before) + len(number)
