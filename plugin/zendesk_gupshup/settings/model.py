"""Every setting: its section, key, type, default and description."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from zendesk_gupshup.alerts.options import AlertSettings
from zendesk_gupshup.attachments.reader import FileRules
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.incidents.options import IncidentSettings
from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.provision.options import Setup
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.zendesk.config import RateLimitSettings, ZendeskConfig

from .accounts import read_accounts
from .app import AppSettings
from .errors import SettingsError
from .reminders import ReminderSettings


class RoutingSettings(StrictModel):
    group: str | None = Field(None, description="Name of the group that tickets with a finding go to.")
    from_groups: frozenset[str] = Field(frozenset(), description="Groups that tickets may be routed away from.")
    priority: Literal["low", "normal", "high", "urgent"] | None = Field(None, description="Raise the priority to this.")


class ScopeSettings(StrictModel):
    brands: frozenset[int] = Field(
        frozenset(), description="Ids of the brands whose tickets are handled, as `doctor` lists them; empty: all."
    )
    forms: frozenset[int] = Field(
        frozenset(),
        description="Ids of the ticket forms whose tickets are handled, as `doctor` lists them; empty: all.",
    )


class BrandSettings(StrictModel):
    """What differs on the tickets of one brand; what is unset is as on all others."""

    id: int = Field(ge=1, description="Id of the brand, as `doctor` lists it.")
    cap: Mode | None = Field(None, description="No code goes beyond this mode on its tickets; never above [modes] cap.")
    templates: Path | None = Field(None, description="Folder of its texts, in place of the one in [folders].")
    team_name: str | None = Field(None, max_length=100, description="Name under which its replies are signed.")
    host: str | None = Field(None, description="Host of the help centre in its link, in place of the one in [gupshup].")
    locale: str | None = Field(None, description="Locale in its link, in place of the one in [gupshup].")


class ReplySettings(StrictModel):
    language: Language = Field(
        "en",
        description="Language of texts if neither the organization, the client's words nor the requester's locale tell"
        " it.",
    )
    pending: bool = Field(default=False, description="Set the status to pending after a public reply.")
    pending_status: int | None = Field(
        None,
        ge=1,
        description="Id of a status of your own, of the category pending, to set instead of the standard one; `doctor`"
        " lists them.",
    )
    per_day: int = Field(2, ge=0, description="Maximum number of our public replies on one ticket in 24 hours.")
    per_hour: int = Field(
        100, ge=0, description="Maximum number of our public replies in an hour, over all tickets and processes."
    )
    fresh_hours: int = Field(
        72,
        ge=1,
        description="If the client's text is older than this, a note is written instead of a public reply.",
    )
    messaging: Literal["note", "reply"] = Field(
        "note",
        description="On messaging tickets: `note` for the agent only, or `reply` publicly as well.",
    )
    notes_per_day: int = Field(
        5,
        ge=0,
        description="Maximum number of our notes on one ticket in 24 hours, and of drafts that agents request.",
    )
    inherit_off: bool = Field(
        default=False,
        description="Whether `gupshup_off` counts on a follow-up ticket that inherited it from the closed one.",
    )
    cc_owner: bool = Field(default=False, description="Put the account owner in CC of the public reply.")
    cc_domains: frozenset[str] = Field(
        frozenset(), description="Domains of owners that may be in CC, in addition to the organization's own."
    )


class FollowUpSettings(ReminderSettings):
    settle: Literal["propose", "auto", "solve"] = Field(
        "propose",
        description="If the client says that it works again: `propose` the state `settled` in a note, set it (`auto`),"
        " or set it and solve the ticket (`solve`).",
    )


class WorkerSettings(StrictModel):
    host: str = Field("127.0.0.1", description="Address that the webhook receiver listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the webhook receiver.")
    webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of the webhook, or several with commas during a rotation (environment only)."
    )
    webhook_secret_file: Path | None = Field(
        None,
        exclude=True,
        description="File that the secret came from, which is reread when it changes (environment only).",
    )
    max_age: int = Field(
        300, ge=1, description="Maximum difference in seconds between a webhook's timestamp and our clock."
    )
    max_body: int = Field(65536, ge=256, description="Maximum size of a webhook's body in bytes.")
    connections: int | None = Field(
        None,
        ge=16,
        le=10_000,
        description="Maximum number of concurrent connections to the receiver; unset: 1,000, or fewer if the file"
        " descriptors do not suffice.",
    )
    head_seconds: float = Field(10, gt=0, le=600, description="Seconds within which a request's head must arrive.")
    body_seconds: float = Field(20, gt=0, le=600, description="Seconds within which its body must arrive.")
    idle_seconds: float = Field(
        5, gt=0, le=600, description="Seconds that a connection may be idle between two requests."
    )
    sweep_seconds: int = Field(60, ge=7, description="Seconds between two sweeps of what changed in Zendesk.")
    look_back_seconds: int = Field(
        1800,
        ge=10,
        le=3600,
        description="Seconds between two sweeps of the last three hours, regardless of the cursor.",
    )
    remind_seconds: int = Field(
        3600, ge=7, description="Seconds between two looks at the tickets that wait for an owner."
    )
    takeover_seconds: int = Field(
        60,
        ge=3,
        le=3600,
        description="Seconds without a heartbeat after which other workers take over a worker's tickets.",
    )
    first_sweep_hours: int = Field(
        24, ge=0, description="Hours of changes that the very first sweep reads; old text gets no public reply."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Log level of the worker. Customers' text is never logged."
    )
    concurrency: int = Field(32, ge=1, le=64, description="Number of tickets that are handled concurrently.")
    stop_seconds: int = Field(
        30,
        ge=2,
        le=600,
        description="Seconds that a shutdown waits for tickets in progress; the others return to the queue.",
    )
    organization_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of a minute's ticket updates that one organization may use while others wait.",
    )
    database_url: SecretStr | None = Field(
        None, description="Database URL (PostgreSQL); unset: SQLite in the state directory (environment only)."
    )
    state: Path = Field(Path(".zendesk-gupshup"), description="State directory: SQLite database, webhook spool, locks.")


class LedgerSettings(StrictModel):
    retention_days: int = Field(400, ge=1, description="Days after which runs and decisions are deleted.")


class FolderSettings(StrictModel):
    templates: Path | None = Field(
        None, description="Folder of your own texts; a file overrides the shipped one of the same name."
    )
    dictionary: Path | None = Field(
        None, description="Folder of your own error codes, TOML files in the format of the shipped ones."
    )
    directory: Path | None = Field(
        None, description="CSV file of accounts: organization,app_name,app_id,account_id,owner_email."
    )


class Settings(BaseSettings):
    """All sections. `Settings()` is the defaults alone; `load_settings` reads the environment and the file."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    zendesk: ZendeskConfig = ZendeskConfig()
    modes: Mapping[str, Mode] = Field(default_factory=dict, description="`default`, `cap`, and a key per code.")
    scope: ScopeSettings = ScopeSettings()
    routing: RoutingSettings = RoutingSettings()
    reply: ReplySettings = ReplySettings()
    follow_up: FollowUpSettings = FollowUpSettings()
    incident: IncidentSettings = IncidentSettings()
    fields: TicketFields = TicketFields()
    gupshup: GupshupDesk = GupshupDesk()
    reading: FileRules = FileRules()
    worker: WorkerSettings = WorkerSettings()
    budget: RateLimitSettings = RateLimitSettings()
    ledger: LedgerSettings = LedgerSettings()
    alerts: AlertSettings = AlertSettings()
    app: AppSettings = AppSettings()
    folders: FolderSettings = FolderSettings()
    setup: Setup = Setup()
    brand: Mapping[str, BrandSettings] = Field(default_factory=dict, description="A table for each brand that differs.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all sources by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - it would read a variable for every field
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor a `.env` file
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor a folder of secrets
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    def policy(self, dictionary: Dictionary) -> Policy:
        """The policy, with each code's name checked against the dictionary. Raises `SettingsError`."""
        modes = {name: mode for name, mode in self.modes.items() if name not in ("default", "cap")}
        _check_codes(modes, "[modes]", ("default", "cap"), dictionary)
        _check_codes(self.incident.codes, "[incident.codes]", (), dictionary)
        self._check_languages(dictionary)
        return Policy(
            modes=modes,
            default_mode=self.modes.get("default"),
            cap=self.modes.get("cap", Mode.AUTO),
            default_language=self.reply.language,
            group=self.routing.group,
            from_groups=self.routing.from_groups,
            priority=self.routing.priority,
            pending_after_reply=self.reply.pending,
            pending_status=self.reply.pending_status,
            brands=self.scope.brands,
            forms=self.scope.forms,
            replies_per_day=self.reply.per_day,
            replies_per_hour=self.reply.per_hour,
            fresh_hours=self.reply.fresh_hours,
            messaging=self.reply.messaging,
            notes_per_day=self.reply.notes_per_day,
            inherit_off=self.reply.inherit_off,
            cc_owner=self.reply.cc_owner,
            cc_domains=self.reply.cc_domains,
            settle=self.follow_up.settle,
            remind_after=self.follow_up.remind_after,
            office=self.follow_up.office,
            fields=self.fields,
            directory=read_accounts(self.folders.directory) if self.folders.directory else (),
        )

    def _check_languages(self, dictionary: Dictionary) -> None:
        given = {
            "[reply] language": self.reply.language,
            "[gupshup] note_language": self.gupshup.note_language,
            "[gupshup] request_language": self.gupshup.request_language,
            **{f'[gupshup.note_languages] "{group}"': one for group, one in self.gupshup.note_languages.items()},
        }
        for name, language in given.items():
            if language and language not in dictionary.languages:
                known = ", ".join(dictionary.languages)
                raise SettingsError(f'{name} is "{language}", and no text is written in it; write one of {known}')


def _check_codes(names: Iterable[str], section: str, words: tuple[str, ...], dictionary: Dictionary) -> None:
    """`words`: what the section takes besides codes. Raises `SettingsError`."""
    known = {str(entry.error) for entry in dictionary.entries}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, [*sorted(known), *words], n=1)
            hint = f'write "{near[0]}"' if near else "`zendesk-gupshup codes list` shows the names"
            raise SettingsError(f'{section} "{name}" is no code of the dictionary; {hint}')
