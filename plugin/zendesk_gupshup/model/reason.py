"""Why something was found, doubted, dismissed, left unread or kept back: values that programs compare.

A reason is the name of a member and the values that its wording takes; the wording is `render/reasons.<language>.toml`.
No branch asks how a sentence begins: it asks for the name.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Self, TypeAlias

from pydantic import PlainValidator, SerializationInfo, SerializerFunctionWrapHandler, model_serializer


class ReasonName(StrEnum):
    """A member is its stable id, followed by the names of the values that it takes."""

    parameters: tuple[str, ...]

    def __new__(cls, value: str, *parameters: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.parameters = parameters
        return member

    def __call__(self, **values: ReasonValue) -> Reason:
        """`UnreadReason.WORKBOOK_ROWS(count=3)`."""
        return Reason(self, values)


def _named(name: object) -> ReasonName:
    """A name as it is, or by its id: no two families share one."""
    if isinstance(name, ReasonName):
        return name
    for family in ReasonName.__subclasses__():
        if name in {member.value for member in family}:
            return family(name)
    raise ValueError("no name of a reason")


@dataclass(frozen=True, slots=True)
class Reason:
    """A name and its values: words of the ticket, numbers, or reasons in turn. Values are shown as text, never run.

    Raises `ValueError` where the values are not those of the name.
    """

    name: Annotated[ReasonName, PlainValidator(_named)]
    values: Mapping[str, ReasonValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.keys() != set(self.name.parameters):
            raise ValueError(f"{self.name!r} takes {self.name.parameters}, not {tuple(self.values)}")

    def __hash__(self) -> int:
        return hash((self.name, *self.values.items()))

    @model_serializer(mode="wrap")
    def _serialized(self, fields: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        """Words, where whoever serialises has a `wording` in the context; else name and values."""
        wording = info.context.get("wording") if info.context else None
        return wording(self) if wording else fields(self)


def is_any(reason: Reason | None, names: Container[ReasonName]) -> bool:
    return reason is not None and reason.name in names


ReasonValue: TypeAlias = "str | int | Reason | tuple[Reason, ...]"


class Detail(ReasonName):
    """What fills a parameter of another reason."""

    AGENT = "an_agent"
    COMMENT = "comment_by_id", "comment"
    FILE_IN_MAIL = "file_in_the_mail"
    FILE_WITHOUT_NAME = "file_without_a_name"
    MAIL_IN_MAIL = "mail_in_the_mail"
    MAIL_PART = "part_of_a_mail", "type"
    MACHINE_ADDRESS = "machine_address"
    MACHINE_OUR_USER = "machine_our_user"
    MACHINE_SUBJECT = "machine_subject"
    NOTES = "our_notes"
    ORGANIZATION = "the_organization"
    PROVED_BY_COMMENT = "proved_by_comment", "tag"
    PROVED_BY_STORE = "proved_by_store", "tag"
    REQUESTED_DRAFTS = "requested_drafts"
    REQUESTER = "the_requester"
    SUBJECT = "the_subject"
    TICKET = "the_ticket"
    WITNESS_CANDIDATE = "witness_candidate", "percent", "supporting", "opposing"
    WITNESS_DOCUMENT = "witness_document", "percent", "supporting", "opposing"
    WITNESS_RULES = "witness_rules", "confidence"
    WITNESS_RULES_SILENT = "witness_rules_silent"
