"""The app as the worker runs it: its parts put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from starlette.routing import BaseRoute

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.written_markers import WrittenMarkers
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.window_counter import WindowCounter

from .console import ConsoleParts, console_endpoints
from .endpoints import ticket_endpoints
from .gate import Gate
from .keeper import ViewKeeper
from .keys import AppKeys
from .live import LivePages
from .page_files import Pages
from .rate_limits import UserLimits
from .routes import AppParts, Endpoint, app_routes
from .sign_in import SignIn
from .tickets import TicketPages
from .users import UserAccess

if TYPE_CHECKING:
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.client import Zendesk


Queue = Callable[[str, int], None]


@dataclass(frozen=True)
class AppServer:
    """What the worker's web server mounts, and what is called with the outcome of each visit."""

    routes: tuple[BaseRoute, ...]
    keep: ViewKeeper


def app_server(
    settings: Settings,
    engine: sa.Engine,
    zendesk: Zendesk,
    brain: Brain,
    queue: Queue,
    *,
    more: Sequence[Endpoint] = (),
) -> AppServer | None:
    """`None` where the settings do not switch the app on. `queue` puts a ticket into the worker's queue, once under
    each key. `more`: endpoints that come before ours. Raises `SQLAlchemyError`."""
    app, account = settings.app, settings.zendesk.origin
    if not app.enabled:
        return None
    store, actions = AppStore(engine, account), AppActions(engine, account)
    keys, users, keeper = AppKeys(app, account, store, zendesk), UserAccess(store, zendesk), ViewKeeper(store, brain)
    pages = TicketPages(store, actions, DeadLetters(engine, account), brain.dictionary, queue)
    live = LivePages(pages, keeper, actions, WrittenMarkers(engine, account), zendesk, brain, queue)
    console = ConsoleParts(
        Ledger(engine, account),
        brain,
        queue,
        tickets=f"{account}/agent/tickets/",
        retention_days=settings.ledger.retention_days,
    )
    parts = AppParts(
        sign_in=SignIn(keys, users, hours=app.session_hours),
        gate=Gate(app, keys, users, UserLimits(WindowCounter(engine, account))),
        pages=Pages(app),
        ancestors=app.origins | {account},
        sdk_origin=app.sdk_origin,
        endpoints=(*more, *ticket_endpoints(pages, live), *console_endpoints(console)),
    )
    return AppServer(tuple(app_routes(parts)), keeper)
