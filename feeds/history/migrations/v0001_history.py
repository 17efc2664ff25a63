"""Series, chunks of points, rollups, and when anybody looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "history_series",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("asset", "metric", "unit")),
        sa.Column("fresh_for", sa.Float, nullable=False),
        sa.UniqueConstraint("asset", "metric", name="history_series_name"),
    )
    for name in ("history_raw", "history_fresh", "history_5m", "history_1h"):
        op.create_table(
            name,
            sa.Column("key", BIG, primary_key=True, autoincrement=False),
            sa.Column("body", sa.LargeBinary, nullable=False),
        )
    op.create_table(
        "history_watched",
        sa.Column("start", sa.Float, primary_key=True, autoincrement=False),
        sa.Column("end", sa.Float, nullable=False),
    )
