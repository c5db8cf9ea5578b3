"""Does this place report its code? The witness of the candidate's window, from named signals and masked words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zendesk_gupshup.detect.features import Features
from zendesk_gupshup.detect.linear import Block, strongest, weighted
from zendesk_gupshup.detect.weights import CandidateWeights


@dataclass
class CandidateModel:
    """For one text: what its candidates share is summed once."""

    bias: float
    signals: Mapping[str, float]
    blocks: Mapping[str, Block]
    # By identity: the features hold the objects for as long as the text is judged.
    _summed: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, weights: CandidateWeights) -> CandidateModel:
        blocks = {name: block.block() for name, block in weights.blocks.items()}
        return cls(weights.bias, weights.signals, blocks)

    def score(self, features: Features) -> float:
        total = self.bias
        for values in features.signals:
            total += self._once(values)
        for name, words in features.blocks:
            if id(words) not in self._summed:
                self._summed[id(words)] = self.blocks[name].score(words)
            total += self._summed[id(words)]
        return total

    def parts(self, features: Features, most: int) -> list[tuple[str, float]]:
        """The signals and words that add or take away the most, the strongest first."""
        added = [
            (name, self.signals[name] * value)
            for values in features.signals
            for name, value in values.items()
            if name in self.signals
        ]
        for name, words in features.blocks:
            added += self.blocks[name].parts(words)
        return strongest(added, most)

    def _once(self, values: Mapping[str, float]) -> float:
        if id(values) not in self._summed:
            self._summed[id(values)] = weighted(self.signals, values)
        return self._summed[id(values)]
