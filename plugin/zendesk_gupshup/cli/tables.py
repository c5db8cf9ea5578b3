"""Rows for people and for programs: a table in a terminal; piped, one line a row with tabs between."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import click

from zendesk_gupshup.cli.common import console

_ANY_WIDTH = 10_000


def print_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    unfolded: Sequence[str] = (),
    narrow: Sequence[str] = (),
) -> None:
    """`unfolded` names the columns that stay on one line, because people copy from them; by default the first.

    `narrow` names the columns of the table in a terminal that is too narrow for all: the others stand below each row.
    """
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table, kept, out = Table(box=SIMPLE_HEAD, pad_edge=False), list(rows), console()
    for name in head:
        table.add_column(name, no_wrap=name in (unfolded or head[:1]))
    for row in kept:
        table.add_row(*(Text(cell) for cell in row))
    if narrow and out.measure(table, options=out.options.update(width=_ANY_WIDTH)).maximum > out.width:
        for line in _narrow_lines(head, kept, narrow, out.width):
            click.echo(line)
        return
    out.print(table)


def _narrow_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], narrow: Sequence[str], width: int
) -> Iterator[str]:
    above = [head.index(name) for name in narrow]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in above]
    for row in (head, *rows):
        yield "  ".join(row[n].ljust(wide) for n, wide in zip(above, widths, strict=True)).rstrip()
        below = [f"{head[n].lower()}: {cell}" for n, cell in enumerate(row) if n not in above and cell]
        if row is not head:
            yield from textwrap.wrap("; ".join(below), width, initial_indent="  ", subsequent_indent="  ")


def utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
