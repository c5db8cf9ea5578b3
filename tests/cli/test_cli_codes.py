"""`codes`: list, show, search and export, over the shipped dictionary and a folder of one's own."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result
from selectolax.lexbor import LexborHTMLParser, LexborNode

from zendesk_gupshup.cli import codes as module
from zendesk_gupshup.cli import common, main
from zendesk_gupshup.cli.codes_export import facts, words
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.dictionary.model import OwnerTicket, Who
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.model.finding import Namespace

Run = Callable[..., Result]

# One code with everything that a page must escape; its number is Gupshup's 1003 again.
OWN = """
namespace = "meta"
[[code]]
code = "1003"
title = "<b>Ada's</b> *own* & only | code"
who_fixes = ["owner"]
owner_ticket = "yes"
retry = "no"
severity = "info"
source = "https://example.com/?a=1&b=2"
success = true
wordings = ["ada invented this"]
examples = ["one", "two"]
counter_examples = ["three", "four"]
[code.meaning]
en = "<script>alert(1)</script> means nothing."
es = "Significa <nada>."
pt = "Significa _nada_."
[code.remedy]
en = "Ask Ada."
es = "Pregunte a Ada; atención."
pt = "Pergunte à Ada."
[[code.variant]]
name = "first"
wordings = ["ada said <so>"]
who_fixes = ["nobody"]
owner_ticket = "no"
[code.variant.meaning]
en = "Because."
es = "Porque sí."
pt = "Porque sim."
[code.variant.remedy]
en = "Wait."
es = "Espere."
pt = "Espere."
[code.variant.checks]
en = "The key is <there>.\\nThe clock is right."
es = "La clave está.\\nEl reloj está bien."
pt = "A chave está lá.\\nO relógio está certo."
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZENDESK_GUPSHUP_CONFIG", raising=False)
    # A folder's name is relative to the working directory, which differs from test to test.
    load.cache_clear()

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["codes", *arguments])

    return call


