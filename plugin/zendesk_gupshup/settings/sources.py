"""Where settings come from: flags, environment, secret files and the TOML file, as sources of pydantic-settings.

A source notes its mistakes instead of raising, so that one start reports all of them, and remembers where each value
stood, so that a mistake found later can name the variable or the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli
from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings, InitSettingsSource

# Section and key.
Place = tuple[str, ...]

CONFIG_VARIABLE = "ZENDESK_GUPSHUP_CONFIG"
# Environment variable -> its place in the settings.
ENVIRONMENT: Mapping[str, Place] = {
    "ZENDESK_SUBDOMAIN": ("zendesk", "subdomain"),
    "ZENDESK_BASE_URL": ("zendesk", "base_url"),
    "ZENDESK_OAUTH_CLIENT_ID": ("zendesk", "oauth_client_id"),
    "ZENDESK_OAUTH_CLIENT_SECRET": ("zendesk", "oauth_client_secret"),
    "ZENDESK_OAUTH_SCOPES": ("zendesk", "oauth_scopes"),
    "ZENDESK_OAUTH_TOKEN": ("zendesk", "oauth_token"),
    "ZENDESK_EMAIL": ("zendesk", "email"),
    "ZENDESK_API_TOKEN": ("zendesk", "api_token"),
    "ZENDESK_WEBHOOK_SECRET": ("worker", "webhook_secret"),
    "DATABASE_URL": ("worker", "database_url"),
    "ZENDESK_GUPSHUP_STATE": ("worker", "state"),
    "ZENDESK_GUPSHUP_ALERTS_FILE": ("alerts", "urls_file"),
}
# These are refused in the TOML file. Each may also be in a file of its own, which NAME_FILE names.
SECRETS = (
    "ZENDESK_OAUTH_CLIENT_SECRET",
    "ZENDESK_OAUTH_TOKEN",
    "ZENDESK_API_TOKEN",
    "ZENDESK_WEBHOOK_SECRET",
    "DATABASE_URL",
)
# Where the path of a secret's file is kept, so that a running worker notices a change; the TOML file has no say there.
_SECRET_FILES: Place = ("zendesk", "secret_files")
_WEBHOOK_SECRET_FILE: Place = ("worker", "webhook_secret_file")


class SettingsSource(InitSettingsSource):
    """The values of one source, with the name of where each stood, and what was wrong there."""

    def __init__(
        self,
        model: type[BaseSettings],
        values: dict[str, Any],
        origins: Mapping[Place, str],
        mistakes: Iterable[str] = (),
    ) -> None:
        super().__init__(model, init_kwargs=values)
        self.origins = origins
        self.mistakes = tuple(mistakes)


def from_flags(model: type[BaseSettings], flags: Mapping[Place, Any]) -> SettingsSource:
    """`None` is a flag that was not given."""
    given = {place: value for place, value in flags.items() if value is not None}
    return SettingsSource(model, _nested(given), dict.fromkeys(given, "command line"))


def from_environment(model: type[BaseSettings], environment: Mapping[str, str]) -> SettingsSource:
    """An empty variable counts as unset."""
    names = [name for name in ENVIRONMENT if environment.get(name)]
    values = {ENVIRONMENT[name]: _masked(name, environment[name]) for name in names}
    return SettingsSource(model, _nested(values), {ENVIRONMENT[name]: name for name in names})


def from_secret_files(model: type[BaseSettings], environment: Mapping[str, str]) -> SettingsSource:
    """The secrets in the files that NAME_FILE names. A file is not read where the variable NAME is set too."""
    values: dict[Place, Any] = {}
    origins: dict[Place, str] = {}
    mistakes = []
    paths: dict[str, Path] = {}
    for name in SECRETS:
        pointer, place = f"{name}_FILE", ENVIRONMENT[name]
        if environment.get(name) or not environment.get(pointer):
            continue
        path = Path(environment[pointer])
        try:
            text = path.read_text(encoding="utf-8-sig").strip()
        except OSError as error:
            mistakes.append(f"{pointer}: {path} cannot be read: {error.strerror}")
            continue
        except UnicodeDecodeError:
            mistakes.append(f"{pointer}: {path} cannot be read: it is not UTF-8 text")
            continue
        if not text:
            mistakes.append(f"{pointer}: {path} is empty; write the secret into it, or unset {pointer}")
            continue
        values[place] = _masked(name, text)
        origins[place] = pointer
        if place[0] == "zendesk":
            paths[place[1]] = path
        elif place == ENVIRONMENT["ZENDESK_WEBHOOK_SECRET"]:
            values[_WEBHOOK_SECRET_FILE] = path
    if paths:
        values[_SECRET_FILES] = paths
    return SettingsSource(model, _nested(values), origins, mistakes)


def _one_table(error: str) -> str:
    """A remedy where a table stands twice, as after an example was pasted below the file that `init` wrote."""
    if not error.startswith("Cannot declare ("):
        return ""
    return "; each [table] may stand only once: move the keys to the first one of that name"


def from_toml(model: type[BaseSettings], path: Path, *, named_by: str) -> SettingsSource:
    """The settings file. Relative folders, the file of alert URLs and the app's public key are taken from where
    the file lies. It may be missing if nothing named it (`named_by` is empty).

    `TomlConfigSettingsSource` would pass over a path that is no regular file, such as a pipe or a missing one.
    """
    try:
        values = tomli.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        unset = f"unset {named_by}, or " if named_by == CONFIG_VARIABLE else ""
        mistakes = [f"{path}: no such file; {unset}name an existing one with {named_by}"] if named_by else []
        return SettingsSource(model, {}, {}, mistakes)
    except UnicodeDecodeError:
        return SettingsSource(model, {}, {}, [f"{path}: cannot be read: it is not UTF-8 text"])
    except tomli.TOMLDecodeError as error:
        return SettingsSource(model, {}, {}, [f"{path}: not valid TOML: {error}{_one_table(str(error))}"])
    except OSError as error:
        return SettingsSource(model, {}, {}, [f"{path}: cannot be read: {error.strerror}"])
    mistakes = []
    for section, key in _places(values):
        if refusal := _refusal((section, key)):
            mistakes.append(f"{path}: [{section}] {key}{refusal}")
            del values[section][key]
        elif isinstance(values[section][key], bool) and _is_number(model, section, key):
            # pydantic would take true for 1.
            mistakes.append(f"{path}: [{section}] {key}: write a number")
            del values[section][key]
    for section in [name for name, value in values.items() if not isinstance(value, dict)]:
        if section in model.model_fields:
            # Merging with another source's table would hide it.
            mistakes.append(f"{path}: [{section}]: write a table: [{section}] on a line of its own, its keys below")
            del values[section]
    folders = values.get("folders", {})
    values |= {"folders": {k: path.parent / v if isinstance(v, str) else v for k, v in folders.items()}}
    for brand in values.get("brand", {}).values():
        if isinstance(brand, dict) and isinstance(brand.get("templates"), str):
            brand["templates"] = path.parent / brand["templates"]
    alerts = values.get("alerts", {})
    if isinstance(alerts.get("urls_file"), str):
        values |= {"alerts": {**alerts, "urls_file": path.parent / alerts["urls_file"]}}
    app = values.get("app", {})
    if isinstance(app.get("public_key_file"), str):
        values |= {"app": {**app, "public_key_file": path.parent / app["public_key_file"]}}
    return SettingsSource(model, values, dict.fromkeys(_places(values), str(path)), mistakes)


def _is_number(model: type[BaseSettings], section: str, key: str) -> bool:
    table = model.model_fields[section].annotation if section in model.model_fields else None
    field = table.model_fields.get(key) if isinstance(table, type) and issubclass(table, BaseModel) else None
    return field is not None and field.annotation in (int, float, int | None, float | None)


def _refusal(place: Place) -> str | None:
    if place in (_SECRET_FILES, _WEBHOOK_SECRET_FILE):
        return ": unknown key; name files with ZENDESK_..._FILE"
    name = next((name for name in SECRETS if ENVIRONMENT[name] == place), None)
    return f" is a secret; set {name} or {name}_FILE instead" if name else None


def _masked(name: str, value: str) -> str | SecretStr:
    return SecretStr(value) if name in SECRETS else value


def _places(values: Mapping[str, Any]) -> list[Place]:
    return [(section, key) for section, table in values.items() if isinstance(table, dict) for key in table]


def _nested(values: Mapping[Place, Any]) -> dict[str, Any]:
    sections: dict[str, Any] = {}
    for (section, key), value in values.items():
        sections.setdefault(section, {})[key] = value
    return sections
