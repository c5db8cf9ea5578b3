"""Plans into words: what the client reads, what the agent reads, what the owner pastes, and what never gets out."""

from __future__ import annotations

import hashlib
import html
import io
import re
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from zendesk_gupshup.dictionary import CodeEntry, load
from zendesk_gupshup.model.base import LANGUAGES, Language
from zendesk_gupshup.model.detection_reasons import Doubt, Rule
from zendesk_gupshup.model.finding import (
    Confidence,
    Detection,
    ErrorCode,
    Evidence,
    Facts,
    Finding,
    Place,
    SecretSighting,
)
from zendesk_gupshup.model.follow_up import Event, FollowUp, Reminder, State
from zendesk_gupshup.model.incident import IncidentNews
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AnswerKind, AppFacts, Plan, ReplyKind, Step
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Attachment, Comment, Ticket, User
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.model.write import File, Update
from zendesk_gupshup.render import pdf_lines
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.environment import protect
from zendesk_gupshup.render.error_names import error_type
from zendesk_gupshup.render.latin import spell
from zendesk_gupshup.render.lint_samples import Knowing, sample
from zendesk_gupshup.render.markdown import COMMENT_BYTES, to_html
from zendesk_gupshup.render.pdf import guide_pdf
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.render.template_files import KINDS
from zendesk_gupshup.render.updates import render

DICTIONARY = load()
TEMPLATES = Templates.load()
DESK = GupshupDesk()

PROTOCOL: dict[Language, str] = {
    "en": (
        "An authentication error has been detected (401). This incident must be managed by the Gupshup Account Owner, "
        "who must validate his credentials and, in case of the error persists, contact Gupshup's official support "
        "directly from his owner profile for escalation of the case."
    ),
    "es": (
        "Se ha detectado un error de autenticación (401). Este incidente debe ser gestionado por el propietario "
        "(Owner) de la cuenta de Gupshup, quien debe validar sus credenciales y, en caso de que el error persista, "
        "contactar directamente al soporte oficial de Gupshup desde su perfil de propietario para el escalamiento del "
        "caso."
    ),
    "pt": (
        "Foi detectado um erro de autenticação (401). Este incidente deve ser tratado pelo proprietário (Owner) da "
        "conta Gupshup, que deve validar suas credenciais e, caso o erro persista, entrar em contato diretamente com "
        "o suporte oficial da Gupshup a partir do seu perfil de proprietário para o escalonamento do caso."
    ),
}
MESSAGE = (
    "As an account owner, I report that our integration presents a 401 authentication error. We have already "
    "regenerated the API Key from the admin panel, but access is still rejected by your servers. I request technical "
    "support to validate whether there is a lock at the level of our App ID or a desync on your authentication systems."
)
UNAUTHORIZED = ErrorCode(namespace="gupshup_http", code="401")
FORBIDDEN = ErrorCode(namespace="gupshup_http", code="403")


def rendered(
    kind: ReplyKind,
    language: Language = "en",
    *,
    error: ErrorCode | None = None,
    cause: str | None = None,
    knowing: Knowing = "all",
    sent: bool = True,
    desk: GupshupDesk = DESK,
    guards: tuple[Reason, ...] = (),
) -> tuple[Update, ...]:
    made = sample(kind, language, DICTIONARY, error=error, variant=cause, knowing=knowing, sent=sent)
    return render(made.plan, made.ticket, made.detection, DICTIONARY, TEMPLATES, desk, guards=guards)


def words(update: Update) -> str:
    """The comment as a reader sees it; the word joiner in a broken `{{` is invisible."""
    return html.unescape(re.sub(r"<[^>]+>", " ", update.html_body or "")).replace("\u2060", "")


def draft(update: Update) -> str:
    [file] = [f for f in update.files if f.name.endswith(".txt")]
    return file.content.decode("utf-8-sig").replace("\r\n", "\n")


def guide(update: Update) -> str:
    [file] = [f for f in update.files if f.name.endswith(".pdf")]
    return pdf_words(file.content)