@pytest.fixture
def own(tmp_path: Path, run: Run) -> Run:
    """The same with a dictionary folder of one's own in the settings."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ada.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "zendesk-gupshup.toml").write_text('[folders]\ndictionary = "mine"\n', encoding="utf-8")
    return run


def test_the_choices_are_those_of_the_models() -> None:
    assert (LANGUAGES, get_args(Namespace)) == (common.LANGUAGES, module.NAMESPACES)
    assert (get_args(Who), get_args(OwnerTicket)) == (module.WHO, module.OWNER_TICKET)


def test_list_has_each_code_once_in_order(run: Run) -> None:
    result = run("list")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert (result.exit_code, result.stderr) == (0, "")
    assert {(row[0], row[1]) for row in rows} == {(e.error.namespace, e.error.code) for e in load().entries}
    assert len(rows) == len(load().entries)
    assert ["gupshup", "1003", "Wallet Balance Low", "owner", "maybe"] in rows
    meta = [row[1] for row in rows if row[0] == "meta"]
    assert meta.index("4") < meta.index("10") < meta.index("100") < meta.index("131049")
    assert list(dict.fromkeys(row[0] for row in rows)) == list(module.NAMESPACES)


def test_list_filters_narrow_each_other(run: Run) -> None:
    rows = json.loads(run("list", "--namespace", "gupshup", "--who", "owner", "--owner-ticket", "yes", "--json").stdout)
    wanted = [
        str(e.error)
        for e in load().entries
        if e.error.namespace == "gupshup" and "owner" in e.who_fixes and e.owner_ticket == "yes"
    ]
    assert wanted
    assert [row["name"] for row in rows] == wanted
    assert json.loads(run("list", "--namespace", "gupshup", "--who", "nobody", "--json").stdout) == []


@pytest.mark.parametrize(
    "arguments", [["list", "--namespace", "sms"], ["show"], ["export"], ["search", "?!"], ["find"]]
)
def test_misuse_exits_with_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_show_one_code_in_a_language(run: Run) -> None:
    result = run("show", "gupshup", "1003", "--lang", "es")
    entry = next(e for e in load().entries if str(e.error) == "gupshup 1003")
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == "gupshup 1003  Wallet Balance Low"
    assert f"  {entry.meaning.get('es')}" in lines
    assert f"    {entry.remedy.get('es')}" in lines
    assert "  Tag: gupshup__1003" in lines
    assert "  Mismo número: meta_onprem 1003, Not a group participant" in lines
    assert all(f"    {example}" in lines for example in (*entry.examples, *entry.counter_examples))


def test_show_a_bare_number_shows_every_reading_and_warns(run: Run) -> None:
    result = run("show", "1003")
    assert result.stderr == (
        "Warning: 1003 is ambiguous: gupshup 1003, meta_onprem 1003 have different meanings. The number alone proves "
        "none of them; go by the text around it.\n"
    )
    heads = [line for line in result.stdout.splitlines() if line and not line.startswith(" ")]
    assert heads == ["gupshup 1003  Wallet Balance Low", "meta_onprem 1003  Not a group participant"]


@pytest.mark.parametrize("name", ["gupshup_http 401", "http_401", "gupshup__http_401", "http 401"])
def test_show_understands_the_names_that_we_print(run: Run, name: str) -> None:
    found = json.loads(run("show", name, "--json").stdout)
    assert [entry["name"] for entry in found] == ["gupshup_http 401"]
    assert "meta_onprem 401" in found[0]["collides_with"]
    assert set(found[0]["meaning"]) == set(LANGUAGES)


def test_show_an_unknown_code_is_one_line_and_exit_1(run: Run) -> None:
    result = run("show", "13104")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("zendesk-gupshup: 13104: no such code (near: ")
    assert result.stderr.count("\n") == 1
    assert run("show", "wallet").stderr == (
        "zendesk-gupshup: wallet: no such code; `codes search` looks in titles and texts\n"
    )


@pytest.mark.parametrize(
    ("text", "first", "where"),
    [
        ("131049", "meta 131049", "code"),
        ("wallet balance", "gupshup 1003", "title"),
        ("balance wallet", "gupshup 1003", "title"),
        ("PORTAL user not found", "gupshup_http 401", "wording"),
        ("receiver incapable", "meta_onprem 1026", "title"),
        ("numero do usuario faz parte", "meta 130472", "title"),
    ],
)
def test_search_puts_the_best_place_first(run: Run, text: str, first: str, where: str) -> None:
    hits = json.loads(run("search", text, "--json").stdout)
    assert (hits[0]["name"], hits[0]["match"]["in"]) == (first, where)


def test_search_ignores_accents_and_looks_in_each_language(own: Run) -> None:
    assert own("search", "pregunte", "ADA", "atencion").stdout == (
        "meta 1003\t<b>Ada's</b> *own* & only | code\tremedy (es)\tPregunte a Ada; atención.\n"
    )
    assert own("search", "porque sim").stdout.startswith("meta 1003\t")
    assert own("search", "ada invented").stdout.split("\t")[2:] == ["wording", "ada invented this\n"]


def test_search_shows_only_the_sentence(run: Run) -> None:
    hits = json.loads(run("search", "acknowledgement step", "--json").stdout)
    assert [(hit["name"], hit["match"]) for hit in hits] == [
        (
            "meta_onprem 1028",
            {
                "in": "remedy (en)",
                "text": "Remove the acknowledgement step of the On-Premises API from your integration.",
            },
        )
    ]


def test_search_without_a_hit_exits_with_1(run: Run) -> None:
    result = run("search", "xyzzy", "nothing")
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "zendesk-gupshup: xyzzy nothing: not found in the title, wordings or texts of any code\n",
    )


def test_export_json_is_the_list_and_lang_keeps_the_shape(run: Run) -> None:
    whole = json.loads(run("export", "--format", "json").stdout)
    assert whole == json.loads(run("list", "--json").stdout)
    spanish = json.loads(run("export", "--format", "json", "--lang", "es").stdout)
    assert [e["meaning"] for e in spanish] == [{"es": e["meaning"]["es"]} for e in whole]
    assert [e["title"] for e in spanish] == [e["title"] for e in whole]


def test_export_csv_reads_back(run: Run) -> None:
    def rows(*arguments: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(run("export", "--format", "csv", *arguments).stdout)))

    by_name = {f"{row['namespace']} {row['code']}": row for row in rows()}
    assert set(by_name) == {str(e.error) for e in load().entries}
    for entry in load().entries:
        row = by_name[str(entry.error)]
        assert (row["meaning_pt"], row["remedy_es"], row["title"]) == (
            entry.meaning.get("pt"),
            entry.remedy.get("es"),
            entry.title,
        )
    assert [key for key in rows("--lang", "pt")[0] if key.startswith("meaning")] == ["meaning_pt"]


def test_export_html_is_one_page_with_every_code(run: Run, tmp_path: Path) -> None:
    result = run("export", "--format", "html", "--lang", "pt", "--output", "codes.html")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"codes.html: {len(load().entries)} codes\n")
    page = LexborHTMLParser((tmp_path / "codes.html").read_text(encoding="utf-8"))
    ids = [node.attributes["id"] for node in page.css("section[id]")]
    assert len(ids) == len(set(ids))
    assert {e.error.slug for e in load().entries} <= set(ids)
    assert {(a.attributes["href"] or "")[1:] for a in page.css("nav a")} == set(ids)
    assert [node.attributes.get("lang") for node in page.css("html")] == ["pt"]
    assert not page.css("img, link, iframe, [src], [style*=url]")
    assert len(page.css("script")) == 1
    assert len(page.css("section.entry")) == len(load().entries)
    wallet = _only(page, 'section[id="1003"]').text()
    entry = next(e for e in load().entries if str(e.error) == "gupshup 1003")
    assert entry.meaning.get("pt") in wallet
    assert entry.remedy.get("pt") in wallet
    assert entry.meaning.get("en") not in wallet


def test_export_escapes_what_a_dictionary_says(own: Run) -> None:
    html = own("export", "--format", "html").stdout
    section = _only(LexborHTMLParser(html), "section#meta_1003")
    assert html.count("<script") == 1
    assert _only(section, "h3").text() == "1003 <b>Ada's</b> *own* & only | code"
    assert section.css("p")[0].text() == "<script>alert(1)</script> means nothing."
    assert [item.text() for item in section.css("li")] == ["The key is <there>.", "The clock is right."]
    assert _only(section, "dl a").attributes == {"href": "https://example.com/?a=1&b=2"}
    assert "Reports success, not a failure" in section.text()

    markdown = own("export", "--format", "md").stdout
    assert "### 1003 \\<b\\>Ada's\\</b\\> \\*own\\* & only \\| code\n" in markdown
    assert "\\<script\\>alert(1)\\</script\\> means nothing.\n" in markdown
    assert "#### Cause: ada said \\<so\\>\n" in markdown
    assert "- The key is \\<there\\>.\n- The clock is right.\n" in markdown
    assert "Significa \\_nada\\_.\n" in own("export", "--format", "md", "--lang", "pt").stdout


def _only(page: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    (node,) = page.css(selector)
    return node


def test_export_markdown_has_every_code(run: Run) -> None:
    lines = run("export", "--format", "md", "--lang", "es").stdout.splitlines()
    assert lines[0] == "# Códigos de error de Gupshup y WhatsApp"
    assert len([line for line in lines if line.startswith("### ")]) == len(load().entries)


def test_export_to_a_place_that_cannot_be_written(run: Run) -> None:
    result = run("export", "--format", "md", "--output", "no/such/folder.md")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "zendesk-gupshup: no/such/folder.md: cannot be written: No such file or directory\n"


def test_each_value_has_its_name_in_each_language() -> None:
    texts = words()
    tables = (texts["label"], texts["section"], *texts["value"].values())
    assert {tuple(text) for table in tables for text in table.values()} == {LANGUAGES}
    assert tuple(texts["section"]) == module.NAMESPACES
    for entry in load().entries:
        for lang in LANGUAGES:
            assert all(name and value for name, value in facts(entry, lang))


def test_own_codes_count_and_a_broken_file_is_one_line(own: Run, tmp_path: Path) -> None:
    assert "meta\t1003\t<b>Ada's</b> *own* & only | code\towner\tyes" in own("list").stdout.splitlines()
    assert [e["name"] for e in json.loads(own("show", "1003", "--json").stdout)] == [
        "gupshup 1003",
        "meta 1003",
        "meta_onprem 1003",
    ]
    load.cache_clear()
    (tmp_path / "mine" / "ada.toml").write_text(OWN.replace("retry =", "retyr ="), encoding="utf-8")
    result = own("list")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("zendesk-gupshup: ada.toml: code 1003: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("columns", [80, 140])
def test_on_a_terminal_tables_fit_and_no_color_is_honoured(tmp_path: Path, columns: int) -> None:
    table = _terminal(tmp_path, columns, "list", "--namespace", "gupshup")
    text = _terminal(tmp_path, columns, "show", "gupshup 1003")
    assert "\x1b[33m" in text
    assert not re.search(r"\x1b\[[0-9;]*[349][0-9]m", _terminal(tmp_path, columns, "show", "1003", NO_COLOR="1"))
    for shown in (table, text):
        lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
        assert 60 <= max(len(line) for line in lines) <= columns
        assert any("1003" in line and "Wallet Balance Low" in line for line in lines)


def _terminal(folder: Path, columns: int, *arguments: str, **environment: str) -> str:
    """What the command prints on a pseudo-terminal of that width."""
    ours, theirs = pty.openpty()
    values: dict[str, Any] = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **environment}
    for name in ("NO_COLOR", "ZENDESK_GUPSHUP_CONFIG"):
        if name not in environment:
            values.pop(name, None)
    command = [sys.executable, "-m", "zendesk_gupshup", "codes", *arguments]
    with subprocess.Popen(command, cwd=folder, env=values, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        output = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux's way of saying that the other end is closed.
                break
            if not part:
                break
            output += part
    os.close(ours)
    assert process.returncode == 0, output
    return output.decode()


_HOUSE = """
namespace = "{namespace}"

