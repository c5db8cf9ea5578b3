"""An invented month of a support team's tickets, as the ledger would hold it: a steady mix, and two bad days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from zendesk_gupshup.demo.stage import Api
from zendesk_gupshup.ledger.entry import Found, LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Namespace
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.write import TicketState, Write
from zendesk_gupshup.storage.engine import open_engine
from zendesk_sandbox.server import SandboxServer

_DAY = 86_400
_WEEKS = 12
_NAMES = (
    "Farmacias Andina", "Northwind Travel", "Saffron Commerce", "Loja do Parque", "Clínica Robledo", "Café Aurora",
    "Blue Harbor Bank", "Ferretería Sol", "Óptica Vista", "Padaria Central", "Kite Logistics", "Hotel Miramar",
)  # fmt: skip
# Namespace, code, how common, the mode it is handled in.
_MIX: tuple[tuple[Namespace, str, int, Mode], ...] = (
    ("gupshup_http", "401", 26, Mode.AUTO), ("meta", "131049", 20, Mode.ASSIST), ("gupshup", "1003", 14, Mode.ASSIST),
    ("meta", "131026", 12, Mode.ASSIST), ("gupshup_http", "500", 4, Mode.AUTO), ("gupshup_http", "403", 6, Mode.ASSIST),
    ("gupshup", "1008", 5, Mode.ASSIST), ("meta", "132001", 4, Mode.ASSIST),
    ("gupshup_enterprise", "102", 3, Mode.AUTO),
)  # fmt: skip
_HOURS = (8, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 16, 17, 18, 20)


def write_month(state: Path, sandbox: SandboxServer, now: int) -> None:
    """Twelve weeks up to `now`, of which a report of 30 days shows the last; the organizations exist in the sandbox."""
    begin = now - now % _DAY - _WEEKS * 7 * _DAY
    ledger = Ledger(open_engine(None, state), sandbox.base_url, now=lambda: float(begin))
    ledger.start_live()
    places = _organizations(sandbox)
    for ticket, (at, code, place) in enumerate(sorted(_told(now, len(places))), 1000):
        ledger.record(_entry(ticket, at, *_MIX[code], *places[place]))
    for day in range(begin, now, _DAY):
        nothing = LedgerEntry(run=LIVE, ticket_id=1, at=day, did="nothing", requests=2)
        for _ in range(40):
            ledger.record(nothing, everything=False)


def _organizations(sandbox: SandboxServer) -> list[tuple[int, str]]:
    """Ids with the App IDs of each."""
    api, made = Api(sandbox.base_url), []
    for n, name in enumerate(_NAMES):
        app = str(UUID(int=(n + 1) * 0x1A2B3C4D5E6F7081928374655647382, version=4))
        fields = {"gupshup_app_name": f"{name.split()[-1]}Alerts", "gupshup_app_id": app}
        body = {"organization": {"name": name, "organization_fields": fields}}
        made.append((int(api.call("POST", "/api/v2/organizations", body)["organization"]["id"]), app))
    return made


def _told(now: int, places: int) -> Iterator[tuple[int, int, int]]:
    """When, which code, at which place."""
    midnight = now - now % _DAY
    chance = random.Random(7)
    weights = [row[2] for row in _MIX]
    for day in range(1, _WEEKS * 7):
        begin = midnight - day * _DAY
        weekend = datetime.fromtimestamp(begin, UTC).weekday() >= 5
        for _ in range(chance.randint(0, 2) if weekend else chance.randint(3, 9)):
            at = begin + chance.choice(_HOURS) * 3600 + chance.randrange(3600)
            yield at, chance.choices(range(len(_MIX)), weights)[0], min(int(chance.expovariate(0.3)), places - 1)
    # A bad morning of the platform, and one of an account.
    for n in range(17):
        yield midnight - 9 * _DAY + 9 * 3600 + chance.randrange(2 * 3600), 4, n % 9
    for _ in range(8):
        yield midnight - 4 * _DAY + 14 * 3600 + chance.randrange(5400), 0, 2


def _entry(
    ticket: int, at: int, namespace: Namespace, code: str, _: int, mode: Mode, place: int, app: str
) -> LedgerEntry:
    error, chance = ErrorCode(namespace=namespace, code=code), random.Random(ticket)
    sure = Confidence.CERTAIN if chance.random() < 0.85 else Confidence.LIKELY
    answered = mode is Mode.AUTO and sure is Confidence.CERTAIN and chance.random() < 0.9
    seconds = int(chance.lognormvariate(2.2, 0.9)) + 3
    failed = chance.random() < 0.008
    before = TicketState(updated_at=_stamp(at))
    after = TicketState(updated_at=_stamp(at + 1), tags=("gupshup", error.tag))
    note = Write(kind="note", before=before, after=after, audit_id=ticket)
    reply = note.model_copy(update={"kind": "reply", "public": True})
    return LedgerEntry(
        run=LIVE,
        ticket_id=ticket,
        organization_id=place,
        requester_id=place,
        at=at,
        created=at - seconds,
        did="failed" if failed else "done",
        reason=f"ticket {ticket}: 422, a required field is empty" if failed else None,
        mode=mode if sure is Confidence.CERTAIN else Mode.ASSIST,
        language=chance.choices(("es", "pt", "en"), (5, 3, 2))[0],
        app=app if chance.random() < 0.9 else None,
        findings=(Found(error=error, confidence=sure),),
        unknown=("1099",) if chance.random() < 0.02 else (),
        guards=() if answered or chance.random() < 0.8 else ("agent_answered",),
        writes=() if failed else (reply, note) if answered else (note,),
        requests=9 if answered else 5,
    )


def _stamp(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
