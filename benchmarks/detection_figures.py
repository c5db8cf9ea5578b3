"""Write `docs/detection-figures.json`, with which the suite compares, and the same to read in `.md`.

Figures alone: no word of the test texts is printed or kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from corpus import CORPUS, TEST, LabelledText, relatives, texts
from figures import HEAD, Detector, Figures, figures_of, line
from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Detection

DOCS = Path(__file__).parents[1] / "docs"
TABLE = DOCS / "detection-figures.json"
PAGE = DOCS / "detection-figures.md"
# Relatives of each test text, and the seed that chooses them.
_EACH, _SEED = 2, 7
# Of fewer texts a figure says nothing.
_FEWEST = 20


def measured(detector: Detector, folder: Path = CORPUS) -> dict[str, Figures]:
    """The figures of each test file, of each of its languages and kinds, and of each kind of relative."""
    table: dict[str, Figures] = {}
    for name in TEST:
        found = texts([name], folder)
        detected = {text.id: detector(text) for text in found}
        parts = {name: found}
        parts |= {f"{name} in {text.lang}": [t for t in found if t.lang == text.lang] for text in found}
        parts |= {f"{name}, {text.kind}": [t for t in found if t.kind == text.kind] for text in found}
        for part, of_part in sorted(parts.items()):
            if len(of_part) >= _FEWEST:
                table[part] = figures_of(of_part, _looked_up(detected))
    for kind, found in sorted(_by_kind(relatives(TEST, _EACH, _SEED, folder)).items()):
        table[f"relatives: {kind}"] = figures_of(found, detector)
    return table


def _looked_up(detected: Mapping[str, Detection]) -> Detector:
    return lambda text: detected[text.id]


def _by_kind(found: Iterable[LabelledText]) -> dict[str, list[LabelledText]]:
    kinds: dict[str, list[LabelledText]] = {}
    for text in found:
        kinds.setdefault(text.kind, []).append(text)
    return kinds


def page(table: Mapping[str, Figures]) -> str:
    lines = "\n".join(line(name, figures) for name, figures in table.items())
    return (
        "# How right the detector is\n\n"
        "Measured on the labelled texts that nobody who edits the detector reads, and on their synthetic relatives; "
        "`make figures` writes this page. Relatives `over` and `paper` report nothing.\n\n"
        f"{HEAD}\n{lines}\n"
    )


def main() -> int:
    dictionary = load()
    table = measured(lambda text: detect_text(text.subject, text.body, dictionary))
    TABLE.write_text(json.dumps({name: f.as_json() for name, f in table.items()}, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(table), encoding="utf-8")
    print(PAGE.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
