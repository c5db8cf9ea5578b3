"""`templates list`, `lint` and `preview`, as an admin runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from zendesk_gupshup.cli import main
from zendesk_gupshup.cli.templates import KINDS
from zendesk_gupshup.render.template_files import KINDS as ALL_KINDS


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of this machine: an empty folder to work in, no variable of ours."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("ZENDESK_GUPSHUP_CONFIG", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["templates", *arguments])


def test_the_names_written_out_are_those_of_the_models() -> None:
    assert KINDS == ALL_KINDS


def test_list_shows_which_file_applies(tmp_path: Path) -> None:
    own = tmp_path / "own" / "reply"
    own.mkdir(parents=True)
    (own / "remedy.es.md.j2").write_text("Hola")
    rows = [line.split("\t") for line in run("list", "--templates", str(tmp_path / "own")).stdout.splitlines()]
    assert ["reply", "remedy", "es", "own", str(own / "remedy.es.md.j2")] in rows
    assert [row[:4] for row in rows if row[1] == "gupshup_http_403.ip_allowlist"] == [
        ["reply", "gupshup_http_403.ip_allowlist", language, "shipped"] for language in ("en", "es", "fr", "pt")
    ]
    assert not [row for row in rows if row[1].startswith("_")]


def test_lint_is_content_with_the_shipped_texts() -> None:
    result = run("lint")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no mistakes" in result.stderr


def test_lint_lists_every_mistake_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "reply").mkdir()
    (tmp_path / "reply" / "remedy.es.md.j2").write_text("{{ clint }}\n{{ tem }}")
    result = run("lint", "--templates", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "reply/remedy.es.md.j2:1: unknown variable clint; write client",
        "reply/remedy.es.md.j2:2: unknown variable tem; write team",
    ]
    assert result.stderr == "zendesk-gupshup: 2 mistakes in the templates\n"


def test_the_folder_of_the_settings_applies(tmp_path: Path) -> None:
    (tmp_path / "texts" / "reply").mkdir(parents=True)
    (tmp_path / "texts" / "reply" / "remedy.en.md.j2").write_text("Ours, {{ client }}.")
    config = tmp_path / "zendesk-gupshup.toml"
    config.write_text('[folders]\ntemplates = "texts"\n')
    result = CliRunner().invoke(main, ["--config", str(config), "templates", "preview", "remedy"])
    assert "Ours, Ada Lovelace." in result.stdout


def test_preview_shows_reply_and_note_as_text() -> None:
    result = run("preview", "owner_escalation", "--lang", "es")
    assert result.exit_code == 0, result.stderr
    reply, note = result.stdout.split("=== internal note")
    assert reply.startswith(
        "=== public reply [gupshup-draft-7.txt] [gupshup-owner-guide.es.pdf]\n\nHola, Ada Lovelace:\n"
    )
    assert "\n- Inicie sesión en la consola de Gupshup como propietario" in reply
    assert "support.gupshup.io <https://support.gupshup.io>" in reply
    assert "No genere ni reemplace API keys" in note
    assert "<p>" not in result.stdout


def test_preview_of_a_code_and_its_cause_as_html() -> None:
    result = run("preview", "gupshup_http", "403", "--cause", "ip_allowlist", "--html")
    assert "<strong>both</strong> accounts" in result.stdout


def test_preview_of_a_number_takes_the_first_code_and_names_the_others() -> None:
    number, named = run("preview", "1003"), run("preview", "gupshup 1003")
    assert (number.exit_code, number.stdout) == (0, named.stdout)
    assert number.stderr == '1003 is taken for gupshup 1003; "meta_onprem 1003" has the same number\n'


def test_preview_writes_all_files(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    result = run("preview", "http_401", "--lang", "pt", "--write", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["draft.txt", "guide.pdf", "note.html", "reply.html"]
    assert sorted(result.stdout.split()) == sorted(str(path) for path in folder.iterdir())
    assert "Foi detectado um erro de autenticação (401)" in (folder / "reply.html").read_text(encoding="utf-8")
    assert (folder / "guide.pdf").read_bytes().startswith(b"%PDF")


def test_preview_with_a_ticket_of_ones_own(tmp_path: Path) -> None:
    ticket = {
        "ticket": {"id": 41, "requester_id": 5, "subject": "401"},
        "comments": [
            {"id": 9, "author_id": 5, "body": "Gupshup API answers HTTP 401 Unauthorized. App Name: GraceBooks"},
        ],
        "users": [{"id": 5, "name": "Grace Hopper", "email": "grace@example.com"}],
    }
    path = tmp_path / "ticket.json"
    path.write_text(json.dumps(ticket))
    result = run("preview", "owner_escalation", "--file", str(path))
    assert result.exit_code == 0, result.stderr
    assert "Hello Grace Hopper," in result.stdout
    assert "gupshup-draft-41.txt" in result.stdout
    assert "comment 1 (Grace Hopper" in result.stdout
    assert "AdaBakery" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("preview", "nonsense"), "nonsense is no code and none of owner_escalation, owner_ticket, remedy, draft"),
        (("preview", "http_403", "--cause", "x"), "gupshup_http 403 has no cause x; known: ip_allowlist"),
        (("preview", "remedy", "--file", "missing.json"), "missing.json: there is no such file. Check the path."),
        (("lint", "--templates", "missing"), "missing: no such folder"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"zendesk-gupshup: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("content", "message"), [("{", "not JSON"), ("[]", "no ticket in it"), ('{"ticket": {}}', "")])
def test_a_file_that_is_no_ticket_is_told(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "ticket.json"
    path.write_text(content)
    result = run("preview", "remedy", "--file", str(path))
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_text_that_breaks_is_told_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "reply").mkdir()
    (tmp_path / "reply" / "remedy.en.md.j2").write_text("{{ nope }}")
    result = run("preview", "remedy", "--templates", str(tmp_path))
    assert result.exit_code == 1
    assert "reply/remedy.en.md.j2:1: 'nope' is undefined" in result.stderr
