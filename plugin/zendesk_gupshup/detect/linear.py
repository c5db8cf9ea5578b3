"""Linear models with readable weights, evaluated in plain Python: a name, a weight, a sum."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Words of one kind: together they have the length `scale`, however many they are."""

    scale: float
    weights: Mapping[str, float]

    def score(self, words: Iterable[str]) -> float:
        found = [self.weights[word] for word in self.weights.keys() & words]
        return self.scale * sum(found) / math.sqrt(len(found)) if found else 0.0

    def parts(self, words: Iterable[str]) -> list[tuple[str, float]]:
        """What each word adds."""
        found = self.weights.keys() & words
        share = self.scale / math.sqrt(len(found)) if found else 0.0
        return [(word, self.weights[word] * share) for word in found]


def strongest(parts: Iterable[tuple[str, float]], most: int) -> list[tuple[str, float]]:
    """Those that add or take away the most, the strongest first."""
    ranked = heapq.nsmallest(most, [(-abs(added), name, added) for name, added in parts])
    return [(name, added) for _, name, added in ranked]


def probability(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(score, 30.0))))


def weighted(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return sum(weights[name] * value for name, value in values.items() if name in weights)
