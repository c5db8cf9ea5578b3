"""The console's modes: what each code may do, why, how often it came, and which lines of the settings would change it.

Nothing here changes a mode: it stands in the settings file, and a second place for it would be a second truth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from pydantic import TypeAdapter

from zendesk_gupshup.decide.policy import Policy, kind_of, mode_of
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Finding
from zendesk_gupshup.model.plan import Mode, ReplyKind
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.storage.schema import DECISION, FINDING

from .console_held import newest_decision
from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

# Where a mode comes from: the code's own line, `default`, what the kind of its reply gets without a line; or `cap`.
ModeSource = Literal["line", "default", "kind", "cap"]

# The snapshot, the tickets of the last row shown, and its place in the dictionary.
_KEY = TypeAdapter(tuple[int, int, int])


@dataclass(frozen=True)
class ModeLines:
    """What to write under `[modes]` for a mode; `cap` among it changes other codes as well."""

    mode: Mode
    lines: tuple[str, ...]
    raises_cap: bool


@dataclass(frozen=True)
class ModeOfCode:
    """A code's mode where its finding is certain; `brands`: the lower mode on tickets of a brand, by the brand's id."""

    error: ErrorCode
    kind: ReplyKind
    mode: Mode
    source: ModeSource
    tickets: int
    brands: Mapping[int, Mode]
    change: tuple[ModeLines, ...]
    place: int


def modes_page(ledger: Ledger, brain: Brain, cursor: str | None) -> ConsolePage[ModeOfCode]:
    """Codes on the most tickets first, then those that never came. All pages count up to the same decision.

    Raises `BadCursor`, `SQLAlchemyError`.
    """
    key = key_of_cursor(cursor, _KEY)
    with ledger.engine.connect() as connection:
        snapshot = key[0] if key else newest_decision(connection, ledger.account)
        tickets = _tickets(connection, ledger.account, snapshot)
    places = [
        (-tickets.get(entry.error, 0), place, entry.error)
        for place, entry in enumerate(brain.dictionary.entries)
        if not entry.success
    ]
    places.sort(key=lambda one: one[:2])
    if key:
        places = [one for one in places if one[:2] > (-key[1], key[2])]
    rows = [mode_of_code(error, brain, tickets=-count, place=place) for count, place, error in places[: PAGE_ROWS + 1]]
    return paged(rows, lambda row: (snapshot, row.tickets, row.place))


def mode_of_code(error: ErrorCode, brain: Brain, *, tickets: int = 0, place: int = 0) -> ModeOfCode:
    finding, policy = _certain(error), brain.policy
    mode = mode_of(finding, brain.dictionary, policy)
    capped = {id_: min(mode, rules.cap, key=lambda one: one.rank) for id_, rules in sorted(brain.brands.items())}
    return ModeOfCode(
        error=error,
        kind=kind_of(finding, brain.dictionary),
        mode=mode,
        source=_source(finding, brain.dictionary, policy),
        tickets=tickets,
        brands={id_: lower for id_, lower in capped.items() if lower is not mode},
        change=tuple(_lines(error, wanted, policy) for wanted in Mode if wanted is not mode),
        place=place,
    )


def _certain(error: ErrorCode) -> Finding:
    return Finding(error=error, confidence=Confidence.CERTAIN, evidence=())


def _source(finding: Finding, dictionary: Dictionary, policy: Policy) -> ModeSource:
    free = policy.model_copy(update={"cap": Mode.AUTO})
    if mode_of(finding, dictionary, free) is not mode_of(finding, dictionary, policy):
        return "cap"
    if str(finding.error) in policy.modes:
        return "line"
    return "kind" if policy.default_mode is None else "default"


def _lines(error: ErrorCode, wanted: Mode, policy: Policy) -> ModeLines:
    """TOML: a JSON text is one of its basic strings."""
    lines = [f"{json.dumps(str(error))} = {json.dumps(wanted.value)}"]
    raises_cap = wanted.rank > policy.cap.rank
    if raises_cap:
        lines.append(f"cap = {json.dumps(wanted.value)}")
    return ModeLines(wanted, tuple(lines), raises_cap)


def _tickets(connection: sa.Connection, account: str, snapshot: int) -> dict[ErrorCode, int]:
    """Tickets by code; a finding that is only possible counts for nothing, as in reports."""
    query = (
        sa.select(FINDING.c.namespace, FINDING.c.code, sa.func.count(sa.distinct(DECISION.c.ticket_id)))
        .join(DECISION, DECISION.c.id == FINDING.c.decision_id)
        .where(
            DECISION.c.account == account,
            DECISION.c.id <= snapshot,
            FINDING.c.confidence != Confidence.POSSIBLE.value,
        )
        .group_by(FINDING.c.namespace, FINDING.c.code)
    )
    found = connection.execute(query)
    return {ErrorCode(namespace=namespace, code=code): int(count) for namespace, code, count in found}
