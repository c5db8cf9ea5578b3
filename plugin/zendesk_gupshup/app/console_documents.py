"""The console's rows as the documents that its page gets: worded for the reader, masked, no client's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.model.base import CompleteLanguage
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.write import Update, Write
from zendesk_gupshup.render.reasons import in_words
from zendesk_gupshup.render.template_files import Source
from zendesk_gupshup.report.words import ReportWords
from zendesk_gupshup.storage.dead_letters import DeadLetter
from zendesk_gupshup.text.redaction import mask_value

from .console_decisions import NumberedEntry, decision_outcome
from .console_evidence import LastLook
from .console_held import because_held
from .console_incidents import ShownIncident
from .console_modes import ModeOfCode
from .console_unknown import UnknownSum
from .console_words import code_words, guard_words, plain_reason
from .view import stamp


class ConsoleWords:
    """Dictionary, reports and reasons in one of the complete languages."""

    def __init__(self, dictionary: Dictionary, language: CompleteLanguage) -> None:
        self.dictionary, self.language = dictionary, language
        self.report = ReportWords(language)

    def code(self, error: ErrorCode) -> dict[str, Any]:
        return code_words(error, self.dictionary, self.language)

    def guards(self, names: Sequence[str]) -> list[dict[str, str]]:
        return [guard_words(name, self.report) for name in names]


def decision_document(row: NumberedEntry, words: ConsoleWords, look: LastLook | None = None) -> dict[str, Any]:
    """`look`: the last one at the ticket; `None` where none is kept."""
    entry = row.entry
    return {
        "id": row.number,
        "ticket_id": entry.ticket_id,
        "at": stamp(entry.at),
        "run": entry.run,
        "outcome": decision_outcome(entry),
        "reason": plain_reason(entry.reason),
        "mode": entry.mode.value if entry.mode else None,
        "kind": entry.kind,
        "language": entry.language,
        "findings": _findings(entry, words),
        "symptoms": entry.symptoms,
        "unknown": list(entry.unknown),
        "guards": words.guards(entry.guards),
        "missing": list(entry.missing),
        "planned": [_step(step) for step in entry.planned],
        "writes": [_write(write) for write in entry.writes],
        "attempt": entry.attempt,
        "evidence": _evidence(look, entry, words) if look else None,
    }


def held_document(row: NumberedEntry, words: ConsoleWords) -> dict[str, Any]:
    entry = row.entry
    because = because_held(entry)
    return {
        "id": row.number,
        "ticket_id": entry.ticket_id,
        "at": stamp(entry.at),
        "findings": _findings(entry, words),
        "mode": entry.mode.value if entry.mode else None,
        "kind": entry.kind,
        "language": entry.language,
        "by_mode": "mode" in because,
        "guards": words.guards([name for name in because if name != "mode"]),
        "missing": list(entry.missing),
        "noted": any(write.kind == "note" for write in entry.writes),
    }


def failure_document(one: DeadLetter, words: ConsoleWords) -> dict[str, Any]:
    return {
        "ticket_id": one.ticket_id,
        "state": one.state,
        "kind": {"name": one.kind.value, "text": in_words(one.kind(), words.language)},
        "reason": plain_reason(one.reason),
        "attempts": one.attempts,
        "first": stamp(one.first),
        "last": stamp(one.last),
        "dropped_because": plain_reason(one.dropped_because),
    }


def mode_document(row: ModeOfCode, words: ConsoleWords, agreement: Mapping[str, int] | None = None) -> dict[str, Any]:
    """`agreement`: how often agents said or did what, by its name; `None` where nobody did yet."""
    return words.code(row.error) | {
        "kind": row.kind,
        "mode": row.mode.value,
        "source": row.source,
        "tickets": row.tickets,
        "brands": [{"id": brand, "mode": mode.value} for brand, mode in row.brands.items()],
        "change": [
            {"mode": one.mode.value, "lines": list(one.lines), "raises_cap": one.raises_cap} for one in row.change
        ],
        "agreement": dict(agreement or {}),
    }


def incident_document(one: ShownIncident, words: ConsoleWords) -> dict[str, Any]:
    return words.code(one.error) | {
        "id": one.id,
        "begun": stamp(one.begun),
        "ended": stamp(one.ended) if one.ended is not None else None,
        "organizations": one.organizations,
        "tickets": one.tickets,
        "problem_id": one.problem_id,
    }


def unknown_document(one: UnknownSum) -> dict[str, Any]:
    return {
        "code": one.code,
        "tickets": one.tickets,
        "times": one.times,
        "first": stamp(one.first),
        "last": stamp(one.last),
        "shown": list(one.shown),
    }


def template_document(source: Source) -> dict[str, Any]:
    return {
        "family": source.family,
        "name": source.name,
        "language": source.language,
        "own": not source.shipped,
        "place": source.place,
    }


def preview_document(updates: Sequence[Update]) -> dict[str, Any]:
    """Each comment's HTML: rendered Markdown that nh3 has cleaned. The page shows it in a frame without any rights."""
    return {
        "updates": [
            {"public": update.public, "files": [file.name for file in update.files], "html": update.html_body}
            for update in updates
            if update.html_body
        ]
    }


def _evidence(look: LastLook, entry: LedgerEntry, words: ConsoleWords) -> dict[str, Any]:
    """`same`: whether it is the look that this decision was made on, or one after nothing but our own updates."""
    left = entry.writes[-1].after.updated_at if entry.writes else entry.stamp
    return {
        "at": stamp(look.at),
        "same": look.stamp is not None and look.stamp == left,
        "quotes": [
            {
                "code": str(finding.error),
                "quote": mask_value(one.quote, ()),
                "place": one.place.kind,
                "number": one.place.n,
                "file": mask_value(one.place.name or "", ()),
                "rule": in_words(one.rule, words.language),
            }
            for finding in look.seen.findings
            for one in finding.evidence
        ],
    }


def _findings(entry: LedgerEntry, words: ConsoleWords) -> list[dict[str, Any]]:
    return [
        words.code(found.error) | {"confidence": found.confidence.value, "variant": found.variant}
        for found in entry.findings
    ]


def _step(step: Step) -> dict[str, Any]:
    return {"kind": step.kind, "tags": sorted(step.add_tags), "group": step.group, "status": step.status}


def _write(write: Write) -> dict[str, Any]:
    """What changed; neither the tags that others had set nor any words."""
    return {
        "kind": write.kind,
        "at": write.after.updated_at,
        "public": write.public,
        "files": list(write.files),
        "tags": sorted(set(write.after.tags) - set(write.before.tags)),
        "audit_id": write.audit_id,
    }