def pdf_words(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


# --- The 401 protocol ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("knowing", [knowing for knowing in get_args(Knowing) if knowing != "partner"])
def test_the_401_reply_holds_the_protocols_sentence_word_for_word(language: Language, knowing: Knowing) -> None:
    reply = rendered("owner_escalation", language, knowing=knowing)[0]
    assert f"<p>{PROTOCOL[language]}</p>" in (reply.html_body or "")
    assert reply.public is True


def test_the_401_reply_comes_with_draft_and_guide() -> None:
    reply, note = rendered("owner_escalation", "es")
    assert [(f.name, f.content_type) for f in reply.files] == [
        ("gupshup-draft-7.txt", "text/plain"),
        ("gupshup-owner-guide.es.pdf", "application/pdf"),
    ]
    assert (note.public, note.files) == (False, ())
    assert [f.name for f in rendered("owner_escalation", desk=GupshupDesk(attach_guide=False))[0].files] == [
        "gupshup-draft-7.txt"
    ]


def test_the_reply_tells_what_to_do_now() -> None:
    text = words(rendered("owner_escalation")[0])
    for expected in (
        "Hello Ada Lovelace,",
        "forward this message, with its attachments, to the owner of your Gupshup account (grace@example.com)",
        "Nobody but the owner should generate or replace keys",
        "only with the e-mail address registered as account owner",
        "App Name: AdaBakery",
        "App ID: 4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
        "Error Type: HTTP 401 Unauthorized (Persistent after refreshing API Key)",
        "masked down to its last four characters",
        "They belong in the Gupshup ticket only",
        MESSAGE,
        "a person on our team reads every answer",
    ):
        assert expected in text
    assert 'href="https://support.gupshup.io/hc/en-us/requests/new?tf_subject=' in (
        rendered("owner_escalation")[0].html_body or ""
    )


def test_an_owner_who_writes_is_spoken_to_as_the_owner() -> None:
    text = words(rendered("owner_escalation", knowing="owner_writes")[0])
    assert "You are registered as the owner of this Gupshup account" in text
    assert "forward this message" not in text


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en", ("App Name", "App ID", "The owner's e-mail address")),
        ("es", ("App Name", "App ID", "El correo del propietario")),
        ("pt", ("App Name", "App ID", "O e-mail do proprietário")),
    ],
)
def test_what_is_missing_is_asked_for_by_name_and_no_placeholder_leaves(
    language: Language, asked: tuple[str, ...]
) -> None:
    reply, note = rendered("owner_escalation", language, knowing="nothing")
    for name in asked:
        assert f"<strong>{name}</strong>" in (reply.html_body or "")
    for text in (words(reply), words(note), draft(reply), guide(reply)):
        assert not re.search(r"\[[^\]]*(?:App|Insert|ID)[^\]]*\]|None|<insert", text)
    assert "tf_anonymous_requester_email" not in (reply.html_body or "")


def test_enterprise_accounts_are_named_by_their_user_id() -> None:
    reply = rendered("owner_escalation", knowing="enterprise")[0]
    assert "Account user ID: 2000123456" in words(reply)
    assert "Account user ID: 2000123456" in draft(reply)
    assert "Account user ID: 2000123456" in guide(reply)
    assert "App ID" not in words(reply)
    assert "at the level of our account user ID" in draft(reply)


def test_an_enterprise_accounts_id_is_no_telephone_number() -> None:
    reply = rendered("owner_escalation", knowing="enterprise")[0]
    assert "Account%20user%20ID%3A%202000123456" in (reply.html_body or "")


