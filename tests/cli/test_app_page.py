"""docs/app.md names what there is: commands, settings, links, lines of `doctor`; and says what was never tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.documented import commands, missing_links, unknown_options
from support.paths import ROOT
from zendesk_gupshup.app.package import pages_url
from zendesk_gupshup.doctor import zendesk_app
from zendesk_gupshup.settings import load_settings
from zendesk_gupshup.settings.app import AppSettings

DOCS = ROOT / "docs"
PAGE = (DOCS / "app.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", commands(PAGE))
def test_every_command_exists_with_its_options(line: str) -> None:
    assert unknown_options(line) == set()


def test_every_link_leads_somewhere() -> None:
    assert missing_links(PAGE, DOCS) == []
    headings = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"(?m)^#+ (.+)$", PAGE)}
    assert [target for target in re.findall(r"\]\(#([^)]+)\)", PAGE) if target not in headings] == []


def test_the_example_of_settings_loads(tmp_path: Path) -> None:
    [block] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_text("\n".join(line.strip() for line in block.splitlines()), encoding="utf-8")
    settings = load_settings(file, environment={})
    assert (settings.app.enabled, pages_url(settings)) == (True, "https://gupshup.example.com")


def test_every_setting_that_is_named_exists() -> None:
    named = {"app_id", "installation_id", "public_key_file", "session_hours", "origins", "url", "enabled"}
    assert all(f"`{name}`" in PAGE or f"{name} =" in PAGE for name in named)
    assert named <= set(AppSettings.model_fields)


def test_every_line_of_doctor_is_named() -> None:
    names = (zendesk_app.APP_LINE, zendesk_app.KEY_LINE, zendesk_app.PAGE_LINE)
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_it_says_that_it_was_never_run_in_a_real_account() -> None:
    assert "Not yet run in a real Zendesk account" in PAGE
