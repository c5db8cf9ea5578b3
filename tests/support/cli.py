"""The command line, called in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from zendesk_gupshup.cli import main


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def listed(*flags: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("failures", "list", "--json", *flags)[1])
    return found