# What would send the owner of a partner's account to Gupshup after all.
TO_GUPSHUP: dict[Language, tuple[str, ...]] = {
    "en": ("from his owner profile", "account owner to open a ticket", "account owner ask Gupshup"),
    "es": (
        "desde su perfil de propietario",
        "al propietario de la cuenta que abra",
        "de la cuenta que solicite a Gupshup",
    ),
    "pt": ("do seu perfil de proprietário", "ao proprietário da conta que abra", "da conta que solicite"),
}
OF_GUPSHUP = (("owner_escalation", None), ("owner_ticket", "4004"), ("owner_ticket", "500"), ("remedy", "1003"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "code"), OF_GUPSHUP)
def test_the_owner_of_a_partners_account_is_not_sent_to_gupshup(
    kind: ReplyKind, code: str | None, language: Language
) -> None:
    error = ErrorCode(namespace="gupshup", code=code) if code else None
    reply = words(rendered(kind, language, error=error, knowing="partner")[0])
    assert "integra" in reply
    assert [phrase for phrase in TO_GUPSHUP[language] if phrase in reply.replace("al integrador", "")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_that_only_gupshup_solves_says_what_it_asks_for(language: Language) -> None:
    error = ErrorCode(namespace="gupshup", code="4004")
    entry = DICTIONARY.get(error)
    assert entry is not None
    assert entry.request is not None
    asked, *data = entry.request.get(language).splitlines()
    reply = rendered("owner_ticket", language, error=error)[0]
    assert asked in draft(reply)
    assert all(f"\n{name}: (" in draft(reply) for name in data)
    assert asked in guide(reply)
    assert "documentation gives" not in draft(reply)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_code_is_named_in_reply_note_and_draft(language: Language) -> None:
    [note] = rendered("draft", language, knowing="enterprise", sent=False)
    text = words(note)
    assert "3001" in text.partition("\n")[0]
    assert text.count("Gupshup returns error code 3001 since this morning.") == 1
    assert "codes unknown" in text
    assert text.count("3001") == 4  # title, quotation, and in the proposed reply its code and its error type
    assert "3001" in draft(note).partition("Error Type")[0]


KEY_SHOWN = {
    "masked": ("masked down to its last four characters", "can be read"),
    "as the protocol says": ("can be read, as Gupshup's protocol asks", "masked down"),
}


@pytest.mark.parametrize("setting", KEY_SHOWN)
def test_the_key_in_the_evidence_is_shown_as_the_setting_says(
    setting: Literal["masked", "as the protocol says"],
) -> None:
    said, unsaid = KEY_SHOWN[setting]
    reply = rendered("owner_escalation", desk=GupshupDesk(key_in_evidence=setting))[0]
    for text in (words(reply), guide(reply)):
        assert said in text
        assert unsaid not in text


def test_for_a_partners_account_the_integrator_opens_the_ticket() -> None:
    reply, note = rendered("owner_escalation", knowing="partner")
    assert "the integrator opens the ticket" in words(reply)
    assert "request form" not in words(reply)
    assert reply.files == ()
    assert [f.name for f in note.files] == ["gupshup-draft-7.txt"]
    assert "On behalf of the account owner, I report" in draft(note)


@pytest.mark.parametrize("language", LANGUAGES)
def test_checks_of_the_401s_cause_stand_in_the_note_alone(language: Language) -> None:
    reply, note = rendered("owner_escalation", language, error=UNAUTHORIZED, cause="portal_user_not_found")
    entry = DICTIONARY.get(UNAUTHORIZED)
    assert entry is not None
    [checks] = [v.checks.get(language) for v in entry.variants if v.name == "portal_user_not_found" and v.checks]
    assert PROTOCOL[language] in words(reply)
    for line in checks.splitlines():
        assert line in words(note)
        assert line not in words(reply)


# --- Other codes ---------------------------------------------------------------------------------------------

OTHER_ENTRIES = [e for e in DICTIONARY.entries if e.error != UNAUTHORIZED and not e.success]


# Each code in one of the languages: the texts of a language are the same for all codes but for their dictionary entry.
ENTRIES_IN: dict[Language, list[CodeEntry]] = {
    language: OTHER_ENTRIES[start::3] for start, language in enumerate(LANGUAGES)
}


@pytest.mark.no_cover
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_code_gets_the_401s_sentence(language: Language) -> None:
    """Not even when a plan says so: Gupshup's HTTP 401 alone is what the sentence is about."""
    for entry in ENTRIES_IN[language]:
        reply, note = rendered("owner_escalation", language, error=entry.error, desk=GupshupDesk(attach_guide=False))
        assert PROTOCOL[language][:30] not in words(reply) + words(note) + draft(reply)


@pytest.mark.no_cover
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_dictionary_gets_its_remedy(language: Language) -> None:
    for entry in OTHER_ENTRIES:
        reply = rendered("remedy", language, error=entry.error)[0]
        assert " ".join(entry.remedy.get(language).split()) in " ".join(words(reply).split())
        assert reply.files == ()


def test_an_owner_ticket_comes_with_meaning_draft_and_link() -> None:
    reply = rendered("owner_ticket", "pt", error=ErrorCode(namespace="gupshup", code="4002"))[0]
    assert "Gupshup 4002" in words(reply)
    assert "Error Type (tipo de erro): Gupshup 4002: Invalid Response From WhatsApp" in draft(reply)
    assert "Como proprietário da conta, informo que nossa integração recebe o erro Gupshup 4002" in guide(reply)
    assert "/requests/new?tf_subject=" in (reply.html_body or "")


@pytest.mark.parametrize(("language", "accounts"), [("en", "one-way"), ("es", "bidireccional"), ("pt", "bidirecional")])
def test_a_403_of_the_ip_allowlist_gets_the_remedy_for_it(language: Language, accounts: str) -> None:
    reply = rendered("remedy", language, error=FORBIDDEN, cause="ip_allowlist")[0]
    for expected in ("CleverTap", "FCM credentials", "X-Forwarded-For", "two-way", accounts):
        assert expected in words(reply)
    assert "owner" not in words(reply).lower()
    assert reply.files == ()
    assert "CleverTap" not in words(rendered("remedy", language, error=FORBIDDEN, cause="not_app_owner")[0])


def test_the_client_hears_nothing_of_codes_that_are_only_possible() -> None:
    made = sample("remedy", "en", DICTIONARY)
    doubtful = made.plan.others[0].model_copy(update={"confidence": Confidence.POSSIBLE})
    plan = made.plan.model_copy(update={"others": (doubtful,)})
    reply, note = render(plan, made.ticket, made.detection, DICTIONARY, TEMPLATES, DESK)
    assert "131026" not in words(reply)
    assert "Meta 131026" in words(note)


def test_error_types_are_named_as_their_makers_name_them() -> None:
    def named(namespace: Any, code: str) -> str:
        error = ErrorCode(namespace=namespace, code=code)
        return error_type(Finding(error=error, confidence=Confidence.CERTAIN, evidence=()), DICTIONARY)

    assert named("gupshup_http", "401") == "HTTP 401 Unauthorized (Persistent after refreshing API Key)"
    assert named("gupshup_http", "403") == "HTTP 403 Forbidden"
    assert named("gupshup_http", "500") == "HTTP 500 Internal Server Error"
    assert named("gupshup", "1003") == "Gupshup 1003: Wallet Balance Low"
    assert named("gupshup", "8888") == "Gupshup 8888"


# --- The note ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "warning", "why", "stop"),
    [
        (
            "en",
            "Do not generate or replace API keys",
            "only to keys generated by the account owner",
            "Stop all technical",
        ),
        ("es", "No genere ni reemplace API keys", "generadas por el propietario", "Detenga toda manipulación técnica"),
        (
            "pt",
            "Não gere nem substitua API keys",
            "geradas pelo proprietário",
            "Interrompa qualquer intervenção técnica",
        ),
    ],
)
def test_the_note_on_a_401_begins_with_code_and_warning(language: Language, warning: str, why: str, stop: str) -> None:
    note = words(rendered("owner_escalation", language)[1])
    assert "HTTP 401 (Unauthorized)" in note[:60]
    for expected in (warning, "OWNER", why, stop):
        assert expected in note[:450]
    assert warning not in words(rendered("owner_ticket", language)[1])


