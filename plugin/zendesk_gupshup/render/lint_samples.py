"""An invented ticket for each kind of text: what templates are checked with, and what `templates preview` shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, get_args

from markupsafe import Markup

from zendesk_gupshup.decide.policy import REFUSED_KEY, kind_of
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.detection_reasons import Doubt, Rule
from zendesk_gupshup.model.finding import (
    Confidence,
    Detection,
    ErrorCode,
    Evidence,
    Facts,
    Finding,
    Place,
    SecretSighting,
)
from zendesk_gupshup.model.follow_up import Event, FollowUp, Reminder, State
from zendesk_gupshup.model.incident import IncidentNews
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AnswerKind, AppFacts, Plan, ReplyKind, Step
from zendesk_gupshup.model.ticket import Comment, Ticket, User
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .context import view
from .context_types import Files, Link, Reply, Request, View
from .prefilled_link import GupshupDesk
from .template_files import AFTER_THE_FIRST

# What is known differs most from ticket to ticket, so each sample knows something else.
Knowing = Literal["all", "nothing", "owner_writes", "enterprise", "partner"]

GUARDS = (GuardName.AGENT_ANSWERED(),)

_EXAMPLE: dict[ReplyKind | AnswerKind, ErrorCode | None] = {
    "owner_escalation": REFUSED_KEY,
    "owner_ticket": ErrorCode(namespace="gupshup", code="4001"),
    "remedy": ErrorCode(namespace="gupshup", code="1003"),
    "draft": None,
    "unread": None,
    "follow_up": REFUSED_KEY,
    "completed": REFUSED_KEY,
    "reminder": REFUSED_KEY,
    "incident": REFUSED_KEY,
}
_CLIENT = User(id=71, name="Ada Lovelace", email="ada@example.com", organization_id=9)
_OWNER = User(id=72, name="Grace Hopper", email="grace@example.com")
_DESK = GupshupDesk()
_URL = Markup("https://support.gupshup.io/hc/en-us/requests/new?tf_subject=sample")
_TOLD = "Our WhatsApp messages do not go out since this morning."
_UNKNOWN = "3001"
_UNKNOWN_TOLD = f"Gupshup returns error code {_UNKNOWN} since this morning."
_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """All that rendering needs, as detecting and deciding would hand it over."""

    ticket: Ticket
    detection: Detection
    plan: Plan


def sample(
    kind: ReplyKind | AnswerKind,
    language: Language,
    dictionary: Dictionary,
    *,
    error: ErrorCode | None = None,
    variant: str | None = None,
    knowing: Knowing = "all",
    sent: bool = True,
) -> Sample:
    """The ticket of `kind`, about `error` or else the kind's usual code. Nothing in it belongs to anybody."""
    error = error or _EXAMPLE[kind]
    entry = dictionary.get(error) if error else None
    unknown = not error and knowing in ("owner_writes", "enterprise")
    words = entry.examples[0] if entry else _UNKNOWN_TOLD if unknown else _TOLD
    lead = _finding(error, words, variant) if error else None
    other = ErrorCode(namespace="meta", code="131026")
    others = (_finding(other, "131026 Message undeliverable", None),) if error and error != other else ()
    bare = knowing == "nothing"
    ticket = Ticket(
        id=7,
        subject="WhatsApp",
        requester_id=None if bare else _CLIENT.id,
        users={} if bare else {_CLIENT.id: _CLIENT},
        comments=(Comment(id=701, author_id=_CLIENT.id, body=words, created_at=_NOON),),
        created_at=None if bare else _NOON,
    )
    place = Place(kind="comment", comment_id=701)
    detection = Detection(
        findings=(lead, *others) if lead else (),
        symptoms=() if lead or unknown else (Evidence(quote=words, place=place, rule=Rule.SYMPTOM()),),
        unknown=(Evidence(quote=words, place=place, rule=Rule.NUMBER(), code=_UNKNOWN),) if unknown else (),
        facts=Facts() if bare else Facts(times=("09:15",), message_ids=("0aa47f5b-6f4a-4bd6-b33d-59a2b03ba1b2",)),
        secrets=() if bare else (SecretSighting(kind="api_key", place=place),),
        unread=() if bare else (UnreadReason.IN(name="screenshot.png", why=UnreadReason.PICTURE()),),
    )
    step = Step(kind="note", marker="gupshup_noted__sample")
    reply = (Step(kind="reply", marker="gupshup_replied__sample"),) if sent and lead else ()
    plan = Plan(
        ticket_id=7,
        kind=_kind_of_plan(kind),
        language=language,
        lead=lead,
        others=() if bare else others,
        app=_app(knowing),
        follow_up=_follow_up(place, sent=sent) if kind in ("follow_up", "completed") else None,
        reminder=Reminder(number=1, over=bare, since=_NOON) if kind == "reminder" else None,
        incident=IncidentNews(problem_id=None if bare else 31, sent=sent, linked=sent and not bare)
        if kind == "incident"
        else None,
        steps=(*reply, step),
    )
    return Sample(ticket, detection, plan)


