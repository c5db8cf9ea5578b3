"""The configuration: one model, filled from flag > environment > file > default. Nothing else reads the environment.

`model` holds the keys, whose descriptions are the reference; `sources` says where values come from; `loading` puts
them together; `errors` words each mistake in one line.
"""

from __future__ import annotations

from .errors import SettingsError
from .loading import FILE_NAME, load_settings, settings_file
from .model import Settings, WorkerSettings
from .sources import CONFIG_VARIABLE, ENVIRONMENT, SECRETS

__all__ = [
    "CONFIG_VARIABLE",
    "ENVIRONMENT",
    "FILE_NAME",
    "SECRETS",
    "Settings",
    "SettingsError",
    "WorkerSettings",
    "load_settings",
    "settings_file",
]
