"""The incidents of a report: which of them, and how they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.databases import ACCOUNT, database
from zendesk_gupshup.report.incidents import incident_rows, incidents_of
from zendesk_gupshup.report.model import IncidentLine
from zendesk_gupshup.report.words import ReportWords
from zendesk_gupshup.storage.incidents import IncidentStore

CODE = "gupshup_http 401"


@pytest.fixture
def store(tmp_path: Path) -> IncidentStore:
    made = IncidentStore(database("sqlite", tmp_path), ACCOUNT)
    made.begin(CODE, 1000, 1100, 3, [7, 8, 9], 31)
    made.end(made.open()[0].id, 5000, "silence")
    made.begin(CODE, 9000, 9000, 4, [10], None)
    return made


OVER = IncidentLine(
    code=CODE, begun=1000, ended=5000, ended_by="silence", organizations=3, problem=31, tickets=3
)  # fmt: skip
LASTS = IncidentLine(code=CODE, begun=9000, ended=None, ended_by=None, organizations=4, problem=None, tickets=1)


@pytest.mark.parametrize(
    ("since", "until", "lines"),
    [
        pytest.param(0, 10_000, (OVER, LASTS), id="all"),
        pytest.param(4000, 4500, (OVER,), id="in the midst of one"),
        pytest.param(5001, 8000, (), id="between"),
        pytest.param(20_000, 30_000, (LASTS,), id="one that lasts"),
    ],
)
def test_a_report_has_those_that_lasted_in_its_period(
    store: IncidentStore, since: int, until: int, lines: tuple[IncidentLine, ...]
) -> None:
    assert incidents_of(store, since, until) == lines


def test_a_row_says_when_by_whom_and_how_many() -> None:
    over, lasts = incident_rows((OVER, LASTS), ReportWords("en"))
    assert over[0][3:] == ("silence of the code", "#31", "3", "3")
    assert lasts[0][2:] == ("lasts", "", "none", "4", "1")
    assert (over[1], lasts[1]) == (1.0, 1 / 3)
