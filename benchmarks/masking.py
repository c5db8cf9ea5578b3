"""How much leaks through masking and how much is masked by mistake: `python benchmarks/masking.py [CASES] [SEED]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from masking_forms import FORMS, HARMLESS, leaks
from zendesk_gupshup.masking import mask


def main(cases: int = 1000, seed: int = 7) -> int:
    """Print both tables; the exit code is 1 where anything leaked."""
    random, leaked_in_all = Random(seed), 0
    start = time.perf_counter()
    print(f"{'secret or number':34}{'tried':>8}{'leaked':>8}")
    for kind, form in FORMS.items():
        made = [form(random) for _ in range(cases)]
        leaked = sum(leaks(case, mask(case.text)) for case in made)
        leaked_in_all += leaked
        print(f"{kind:34}{cases:8}{leaked:8}")
    print(f"\n{'harmless':34}{'tried':>8}{'masked by mistake':>19}")
    for kind, harmless in HARMLESS.items():
        texts = [harmless(random) for _ in range(cases)]
        print(f"{kind:34}{cases:8}{sum(mask(text) != text for text in texts):19}")
    tried = cases * (len(FORMS) + len(HARMLESS))
    print(f"\n{tried} texts in {time.perf_counter() - start:.1f} s, seed {seed}")
    return 1 if leaked_in_all else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