def test_the_note_shows_proof_owner_secrets_and_what_was_not_read() -> None:
    place = Place(kind="attachment", comment_id=702, attachment="log.txt")
    proof = Evidence(quote='{"status":"error"}', place=place, rule=Rule.API_ANSWER())
    lead = Finding(
        error=UNAUTHORIZED, confidence=Confidence.LIKELY, evidence=(proof,), against=(Doubt.OTHER_SYSTEMS_NAMED(),)
    )
    ticket = Ticket(
        id=7,
        requester_id=1,
        users={1: User(id=1, name="Ada"), 2: User(id=2, name="Linus", role="agent")},
        comments=(
            Comment(id=701, author_id=1, body="x"),
            Comment(
                id=702,
                author_id=2,
                public=False,
                created_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
                attachments=(Attachment(id=5, file_name="log.txt"),),
            ),
        ),
    )
    detection = Detection(
        findings=(lead,),
        secrets=(SecretSighting(kind="api_key", place=Place(kind="comment", comment_id=701)),) * 3,
        unread=(UnreadReason.IN(name="big.zip", why=(UnreadReason.TOO_LARGE(kilobytes=9),)),),
        facts=Facts(message_ids=("m-1",), times=("09:15",)),
    )
    app = AppFacts(owner_email="grace@example.com", sources={"owner_email": "directory"})
    plan = Plan(ticket_id=7, kind="owner_escalation", language="en", lead=lead, app=app, steps=(Step(kind="note"),))
    [note] = render(plan, ticket, detection, DICTIONARY, TEMPLATES, DESK)
    text = words(note)
    assert '<code>{"status":"error"}</code>' in html.unescape(note.html_body or "")
    for expected in (
        "HTTP 401 (Unauthorized), likely",
        "attachment log.txt in comment 2 (Linus, 2026-11-20 09:00 UTC, internal note); rule: API answer",
        "Speaks against it: other systems are named too",
        "grace@example.com (from the account directory)",
        "Not read: big.zip: larger than 9 kB",
        "Message IDs: m-1",
        "Missing:  App Name, App ID",
    ):
        assert expected in text
    assert text.count("API key, comment 1 (Ada)") == 1


