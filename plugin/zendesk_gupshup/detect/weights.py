"""The weights of `weights.json`, which `make train` writes, as the models read them: loaded once, checked, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from zendesk_gupshup.detect.linear import Block

VERSION = 1
BLOCKS = ("near", "sentence", "heading", "subject", "text")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BlockWeights(_Strict):
    scale: float
    weights: dict[str, float]

    def block(self) -> Block:
        return Block(self.scale, self.weights)


class CandidateWeights(_Strict):
    bias: float
    signals: dict[str, float]
    blocks: dict[str, BlockWeights]


class DocumentWeights(_Strict):
    bias: float
    words: BlockWeights


class JoinWeights(_Strict):
    """Of codes and of trouble without a code: from the scores of the models and the rules to one probability."""

    bias: float
    weights: dict[str, float]


class Limits(_Strict):
    """From which each witness speaks for certain: the scores of both models, and the probability of all together."""

    candidate: float
    document: float
    probability: float


class Thresholds(_Strict):
    """Probabilities from which something is reported, and the limits of `certain`."""

    # A code that the rules report, and one that they dismiss or think possible.
    report: float
    rescue: float
    # The same for trouble without a code.
    symptom: float
    symptom_rescue: float
    # Where the rules are certain, and where they say likely: there the models must be the surer.
    of_certain: Limits
    of_likely: Limits


class Training(_Strict):
    """What the weights were learned on: SHA-256 of the files, the number of texts, and the calibration."""

    train: str
    join: str
    train_texts: int
    join_texts: int
    # On the join texts: upper end of the probability, findings, share of them that is right.
    calibration: tuple[tuple[float, int, float], ...]


class Weights(_Strict):
    version: int
    training: Training
    candidate: CandidateWeights
    document: DocumentWeights
    join_codes: JoinWeights
    join_symptoms: JoinWeights
    thresholds: Thresholds


def parsed(text: str) -> Weights:
    document: Mapping[str, object] = json.loads(text)
    weights = Weights.model_validate(document)
    if weights.version != VERSION or set(weights.candidate.blocks) != set(BLOCKS):
        raise ValueError(f"weights.json is of version {weights.version}, and {VERSION} is read; run make train")
    return weights


@lru_cache(maxsize=1)
def shipped() -> Weights:
    return parsed((resources.files(__package__) / "weights.json").read_text(encoding="utf-8"))
