"""What the pages send: each body as a model, and the values that an agent may enter, checked one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.render.prefilled_link import is_email
from zendesk_gupshup.text.redaction import looks_secret

from .gate import AppError

Body = TypeVar("Body", bound=StrictModel)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _check(fits: Callable[[str], object], problem: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not fits(text) or not text.isprintable():
            raise PydanticCustomError("value", "{problem}", {"problem": problem})
        return text

    return check


def _no_secret(text: str) -> str:
    if looks_secret(text):
        raise PydanticCustomError("secret", "this looks like a key; enter the name or the number")
    return text


_Trimmed = StringConstraints(strip_whitespace=True, min_length=1, max_length=254)
_Name = Annotated[str, _Trimmed, AfterValidator(_check(lambda _: True, "write one line")), AfterValidator(_no_secret)]
_AppId = Annotated[str, _Trimmed, AfterValidator(_check(_UUID.fullmatch, "an App ID is 36 characters: 8-4-4-4-12"))]
_Number = Annotated[
    str, _Trimmed, AfterValidator(_check(re.compile("[0-9]{4,12}").fullmatch, "an account's number is 4 to 12 digits"))
]
_Email = Annotated[str, _Trimmed, AfterValidator(_check(is_email, "write one e-mail address"))]


class GivenFacts(StrictModel):
    """Values of the affected account that an agent enters."""

    app_name: _Name | None = None
    app_id: _AppId | None = None
    account_id: _Number | None = None
    owner_email: _Email | None = None

    @property
    def values(self) -> dict[str, str]:
        return {name: value for name in GivenFacts.model_fields if (value := getattr(self, name)) is not None}


class FactsBody(GivenFacts):
    """`expected`: what the page showed under the names that are given."""

    expected: Mapping[str, str | None] = Field(default_factory=dict, max_length=len(GivenFacts.model_fields))


class RenderBody(StrictModel):
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Za-z]{2,4})?$")] | None = None
    facts: GivenFacts = GivenFacts()


class ErrorBody(StrictModel):
    error: ErrorCode


class InsertedBody(ErrorBody):
    edited: bool
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class FeedbackBody(ErrorBody):
    verdict: Literal["right", "wrong_code", "not_an_error"]
    right_error: ErrorCode | None = None
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


def read_body(model: type[Body], body: Mapping[str, Any]) -> Body:
    """Raises `AppError` 422 with a word on each field."""
    try:
        return model.model_validate(dict(body))
    except ValidationError as error:
        fields = {
            ".".join(map(str, one["loc"][:3]))[:60]: one["msg"]
            for one in error.errors(include_input=False, include_url=False)
        }
        raise AppError(422, "refused", "some values are not accepted", fields=fields) from None
