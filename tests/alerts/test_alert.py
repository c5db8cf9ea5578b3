"""What is worth an alert, when it is due, and its words in each language."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest

from zendesk_gupshup.alerts.alert import (
    AlertKind,
    AlertLimits,
    AlertReadings,
    WorkerAlert,
    alerts_of,
    incident,
    unknown_code,
)
from zendesk_gupshup.alerts.message import AlertEvent, alert_words, message_of
from zendesk_gupshup.alerts.options import AlertSettings
from zendesk_gupshup.alerts.watch import due
from zendesk_gupshup.model.base import LANGUAGES, Language

LIMITS = AlertLimits(queue_minutes=10, sweep_minutes=10)
NOW = 1_790_000_000
HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("readings", "found"),
    [
        pytest.param(AlertReadings(), (), id="all is well"),
        pytest.param(AlertReadings(credential_refused=True), (WorkerAlert(AlertKind.CREDENTIAL),), id="credential"),
        pytest.param(AlertReadings(replies=99, replies_per_hour=100), (), id="below the ceiling"),
        pytest.param(
            AlertReadings(replies=100, replies_per_hour=100),
            (WorkerAlert(AlertKind.CEILING, values={"limit": 100}),),
            id="at the ceiling",
        ),
        pytest.param(AlertReadings(replies=0, replies_per_hour=0), (), id="no replies are wanted"),
        pytest.param(AlertReadings(failures=2), (WorkerAlert(AlertKind.FAILURES, values={"count": 2}),), id="failures"),
        pytest.param(AlertReadings(queue_seconds=600), (), id="queue in time"),
        pytest.param(
            AlertReadings(queue_seconds=725),
            (WorkerAlert(AlertKind.QUEUE, values={"minutes": 12}),),
            id="queue too old",
        ),
        pytest.param(AlertReadings(sweep_seconds=None), (), id="this worker does not sweep"),
        pytest.param(AlertReadings(sweep_seconds=600), (), id="sweep in time"),
        pytest.param(
            AlertReadings(sweep_seconds=601),
            (WorkerAlert(AlertKind.SWEEP, values={"minutes": 10}),),
            id="sweep is late",
        ),
        pytest.param(
            AlertReadings(credential_refused=True, queue_seconds=9999, sweep_seconds=9999),
            (WorkerAlert(AlertKind.CREDENTIAL),),
            id="what follows from refused credentials is no news",
        ),
        pytest.param(
            AlertReadings(unknown_codes=frozenset({"8123", "5003"})),
            (unknown_code("5003"), unknown_code("8123")),
            id="unknown codes",
        ),
    ],
)
def test_what_is_wrong_is_an_alert(readings: AlertReadings, found: tuple[WorkerAlert, ...]) -> None:
    assert alerts_of(readings, LIMITS) == found


@pytest.mark.parametrize("text", ["my key is refused!", "olivia@client.example", "x" * 65, "línea"])
def test_no_text_gets_into_an_alert(text: str) -> None:
    with pytest.raises(ValueError, match="no number and no code"):
        unknown_code(text)


def event(kind: AlertKind, *, begun: int = NOW, seen: int = NOW, sent: int | None = None) -> AlertEvent:
    return AlertEvent(kind.value, kind, {"count": 1}, begun, seen, sent)


FAILURES, INCIDENT = event(AlertKind.FAILURES), event(AlertKind.INCIDENT)


@pytest.mark.parametrize(
    ("one", "acknowledged", "is_due"),
    [
        pytest.param(FAILURES, {}, True, id="new"),
        pytest.param(replace(FAILURES, seen=NOW - 900), {}, True, id="a short one is told of"),
        pytest.param(replace(FAILURES, seen=NOW - 901), {}, False, id="over before it was told of"),
        pytest.param(replace(FAILURES, sent=NOW - HOUR), {}, False, id="sent"),
        pytest.param(replace(FAILURES, sent=NOW - DAY), {}, True, id="lasts for a day"),
        pytest.param(replace(FAILURES, sent=NOW - DAY, seen=NOW - 181), {}, False, id="a day old, and over"),
        pytest.param(FAILURES, {"failures": NOW + 1}, False, id="acknowledged"),
        pytest.param(FAILURES, {"failures": NOW}, True, id="acknowledged until now"),
        pytest.param(FAILURES, {"queue": NOW + HOUR}, True, id="another kind is acknowledged"),
        pytest.param(replace(FAILURES, sent=NOW - 2 * HOUR), {"failures": NOW - 60}, True, id="outlasts it"),
        pytest.param(replace(FAILURES, sent=NOW - 50), {"failures": NOW - 60}, False, id="sent since it was over"),
        pytest.param(
            replace(FAILURES, sent=NOW - 2 * HOUR, seen=NOW - 181), {"failures": NOW - 60}, False, id="over before it"
        ),
        pytest.param(replace(INCIDENT, sent=NOW - HOUR), {"incident": NOW - 60}, False, id="one moment, and over"),
        pytest.param(replace(INCIDENT, seen=NOW - DAY), {}, True, id="one moment, not sent yet"),
        pytest.param(replace(INCIDENT, sent=NOW - DAY), {}, False, id="one moment, sent"),
    ],
)
def test_each_event_is_due_once_after_an_acknowledgement_and_as_often_as_the_setting_asks(
    one: AlertEvent, acknowledged: dict[str, int], is_due: bool
) -> None:
    assert due((one,), acknowledged, NOW, DAY) == ((one,) if is_due else ())


def test_nothing_is_repeated_where_no_setting_asks_for_it() -> None:
    assert AlertSettings().repeat_hours == 0
    assert due((replace(FAILURES, sent=NOW - 30 * DAY),), {}, NOW, 0) == ()


MESSAGES: dict[Language, tuple[str, str]] = {
    "en": (
        "Gupshup worker: 3 alerts",
        (
            "- Tickets on the dead-letter list: 2. `zendesk-gupshup failures list` shows the reasons. "
            "(since 2026-09-21 14:13 UTC; sent again because it still lasts)\n"
            "- Incident: code meta 131049 at 3 organizations. Problem ticket: 4711. (since 2026-09-21 14:13 UTC)\n"
            "- Unknown codes seen for the first time: 5003, 8123. `zendesk-gupshup codes unknown` lists the "
            "tickets.\n\n"
            "Zendesk account: https://acme.zendesk.com\n"
            "To silence one for 8 hours: zendesk-gupshup alerts acknowledge failures --hours 8"
        ),
    ),
    "es": (
        "Worker de Gupshup: 3 alertas",
        (
            "- Tickets en la lista de fallidos: 2. `zendesk-gupshup failures list` muestra los motivos. "
            "(desde el 2026-09-21 14:13 UTC; se repite porque continúa)\n"
            "- Incidente: código meta 131049 en 3 organizaciones. Ticket de problema: 4711. "
            "(desde el 2026-09-21 14:13 UTC)\n"
            "- Códigos desconocidos vistos por primera vez: 5003, 8123. `zendesk-gupshup codes unknown` muestra los "
            "tickets.\n\n"
            "Cuenta de Zendesk: https://acme.zendesk.com\n"
            "Para silenciar una durante 8 horas: zendesk-gupshup alerts acknowledge failures --hours 8"
        ),
    ),
    "pt": (
        "Worker da Gupshup: 3 alertas",
        (
            "- Tickets na lista de falhas: 2. `zendesk-gupshup failures list` mostra os motivos. "
            "(desde 2026-09-21 14:13 UTC; repetido porque continua)\n"
            "- Incidente: código meta 131049 em 3 organizações. Ticket de problema: 4711. "
            "(desde 2026-09-21 14:13 UTC)\n"
            "- Códigos desconhecidos vistos pela primeira vez: 5003, 8123. `zendesk-gupshup codes unknown` mostra os "
            "tickets.\n\n"
            "Conta do Zendesk: https://acme.zendesk.com\n"
            "Para silenciar um alerta por 8 horas: zendesk-gupshup alerts acknowledge failures --hours 8"
        ),
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_alerts_are_one_message(language: Language) -> None:
    begun = incident("meta 131049", 3, 4711)
    events = (
        AlertEvent("failures", AlertKind.FAILURES, {"count": 2}, NOW, NOW, NOW - DAY),
        AlertEvent(begun.key, begun.kind, begun.values, NOW, NOW),
        *(AlertEvent(one.key, one.kind, one.values, NOW, NOW) for one in map(unknown_code, ("5003", "8123"))),
    )
    made = message_of(events, "https://acme.zendesk.com", language)
    assert (made.title, made.body) == MESSAGES[language]


def test_many_unknown_codes_are_counted() -> None:
    codes = [unknown_code(str(number)) for number in range(7000, 7012)]
    body = message_of([AlertEvent(one.key, one.kind, one.values, NOW, NOW) for one in codes], "a", "en").body
    assert "7009 and 2 more" in body
    assert "7010" not in body


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_words(kind: AlertKind) -> None:
    assert kind in alert_words()


@pytest.mark.parametrize("name", alert_words())
def test_every_wording_stands_in_every_language_with_the_same_values(name: str) -> None:
    wordings = alert_words()[name]
    assert set(wordings) == set(LANGUAGES)
    values = {
        tuple(sorted(field for _, field, _, _ in string.Formatter().parse(w) if field)) for w in wordings.values()
    }
    assert len(values) == 1
