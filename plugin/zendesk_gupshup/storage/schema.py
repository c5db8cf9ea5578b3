"""Our tables, beside those of the queue, and the upgrade of a database to this version of them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .metadata import METADATA
from .new_database import make_tables
from .upgrade_lock import one_at_a_time

# The newest revision under `migrations/versions`; a test holds the two together. Alembic is loaded only for a database
# that is at an older one.
HEAD = "0010"
# Other programs in the same PostgreSQL database may use Alembic, too.
VERSION_TABLE = "zg_alembic_version"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# --- What saves requests -------------------------------------------------------------------------------------

CURSOR = sa.Table(
    "zg_cursor",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False),
    # Unix time up to which the sweep has read: where Zendesk refuses the cursor, it starts again there.
    sa.Column("until", sa.BigInteger),
)
# When each periodic task was last started, in milliseconds.
SCHEDULE = sa.Table(
    "zg_turn",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("begun", sa.BigInteger, nullable=False),
)
SETTLED = sa.Table(
    "zg_settled",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("stamp", sa.String(32), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)

# --- The ledger ----------------------------------------------------------------------------------------------
# Times are Unix seconds. Lists that are only read with their row are JSON; what is searched or counted is a table.

RUN = sa.Table(
    "zg_run",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("applied", sa.Boolean, nullable=False),
    sa.Column("started", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger),
    sa.Column("status", sa.String(16)),
)
DECISION = sa.Table(
    "zg_decision",
    METADATA,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(255), nullable=False),
    sa.Column("run", sa.String(64), nullable=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("organization_id", sa.BigInteger),
    sa.Column("requester_id", sa.BigInteger),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("stamp", sa.String(32)),
    sa.Column("created", sa.BigInteger),
    sa.Column("did", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("mode", sa.String(16)),
    sa.Column("kind", sa.String(32)),
    sa.Column("language", sa.String(8)),
    sa.Column("app", sa.String(64)),
    sa.Column("guards", sa.JSON, nullable=False),
    sa.Column("missing", sa.JSON, nullable=False),
    sa.Column("planned", sa.JSON, nullable=False),
    sa.Column("would", sa.JSON, nullable=False),
    sa.Column("symptoms", sa.Integer, nullable=False),
    sa.Column("codes", sa.Integer, nullable=False),
    sa.Column("writes", sa.Integer, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Index("zg_decision_of_run", "account", "run", "id"),
    sa.Index("zg_decision_of_ticket", "account", "ticket_id", "id"),
    sa.Index("zg_decision_of_requester", "account", "requester_id"),
    sa.Index("zg_decision_of_organization", "account", "organization_id"),
    sa.Index("zg_decision_at", "account", "at"),
)


def _of_decision() -> sa.Column[int]:
    gone = sa.ForeignKey("zg_decision.id", ondelete="CASCADE")
    return sa.Column("decision_id", _ID, gone, primary_key=True)


FINDING = sa.Table(
    "zg_finding",
    METADATA,
    _of_decision(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("namespace", sa.String(32), nullable=False),
    sa.Column("code", sa.String(32), nullable=False),
    sa.Column("confidence", sa.String(16), nullable=False),
    sa.Column("variant", sa.String(64)),
    sa.Index("zg_finding_of_code", "namespace", "code"),
)
UNKNOWN = sa.Table(
    "zg_unknown",
    METADATA,
    _of_decision(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(32), nullable=False, index=True),
)
WRITE = sa.Table(
    "zg_write",
    METADATA,
    _of_decision(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("marker", sa.String(128)),
    sa.Column("public", sa.Boolean),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Column("audit_id", sa.BigInteger),
    sa.Column("comment_id", sa.BigInteger),
)
# Visits that found nothing new: only counted, by day (UTC) and by how they ended.
COUNTED = sa.Table(
    "zg_counted",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("did", sa.String(16), primary_key=True),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)

# How far a backfill has got, and what it was asked to do, so that it can be resumed.
BACKFILL = sa.Table(
    "zg_backlog",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("asked", sa.JSON, nullable=False),
    sa.Column("position", sa.JSON, nullable=False),
    sa.Column("planned", sa.Boolean, nullable=False),
)

# --- Dead letters, visits and quotas -----------------------------------------------------------------------------

DEAD_LETTER = sa.Table(
    "zg_failure",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("dropped_because", sa.Text),
)
# One row a ticket: `unfinished` visits that began and never ended, `read_at` on Zendesk's clock.
VISIT = sa.Table(
    "zg_look",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("unfinished", sa.Integer, nullable=False),
    sa.Column("read_at", sa.BigInteger),
    sa.Column("idle", sa.Integer, nullable=False),
    sa.Column("idle_since", sa.BigInteger),
    sa.Column("organization_id", sa.BigInteger),
)
# What was written on each ticket, `of` being its id. A row outlives its tag and its comment.
WRITTEN = sa.Table(
    "zg_sent",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("subject", sa.String(192), primary_key=True),
    sa.Column("of", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("zg_sent_lately", "account", "kind", "of", "at"),
)

# --- Several workers ---------------------------------------------------------------------------------------------
# Times are milliseconds of the database's clock.

# Who holds which lease, and its last heartbeat (PostgreSQL alone: SQLite's workers lock a file).
WORKER = sa.Table(
    "zg_worker",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.String(64), nullable=False),
    sa.Column("token", sa.String(64), nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
)
# Sliding windows: under each name what was counted lately, how high Zendesk says that the limit is (`told`), and the
# pause in which nothing may be counted. Zendesk's limits stand here and our own quotas.
WINDOW = sa.Table(
    "zg_budget",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("log", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("told", sa.Integer),
    sa.Column("held_from", sa.BigInteger),
    sa.Column("held_until", sa.BigInteger),
)


class NewerDatabase(RuntimeError):
    """A newer version of this program has upgraded the database; an older one does not know its tables."""


def version(connection: sa.Connection) -> str | None:
    """The revision that the database is at; `None` before the first."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))).scalar()
    return str(found) if found is not None else None


def upgrade(engine: sa.Engine) -> None:
    """Upgrade the database to `HEAD`; queue and cursor stay. Raises `SQLAlchemyError`, `NewerDatabase`."""
    with engine.connect() as connection:
        if version(connection) == HEAD:
            return
    with engine.begin() as connection:
        one_at_a_time(connection)
        here = version(connection)
        if here == HEAD:
            return
        if here is None and not sa.inspect(connection).has_table(CURSOR.name):
            make_tables(connection, VERSION_TABLE, HEAD)
        else:
            _migrate(connection, here)


def _migrate(connection: sa.Connection, here: str | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if here is not None and here not in known:
        raise NewerDatabase(
            f"the database is at revision {here}, which is newer than this program; upgrade the program"
        )
    if here is None:
        # Made before there were migrations, which is what the first revision makes.
        command.stamp(config, "0001")
    command.upgrade(config, "head")


def alembic_config(connection: sa.Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def insert_into(where: sa.Engine | sa.Connection, table: sa.Table) -> Any:
    """This database's own `INSERT`, which knows `on_conflict_do_...`; SQLAlchemy's common one does not."""
    return sqlite.insert(table) if where.dialect.name == "sqlite" else postgresql.insert(table)
