"""Each mistake is one line that says where it stands, which key, and what to write; no line shows a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from zendesk_gupshup.settings import CONFIG_VARIABLE, ENVIRONMENT, SECRETS, Settings, SettingsError, load_settings

SECRET = "s3cret-value"
SECRET_IN_FILE = "[zendesk] api_token is a secret; set ZENDESK_API_TOKEN or ZENDESK_API_TOKEN_FILE instead"
KEYS = [
    (section, key)
    for section, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    for key in field.annotation.model_fields
]


def refusal(tmp_path: Path, toml: str, environment: dict[str, str] | None = None, flags: Any = None) -> SettingsError:
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_text(toml, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, flags, environment or {})
    return caught.value


def mistakes(tmp_path: Path, toml: str, environment: dict[str, str] | None = None, flags: Any = None) -> list[str]:
    return str(refusal(tmp_path, toml, environment, flags)).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("[worker]\nport = 'high'\n", "[worker] port: write a whole number"),
        ("[worker]\nport = 80.5\n", "[worker] port: write a whole number"),
        ("[worker]\nport = true\n", "[worker] port: write a number"),
        ("[reply]\nper_hour = false\n", "[reply] per_hour: write a number"),
        ("[worker]\nconnections = true\n", "[worker] connections: write a number"),
        ("[worker]\nhead_seconds = true\n", "[worker] head_seconds: write a number"),
        ("[worker]\nport = 65536\n", "[worker] port: write 65535 or less"),
        ("[worker]\nport = ''\n", "[worker] port: write a whole number"),
        ("[worker]\nhost = 1\n", "[worker] host: write a text in quotation marks"),
        ("[worker]\nstate = 1\n", "[worker] state: write a path in quotation marks"),
        ("[worker]\nlog_level = 'LOUD'\n", "[worker] log_level: write 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("[worker]\norganization_share = 0\n", "[worker] organization_share: write a number above 0"),
        ("[worker]\norganization_share = 'half'\n", "[worker] organization_share: write a number"),
        ("[worker]\norganization_share = []\n", "[worker] organization_share: write a number"),
        ("[reply]\nper_hour = -1\n", "[reply] per_hour: write 0 or more"),
        ("[reply]\npending = 'sometimes'\n", "[reply] pending: write true or false"),
        ("[reply]\npending = []\n", "[reply] pending: write true or false"),
        ("[reply]\ncc_domains = 'example.com'\n", "[reply] cc_domains: write a list in brackets"),
        ("[routing]\npriority = ''\n", "[routing] priority: write 'low', 'normal', 'high' or 'urgent'"),
        ("[modes]\ndefault = 'fast'\n", "[modes] default: write 'observe', 'assist' or 'auto'"),
        ("modes = 3\n", "[modes]: write a table: [modes] on a line of its own, its keys below"),
        ("worker = 3\n", "[worker]: write a table: [worker] on a line of its own, its keys below"),
        ("[routing]\ngrup = 'x'\n", "[routing] grup: unknown key; write group"),
        ("[ledger]\nxyz = 1\n", "[ledger] xyz: unknown key; known are retention_days"),
        ("[mode]\ndefault = 'auto'\n", "[mode]: unknown key; write modes"),
        ("foldrs = 3\n", "[foldrs]: unknown key; write folders"),
        ("[zendesk]\nsecret_files = {}\n", "[zendesk] secret_files: unknown key; name files with ZENDESK_..._FILE"),
        ("[worker]\nwebhook_secret_file = 'x'\n", "[worker] webhook_secret_file: unknown key; name files with ZENDESK_..._FILE"),  # noqa: E501 - a case a line
        ("[setup]\nendpoint = 'example.com'\n", "[setup] endpoint: write a URL with a path, such as https://<your host>/webhooks/zendesk"),  # noqa: E501 - a case a line
        ("[setup]\nwords = ['two words']\n", "[setup] words.0: write single words, without spaces"),
        ("[setup]\nlanguages = []\n", "[setup] languages: write at least 1"),
        ("[follow_up]\nremind_after = ['2 days']\n", "[follow_up] remind_after.0: write a number of days or hours, such as 2d or 36h"),  # noqa: E501 - a case a line
        ("[follow_up]\nremind_after = ['1d', '2d', '3d']\n", "[follow_up] remind_after: write at most 2"),
        ("[follow_up]\nremind_after = ['5d', '2d']\n", "[follow_up]: remind_after: write both in days or both in hours, the shorter first"),  # noqa: E501 - a case a line
        ("[follow_up]\nremind_after = ['1h', '2d']\n", "[follow_up]: remind_after: write both in days or both in hours, the shorter first"),  # noqa: E501 - a case a line
        ("[follow_up]\nquiet_hours = ['8:00']\n", "[follow_up] quiet_hours.0: write times of day, such as 20:00"),
        ("[follow_up]\nquiet_hours = ['08:00']\n", "[follow_up]: quiet_hours: write two times of day, or none"),
        ("[follow_up]\ntime_zone = 'Atlantis'\n", "[follow_up] time_zone: write the name of a time zone, such as America/Bogota"),  # noqa: E501 - a case a line
        ("[modes]\ncap = 'observe'\n[modes]\n", "not valid TOML: Cannot declare ('modes',) twice (at line 3, column 7); each [table] may stand only once: move the keys to the first one of that name"),  # noqa: E501 - a case a line
        ("[worker\n", "not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, toml: str, line: str) -> None:
    assert mistakes(tmp_path, toml) == [f"zendesk-gupshup.toml: {line}"]


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_misspelled_key_is_refused_with_the_right_one(tmp_path: Path, section: str, key: str) -> None:
    assert mistakes(tmp_path, f"[{section}]\n{key}z = 1\n") == [
        f"zendesk-gupshup.toml: [{section}] {key}z: unknown key; write {key}"
    ]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_the_file_is_refused_even_where_the_environment_gives_it(tmp_path: Path, name: str) -> None:
    section, key = ENVIRONMENT[name]
    toml = f"[{section}]\n{key} = '{SECRET}'\n"
    line = f"zendesk-gupshup.toml: [{section}] {key} is a secret; set {name} or {name}_FILE instead"
    assert mistakes(tmp_path, toml) == [line]
    assert mistakes(tmp_path, toml, {name: "another"}) == [line]


def test_all_mistakes_of_all_sources_come_at_once(tmp_path: Path) -> None:
    toml = (
        f"[worker]\nprot = 1\nlook_back_seconds = 'soon'\n[zendesk]\napi_token = '{SECRET}'\n[reply]\nper_hour = -1\n"
    )
    environment = {
        "ZENDESK_OAUTH_TOKEN_FILE": str(tmp_path / "absent"),
        "DATABASE_URL_FILE": str(tmp_path),
    }
    assert mistakes(tmp_path, toml, environment, {("worker", "port"): 70000}) == [
        "ZENDESK_OAUTH_TOKEN_FILE: absent cannot be read: No such file or directory",
        f"DATABASE_URL_FILE: {tmp_path} cannot be read: Is a directory",
        f"zendesk-gupshup.toml: {SECRET_IN_FILE}",
        "zendesk-gupshup.toml: [reply] per_hour: write 0 or more",
        "command line: [worker] port: write 65535 or less",
        "zendesk-gupshup.toml: [worker] look_back_seconds: write a whole number",
        "zendesk-gupshup.toml: [worker] prot: unknown key; write port",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty; write the secret into it, or unset {name}_FILE"),
        (b" \n", "is empty; write the secret into it, or unset {name}_FILE"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_file_that_gives_nothing_is_a_mistake(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    line = f"{name}_FILE: secret {why.format(name=name)}"
    assert mistakes(tmp_path, "", {f"{name}_FILE": str(tmp_path / "secret")}) == [line]


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent.toml"
    for file, why in (
        (absent, "no such file; name an existing one with --config"),
        (tmp_path, "cannot be read: Is a directory"),
    ):
        with pytest.raises(SettingsError) as caught:
            load_settings(file, environment={})
        assert str(caught.value) == f"{file}: {why}"
    name = CONFIG_VARIABLE
    with pytest.raises(SettingsError) as caught:
        load_settings(environment={name: str(absent)})
    assert str(caught.value) == f"{absent}: no such file; unset {name}, or name an existing one with {name}"


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    file, secret = tmp_path / "zendesk-gupshup.toml", tmp_path / "secret"
    file.write_bytes(b'\xef\xbb\xbf[routing]\ngroup = "N2"\n')
    secret.write_bytes(b"\xef\xbb\xbf" + SECRET.encode() + b"\r\n")
    settings = load_settings(file, environment={"ZENDESK_OAUTH_TOKEN_FILE": str(secret)})
    token = settings.zendesk.oauth_token
    assert (settings.routing.group, token and token.get_secret_value()) == ("N2", SECRET)


def test_a_settings_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_bytes(b'[routing]\ngroup = "\xe9"\n')
    with pytest.raises(SettingsError, match=r"zendesk-gupshup\.toml: cannot be read: it is not UTF-8 text"):
        load_settings(file, environment={})


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("by_file", [False, True], ids=["variable", "file"])
def test_no_secret_shows_in_settings_or_in_mistakes(tmp_path: Path, name: str, by_file: bool) -> None:
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    environment = {f"{name}_FILE": str(tmp_path / "secret")} if by_file else {name: SECRET}
    file = tmp_path / "good.toml"
    file.write_text("", encoding="utf-8")
    settings = load_settings(file, environment=environment)
    error = refusal(tmp_path, "[worker]\nport = 'high'\n[zendesk]\ntimeout = 'long'\n", environment)
    shown = [repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json(), repr(error)]
    assert [text for text in shown if SECRET in text] == []
    # A ValidationError would hold the values it refused.
    assert (error.__cause__, error.__context__) == (None, None)


def test_every_key_is_described() -> None:
    bare = [
        f"{section}.{key}"
        for section, key in KEYS
        if not Settings.model_fields[section].annotation.model_fields[key].description  # type: ignore[union-attr] # KEYS
    ]
    assert bare == []
