"""The app as the worker runs it: its parts put together from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from starlette.routing import BaseRoute

from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.window_counter import WindowCounter

from .gate import Gate
from .keys import AppKeys
from .page_files import Pages
from .rate_limits import UserLimits
from .routes import AppParts, Endpoint, app_routes
from .sign_in import SignIn
from .users import UserAccess

if TYPE_CHECKING:
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.client import Zendesk


@dataclass(frozen=True)
class AppServer:
    """What the worker's web server mounts."""

    routes: tuple[BaseRoute, ...]


def app_server(
    settings: Settings, engine: sa.Engine, zendesk: Zendesk, endpoints: Sequence[Endpoint] = ()
) -> AppServer | None:
    """`None` where the settings do not switch the app on. Raises `SQLAlchemyError`."""
    app, account = settings.app, settings.zendesk.origin
    if not app.enabled:
        return None
    store = AppStore(engine, account)
    keys, users = AppKeys(app, account, store, zendesk), UserAccess(store, zendesk)
    parts = AppParts(
        sign_in=SignIn(keys, users, hours=app.session_hours),
        gate=Gate(app, keys, users, UserLimits(WindowCounter(engine, account))),
        pages=Pages(app),
        ancestors=app.origins | {account},
        sdk_origin=app.sdk_origin,
        endpoints=endpoints,
    )
    return AppServer(tuple(app_routes(parts)))
