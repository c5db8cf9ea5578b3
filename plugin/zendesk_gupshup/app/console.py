"""The console's part of the API: for admins on the page of the navigation bar, and for nobody else.

Every list gives `rows` and the cursor of the `next` page. Reading asks Zendesk nothing. Modes are shown, not changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.base import CompleteLanguage, StrictModel
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.render.catalogue import TemplateError
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.dead_letters import DeadLetters

from .console_agreement import agreement_of_codes
from .console_decisions import DecisionFilter, decisions
from .console_documents import (
    ConsoleWords,
    decision_document,
    failure_document,
    held_document,
    incident_document,
    mode_document,
    preview_document,
    template_document,
    unknown_document,
)
from .console_evidence import last_looks
from .console_failures import drop_failure, failures_page, retry_failure
from .console_held import held_back
from .console_incidents import incidents_page
from .console_modes import modes_page
from .console_paging import BadCursor, ConsolePage
from .console_report import ReportDays, report_document, report_of_days
from .console_templates import NoPreview, PreviewWish, preview, preview_choices, templates_page
from .console_unknown import unknown_codes_page
from .gate import AppError, Call
from .routes import ApiAnswer, Endpoint

# A report reads the whole ledger of its days and of the weeks before: one serves all admins for so many seconds.
_REPORT_SECONDS = 60.0

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class _ListQuery(StrictModel):
    cursor: str | None = None


class _FailureQuery(_ListQuery):
    dropped: bool = False


class _ReportQuery(StrictModel):
    days: ReportDays = 30


class _DropWish(StrictModel):
    reason: str = Field(min_length=1, max_length=300, pattern=r"\S")


class _EmptyBody(StrictModel):
    pass


@dataclass(frozen=True)
class ConsoleParts:
    """What the console reads, and `queue`, which puts a ticket into the worker's queue, once under each key.

    `tickets`: the address of a ticket less its number.
    """

    ledger: Ledger
    brain: Brain
    queue: Callable[[str, int], None]
    tickets: str
    retention_days: int
    now: Callable[[], float] = time.time


@dataclass
class _Reports:
    """The newest report of each length and language; for any number of threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made: dict[tuple[int, str], tuple[float, dict[str, Any]]] = field(default_factory=dict)


def console_endpoints(parts: ConsoleParts) -> tuple[Endpoint, ...]:
    """All of them; a test holds that none can be had by another place or role."""
    console = _Console(parts)
    reads: Mapping[str, Callable[[Call], dict[str, Any]]] = {
        "decisions": console.decisions,
        "held": console.held,
        "failures": console.failures,
        "modes": console.modes,
        "incidents": console.incidents,
        "unknown": console.unknown,
        "templates": console.templates,
        "report": console.report,
    }
    return (
        *(Endpoint("GET", f"console/{name}", "nav_bar", _answering(read)) for name, read in reads.items()),
        Endpoint("POST", "console/templates/preview", "nav_bar", _answering(console.preview)),
        Endpoint("POST", "console/failures/{ticket}/retry", "nav_bar", _answering(console.retry, 202), writes=True),
        Endpoint("POST", "console/failures/{ticket}/drop", "nav_bar", _answering(console.drop), writes=True),
    )


def _answering(read: Callable[[Call], dict[str, Any]], status: int = 200) -> Callable[[Call], ApiAnswer]:
    def answer(call: Call) -> ApiAnswer:
        try:
            return ApiAnswer(read(call), status)
        except BadCursor as bad:
            raise AppError(422, "refused", str(bad), fields={"cursor": str(bad)}) from None
        except NoPreview as bad:
            raise AppError(422, "refused", f"{bad.field}: {bad}", fields={bad.field: str(bad)}) from None
        except TemplateError as bad:
            raise AppError(422, "refused", str(bad)) from None

    return answer


