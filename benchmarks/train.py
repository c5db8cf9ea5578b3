"""Learn `weights.json` from the labelled texts of `../shared/corpus` and `tests/texts`: the same texts, the same bytes.

usage: python benchmarks/train.py [--output FILE]

Both models learn from the training texts, the suite's cases and the dictionary's examples; what joins them with the
rules, and the thresholds, from the join texts alone. A word or a pair is kept where it stands in at least five texts of
at least two authors, so that neither a text nor a name can be read off the weights.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from corpus import CORPUS, JOIN, OWN_JOIN, OWN_TRAIN, TEXTS, TRAIN, LabelledText, digest, relatives, texts
from examples import CASES, Example, cases, dictionary_examples, examples, view
from zendesk_gupshup.detect.candidate_model import CandidateModel
from zendesk_gupshup.detect.document_model import document_score, document_words
from zendesk_gupshup.detect.joining import CodeGroup, Scored, groups_of, join_signals, joined
from zendesk_gupshup.detect.judgement import JudgedTexts
from zendesk_gupshup.detect.weights import (
    BLOCKS,
    VERSION,
    BlockWeights,
    CandidateWeights,
    DocumentWeights,
    JoinWeights,
    Limits,
    Thresholds,
    Training,
    Weights,
)
from zendesk_gupshup.detect.witnesses import speaks_against
from zendesk_gupshup.dictionary import Dictionary, load
from zendesk_gupshup.model.finding import Confidence

WEIGHTS = Path(__file__).parents[1] / "plugin" / "zendesk_gupshup" / "detect" / "weights.json"
_TEXTS, _AUTHORS = 5, 2
_SCALES = {"near": 2.0, "sentence": 2.0, "heading": 1.0, "subject": 1.0, "text": 2.5}
_DOCUMENT_SCALE = 3.0
# Rules are right on all of the suite's cases; an example of the dictionary is one sentence.
_SOURCE = {"cases": 0.8, "dictionary": 0.6, "relatives": 0.5}
_OF_TEXTS = 1.5
_DIGITS = 3
# What the calibration calls wrong of what is certain, at most.
_WRONG = 0.01
_CLOSE = 0.003
_NEARLY = 0.97
# Relatives that say the same as their text count with it, and not once more.
_SAME = frozenset({"typo", "wrap", "chat", "html"})
# What no rule says needs even odds at least.
_EVEN = 0.5
# What is tried for each witness of `certain`.
_CANDIDATES = tuple(step / 4 for step in range(17))
_DOCUMENTS = tuple(step / 4 for step in range(-6, 7))
_PROBABILITIES = tuple(step / 100 for step in range(60, 98, 2))
_STEPS = tuple(step / 100 for step in range(8, 66, 2))


@dataclass(frozen=True)
class Seen:
    text: LabelledText
    view: JudgedTexts
    examples: tuple[Example, ...]


def see(found: Iterable[LabelledText], dictionary: Dictionary) -> list[Seen]:
    made = []
    for text in found:
        seen = view(text, dictionary)
        made.append(Seen(text, seen, tuple(examples(text, seen))))
    return made


def training_texts(dictionary: Dictionary) -> list[LabelledText]:
    return [
        *texts(TRAIN),
        *texts(OWN_TRAIN, TEXTS),
        *cases(),
        *dictionary_examples(dictionary),
        *relatives(TRAIN, each=1, seed=3),
        *relatives(OWN_TRAIN, each=1, seed=3, folder=TEXTS),
    ]


def joining_texts() -> list[LabelledText]:
    """The join texts, and their relatives for what is certain: a quoted or a solved report must not be."""
    return [
        *texts(JOIN),
        *texts(OWN_JOIN, TEXTS),
        *relatives(JOIN, each=1, seed=3),
        *relatives(OWN_JOIN, each=1, seed=3, folder=TEXTS),
    ]


def candidate_weights(seen: Sequence[Seen]) -> CandidateWeights:
    known = _known((s.text, {w for e in s.examples for _, words in e.features.blocks for w in words}) for s in seen)
    rows: list[dict[str, float]] = []
    targets: list[bool] = []
    shares: list[float] = []
    for one in seen:
        judged = [example for example in one.examples if example.target is not None]
        for example in judged:
            rows.append(_row(example, known))
            targets.append(bool(example.target))
            shares.append(_SOURCE.get(one.text.file, _OF_TEXTS) / len(judged) ** 0.5)
    bias, learned = _fit(rows, targets, shares, 1.0)
    blocks = {
        name: BlockWeights(
            scale=_SCALES[name],
            weights={w[len(name) + 1 :]: v for w, v in learned.items() if w.startswith(f"{name}\0")},
        )
        for name in BLOCKS
    }
    return CandidateWeights(bias=bias, signals={w: v for w, v in learned.items() if "\0" not in w}, blocks=blocks)


def _row(example: Example, known: frozenset[str]) -> dict[str, float]:
    row = {name: value for signals in example.features.signals for name, value in signals.items() if value}
    for block, words in example.features.blocks:
        kept = sorted(words & known)
        for word in kept:
            row[f"{block}\0{word}"] = _SCALES[block] / len(kept) ** 0.5
    return row


def document_weights(seen: Sequence[Seen]) -> DocumentWeights:
    said = [document_words(one.view.document) for one in seen]
    known = _known((one.text, words) for one, words in zip(seen, said, strict=True))
    rows = []
    for words in said:
        kept = sorted(words & known)
        rows.append({word: _DOCUMENT_SCALE / len(kept) ** 0.5 for word in kept})
    shares = [_SOURCE.get(one.text.file, _OF_TEXTS) for one in seen]
    bias, learned = _fit(rows, [one.text.is_error for one in seen], shares, 1.0)
    return DocumentWeights(bias=bias, words=BlockWeights(scale=_DOCUMENT_SCALE, weights=learned))


def _known(found: Iterable[tuple[LabelledText, Iterable[str]]]) -> frozenset[str]:
    """Words of enough texts by enough authors."""
    of_texts: dict[str, int] = defaultdict(int)
    of_authors: dict[str, set[str]] = defaultdict(set)
    for text, words in found:
        for word in words:
            of_texts[word] += 1
            of_authors[word].add(text.author)
    return frozenset(w for w, count in of_texts.items() if count >= _TEXTS and len(of_authors[w]) >= _AUTHORS)


def _fit(
    rows: Sequence[Mapping[str, float]], targets: Sequence[bool], shares: Sequence[float], strength: float
) -> tuple[float, dict[str, float]]:
    names = sorted({name for row in rows for name in row})
    column = {name: at for at, name in enumerate(names)}
    values = [value for row in rows for value in row.values()]
    columns = [column[name] for row in rows for name in row]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    matrix = csr_matrix((values, columns, ends), shape=(len(rows), len(names)))
    model = LogisticRegression(C=strength, max_iter=3000, tol=1e-4)
    model.fit(matrix, targets, sample_weight=shares)
    learned = {name: round(float(weight), _DIGITS) for name, weight in zip(names, model.coef_[0], strict=True)}
    return round(float(model.intercept_[0]), _DIGITS), {name: weight for name, weight in learned.items() if weight}


@dataclass(frozen=True)
class Judged:
    text: LabelledText
    group: CodeGroup
    signals: dict[str, float]
    # None where the label leaves it open.
    target: bool | None


def judged(seen: Iterable[Seen], candidate: CandidateWeights, document: DocumentWeights) -> list[Judged]:
    made = []
    for one in seen:
        if not one.examples:
            continue
        model = CandidateModel.of(candidate)
        groups = groups_of(Scored(e.candidate, e.features, model.score(e.features)) for e in one.examples)
        of_text = document_score(document, one.view.document)
        for group in groups:
            target: bool | None = one.text.is_error
            if group.entry is not None:
                code = (group.entry.error.namespace, group.entry.error.code)
                target = True if code in one.text.codes else None if code in one.text.optional else False
            made.append(Judged(one.text, group, join_signals(group, groups, of_text), target))
    return made


def join_weights(found: Sequence[Judged], names: Sequence[str]) -> JoinWeights:
    known = [one for one in found if one.target is not None]
    rows = [{name: one.signals[name] for name in names} for one in known]
    bias, learned = _fit(rows, [bool(one.target) for one in known], [1.0] * len(known), 0.1)
    return JoinWeights(bias=bias, weights=learned)


_OF_CODES = (
    "candidate",
    "document",
    "rules certain",
    "rules likely",
    "rules possible",
    "history",
    "rival",
    "rival is better",
    "no rival",
    "other codes",
)
_OF_SYMPTOMS = ("candidate", "document", "rules likely")


def thresholds(
    found: Sequence[Judged], codes: JoinWeights, report: Sequence[float], symptom: Sequence[float]
) -> Thresholds:
    """The most findings that may be called certain, where at most one of a hundred is wrong."""
    known = [
        (joined(codes, one.signals), one)
        for one in found
        if one.group.entry is not None and one.group.by_rules and not speaks_against(one.group)
    ]
    of_certain = _limits([(p, one) for p, one in known if one.group.rules is Confidence.CERTAIN])
    of_likely = _limits([(p, one) for p, one in known if one.group.rules is not Confidence.CERTAIN])
    wrongs = {
        (first, second): of_certain[first][0] + of_likely[second][0]
        for first, second in product(of_certain, of_likely)
        if first + second <= _WRONG * (of_certain[first][0] + of_likely[second][0])
    }
    if not wrongs:
        raise SystemExit("no thresholds keep what is certain right in 99 of 100; look at the join texts' figures")
    first, second = max(wrongs, key=lambda pair: (wrongs[pair], -sum(pair)))
    return Thresholds(
        report=report[0],
        rescue=report[1],
        symptom=symptom[0],
        symptom_rescue=max(symptom[1], _EVEN),
        of_certain=of_certain[first][1],
        of_likely=of_likely[second][1],
    )


def _limits(known: Sequence[tuple[float, Judged]]) -> dict[int, tuple[int, Limits]]:
    """For each number of wrong findings the limits that let the most pass, and how many these are.

    Of limits that let nearly as many pass, those that ask the most of all witnesses together.
    """
    scores = np.array([one.group.best_own.score for _, one in known])
    texts_ = np.array([one.signals["document"] for _, one in known])
    chances = np.array([p for p, _ in known])
    wrong = np.array([one.target is False for _, one in known])
    tried: dict[int, list[tuple[int, Limits]]] = defaultdict(list)
    for candidate, document, least in product(_CANDIDATES, _DOCUMENTS, _PROBABILITIES):
        passed = (scores >= candidate) & (texts_ >= document) & (chances >= least)
        limits = Limits(candidate=candidate, document=document, probability=least)
        tried[int((passed & wrong).sum())].append((int(passed.sum()), limits))
    best = {}
    for number, found in tried.items():
        most = max(count for count, _ in found)
        close = [(count, limits) for count, limits in found if count >= _NEARLY * most]
        best[number] = max(close, key=lambda one: (one[1].probability, one[1].document, one[1].candidate))
    return best


def _best(found: Sequence[Judged], weights: JoinWeights) -> tuple[float, float]:
    """Thresholds where the rules speak for it and where they do not, of those whose F1 is nearly the best.

    What the rules say is kept where it costs next to nothing; what they do not say needs the more.
    """
    known = [(joined(weights, one.signals), not one.group.by_rules, one.target) for one in found]
    counts = [[_counts([(p, t) for p, none, t in known if none == at], step) for step in _STEPS] for at in (0, 1)]
    scores = {}
    for first, second in product(range(len(_STEPS)), repeat=2):
        right, wrong, missed = (counts[0][first][n] + counts[1][second][n] for n in range(3))
        scores[_STEPS[first], _STEPS[second]] = 2 * right / (2 * right + wrong + missed) if right else 0.0
    most = max(scores.values())
    return min((pair for pair, score in scores.items() if score >= most - _CLOSE), key=lambda pair: (pair[0], -pair[1]))


def _counts(found: Sequence[tuple[float, bool | None]], threshold: float) -> tuple[int, int, int]:
    right = sum(target is True and p > threshold for p, target in found)
    wrong = sum(target is False and p > threshold for p, target in found)
    return right, wrong, sum(target is True and p <= threshold for p, target in found)


def calibration(found: Sequence[Judged], codes: JoinWeights) -> tuple[tuple[float, int, float], ...]:
    ends = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    bins: dict[float, list[bool]] = {end: [] for end in ends}
    for one in found:
        if one.group.entry is not None and one.target is not None:
            p = joined(codes, one.signals)
            bins[next(end for end in ends if p <= end)].append(bool(one.target))
    return tuple((end, len(b), round(sum(b) / len(b), 3) if b else 0.0) for end, b in bins.items())


def train(learn: Sequence[Seen], join: Sequence[Seen], hashes: tuple[str, str] = ("", "")) -> Weights:
    candidate, document = candidate_weights(learn), document_weights(learn)
    everything = judged(join, candidate, document)
    found = [one for one in everything if one.text.file != "relatives"]
    codes = join_weights([one for one in found if one.group.entry is not None], _OF_CODES)
    report = _best([one for one in found if one.group.entry is not None], codes)
    told = {
        one.text.id
        for one in found
        if one.group.entry is not None and joined(codes, one.signals) > report[not one.group.by_rules]
    }
    # Trouble without a code decides only where no code is reported.
    of_none = [one for one in found if one.group.entry is None and one.text.id not in told]
    symptoms = join_weights(of_none, _OF_SYMPTOMS)
    return Weights(
        version=VERSION,
        training=Training(
            train=hashes[0],
            join=hashes[1],
            train_texts=len(learn),
            join_texts=len(join),
            calibration=calibration(found, codes),
        ),
        candidate=candidate,
        document=document,
        join_codes=codes,
        join_symptoms=symptoms,
        thresholds=thresholds(
            [one for one in everything if one.text.kind not in _SAME], codes, report, _best(of_none, symptoms)
        ),
    )


def _files(shared: Iterable[str], own: Iterable[str], *others: Path) -> list[Path]:
    return [*(CORPUS / name for name in shared), *(TEXTS / name for name in own), *others]


def written(weights: Weights) -> str:
    """One line a weight, so that a change of the file can be read."""
    return json.dumps(weights.model_dump(mode="json"), ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    output = parser.parse_args().output
    dictionary = load()
    learn, join = see(training_texts(dictionary), dictionary), see(joining_texts(), dictionary)
    hashes = digest(_files(TRAIN, OWN_TRAIN, CASES)), digest(_files(JOIN, OWN_JOIN))
    # One thread adds up in one order.
    with threadpool_limits(limits=1):
        weights = train(learn, join, hashes)
    output.write_text(written(weights), encoding="utf-8")
    of_candidates = len(weights.candidate.signals) + sum(len(b.weights) for b in weights.candidate.blocks.values())
    of_texts = len(weights.document.words.weights)
    print(
        f"{output}: {output.stat().st_size:,} bytes; weights of candidates: {of_candidates:,}, of texts: {of_texts:,}"
    )
    print(f"thresholds: {weights.thresholds.model_dump()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
