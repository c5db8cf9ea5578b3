"""Each author of the training texts in turn left out, and half of the codes: models learned on the rest judge them.

usage: python benchmarks/left_out.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from threadpoolctl import threadpool_limits

from corpus import OWN_TRAIN, TEST, LabelledText, texts
from figures import HEAD, Figures, figures_of, line
from train import Seen, joining_texts, see, train, training_texts
from zendesk_gupshup.detect.findings import evidence, findings
from zendesk_gupshup.detect.weights import Weights
from zendesk_gupshup.detect.withheld import reasons_to_withhold
from zendesk_gupshup.detect.witnesses import judged
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Detection

# Real passages have many authors: those of one file are left out together.
_AUTHORS = {
    "tickets a": ("dev_tickets_a.jsonl",),
    "tickets b": ("dev_tickets_b.jsonl",),
    "written": ("dev_written.jsonl",),
    "field": ("dev_field.jsonl",),
    "adversarial": ("dev_adversarial.jsonl",),
    "real passages": ("dev.jsonl", "dev_real2.jsonl", "train_real3.jsonl"),
} | {name.removesuffix(".jsonl").replace("_", " "): (name,) for name in OWN_TRAIN}


def main() -> int:
    dictionary = load()
    learn = see(training_texts(dictionary), dictionary)
    join = see(joining_texts(), dictionary)
    test = see(texts(TEST), dictionary)
    print(HEAD)
    with threadpool_limits(limits=1):
        for name, files in _AUTHORS.items():
            weights = train(_without_authors(learn, files), join)
            print(
                line(f"{name} left out", judged_by(weights, [one for one in learn if one.text.file in files])),
                flush=True,
            )
        held = _of_held_codes(test, _is_held)
        whole = train(learn, join)
        print(line("test texts of the held codes, all trained", judged_by(whole, held)))
        weights = train([_without(one, _is_held) for one in learn], [_without(one, _is_held) for one in join])
        print(line("the same, held codes out of training", judged_by(weights, held)))
    return 0


def _without_authors(learn: Sequence[Seen], files: Sequence[str]) -> list[Seen]:
    """Without these files, and without the relatives of their texts."""
    authors = {one.text.author for one in learn if one.text.file in files}
    return [one for one in learn if one.text.file not in files and one.text.author not in authors]


def judged_by(weights: Weights, seen: Sequence[Seen]) -> Figures:
    found = {one.text.id: _detection(one, weights) for one in seen}
    return figures_of((one.text for one in seen), lambda text: found[text.id])


def _detection(one: Seen, weights: Weights) -> Detection:
    judgement = judged(one.view, weights)
    scenes = one.view.document.scenes
    return Detection(
        findings=findings(judgement.verdicts, judgement.witnesses, lambda: reasons_to_withhold(scenes)),
        symptoms=tuple(evidence(v) for v in judgement.verdicts if v.symptom),
        unknown=tuple(evidence(v) for v in judgement.verdicts if v.unknown),
    )


def _is_held(code: str) -> bool:
    """Every second of Gupshup's own and of Meta's long codes."""
    return len(code) >= 4 and code.isdigit() and int(code) % 2 == 0


def _of_held_codes(seen: Sequence[Seen], held: Callable[[str], bool]) -> list[Seen]:
    return [one for one in seen if any(held(code) for _, code in one.text.codes)]


def _without(one: Seen, held: Callable[[str], bool]) -> Seen:
    """No candidate of a held code, and no text that reports one."""
    if any(held(code) for _, code in one.text.codes):
        return replace(one, examples=(), text=_empty(one.text))
    kept = tuple(
        e for e in one.examples if not (e.candidate.verdict.entry and held(e.candidate.verdict.entry.error.code))
    )
    return replace(one, examples=kept)


def _empty(text: LabelledText) -> LabelledText:
    return replace(text, codes=frozenset())


if __name__ == "__main__":
    sys.exit(main())
