"""The figures that the detector promises, on labelled texts, real ones and hand-written; skipped where absent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zendesk_gupshup.detect import detect_text, is_error, reported
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Confidence


@pytest.mark.parametrize("name", ["dev.jsonl", "dev_written.jsonl"])
def test_the_figures_hold(shared: Path, tmp_path: Path, name: str) -> None:
    corpus = shared / "corpus" / name
    items = [json.loads(line) for line in corpus.read_text("utf-8").splitlines() if line.strip()]
    wrongly_certain = []
    with (tmp_path / "predictions.jsonl").open("w", encoding="utf-8") as predictions:
        for item in items:
            found = detect_text(item["subject"], item["body"], load())
            codes = [finding.error.model_dump() for finding in reported(found)]
            print(json.dumps({"id": item["id"], "is_error": is_error(found), "codes": codes}), file=predictions)
            right = {(c["namespace"], c["code"]) for c in item["label"]["codes"] + item["label"]["optional_codes"]}
            wrongly_certain += [
                (item["id"], str(f.error))
                for f in found.findings
                if f.confidence is Confidence.CERTAIN and (f.error.namespace, f.error.code) not in right
            ]
    figures = tmp_path / "figures.json"
    score = [sys.executable, shared / "corpus" / "score.py", predictions.name, corpus, "--json", figures]
    subprocess.run(score, check=True, capture_output=True)
    measured = json.loads(figures.read_text("utf-8"))
    assert wrongly_certain == []
    assert measured["is_error"]["f1"] >= 0.97
    assert measured["codes_full"]["f1"] >= 0.97
    assert measured["owner_escalation"]["precision"] == 1.0
    assert measured["owner_escalation"]["recall"] >= 0.97
