"""Brands, forms, custom statuses and schedules of the account, and those in the settings that it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from zendesk_gupshup.settings import Settings
from zendesk_gupshup.zendesk.errors import ZendeskError
from zendesk_gupshup.zendesk.payloads import records

from .lines import Line

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk


def account_lists(zendesk: Zendesk, settings: Settings) -> Iterator[Line]:
    """A line for each list that the settings choose from, and for each with more than one to choose from."""
    status = settings.reply.pending_status
    brands = settings.scope.brands | {brand.id for brand in settings.brand.values()}
    yield from _line("brands", _named(zendesk, "brands", "name"), brands, "[scope] or [brand]")
    yield from _line("forms", _named(zendesk, "ticket_forms", "name"), settings.scope.forms, "[scope] forms")
    pending = _named(zendesk, "custom_statuses", "agent_label", only=("status_category", "pending"))
    yield from _line("statuses", pending, frozenset({status} if status else ()), "[reply] pending_status")
    if settings.follow_up.remind_after:
        yield from _schedules(_named(zendesk, "business_hours/schedules", "name"), settings.follow_up.schedule)


def _named(zendesk: Zendesk, kind: str, label: str, only: tuple[str, str] | None = None) -> Mapping[int, str] | None:
    """Names by id; `None` where the account does not say, as on a plan without such things."""
    try:
        found = records(zendesk.get(f"{kind}.json"), kind.rpartition("/")[2])
    except ZendeskError:
        return None
    return {int(one["id"]): str(one.get(label)) for one in found if only is None or one.get(only[0]) == only[1]}


def _line(name: str, known: Mapping[int, str] | None, wanted: Iterable[int], setting: str) -> Iterator[Line]:
    asked = frozenset(wanted)
    if known is None:
        if asked:
            yield Line(
                name, "warning", f"cannot be read, so {setting} was not checked", "give the token the scope `read`"
            )
        return
    listed = ", ".join(f"{one} is {label}" for one, label in sorted(known.items()))
    if missing := sorted(asked - known.keys()):
        text = f"{setting} names {', '.join(map(str, missing))}, which this account does not have"
        yield Line(name, "fault", text, f"write of these: {listed or 'none'}")
    elif asked or len(known) > 1:
        yield Line(name, "note", listed)


def _schedules(known: Mapping[int, str] | None, wanted: str | None) -> Iterator[Line]:
    """`serve` does not start with a name that the account lacks, nor where schedules cannot be read."""
    names = sorted((known or {}).values())
    if wanted is not None and wanted.casefold() not in map(str.casefold, names):
        text = f'[follow_up] schedule names "{wanted}", which this account does not have: `serve` would not start'
        if known is None:
            text = f'[follow_up] schedule names "{wanted}", and schedules cannot be read: `serve` would not start'
        remedy = f"write one of these: {', '.join(names)}" if names else "unset it; then the quiet hours alone count"
        yield Line("schedules", "fault", text, remedy)
    elif wanted is not None or len(names) > 1:
        yield Line("schedules", "note", ", ".join(names))
