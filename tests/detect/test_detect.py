"""What of a ticket is evidence, what is found in it, and with which confidence."""

from __future__ import annotations

from typing import Any

import pytest

from support.paths import ROOT
from zendesk_gupshup.detect import detect, detect_text, is_error, reported
from zendesk_gupshup.detect.quotes import OUR_SENTENCES
from zendesk_gupshup.detect.reading import MOST
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt, Rule
from zendesk_gupshup.model.finding import Confidence, Detection
from zendesk_gupshup.model.reason import Detail
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason

ADA, AGENT, WE = 1, 2, 3
REPORT = "Gupshup answers 401 Unauthorized on every call since yesterday."


def ticket(*comments: dict[str, Any], subject: str = "WhatsApp", **values: Any) -> Ticket:
    users = {
        ADA: {"id": ADA, "role": "end-user"},
        AGENT: {"id": AGENT, "role": "agent"},
        WE: {"id": WE, "role": "admin"},
    }
    numbered = [{"id": 10 + place, "author_id": ADA, **comment} for place, comment in enumerate(comments)]
    return Ticket.model_validate(
        {"id": 7, "subject": subject, "requester_id": ADA, "our_user_id": WE, "users": users, "comments": numbered}
        | values
    )


def codes(detection: Detection) -> list[str]:
    return [str(finding.error) for finding in reported(detection)]


def test_the_requesters_words_count() -> None:
    found = detect(ticket({"plain_body": REPORT}), load())
    assert codes(found) == ["gupshup_http 401"]
    finding = found.findings[0]
    assert finding.confidence is Confidence.CERTAIN
    assert finding.evidence[0].place.comment_id == 10
    assert finding.evidence[0].quote == REPORT


def test_an_agents_words_count_only_for_a_draft() -> None:
    agents = ticket({"plain_body": "Please help us."}, {"author_id": AGENT, "plain_body": REPORT})
    assert codes(detect(agents, load())) == []
    assert codes(detect(agents, load(), draft_requested=True)) == ["gupshup_http 401"]


def test_our_own_words_never_count() -> None:
    ours = ticket({"plain_body": "Please help us."}, {"author_id": WE, "plain_body": REPORT})
    assert not is_error(detect(ours, load(), draft_requested=True))


def test_an_agent_who_is_the_requester_counts() -> None:
    assert codes(detect(ticket({"author_id": AGENT, "plain_body": REPORT}, requester_id=AGENT), load())) == [
        "gupshup_http 401"
    ]


def test_the_description_stands_in_for_missing_comments() -> None:
    assert codes(detect(ticket(description=REPORT), load())) == ["gupshup_http 401"]


def test_an_attachment_that_was_read_counts() -> None:
    files = ({"id": 99, "file_name": "worker.log"},)
    found = detect(
        ticket({"plain_body": "See the log.", "attachments": files}, attachment_texts={99: "gupshup " + REPORT}), load()
    )
    assert codes(found) == ["gupshup_http 401"]
    assert found.findings[0].evidence[0].place.attachment == "worker.log"


ARCHIVE = (UnreadReason.ARCHIVE(format="zip"),)


def test_files_that_stayed_unread_are_told() -> None:
    files = ({"id": 99, "file_name": "dump.zip"},)
    found = detect(ticket({"plain_body": REPORT, "attachments": files}, attachments_unread={99: ARCHIVE}), load())
    assert found.unread == (UnreadReason.IN(name="dump.zip", why=ARCHIVE),)


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display:none">{}</span>',
        '<span style="font-size:0px">{}</span>',
        '<p style="visibility: hidden">{}</p>',
        '<p style="color:#fff">{}</p>',
        "<p hidden>{}</p>",
        "<style>{}</style>",
        "<script>{}</script>",
        '<blockquote class="gmail_quote">{}</blockquote>',
        '<blockquote type="cite">{}</blockquote>',
        '<div class="yahoo_quoted">{}</div>',
    ],
)
def test_what_no_reader_sees_in_html_is_no_evidence(hidden: str) -> None:
    page = f"<div>Thanks for the call, see you on Thursday.{hidden.format(REPORT)}</div>"
    assert not is_error(detect(ticket({"html_body": page}), load()))


def test_html_is_read_as_it_looks() -> None:
    page = "<table><tr><td>Gupshup</td><td>error <b>10</b><b>03</b></td><td>Wallet Balance Low</td></tr></table>"
    assert codes(detect(ticket({"html_body": page}), load())) == ["gupshup 1003"]