def _kind_of_plan(kind: ReplyKind | AnswerKind) -> ReplyKind:
    """The texts after the first reply belong to an escalation."""
    if kind == "follow_up" or kind == "completed" or kind == "reminder" or kind == "incident":
        return "owner_escalation"
    return kind


def sample_of_code(
    error: ErrorCode, variant: str | None, language: Language, dictionary: Dictionary, *, knowing: Knowing = "all"
) -> Sample:
    """The ticket of the kind that this code's reply is of; in the language's fallback where the code has no words."""
    if not dictionary.speaks(language, error, variant):
        language = dictionary.languages[language].fallback
    certain = Finding(error=error, confidence=Confidence.CERTAIN, variant=variant, evidence=())
    kind = kind_of(certain, dictionary)
    return sample(kind, language, dictionary, error=error, variant=variant, knowing=knowing)


def _follow_up(place: Place, *, sent: bool) -> FollowUp:
    state = State.AWAITING_OWNER
    told = (Evidence(quote="It works again.", place=place, rule=Rule.ANSWER()),)
    if sent:
        return FollowUp(event=Event.DATA, before=state, after=state, review=False)
    return FollowUp(event=Event.WORKS, before=state, after=state, proposed=State.SETTLED, review=True, evidence=told)


def _finding(error: ErrorCode, words: str, variant: str | None) -> Finding:
    place = Place(kind="comment", comment_id=701, start=0, end=len(words))
    return Finding(
        error=error,
        confidence=Confidence.CERTAIN,
        variant=variant,
        evidence=(Evidence(quote=words, place=place, rule=Rule.WORDING()),),
        against=(Doubt.SEVERAL_CODES(),),
    )


def _app(knowing: Knowing) -> AppFacts:
    if knowing == "nothing":
        return AppFacts(missing=("app_id", "app_name", "owner_email"))
    owner = _CLIENT if knowing == "owner_writes" else _OWNER
    enterprise = knowing == "enterprise"
    return AppFacts(
        app_name="AdaBakery",
        app_id=None if enterprise else "4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
        account_id="2000123456" if enterprise else None,
        owner_email=owner.email,
        owner_name=owner.name,
        enterprise=enterprise,
        partner=knowing == "partner",
        sources={"owner_email": "organization field"},
    )


def samples(
    name: str, own: tuple[ErrorCode, str | None] | None, language: Language, dictionary: Dictionary
) -> Iterator[tuple[str, View]]:
    """Every sample that a file of this name may meet, as the values that it sees."""
    error, variant = own or (None, None)
    for kind in (*get_args(ReplyKind), *AFTER_THE_FIRST):
        if kind not in ("draft", "unread", *AFTER_THE_FIRST) if error else name in (kind, "default"):
            yield from _views(kind, language, dictionary, error, variant)


# What is known, and whether the reply goes out by itself.
_CASES: tuple[tuple[Knowing, bool], ...] = (
    ("all", True),
    ("all", False),
    ("nothing", True),
    ("nothing", False),
    ("owner_writes", True),
    ("enterprise", False),
    ("partner", True),
    ("partner", False),
)


@lru_cache(maxsize=64)
def _views(
    kind: ReplyKind | AnswerKind,
    language: Language,
    dictionary: Dictionary,
    error: ErrorCode | None,
    variant: str | None,
) -> tuple[tuple[str, View], ...]:
    made = []
    for knowing, sent in _CASES:
        one = sample(kind, language, dictionary, error=error, variant=variant, knowing=knowing, sent=sent)
        seen = view(one.plan, one.ticket, one.detection, dictionary, _DESK, language, for_client=False, guards=GUARDS)
        files = Files(draft="draft.txt", guide="guide.pdf") if sent else Files()
        seen = replace(
            seen,
            kind=kind if kind in AFTER_THE_FIRST else seen.kind,
            request=Request(subject="Sample", lines=("One.", "", "Two."), message="One."),
            link=Link(url=_URL, shortened=sent),
            files=files,
            reply=Reply(sent=sent, proposed=Markup("") if sent else Markup("PROPOSED"), files=files),
        )
        made.append((f"{kind}, knowing {knowing}", seen))
    return tuple(made)