def test_a_reply_that_is_only_proposed_stands_in_the_note_with_its_files() -> None:
    guards = (GuardName.AGENT_ANSWERED(),)
    [note] = rendered("owner_escalation", "es", sent=False, guards=guards)
    reply = rendered("owner_escalation", "es")[0]
    assert f"<blockquote>{reply.html_body}</blockquote>" in (note.html_body or "")
    assert note.files == reply.files
    assert "un agente ya respondió públicamente" in words(note)


def test_a_quotation_in_the_guide_is_read_as_one_line() -> None:
    content = guide_pdf("La section « App Settings », où la clé est **masquée**.")
    assert pdf_words(content) == "La section « App Settings », où la clé est masquée."


def test_the_first_guide_of_a_process_is_that_of_all_later_ones() -> None:
    pdf_lines.lines.cache_clear()
    first, second = (rendered("owner_escalation", "es")[0].files for _ in range(2))
    assert first == second


def test_the_note_may_have_a_language_of_its_own() -> None:
    reply, note = rendered("owner_escalation", "es", desk=GupshupDesk(note_language="en"))
    assert PROTOCOL["es"] in words(reply)
    assert "Do not generate or replace API keys" in words(note)
    assert "Gupshup does not accept the API key" in words(note)


def test_a_draft_is_attached_where_it_can_be_of_use() -> None:
    wallet = rendered("remedy", sent=False)  # 1003: the owner may have to write to Gupshup
    nobody = rendered("remedy", error=ErrorCode(namespace="meta", code="131049"), sent=False)
    assert [f.name for f in wallet[0].files] == ["gupshup-draft-7.txt"]
    assert nobody[0].files == ()
    made = sample("remedy", "en", DICTIONARY, error=ErrorCode(namespace="meta", code="131049"), sent=False)
    asked = made.ticket.model_copy(update={"tags": ("gupshup_draft",)})
    [note] = render(made.plan, asked, made.detection, DICTIONARY, TEMPLATES, DESK)
    assert [f.name for f in note.files] == ["gupshup-draft-7.txt"]


def test_a_draft_without_any_code_holds_the_clients_words() -> None:
    [note] = rendered("draft", "en")
    assert "Gupshup: no known error code" in words(note)
    assert "Our WhatsApp messages do not go out since this morning." in draft(note)
    assert "Sign in to  support.gupshup.io  only" in words(note)


def test_tags_alone_have_no_comment() -> None:
    made = sample("remedy", "en", DICTIONARY)
    step = Step(kind="tags", add_tags=frozenset({"gupshup"}))
    plan = made.plan.model_copy(update={"steps": (step,)})
    assert render(plan, made.ticket, made.detection, DICTIONARY, TEMPLATES, DESK) == (Update(step=step),)
    both = made.plan.model_copy(update={"steps": (*made.plan.steps, step)})
    assert render(both, made.ticket, made.detection, DICTIONARY, TEMPLATES, DESK)[-1] == Update(step=step)


def test_a_signature_is_there_when_the_team_has_a_name() -> None:
    signed = rendered("remedy", desk=GupshupDesk(team_name="Example & Sons"))[0].html_body or ""
    assert signed.endswith("<p>Kind regards,<br>\nExample &amp; Sons</p>")
    assert "Kind regards" not in words(rendered("remedy")[0])


# --- The draft and the guide ---------------------------------------------------------------------------------