HISTORY = [
    "On Mon, Oct 5, 2026 at 9:00 AM Support <support@example.com> wrote:\n> {}",
    "El lun, 5 oct 2026 a las 9:00, Soporte <soporte@example.com> escribió:\n> {}",
    "El lun, 5 oct 2026 a las 9:00, Soporte\n<soporte@example.com> escribió:\n\n{}",
    "Em seg., 5 de out. de 2026 às 9:00, Suporte escreveu:\n> {}",
    "Le lun. 5 oct. 2026 à 9:00, Support <support@example.com> a écrit :\n> {}",
    "Il giorno lun 5 ott 2026 alle 9:00 Supporto ha scritto:\n> {}",
    "Am Mo., 5. Okt. 2026 um 9:00 schrieb Support:\n> {}",
    "-----Original Message-----\nFrom: Support\nSubject: WhatsApp\n\n{}",
    "-----Mensaje original-----\nDe: Soporte\nAsunto: WhatsApp\n\n{}",
    "De: Soporte <soporte@example.com>\nEnviado: lunes, 5 de octubre de 2026 9:00\nPara: Ada\nAsunto: WhatsApp\n\n{}",
    "De: Suporte <suporte@example.com>\nEnviada em: segunda-feira, 5 de outubro\nPara: Ada\nAssunto: x\n\n{}",
    "*From:* Support\n*Sent:* Monday, October 5, 2026\n*To:* Ada\n*Subject:* WhatsApp\n\n{}",
]


@pytest.mark.parametrize("history", HISTORY)
def test_quoted_history_is_no_evidence(history: str) -> None:
    body = f"Thank you, one more question: can agents see a preview of the text?\n\n{history.format(REPORT)}"
    assert not is_error(detect(ticket({"plain_body": body}), load()))


@pytest.mark.parametrize("history", HISTORY)
def test_quoted_history_takes_nothing_from_the_report_above_it(history: str) -> None:
    below = history.format("We answered your question about invoices, please confirm 1003 and 131026.")
    alone = detect(ticket({"plain_body": REPORT}), load())
    quoted = detect(ticket({"plain_body": f"{REPORT}\n\n{below}"}), load())
    assert quoted.findings == alone.findings


def test_a_forward_is_the_report_itself() -> None:
    forwarded = f"---------- Forwarded message ---------\nFrom: Ops\nDate: Mon, Oct 5, 2026\nSubject: x\n\n{REPORT}"
    assert codes(detect(ticket({"plain_body": forwarded}, subject="FW: WhatsApp"), load())) == ["gupshup_http 401"]


def test_a_quoted_log_without_other_words_is_the_report_itself() -> None:
    assert codes(detect(ticket({"plain_body": f"Hi\n> {REPORT}"}), load())) == ["gupshup_http 401"]


def test_a_quoted_block_in_a_follow_up_is_history() -> None:
    followed = ticket({"plain_body": "Can you help us, please?"}, {"plain_body": f"ok\n> {REPORT}"})
    assert not is_error(detect(followed, load()))


@pytest.mark.parametrize(
    "sentence",
    [
        "An authentication error has been detected (401). This incident must be managed by the Gupshup Account Owner.",
        "Se ha detectado un error de autenticación (401). Este incidente debe ser gestionado por el propietario.",
        "Foi detectado um erro de autenticação (401). Este incidente deve ser tratado pelo proprietário.",
    ],
)
def test_our_reply_sent_back_to_us_is_no_report(sentence: str) -> None:
    back = ticket({"plain_body": f"Please take me off this list.\n\n{sentence}"}, subject=f"Re: {sentence}")
    assert not is_error(detect(back, load()))


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_our_reply_is_known_by_the_sentences_of_its_template(language: str) -> None:
    template = ROOT / "ticket_templates" / "reply" / f"owner_escalation.{language}.md.j2"
    low = template.read_text("utf-8").lower()
    assert sum(sentence in low for sentence in OUR_SENTENCES) == 2


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Automatic reply: Gupshup error 401", REPORT),
        ("Respuesta automática: Gupshup 401", REPORT),
        ("Leído: Gupshup 401 Unauthorized", "Su mensaje se leyó."),
        ("Undelivered Mail Returned to Sender", "This is the mail system at host mx.example.com. " + REPORT),
        ("Gupshup 401", "Estoy fuera de la oficina hasta el lunes. " + REPORT),
    ],
)
def test_machines_report_nothing(subject: str, body: str) -> None:
    assert detect(ticket({"plain_body": body}, subject=subject), load()) == Detection()


