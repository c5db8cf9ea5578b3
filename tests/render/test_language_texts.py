"""Texts in a further language, notes in that of the agents' group, and the request in that of Gupshup."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from zendesk_gupshup.dictionary import Dictionary, load
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.outcome_reasons import GuardName, LanguageReason, Notice
from zendesk_gupshup.model.plan import ReplyKind
from zendesk_gupshup.model.ticket import Group
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.render.catalogue import TemplateError, Templates
from zendesk_gupshup.render.lint_samples import Sample, sample
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.render.reasons import catalogue, in_words
from zendesk_gupshup.render.template_files import shipped_folder
from zendesk_gupshup.render.updates import render

DICTIONARY = load()
TEMPLATES = Templates.load()


def made(of: Sample, desk: GupshupDesk | None = None) -> tuple[Update, ...]:
    return render(of.plan, of.ticket, of.detection, DICTIONARY, TEMPLATES, desk or GupshupDesk())


def words(update: Update) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", update.html_body or "")).split())


def draft(update: Update) -> str:
    return next(f.content.decode("utf-8-sig") for f in update.files if f.name.endswith(".txt"))


def guide(update: Update) -> str:
    content = next(f.content for f in update.files if f.name.endswith(".pdf"))
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def of_kind(kind: ReplyKind, language: Language) -> Sample:
    return sample(kind, language, DICTIONARY)


def test_french_is_written_in_reply_note_draft_and_guide() -> None:
    reply, note = made(of_kind("owner_escalation", "fr"))
    assert "Une erreur d'authentification (401) a été détectée." in words(reply)
    assert "Gupshup n'accepte pas la clé API" in words(reply)
    assert "Ne générez ni ne remplacez de clés API" in words(note)
    assert "BROUILLON DE TICKET POUR LE SUPPORT DE GUPSHUP" in draft(reply)
    assert "En tant que propriétaire du compte, je signale" in draft(reply)
    assert "Guide pour le propriétaire du compte Gupshup" in guide(reply)
    assert [f.name for f in reply.files] == ["gupshup-draft-7.txt", "gupshup-owner-guide.fr.pdf"]


@pytest.mark.parametrize("kind", ["owner_escalation", "owner_ticket", "remedy", "draft"])
def test_no_english_is_left_in_a_french_letter(kind: ReplyKind) -> None:
    update = made(of_kind(kind, "fr"))[0]
    # A note's evidence is quoted as it was written.
    letter = words(update).partition("Réponse proposée")[2] or words(update)
    assert re.findall(r"\b(?:the|and|with|please|your|this|error)\b", letter.lower().replace("error type", "")) == []


def test_a_french_draft_asks_for_what_the_code_needs() -> None:
    reply = made(sample("owner_ticket", "fr", DICTIONARY, error=ErrorCode(namespace="gupshup", code="4004")))[0]
    assert "Je demande la migration du numéro de cette application vers la Cloud API" in draft(reply)
    assert "ID WABA (compte WhatsApp Business)" in draft(reply)
    assert "Demandez à la personne propriétaire du compte de demander à Gupshup" in words(reply)
    assert "Nous avons suivi les indications" not in draft(reply)


def test_for_a_french_partner_account_the_integrator_takes_the_case_to_gupshup() -> None:
    of = sample("owner_ticket", "fr", DICTIONARY, error=ErrorCode(namespace="gupshup", code="4004"), knowing="partner")
    reply = made(of)[0]
    assert "Demandez à l'intégrateur de demander à Gupshup" in words(reply)


@pytest.mark.parametrize("sent", [True, False])
def test_what_follows_a_french_answer_is_in_french(sent: bool) -> None:
    updates = made(sample("follow_up", "fr", DICTIONARY, sent=sent))
    assert "le client a répondu à la première réponse" in words(updates[-1])
    assert re.findall(r"\b(?:the|and|with|please|client says)\b", words(updates[-1]).lower()) == []
    if sent:
        assert "Merci pour ces données." in words(updates[0])


def test_what_a_language_does_not_word_is_worded_in_english() -> None:
    assert in_words(GuardName.SOLVED(), "fr") == "le ticket est résolu"
    assert "AgreementReason" not in catalogue("fr")
    assert in_words(Notice.CUT(), "it") == in_words(Notice.CUT(), "en")


# --- Notes and requests ----------------------------------------------------------------------------------------


def test_a_note_says_which_language_was_chosen_against_which() -> None:
    one = of_kind("owner_escalation", "es")
    reasons = (LanguageReason.WORDS_OVER_LOCALE(language="es", locale="en"),)
    _, note = made(replace(one, plan=one.plan.model_copy(update={"language_reasons": reasons})))
    assert "Idioma: es, como escribe el cliente; el perfil del solicitante indica en." in words(note)
    assert "Idioma" not in words(made(one)[1])


@pytest.mark.parametrize(
    ("group", "routed", "expected"),
    [
        ("Soporte N2", None, "No genere ni reemplace API keys"),
        ("Support", None, "Não gere nem substitua API keys"),
        (None, None, "Não gere nem substitua API keys"),
        ("Support", "Soporte N2", "No genere ni reemplace API keys"),
    ],
)
def test_a_note_is_in_the_language_of_the_group_that_gets_the_ticket(
    group: str | None, routed: str | None, expected: str
) -> None:
    one = of_kind("owner_escalation", "en")
    steps = (one.plan.steps[0].model_copy(update={"group": routed}), *one.plan.steps[1:])
    ticket = one.ticket.model_copy(update={"group": Group(id=5, name=group) if group else None})
    of = replace(one, ticket=ticket, plan=one.plan.model_copy(update={"steps": steps}))
    reply, note = made(of, GupshupDesk(note_language="pt", note_languages={"Soporte N2": "es"}))
    assert "An authentication error has been detected (401)" in words(reply)
    assert expected in words(note)


def test_the_request_may_be_in_another_language_than_the_letter_about_it() -> None:
    message = "As an account owner, I report that our integration presents a 401 authentication error."
    reply, note = made(of_kind("owner_escalation", "es"), GupshupDesk(request_language="en"))
    assert "Se ha detectado un error de autenticación (401)" in words(reply)
    assert message in words(reply)
    assert message in draft(reply)
    assert message in guide(reply)
    assert "BORRADOR DE TICKET" in draft(reply)
    assert "I%20report%20that" in (reply.html_body or "")
    assert "I%20report%20that" in (note.html_body or "")
    assert "informo" not in words(reply) + draft(reply) + guide(reply)


# --- A language of one's own -----------------------------------------------------------------------------------


def italian(folder: Path) -> Dictionary:
    """The shipped French texts under Italian's name, and its table."""
    (folder / "codes" / "languages").mkdir(parents=True)
    table = 'name = "italiano"\ncommon = "il lo gli che di non sono"\n'
    (folder / "codes" / "languages" / "it.toml").write_text(table, encoding="utf-8")
    for path in (shipped_folder() / "fr").rglob("*.j2"):
        other = folder / "texts" / "it" / path.parent.name / path.name.replace(".fr.", ".it.")
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_text(path.read_text("utf-8").replace(".fr.", ".it.").replace("Bonjour", "Buongiorno"), "utf-8")
    return load(folder / "codes")


