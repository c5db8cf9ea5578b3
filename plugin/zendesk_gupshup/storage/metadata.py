"""All tables of the database: each is declared in the module of its subject, and collected here."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
