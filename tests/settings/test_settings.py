"""Where a setting comes from, what counts when two places give it, and what the policy takes from it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from zendesk_gupshup.decide.account import DirectoryRow
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.settings import ENVIRONMENT, SECRETS, Settings, SettingsError, load_settings


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "zendesk-gupshup.toml"


def value(settings: Settings, place: tuple[str, ...]) -> str | None:
    found = getattr(getattr(settings, place[0]), place[1])
    shown = getattr(found, "get_secret_value", lambda: found)()
    return None if shown is None else str(shown)


def test_without_a_file_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environment={}) == Settings()


def test_the_defaults_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENVIRONMENT, "WORKER", "ZENDESK", "MODES"):
        monkeypatch.setenv(name, '{"port": 1}')
    assert Settings().worker.port == 8080
    assert Settings().zendesk.subdomain is None


# --- Precedence -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", list(product((True, False), repeat=3)), ids=str)
def test_the_order_is_flag_environment_file_default(toml: Path, given: tuple[bool, bool, bool]) -> None:
    flag, variable, file = given
    toml.write_text('[worker]\nstate = "of-file"\n' if file else "", encoding="utf-8")
    got = load_settings(
        toml,
        {("worker", "state"): "of-flag" if flag else None},
        {"ZENDESK_GUPSHUP_STATE": "of-variable"} if variable else {},
    )
    order = [name for name, set_ in zip(("of-flag", "of-variable", "of-file"), given, strict=True) if set_]
    assert got == Settings.model_validate({"worker": {"state": (order or [".zendesk-gupshup"])[0]}})


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("given", list(product((True, False), repeat=3)), ids=str)
def test_a_secret_is_taken_from_flag_environment_secret_file(
    tmp_path: Path, toml: Path, name: str, given: tuple[bool, bool, bool]
) -> None:
    flag, variable, file = given
    place = ENVIRONMENT[name]
    toml.write_text("", encoding="utf-8")
    secret = tmp_path / "secret"
    secret.write_text("of-secret-file\n", encoding="utf-8")
    environment = ({name: "of-variable"} if variable else {}) | ({f"{name}_FILE": str(secret)} if file else {})
    got = load_settings(toml, {place: "of-flag" if flag else None}, environment)
    order = [name for name, set_ in zip(("of-flag", "of-variable", "of-secret-file"), given, strict=True) if set_]
    assert value(got, place) == next(iter(order), None)


def test_sources_that_give_different_keys_of_a_section_are_merged(toml: Path) -> None:
    toml.write_text('[worker]\nport = 1111\nhost = "127.0.0.2"\nconcurrency = 3\n', encoding="utf-8")
    got = load_settings(toml, {("worker", "port"): 3333}, {"ZENDESK_GUPSHUP_STATE": "elsewhere"})
    assert got == Settings.model_validate(
        {"worker": {"port": 3333, "host": "127.0.0.2", "concurrency": 3, "state": "elsewhere"}}
    )


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_every_documented_variable_lands_in_its_place(toml: Path, name: str) -> None:
    toml.write_text("", encoding="utf-8")
    assert value(load_settings(toml, environment={name: "value"}), ENVIRONMENT[name]) == "value"


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_an_empty_variable_counts_as_unset(toml: Path, name: str) -> None:
    toml.write_text("", encoding="utf-8")
    assert load_settings(toml, environment={name: "", f"{name}_FILE": ""}) == Settings()


# --- The settings file ----------------------------------------------------------------------------------------


def test_the_file_is_found_by_environment_and_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("zendesk-gupshup.toml", "other.toml", "flag.toml"), 1):
        (tmp_path / name).write_text(f"[worker]\nport = {number}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environment = {"ZENDESK_GUPSHUP_CONFIG": "other.toml"}
    assert load_settings(environment={}).worker.port == 1
    assert load_settings(environment=environment).worker.port == 2
    assert load_settings(Path("flag.toml"), environment=environment).worker.port == 3


def test_folders_are_taken_from_where_the_file_lies(tmp_path: Path, toml: Path) -> None:
    toml.write_text('[folders]\ntemplates = "texts"\ndictionary = "/codes"\n', encoding="utf-8")
    folders = load_settings(toml, environment={}).folders
    assert (folders.templates, folders.dictionary) == (tmp_path / "texts", Path("/codes"))


# --- Secret files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["s3cret\n", "s3cret", " s3cret \r\n", "\ns3cret\n\n"])
@pytest.mark.parametrize("name", SECRETS)
def test_blanks_and_newlines_around_a_secret_are_stripped(tmp_path: Path, toml: Path, name: str, content: str) -> None:
    toml.write_text("", encoding="utf-8")
    (tmp_path / "secret").write_text(content, encoding="utf-8", newline="")
    got = load_settings(toml, environment={f"{name}_FILE": str(tmp_path / "secret")})
    assert value(got, ENVIRONMENT[name]) == "s3cret"


def test_the_paths_of_secret_files_are_kept_for_rereading(tmp_path: Path, toml: Path) -> None:
    toml.write_text("", encoding="utf-8")
    for name in SECRETS:
        (tmp_path / name).write_text("s3cret\n", encoding="utf-8")
    got = load_settings(toml, environment={f"{name}_FILE": str(tmp_path / name) for name in SECRETS})
    assert got.zendesk.secret_files == {
        "oauth_client_secret": tmp_path / "ZENDESK_OAUTH_CLIENT_SECRET",
        "oauth_token": tmp_path / "ZENDESK_OAUTH_TOKEN",
        "api_token": tmp_path / "ZENDESK_API_TOKEN",
    }
    assert got.worker.webhook_secret_file == tmp_path / "ZENDESK_WEBHOOK_SECRET"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_file_does_not_count_beside_its_variable(tmp_path: Path, toml: Path, name: str) -> None:
    toml.write_text("", encoding="utf-8")
    got = load_settings(toml, environment={name: "s3cret", f"{name}_FILE": str(tmp_path / "absent")})
    assert value(got, ENVIRONMENT[name]) == "s3cret"
    assert (got.zendesk.secret_files, got.worker.webhook_secret_file) == ({}, None)


# --- The policy -----------------------------------------------------------------------------------------------


def test_modes_are_checked_against_the_dictionary(toml: Path) -> None:
    toml.write_text('[modes]\ndefault = "observe"\ncap = "assist"\n"gupshup_http 401" = "auto"\n', encoding="utf-8")
    policy = load_settings(toml, environment={}).policy(load())
    assert (policy.default_mode, policy.cap, dict(policy.modes)) == (
        Mode.OBSERVE,
        Mode.ASSIST,
        {"gupshup_http 401": Mode.AUTO},
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gupshup_htp 401", 'write "gupshup_http 401"'),
        ("defualt", 'write "default"'),
        ("everything", "`zendesk-gupshup codes list` shows the names"),
    ],
)
def test_a_mode_for_no_code_is_refused(name: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.model_validate({"modes": {name: "auto"}}).policy(load())
    assert str(caught.value) == f'[modes] "{name}" is no code of the dictionary; {hint}'


def test_the_directory_of_accounts_is_read(tmp_path: Path, toml: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "organization,app_name,app_id,owner_email\nExample Ltd,ExampleApp,,owner@example.com\nShort Ltd\n",
        encoding="utf-8",
    )
    toml.write_text('[folders]\ndirectory = "accounts.csv"\n', encoding="utf-8")
    assert load_settings(toml, environment={}).policy(load()).directory == (
        DirectoryRow(organization="Example Ltd", app_name="ExampleApp", owner_email="owner@example.com"),
        DirectoryRow(organization="Short Ltd"),
    )


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"company,app\nx,y\n", "the first line must be organization,app_name,app_id,account_id,owner_email"),
        (b"app_name\ny\n", "the first line must be organization,app_name,app_id,account_id,owner_email"),
        (b"", "the first line must be organization,app_name,app_id,account_id,owner_email"),
        (
            b"organization,app_id,app_id\nA,1,2\n",
            "the first line must be organization,app_name,app_id,account_id,owner_email",
        ),
        (b"organization\nA, Ltd\n", "line 2: more values than columns; put a value with a comma in quotation marks"),
        (b"organization\n\xff\n", "cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_wrong_directory_is_refused(tmp_path: Path, content: bytes, mistake: str) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Settings.model_validate({"folders": {"directory": path}}).policy(load())
    assert str(caught.value) == f"{path}: {mistake}"


def test_a_directory_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "absent.csv", "No such file or directory")):
        with pytest.raises(SettingsError) as caught:
            Settings.model_validate({"folders": {"directory": path}}).policy(load())
        assert str(caught.value) == f"{path}: cannot be read: {why}"
