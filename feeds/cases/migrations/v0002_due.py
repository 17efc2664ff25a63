"""An index of the open cases by due day: a window of their list reads its own rows and no others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OPEN = sa.text("state IN ('open', 'applied')")


def upgrade() -> None:
    """From 0001."""
    op.create_index("case_record_due", "case_record", ["due_day", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
