"""The labelled texts of `../shared/corpus` and of `tests/texts`: which file serves for what, who wrote each text."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
# Our own, by several writers; see their README.
TEXTS = Path(__file__).parents[1] / "tests" / "texts"
OWN_TRAIN = (
    "everyday_es.jsonl",
    "everyday_pt_en.jsonl",
    "hard_es_pt.jsonl",
    "threads.jsonl",
    "logs_and_codes.jsonl",
    "developers.jsonl",
    "developers_wording.jsonl",
    "help_and_public.jsonl",
    "wiki_and_public.jsonl",
)
# Nobody who edits rules or cues reads these.
OWN_JOIN = ("held_tickets.jsonl", "held_passages.jsonl")
# Packed: opened by code alone, and no word of them is printed.
JOIN = ("join_tickets_e.jsonl.gz", "join_real3.jsonl.gz")
TEST = ("test_tickets_d.jsonl.gz", "test_real3.jsonl.gz")


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
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
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


def digest(files: Iterable[Path]) -> str:
    """SHA-256 of the files, one after the other in the given order."""
    hashed = hashlib.sha256()
    for file in files:
        hashed.update(file.read_bytes())
    return hashed.hexdigest()


def relatives(names: Iterable[str], each: int, seed: int, folder: Path = CORPUS) -> list[LabelledText]:
    """Synthetic relatives of the texts, by the maker that lies beside them: the label is kept or turned."""
    spec = importlib.util.spec_from_file_location("relatives", CORPUS / "relatives.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    made: list[LabelledText] = []
    for name in names:
        parents = {row["id"]: row for row in rows(folder / name)}
        for row in parents.values():
            row["label"].setdefault("optional_codes", [])
        for row in maker.make(list(parents.values()), each=each, seed=seed):
            author = _author(name, parents[row["id"].split(":", 1)[1]])
            made.append(replace(labelled("relatives", row), author=author))
    return made


def _author(name: str, row: dict[str, Any]) -> str:
    if row.get("author_kind") == "written":
        return name
    # `github.com/owner/repository/path`: the owner wrote it; of other sites the site is all that is known.
    return "/".join(str(row.get("source", name)).split("/")[:2])


def _pairs(codes: Iterable[dict[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((code["namespace"], code["code"]) for code in codes)
