"""`serve --once` in real processes, forked from one that has imported the worker: importing is most of a run."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path

from zendesk_gupshup.cli import main

_SECONDS = 300.0
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["zendesk_gupshup.cli.serve", "zendesk_gupshup.worker.worker"])


def serve_once(environment: Mapping[str, str], folder: Path, workers: int = 1) -> list[int | None]:
    """The exit codes of so many workers that run at once in `folder`, each until nothing is left to do."""
    given = {**os.environ, **environment}
    started = [_FORKED.Process(target=_serve, args=(given, str(folder))) for _ in range(workers)]
    for process in started:
        process.start()
    for process in started:
        process.join(_SECONDS)
        process.kill()
    return [process.exitcode for process in started]


def _serve(environment: dict[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    main(["serve", "--port", "0", "--once"])
