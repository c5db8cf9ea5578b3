"""What clients answer: each cue is held to its examples, and the judge to answers that people write."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from support.paths import TESTS
from zendesk_gupshup.detect.answers import LABELS, answer_cues, judge, phrase_pattern
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.lexicon import Cue
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.text.normalise import fold

ANSWERS = {
    name: [json.loads(line) for line in (TESTS / "answers" / f"{name}.jsonl").read_text("utf-8").splitlines()]
    for name in ("written", "held", "later", "traps")
}


def said(text: str) -> str:
    return judge(Scene(part, index_of(load())) for part in read_plain("", text)[0])[0]


@pytest.mark.parametrize("cue", answer_cues(), ids=lambda cue: cue.id)
def test_a_cue_is_found_in_its_examples_and_in_none_of_its_counter_examples(cue: Cue) -> None:
    one = phrase_pattern(cue.phrases)
    found = {
        text: one.search(f" {' '.join(fold(text).replace('n t ', 'nt ').split())} ") is not None
        for text in (*cue.examples, *cue.counter_examples)
    }
    assert found == {text: text in cue.examples for text in found}


def test_each_language_has_each_label_once_and_its_phrases_are_folded() -> None:
    assert Counter(cue.id for cue in answer_cues()) == {
        f"answers.{label}.{language}": 1 for label in LABELS for language in ("en", "es", "pt")
    }
    words = {word for cue in answer_cues() for phrase in cue.phrases for word in phrase.replace("|", " ").split()}
    assert {word for word in words - {"...", "^", "$"} if fold(word.rstrip("*")) != word.rstrip("*")} == set()


@pytest.mark.parametrize("answer", ANSWERS["written"], ids=lambda answer: answer["id"])
def test_an_answer_that_the_cues_were_written_for_is_judged_so(answer: dict[str, str]) -> None:
    assert said(answer["text"]) == answer["says"].replace("data", "unclear")


def test_of_the_answers_that_nobody_tuned_on_none_gets_a_wrong_state() -> None:
    judged = [(answer["says"].replace("data", "unclear"), said(answer["text"])) for answer in ANSWERS["held"]]
    assert [pair for pair in judged if pair[1] not in (pair[0], "unclear")] == []
    assert len(judged) == 36
    assert sum(label == judgement for label, judgement in judged) >= 30


@pytest.mark.parametrize(("name", "size", "right"), [("later", 97, 95), ("traps", 86, 83)])
def test_answers_that_the_cues_were_mended_for_get_no_wrong_state(name: str, size: int, right: int) -> None:
    judged = [(answer["says"].replace("data", "unclear"), said(answer["text"])) for answer in ANSWERS[name]]
    assert [pair for pair in judged if pair[1] not in (pair[0], "unclear")] == []
    assert len(judged) == size
    assert sum(label == judgement for label, judgement in judged) >= right


@pytest.mark.parametrize(
    "text",
    [
        "Our developer is working on it.",
        "It worked for a minute and then failed.",
        "I opened this ticket because Gupshup returns 401.",
        "We never opened a ticket with Gupshup.",
        "If the error persists, who opens the ticket?",
        "We still can't find the App ID.",
        "Does the error persist?",
        "Todavía no tenemos el App ID.",
        "Ya llega el técnico a revisar.",
        "Ya se solucionó, pero ahora sale error 1003.",
        "El propietario no ha abierto el ticket en Gupshup.",
        "Tudo certo, encaminhei ao proprietário.",
        "Ainda não sei quem é o dono.",
        "👍",
        " ".join(["It works now."] * 50),
    ],
)
def test_what_is_planned_asked_denied_or_about_something_else_is_unclear(text: str) -> None:
    assert said(text) == "unclear"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Sí, ya funciona todo.", "works"),
        ("si, ya funciona", "works"),
        ("No, sigue sin funcionar.", "persists"),
        ("It isnt working", "persists"),
    ],
)
def test_how_it_is_typed_makes_no_difference(text: str, says: str) -> None:
    assert said(text) == says
