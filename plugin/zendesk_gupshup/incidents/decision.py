"""When reports of one code are an incident, and when it is over. Pure: sightings go in, an answer comes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Providers at which anybody has an address: their domains say nothing of who somebody works for.
_SHARED_MAIL = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
    "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.net", "gmx.de", "mail.com",
    "mail.ru", "yandex.com", "yandex.ru", "zoho.com", "hotmail.es", "outlook.es", "yahoo.es", "yahoo.com.mx",
    "yahoo.com.ar", "hotmail.com.ar", "hotmail.fr", "live.fr", "yahoo.fr", "orange.fr", "free.fr", "laposte.net",
    "yahoo.com.br", "hotmail.com.br", "outlook.com.br", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br",
    "rediffmail.com", "qq.com", "163.com",
})  # fmt: skip


@dataclass(frozen=True)
class CodeSighting:
    """A code on one ticket. `at`: Unix seconds, when the client wrote it. `domain` is that of the requester's address,
    `own_domains` are the organization's, `accounts` what names the app or account: compared, never shown."""

    ticket_id: int
    at: int
    organization_id: int | None = None
    requester_id: int | None = None
    domain: str = ""
    own_domains: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class IncidentRules:
    """So many organizations within so many seconds; over after so many seconds without a report."""

    organizations: int
    window: int
    silence: int


@dataclass(frozen=True)
class Beginning:
    """An incident that begins: its first report, its last one, how many sources, and the tickets of the window."""

    begun: int
    seen: int
    organizations: int
    ticket_ids: tuple[int, ...]


def is_shared_mail(domain: str) -> bool:
    """Whether anybody may have an address there."""
    return domain.lower() in _SHARED_MAIL


def beginning(sightings: Iterable[CodeSighting], now: int, rules: IncidentRules) -> Beginning | None:
    """The incident that these reports of one code are; none where no window holds enough sources, or where the last one
    of it is silent already: a backlog that is read hours later begins nothing."""
    ordered = sorted(sightings, key=lambda sighting: (sighting.at, sighting.ticket_id))
    for number, first in enumerate(ordered):
        window = [s for s in ordered[number:] if s.at - first.at <= rules.window]
        if is_over(window[-1].at, now, rules):
            continue
        count = sources(window)
        if count >= rules.organizations:
            later = [s for s in ordered[number:] if not is_over(s.at, now, rules)]
            members = sorted({s.ticket_id for s in (*window, *later)})
            return Beginning(first.at, max(s.at for s in (*window, *later)), count, tuple(members))
    return None


def is_over(seen: int, now: int, rules: IncidentRules) -> bool:
    """Whether the code has been silent for so long."""
    return now - seen > rules.silence


def sources(sightings: Sequence[CodeSighting]) -> int:
    """How many organizations report independently of each other.

    Reports that share the organization, the requester, or the app or account are one source: that is an owner's matter,
    also where an integrator writes for several organizations. Tickets without an organization are one source together
    at most, and none where the requester's domain is shared mail, unknown, or that of an organization that counts.
    """
    known = [s for s in sightings if s.organization_id is not None]
    groups = _groups(known)
    taken = {s.domain for s in known} | {domain for s in known for domain in s.own_domains}
    accounts = {account for s in known for account in s.accounts}
    requesters = {s.requester_id for s in known} - {None}
    strangers = any(
        s.domain and s.domain not in taken and not s.accounts & accounts and s.requester_id not in requesters
        for s in sightings
        if s.organization_id is None
    )
    return groups + int(strangers)


def _groups(sightings: Sequence[CodeSighting]) -> int:
    """The number of groups that share nothing; each sighting joins all groups that it shares something with."""
    groups: list[set[object]] = []
    for sighting in sightings:
        names = _names(sighting)
        apart = [group for group in groups if not group & names]
        for group in groups:
            if group & names:
                names |= group
        groups = [*apart, names]
    return len(groups)


def _names(sighting: CodeSighting) -> set[object]:
    names: set[object] = {("organization", sighting.organization_id)}
    if sighting.requester_id is not None:
        names.add(("requester", sighting.requester_id))
    return names | {("account", account) for account in sighting.accounts}
