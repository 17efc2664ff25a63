"""An index of the cases by the day of their end: what asks for the ended cases of some days reads no others."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From 0002."""
    op.create_index("case_record_ended", "case_record", ["ended_day"])
