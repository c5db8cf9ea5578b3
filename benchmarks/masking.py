"""How much leaks through masking and how much is masked by mistake: `python benchmarks/masking.py [CASES] [SEED]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.redaction_forms import FORMS, HARMLESS, leaks
from support.redaction_kinds import CONTAINERS, KEPT, KINDS
from support.redaction_numbers import NUMBERS
from support.redaction_written import WRITTEN
from zendesk_gupshup.text.redaction import mask


def main(cases: int = 1000, seed: int = 7) -> int:
    """Print both tables; the exit code is 1 where anything leaked, or more than one harmless text in 200 was masked.

    The kinds of the second part are tried in each of six containers, `cases` times each.
    """
    random, leaked_in_all, tried = Random(seed), 0, 0
    start = time.perf_counter()
    print(f"{'secret or number':34}{'tried':>8}{'leaked':>8}")
    for kind, form in (*FORMS.items(), *WRITTEN.items()):
        made = [form(random) for _ in range(cases)]
        leaked = sum(leaks(case, mask(case.text)) for case in made)
        leaked_in_all, tried = leaked_in_all + leaked, tried + cases
        print(f"{kind:34}{cases:8}{leaked:8}")
    print(f"\n{'hidden':34}" + "".join(f"{container:>11}" for container in CONTAINERS) + "   (leaked)")
    for kind, hidden in KINDS.items():
        counts = []
        for container in CONTAINERS:
            made = [hidden(random, container) for _ in range(cases)]
            counts.append(sum(leaks(case, mask(case.text)) for case in made))
        leaked_in_all, tried = leaked_in_all + sum(counts), tried + cases * len(CONTAINERS)
        print(f"{kind:34}" + "".join(f"{count:11}" for count in counts))
    print(f"\n{'harmless':34}{'tried':>8}{'masked by mistake':>19}")
    too_many = False
    for kind, harmless in (*HARMLESS.items(), *KEPT.items(), *NUMBERS.items()):
        texts = [harmless(random) for _ in range(cases)]
        masked = sum(mask(text) != text for text in texts)
        too_many, tried = too_many or masked * 200 > cases, tried + cases
        print(f"{kind:34}{cases:8}{masked:19}")
    print(f"\n{tried} texts in {time.perf_counter() - start:.1f} s, seed {seed}")
    return 1 if leaked_in_all or too_many else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
