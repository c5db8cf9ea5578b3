"""The CSV file of accounts that `[folders] directory` names."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from zendesk_gupshup.decide.account import DirectoryRow

from .errors import SettingsError


def read_accounts(path: Path) -> tuple[DirectoryRow, ...]:
    """Raises `SettingsError`."""
    columns = tuple(DirectoryRow.model_fields)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            header = rows.fieldnames or ()
            if "organization" not in header or set(header) - set(columns) or len(set(header)) < len(header):
                raise SettingsError(f"{path}: the first line must be {','.join(columns)}")
            return tuple(_row(row, f"{path}: line {rows.line_num}") for row in rows)
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: cannot be read: it is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None


def _row(row: dict[str | Any, str | Any], where: str) -> DirectoryRow:
    if None in row:
        raise SettingsError(f"{where}: more values than columns; put a value with a comma in quotation marks")
    return DirectoryRow.model_validate(
        {key: value or None for key, value in row.items() if key != "organization"}
        | {"organization": row["organization"] or ""}
    )
