"""Linear models with readable weights, evaluated in plain Python: a name, a weight, a sum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
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


def strongest(parts: Sequence[tuple[str, float]], most: int) -> list[tuple[str, float]]:
    """Those that add or take away the most, the strongest first."""
    sizes = sorted(abs(added) for _, added in parts)
    least = sizes[-most] if len(sizes) > most else 0.0
    # Few are left, and only these are sorted by their names as well.
    kept = [part for part in parts if abs(part[1]) >= least]
    return sorted(kept, key=lambda part: (-abs(part[1]), part[0]))[:most]


def probability(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(score, 30.0))))


def weighted(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return sum(weights[name] * value for name, value in values.items() if name in weights)
