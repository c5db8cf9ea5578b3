"""Do the same words say the same as plain text and as HTML? `python benchmarks/forms.py [--ids] [CORPUS ...]`.

Each labelled text of `../shared/corpus`, the packed ones too, is read plain and in every form of `tests/html_forms.py`:
a line each with how many differ in findings (code, confidence, variant), symptoms or unknown codes. No text is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.html_forms import FORMS, said, seen_as, ticket
from zendesk_gupshup.detect import detect, detect_text
from zendesk_gupshup.dictionary import load

SHARED = Path(__file__).parents[1].parent / "shared" / "corpus"


def texts(file: Path) -> Iterator[tuple[str, str, str]]:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                item = json.loads(line)
                yield item["id"], item["subject"], item["body"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="CORPUS")
    parser.add_argument("--ids", action="store_true", help="name the texts that differ")
    given = parser.parse_args()
    files = given.files or sorted([*SHARED.glob("*.jsonl"), *SHARED.glob("*.jsonl.gz")])
    if not files:
        print(f"no labelled texts in {SHARED}; name a file", file=sys.stderr)
        return 2
    dictionary, start = load(), time.perf_counter()
    differ: Counter[str] = Counter()
    count = 0
    for file in files:
        for name, subject, body in texts(file):
            plain = said(detect(ticket(subject, plain_body=body), dictionary))
            other = ["plain, no ticket"] if said(detect_text(subject, body, dictionary)) != plain else []
            for form, written in FORMS.items():
                seen = seen_as(form, body)
                same = plain if seen == body else said(detect(ticket(subject, plain_body=seen), dictionary))
                if said(detect(ticket(subject, html_body=written(body)), dictionary)) != same:
                    other.append(form)
            differ.update(other)
            count += 1
            if other and given.ids:
                print(f"{file.name} {name}: {', '.join(other)}")
    print(f"{'form':36}{'texts':>8}{'differ':>8}")
    for form in ("plain, no ticket", *FORMS):
        print(f"{form:36}{count:8}{differ[form]:8}")
    print(f"{time.perf_counter() - start:.0f} s")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