class _Console:
    """The answers; for any number of threads."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._actions = AppActions(parts.ledger.engine, parts.ledger.account, now=parts.now)
        self._reports = _Reports()

    # --- Lists -----------------------------------------------------------------------------------------------

    def decisions(self, call: Call) -> dict[str, Any]:
        given = {name: value for name, value in call.query.items() if name != "cursor" and value}
        wanted, words = _checked(DecisionFilter, given), self._words(call)
        page = decisions(self._parts.ledger, wanted, call.query.get("cursor"))
        looks = last_looks(self._parts.ledger, (row.entry.ticket_id for row in page.rows))
        return self._listed(page, lambda row: decision_document(row, words, looks.get(row.entry.ticket_id)))

    def held(self, call: Call) -> dict[str, Any]:
        words = self._words(call)
        return self._listed(held_back(self._parts.ledger, _cursor(call)), lambda row: held_document(row, words))

    def failures(self, call: Call) -> dict[str, Any]:
        wanted, words = _checked(_FailureQuery, call.query), self._words(call)
        page = failures_page(self._parts.ledger, wanted.cursor, dropped=wanted.dropped)
        return self._listed(page, lambda row: failure_document(row, words))

    def modes(self, call: Call) -> dict[str, Any]:
        words = self._words(call)
        page = modes_page(self._parts.ledger, self._parts.brain, _cursor(call))
        said = agreement_of_codes(self._parts.ledger)
        return self._listed(page, lambda row: mode_document(row, words, said.get(str(row.error))))

    def incidents(self, call: Call) -> dict[str, Any]:
        words = self._words(call)
        return self._listed(
            incidents_page(self._parts.ledger, _cursor(call)), lambda row: incident_document(row, words)
        )

    def unknown(self, call: Call) -> dict[str, Any]:
        return self._listed(unknown_codes_page(self._parts.ledger, _cursor(call)), unknown_document)

    def templates(self, call: Call) -> dict[str, Any]:
        """With what a preview can show, on the first page."""
        cursor, brain = _cursor(call), self._parts.brain
        found = self._listed(templates_page(brain.templates, cursor), template_document)
        return found if cursor else found | {"choices": preview_choices(brain.dictionary)}

    # --- Preview and report ----------------------------------------------------------------------------------

    def preview(self, call: Call) -> dict[str, Any]:
        wish = _checked(PreviewWish, call.body)
        return preview_document(preview(wish, self._parts.brain, self._parts.ledger))

    def report(self, call: Call) -> dict[str, Any]:
        days = _checked(_ReportQuery, _numbers(call.query)).days
        language = call.language
        with self._reports.lock:
            made = self._reports.made.get((days, language))
            if made is None or not 0 <= self._parts.now() - made[0] < _REPORT_SECONDS:
                made = (self._parts.now(), self._made_report(days, language))
                self._reports.made[days, language] = made
        return made[1]

    def _made_report(self, days: int, language: CompleteLanguage) -> dict[str, Any]:
        ledger, brain = self._parts.ledger, self._parts.brain
        report = report_of_days(
            ledger, brain.dictionary, days, language, retention_days=self._parts.retention_days, now=self._parts.now
        )
        return report_document(report, language)

    # --- Failures --------------------------------------------------------------------------------------------

    def retry(self, call: Call) -> dict[str, Any]:
        _checked(_EmptyBody, call.body)
        self._record("retry", call, {})
        key = f"retry:{call.ticket_id}:{time.time_ns() // 1_000_000}"
        if not retry_failure(self._parts.ledger, call.ticket_id, lambda ticket_id: self._parts.queue(key, ticket_id)):
            raise _not_listed()
        return {"ticket_id": call.ticket_id, "state": "retrying"}

    def drop(self, call: Call) -> dict[str, Any]:
        reason = _checked(_DropWish, call.body).reason.strip()
        self._record("drop", call, {})
        if not drop_failure(self._parts.ledger, call.ticket_id, reason):
            raise _not_listed()
        return {"ticket_id": call.ticket_id, "state": "dropped"}

    def _record(self, action: Any, call: Call, details: Mapping[str, Any]) -> None:
        """Who asked, before it is done: what is done is never without a name."""
        if DeadLetters(self._parts.ledger.engine, self._parts.ledger.account).get(call.ticket_id) is None:
            raise _not_listed()
        self._actions.record(action, call.ticket_id, call.user.id, details)

    # --- Helpers ---------------------------------------------------------------------------------------------

    def _words(self, call: Call) -> ConsoleWords:
        return ConsoleWords(self._parts.brain.dictionary, call.language)

    def _listed(self, page: ConsolePage[T], document: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
        rows: Sequence[dict[str, Any]] = [document(row) for row in page.rows]
        return {"rows": rows, "next": page.next, "tickets": self._parts.tickets}


def _cursor(call: Call) -> str | None:
    return _checked(_ListQuery, call.query).cursor


def _numbers(query: Mapping[str, str]) -> dict[str, Any]:
    """A number in an address is a text, which is no member of a set of numbers."""
    return {
        name: int(value) if value.isascii() and value.isdigit() and len(value) < 4 else value
        for name, value in query.items()
    }


def _checked(model: type[M], given: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        fields = {str(one["loc"][0]) if one["loc"] else "body": one["msg"] for one in found}
        name, message = next(iter(fields.items()))
        raise AppError(422, "refused", f"{name}: {message}", fields=fields) from None


def _not_listed() -> AppError:
    return AppError(404, "gone", "the ticket is not on the list of failures")
