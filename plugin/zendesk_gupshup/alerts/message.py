"""The words of one message, whatever number of alerts it is about. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from zendesk_gupshup.model.base import Language

from .alert import AlertKind

# Unknown codes that one message names; the others are counted.
_NAMED = 10


@dataclass(frozen=True)
class AlertMessage:
    title: str
    body: str


@dataclass(frozen=True)
class AlertEvent:
    """An alert as it is kept: since when it holds, and when it was last sent (Unix seconds)."""

    key: str
    kind: AlertKind
    values: Mapping[str, int | str]
    begun: int
    seen: int
    sent: int | None = None


def message_of(events: Sequence[AlertEvent], account: str, language: Language) -> AlertMessage:
    """One message about all of them. `account`: the address of the Zendesk account."""
    lines = tuple(_lines(events, language))
    title = _words("title" if len(lines) == 1 else "titles", language, count=len(lines))
    silence = _words("silence", language, kind=events[0].kind)
    return AlertMessage(title, "\n".join([*lines, "", _words("of_account", language, account=account), silence]))


def trial_message(account: str, language: Language) -> AlertMessage:
    body = f"{_words('test', language)}\n{_words('of_account', language, account=account)}"
    return AlertMessage(_words("test_title", language), body)


def _lines(events: Sequence[AlertEvent], language: Language) -> Iterator[str]:
    for event in events:
        if event.kind is not AlertKind.UNKNOWN_CODE:
            yield f"- {_words(event.kind, language, **event.values)} ({_when(event, language)})"
    if codes := [str(event.values["code"]) for event in events if event.kind is AlertKind.UNKNOWN_CODE]:
        named = ", ".join(codes[:_NAMED])
        if len(codes) > _NAMED:
            named += " " + _words("more", language, count=len(codes) - _NAMED)
        yield f"- {_words('unknown_codes' if len(codes) > 1 else 'unknown_code', language, code=named)}"


def _when(event: AlertEvent, language: Language) -> str:
    moment = f"{datetime.fromtimestamp(event.begun, UTC):%Y-%m-%d %H:%M}"
    since = _words("since", language, moment=moment)
    return since if event.sent is None else f"{since}; {_words('again', language)}"


def _words(name: str, language: Language, **values: object) -> str:
    return alert_words()[name][language].format(**values)


@cache
def alert_words() -> Mapping[str, Mapping[str, str]]:
    """By name and language."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