def test_raw_mail_is_decoded_before_it_is_read() -> None:
    raw = (
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        "Los env=C3=ADos por WhatsApp fallan con el error 131=\n026 desde hoy."
    )
    assert codes(detect(ticket({"plain_body": raw}), load())) == ["meta 131026"]


def test_what_is_too_long_is_read_at_both_ends_and_the_rest_is_told() -> None:
    long = (
        "Gupshup error 1003 Wallet Balance Low.\n"
        + "a quiet line\n" * 30_000
        + "And since noon Gupshup rejects our messages with error code 4005, template is paused."
    )
    found = detect(ticket({"plain_body": long}), load())
    assert codes(found) == ["gupshup 1003", "gupshup 4005"]
    cut = UnreadReason.MIDDLE_CUT_OF(count=len(long) - MOST, total=len(long))
    assert found.unread == (UnreadReason.IN(name=Detail.COMMENT(comment=10), why=cut),)


def test_findings_stand_in_the_order_of_the_report() -> None:
    body = (
        "Since this morning (#131049) comes back for half of our WhatsApp campaign, "
        "and since noon Gupshup answers 1003 Wallet Balance Low."
    )
    assert codes(detect(ticket({"plain_body": body}), load())) == ["meta 131049", "gupshup 1003"]


def test_a_variant_is_told_with_its_code() -> None:
    body = 'Gupshup answers HTTP 403 {"status":"error","message":"Authentication Failed"} since we moved the server.'
    (finding,) = reported(detect_text("", body, load()))
    assert (str(finding.error), finding.variant) == ("gupshup_http 403", "ip_allowlist")


def test_a_lookalike_is_no_digit_and_a_full_width_digit_is_one() -> None:
    assert codes(detect_text("", "Gupshup error 1ОО3 in the wallet report", load())) == []  # Cyrillic О
    assert codes(detect_text("", "Gupshup error １００３ Wallet Balance Low", load())) == ["gupshup 1003"]


def test_a_code_of_the_family_that_nobody_knows_is_told_apart() -> None:
    found = detect_text("", "Gupshup rejects every message with error code 4011 since this morning", load())
    assert codes(found) == []
    assert [evidence.rule for evidence in found.unknown] == [Rule.NUMBER_AFTER(word="code")]


def test_what_was_dismissed_says_why() -> None:
    found = detect_text("", "Order 1003 has not arrived, the WhatsApp bot does not know it.", load())
    (dismissed,) = found.dismissed
    assert dismissed.reason == DismissalReason.NUMBER_OF(word="order")
    assert str(dismissed.error) == "gupshup 1003"


def test_the_losing_reading_of_a_number_is_named() -> None:
    (finding,) = detect_text(
        "", "gupshup failed event with code 1008, User is not Opted in and Inactive", load()
    ).findings
    assert Doubt.FITS_LESS(error="meta_onprem 1008") in finding.against


def test_evidence_is_masked_and_secrets_are_sighted() -> None:
    key = "sk_0123456789abcdef0123456789abcdef"
    found = detect_text("", f"Gupshup answers 401 Unauthorized for apikey {key}", load())
    assert codes(found) == ["gupshup_http 401"]
    assert key not in found.model_dump_json()
    assert found.secrets


def test_the_apps_facts_are_read_as_written() -> None:
    body = (
        "App Name: TiendaSol, App ID: 0a6f5e4d-1234-4c8b-9f21-7d3e5a9b1c40. Gupshup gives 401 since 2026-10-05 09:12:\n"
        '{"app":"TiendaSol","payload":{"gsId":"ee4a68a0-1203-4c85-8dc3-49d0b3226a35","type":"failed"}}'
    )
    facts = detect_text("", body, load()).facts
    assert facts.app_name == "TiendaSol"
    assert facts.app_id == "0a6f5e4d-1234-4c8b-9f21-7d3e5a9b1c40"
    assert facts.message_ids == ("ee4a68a0-1203-4c85-8dc3-49d0b3226a35",)
    assert facts.times == ("2026-10-05 09:12",)
    assert not facts.enterprise


def test_an_enterprise_account_is_known_by_its_gateway() -> None:
    body = "https://media.smsgupshup.com/GatewayAPI/rest?method=SendMessage&userid=2000123456&password=secret&msg=hola"
    facts = detect_text("", body, load()).facts
    assert facts.enterprise
    assert facts.account_id == "2000123456"
