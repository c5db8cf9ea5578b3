"""Words at second hand are `likely` at most: what staff wrote for a client, a merge quotes, or a transcript holds."""

from __future__ import annotations

from typing import Any

import pytest

from support.paths import ROOT
from support.second_hand import AGENT, CLIENT, MERGE, REPORT, US, look, ticket
from zendesk_gupshup.decide.guards import replies_in_a_day
from zendesk_gupshup.detect.provenance import provenance, repeats_us, without_merge_sentence
from zendesk_gupshup.detect.reading import is_evidence
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.detection_reasons import Doubt
from zendesk_gupshup.model.reason import Detail
from zendesk_gupshup.model.ticket import Comment, Ticket

TEMPLATES = ROOT / "ticket_templates"


def found(of: Ticket) -> list[tuple[str, str]]:
    return [(str(f.error), f.confidence.value) for f in look(of).detection.findings]


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ([{"author_id": AGENT}], ["on_behalf"]),
        ([{"author_id": US}], ["on_behalf"]),
        ([{"author_id": AGENT, "public": False}], ["on_behalf"]),
        ([{"author_id": AGENT, "via": {"channel": "voice"}}, {"author_id": AGENT}], ["on_behalf", None]),
        ([{"author_id": US}, {"author_id": US}], ["on_behalf", None]),
        ([{}, {"author_id": AGENT}, {"author_id": US}], ["client", None, None]),
        ([{}, {"author_id": AGENT, "via": MERGE}, {"author_id": US, "via": MERGE}], ["client", "merged", "merged"]),
        ([{}, {"author_id": AGENT, "via": {"channel": 19}}], ["client", "merged"]),
        ([{"author_id": 77}], ["client"]),
        ([{"author_id": None}], ["client"]),
        ([{"via": {"channel": "chat_transcript"}}], ["transcript"]),
    ],
)
def test_whose_words_a_comment_holds(comments: list[dict[str, Any]], expected: list[str | None]) -> None:
    of = ticket(*comments)
    assert [provenance(of, comment) for comment in of.comments] == expected
    assert [is_evidence(of, comment, draft_requested=False) for comment in of.comments] == [bool(e) for e in expected]


@pytest.mark.parametrize("requester", [AGENT, US, None])
def test_what_staff_writes_for_staff_or_for_nobody_is_no_report(requester: int | None) -> None:
    author = US if requester == AGENT else AGENT
    of = ticket({"author_id": author, "body": REPORT}, requester_id=requester)
    assert found(of) == []


def test_an_agent_who_asks_for_a_draft_has_the_teams_words_read_and_never_ours() -> None:
    of = ticket({}, {"author_id": AGENT}, {"author_id": US})
    assert [provenance(of, comment, everyones=True) for comment in of.comments] == ["client", "team", None]


@pytest.mark.parametrize(
    ("locale", "guard", "reason"),
    [
        (
            "en-US",
            "</strong> the report was written on behalf of the requester, not by the requester",
            "written by Grace on behalf of the requester",
        ),
        (
            "es-MX",
            "</strong> el reporte se escribió en nombre del solicitante",
            "escrito por Grace en nombre del solicitante",
        ),
        (
            "pt-BR",
            "</strong> o relato foi escrito em nome do solicitante",
            "escrito por Grace em nome do solicitante",
        ),
    ],
)
def test_the_note_says_who_wrote_it(locale: str, guard: str, reason: str) -> None:
    (update,) = look(ticket({"author_id": AGENT, "body": REPORT}, locale=locale)).updates
    assert (update.public, guard in (update.html_body or ""), reason in (update.html_body or "")) == (False, True, True)


@pytest.mark.parametrize(
    ("locale", "reason"),
    [("en", "quoted in a merge by Grace"), ("es", "citado en una fusión"), ("pt", "citado em uma")],
)
def test_the_note_says_that_a_merge_quotes_it(locale: str, reason: str) -> None:
    quoted = {"author_id": AGENT, "via": MERGE, "body": f"Request #5 was closed. Last comment in request #5: {REPORT}"}
    (update,) = look(ticket({"body": "Ok."}, quoted, locale=locale)).updates
    assert reason in (update.html_body or "")


def test_a_nameless_author_is_an_agent_or_our_own_user() -> None:
    of = ticket(
        {"author_id": AGENT, "body": REPORT}, users={CLIENT: {"id": CLIENT}, AGENT: {"id": AGENT, "role": "agent"}}
    )
    (finding,) = look(of).detection.findings
    assert finding.against[-1] == Doubt.ON_BEHALF_BY(who=Detail.AGENT())


