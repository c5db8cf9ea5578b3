"""The console's templates: which files there are, and one text as it would go out, on a sample or on a known ticket.

A text comes from the files alone, never from the browser: Jinja's sandbox bounds what a text prints, not what it keeps.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast, get_args

from pydantic import BeforeValidator, Field, TypeAdapter

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.entry import Found, LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.model.finding import ErrorCode, Evidence, Finding, Place
from zendesk_gupshup.model.plan import AnswerKind, AppFacts, Plan, ReplyKind
from zendesk_gupshup.model.ticket import Comment
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.lint_samples import Knowing, Sample, sample, sample_of_code
from zendesk_gupshup.render.template_files import KINDS, Source
from zendesk_gupshup.render.updates import render

from .console_decisions import DecisionFilter, decisions
from .console_evidence import LastLook, last_looks
from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

_KEY = TypeAdapter(tuple[str])
_MOST_COMMENTS = 5_000


class NoPreview(ValueError):
    """The wish names what there is not: `field` of it, and why in plain words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PreviewWish(StrictModel):
    """What to show: a kind of text or a code with its cause, a language, and a sample or the ticket of this number."""

    name: str = Field(max_length=80)
    cause: str | None = Field(None, max_length=80)
    language: Annotated[Language, BeforeValidator(str)] = "en"
    sample: Knowing = "all"
    ticket: int | None = Field(None, ge=1, le=2**63 - 1)


def templates_page(templates: Templates, cursor: str | None) -> ConsolePage[Source]:
    """The files in use, by their place below the folder. Raises `BadCursor`."""
    key = key_of_cursor(cursor, _KEY)
    found = [source for source in templates.sources if not source.is_block and (not key or source.key > key[0])]
    return paged(found[: PAGE_ROWS + 1], lambda source: (source.key,))


def preview_choices(dictionary: Dictionary) -> dict[str, Any]:
    """What a wish can name."""
    codes = [
        {"name": str(entry.error), "title": entry.title, "causes": [variant.name for variant in entry.variants]}
        for entry in dictionary.entries
        if not entry.success
    ]
    return {
        "kinds": list(KINDS),
        "codes": codes,
        "languages": list(dictionary.languages),
        "samples": list(get_args(Knowing)),
    }


def preview(wish: PreviewWish, brain: Brain, ledger: Ledger) -> tuple[Update, ...]:
    """The reply and the note, byte for byte as they would be written; nothing is written.

    Raises `NoPreview`, `TemplateError` and `SQLAlchemyError`.
    """
    made = _sample(wish, brain.dictionary)
    if wish.ticket is not None:
        look = last_looks(ledger, [wish.ticket]).get(wish.ticket)
        made = _with_entry(made, _newest_entry(ledger, wish.ticket), look)
    return render(made.plan, made.ticket, made.detection, brain.dictionary, brain.templates, brain.desk)


def _sample(wish: PreviewWish, dictionary: Dictionary) -> Sample:
    if wish.language not in dictionary.languages:
        raise NoPreview("language", f"no text is written in it; write one of {', '.join(dictionary.languages)}")
    # Of a real ticket nothing is made up: what the ledger does not know stays unknown.
    knowing: Knowing = "nothing" if wish.ticket is not None else wish.sample
    for kind in KINDS:
        if kind == wish.name:
            return sample(cast("ReplyKind | AnswerKind", kind), wish.language, dictionary, knowing=knowing)
    found = dictionary.find(wish.name)
    if len(found) != 1:
        raise NoPreview("name", f"write a code such as gupshup_http 401, or one of {', '.join(KINDS)}")
    entry = dictionary.get(found[0])
    causes = [variant.name for variant in entry.variants] if entry else []
    if wish.cause and wish.cause not in causes:
        raise NoPreview("cause", f"write one of {', '.join(causes)}, or none" if causes else "the code has no causes")
    return sample_of_code(found[0], wish.cause, wish.language, dictionary, knowing=knowing)


def _newest_entry(ledger: Ledger, ticket_id: int) -> LedgerEntry:
    page = decisions(ledger, DecisionFilter(ticket=ticket_id), None)
    for row in page.rows:
        if row.entry.findings:
            return row.entry
    raise NoPreview("ticket", "no code was found on this ticket so far")


def _with_entry(made: Sample, entry: LedgerEntry, look: LastLook | None) -> Sample:
    """The plan of the sample with what is kept of a ticket: its number, time, codes, account, and masked quotes."""
    plan, known = made.plan, {found.error: found for found in entry.findings}
    created = datetime.fromtimestamp(entry.created, UTC) if entry.created is not None else None
    told = {"id": entry.ticket_id, "created_at": created, "comments": _comments(look)}
    ticket = made.ticket.model_copy(update=told)
    update: dict[str, Any] = {"ticket_id": entry.ticket_id, "app": look.seen.app if look else _app(entry)}
    if plan.lead:
        lead = known.pop(plan.lead.error, None)
        variant = plan.lead.variant or (lead.variant if lead else None)
        quotes = _evidence(plan.lead.error, look)
        certain = plan.lead.model_copy(update={"variant": variant, "evidence": quotes, "against": ()})
        update |= {"lead": certain, "others": tuple(_finding(found, look) for found in known.values())}
    changed: Plan = plan.model_copy(update=update)
    detection = made.detection.model_copy(update={"findings": (changed.lead, *changed.others) if changed.lead else ()})
    return Sample(ticket, detection, changed)


def _finding(found: Found, look: LastLook | None) -> Finding:
    evidence = _evidence(found.error, look)
    return Finding(error=found.error, confidence=found.confidence, variant=found.variant, evidence=evidence)


def _evidence(error: ErrorCode, look: LastLook | None) -> tuple[Evidence, ...]:
    """The quotes that are kept; a comment's number stands in for its id."""
    findings = look.seen.findings if look else ()
    return tuple(
        Evidence(
            quote=one.quote,
            place=Place.model_validate(
                {"kind": one.place.kind, "comment_id": one.place.n, "attachment": one.place.name}
            ),
            rule=one.rule,
        )
        for finding in findings
        if finding.error == error
        for one in finding.evidence
    )


def _comments(look: LastLook | None) -> tuple[Comment, ...]:
    """As many empty ones as it takes to number those that are quoted."""
    numbers = [one.place.n or 0 for finding in (look.seen.findings if look else ()) for one in finding.evidence]
    last = min(max(numbers, default=0), _MOST_COMMENTS)
    return tuple(Comment(id=number, author_id=None, body="") for number in range(1, last + 1))


def _app(entry: LedgerEntry) -> AppFacts:
    """An Enterprise account is a number, an app has an id with hyphens; the ledger keeps no other."""
    enterprise = bool(entry.app and entry.app.isdigit())
    account, app = (entry.app, None) if enterprise else (None, entry.app)
    return AppFacts(app_id=app, account_id=account, enterprise=enterprise, missing=entry.missing)
