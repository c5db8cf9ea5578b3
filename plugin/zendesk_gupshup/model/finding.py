"""What a ticket reports: error codes with their evidence, and what looked like one and is none."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from .base import Language, StrictModel
from .reason import Reason

Namespace = Literal["gupshup", "gupshup_http", "gupshup_enterprise", "meta", "meta_onprem"]


# A tag that names a code begins so.
CODE_TAG = "gupshup__"
# The middle of a tag such as `gupshup__http_401`; Gupshup's own codes stand bare: `gupshup__1003`.
_TAG_PREFIX: Mapping[str, str] = {
    "gupshup": "",
    "gupshup_http": "http_",
    "gupshup_enterprise": "enterprise_",
    "meta": "meta_",
    "meta_onprem": "onprem_",
}


class ErrorCode(StrictModel):
    """A code with its namespace; a number alone means several things."""

    namespace: Namespace
    code: str

    def __str__(self) -> str:
        return f"{self.namespace} {self.code}"

    @property
    def slug(self) -> str:
        """`http_401`, `1003`, `enterprise_102`, `meta_131049`, `onprem_470`: what tags are made of."""
        return f"{_TAG_PREFIX[self.namespace]}{self.code}".lower()

    @property
    def tag(self) -> str:
        return f"{CODE_TAG}{self.slug}"


class Confidence(StrEnum):
    """`certain` is right at least 99 times in 100, `likely` needs an agent's eye, `possible` is only recorded."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"

    @property
    def rank(self) -> int:
        return ("possible", "likely", "certain").index(self.value)


class Place(StrictModel):
    """Where words stand: the subject, a comment, or an attachment; `start` and `end` count characters of that text."""

    kind: Literal["subject", "comment", "attachment"]
    comment_id: int | None = None
    attachment: str | None = None
    start: int = 0
    end: int = 0


class Evidence(StrictModel):
    """Words that prove a code. `quote` is masked already: it may be shown to anyone who may see the ticket."""

    quote: str
    place: Place
    rule: Reason
    # The number, where no dictionary has it.
    code: str = ""
    # Whether its line says more before it, and after it.
    cut_before: bool = False
    cut_after: bool = False

    @property
    def shown(self) -> str:
        """The quotation with an ellipsis where it is cut."""
        return f"{'… ' if self.cut_before else ''}{self.quote}{' …' if self.cut_after else ''}"


class WeightPart(StrictModel):
    """A named signal or word, and what it adds to a model's score or takes from it."""

    name: str
    weight: float


class Witness(StrictModel):
    """One of three that judge a finding apart from each other: the rules, the model of its place, that of the text."""

    name: Literal["rules", "candidate", "document"]
    # What the rules say, and by which way they or the models came to it.
    confidence: Confidence | None = None
    way: str = ""
    # What a model says, and the parts that decided, the strongest first.
    probability: float | None = None
    parts: tuple[WeightPart, ...] = ()


class Finding(StrictModel):
    error: ErrorCode
    confidence: Confidence
    # Which cause of several that share the code, a `[[code.variant]]` of the dictionary.
    variant: str | None = None
    evidence: tuple[Evidence, ...]
    # What speaks against it, and which other reading of the same number lost, each with its reason.
    against: tuple[Reason, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    # Why it may be no open case of the writer's own: then nothing is answered in public.
    withheld: tuple[Reason, ...] = ()


class Dismissal(StrictModel):
    """Something that looks like a code and is none, with the reason: the `why not` of `explain`."""

    quote: str
    place: Place
    reason: Reason
    error: ErrorCode | None = None


class Facts(StrictModel):
    """What the ticket itself tells about the affected app; all as written, nothing guessed."""

    app_name: str | None = None
    app_id: str | None = None
    account_id: str | None = None
    # Only where the client answers: who wrote first knows nothing yet of our question.
    owner_email: str | None = None
    message_ids: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    enterprise: bool = False


class SecretSighting(StrictModel):
    kind: str
    place: Place


# `works`: it works again; `persists`: the error is still there; `reported`: the owner has opened the ticket with
# Gupshup; `unclear`: anything else, and all that is in doubt.
Says = Literal["works", "persists", "reported", "unclear"]


class ClientAnswer(StrictModel):
    """What the client wrote since our last note, or the team's last public comment."""

    # Oldest first.
    comment_ids: tuple[int, ...]
    says: Says
    # Of what it says; none where it is unclear.
    evidence: tuple[Evidence, ...] = ()
    # Whether it asks something: then nothing is answered by itself.
    asks: bool = False
    # Whether it says nothing but data: values, their labels and a greeting.
    plain: bool = False
    # The values of the affected account that stand in it.
    values: tuple[str, ...] = ()


class Detection(StrictModel):
    """All that one look at a ticket found, in the order in which the ticket reports it."""

    findings: tuple[Finding, ...] = ()
    # Gupshup or WhatsApp trouble that names no code: an error, but none of the dictionary's.
    symptoms: tuple[Evidence, ...] = ()
    # Code-like strings in Gupshup context that the dictionary does not know.
    unknown: tuple[Evidence, ...] = ()
    dismissed: tuple[Dismissal, ...] = ()
    facts: Facts = Facts()
    secrets: tuple[SecretSighting, ...] = ()
    # What was not read, and why: too long, too large, a picture.
    unread: tuple[Reason, ...] = ()
    # Whether the words name Gupshup, WhatsApp or a failure; only told where something was not read.
    on_topic: bool = False
    # What the client answers to what we or the team wrote, where he does.
    answer: ClientAnswer | None = None
    # What the requester's own words are written in, where that is plain; only told where something is to be written.
    language: Language | None = None

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings that count as reported: what is only possible is recorded, never told."""
        return tuple(finding for finding in self.findings if finding.confidence is not Confidence.POSSIBLE)

    @property
    def is_error(self) -> bool:
        return bool(self.reported or self.symptoms or self.unknown)
