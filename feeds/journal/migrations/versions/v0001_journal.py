"""The log, the documents, the cursors and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """From nothing."""
    _entry()
    op.create_table(
        "doc",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("doc_open", "doc", ["kind", "open", "seq"])
    op.create_table("cursor", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    _outbox()


def _entry() -> None:
    op.create_table(
        "entry",
        sa.Column("seq", BIG, primary_key=True, autoincrement=True),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("chain_seq", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "name", "subject", "actor", "reason")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("command", "body", "prev", "hash")),
        sa.UniqueConstraint("chain", "chain_seq", name="entry_chain"),
        sqlite_autoincrement=True,
    )
    op.create_index("entry_subject", "entry", ["kind", "subject", "seq"])
    op.create_index("entry_command", "entry", ["command"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "receiver", "subject")),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("sent_at", sa.Float),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("key", name="outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_due", "outbox", ["due"])
    op.create_index("outbox_subject", "outbox", ["subject"])
