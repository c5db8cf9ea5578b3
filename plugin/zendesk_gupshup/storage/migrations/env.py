"""Runs the revisions on the connection that `schema.upgrade` holds, inside its transaction."""

from __future__ import annotations

from alembic import context

from zendesk_gupshup.storage.metadata import METADATA
from zendesk_gupshup.storage.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite can change tables in a transaction, and a kill half-way must leave nothing half-made.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
