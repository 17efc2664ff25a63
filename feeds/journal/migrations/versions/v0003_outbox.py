"""Messages of one receiver, and the oldest ones: the state of each receiver, its rate, and what is taken out by age."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Three indexes; a store that never was versioned may have them already."""
    op.create_index("outbox_receiver", "outbox", ["receiver", "id"], if_not_exists=True)
    op.create_index("outbox_receiver_sent", "outbox", ["receiver", "sent_at"], if_not_exists=True)
    op.create_index("outbox_created", "outbox", ["created"], if_not_exists=True)
