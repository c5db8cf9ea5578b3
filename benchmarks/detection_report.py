"""How well the detector does on the labelled texts of `../shared/corpus`: scores, every miss, wrong `certain` ones."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from zendesk_gupshup.detect import detect_text, is_error, reported
from zendesk_gupshup.dictionary import Dictionary, load
from zendesk_gupshup.model.finding import Confidence, Detection

SHARED = Path(__file__).parents[1].parent / "shared" / "corpus"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="CORPUS.jsonl", help="other labelled texts")
    files = parser.parse_args().files or sorted(SHARED.glob("*.jsonl"))
    if missing := [str(file) for file in files if not file.is_file()]:
        parser.error(f"no such file: {', '.join(missing)}")
    if not files:
        print(f"no labelled texts in {SHARED}; name a file", file=sys.stderr)
        return 2
    dictionary = load()
    wrong = sum(report(file, dictionary) for file in files)
    return 1 if wrong else 0


def report(file: Path, dictionary: Dictionary) -> int:
    """Print the figures of one file; how many findings were certain and wrong."""
    items = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    found = {item["id"]: detect_text(item["subject"], item["body"], dictionary) for item in items}
    print(f"\n=== {file.name}")
    print(_score(file, found))
    wrong = [line for item in items for line in _wrongly_certain(item, found[item["id"]])]
    certain = sum(f.confidence is Confidence.CERTAIN for d in found.values() for f in d.findings)
    print(f"certain findings: {certain}, wrong among them: {len(wrong)}")
    print("\n".join(wrong))
    return len(wrong)


def _score(file: Path, found: dict[str, Detection]) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as predictions:
        for name, detection in found.items():
            codes = [f.error.model_dump() for f in reported(detection)]
            print(json.dumps({"id": name, "is_error": is_error(detection), "codes": codes}), file=predictions)
        predictions.flush()
        done = subprocess.run(
            [sys.executable, str(SHARED / "score.py"), predictions.name, str(file), "--show-text"],
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def _wrongly_certain(item: dict[str, Any], detection: Detection) -> list[str]:
    label = item["label"]
    right = {(code["namespace"], code["code"]) for code in label["codes"] + label["optional_codes"]}
    return [
        f"  wrong: {item['id']} {finding.error}: {finding.evidence[0].rule.name}: {finding.evidence[0].quote}"
        for finding in detection.findings
        if finding.confidence is Confidence.CERTAIN and (finding.error.namespace, finding.error.code) not in right
    ]


if __name__ == "__main__":
    sys.exit(main())
