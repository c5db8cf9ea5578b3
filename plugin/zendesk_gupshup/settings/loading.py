"""All sources put together: flag > environment > secret file > settings file > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .errors import SettingsError, explain
from .model import Settings
from .sources import CONFIG_VARIABLE, Place, from_environment, from_flags, from_secret_files, from_toml

FILE_NAME = "zendesk-gupshup.toml"


def load_settings(
    config: Path | None = None,
    flags: Mapping[Place, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings as flags, environment, file and defaults give them. Raises `SettingsError` with all mistakes.

    The file is `config`, else ZENDESK_GUPSHUP_CONFIG, else `zendesk-gupshup.toml` in the working directory if there
    is one.
    """
    environment = os.environ if environment is None else environment
    named, by = named_file(config, environment)
    path = named or Path(FILE_NAME)
    sources = (
        from_flags(Settings, flags or {}),
        from_environment(Settings, environment),
        from_secret_files(Settings, environment),
        from_toml(Settings, path, named_by=by),
    )
    mistakes = [mistake for source in sources for mistake in source.mistakes]
    settings = None
    try:
        settings = Settings(_build_sources=(sources, {}))
    except ValidationError as error:
        origins = [source.origins for source in sources]
        mistakes += explain(error, Settings, lambda place: _first(origins, place), str(path))
    if settings is None or mistakes:
        # Outside of the `except`: a ValidationError holds values, and would hang on this one as its context.
        raise SettingsError("\n".join(mistakes))
    return settings


def named_file(config: Path | None, environment: Mapping[str, str]) -> tuple[Path | None, str]:
    """The settings file that was named, and by what."""
    if config:
        return config, "--config"
    if name := environment.get(CONFIG_VARIABLE):
        return Path(name), CONFIG_VARIABLE
    return None, ""


def settings_file(config: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Which file the settings come from and who named it, for people."""
    named, by = named_file(config, os.environ if environment is None else environment)
    if named:
        return f"{named.absolute()} ({by})"
    here = Path(FILE_NAME).absolute()
    return (
        f"{here} (working directory)" if here.exists() else f"no {FILE_NAME} in {here.parent}: defaults and environment"
    )


def _first(origins: list[Mapping[Place, str]], place: Place) -> str | None:
    return next((one[place] for one in origins if place in one), None)
