"""How long `zendesk-gupshup --help` takes to start, against an interpreter that does nothing. Both in turn, one run."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=31)
    runs = parser.parse_args().runs
    script = str(Path(sys.executable).with_name("zendesk-gupshup"))
    nothing, help_ = [], []
    for _ in range(runs):
        nothing.append(seconds([sys.executable, "-c", "pass"]))
        help_.append(seconds([script, "--help"]))
    base, ours = statistics.median(nothing), statistics.median(help_)
    print(f"python -c pass: {base * 1000:.1f} ms, --help: {ours * 1000:.1f} ms")
    print(f"ratio {ours / base:.2f} (medians of {runs} runs each)")


if __name__ == "__main__":
    main()
