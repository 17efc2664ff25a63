"""Entries and documents carry a signature. The first transaction of this version signs the documents that are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A column in two tables; a store that never was versioned may have them."""
    for table in ("entry", "doc"):
        present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        if "mac" not in present:
            op.add_column(table, sa.Column("mac", sa.Text, nullable=False, server_default=""))
