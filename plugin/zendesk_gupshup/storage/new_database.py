"""An empty database gets its tables as they are today, without Alembic, which only an upgrade loads."""

from __future__ import annotations

import sqlalchemy as sa

# Imported for the tables that they declare beside those of `schema`.
from . import alert_tables, app_tables, incident_tables  # noqa: F401
from .metadata import METADATA


def make_tables(connection: sa.Connection, version_table: str, revision: str) -> None:
    """All tables, marked as of this revision. Raises `SQLAlchemyError` where one of them is there already."""
    METADATA.create_all(connection, checkfirst=False)
    marks = sa.Table(
        version_table,
        sa.MetaData(),
        sa.Column("version_num", sa.String(32), nullable=False),
        # As Alembic makes it.
        sa.PrimaryKeyConstraint("version_num", name=f"{version_table}_pkc"),
    )
    marks.create(connection, checkfirst=True)
    connection.execute(sa.insert(marks).values(version_num=revision))
