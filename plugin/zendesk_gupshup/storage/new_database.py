"""An empty database: its tables are made as they are today, without Alembic, which a later upgrade loads."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import sqlalchemy as sa


def make_tables(connection: sa.Connection, metadata: sa.MetaData, version_table: str, head: str) -> None:
    """All tables of `metadata`, and that they are of the revision `head`. Raises `SQLAlchemyError` if one is there."""
    # Some tables are declared beside the code that uses them.
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f".{module.name}", __package__)
    metadata.create_all(connection, checkfirst=False)
    # As Alembic makes it.
    key = sa.PrimaryKeyConstraint("version_num", name=f"{version_table}_pkc")
    versions = sa.Table(version_table, sa.MetaData(), sa.Column("version_num", sa.String(32), nullable=False), key)
    versions.create(connection)
    connection.execute(sa.insert(versions).values(version_num=head))
