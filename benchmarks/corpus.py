"""The labelled texts of `../shared/corpus`: which file serves for what, and who wrote each text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus"
TRAIN = (
    "dev.jsonl",
    "dev_real2.jsonl",
    "train_real3.jsonl",
    "dev_written.jsonl",
    "dev_tickets_a.jsonl",
    "dev_tickets_b.jsonl",
    "dev_field.jsonl",
    "dev_adversarial.jsonl",
)


@dataclass(frozen=True)
class LabelledText:
    id: str
    file: str
    # One writer, or the site and repository of a real passage.
    author: str
    kind: str
    lang: str
    subject: str
    body: str
    is_error: bool
    codes: frozenset[tuple[str, str]]
    optional: frozenset[tuple[str, str]]
    escalation: bool | None


def texts(names: Iterable[str], folder: Path = CORPUS) -> list[LabelledText]:
    return [labelled(name, row) for name in names for row in rows(folder / name)]


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def labelled(name: str, row: dict[str, Any]) -> LabelledText:
    label = row["label"]
    return LabelledText(
        id=row["id"],
        file=name,
        author=_author(name, row),
        kind=row["source_kind"],
        lang=row["lang"],
        subject=row["subject"],
        body=row["body"],
        is_error=bool(label["is_error"]),
        codes=_pairs(label["codes"]),
        optional=_pairs(label.get("optional_codes", ())),
        escalation=label["owner_escalation"],
    )


def _author(name: str, row: dict[str, Any]) -> str:
    if row.get("author_kind") == "written":
        return name
    # `github.com/owner/repository/path`: the owner wrote it; of other sites the site is all that is known.
    return "/".join(str(row.get("source", name)).split("/")[:2])


def _pairs(codes: Iterable[dict[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((code["namespace"], code["code"]) for code in codes)
