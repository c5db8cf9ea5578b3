"""What a template may name, as plain values; `lint.py` checks the templates against these very types."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from zendesk_gupshup.model.base import Language

_NOTHING = Markup("")


@dataclass(frozen=True)
class Spot:
    """A place in the ticket. `kind`: subject, comment, message, attachment; `number` counts its kind from 1."""

    kind: str
    number: int
    author: str
    time: str
    attachment: str
    public: bool


@dataclass(frozen=True)
class Quote:
    text: str
    spot: Spot
    rule: str


@dataclass(frozen=True)
class Error:
    """One code that the ticket reports, with the dictionary's words in the language of the text."""

    code: str
    namespace: str
    name: str
    title: str
    meaning: str
    remedy: str
    checks: tuple[str, ...]
    # What the ticket asks of Gupshup for this very code, and which data the owner adds for it.
    request: str
    request_data: tuple[str, ...]
    retry: str
    who_fixes: tuple[str, ...]
    variant: str
    confidence: str
    quotes: tuple[Quote, ...]
    more_quotes: int
    against: tuple[str, ...]


@dataclass(frozen=True)
class App:
    """The affected account. `id` is the App ID, or the account user id of an Enterprise account."""

    name: str
    id: str
    enterprise: bool
    partner: bool


@dataclass(frozen=True)
class Owner:
    email: str
    name: str
    source: str
    is_requester: bool


@dataclass(frozen=True)
class Request:
    """The request to Gupshup as the owner sends it: the lines of its description, and of them the message alone."""

    subject: str = ""
    lines: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Link:
    url: Markup = _NOTHING
    shortened: bool = False


@dataclass(frozen=True)
class Files:
    """Names of the files that go with this very text; empty where there is none."""

    draft: str = ""
    guide: str = ""


@dataclass(frozen=True)
class Secret:
    kind: str
    spot: Spot


@dataclass(frozen=True)
class Silence:
    """A guard that kept the reply back."""

    name: str
    text: str


@dataclass(frozen=True)
class Reply:
    """What the note says of the public reply. `sent`: it goes out by itself; else `proposed` is for the agent."""

    sent: bool = False
    proposed: Markup = _NOTHING
    files: Files = Files()


@dataclass(frozen=True)
class FollowUpView:
    """What the client answers, and what was made of it: states by their tags, empty where none is set or proposed."""

    event: str
    quotes: tuple[Quote, ...]
    state: str
    proposed: str
    review: bool
    # Whether the code is one that the owner brings to Gupshup.
    for_owner: bool


@dataclass(frozen=True)
class ReminderView:
    """The reminder that a text is or is about. `sent`: those that went out; `over`: there is no further one; `past`: an
    agent asked to send it, and it makes no sense any more."""

    number: int
    sent: int
    over: bool
    past: bool
    since: str


@dataclass(frozen=True)
class IncidentView:
    """An incident that many clients report. `problem`: the number of its ticket, 0 where there is none."""

    problem: int
    linked: bool


@dataclass(frozen=True)
class View:
    """The names at the top of every template."""

    language: Language
    kind: str
    ticket_id: int
    client: str
    team: str
    error: Error | None
    others: tuple[Error, ...]
    more_others: int
    error_type: str
    app: App
    owner: Owner
    missing: tuple[str, ...]
    times: tuple[str, ...]
    reported_at: str
    message_ids: tuple[str, ...]
    more_message_ids: int
    quotes: tuple[Quote, ...]
    unknown: tuple[Quote, ...]
    symptoms: tuple[Quote, ...]
    secrets: tuple[Secret, ...]
    unread: tuple[str, ...]
    guards: tuple[Silence, ...]
    news: tuple[str, ...]
    support: str
    support_url: Markup
    # `masked`, or `as the protocol says`: how the key looks in the owner's screenshot.
    key_in_evidence: str = "masked"
    # The numbers of codes that no dictionary has.
    unknown_codes: tuple[str, ...] = ()
    request: Request = Request()
    link: Link = Link()
    files: Files = Files()
    reply: Reply = Reply()
    more_unread: int = 0
    answer: FollowUpView | None = None
    reminder: ReminderView | None = None
    incident: IncidentView | None = None
    send_refused: bool = False
    # In a note: why this language, where the ticket's sources name several.
    language_reasons: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """What no mask takes for a phone's number or a key: the account's number and the owner's address."""
        return tuple(known for known in (self.app.id, self.owner.email) if known.isdigit() or "@" in known)
