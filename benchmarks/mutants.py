"""Whether the tests notice planted mistakes: a random sample of mutants of the modules that decide what goes out.

mutmut plants them in the bodies of functions and runs each module's own fast tests in forked processes. It wants the
package in `src/`, so it works on links in build/mutants. `make mutants` prints a table, and each survivor as a diff.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
# Of each module the tests that are about it and fast: a mutant that survives runs them all.
MODULES = {
    "decide/guards": ("decide/test_guards",),
    "decide/decision": ("decide/test_decide", "pipeline/test_scenarios"),
    "decide/policy": ("decide/test_decide", "pipeline/test_scenarios"),
    "decide/steps": ("decide/test_decide", "pipeline/test_scenarios"),
    "decide/prior_writes": ("decide/test_prior_writes", "pipeline/test_pipeline"),
    "decide/freshness": ("decide/test_freshness",),
    "pipeline/handling": ("pipeline/test_pipeline", "decide/test_prior_writes"),
    "pipeline/look": ("pipeline/test_pipeline", "decide/test_prior_writes"),
    "pipeline/fetch": ("pipeline/test_pipeline", "decide/test_prior_writes"),
    "pipeline/apply": ("pipeline/test_pipeline", "decide/test_prior_writes"),
    "text/redaction": ("text/test_redaction",),
    "text/secret_patterns": ("text/test_redaction",),
    "text/secret_phrases": ("text/test_redaction",),
    "text/secret_rules": ("text/test_redaction",),
    "worker/webhook": ("worker/test_webhook",),
}
# These wait, or are slow by their nature.
SLOW = ("time_grows", "sqlite", "deciding_again", "many_in_one", "changes_nothing")
LINKS = {"src": "plugin", "tests": "tests", "ticket_templates": "ticket_templates"}
# Of pytest; what ends by a signal took too long, and 33 is a function that no test reaches.
KILLED, NO_TEST, ALIVE = {1, 3}, 33, 0
GENERATE = (
    "import mutmut.__main__ as m, os; os.makedirs('mutants', exist_ok=True); m.set_mutant_under_test("
    "'mutant_generation'); m.copy_src_dir(); m.copy_also_copy_files(); m.create_mutants(2)"
)
HEAD = "module | mutants | tried | killed | too slow | survived\n--- | --- | --- | --- | --- | ---"


def work_on(module: str) -> Path:
    """An empty folder with links to the project and settings for this one module."""
    work = ROOT / "build" / "mutants" / module.replace("/", "_")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name, target in LINKS.items():
        (work / name).symlink_to(ROOT / target)
    chosen = " and ".join(f"not {word}" for word in SLOW)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/zendesk_gupshup/{module}.py"],
        "also_copy": ["ticket_templates"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=few", "-k", chosen],
        "pytest_add_cli_args_test_selection": [f"tests/{name}.py" for name in MODULES[module]],
        "track_dependencies": False,
        "timeout_multiplier": 3.0,
        "timeout_constant": 20.0,
    }
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    told = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
    (work / "pyproject.toml").write_text(f"{ours}\n[tool.mutmut]\n{told}\n", encoding="utf-8")
    return work


def results(work: Path, module: str) -> dict[str, int | None]:
    path = work / "mutants" / "src" / "zendesk_gupshup" / f"{module}.py.meta"
    found: dict[str, int | None] = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def run(module: str, sample: int, seed: int, workers: int) -> tuple[str, list[str]]:
    """The line of the table, and the diffs of the survivors."""
    work = work_on(module)
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    subprocess.run([sys.executable, "-c", GENERATE], cwd=work, check=True, stdout=subprocess.DEVNULL)
    names = sorted(results(work, module))
    tried = Random(seed).sample(names, min(sample or len(names), len(names)))
    if subprocess.run([mutmut, "run", "--max-children", str(workers), *tried], cwd=work, check=False).returncode:
        sys.exit(f"mutmut did not come to its end with {module}; it says why above")
    codes = results(work, module)
    killed = sum(codes[name] in KILLED for name in tried)
    alive = [name for name in tried if codes[name] in (ALIVE, NO_TEST)]
    line = f"{module} | {len(names)} | {len(tried)} | {killed} | {len(tried) - killed - len(alive)} | {len(alive)}"
    shown = (
        subprocess.run([mutmut, "show", name], cwd=work, check=True, capture_output=True, text=True) for name in alive
    )
    return line, [done.stdout for done in shown]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=tuple(MODULES), help=f"some of {', '.join(MODULES)}")
    parser.add_argument("--sample", type=int, default=60, help="mutants a module; 0 for all")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = parser.parse_args()
    if unknown := set(told.modules) - set(MODULES):
        parser.error(f"no module of these: {', '.join(sorted(unknown))}; it is one of {', '.join(MODULES)}")
    done = [run(module, told.sample, told.seed, told.workers) for module in told.modules]
    print("\n".join(("", HEAD, *(line for line, _ in done), "", *(diff for _, diffs in done for diff in diffs))))


if __name__ == "__main__":
    main()
