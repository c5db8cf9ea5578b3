"""The section [app]: off unless switched on, origins and no more, and a key file beside the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from zendesk_gupshup.settings import Settings, SettingsError, load_settings


def loaded(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_text(f"[app]\n{text}\n", encoding="utf-8")
    return load_settings(file, environment={})


def test_the_app_is_off_and_its_session_lasts_a_working_day() -> None:
    app = Settings().app
    assert (app.enabled, app.session_hours, app.sdk_origin) == (False, 12, "https://static.zdassets.com")


def test_the_key_file_is_taken_from_where_the_settings_file_lies(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'public_key_file = "app.pem"').app.public_key_file == tmp_path / "app.pem"


def test_an_origin_is_compared_as_a_browser_writes_it(tmp_path: Path) -> None:
    app = loaded(tmp_path, 'origins = ["https://Support.Example.com/"]\nurl = "http://127.0.0.1:8080"').app
    assert (app.origins, app.url) == (frozenset({"https://support.example.com"}), "http://127.0.0.1:8080")


# A source list of a Content Security Policy is made of these: nothing may end it or add to it.
@pytest.mark.parametrize("origin", ["https://a.example/x", "a.example", "https://a.example; script-src *", "*", ""])
@pytest.mark.parametrize("line", ['origins = ["{}"]', 'url = "{}"'])
def test_what_is_no_origin_is_refused(tmp_path: Path, line: str, origin: str) -> None:
    with pytest.raises(SettingsError, match=r"\[app\]"):
        loaded(tmp_path, line.format(origin))


@pytest.mark.parametrize("url", ["sdk.js", "ftp://a.example/sdk.js", "https://a.example/s.js; x", "https:///s.js", ""])
def test_what_is_no_script_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match=r"\[app\] sdk_url"):
        loaded(tmp_path, f'sdk_url = "{url}"')
