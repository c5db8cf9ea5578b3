"""What several commands need: settings, brain, a signed-in Zendesk, the ledger. Each error is one line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail

if TYPE_CHECKING:
    import threading

    from rich.console import Console
    from sqlalchemy import Engine

    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.model.base import Language
    from zendesk_gupshup.pipeline import Brain
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.storage.app_store import AppStore
    from zendesk_gupshup.zendesk.client import Zendesk
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

# Written out, because importing `model` would slow `--help` down; a test compares them.
LANGUAGES: tuple[Language, ...] = ("en", "es", "pt")
_PIPED_WIDTH = 220


def settings_of(ctx: click.Context, flags: Mapping[tuple[str, ...], Any] | None = None) -> Settings:
    """The settings, with the command's flags. Raises `Fail`."""
    from zendesk_gupshup.settings import SettingsError, load_settings

    config = (ctx.obj or {}).get("config")
    try:
        return load_settings(Path(config) if config else None, flags)
    except SettingsError as error:
        raise Fail(str(error)) from None


def brain_of(settings: Settings) -> Brain:
    """Raises `Fail`."""
    from zendesk_gupshup.brain import load_brain
    from zendesk_gupshup.settings import SettingsError

    try:
        return load_brain(settings)
    except SettingsError as error:
        raise Fail(str(error)) from None


def zendesk_of(settings: Settings, limiter: RateLimiter | None = None) -> Zendesk:
    """A client whose credentials Zendesk accepted, within the rate limits. Raises `Fail`."""
    from zendesk_gupshup.zendesk.client import Zendesk

    problem = settings.zendesk.problem()
    if problem:
        raise Fail(problem)
    zendesk = Zendesk(settings.zendesk, limiter=limiter)
    with exit_on_error(settings):
        zendesk.me()
    return zendesk


def ledger_of(settings: Settings) -> Ledger:
    """The ledger in the worker's database, migrated to this version. Raises `Fail`."""
    from zendesk_gupshup.ledger.ledger import Ledger

    with _database(settings) as engine:
        return Ledger(engine, settings.zendesk.origin)


def app_store_of(settings: Settings) -> AppStore:
    """What the Zendesk app keeps, in the worker's database, migrated to this version. Raises `Fail`."""
    from zendesk_gupshup.storage.app_store import AppStore

    with _database(settings) as engine:
        return AppStore(engine, settings.zendesk.origin)


def limiter_of(
    settings: Settings,
    stopping: threading.Event,
    *,
    backfill: bool = False,
    per_minute: int | None = None,
    on_wait: Callable[[float], object] | None = None,
) -> RateLimiter:
    """The rate limiter that all processes on this database share. Raises `Fail`."""
    from zendesk_gupshup.zendesk.rate_limit_store import rate_limit_counter
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

    with _database(settings) as engine:
        return RateLimiter(
            rate_limit_counter(engine, settings.zendesk.origin),
            settings.budget,
            stopping=stopping,
            backfill=backfill,
            per_minute=per_minute,
            longest_pause=settings.zendesk.longest_wait,
            on_wait=on_wait,
        )


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    from sqlalchemy.exc import SQLAlchemyError

    from zendesk_gupshup.storage.engine import BadDatabaseUrl, open_engine
    from zendesk_gupshup.storage.schema import NewerDatabase

    url = settings.worker.database_url
    try:
        yield open_engine(url.get_secret_value() if url else None, settings.worker.state)
    except (NewerDatabase, BadDatabaseUrl) as error:
        raise Fail(str(error)) from None
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise Fail(store_problem(error, settings)) from None


def store_problem(error: BaseException, settings: Settings, *, otherwise: str | None = None) -> str:
    """Path, cause and remedy of an error of the database; of an unknown one `otherwise`, and the name of its kind."""
    from zendesk_gupshup.storage.store_fault import store_fault

    remote, state = settings.worker.database_url is not None, settings.worker.state
    fault = store_fault(error, state, remote=remote)
    if fault:
        return str(fault)
    # The driver's message can hold the URL with its password.
    where = "DATABASE_URL" if remote else str(state)
    return f"{otherwise or f'{where}: the database cannot be used'} ({type(error).__name__})"


@contextmanager
def exit_on_error(settings: Settings) -> Iterator[None]:
    """Turn an error of Zendesk into one line with the remedy, and its exit code."""
    from zendesk_gupshup.settings import SettingsError
    from zendesk_gupshup.zendesk.errors import Unauthorized, Unreachable, ZendeskError

    try:
        yield
    except SettingsError as error:
        raise Fail(str(error)) from None
    except Unauthorized as error:
        raise Fail(
            f"{error}. Check the OAuth client and its scopes, or ZENDESK_EMAIL with ZENDESK_API_TOKEN.", 6
        ) from None
    except Unreachable as error:
        raise Fail(f"{error} (tried {settings.zendesk.origin})") from None
    except ZendeskError as error:
        raise Fail(str(error)) from None


def console(*, err: bool = False) -> Console:
    """Colour and the terminal's width in a terminal; elsewhere plain text, in lines wide enough not to be folded."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=not stream.isatty(), emoji=False, markup=False)
