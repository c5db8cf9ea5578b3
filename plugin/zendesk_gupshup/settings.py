"""The one configuration: flag > environment > file > default. Field descriptions are the reference page.

Nothing else reads the environment. Files are read strictly: a key that nobody knows is an error, not a rule that
silently never fires.
"""

from __future__ import annotations

import csv
import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from zendesk_gupshup.attachments.reader import FileRules
from zendesk_gupshup.decide.account import DirectoryRow, TicketFields
from zendesk_gupshup.decide.decision import Policy
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.zendesk.config import ZendeskConfig

from .dictionary import Dictionary
from .provision.options import Setup

FILE_NAME = "zendesk-gupshup.toml"

# Environment variable -> place in the file. Each of `_SECRETS` is read from the file that NAME_FILE names, too.
ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
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
}
_SECRETS = (
    "ZENDESK_OAUTH_CLIENT_SECRET",
    "ZENDESK_OAUTH_TOKEN",
    "ZENDESK_API_TOKEN",
    "ZENDESK_WEBHOOK_SECRET",
    "DATABASE_URL",
)
_NEVER_IN_FILE = frozenset(ENVIRONMENT[name] for name in _SECRETS)


class SettingsError(ValueError):
    """A setting is missing or wrong. The message is one line: where, which key, what to write instead."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoutingSettings(_Section):
    group: str | None = Field(None, description="Name of the group that tickets with a finding go to.")
    from_groups: frozenset[str] = Field(frozenset(), description="Groups that tickets may be routed away from.")
    priority: str | None = Field(None, pattern="^(low|normal|high|urgent)$", description="Raise the priority to this.")


class ReplySettings(_Section):
    language: Language = Field("en", description="Language where neither requester nor organization has one.")
    pending: bool = Field(default=False, description="Set the status to pending after a public reply.")
    per_day: int = Field(2, ge=0, description="Public replies of ours on one ticket in 24 hours at most.")
    per_hour: int = Field(
        100, ge=0, description="Public replies of ours in an hour at most, over all tickets and all our processes."
    )
    fresh_hours: int = Field(
        72,
        ge=1,
        description="No public reply where the client's words are older than this at the ticket's last change; a note.",
    )
    messaging: Literal["note", "reply"] = Field(
        "note",
        description="On tickets of a messaging channel: `note` for the agent only, or `reply` publicly too.",
    )
    notes_per_day: int = Field(
        5,
        ge=0,
        description="Internal notes of ours on one ticket in 24 hours at most, and as many drafts that agents ask for.",
    )
    inherit_off: bool = Field(
        default=False,
        description="Whether `gupshup_off` still counts on a follow-up that took it over from the closed ticket.",
    )
    cc_owner: bool = Field(default=False, description="Put the account owner in CC of the public reply.")
    cc_domains: frozenset[str] = Field(
        frozenset(), description="Domains of owners that may be in CC besides the organization's own."
    )


class WorkerSettings(_Section):
    host: str = Field("127.0.0.1", description="Address that the webhook receiver listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the webhook receiver.")
    webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of the webhook, or several with commas while rotating (environment only)."
    )
    webhook_secret_file: Path | None = Field(
        None, exclude=True, description="The file that the secret came from, which is read anew (environment only)."
    )
    max_age: int = Field(300, ge=1, description="Seconds that a webhook's timestamp may be off our clock.")
    max_body: int = Field(65536, ge=256, description="Bytes that a webhook's body may have.")
    connections: int | None = Field(
        None,
        ge=16,
        le=10_000,
        description="Connections to the receiver at the same time at most; unset: 1,000, or as many as the system's"
        " file descriptors leave to it.",
    )
    head_seconds: float = Field(10, gt=0, le=600, description="Seconds within which a request's head must be there.")
    body_seconds: float = Field(20, gt=0, le=600, description="Seconds within which its body must be there.")
    idle_seconds: float = Field(5, gt=0, le=600, description="Seconds that a connection may wait between two requests.")
    sweep_seconds: int = Field(60, ge=7, description="Seconds between two looks at what changed in Zendesk.")
    look_back_seconds: int = Field(
        1800,
        ge=10,
        le=3600,
        description="Seconds between two sweeps of the last three hours, whatever the cursor says.",
    )
    takeover_seconds: int = Field(
        60, ge=3, le=3600, description="Seconds without a sign of life after which others take over a worker's tickets."
    )
    first_sweep_hours: int = Field(
        24, ge=0, description="Hours of changes that the very first sweep reads; old words get no public reply."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much the worker logs; never a customer's words."
    )
    concurrency: int = Field(16, ge=1, le=64, description="Tickets that are handled at the same time.")
    stop_seconds: int = Field(
        30, ge=2, le=600, description="Seconds that a stop gives to what is in hand; the rest goes back into the queue."
    )
    organization_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of a minute's ticket updates that one organization may have while others wait.",
    )
    database_url: SecretStr | None = Field(None, description="Queue and state; unset: SQLite in the state directory.")
    state: Path = Field(Path(".zendesk-gupshup"), description="Directory for queue, cursor and locks.")


class RateLimitSettings(_Section):
    requests_per_minute: int | None = Field(
        None,
        ge=10,
        description="Requests a minute of all our processes at most; unset: as Zendesk says, 200 until then.",
    )
    updates_per_minute: int | None = Field(
        None, ge=1, description="Updates of tickets a minute at most; unset: as Zendesk says, 100 until it does."
    )
    updates_per_ticket: int | None = Field(
        None,
        ge=1,
        description="Updates of one ticket in ten minutes at most; unset: as Zendesk says, 30 until it does.",
    )
    exports_per_minute: int | None = Field(
        None, ge=1, description="Requests a minute to the incremental export at most; unset: as Zendesk says, else 10."
    )
    reserve: float = Field(
        0.1, ge=0, le=0.9, description="Share of the account's requests that is left to the desk's other apps."
    )
    live_share: float = Field(
        0.4, ge=0, le=0.9, description="Share of each budget that `reprocess` and `undo` leave to the worker."
    )


class LedgerSettings(_Section):
    retention_days: int = Field(400, ge=1, description="Days that runs and decisions are kept.")


class FolderSettings(_Section):
    templates: Path | None = Field(
        None, description="Your own texts; a file of the same name wins over the shipped one."
    )
    dictionary: Path | None = Field(None, description="Your own error codes, TOML files of the shipped shape.")
    directory: Path | None = Field(
        None, description="CSV of accounts: organization,app_name,app_id,account_id,owner_email."
    )


class Settings(_Section):
    zendesk: ZendeskConfig = ZendeskConfig()
    modes: Mapping[str, Mode] = Field(default_factory=dict, description="`default`, `cap`, and a line per code.")
    routing: RoutingSettings = RoutingSettings()
    reply: ReplySettings = ReplySettings()
    fields: TicketFields = TicketFields()
    gupshup: GupshupDesk = GupshupDesk()
    reading: FileRules = FileRules()
    worker: WorkerSettings = WorkerSettings()
    budget: RateLimitSettings = RateLimitSettings()
    ledger: LedgerSettings = LedgerSettings()
    folders: FolderSettings = FolderSettings()
    setup: Setup = Setup()

    def policy(self, dictionary: Dictionary) -> Policy:
        """The policy, with each code's name checked against the dictionary; raises `SettingsError`."""
        modes = {name: mode for name, mode in self.modes.items() if name not in ("default", "cap")}
        known = {str(entry.error) for entry in dictionary.entries}
        for name in modes:
            if name not in known:
                near = difflib.get_close_matches(name, [*sorted(known), "default", "cap"], n=1)
                hint = f'write "{near[0]}"' if near else "`zendesk-gupshup codes list` shows the names"
                raise SettingsError(f'[modes] "{name}" is no code of the dictionary; {hint}')
        return Policy(
            modes=modes,
            default_mode=self.modes.get("default"),
            cap=self.modes.get("cap", Mode.AUTO),
            default_language=self.reply.language,
            group=self.routing.group,
            from_groups=self.routing.from_groups,
            priority=self.routing.priority,
            pending_after_reply=self.reply.pending,
            replies_per_day=self.reply.per_day,
            replies_per_hour=self.reply.per_hour,
            fresh_hours=self.reply.fresh_hours,
            messaging=self.reply.messaging,
            notes_per_day=self.reply.notes_per_day,
            inherit_off=self.reply.inherit_off,
            cc_owner=self.reply.cc_owner,
            cc_domains=self.reply.cc_domains,
            fields=self.fields,
            directory=_directory(self.folders.directory),
        )


