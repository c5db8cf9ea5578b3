"""Two builds, measured in turn in one run: A B A B, medians and ratios. A noisy machine disturbs both alike.

usage: python benchmarks/side_by_side.py OLD NEW [--only tickets,sql] [--rounds 2]

OLD and NEW are revisions of git, or folders with a checkout. Both run with this Python and this folder's benchmarks;
only the code is theirs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from build_figures import GROUPS, end_on_sigterm, options

_HERE = Path(__file__).parent


@contextmanager
def checkout(revision: str, folder: Path) -> Iterator[Path]:
    """The files of a revision, in a worktree that goes again; a folder as it stands."""
    if (Path(revision) / "plugin").is_dir():
        yield Path(revision).resolve()
        return
    subprocess.run(["git", "-C", _HERE, "worktree", "add", "--quiet", "--detach", folder, revision], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["git", "-C", _HERE, "worktree", "remove", "--force", folder], check=True)


def measured(build: Path, group: str, given: Sequence[str]) -> dict[str, float]:
    """One group of figures of one build. Raises `SystemExit` where it cannot be measured."""
    paths = (build / "plugin", _HERE)
    with subprocess.Popen(
        [sys.executable, str(_HERE / "build_figures.py"), group, *given],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            # It stops the worker that it started.
            process.terminate()
            raise
    if process.returncode:
        raise SystemExit(f"{group} of {build}:\n{err[-3000:]}")
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


def table(old: Sequence[Mapping[str, float]], new: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """A line for each figure: medians, their ratio, and how far apart the rounds were."""
    for name in new[0]:
        before, after = ([figures[name] for figures in build if name in figures] for build in (old, new))
        if before and after:
            was, is_ = statistics.median(before), statistics.median(after)
            ratio = f"{is_ / was:6.2f}" if was else "      "
            yield f"  {name:<34}{was:>10.2f}{is_:>10.2f}  {ratio}   {_spread(before)} | {_spread(after)}"


def _spread(values: Sequence[float]) -> str:
    return " ".join(f"{value:.4g}" for value in values)


def main() -> None:
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--only", default=",".join(GROUPS), help=f"groups of figures: {','.join(GROUPS)}")
    parser.add_argument("--rounds", type=int, default=2, help="of both builds, one after the other")
    options(parser)
    asked = parser.parse_args()
    groups = asked.only.split(",")
    if unknown := set(groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    given = [f"--{name}={getattr(asked, name)}" for name in ("tickets", "backlog", "answers", "latency")]
    with (
        TemporaryDirectory(prefix="zendesk-gupshup-builds-") as folder,
        checkout(asked.old, Path(folder) / "old") as old,
        checkout(asked.new, Path(folder) / "new") as new,
    ):
        print(f"{asked.old} | {asked.new}: medians of {asked.rounds} rounds, new to old, each round", flush=True)
        for group in groups:
            found: dict[Path, list[dict[str, float]]] = {old: [], new: []}
            for _ in range(asked.rounds):
                for build in (old, new):
                    found[build].append(measured(build, group, given))
            print("\n".join(table(found[old], found[new])), flush=True)


if __name__ == "__main__":
    main()