def test_the_draft_holds_all_that_gupshup_needs() -> None:
    text = draft(rendered("owner_escalation")[0])
    for expected in (
        "HTTP 401 Unauthorized, persistent after refreshing API Key (AdaBakery)",
        "App Name: AdaBakery\nApp ID: 4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f\nError Type: HTTP 401 Unauthorized (Pers",
        "(Persistent after refreshing API Key)\nAccount owner: grace@example.com\n",
        MESSAGE,
        "Time of the error, as reported: 09:15",
        "Reported to our support team: 2026-11-20 12:00 UTC",
        "Message IDs: 0aa47f5b-6f4a-4bd6-b33d-59a2b03ba1b2",
        "1. Screenshot of the error.",
        'Screenshot of the "App Settings" section with the API key masked: only its last four characters visible.',
        "never to the ticket with your support team",
    ):
        assert expected in text


def test_the_draft_opens_right_everywhere() -> None:
    [file] = [f for f in rendered("owner_escalation", "pt")[0].files if f.name.endswith(".txt")]
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert b"\n" not in file.content.replace(b"\r\n", b"")
    assert "DESCRIÇÃO" in file.content.decode("utf-8-sig")


def test_what_the_draft_lacks_is_left_to_the_owner_in_words() -> None:
    text = draft(rendered("owner_escalation", "es", knowing="nothing")[0])
    assert "App ID: (lo completa el propietario: Gupshup Dashboard > WhatsApp > la app > Settings)" in text
    assert "complete las líneas cuyo valor está entre paréntesis" in text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Guide for the owner of the Gupshup account"),
        (
            "es",
            "Solicito soporte técnico para validar si existe un bloqueo a nivel de nuestro App ID o una",
        ),
        ("pt", "Já geramos a API Key novamente no painel de administração, mas o acesso continua sendo rejeitado"),
    ],
)
def test_the_guide_reads_well_and_is_the_same_each_time(language: Language, expected: str) -> None:
    first, second = (rendered("owner_escalation", language)[0].files[1] for _ in range(2))
    assert isinstance(first, File)
    assert first.content == second.content
    assert expected in pdf_words(first.content)
    assert "grace@example.com" in pdf_words(first.content)
    reader = PdfReader(io.BytesIO(first.content))
    assert len(reader.pages) == 1
    assert reader.metadata is not None
    assert reader.metadata.creation_date == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert reader.metadata.producer == "zendesk-gupshup"


def test_letters_that_pdf_fonts_lack_are_spelled() -> None:
    assert spell("Łukasz Đorđe Ağa – «ñ» €") == "Lukasz Dorde Aga – «ñ» €"
    assert spell("日本 😀") == "?? ?"
    assert "Lukasz" in pdf_words(guide_pdf("# Łukasz\n\nText"))


@pytest.mark.no_cover
@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_makes_a_pdf(text: str) -> None:
    assert guide_pdf(f"# T\n\n- {text}\n\n> {text}\n\n1. **{text}**").startswith(b"%PDF")


def test_a_guide_of_many_pages_keeps_every_word() -> None:
    source = "# Title\n\n" + "\n\n".join(f"## Part {n}\n\n- item **{n}** {'x' * 300}\n\n> box {n}" for n in range(40))
    found = pdf_words(guide_pdf(source))
    assert all(f"Part {n} " in found and f"box {n}" in found for n in range(40))


# --- Secrets ---


def test_neither_secrets_nor_telephone_numbers_get_out() -> None:
    key, phone = "sk_" + hashlib.md5(b"invented").hexdigest(), "+54 9 11 2233 4455"
    place = Place(kind="comment", comment_id=701)
    evidence = Evidence(quote=f"apikey: {key} to {phone}", place=place, rule=Rule.WORDING())
    lead = Finding(
        error=UNAUTHORIZED,
        confidence=Confidence.CERTAIN,
        evidence=(evidence,),
        against=(Doubt.TICKET_ALSO_SAYS(quote=key),),
    )
    made = sample("owner_escalation", "en", DICTIONARY)
    wamid = "wamid.HBgNNTQ5MTEyMjMzNDQ1NRUCABEYEjdBRjk4QzNEMkU1RjYwNzE4MgA="
    detection = Detection(
        findings=(lead,),
        facts=Facts(message_ids=(wamid,), times=(phone,)),
        unread=(UnreadReason.SHEET_HIDDEN(sheet=key),),
    )
    app = AppFacts(app_name=key, app_id=phone, owner_name=key, missing=(key,))
    plan = made.plan.model_copy(update={"lead": lead, "app": app})
    users = {71: User(id=71, name=phone)}
    ticket = made.ticket.model_copy(update={"users": users})
    for update in render(plan, ticket, detection, DICTIONARY, TEMPLATES, DESK):
        texts = [update.html_body or "", words(update)]
        texts += [pdf_words(f.content) if f.name.endswith(".pdf") else f.content.decode() for f in update.files]
        for text in texts:
            assert key not in text
            assert phone not in text
            assert "2233" not in text
            assert wamid not in text