def test_no_mode_sends_a_reply_by_itself_to_second_hand_words() -> None:
    of = ticket({"author_id": AGENT, "body": REPORT})
    assert [u.public for u in look(of, modes={"gupshup_http 401": "auto"}, default_mode="auto").updates] == [False]


def test_a_screenshot_in_a_contact_form_is_lowered_once() -> None:
    file = {"id": 31, "file_name": "a.png", "content_type": "image/png"}
    told = {"attachment_texts": {31: REPORT}, "picture_texts": [31]}
    assert found(ticket({"author_id": US, "body": "See there.", "attachments": [file]}, **told)) == [
        ("gupshup_http 401", "likely")
    ]


def test_what_the_client_says_himself_counts_behind_a_long_log_that_staff_pasted() -> None:
    log = "\n".join(f"2026-11-21 08:0{n}:00 Gupshup answers 401 Authentication Failed" for n in range(8))
    of = ticket({"author_id": AGENT, "body": log}, {"body": REPORT})
    assert found(of) == [("gupshup_http 401", "certain")]
    assert look(of).detection.findings[0].evidence[0].place.comment_id == 12


def test_a_description_without_comments_is_as_much_the_clients_as_its_submitter_is() -> None:
    assert found(ticket(description=REPORT, submitter_id=AGENT)) == [("gupshup_http 401", "likely")]
    assert found(ticket(description=REPORT, submitter_id=CLIENT)) == [("gupshup_http 401", "certain")]


def test_our_draft_that_a_merge_copies_is_no_report() -> None:
    file = {"id": 31, "file_name": "gupshup-draft-5.txt", "content_type": "text/plain"}
    quoted = {"author_id": AGENT, "via": MERGE, "body": "Request #5 was closed.", "attachments": [file]}
    texts = {31: "Error Type: HTTP 401 Unauthorized. Gupshup answers 401 Authentication Failed."}
    assert found(ticket({"body": "Please call me."}, quoted, attachment_texts=texts)) == []


@pytest.mark.parametrize("kind", ["reply", "note"])
@pytest.mark.parametrize("language", load().languages)
def test_every_text_of_ours_is_known_by_a_phrase(kind: str, language: Language) -> None:
    names = [path for path in TEMPLATES.rglob(f"{kind}/*.{language}.*") if not path.name.startswith("_")]
    assert names
    [bye] = TEMPLATES.rglob(f"reply/_bye.{language}.md.j2")
    for path in names:
        text = path.read_text("utf-8")
        text += bye.read_text("utf-8") if "reply/_bye" in text else ""
        assert repeats_us(text), path


def test_our_note_and_our_reply_are_known_where_staff_repeats_them() -> None:
    of = ticket({"body": REPORT}, locale="es")
    for update in look(of).updates:
        of = ticket(
            {"body": "Please call me."}, {"author_id": AGENT, "via": MERGE, "body": "", "html_body": update.html_body}
        )
        assert found(of) == []
    assert repeats_us("Lo leyó:\nuna  persona de nuestro\nequipo lee cada respuesta.")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            'Request #5 "Late" was closed and merged into this request. Last comment in request #5:\n\nerror 5',
            '"Late"\n\nerror 5',
        ),
        (
            'La solicitud n.º 5 "Tarde" se cerró. Último comentario de la solicitud n.º 5: error #50',
            '"Tarde" error #50',
        ),
        ("O ticket #5 «Atraso» foi fechado e mesclado a este.\nÚltimo comentário no ticket #5:\nolá", "«Atraso» olá"),
        ("Les demandes №5 ont été fermées : rien.", ""),
        ("Nothing of a number.", "Nothing of a number."),
    ],
)
def test_zendesks_own_sentences_in_a_merge_are_blanked_in_every_language(said: str, left: str) -> None:
    blanked = without_merge_sentence(Comment.model_validate({"id": 1, "via": MERGE}), said)
    assert (blanked.split(), len(blanked)) == (left.split(), len(said))


def test_a_first_comment_by_our_user_is_neither_our_reply_nor_our_note() -> None:
    form = ticket({"author_id": US, "created_at": "2026-11-21T08:00:00Z", "body": "Please call me."})
    assert replies_in_a_day(form) == 0
    asked = form.model_copy(
        update={"tags": ("gupshup_draft",), "comments": (form.comments[0].model_copy(update={"public": False}),)}
    )
    assert [(u.step.kind, u.public) for u in look(asked).updates] == [("note", False)]
