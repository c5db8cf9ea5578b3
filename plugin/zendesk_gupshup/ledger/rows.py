"""An entry as rows of the ledger's tables, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.storage.schema import DECISION, FINDING, UNKNOWN, WRITE

from .entry import Found, LedgerEntry

# The columns of an entry that are one value each.
_PLAIN = (
    "run", "ticket_id", "organization_id", "requester_id", "at", "created", "stamp", "did", "reason", "mode", "kind",
    "language", "app", "guards", "missing", "symptoms", "looks", "attempt", "requests", "seconds",
)  # fmt: skip

# Made once: making one takes as long as the database does.
_DECISION = sa.insert(DECISION)
_CHILDREN = (FINDING, UNKNOWN, WRITE)
_INSERTS = {table.name: sa.insert(table) for table in _CHILDREN}


_OVER = (
    sa.update(DECISION)
    .where(DECISION.c.id == sa.bindparam("number"))
    .values({name: sa.bindparam(name) for name in (*_PLAIN, "planned", "would", "account", "codes", "writes")})
)


@dataclass(frozen=True)
class EntryRows:
    """An entry as its rows, all but their number."""

    decision: Mapping[str, Any]
    children: tuple[tuple[sa.Table, Sequence[Mapping[str, Any]]], ...]

    def put(self, connection: sa.Connection) -> int:
        """Insert them; their number."""
        inserted = connection.execute(_DECISION, self.decision).inserted_primary_key
        assert inserted is not None  # noqa: S101 - both databases give it
        number = int(inserted[0])
        self._put_children(connection, number, _CHILDREN)
        return number

    def put_over(self, connection: sa.Connection, number: int) -> bool:
        """Over the rows of an entry that this one `finishes`; false where they are gone."""
        if not connection.execute(_OVER, {**self.decision, "number": number}).rowcount:
            return False
        self._put_children(connection, number, (WRITE,))
        return True

    def _put_children(self, connection: sa.Connection, number: int, wanted: Sequence[sa.Table]) -> None:
        for table, children in self.children:
            if table not in wanted:
                continue
            numbered = [{**child, "decision_id": number, "number": n} for n, child in enumerate(children)]
            connection.execute(_INSERTS[table.name], numbered)


def finishes(entry: LedgerEntry, before: LedgerEntry) -> bool:
    """Whether an entry found what the one before its writes found, and nothing was written at that time."""
    return (entry.findings, entry.unknown, ()) == (before.findings, before.unknown, before.writes)


def rows_of(account: str, entry: LedgerEntry) -> EntryRows:
    """To be made before the transaction, which others wait for."""
    values = entry.model_dump(mode="json")
    row = {name: values[name] for name in _PLAIN}
    row |= {"planned": [_step(s) for s in entry.planned], "would": [_step(s) for s in entry.would]}
    row |= {"account": account, "codes": len(entry.findings), "writes": len(entry.writes)}
    findings = [
        {"namespace": f.error.namespace, "code": f.error.code, "confidence": f.confidence.value, "variant": f.variant}
        for f in entry.findings
    ]
    unknown = [{"text": text} for text in entry.unknown]
    children = ((FINDING, findings), (UNKNOWN, unknown), (WRITE, values["writes"]))
    return EntryRows(row, tuple((table, found) for table, found in children if found))


def read(connection: sa.Connection, ids: Sequence[int]) -> list[LedgerEntry]:
    """The entries of these numbers, oldest first."""
    return [entry for _, entry in read_numbered(connection, ids)]


def read_numbered(connection: sa.Connection, ids: Sequence[int]) -> list[tuple[int, LedgerEntry]]:
    """The entries of these numbers with the number of each, oldest first."""
    found = connection.execute(sa.select(DECISION).where(DECISION.c.id.in_(ids)).order_by(DECISION.c.id)).mappings()
    findings, unknown, writes = (_children(connection, table, ids) for table in (FINDING, UNKNOWN, WRITE))
    return [
        (
            int(row["id"]),
            LedgerEntry.model_validate(
                {name: row[name] for name in (*_PLAIN, "planned", "would")}
                | {
                    "findings": [_finding(child) for child in findings.get(row["id"], ())],
                    "unknown": [child["text"] for child in unknown.get(row["id"], ())],
                    "writes": [{n: child[n] for n in Write.model_fields} for child in writes.get(row["id"], ())],
                }
            ),
        )
        for row in found
    ]


def _step(step: Step) -> dict[str, Any]:
    """With its tags in order, so that equal steps are equal rows."""
    values: dict[str, Any] = step.model_dump(mode="json", exclude_defaults=True)
    return {key: sorted(value) if key.endswith("_tags") else value for key, value in values.items()}


def _finding(row: Mapping[str, Any]) -> Found:
    error = ErrorCode(namespace=row["namespace"], code=row["code"])
    return Found(error=error, confidence=row["confidence"], variant=row["variant"])


def _children(connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    query = sa.select(table).where(table.c.decision_id.in_(ids)).order_by(table.c.decision_id, table.c.number)
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(int(row["decision_id"]), []).append(dict(row))
    return found
