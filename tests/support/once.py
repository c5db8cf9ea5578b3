"""`serve --once` in real processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zendesk_gupshup.demo.stage import WorkerProcess

_SECONDS = 300.0


def serve_once(environment: Mapping[str, str], folder: Path, workers: int = 1) -> list[int | None]:
    """The exit codes of so many workers that run at once in `folder`, each until nothing is left to do."""
    started = [WorkerProcess(environment, folder, 0, "--once") for _ in range(workers)]
    try:
        return [worker.wait(_SECONDS) for worker in started]
    finally:
        for worker in started:
            worker.kill()
