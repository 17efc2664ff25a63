"""Entries of one kind, in their order and between two moments: load figures, availability, histories ask for them."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two indexes; a store that never was versioned may have them already."""
    op.create_index("entry_kind", "entry", ["kind", "seq"], if_not_exists=True)
    op.create_index("entry_kind_at", "entry", ["kind", "at", "seq"], if_not_exists=True)
