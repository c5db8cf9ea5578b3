"""The settings of the section `[alerts]`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from zendesk_gupshup.model.base import Language, StrictModel


class AlertSettings(StrictModel):
    urls_file: Path | None = Field(
        None, description="File with an Apprise URL per line, one for each service to alert; unset: nobody is alerted."
    )
    language: Language = Field("en", description="Language of the alerts.")
    every_minutes: int = Field(
        5, ge=1, le=1440, description="Minimum minutes between two messages; what happens meanwhile goes into the next."
    )
    repeat_hours: int = Field(
        0, ge=0, le=720, description="Hours after which an alert that still lasts is sent again; 0: once per event."
    )
    queue_minutes: int = Field(10, ge=1, le=1440, description="Age of the oldest waiting ticket that is an alert.")
    sweep_minutes: int = Field(10, ge=2, le=1440, description="Minutes without a completed sweep that are an alert.")
