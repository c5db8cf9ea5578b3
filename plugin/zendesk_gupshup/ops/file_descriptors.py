"""File descriptors: how many this process may have, and how many of them connections may take.

A connection takes one, and so does our own work: the database, a connection to Zendesk, a file that is read. Where
connections take all of them, nothing works any more.
"""

from __future__ import annotations

import resource

# More than this is of no use to us, and some systems allow a thousand million.
_MOST_USEFUL = 65_536
# Open at rest, with the pool of database connections and room to spare; and for each ticket in hand: the database,
# Zendesk, its files, and pipes to the process that reads them.
_AT_REST, _PER_TICKET = 64, 8
# Connections that the event loop accepts at once, before any of them can be refused, and for how many of its rounds a
# refused one still holds its descriptor.
BURST, _ROUNDS = 8, 5
FEWEST, MOST = 16, 1000


def raise_limit() -> int:
    """Raise the soft limit to what `allowed` says; how many descriptors there are then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = allowed()
    if soft in (most, resource.RLIM_INFINITY) or soft > most:
        return most if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (ValueError, OSError):
        return soft
    return most


def allowed() -> int:
    """The hard limit, as far as it is of use."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_USEFUL if hard == resource.RLIM_INFINITY else min(hard, _MOST_USEFUL)


def reserved(concurrency: int) -> int:
    """Descriptors for our own work, with so many tickets at the same time."""
    return _AT_REST + _PER_TICKET * concurrency + BURST * _ROUNDS


def connections(limit: int, concurrency: int, most: int | None = None) -> int:
    """How many connections the web server may hold at the same time."""
    return max(min(limit - reserved(concurrency), most or MOST), FEWEST)


def too_few(limit: int, concurrency: int) -> str | None:
    """The remedy where our own work and the fewest connections do not both fit."""
    needed = reserved(concurrency) + FEWEST
    if limit >= needed:
        return None
    return (
        f"{limit} file descriptors are few for {concurrency} tickets at the same time: allow {needed} or more"
        " (`LimitNOFILE=` of systemd, `ulimit -n`), or lower [worker] concurrency"
    )
