"""From what the rules and the two models say of one code to one probability, by weights learned on texts nobody read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zendesk_gupshup.detect.candidates import Candidate
from zendesk_gupshup.detect.features import Features
from zendesk_gupshup.detect.linear import probability, weighted
from zendesk_gupshup.detect.weights import JoinWeights
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Confidence, ErrorCode

# A rival counts from here to there; beyond it is no nearer and no farther.
_RIVAL = 4.0
# So much a text's words can take away or add: what is foreign to all that was read in training proves little.
_UNLIKE, _LIKE = -1.5, 3.0


@dataclass(frozen=True)
class Scored:
    candidate: Candidate
    features: Features
    score: float


@dataclass(frozen=True)
class CodeGroup:
    """All candidates of one code, or all that name no code."""

    entry: CodeEntry | None
    scored: tuple[Scored, ...]

    @property
    def best(self) -> Scored:
        return max(self.scored, key=lambda one: one.score)

    @property
    def own(self) -> tuple[Scored, ...]:
        """Those of the writer's own words."""
        return tuple(one for one in self.scored if one.candidate.way != "history")

    @property
    def best_own(self) -> Scored:
        return max(self.own, key=lambda one: one.score)

    @property
    def by_rules(self) -> bool:
        return self.rules in (Confidence.LIKELY, Confidence.CERTAIN)

    @property
    def by_procedure(self) -> bool:
        """Found by a shape and no words: a payload, a cell under a header of codes, a code with its count."""
        return any(_is_procedure(one.candidate) for one in self.own)

    @property
    def rules(self) -> Confidence | None:
        """How sure the rules are of the code at their best place."""
        said = [one.candidate.verdict.confidence for one in self.own]
        return max((c for c in said if c is not None), key=lambda c: c.rank, default=None)


def _is_procedure(candidate: Candidate) -> bool:
    verdict = candidate.verdict
    if verdict.confidence in (None, Confidence.POSSIBLE):
        return False
    if verdict.mention is not None:
        return verdict.mention.counted or verdict.mention.in_column
    return candidate.way == "payload" or (candidate.way == "symptom" and verdict.rule.name is not Rule.SYMPTOM)


def groups_of(scored: Iterable[Scored]) -> list[CodeGroup]:
    by_code: dict[ErrorCode | None, list[Scored]] = {}
    for one in scored:
        entry = one.candidate.verdict.entry
        by_code.setdefault(entry.error if entry is not None else None, []).append(one)
    return [CodeGroup(found[0].candidate.verdict.entry, tuple(found)) for found in by_code.values()]


def join_signals(group: CodeGroup, groups: Sequence[CodeGroup], document: float) -> dict[str, float]:
    """The few numbers that the joining sees."""
    others = [other for other in groups if other.entry is not None and other is not group]
    rival = max((other.best.score for other in others), default=None)
    reported = sum(other.by_rules for other in others)
    rules = group.rules
    return {
        "candidate": group.best.score,
        "document": max(_UNLIKE, min(document, _LIKE)),
        "rules certain": float(rules is Confidence.CERTAIN),
        "rules likely": float(rules is Confidence.LIKELY),
        "rules possible": float(rules is Confidence.POSSIBLE),
        "history": float(not group.own),
        "rival": 0.0 if rival is None else max(-_RIVAL, min(rival, _RIVAL)),
        "rival is better": float(rival is not None and rival > group.best.score),
        "no rival": float(rival is None),
        "other codes": float(min(3, reported)),
    }


def joined(weights: JoinWeights, signals: dict[str, float]) -> float:
    return probability(weights.bias + weighted(weights.weights, signals))
