"""What a start does not load, and what stands in for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zendesk_gupshup.ops.light_imports import stand_ins, without

PART = "zg_part_of_a_library"


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that nobody has loaded, with a class, a number and a module below it."""
    folder = tmp_path / PART
    folder.mkdir()
    (folder / "__init__.py").write_text("class Session: ...\nANSWER = 42\n")
    (folder / "errors.py").write_text("class Broken(Exception): ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield PART
    for name in [name for name in sys.modules if name.startswith(PART)]:
        del sys.modules[name]


def ran(program: str) -> dict[str, Any]:
    """The names after these statements, which import a module that no environment has."""
    names: dict[str, Any] = {}
    exec(program, names)
    return names


def test_a_stand_in_is_there_within_the_block_alone(part: str) -> None:
    with stand_ins({part: ("Session",)}):
        stand_in, module = ran(f"from {part} import Session")["Session"], sys.modules[part]
    assert part not in sys.modules
    assert not isinstance(object(), stand_in)
    real = ran(f"from {part} import Session")["Session"]
    assert (stand_in is real, sys.modules[part] is module) == (False, False)


def test_what_does_not_stand_in_it_is_the_real_modules(part: str) -> None:
    with stand_ins({part: (), f"{part}.errors": ()}):
        found = ran(f"import {part} as library\nfrom {part} import errors")
    assert part not in sys.modules, "it was loaded before it was used"
    library = found["library"]
    assert (library.ANSWER, found["errors"].Broken.__name__) == (42, "Broken")
    assert library.Session is sys.modules[part].Session
    with pytest.raises(AttributeError):
        library.Missing  # noqa: B018 - asked for in vain


def test_what_does_not_stand_in_it_can_be_asked_for_within_the_block(part: str) -> None:
    with stand_ins({part: ("Session",), f"{part}.errors": ()}):
        found = ran(f"from {part} import ANSWER\nfrom {part}.errors import Broken")
    assert (found["ANSWER"], found["Broken"]) == (42, sys.modules[f"{part}.errors"].Broken)


def test_what_is_loaded_already_keeps_its_place(part: str) -> None:
    library = ran(f"import {part} as library")["library"]
    with stand_ins({part: ("Session",)}), without(part):
        assert sys.modules[part] is library


def test_a_library_is_missing_within_the_block_alone(part: str) -> None:
    with without(part), pytest.raises(ImportError):
        ran(f"import {part}")
    assert ran(f"from {part} import ANSWER")["ANSWER"] == 42


# What an idle worker on SQLite has no use for, by what would need it.
UNUSED = {
    "psycopg": "PostgreSQL",
    "sqlalchemy.orm": "nothing of ours",
    "sqlalchemy.ext.asyncio": "nothing of ours",
    "yaml": "nothing of ours",
    "rich": "tables and colours in a terminal",
    "pygments": "tracebacks in colour",
    "requests_oauth2client": "nothing of ours",
    "fpdf": "the guide of the first ticket",
    "pypdf": "a reader process",
    "python_calamine": "a reader process",
    "olefile": "a reader process",
    "apprise": "the first alert",
    "opentelemetry": "tracing, which we leave out",
    "zendesk_sandbox": "the demo",
    "zendesk_gupshup.report": "`report`",
    "zendesk_gupshup.backfill": "`backfill`",
    "zendesk_gupshup.doctor": "`doctor`",
}
PROGRAM = """import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sys.modules)
"""


def loaded_with(*names: str) -> set[str]:
    """All modules of a fresh interpreter that has imported these."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM, *names], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_a_worker_that_waits_for_its_first_ticket_has_not_loaded_what_it_does_not_need() -> None:
    worker = ("cli.serve", "brain", "zendesk.client", "zendesk.rate_limiter", "alerts.delivery")
    server = ("worker.worker", "worker.http_app", "worker.http_server", "ops.logs")
    loaded = loaded_with(*(f"zendesk_gupshup.{name}" for name in (*worker, *server)))
    assert loaded & set(UNUSED) == set()
