"""What leaves us about a ticket: reply, note, draft, guide, link, names of files, `explain`. No secret is in it."""

from __future__ import annotations

import html
import io
import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from zendesk_gupshup.cli import main
from zendesk_gupshup.decide.account import DirectoryRow, TicketFields, app_facts
from zendesk_gupshup.decide.decision import decide
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.detect import detect
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.base import LANGUAGES, Language
from zendesk_gupshup.model.finding import Facts
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import Attachment, Comment, CustomField, Organization, Ticket, User
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.environment import TemplateEnvironment, bounded_text
from zendesk_gupshup.render.markdown import reveal
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.render.updates import render
from zendesk_gupshup.text.redaction import mask

DICTIONARY, TEMPLATES = load(), Templates.load()
KEY = "9f86d081884c7d659a2feaa0c55ad015"


def ticket(body: str, *, file: str = "", file_text: str = "") -> Ticket:
    attached = (Attachment(id=5, file_name=file, content_type="text/csv", size=400),) if file else ()
    comment = Comment(id=11, author_id=1, body=body, attachments=attached)
    return Ticket(
        id=7,
        subject="Gupshup API error 401",
        requester_id=1,
        comments=(comment,),
        users={1: User(id=1, name="Ada", email="ada@example.com")},
        attachment_texts={5: file_text} if file_text else {},
    )


def written(found: Ticket, *, draft_requested: bool = False) -> str:
    """All that would be written, decoded: HTML, text, PDF, links and names."""
    detection = detect(found, DICTIONARY, draft_requested=draft_requested)
    app = app_facts(found, detection.facts, TicketFields())
    decision = decide(found, detection, app, DICTIONARY, Policy(default_mode=Mode.AUTO, cap=Mode.AUTO))
    assert decision.plan is not None
    updates = render(decision.plan, found, detection, DICTIONARY, TEMPLATES, GupshupDesk(), guards=decision.guards)
    assert {update.step.kind for update in updates} >= {"note"}
    return "\n".join(_read(update) for update in updates)


def _read(update: Update) -> str:
    made = html.unescape(update.html_body or "")
    files = [file.name + "\n" + _content(file.content) for file in update.files]
    return "\n".join((made, unquote(made), *files))


def _content(content: bytes) -> str:
    if not content.startswith(b"%PDF"):
        return content.decode("utf-8-sig")
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def holds(text: str, secret: str) -> bool:
    """Any eight characters of it, blanks and line ends left out."""
    shown = "".join(text.split())
    return any(secret[at : at + 8] in shown for at in range(len(secret) - 7))


BODIES = {
    "no label": f"Gupshup nos da error 401 Unauthorized con esta: {KEY} y nada",
    "name": f"Gupshup error 401 Portal User Not Found With APIKey\nApp Name: {KEY}",
    "id": f"Gupshup error 401 Portal User Not Found With APIKey\nApp ID: {KEY}",
    "cut by the quote": f"Gupshup 401 Portal User Not Found With APIKey {'y no ' * 40}{KEY} {'y no ' * 9} error 401",
    "at the quote's edge": "Gupshup error 401 Unauthorized " + "a" * 230 + f" {KEY} Unauthorized 401",
    "over two lines": f"Gupshup error 401 Unauthorized con {KEY[:18]}\n{KEY[18:]}",
    "unseen": f"Gupshup error 401 Unauthorized con sk_{KEY[:9]}\u200b{KEY[9:]}",
    "curl": f"curl https://api.gupshup.io/wa/api/v1/msg -H 'apikey: {KEY[:20]}\\\n{KEY[20:]}'\nHTTP 401 Unauthorized",
    "between two quotes": f"Gupshup error 401 {KEY[:16]}\n{KEY[16:]} error 401 Portal User Not Found With APIKey",
}


@pytest.mark.parametrize("draft_requested", [False, True])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_key_in_anything_written(body: str, draft_requested: bool) -> None:
    assert not holds(written(ticket(body), draft_requested=draft_requested), KEY)


