"""Which folder may import which, that no import goes in a circle, and that the pure folders stay pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter

import pytest

from support.modules import OURS, SANDBOX, circles, imports, modules, room, tree

# From the ground up: each folder, and the folders above it that it may import.
ALLOWED = {
    "model": "",
    "text": "model",
    "ops": "model text",
    "storage": "model text ops",
    "alerts": "model text ops storage",
    "dictionary": "model text",
    "detect": "model text dictionary",
    "zendesk": "model text ops storage",
    # detect: whose words a comment holds (`provenance`).
    "decide": "model text dictionary detect",
    # detect: the words of a page in HTML; zendesk: the errors of a download.
    "attachments": "model text detect zendesk",
    "render": "model text dictionary decide",
    "pipeline": "model text dictionary detect zendesk decide attachments render",
    "ledger": "model text ops storage zendesk decide pipeline",
    # alerts: an incident that begins is one.
    "incidents": "model ops storage alerts dictionary zendesk decide render pipeline ledger",
    "provision": "model dictionary zendesk decide render pipeline",
    "settings": "model alerts incidents dictionary zendesk decide attachments render provision",
    "brain": "model dictionary zendesk decide attachments render pipeline provision settings",
    "report": "model text storage dictionary decide ledger",
    "app": "model text ops storage dictionary detect zendesk decide render pipeline ledger provision settings brain"
    " report",
    "worker": "model ops storage alerts incidents detect zendesk pipeline ledger settings app",
    # worker: how a refused cursor is recovered from.
    "backfill": "model storage incidents dictionary detect zendesk decide pipeline ledger worker",
    "doctor": "model text ops storage alerts zendesk decide attachments render pipeline provision settings brain"
    " app worker",
    "demo": f"model text storage zendesk provision settings brain app {SANDBOX}",
    "cli": f"model text ops storage alerts dictionary detect zendesk decide attachments render pipeline ledger"
    f" incidents provision settings brain report app worker backfill doctor demo {SANDBOX}",
}
PURE = ("model", "text", "dictionary", "detect", "decide", "render")
# HTTP, databases, servers, metrics, and the library for PDF, which takes long to load.
HEAVY = {
    "requests", "urllib3", "http.client", "urllib.request", "httpx", "zenpy", "sqlalchemy", "alembic",
    "sqlite3", "psycopg", "dbos", "starlette", "uvicorn", "prometheus_client", "structlog", "fpdf",
}  # fmt: skip


def test_every_folder_stands_in_the_table() -> None:
    assert {room(name) for name in modules()} - {"", "__main__", SANDBOX} == set(ALLOWED)


def test_the_table_points_up() -> None:
    rooms = list(ALLOWED)
    for place, (name, allowed) in enumerate(ALLOWED.items()):
        assert set(allowed.split()) <= {*rooms[:place], SANDBOX}, name


def test_imports_keep_to_the_table() -> None:
    wrong = {
        (name.removeprefix(f"{OURS}."), room(other))
        for name in modules()
        for other in imports(name)
        if room(name) in ALLOWED and room(other) not in ("", room(name), *ALLOWED[room(name)].split())
    }
    assert wrong == set()


def test_the_sandbox_imports_nothing_of_ours_and_only_the_demo_and_its_command_import_it() -> None:
    assert [
        name for name in modules() if room(name) == SANDBOX and any(o.startswith(OURS) for o in imports(name))
    ] == []
    users = {name for name in modules() if any(other.startswith(SANDBOX) for other in imports(name))}
    assert {name for name in users if room(name) not in (SANDBOX, "demo")} == {f"{OURS}.cli.sandbox"}


def test_no_import_goes_in_a_circle() -> None:
    assert circles({name: imports(name) for name in modules()}) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}
    assert circles({name: frozenset(others) for name, others in graph.items()}) == [["a", "b", "c"]]


@pytest.mark.parametrize("folder", PURE)
def test_a_pure_folder_loads_no_http_library_no_database_and_no_server(folder: str) -> None:
    names = sorted(name for name in modules() if room(name) == folder)
    program = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules, sep='\\n')"
    )
    loaded = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=True)
    assert set(loaded.stdout.split()) & HEAVY == set()


@pytest.mark.parametrize("folder", PURE)
def test_a_pure_folder_has_no_clock(folder: str) -> None:
    clocks = {
        (name, node.lineno)
        for name in modules()
        if room(name) == folder
        for node in ast.walk(tree(name))
        if (isinstance(node, ast.Import) and "time" in {alias.name for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and node.module == "time")
        or (isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"))
    }
    assert clocks == set()


def test_a_class_name_stands_once() -> None:
    classes = Counter(
        node.name for name in modules() for node in ast.walk(tree(name)) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in classes.items() if times > 1] == []


def test_a_module_is_read_in_one_go() -> None:
    long = {
        name.removeprefix(f"{OURS}.")
        for name, path in modules().items()
        if room(name) != "detect" and len(path.read_text("utf-8").splitlines()) > 300
    }
    assert long == set()


def test_every_package_says_what_it_is_for() -> None:
    packages = [name for name, path in modules().items() if path.name == "__init__.py"]
    assert [name for name in packages if not ast.get_docstring(tree(name))] == []
