"""How the tests lie: what two of them need stands in `support` or in a conftest."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from support.paths import TESTS

_TEST_MODULE = re.compile(r"(^|\.)(test_\w+|conftest)$")


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_test_module_is_imported() -> None:
    importers = {
        f"{path.relative_to(TESTS)}: {name}"
        for path in TESTS.rglob("*.py")
        for name in _imported(path)
        if _TEST_MODULE.search(name)
    }
    assert importers == set()