[[code]]
code = "{code}"
title = "Sender Not Approved"
who_fixes = ["integrator"]
owner_ticket = "no"
retry = "after_fix"
severity = "blocking"
source = "https://example.com/our-handbook"
wordings = ["sender not approved yet"]
supports = ["sender"]
examples = ["Gupshup answers error {code}, Sender Not Approved", "{second}"]
counter_examples = ["Order {code} has not arrived", "if Gupshup ever says {code}, call us"]
meaning = {{ en = "It is not approved.", es = "No está aprobado.", pt = "Não está aprovado." }}
remedy = {{ en = "Approve it.", es = "Apruébelo.", pt = "Aprove-o." }}
"""
_GROUP = "(Not a group participant); only the words around it tell them apart"
_CROSSED = "On-premises WhatsApp API error 1003: not a group participant"


@pytest.mark.parametrize(
    ("code", "second", "exit_code", "said"),
    [
        ("7001", "la campaña falla en Gupshup con el código 7001", 0, ()),
        (
            "1003",
            _CROSSED,
            1,
            (
                "gupshup 1003: replaces the shipped entry “Wallet Balance Low”, with its texts, wordings and examples",
                f"gupshup 1003: the same number as meta_onprem 1003 {_GROUP}",
                f"gupshup 1003: its example is reported as meta_onprem 1003: {_CROSSED}",
                "zendesk-gupshup: 1 of 4 examples are judged otherwise; name the code, Gupshup and what failed in them",
            ),
        ),
    ],
)
def test_lint_says_what_an_own_code_replaces_and_collides_with(
    tmp_path: Path, code: str, second: str, exit_code: int, said: tuple[str, ...]
) -> None:
    (tmp_path / "codes").mkdir()
    table = _HOUSE.format(namespace="gupshup", code=code, second=second)
    (tmp_path / "codes" / "house.toml").write_text(table, encoding="utf-8")
    config = tmp_path / "zendesk-gupshup.toml"
    config.write_text('[folders]\ndictionary = "codes"\n', encoding="utf-8")
    result = CliRunner().invoke(main, ["--config", str(config), "codes", "lint"])
    assert (result.exit_code, tuple(result.stderr.splitlines())) == (exit_code, said)
    assert len(result.stdout.splitlines()) == 4


def test_a_further_language_is_shown_and_exported_by_its_name(run: Run) -> None:
    shown = run("show", "gupshup", "1003", "--lang", "fr")
    assert (shown.exit_code, shown.stderr) == (0, "the labels are in en: fr has none\n")
    assert "Le portefeuille prépayé de Gupshup" in shown.stdout
    assert "What to do" in shown.stdout
    table = run("export", "--format", "csv", "--lang", "fr")
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert [name for name in rows[0] if name.startswith("meaning")] == ["meaning_fr"]
    assert "are in en: fr has none" in table.stderr
    # What has no French words is in the language behind it, and in no other.
    whole = csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout))
    english = {row["tag"]: row["meaning_en"] for row in whole}
    same = [row["meaning_fr"] == english[row["tag"]] for row in rows]
    assert (same.count(True) > 100, same.count(False) > 20) == (True, True)
    exported = json.loads(run("export", "--format", "json", "--lang", "fr").stdout)
    assert {tuple(entry["meaning"]) for entry in exported} == {("fr",)}


@pytest.mark.parametrize("arguments", [("show", "1004"), ("export", "--format", "md")])
def test_a_language_without_a_table_is_refused_by_name(run: Run, arguments: tuple[str, ...]) -> None:
    refused = run(*arguments, "--lang", "xx")
    message = "zendesk-gupshup: no text is written in xx; write one of en, es, pt, fr"
    assert (refused.exit_code, refused.stdout, refused.stderr.splitlines()[-1]) == (1, "", message)
