#!/usr/bin/env bash
# DBOS Transact 3.4.0 on SQLite: `import dbos` loads psycopg with its library for PostgreSQL, and SQLAlchemy's ORM and
# asyncio part, for type annotations and the errors of a database that is not used.
#
# A good guess: the driver of a database is loaded where its URL is given, as SQLAlchemy does.
# Seen: 123 modules of these; in the product's worker they take 17 MB, which it leaves: the package's own `__init__` loads
# them, so no import of a part goes round it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check dbos==3.4.0
"$folder/venv/bin/python" - <<'PY'
import sys
from pathlib import Path

import sqlalchemy.dialects.postgresql


def megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


before = megabytes()
import dbos

parts = ("psycopg", "psycopg_binary", "sqlalchemy.orm", "sqlalchemy.ext")
found = [name for name in sys.modules if name.startswith(parts)]
print(f"dbos 3.4.0: {len(found)} modules of psycopg and of SQLAlchemy's ORM; {before:.0f} -> {megabytes():.0f} MB")
assert "psycopg" in found and "sqlalchemy.orm" in found, "the behaviour has changed"
PY
