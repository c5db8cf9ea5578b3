"""The page of all settings and the starter file are made from the models, and both are true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from support.cli import run
from support.paths import ROOT
from zendesk_gupshup.settings import Settings, load_settings
from zendesk_gupshup.settings.reference import SettingRow, setting_rows, settings_page, starter_file

PAGE = ROOT / "docs" / "settings.md"


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page(), "run `make settings-page`"


def test_every_key_has_a_meaning() -> None:
    assert [(row.section, row.key) for row in setting_rows() if not row.meaning] == []


def test_no_secret_stands_in_the_file() -> None:
    keys = {(row.section, row.key) for row in setting_rows()}
    assert keys & {("zendesk", "api_token"), ("zendesk", "oauth_client_secret"), ("worker", "database_url")} == set()


def test_a_default_is_the_models_own() -> None:
    wrong = []
    for row in setting_rows():
        section = getattr(Settings(), row.section.partition(".")[0], None)
        if row.default is None or not isinstance(section, BaseModel):
            continue
        loaded = load_settings_of(f"[{row.section}]\n{row.key} = {row.default}\n")
        if getattr(loaded, row.section.partition(".")[0]) != section:
            wrong.append(row)
    assert wrong == []


def load_settings_of(text: str) -> Settings:
    values = tomllib.loads(text)
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("section", "key", "type_", "default"),
    [
        ("reply", "per_day", "whole number, 0 or more", "2"),
        ("reply", "cc_domains", "list of texts", "[]"),
        ("worker", "organization_share", "number, above 0, at most 1", "0.5"),
        ("routing", "priority", "`low`, `normal`, `high` or `urgent`", None),
        ("reading", "pictures", "true or false", "true"),
        ("modes", "cap", "`observe`, `assist` or `auto`", '"auto"'),
    ],
)
def test_types_are_in_words_and_defaults_in_toml(section: str, key: str, type_: str, default: str | None) -> None:
    (row,) = [row for row in setting_rows() if (row.section, row.key) == (section, key)]
    assert (row.type, row.default) == (type_, default)


def test_the_starter_file_sets_the_cap_and_nothing_else() -> None:
    assert {k: v for k, v in tomllib.loads(starter_file()).items() if v} == {"modes": {"cap": "observe"}}


def test_every_key_of_the_starter_file_can_be_switched_on(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^#(?! )", "", starter_file())
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_text(text, encoding="utf-8")
    assert load_settings(file, environment={}).modes["gupshup_http 401"] == "auto"
    named = {(section, key) for section, keys in tomllib.loads(text).items() for key in keys}
    assert named >= {_place(row) for row in setting_rows() if "." not in row.section}


def _place(row: SettingRow) -> tuple[str, str]:
    return row.section, row.key.strip('"')


def test_init_writes_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZENDESK_GUPSHUP_CONFIG", raising=False)
    code, out, err = run("init")
    assert (code, out) == (0, "")
    assert err.startswith("Written: zendesk-gupshup.toml. Next: ")
    assert (tmp_path / "zendesk-gupshup.toml").read_text(encoding="utf-8") == starter_file()
    line = "zendesk-gupshup.toml: exists already, and was left as it is; name another with --output"
    assert run("init") == (1, "", f"zendesk-gupshup: {line}\n")
    assert run("init", "--output", "other.toml")[0] == 0
    assert run("--config", "third.toml", "init")[0] == 0
    assert (tmp_path / "third.toml").exists()
    assert run("init", "--output", "no/folder.toml")[2] == (
        "zendesk-gupshup: no/folder.toml: cannot be written: No such file or directory\n"
    )
