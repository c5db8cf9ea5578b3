"""What agents said and did about each code in the app: their verdicts, and the replies that they inserted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.app_tables import APP_ACTION, APP_FEEDBACK


def agreement_of_codes(ledger: Ledger) -> dict[str, Mapping[str, int]]:
    """By `namespace code`: `right`, `wrong_code` and `not_an_error`, and replies `inserted` as they were or `edited`.

    Raises `SQLAlchemyError`.
    """
    said = (
        sa.select(APP_FEEDBACK.c.error, APP_FEEDBACK.c.verdict, sa.func.count())
        .where(APP_FEEDBACK.c.account == ledger.account)
        .group_by(APP_FEEDBACK.c.error, APP_FEEDBACK.c.verdict)
    )
    did = sa.select(APP_ACTION.c.details).where(
        APP_ACTION.c.account == ledger.account, APP_ACTION.c.action == "inserted"
    )
    counts: dict[str, Counter[str]] = {}
    with ledger.engine.connect() as connection:
        for error, verdict, count in connection.execute(said):
            counts.setdefault(str(error), Counter())[str(verdict)] += int(count)
        for details in connection.scalars(did):
            counts.setdefault(_code(details), Counter())["edited" if details.get("edited") else "inserted"] += 1
    return {error: dict(count) for error, count in counts.items()}


def _code(details: Mapping[str, Any]) -> str:
    error = details.get("error")
    return f"{error.get('namespace')} {error.get('code')}" if isinstance(error, Mapping) else ""