def test_a_folder_of_texts_and_a_table_make_a_language(tmp_path: Path) -> None:
    dictionary = italian(tmp_path)
    templates = Templates.load(tmp_path / "texts", dictionary=dictionary)
    one = sample("draft", "it", dictionary)
    [note] = render(one.plan, one.ticket, one.detection, dictionary, templates, GupshupDesk())
    assert "Buongiorno Ada Lovelace," in words(note)


def test_a_text_that_a_language_lacks_is_named(tmp_path: Path) -> None:
    dictionary = italian(tmp_path)
    (tmp_path / "texts" / "it" / "reply" / "remedy.it.md.j2").unlink()
    for folder in (tmp_path / "texts", None):
        with pytest.raises(TemplateError) as told:
            Templates.load(folder, dictionary=dictionary)
        assert "reply/remedy.it.md.j2: no text in it; write it/reply/remedy.it.md.j2" in map(str, told.value.problems)


def test_a_mistake_is_told_with_the_place_of_the_file(tmp_path: Path) -> None:
    dictionary = italian(tmp_path)
    (tmp_path / "texts" / "it" / "reply" / "remedy.it.md.j2").write_text("{{ clint }}", "utf-8")
    (tmp_path / "texts" / "it" / "reply" / "remedy.es.md.j2").write_text("Hola", "utf-8")
    assert [str(problem) for problem in Templates.read(tmp_path / "texts", dictionary=dictionary).lint()] == [
        "it/reply/remedy.es.md.j2: lies in the folder of another language; move it to es/reply/remedy.es.md.j2",
        "it/reply/remedy.it.md.j2:1: unknown variable clint; write client",
    ]
