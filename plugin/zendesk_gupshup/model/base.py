"""What the values of this package are made of: two strict base models and the languages that we write."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "es", "pt"]
LANGUAGES: tuple[Language, ...] = ("en", "es", "pt")


class LenientModel(BaseModel):
    """A value out of an answer of Zendesk, which may grow fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StrictModel(BaseModel):
    """A value of ours: an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
