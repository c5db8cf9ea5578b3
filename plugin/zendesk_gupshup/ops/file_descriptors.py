"""How many file descriptors this process may have, and how many of them strangers may take.

A connection takes one, and so does whatever we do ourselves: the store, a connection to Zendesk, a file to be read.
Where connections take all of them, nothing works any more, also what nobody asked for.
"""

from __future__ import annotations

import resource

# More than this is of no use to us, and some systems allow a thousand million.
_ENOUGH = 65_536
# What the process has open at rest, its pool of connections to the store included, with room to spare; and what a
# ticket in hand takes: to the store, to Zendesk and to its files, and pipes to the process that reads them.
_AT_REST, _A_TICKET = 64, 8
# New connections that the event loop takes at once, before any of them can be turned away, and for how many of its
# rounds one that was turned away still holds its descriptor.
BURST, _ROUNDS = 8, 5
FEWEST, MOST = 16, 1000


def raise_limit() -> int:
    """Raise the soft limit as far as the hard one allows, and as is of use; how many descriptors there are now."""
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
    """How far the limit can be raised, as far as that is of use."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)


def own(concurrency: int) -> int:
    """Descriptors that our own work needs with so many tickets at the same time."""
    return _AT_REST + _A_TICKET * concurrency + BURST * _ROUNDS


def connections(limit: int, concurrency: int, most: int | None = None) -> int:
    """How many connections the web server may hold at the same time."""
    return max(min(limit - own(concurrency), most or MOST), FEWEST)


def too_few(limit: int, concurrency: int) -> str | None:
    """What to do where our own work and the fewest connections do not both fit."""
    needed = own(concurrency) + FEWEST
    if limit >= needed:
        return None
    return (
        f"{limit} file descriptors are few for {concurrency} tickets at the same time: allow {needed} or more"
        " (`LimitNOFILE=` of systemd, `ulimit -n`), or lower [worker] concurrency"
    )
