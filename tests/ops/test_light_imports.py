"""What a start does not load, and what stands in for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


def test_a_stand_in_is_there_within_the_block_alone(part: str) -> None:
    with stand_ins({part: ("Session",)}):
        from zg_part_of_a_library import Session  # type: ignore[import-not-found]

        stand_in = sys.modules[part]
    assert part not in sys.modules
    assert not isinstance(object(), Session)
    from zg_part_of_a_library import Session as Real

    assert (Session is Real, sys.modules[part] is stand_in) == (False, False)


def test_what_does_not_stand_in_it_is_the_real_modules(part: str) -> None:
    with stand_ins({part: (), f"{part}.errors": ()}):
        import zg_part_of_a_library
        from zg_part_of_a_library import errors
    assert part not in sys.modules, "it was loaded before it was used"
    assert (zg_part_of_a_library.ANSWER, errors.Broken.__name__) == (42, "Broken")
    assert zg_part_of_a_library.Session is sys.modules[part].Session
    with pytest.raises(AttributeError):
        zg_part_of_a_library.Missing  # noqa: B018 - asked for in vain


def test_what_does_not_stand_in_it_can_be_asked_for_within_the_block(part: str) -> None:
    with stand_ins({part: ("Session",), f"{part}.errors": ()}):
        from zg_part_of_a_library import ANSWER
        from zg_part_of_a_library.errors import Broken  # type: ignore[import-not-found]
    assert (ANSWER, Broken) == (42, sys.modules[f"{part}.errors"].Broken)


def test_what_is_loaded_already_keeps_its_place(part: str) -> None:
    import zg_part_of_a_library

    with stand_ins({part: ("Session",)}), without(part):
        assert sys.modules[part] is zg_part_of_a_library


def test_a_library_is_missing_within_the_block_alone(part: str) -> None:
    with without(part), pytest.raises(ImportError):
        import zg_part_of_a_library
    import zg_part_of_a_library

    assert zg_part_of_a_library.ANSWER == 42


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
