"""A brand has texts, a signature, a link and a cap of its own; the tickets of all others are as before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.paths import TESTS
from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.pipeline import Brain, look_at
from zendesk_gupshup.settings import SettingsError, load_settings
from zendesk_gupshup.zendesk.payloads import assembled

OUR_USER = 900
_SETTINGS = """
[gupshup]
team_name = "Everybody's team"

[brand."Acme"]
id = 70
templates = "acme"
team_name = "Acme's team"
host = "help.acme.example"

[brand."Beta"]
id = 71
cap = "assist"
"""


def brain(folder: Path, settings: str = _SETTINGS) -> Brain:
    (folder / "acme" / "reply").mkdir(parents=True, exist_ok=True)
    (folder / "acme" / "reply" / "owner_escalation.es.md.j2").write_text("Saludos de Acme, {{ client }}. {{ team }}")
    file = folder / "zendesk-gupshup.toml"
    file.write_text(settings, encoding="utf-8")
    return load_brain(load_settings(file, environment={}))


def written(of: Brain, brand_id: int | None) -> tuple[list[tuple[str, bool]], str]:
    """What goes out on a ticket of this brand: kind and whether it is public, and all words."""
    document = json.loads((TESTS / "scenarios" / "spanish_requester_gets_spanish" / "ticket.json").read_text("utf-8"))
    document["ticket"]["brand_id"] = brand_id
    look = look_at(assembled(document, [document], "the ticket", OUR_USER), of)
    words = "".join(update.html_body or "" for update in look.updates)
    return [(update.step.kind, update.public) for update in look.updates], words


def test_a_brand_has_its_own_words_and_link(tmp_path: Path) -> None:
    steps, words = written(brain(tmp_path), 70)
    assert steps == [("reply", True), ("note", False)]
    assert "Saludos de Acme" in words
    assert "Acme&#x27;s team" in words or "Acme's team" in words
    assert "help.acme.example/hc/" in words


@pytest.mark.parametrize("brand_id", [None, 72])
def test_a_ticket_of_another_brand_is_as_before(tmp_path: Path, brand_id: int | None) -> None:
    steps, words = written(brain(tmp_path), brand_id)
    assert steps == [("reply", True), ("note", False)]
    assert ("Acme" in words, "support.gupshup.io/hc/" in words) == (False, True)


def test_a_brand_narrows_the_cap_and_never_widens_it(tmp_path: Path) -> None:
    assert written(brain(tmp_path), 71)[0] == [("note", False)]
    wide = _SETTINGS.replace('cap = "assist"', 'cap = "auto"') + '[modes]\ncap = "assist"\n'
    assert written(brain(tmp_path, wide), 71)[0] == [("note", False)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('[brand."A"]\nid = 1\n[brand."B"]\nid = 1\n', '[brand."B"] id: 1 stands with another brand too; keep one'),
        ('[brand."A"]\nid = 1\nhost = "https://x"\n', '[brand."A"] host: not of the form that [gupshup] host has'),
        ('[brand."A"]\nid = 1\ntempaltes = "x"\n', "[brand] A.tempaltes: unknown key; write templates"),
        ('[brand."A"]\ncap = "auto"\n', "[brand] A.id: field required"),
        ("[brand]\nA = 3\n", "[brand] A: write a table"),
    ],
)
def test_a_mistake_in_a_brand_names_it(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        brain(tmp_path, settings)
    assert message in str(caught.value)
