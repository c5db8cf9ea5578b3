"""What the values of this package are made of: two strict base models and the languages that are complete."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

# Two letters of ISO 639-1. `Dictionary.languages` has those that texts can be written in.
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
# The languages that are complete: every text, every code, every reason, reports and macros.
CompleteLanguage = Literal["en", "es", "pt"]
LANGUAGES: tuple[CompleteLanguage, ...] = ("en", "es", "pt")


class LenientModel(BaseModel):
    """A value out of an answer of Zendesk, which may grow fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StrictModel(BaseModel):
    """A value of ours: an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