# --- Hostile text --------------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "{{ticket.requester.email}}",
            "{{{{ 7 * 7 }}}} {% include 'x' %} {# c #} ${7*7}",
            "<script>alert(1)</script><img src=x onerror=alert(1)>",
            "</code></pre></blockquote><b>x</b>",
            "[pay here](javascript:alert(1)) ![x](https://example.com/x.png) <https://example.com>",
            "# heading\n\n> quote\n\n    code\n\n- item\n\n1. one\n\n---\n\n| a | b |",
            "**bold** _em_ `code` ``` ~~~ \\ &lt;b&gt; &#123;&#123;ticket.id}}",
            "\x00\x07\x1b[31m\u202egnirts\u2066 \ue000616263\ue001 \ufeff",
            "W" * 100_000,
            "👩‍👩‍👧‍👦🏳️‍🌈" * 300,
            "{" * 500,
            "zendesk-gupshup:proposed-reply",
        ]
    ),
)
ALLOWED = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "code", "hr", "h3", "a"}


def assert_harmless(update: Update, forbidden: str) -> None:
    body = update.html_body or ""
    tags = re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", body)
    assert {name for name, _ in tags} <= ALLOWED
    for name, attributes in tags:
        assert attributes == "" or (
            name == "a" and re.fullmatch(r' href="https://support\.gupshup\.io[^"<>]*"', attributes)
        )
    assert not re.search(r"\{[{%]", body)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ue000-\uf8ff\u202a-\u202e\u2066-\u2069]", body)
    assert len(body.encode()) < 64 * 1024
    for file in update.files:
        if file.name.endswith(".txt"):
            text = file.content.decode("utf-8-sig")
            assert not re.search(r"\{[{%]", text)
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff\u202a-\u202e]", text)
        else:
            assert file.content.startswith(b"%PDF")
    assert forbidden not in words(update)


def _persisting(lead: Finding) -> FollowUp:
    state = State.AWAITING_OWNER
    return FollowUp(event=Event.PERSISTS, before=state, after=state, review=True, evidence=lead.evidence)


def _kind_of_plan(kind: ReplyKind | AnswerKind) -> ReplyKind:
    if kind == "follow_up" or kind == "completed" or kind == "reminder" or kind == "incident":
        return "owner_ticket"
    return kind


