"""Rows for people and for programs: a table in a terminal; piped, one line a row with tabs between."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click

from zendesk_gupshup.cli.common import console


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, unfolded: Sequence[str] = ()) -> None:
    """`unfolded` names the columns that stay on one line, because people copy from them; by default the first."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(name, no_wrap=name in (unfolded or head[:1]))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
