"""Flag > environment > file > default; a mistake is one line that says where it stands and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from zendesk_gupshup.decide.account import DirectoryRow
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.settings import ENVIRONMENT, Settings, SettingsError, load_settings


def settings(tmp_path: Path, toml: str = "", environment: dict[str, str] | None = None, **flags: object) -> Settings:
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_text(toml, encoding="utf-8")
    places: dict[tuple[str, ...], object] = {("worker", name): value for name, value in flags.items()}
    return load_settings(file, places, environment or {})


def mistake(tmp_path: Path, toml: str = "", environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, toml, environment)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_without_a_file_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environment={}) == Settings()


def test_the_order_is_flag_environment_file_default(tmp_path: Path) -> None:
    toml = '[worker]\nport = 1111\nhost = "127.0.0.2"\nstate = "from-file"\n'
    got = settings(tmp_path, toml, {"ZENDESK_GUPSHUP_STATE": "from-environment"}, port=3333)
    assert (got.worker.port, got.worker.host, got.worker.state, got.worker.concurrency) == (
        3333,
        "127.0.0.2",
        Path("from-environment"),
        16,
    )


def test_the_file_is_found_by_environment_and_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zendesk-gupshup.toml").write_text("[worker]\nport = 1\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text("[worker]\nport = 2\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_settings(environment={}).worker.port == 1
    assert load_settings(environment={"ZENDESK_GUPSHUP_CONFIG": "other.toml"}).worker.port == 2


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_every_documented_variable_lands_in_its_place(tmp_path: Path, name: str) -> None:
    section, key = ENVIRONMENT[name]
    got = getattr(getattr(settings(tmp_path, "", {name: "value"}), section), key)
    assert str(getattr(got, "get_secret_value", lambda: got)()) == "value"


def test_a_secret_may_come_from_a_file_and_never_shows(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret-value\n", encoding="utf-8")
    got = settings(tmp_path, "", {"ZENDESK_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})
    assert got.worker.webhook_secret
    assert got.worker.webhook_secret.get_secret_value() == "s3cret-value"
    assert "s3cret-value" not in repr(got)


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("[routing]\ngrup = 'x'\n", "zendesk-gupshup.toml: [routing] grup: unknown key; write group"),
        ("[worker]\nport = 'high'\n", "zendesk-gupshup.toml: [worker] port: input should be a valid integer, unable to parse string as an integer"),  # noqa: E501
        ("[modes]\ndefault = 'fast'\n", "zendesk-gupshup.toml: [modes] default: write 'observe', 'assist' or 'auto'"),
        ("[zendesk]\napi_token = 'x'\n", "zendesk-gupshup.toml: [zendesk] api_token is a secret; set ZENDESK_API_TOKEN or ZENDESK_API_TOKEN_FILE instead"),  # noqa: E501
        ("[worker\n", "zendesk-gupshup.toml: not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, toml: str, line: str) -> None:
    assert mistake(tmp_path, toml) == line


def test_each_mistake_in_the_file_is_told(tmp_path: Path) -> None:
    assert mistake(tmp_path, "[worker]\nprot = 1\nlook_back_seconds = 'soon'\n[reply]\nper_hour = -1\n") == (
        "zendesk-gupshup.toml: [reply] per_hour: input should be greater than or equal to 0\n"
        "zendesk-gupshup.toml: [worker] look_back_seconds: input should be a valid integer, unable to parse string as "
        "an integer\n"
        "zendesk-gupshup.toml: [worker] prot: unknown key; write port"
    )


def test_an_unknown_section_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    assert mistake(tmp_path, "[mode]\ndefault = 'auto'\n") == "zendesk-gupshup.toml: [mode]: unknown key; write modes"


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    line = mistake(tmp_path, "", {"ZENDESK_WEBHOOK_SECRET_FILE": str(tmp_path / "absent")})
    assert line.startswith("ZENDESK_WEBHOOK_SECRET_FILE: absent cannot be read")


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file; name an existing one with --config"):
        load_settings(tmp_path / "absent.toml", environment={})


def test_modes_are_checked_against_the_dictionary(tmp_path: Path) -> None:
    toml = '[modes]\ndefault = "observe"\ncap = "assist"\n"gupshup_http 401" = "auto"\n'
    policy = settings(tmp_path, toml).policy(load())
    assert (policy.default_mode, policy.cap, dict(policy.modes)) == (
        Mode.OBSERVE,
        Mode.ASSIST,
        {"gupshup_http 401": Mode.AUTO},
    )
    with pytest.raises(
        SettingsError, match=r'\[modes\] "gupshup_htp 401" is no code of the dictionary; write "gupshup'
    ):
        settings(tmp_path, '[modes]\n"gupshup_htp 401" = "auto"\n').policy(load())


def test_the_directory_is_read_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "organization,app_name,app_id,owner_email\nExample Ltd,ExampleApp,,owner@example.com\n", encoding="utf-8"
    )
    policy = settings(tmp_path, '[folders]\ndirectory = "accounts.csv"\n').policy(load())
    assert policy.directory == (
        DirectoryRow(organization="Example Ltd", app_name="ExampleApp", owner_email="owner@example.com"),
    )


def test_a_directory_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("company,app\nx,y\n", encoding="utf-8")
    with pytest.raises(
        SettingsError, match="the first line must be organization,app_name,app_id,account_id,owner_email"
    ):
        settings(tmp_path, '[folders]\ndirectory = "accounts.csv"\n').policy(load())