def load_settings(
    config: Path | None = None,
    flags: Mapping[tuple[str, ...], Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings as `flags` (place in the file -> value), environment, file and defaults give them, in that order.

    The file is `config`, else ZENDESK_GUPSHUP_CONFIG, else `zendesk-gupshup.toml` in the working directory if there
    is one. Raises `SettingsError`.
    """
    environment = os.environ if environment is None else environment
    path, values = _file(config, environment)
    where = {place: str(path) for place in _places(values)}
    for name, place in ENVIRONMENT.items():
        value, source = _environment_value(name, environment)
        if value is not None:
            _put(values, place, value)
            where[place] = source
            if place == ("worker", "webhook_secret") and source != name:
                _put(values, ("worker", "webhook_secret_file"), Path(environment[source]))
            if place[0] == "zendesk" and source != name:
                # Kept beside the value, so that a changed file is taken up without a new start.
                files = {**values["zendesk"].get("secret_files", {}), place[1]: Path(environment[source])}
                _put(values, ("zendesk", "secret_files"), files)
    for place, value in (flags or {}).items():
        if value is not None:
            _put(values, place, value)
            where[place] = "command line"
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, where, str(path) if path else "settings")) from None


def _file(config: Path | None, environment: Mapping[str, str]) -> tuple[Path | None, dict[str, Any]]:
    named = config or (
        Path(environment["ZENDESK_GUPSHUP_CONFIG"]) if environment.get("ZENDESK_GUPSHUP_CONFIG") else None
    )
    path = named or Path(FILE_NAME)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise SettingsError(f"{path}: no such file; name an existing one with --config") from None
        return None, {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    for place in _places(values):
        if place in (("zendesk", "secret_files"), ("worker", "webhook_secret_file")):
            raise SettingsError(f"{path}: [{place[0]}] {place[1]}: unknown key; name files with ZENDESK_..._FILE")
        if place in _NEVER_IN_FILE:
            name = next(n for n, p in ENVIRONMENT.items() if p == place)
            raise SettingsError(f"{path}: [{place[0]}] {place[1]} is a secret; set {name} or {name}_FILE instead")
    base = path.parent
    for key, value in values.get("folders", {}).items() if isinstance(values.get("folders"), dict) else ():
        if isinstance(value, str):
            values["folders"][key] = base / value
    return path, values


def _environment_value(name: str, environment: Mapping[str, str]) -> tuple[str | None, str]:
    if environment.get(name):
        return environment[name], name
    pointer = f"{name}_FILE"
    if name in _SECRETS and environment.get(pointer):
        try:
            return Path(environment[pointer]).read_text(encoding="utf-8").strip(), pointer
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{pointer}: {environment[pointer]} cannot be read: {error}") from None
    return None, name


def _places(values: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [(s, key) for s, section in values.items() if isinstance(section, dict) for key in section]


def _put(values: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    section = values.setdefault(place[0], {})
    if isinstance(section, dict):
        section[place[1]] = value


def _explain(error: ValidationError, where: Mapping[tuple[str, ...], str], path: str) -> str:
    """Each mistake in a line. Never the value: it may be a secret."""
    return "\n".join(_mistake(one, where, path) for one in error.errors(include_url=False, include_input=False))


def _mistake(one: ErrorDetails, where: Mapping[tuple[str, ...], str], path: str) -> str:
    place = tuple(str(part) for part in one["loc"])
    name = f"[{place[0]}] {'.'.join(place[1:])}".strip()
    source = where.get(place[:2], path)
    if one["type"] == "extra_forbidden":
        model: Any = Settings
        for part in place[:-1]:
            field = getattr(model, "model_fields", {}).get(part)
            model = field.annotation if field else None
        known = sorted(getattr(model, "model_fields", {}))
        near = difflib.get_close_matches(place[-1], known, n=1)
        hint = f"write {near[0]}" if near else f"known are {', '.join(known)}"
        return f"{source}: {name}: unknown key; {hint}"
    if one["type"] == "enum":
        return f"{source}: {name}: write {one['ctx']['expected']}"
    return f"{source}: {name}: {one['msg'][0].lower()}{one['msg'][1:]}"


def _directory(path: Path | None) -> tuple[DirectoryRow, ...]:
    if path is None:
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            unknown = set(rows.fieldnames or ()) - set(DirectoryRow.model_fields)
            if unknown or "organization" not in (rows.fieldnames or ()):
                raise SettingsError(f"{path}: the first line must be {','.join(DirectoryRow.model_fields)}")
            return tuple(DirectoryRow(**{k: v or None for k, v in row.items() if k != "organization"},
                                      organization=row["organization"] or "") for row in rows)  # fmt: skip
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