def test_no_value_of_a_labelled_column_and_no_file_name_with_a_key() -> None:
    table = "fecha,app,apikey,estado\n" + "2026-03-15,AdaShop,zk3v9q7w1m5x8c2b,Gupshup error 401 Unauthorized\n" * 3
    found = ticket("Gupshup 401, ver archivo", file=f"apikey-{KEY}.csv", file_text=table)
    made = written(found)
    assert "AdaShop" in made
    assert not holds(made, "zk3v9q7w1m5x8c2b")
    assert not holds(made, KEY)


def test_a_key_in_any_field_is_no_name_and_no_id() -> None:
    fields = TicketFields(app_name=1, app_id=2)
    row = DirectoryRow(organization="Ada", app_name=f"sk_{KEY}", app_id=KEY, account_id="2000000007")
    found = ticket("401").model_copy(
        update={
            "custom_fields": (CustomField(id=1, value=KEY), CustomField(id=2, value=KEY)),
            "organization": Organization(
                id=3, name="Ada", organization_fields={"gupshup_app_name": f"EAA{KEY}", "gupshup_app_id": KEY}
            ),
        }
    )
    known = app_facts(found, Facts(app_name=KEY), fields, (row,))
    assert (known.app_name, known.app_id, known.account_id) == (None, None, "2000000007")


def test_names_and_ids_that_are_none_stay() -> None:
    row = DirectoryRow(
        organization="Ada",
        app_name="AtendimentoClientesAdaShopBrasil2026",
        app_id="4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
    )
    found = ticket("401").model_copy(update={"organization": Organization(id=3, name="Ada")})
    known = app_facts(found, Facts(), TicketFields(), (row,))
    assert (known.app_name, known.app_id) == (row.app_name, row.app_id)


def test_no_template_can_print_a_value_unmasked() -> None:
    sandbox = TemplateEnvironment({"x": "{{ a }} {{ b | join(', ') }} {{ a | upper }} apikey: words of ours {{ c }}"})
    values = {"a": f"con {KEY}", "b": (f"sk_{KEY}", "ok"), "c": "1198765432"}
    made = reveal(bounded_text(sandbox, "x", values))
    assert made == "con **** sk_****, ok CON **** apikey: words of ours …32"
    known = reveal(bounded_text(sandbox, "x", values, known=("1198765432",)))
    assert known.endswith("apikey: words of ours 1198765432")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dictionarys_own_words_are_not_masked(language: Language) -> None:
    told = [words for entry in DICTIONARY.entries for words in (entry.meaning, entry.remedy)]
    told += [words for e in DICTIONARY.entries for variant in e.variants for words in (variant.meaning, variant.remedy)]
    texts = [words.get(language) for words in told]
    assert [text for text in texts if mask(text) != text] == []


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_explain_shows_no_key(tmp_path: Path, form: tuple[str, ...]) -> None:
    comment = {
        "id": 11,
        "author_id": 1,
        "body": f"Gupshup error 401 Unauthorized con {KEY}",
        "attachments": [{"id": 5, "file_name": f"clave {KEY}.png", "content_type": "image/png", "size": 9000}],
    }
    document = {
        "ticket": {"id": 7, "requester_id": 1, "subject": f"App Name: {KEY}", "via": {"channel": "web"}},
        "comments": [comment],
        "users": [{"id": 1, "name": "Ada"}],
    }
    path = tmp_path / "ticket.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    result = CliRunner().invoke(main, ["explain", "--file", str(path), *form])
    assert result.exit_code == 0, result.output
    assert not holds(result.output, KEY)


def test_explain_shows_no_key_of_a_file_that_is_evidence(tmp_path: Path) -> None:
    path = tmp_path / f"clave-{KEY}.log"
    path.write_text("Gupshup error 401 Unauthorized, Portal User Not Found With APIKey", encoding="utf-8")
    result = CliRunner().invoke(main, ["explain", "--file", str(path)])
    assert "gupshup_http 401" in result.output
    assert "file clave-****.log" in result.output
    assert not holds(result.output, KEY)