@pytest.mark.no_cover
@given(
    name=HOSTILE,
    app=HOSTILE,
    quote=HOSTILE,
    fact=HOSTILE,
    kind=st.sampled_from(KINDS),
    language=st.sampled_from(LANGUAGES),
    sent=st.booleans(),
    guide=st.sampled_from([False, False, False, True]),
)
@settings(max_examples=80, deadline=None)
def test_nothing_that_a_stranger_writes_is_ever_read_as_markup(
    name: str,
    app: str,
    quote: str,
    fact: str,
    kind: ReplyKind | AnswerKind,
    language: Language,
    sent: bool,
    guide: bool,
) -> None:
    place = Place(kind="comment", comment_id=701)
    lead = Finding(
        error=UNAUTHORIZED if kind == "owner_escalation" else ErrorCode(namespace="gupshup", code="4001"),
        confidence=Confidence.CERTAIN,
        evidence=(Evidence(quote=quote, place=place, rule=Rule.NUMBER_AFTER(word=fact)),) * 9,
        against=(Doubt.TICKET_ALSO_SAYS(quote=quote), Doubt.ON_BEHALF_BY(who=fact)),
    )
    ticket = Ticket.model_construct(
        id=7,
        requester_id=1,
        users={1: User.model_construct(id=1, name=name, email=fact, role="end-user")},
        comments=(Comment.model_construct(id=701, author_id=1, public=True, created_at=None),),
        tags=(),
        created_at=None,
    )
    detection = Detection.model_construct(
        findings=(lead,),
        symptoms=lead.evidence,
        unknown=lead.evidence,
        secrets=(SecretSighting(kind=fact, place=Place(kind="attachment", comment_id=701, attachment=name)),),
        unread=(UnreadReason.SHEET_HIDDEN(sheet=quote),) * 20,
        facts=Facts(message_ids=(fact,) * 30, times=(quote,)),
    )
    facts = AppFacts(
        app_name=app, app_id=fact, owner_email=name, owner_name=name, sources={"owner_email": fact}, missing=(quote,)
    )
    steps = (*((Step(kind="reply"),) if sent and kind != "draft" else ()), Step(kind="note"))
    plan = Plan(
        ticket_id=7,
        kind=_kind_of_plan(kind),
        language=language,
        lead=None if kind == "draft" else lead,
        others=(lead,) * 12,
        follow_up=_persisting(lead) if kind in ("follow_up", "completed") else None,
        reminder=Reminder(number=1, since=datetime(2026, 11, 21, tzinfo=UTC)) if kind == "reminder" else None,
        incident=IncidentNews(problem_id=31, sent=sent, linked=sent) if kind == "incident" else None,
        app=facts,
        steps=steps,
    )
    guards = (GuardName.STALE(error=quote, hours=72),)
    desk = GupshupDesk(team_name=fact[:100], fields={"app_name": 7}, attach_guide=guide)
    for update in render(plan, ticket, detection, DICTIONARY, TEMPLATES, desk, guards=guards):
        assert_harmless(update, "W" * 1001)


def test_a_name_that_is_none_is_not_greeted() -> None:
    for name in ("", "ada@example.com", "+54 9 11 2233-4455", "{{ticket.id}}", "www.example.com", "<b>", "x" * 61):
        made = sample("remedy", "en", DICTIONARY)
        users = {71: User(id=71, name=name)}
        ticket = made.ticket.model_copy(update={"users": users})
        reply = render(made.plan, ticket, made.detection, DICTIONARY, TEMPLATES, DESK)[0]
        assert (reply.html_body or "").startswith("<p>Hello,</p>")


def test_a_comment_is_cut_by_us_between_blocks_and_says_so() -> None:
    source = "\n\n".join(f"- {'é' * 500}" for _ in range(20)) + "\n\n" + "\n\n".join(["word " * 2000] * 20)
    made = to_html(source, "es")
    assert len(made.encode()) <= COMMENT_BYTES
    assert made.endswith("<p>[Cortado aquí: el texto era demasiado largo para un solo comentario.]</p>")
    assert made.count("<p>") == made.count("</p>")
    assert made.count("<li>") == made.count("</li>") == 20


def test_a_text_of_a_known_shape_shows_its_own_values_and_no_stand_in() -> None:
    address = "https://support.gupshup.io/hc/en-us/requests/new?tf_description=" + "a%20b" * 60
    texts = [f"# {protect(who)}\n\nSee [the form]({url}), `{protect(who)}`\n" for who, url in (
        ("Ada", address),
        ("<b>Bob & Co</b>\xa0", address.replace("a", "c")),
        ("https://link-1.zendesk-gupshup.invalid/", address),
    )]  # fmt: skip
    made = [to_html(text, "en") for text in texts]
    assert made[0] == (f'Ada\n<p>See <a href="{address}">the form</a>, <code>Ada</code></p>')
    assert made[1] == (
        "&lt;b&gt;Bob &amp; Co&lt;/b&gt;&nbsp;\n"
        f'<p>See <a href="{address.replace("a", "c")}">the form</a>, '
        "<code>&lt;b&gt;Bob &amp; Co&lt;/b&gt;&nbsp;</code></p>"
    )
    assert made[2] == (
        "https://link-1.zendesk-gupshup.invalid/\n"
        f'<p>See <a href="{address}">the form</a>, <code>https://link-1.zendesk-gupshup.invalid/</code></p>'
    )


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=300))
@example("https://link-9.zendesk-gupshup.invalid/ \ue0027\ue003 [x](https://link-9.zendesk-gupshup.invalid/)")
def test_no_template_can_break_the_stand_ins(source: str) -> None:
    to_html(source, "en")
    guide_pdf(source)
