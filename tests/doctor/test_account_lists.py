"""Brands, forms, statuses and schedules: `doctor` lists them, and `serve` refuses a status that is not of pending."""

from __future__ import annotations

from typing import Any, cast

import pytest

from zendesk_gupshup.brain import load_brain, with_ticket_fields
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.doctor.account_lists import account_lists
from zendesk_gupshup.settings import Settings, SettingsError
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.errors import NotFound

STATUSES = [
    {"id": 1, "status_category": "pending", "agent_label": "Pending"},
    {"id": 2, "status_category": "pending", "agent_label": "Waits for the owner"},
    {"id": 3, "status_category": "solved", "agent_label": "Done"},
]
ACCOUNT = {
    "brands.json": {"brands": [{"id": 70, "name": "Acme"}, {"id": 71, "name": "Beta"}]},
    "ticket_forms.json": {"ticket_forms": [{"id": 80, "name": "Default"}]},
    "custom_statuses.json": {"custom_statuses": STATUSES},
    **{f"custom_statuses/{one['id']}.json": {"custom_status": one} for one in STATUSES},
}


class Account:
    """Answers what an account with two brands says, or what one says that has no such things."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers

    def get(self, path: str) -> Any:
        if path not in self._answers:
            raise NotFound(f"{path}: not found")
        return self._answers[path]


def zendesk(answers: dict[str, Any]) -> Zendesk:
    return cast("Zendesk", Account(answers))


def said(settings: dict[str, Any], answers: dict[str, Any]) -> list[tuple[str, str, str]]:
    lines = account_lists(zendesk(answers), Settings.model_validate(settings))
    return [(line.name, line.status, line.text) for line in lines]


def test_what_there_is_to_choose_from_is_listed_with_ids() -> None:
    assert said({}, ACCOUNT) == [
        ("brands", "note", "70 is Acme, 71 is Beta"),
        ("statuses", "note", "1 is Pending, 2 is Waits for the owner"),
    ]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"scope": {"brands": [70, 9]}}, ("brands", "[scope] or [brand] names 9")),
        ({"brand": {"Acme": {"id": 9}}}, ("brands", "[scope] or [brand] names 9")),
        ({"scope": {"forms": [9]}}, ("forms", "[scope] forms names 9")),
        ({"reply": {"pending_status": 3}}, ("statuses", "[reply] pending_status names 3")),
    ],
)
def test_an_id_that_is_not_there_is_a_fault(settings: dict[str, Any], line: tuple[str, str]) -> None:
    name, text = line
    faults = [one for one in said(settings, ACCOUNT) if one[1] == "fault"]
    assert faults == [(name, "fault", f"{text}, which this account does not have")]


def test_an_account_without_them_is_silent_unless_the_settings_name_one() -> None:
    assert said({}, {}) == []
    warned = said({"scope": {"brands": [70]}}, {})
    assert warned == [("brands", "warning", "cannot be read, so [scope] or [brand] was not checked")]


@pytest.mark.parametrize(
    ("wanted", "names", "line"),
    [
        (None, ["Support"], None),
        (None, ["Support", "Night"], ("note", "Night, Support", "")),
        ("support", ["Support"], ("note", "Support", "")),
        ("Nope", ["Support", "Night"], ("fault", "which this account does not have", "write one of these: Night, Support")),  # noqa: E501 - a case a line
        ("Nope", [], ("fault", "which this account does not have", "unset it; then the quiet hours alone count")),
        ("Nope", None, ("fault", "and schedules cannot be read", "unset it; then the quiet hours alone count")),
        (None, None, None),
    ],
)  # fmt: skip
def test_a_schedule_that_would_stop_the_start_is_a_fault(
    wanted: str | None, names: list[str] | None, line: tuple[str, str, str] | None
) -> None:
    schedules = [{"id": n, "name": name} for n, name in enumerate(names or ())]
    answers = {} if names is None else {"business_hours/schedules.json": {"schedules": schedules}}
    settings = {"follow_up": {"schedule": wanted}}
    if line and line[0] == "fault":
        line = (line[0], f'[follow_up] schedule names "{wanted}", {line[1]}: `serve` would not start', line[2])
    found = account_lists(zendesk(answers), Settings.model_validate(settings))
    assert [(one.status, one.text, one.remedy) for one in found] == ([line] if line else [])
    assert said({"follow_up": {"schedule": wanted, "remind_after": []}}, answers) == []


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (2, None),
        (
            3,
            "3 is a status of the category solved",
        ),
        (9, "9 is no status of this account"),
    ],
)
def test_a_status_of_another_category_stops_the_start(status: int, fault: str | None) -> None:
    brain = load_brain(Settings.model_validate({"reply": {"pending_status": status}, "fields": TicketFields(app_id=7)}))
    if fault is None:
        assert with_ticket_fields(brain, zendesk(ACCOUNT)) is brain
        return
    with pytest.raises(SettingsError) as caught:
        with_ticket_fields(brain, zendesk(ACCOUNT))
    assert str(caught.value) == f"[reply] pending_status: {fault}; write one of pending, as `doctor` lists them"
